import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import SourceError
from bot.sources.unpack import is_gzip, unpacked
from tests.shared import SHARED, needs_shared


def bare_deflate(body):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare_deflate])
@settings(deadline=None)
@given(body=st.binary(max_size=2000))
def test_each_way_of_packing_is_opened(pack, body):
    assert unpacked(pack(body), longest=2000) == body


def test_members_after_each_other_are_one_body_and_padding_is_nothing():
    assert (
        unpacked(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0", longest=9) == b"one two"
    )


def test_a_bomb_is_stopped_at_the_limit():
    bomb = gzip.compress(bytes(50_000_000))

    with pytest.raises(SourceError, match="unpacks to more than 1 MB"):
        unpacked(bomb, longest=1_000_000)


def test_members_of_a_bomb_count_together():
    with pytest.raises(SourceError, match="unpacks to more than"):
        unpacked(gzip.compress(bytes(800_000)) * 2, longest=1_000_000)


def test_a_cut_off_body_is_refused():
    with pytest.raises(SourceError, match="cut off"):
        unpacked(gzip.compress(b"x" * 1000)[:-9], longest=2000)


@settings(deadline=None)
@given(st.binary())
def test_arbitrary_bytes_are_opened_or_refused(body):
    with suppress(SourceError):
        assert len(unpacked(body, longest=100)) <= 100


def test_gzip_is_known_by_its_first_bytes():
    assert is_gzip(gzip.compress(b""))
    assert not is_gzip(b"{}")


@needs_shared
def test_a_server_that_sends_deflate_without_headers_is_understood():
    body = (SHARED / "bad_feeds/feedparser/compression/deflate-no-headers.z").read_bytes()

    assert unpacked(body, longest=1_000_000).lstrip().startswith(b"<")
