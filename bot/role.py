"""What a process does, where several share one database."""

from enum import StrEnum


class Role(StrEnum):
    """Everything, or one part of it: run rounds and post, or hear people and show pages."""

    ALL = "all"
    WORKER = "worker"
    CHAT = "chat"


RUNNERS = (Role.ALL, Role.WORKER)
"""Those who run rounds."""

HEARERS = (Role.ALL, Role.CHAT)
"""Those who hear people."""
