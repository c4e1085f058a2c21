"""Real input beside the checkout; what needs it skips, with a reason, where it is absent."""

from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"

SHARED: Path | None = _BESIDE if _BESIDE.is_dir() else None

needs_shared = pytest.mark.skipif(SHARED is None, reason="no ../shared/data beside the checkout")
