"""gzip whose bytes depend on the data alone: no clock, no name, no system, and no matter in which pieces it comes."""

from __future__ import annotations

import struct
import zlib
from typing import Final

_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_BLOCK: Final = 1 << 18


class GzipStream:
    """One compressed file, piece by piece."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        self._waiting = bytearray()
        self._check, self._size, self._begun = 0, 0, False

    def add(self, data: bytes) -> bytes:
        """Take data; return what is ready. Compressed is in blocks of one size, so that pieces do not matter."""
        self._check = zlib.crc32(data, self._check)
        self._size += len(data)
        self._waiting += data
        ready = self._opening()
        while len(self._waiting) >= _BLOCK:
            ready += self._deflate.compress(bytes(self._waiting[:_BLOCK]))
            del self._waiting[:_BLOCK]
        return ready

    def finish(self) -> bytes:
        """The rest."""
        ready = self._opening() + self._deflate.compress(bytes(self._waiting)) + self._deflate.flush()
        return ready + struct.pack("<II", self._check, self._size & 0xFFFFFFFF)

    def _opening(self) -> bytes:
        begun, self._begun = self._begun, True
        return b"" if begun else _HEAD
