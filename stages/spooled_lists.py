"""Many lists of numbers, in memory while they are few, and in a temporary file that is mapped when they are not."""

from __future__ import annotations

import mmap
import tempfile
from typing import IO

import numpy as np
import numpy.typing as npt

IN_MEMORY = 96 << 20
"""Bytes above which the numbers go to a file."""


class SpooledLists:
    """Lists of unsigned 64-bit numbers, appended and then read at random.

    Args:
        folder: where the file is made; "" for the system's folder for temporary files.
        in_memory: bytes above which there is a file.
    """

    def __init__(self, folder: str = "", in_memory: int = IN_MEMORY) -> None:
        self._folder, self._limit, self._size = folder, in_memory, 0
        self._parts: list[npt.NDArray[np.uint64]] = []
        self._lengths: list[npt.NDArray[np.int64]] = []
        self._file: IO[bytes] | None = None
        self._map: mmap.mmap | None = None

    def append(self, values: npt.NDArray[np.uint64], lengths: npt.NDArray[np.int64]) -> None:
        """Add lists.

        Args:
            values: the numbers of all lists, one list after the other.
            lengths: how many numbers each list has.

        Raises:
            OSError: the disk is full.
        """
        self._lengths.append(lengths)
        self._parts.append(values)
        self._size += values.nbytes
        if self._file is None and self._size > self._limit:
            self._file = tempfile.TemporaryFile(dir=self._folder or None)  # noqa: SIM115 (closed with the object)
        if self._file is not None:
            for part in self._parts:
                self._file.write(np.ascontiguousarray(part).view(np.uint8).data)
            self._parts = []

    def values(self) -> npt.NDArray[np.uint64]:
        """All numbers. Nothing can be added any more."""
        if self._file is None:
            return np.concatenate(self._parts) if self._parts else np.zeros(0, np.uint64)
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 0)
        return np.frombuffer(self._map, np.uint64)

    def offsets(self) -> npt.NDArray[np.int64]:
        """Borders, n + 1 of them, of the lists in `values`."""
        return np.concatenate(
            [np.zeros(1, np.int64), np.cumsum(np.concatenate([np.zeros(0, np.int64), *self._lengths]))]
        )

    def release(self) -> None:
        """Let go of the memory that holds what is in the file; reading brings it back."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
