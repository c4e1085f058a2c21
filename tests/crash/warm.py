"""What a life needs, imported once in the process from which all are forked."""

import gc
import importlib
import os
import pkgutil
from types import ModuleType

# Numerical libraries' threads do not survive a fork, and nobody needs them here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from sqlalchemy.orm import configure_mappers

import bot
import config

_LATE = (
    "tests.crash.actor",
    "httpcore",
    "pylatexenc.latex2text",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "uvicorn.main",
)
"""What is loaded when it is first used."""


def _import_all(package: ModuleType) -> None:
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(each.name)


for ours in (bot, config):
    _import_all(ours)
for theirs in _LATE:
    importlib.import_module(theirs)
configure_mappers()
gc.freeze()
