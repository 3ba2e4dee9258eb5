"""Make `pair_characters.npz`, the tables of `kernels/pair_characters.py`. Run by hand for a new Unicode version.

    pip install fonttools regex numpy && python kernels/pair_characters_build.py

The shipped file is derived from the Unicode Character Database, Copyright (c) 1991-2026 Unicode, Inc., used and
distributed under the Unicode License v3 (https://www.unicode.org/license.txt).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

CODE_POINTS = 0x110000
PROPERTIES = (
    r"\p{White_Space}",
    r"\p{Alphabetic}",
    r"\p{Uppercase}",
    r"\p{Lowercase}",
    r"\p{Lt}",
    r"\p{L}",
    r"\p{Nd}",
    r"\w",
)
"""The properties of bits 1 to 8; bit 0 is what Python's `str.split` splits at."""
SEPARATORS = (0x1C, 0x1D, 0x1E, 0x1F)
"""What Python takes for white space beyond Unicode's property."""


def build(path: Path) -> None:
    """Write the tables to `path`."""
    import regex  # type: ignore[import-untyped, unused-ignore]
    from fontTools.unicodedata import Scripts  # type: ignore[import-not-found, unused-ignore]
    from regex import _regex  # type: ignore[import-untyped, unused-ignore]

    points = [point for point in range(CODE_POINTS) if not 0xD800 <= point < 0xE000]
    flags = np.zeros(CODE_POINTS, np.uint16)
    for bit, text in enumerate(PROPERTIES, 1):
        matches = regex.compile(text).match
        flags[[point for point in points if matches(chr(point))]] |= np.uint16(1 << bit)
    flags[(flags & 2) != 0] |= np.uint16(1)
    flags[list(SEPARATORS)] |= np.uint16(1)
    starts = np.flatnonzero(np.diff(flags, prepend=flags[0] ^ np.uint16(1)))
    mode = int(regex.UNICODE | regex.IGNORECASE)
    simple = {point: _simple(chr(point), mode, _regex) for point in points}
    changed = [point for point in points if simple[point] != point]
    whole = {point: chr(point).casefold() for point in points if len(chr(point).casefold()) > 1}
    full = {point: chr(point).casefold() for point in points if chr(point).casefold() != chr(point)}
    single = [point for point in full if point not in whole]
    np.savez_compressed(
        path,
        flag_lengths=np.diff(np.append(starts, CODE_POINTS)).astype(np.uint32), flag_values=flags[starts],
        simple_from=np.array(changed, np.uint32), simple_to=np.array([simple[point] for point in changed], np.uint32),
        fold_from=np.array(single, np.uint32), fold_to=np.array([ord(full[point]) for point in single], np.uint32),
        long_from=np.array(list(whole), np.uint32),
        long_to=np.array([[ord(part) for part in text.ljust(3, "\0")] for text in whole.values()], np.uint32),
        script_codes=np.array(list(Scripts.NAMES), dtype="S4"),
        script_names=np.array(list(Scripts.NAMES.values()), dtype="U40"),
    )  # fmt: skip


def _simple(character: str, mode: int, engine: Any) -> int:
    """Simple case folding; the engine's own leaves I alone because of Turkish."""
    folded = "i" if character == "I" else engine.fold_case(mode, character)
    return ord(folded) if len(folded) == 1 else ord(character)


if __name__ == "__main__":
    build(Path(__file__).with_name("pair_characters.npz"))
