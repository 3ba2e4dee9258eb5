"""Sentences of texts in any language, as pieces that make up the text again without loss.

The rules are in `kernels/sentences.py`. Abbreviations are those of `abbreviations.tsv` for the text's language, and a
short common list for all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.arrow import text_buffers
from ..kernels.sentences import NUMBERS_ONLY, find_sentences, sentence_properties
from ..kernels.unicode import FOLD, SCRIPT, SCRIPT_NUMBERS
from .language_codes import canonical

TABLE: Final = Path(__file__).with_name("abbreviations.tsv")
COMMON: Final = "common"

ORDINALS: Final = frozenset(
    f"{code}_Latn"
    for code in (
        "deu", "ltz", "gsw", "nds", "bar", "dan", "nob", "nno", "fao", "isl", "fin", "ekk", "lvs", "ces", "slk", "slv",
        "hrv", "bos", "srp", "hsb", "dsb", "pol", "hun", "eus", "tur", "azj", "crh", "sme",
    )
) | {"srp_Cyrl"}  # fmt: skip
"""Languages in which a number of one or two digits before a full stop is an ordinal ("3. Oktober")."""

Marks = npt.NDArray[np.int64]


def sentence_borders(
    texts: pa.Array, languages: pa.Array | None = None, *, lines: bool = True
) -> tuple[Marks, npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Where the sentences of each text begin and end.

    Args:
        texts: n strings; nulls are read as empty.
        languages: n codes such as "deu_Latn", nulls allowed; None for unknown ones.
        lines: whether line feeds end sentences.

    Returns:
        `first` (n + 1): the sentences of text i are those from number `first[i]` on; `borders`, one more than there are
        sentences: bytes in `buffer` between sentence k (`borders[k]` to `borders[k + 1]`) and its neighbours; `buffer`,
        as `text_buffers` gives it. An empty text has no sentence.
    """
    buffer, offsets = text_buffers(texts)
    known, starts, ordinals, numbers = _lists()
    marks = np.zeros(int(offsets[-1] - offsets[0]) + 1, np.uint8)
    find_sentences(
        buffer, offsets, sentence_properties(), FOLD, SCRIPT, SCRIPT_NUMBERS["Grek"], known, starts, ordinals,
        _numbers(languages, len(texts), numbers), lines, marks,
    )  # fmt: skip
    base = offsets[0]
    filled = np.diff(offsets) > 0
    marks[offsets[:-1][filled] - base] = 1
    borders = np.flatnonzero(marks[:-1])
    first = np.searchsorted(borders, offsets - base).astype(np.int64)
    return first, np.append(borders + base, offsets[-1]).astype(np.int32), buffer


def split_sentences(texts: pa.Array, languages: pa.Array | None = None, *, lines: bool = True) -> pa.ListArray:
    """The sentences of each text, white space behind them included: joined they are the text.

    Args:
        texts: n strings; nulls are read as empty.
        languages: n codes such as "deu_Latn", nulls allowed; None for unknown ones.
        lines: whether line feeds end sentences; false for text that is wrapped.

    Returns:
        n lists of strings.
    """
    first, borders, buffer = sentence_borders(texts, languages, lines=lines)
    count = len(borders) - 1
    values = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(borders), pa.py_buffer(buffer)])
    return pa.ListArray.from_arrays(pa.array(first.astype(np.int32)), values)


def has_abbreviations(language: str) -> int:
    """How many abbreviations are known of a language; 0 where only the common ones are used."""
    return len(_table().get(language, ()))


def abbreviations(language: str) -> tuple[str, ...]:
    """The abbreviations of a language, without the common ones; a # begins those that stand before numbers only."""
    return _table().get(language, ())


def _numbers(languages: pa.Array | None, rows: int, numbers: Mapping[str, int]) -> npt.NDArray[np.int32]:
    """The number of each row's list."""
    if languages is None:
        return np.zeros(rows, np.int32)
    encoded = languages.dictionary_encode()
    found = [numbers.get(canonical(code), 0) for code in encoded.dictionary.to_pylist()]
    places = encoded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    chosen: npt.NDArray[np.int32] = np.array([*found, 0], np.int32)[places]
    return chosen


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, ...]]:
    """The abbreviations by language."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {language: tuple(words.split()) for language, words in rows}


@lru_cache(maxsize=1)
def _lists() -> tuple[npt.NDArray[np.uint64], Marks, npt.NDArray[np.uint8], dict[str, int]]:
    """Hashes of all lists, where each starts, whether its language writes ordinals with a full stop, and its number."""
    table = _table()
    languages = [COMMON, *sorted({*table, *ORDINALS} - {COMMON})]
    lists = [sorted(abbreviation_hashes((*table[COMMON], *table.get(language, ())))) for language in languages]
    known = np.array([value for values in lists for value in values], np.uint64)
    starts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    ordinals = np.array([language in ORDINALS for language in languages], np.uint8)
    return known, starts, ordinals, {language: number for number, language in enumerate(languages)}


def abbreviation_hashes(words: Iterable[str]) -> Iterable[int]:
    """Hashes as `kernels.sentences.folded_hash` makes them, with `NUMBERS_ONLY` for those that begin with a #."""
    found: dict[int, int] = {}
    for word in words:
        value = _folded_hash(word.removeprefix("#"))
        found[value] = min(found.get(value, 1), int(word.startswith("#")) * int(NUMBERS_ONLY))
    return (value | flag for value, flag in found.items())


def _folded_hash(word: str) -> int:
    mask, value = (1 << 64) - 1, 0x243F6A8885A308D3
    for character in word:
        value = ((value ^ int(FOLD[ord(character)])) * 0x9E3779B97F4A7C15) & mask
        value ^= value >> 29
    value ^= value >> 33
    value = (value * 0xFF51AFD7ED558CCD) & mask
    return (value ^ (value >> 33)) & ~1
