"""What pair rules ask of each character, and texts as code points inside kernels.

`FLAGS` uint16 by code point: `SPLITS` (what Python's `str.split` splits at), `WHITE` (White_Space), `ALPHABETIC`,
`UPPER`, `LOWER` (the derived properties), `TITLE` (Lt), `LETTER` (L), `DECIMAL` (Nd), `WORD` (parts of words to regular
expressions). `SIMPLE` uint32 is simple case folding; full case folding is in `FOLD` uint32, whose values from 0x110000
on are rows of `LONG_FOLDS` (up to three code points, 0 for none). `SCRIPT_OF_NAME` leads from Unicode's names of
scripts ("Latin", "Canadian_Aboriginal") and their ISO 15924 codes to numbers of `unicode.SCRIPT`.

The tables come from the Unicode Character Database, Copyright (c) 1991-2026 Unicode, Inc., under the Unicode License v3
(https://www.unicode.org/license.txt); `pair_characters_build.py` makes the file. They do not depend on the Python that
runs hexapla.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .compile import inlined
from .unicode import CODE_POINTS, SCRIPT_NUMBERS, next_code_point

SPLITS: Final = 1
WHITE: Final = 2
ALPHABETIC: Final = 4
UPPER: Final = 8
LOWER: Final = 16
TITLE: Final = 32
LETTER: Final = 64
DECIMAL: Final = 128
WORD: Final = 256


def _load() -> tuple[Any, ...]:
    """Unpack the tables."""
    with np.load(Path(__file__).with_name("pair_characters.npz"), allow_pickle=False) as packed:
        simple, fold = np.arange(CODE_POINTS, dtype=np.uint32), np.arange(CODE_POINTS, dtype=np.uint32)
        simple[packed["simple_from"]] = packed["simple_to"]
        fold[packed["fold_from"]] = packed["fold_to"]
        fold[packed["long_from"]] = CODE_POINTS + np.arange(len(packed["long_from"]), dtype=np.uint32)
        codes = [code.decode("ascii") for code in packed["script_codes"].tolist()]
        names = dict(zip(packed["script_names"].tolist(), codes, strict=True))
        flags = np.repeat(packed["flag_values"], packed["flag_lengths"])
        return flags, simple, fold, packed["long_to"], names


FLAGS: npt.NDArray[np.uint16]
SIMPLE: npt.NDArray[np.uint32]
FOLD: npt.NDArray[np.uint32]
LONG_FOLDS: npt.NDArray[np.uint32]
FLAGS, SIMPLE, FOLD, LONG_FOLDS, _CODE_OF_NAME = _load()

SCRIPT_OF_NAME: Final = {
    **{
        name.lower().replace("_", ""): SCRIPT_NUMBERS[code]
        for name, code in _CODE_OF_NAME.items()
        if code in SCRIPT_NUMBERS
    },
    **{code.lower(): number for code, number in SCRIPT_NUMBERS.items()},
}
"""Numbers of scripts by name or code, in small letters and without underscores."""


@inlined
def code_points(buffer, start, end, points):  # type: ignore[no-untyped-def]
    """Decode `buffer[start:end]` into `points` (int32, room for `end - start`); returns how many there are."""
    count = 0
    position = start
    while position < end:
        first = buffer[position]
        if first < 0x80:
            points[count] = first
            position += 1
        else:
            point, position = next_code_point(buffer, position)
            points[count] = point
        count += 1
    return count


_KEPT = threading.local()


def point_tables(name: str, count: int) -> npt.NDArray[np.int32]:
    """Tables by code point that a kernel leaves as it found them: zeros at its first call in a thread.

    They are kept, for to get so much memory from the system takes longer than to look at a thousand pairs.

    Args:
        name: of the kernel.
        count: how many tables; each has a place more than there are code points.
    """
    tables: npt.NDArray[np.int32] | None = getattr(_KEPT, name, None)
    if tables is None:
        tables = np.zeros((count, CODE_POINTS + 1), np.int32)
        setattr(_KEPT, name, tables)
    return tables


def longest_text(offsets: npt.NDArray[np.int64]) -> int:
    """Bytes of the longest of n texts: the room that one of them needs."""
    return int(np.diff(offsets).max()) if len(offsets) > 1 else 0
