"""How the engine's rows are written: as JSON, which cannot run code when it is read.

The library would read a row that says it is pickled with `pickle`, whoever wrote it, and a pickle
runs what its author wants. So reading pickles is taken from it in this process.
"""

from typing import NoReturn

from dbos import DBOSPortableJSONSerializer, Serializer
from dbos._serialization import DefaultSerializer


class PickledRowError(ValueError):
    """A row of the engine is a pickle, which is never read."""


def refuse_pickles() -> None:
    """Let the library read no pickle any more; call it before it opens a database."""
    DefaultSerializer.deserialize = _refuse  # type: ignore[assignment, method-assign]


def json_rows() -> Serializer:
    """What writes and reads the engine's rows."""
    return DBOSPortableJSONSerializer()


def _refuse(*_given: object) -> NoReturn:
    raise PickledRowError(
        "A row of the engine is a pickle, as versions before 3 wrote them or a stranger might: "
        "it is not read. What it was to do is found again from our own rows."
    )
