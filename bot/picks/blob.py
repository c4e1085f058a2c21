"""The stored form of a taste: a version, a checksum, and compressed numbers."""

import json
import struct
import zlib
from typing import Any

import numpy as np

from bot.errors import PaperroundError
from bot.picks.seat import Seat

_MAGIC = b"taste"
_VERSION = 1
_HEAD = struct.Struct(">5sBI")
_LARGEST = 1 << 22


class TasteFormatError(PaperroundError, ValueError):
    """A stored taste is corrupted or of a later version; rebuild it from the votes."""


def pack(facts: dict[str, Any], seats: dict[int, Seat]) -> bytes:
    """Write `facts` (anything JSON can hold) and the seats; equal states give equal bytes."""
    held = sorted(seats.items())
    facts = facts | {"seats": [[key, seat.count, len(seat.places)] for key, seat in held]}
    body = zlib.compress(
        b"".join(
            [
                json.dumps(facts, separators=(",", ":"), sort_keys=True).encode() + b"\n",
                *(seat.places.astype("<u2").tobytes() for _, seat in held),
                *(seat.sums.astype("<f8").tobytes() for _, seat in held),
            ]
        )
    )
    return _HEAD.pack(_MAGIC, _VERSION, zlib.crc32(body)) + body


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[int, Seat]]:
    """Read what `pack` wrote; raises TasteFormatError on anything else."""
    if len(blob) < _HEAD.size:
        raise TasteFormatError("this is not a stored taste; rebuild it from the votes")
    magic, version, checksum = _HEAD.unpack_from(blob)
    if magic != _MAGIC:
        raise TasteFormatError("this is not a stored taste; rebuild it from the votes")
    if version != _VERSION:
        raise TasteFormatError(
            f"this taste has version {version} and this program reads {_VERSION}; "
            "rebuild it from the votes"
        )
    body = blob[_HEAD.size :]
    if zlib.crc32(body) != checksum:
        raise TasteFormatError("this taste is damaged; rebuild it from the votes")
    try:
        return _read(zlib.decompressobj().decompress(body, _LARGEST))
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise TasteFormatError("this taste is damaged; rebuild it from the votes") from error


def _read(raw: bytes) -> tuple[dict[str, Any], dict[int, Seat]]:
    header, _, numbers = raw.partition(b"\n")
    facts = json.loads(header)
    total = sum(size for _, _, size in facts["seats"])
    places = np.frombuffer(numbers, "<u2", total).astype(np.uint16)
    sums = np.frombuffer(numbers, "<f8", total, places.nbytes).astype(np.float64)
    seats, start = {}, 0
    for key, count, size in facts["seats"]:
        held = slice(start, start + size)
        seats[int(key)] = Seat(float(count), places[held], sums[held])
        start += size
    return facts, seats
