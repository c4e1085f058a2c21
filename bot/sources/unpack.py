"""Compressed bodies, opened without trusting what they say of their size."""

import zlib

from bot.errors import SourceError

_GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_BARE_DEFLATE = -zlib.MAX_WBITS


def is_gzip(body: bytes) -> bool:
    """Whether the body begins as a gzip file does."""
    return body.startswith(_GZIP)


def unpacked(body: bytes, *, longest: int) -> bytes:
    """The content of a gzip, zlib or bare deflate body, of at most `longest` bytes.

    Raises SourceError for a body that is damaged, cut off, or holds more.
    """
    try:
        return _members(body, _GZIP_OR_ZLIB, longest)
    except zlib.error as error:
        try:
            return _members(body, _BARE_DEFLATE, longest)
        except zlib.error:
            raise SourceError(f"its compression is damaged ({error}); get it again") from None


def _members(body: bytes, window: int, longest: int) -> bytes:
    """All members of the body one after another; padding after the last one is ignored."""
    found = bytearray()
    while True:
        member = zlib.decompressobj(window)
        found += member.decompress(body, longest + 1 - len(found))
        if len(found) > longest:
            raise SourceError(f"it unpacks to more than {longest // 1_000_000} MB; split it")
        if not member.eof:
            raise SourceError("its compressed content is cut off; get it again")
        body = member.unused_data
        if not body.startswith(_GZIP):
            return bytes(found)
