"""The `paperround` command: thin, one function a command, imports its work lazily."""

from bot.cli.main import main

__all__ = ["main"]
