"""Runs `paperround` and notes which of its files are entered between two signals.

Its first argument is where the list goes, as JSON, on SIGUSR2; SIGUSR1 begins a new one. Used by
house.py, also with an older tree, so it knows nothing of the project but the names of its folders.
"""

import importlib
import json
import signal
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

# This file's own folder has names of libraries in it.
sys.path.pop(0)

NOTED = Path(sys.argv.pop(1))
_OURS = ("bot/", "storage/", "config/")
entered: set[str] = set()


def note(frame: FrameType, event: str, _argument: object) -> None:
    """Called for every function call and return of every thread."""
    if event == "call" and frame.f_code.co_name != "<module>":
        entered.add(frame.f_code.co_filename)


def begin(*_: object) -> None:
    """Forget what was entered so far."""
    entered.clear()


def write(*_: object) -> None:
    """Write down what was entered since, whole at once."""
    found = sorted({each for name in list(entered) if (each := _ours(name))})
    waiting = NOTED.with_suffix(".new")
    waiting.write_text(json.dumps(found), encoding="utf-8")
    waiting.rename(NOTED)


def _ours(name: str) -> str:
    root = Path(sys.modules["bot"].__file__ or "").parents[1]
    inside = name.removeprefix(f"{root}/")
    return inside if inside.startswith(_OURS) and inside.endswith(".py") else ""


signal.signal(signal.SIGUSR1, begin)
signal.signal(signal.SIGUSR2, write)
threading.setprofile(note)
sys.setprofile(note)

main = importlib.import_module("paperround" if find_spec("paperround") else "bot.cli").main
main()
