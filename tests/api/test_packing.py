"""A stream of pieces that are packed once for all readers is one gzip file, wherever it was cut, and can be read as far as it has come."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from api.engine.packing import Gzip, packed
from api.engine.received import takes_gzip


@given(st.lists(st.binary(max_size=3_000), max_size=6))
def test_pieces_one_after_the_other_are_a_whole_file(pieces: Sequence[bytes]) -> None:
    stream = Gzip()
    sent = stream.begin() + b"".join(stream.add(packed(piece)) for piece in pieces) + stream.end()
    assert gzip.decompress(sent) == b"".join(pieces)


def test_a_piece_that_is_made_once_follows_others_in_each_stream() -> None:
    shared = packed(b"what everybody is told " * 9_000)
    for before in (b"", b"one", b"another that is longer"):
        stream = Gzip()
        sent = stream.begin() + stream.add(packed(before)) + stream.add(shared) + stream.end()
        assert gzip.decompress(sent) == before + b"what everybody is told " * 9_000


def test_what_has_come_can_be_read_before_the_end() -> None:
    stream, reader = Gzip(), zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(stream.begin() + stream.add(packed(b"first"))) == b"first"
    assert reader.decompress(stream.add(packed(b"second"))) == b"second"


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("br, *", True),
        ("*;q=0, gzip; q=1", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("x-gzipped", False),
    ],
)
def test_it_is_packed_for_who_takes_it(accepted: str, taken: bool) -> None:
    headers = [(b"accept-encoding", accepted.encode())] if accepted else []
    assert takes_gzip(Request({"type": "http", "headers": headers})) is taken
