"""The installed program under its own name.

The rooms `bot`, `storage` and `config` have names that other programs use too, so a wheel keeps
them in a folder of this package, which goes on the path of this process and of its children alone.
In a checkout they stand beside each other and are found as they are.
"""

import os
import sys
from pathlib import Path

__all__ = ["main"]

_ROOMS = Path(__file__).parent / "rooms"


def main() -> None:
    """Run the command line; see `paperround --help`."""
    if _ROOMS.is_dir():
        sys.path.insert(0, str(_ROOMS))
        inherited = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOMS), inherited)))
    from bot.cli import main as run

    run()
