"""Toxic language by per-language word lists: finds per word and their severity, with word borders for every script.

What a list holds and how terms are inflected: `toxicity_lists`; how lists are compiled: `toxicity_trie`;
how that is kept: `toxicity_cache`.

Where words are spaced, a form must be a whole word (`kernels.terms.screen_words`). Where they are not (Chinese,
Japanese, Thai, Lao, Khmer, Burmese), a find must begin and end at a word break of ICU's dictionaries (UAX #29 with
dictionary breaks; https://unicode-org.github.io/icu/userguide/boundaryanalysis/): 性交 is not in 男性交流.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.arrow import text_buffers
from ..kernels.terms import CERTAIN, FOUND_COLUMNS, SEVERITY_BITS, screen_characters, screen_words
from ..kernels.unicode import CLASS
from .toxicity_cache import load_lists
from .toxicity_lists import SHIPPED, TermList, list_files, read_term_list
from .toxicity_trie import LETTERS_PER_WORD, WordLists, compile_lists, folds, is_turkic

__all__ = [
    "LETTERS_PER_WORD", "SHIPPED", "Screening", "TermList", "WordLists", "compile_lists", "list_files", "load_lists",
    "read_term_list", "screen",
]  # fmt: skip

_SURE, _UNSURE, _WORDS, _SURE_SUM, _UNSURE_SUM, _SURE_WORST, _UNSURE_WORST = range(FOUND_COLUMNS)
_SEVERITY: Final = (1 << SEVERITY_BITS) - 1


class Screening(NamedTuple):
    """What screening found in n documents; all null where no list serves the language.

    Attributes:
        score: finds per word, float32.
        hits: finds, int32.
        severity: the finds' severities (1 mild, 2 strong, 3 slur) added up, per word, float32.
        worst: the highest severity found, 0 for no find, int8.
    """

    score: pa.Array
    hits: pa.Array
    severity: pa.Array
    worst: pa.Array


def screen(text: pa.Array, language: pa.Array, lists: WordLists) -> Screening:
    """Look for the terms of each document's language.

    Args:
        text: n strings.
        language: n language codes as `fra_Latn`; null or one without a list leaves the document unscreened.
        lists: from `compile_lists`.
    """
    encoded = language.dictionary_encode()
    codes = [code or "" for code in encoded.dictionary.to_pylist()]
    which = encoded.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
    codes.append("")
    own = np.array([code in lists.own for code in codes])[which]
    turkic = np.array([is_turkic(code) for code in codes], np.uint8)[which]
    script = [code.rpartition("_")[2] for code in codes]
    characters = np.array([each in LETTERS_PER_WORD for each in script])[which]
    root = np.array([_root(lists, code, each) for code, each in zip(codes, script, strict=True)], np.int32)[which]
    length = np.array([LETTERS_PER_WORD.get(each, 1.0) for each in script])[which]

    found = np.zeros((len(text), FOUND_COLUMNS), np.int32)
    buffer, offsets = text_buffers(text)
    trie = (lists.keys, lists.targets, lists.sieve, lists.weights)
    spaced = np.where(characters, np.int32(-1), root)
    if (spaced >= 0).any():
        screen_words(buffer, offsets, spaced, turkic, CLASS, folds(), *trie, found)
    unspaced = np.where(characters, root, np.int32(-1))
    if (unspaced >= 0).any():
        counted, candidates = _candidates(buffer, offsets, unspaced, trie)
        for row, weight in _confirmed(buffer, candidates):
            _count(found[row], weight)
        found[:, _WORDS] += counted[:, 1] + np.ceil(counted[:, 0] / length).astype(np.int32)
    return _screening(found, own)


def _screening(found: npt.NDArray[np.int32], own: npt.NDArray[np.bool_]) -> Screening:
    """Add up what was found: ambiguous finds count beside unambiguous ones only."""
    sure = found[:, _SURE] > 0
    words = np.maximum(found[:, _WORDS].astype(np.int64), 1)
    hits = np.where(sure, found[:, _SURE] + found[:, _UNSURE], 0).astype(np.int32)
    severity = np.where(sure, found[:, _SURE_SUM] + found[:, _UNSURE_SUM], 0)
    worst = np.where(sure, np.maximum(found[:, _SURE_WORST], found[:, _UNSURE_WORST]), 0).astype(np.int8)
    missing = ~own & (hits == 0)
    return Screening(
        pa.array((hits / words).astype(np.float32), pa.float32(), mask=missing),
        pa.array(hits, mask=missing),
        pa.array((severity / words).astype(np.float32), pa.float32(), mask=missing),
        pa.array(worst, mask=missing),
    )


def _count(found: npt.NDArray[np.int32], weight: int) -> None:
    """Count one find of `screen_characters` as `screen_words` counts its own."""
    unsure, severity = weight < CERTAIN, weight & _SEVERITY
    found[_SURE + unsure] += 1
    found[_SURE_SUM + unsure] += severity
    found[_SURE_WORST + unsure] = max(found[_SURE_WORST + unsure], severity)


def _root(lists: WordLists, code: str, script: str) -> int:
    return lists.roots.get(code, lists.roots.get(f"*_{script}", lists.fallback))


def _candidates(
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    roots: npt.NDArray[np.int32],
    trie: tuple[object, ...],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Run `screen_characters` with enough room."""
    counted = np.zeros((len(roots), 2), np.int32)
    room = 4096
    while True:
        candidates = np.zeros((room, 7), np.int64)
        total = screen_characters(buffer, offsets, roots, CLASS, folds(), *trie, counted, candidates)
        if total <= room:
            return counted, candidates[:total]
        room = total


def _confirmed(buffer: npt.NDArray[np.uint8], candidates: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Row and weight of the candidates that stand between word breaks, the longest first, without overlaps."""
    run, breaks = (-1, -1, -1), frozenset[int]()
    best: tuple[int, int, int, int] | None = None
    for row, start, end, run_start, run_end, weight, needs in candidates.tolist():
        if best and (row != best[0] or start >= best[2]):
            yield best[0], best[3]
            best = None
        if needs:
            if (row, run_start, run_end) != run:
                run, breaks = (row, run_start, run_end), _breaks(buffer[run_start:run_end].tobytes())
            if (needs & 1 and start - run_start not in breaks) or (needs & 2 and end - run_start not in breaks):
                continue
        if best is None or (start == best[1] and end > best[2]):
            best = (row, start, end, weight)
    if best:
        yield best[0], best[3]


def _breaks(run: bytes) -> frozenset[int]:
    """Byte offsets of the word breaks in a run of text without spaces."""
    from icu4py.breakers import WordBreaker

    text = run.decode("utf-8", "replace")
    places: set[int] = set()
    units = offset = 0
    ends = {end for _, end in WordBreaker(text, "und").segments()} | {0}
    for character in text:
        if units in ends:
            places.add(offset)
        code = ord(character)
        units += 1 if code < 0x10000 else 2
        offset += 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
    places.add(offset)
    return frozenset(places)
