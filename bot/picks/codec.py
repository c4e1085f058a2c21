"""The stored form of a taste: a version, a checksum, compressed facts and plain numbers."""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import PaperroundError

_MAGIC = b"taste"
_VERSION = 3
_ALL_COMPRESSED = 2
_HEAD = struct.Struct(">5sBI")
_SIZE = struct.Struct(">I")
_LARGEST = 1 << 24
_DAMAGED = "this taste is damaged; rebuild it from the votes"

Arrays = Sequence[NDArray[Any]]


class TasteFormatError(PaperroundError, ValueError):
    """A stored taste is corrupted or of a later version; rebuild it from the votes."""


def pack(facts: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Write `facts` (anything JSON can hold) and arrays; equal states give equal bytes."""
    shapes = [[array.dtype.newbyteorder("<").str, len(array)] for array in arrays]
    header = json.dumps({**facts, "arrays": shapes}, separators=(",", ":"), sort_keys=True)
    numbers = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    # Compressing the numbers as well would save a fifth and take three times as long.
    facts_part = zlib.compress(header.encode(), 1)
    body = _SIZE.pack(len(facts_part)) + facts_part + numbers
    return _HEAD.pack(_MAGIC, _VERSION, zlib.crc32(body)) + body


def unpack(blob: bytes) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Read what `pack` wrote; raises TasteFormatError on anything else."""
    version, body = _body(blob)
    try:
        header, numbers = _parts(version, body)
        facts = json.loads(header)
        arrays, start = [], 0
        for kind, size in facts.pop("arrays"):
            array = np.frombuffer(numbers, kind, size, start)
            arrays.append(array.astype(array.dtype.newbyteorder("=")))
            start += array.nbytes
    except (zlib.error, struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TasteFormatError(_DAMAGED) from error
    return facts, arrays


def _parts(version: int, body: bytes) -> tuple[bytes, bytes]:
    """The facts as JSON, and the numbers."""
    if version == _ALL_COMPRESSED:
        header, _, numbers = _inflated(body).partition(b"\n")
        return header, numbers
    (size,) = _SIZE.unpack_from(body)
    end = _SIZE.size + size
    return _inflated(body[_SIZE.size : end]), body[end:]


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _LARGEST)


def _body(blob: bytes) -> tuple[int, bytes]:
    """The version and what follows, once magic, version and checksum are found right."""
    if len(blob) < _HEAD.size or not blob.startswith(_MAGIC):
        raise TasteFormatError("this is not a stored taste; rebuild it from the votes")
    _, version, checksum = _HEAD.unpack_from(blob)
    if version not in (_VERSION, _ALL_COMPRESSED):
        raise TasteFormatError(
            f"this taste has version {version} and this program reads {_VERSION}; "
            "rebuild it from the votes"
        )
    if zlib.crc32(blob[_HEAD.size :]) != checksum:
        raise TasteFormatError(_DAMAGED)
    return version, blob[_HEAD.size :]
