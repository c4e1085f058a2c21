"""A round on a disk that is full from its first write on; ends with code 3 where that is told."""

import asyncio
import resource
import sys
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.bootstrap import build_app
from config.settings import Settings
from tests.make import NOON


def _fill(folder: Path) -> None:
    """No file can grow from here on, as where no block is free."""
    size = (folder / "paperround.sqlite-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


async def _run(folder: Path) -> int:
    app = build_app(Settings(data_dir=folder, huggingface=False))
    await app.prepare()
    await app.services.rounds.rehearse(1, NOON)
    _fill(folder)
    try:
        await app.services.rounds.pick(1, NOON, NOON)
    except DBAPIError as error:
        print(error.orig)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_run(Path(sys.argv[1]))))
