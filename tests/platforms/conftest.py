"""What holds for tests of every platform."""

import pytest

from bot.platforms import server_clock


@pytest.fixture(autouse=True)
def _shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-ins show a message at once: nothing is asked for twice, half a minute apart."""
    monkeypatch.setattr(server_clock, "SHOWN_SECONDS", 0.0)
