"""Deterministic gzip."""

from __future__ import annotations

import gzip
import random

from hexapla.filters.gzip_stream import GzipStream


def compressed(data: bytes, size: int) -> bytes:
    stream = GzipStream()
    return b"".join(stream.add(data[start : start + size]) for start in range(0, len(data), size)) + stream.finish()


def test_the_bytes_depend_on_the_data_alone():
    draw = random.Random(1)
    data = bytes(draw.choices(b"abcdefgh \n", k=1_000_000))
    whole = compressed(data, len(data))
    assert gzip.decompress(whole) == data
    assert compressed(data, 7777) == compressed(data, 300_001) == whole
    assert whole[4:8] == b"\0\0\0\0"


def test_an_empty_file():
    assert gzip.decompress(GzipStream().finish()) == b""
