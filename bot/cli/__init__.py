"""The `paperround` command: thin, one function a command, imports its work lazily."""

import os
import signal


def main() -> None:
    """Run the command line; asked to stop before a command began, it ends at once and quietly."""
    stopping = (signal.SIGTERM, signal.SIGINT)
    before = {
        number: signal.signal(number, lambda asked, _frame: os._exit(128 + asked))
        for number in stopping
    }
    try:
        from bot.cli.program import main as run

        run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


__all__ = ["main"]
