"""MinHash signatures, band keys and shingle sets in one pass over Arrow string buffers.

What is compared. A text in NFC, case-folded, is a sequence of tokens: a word (a run of letters, digits and combining
marks) or, in scripts written without spaces, one letter with the combining marks that follow it. White space and
punctuation end a token; control and format characters (joiners, soft hyphens) do not. A shingle is n tokens in a row,
so 5-shingles are word 5-grams in spaced scripts and character 5-grams in Chinese, Japanese, Thai, Lao, Khmer or
Burmese. What a token is, is decided character by character, never for the document: two versions of a mixed text cannot
fall on different sides. With the unit "words" letters of unspaced scripts are taken for letters of words, so that a
token ends with white space or punctuation only; with "characters" every letter and digit is a token, in all scripts.

A text with fewer than n tokens has no shingle. Its set holds one hash of the whole text instead (as
`hashing.text_hashes` compares texts), so that it can be a duplicate of an equal text and of nothing else.

Signatures: Broder, On the resemblance and containment of documents, 1997. Bands: Leskovec, Rajaraman and Ullman, Mining
of Massive Datasets, section 3.4. The permutations are x -> a x + b mod 2^32 on 32-bit shingle hashes, a odd.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .hashing import text_hash
from .nfc import compose
from .unicode import CLASS, DIGIT, FOLD, LETTER, UNSPACED, mix, next_code_point


@inlined
def _tokens_of(buffer, start, end, classes, fold, tokens):
    """Write the hashes of the tokens of one text to `tokens`; return how many there are."""
    state, inside, count = np.uint64(0), 0, 0  # inside: 0 no token, 1 a word, 2 an unspaced letter
    place = start
    while place < end:
        point, place = next_code_point(buffer, place)
        kind = classes[point]
        if 3 <= kind <= 5:  # letter, digit, mark
            if inside == 2 and kind != 5:
                tokens[count] = mix(state)
                count += 1
                state, inside = np.uint64(0), 0
            state = (state ^ np.uint64(fold[point])) * np.uint64(0x9E3779B97F4A7C15)
            state ^= state >> np.uint64(29)
            if inside == 0:
                inside = 1
        elif kind != 7:
            if inside != 0:
                tokens[count] = mix(state)
                count += 1
                state, inside = np.uint64(0), 0
            if kind == 6:
                state = np.uint64(fold[point]) * np.uint64(0x9E3779B97F4A7C15)
                state ^= state >> np.uint64(29)
                inside = 2
    if inside != 0:
        tokens[count] = mix(state)
        count += 1
    return count


@inlined
def _shingle(tokens, first, weights):
    """The 64-bit hash of the tokens from `first` on, as many as there are weights (odd numbers)."""
    total = np.uint64(0)
    for place in range(weights.shape[0]):
        total += tokens[first + place] * weights[place]
    total = (total ^ (total >> np.uint64(32))) * np.uint64(0xC2B2AE3D27D4EB4F)
    return total ^ (total >> np.uint64(29))


@kernel(
    "void(uint8[::1], int64[::1], uint8[::1], uint32[::1], uint64[::1], uint32[::1], uint32[::1], "
    "uint64[::1], uint32[::1], uint32[:,::1], uint64[::1], int64[::1])"
)
def _signatures(
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    fold: npt.NDArray[np.uint32],
    weights: npt.NDArray[np.uint64],
    factors: npt.NDArray[np.uint32],
    terms: npt.NDArray[np.uint32],
    tokens: npt.NDArray[np.uint64],
    short: npt.NDArray[np.uint32],
    minima: npt.NDArray[np.uint32],
    whole: npt.NDArray[np.uint64],
    shingles: npt.NDArray[np.int64],
) -> None:
    """See `signatures`; `tokens` and `short` are room for the longest text's tokens.

    `whole` is written where a text has no shingle: the hash of the whole text.
    """
    size = factors.shape[0]
    for row in range(offsets.shape[0] - 1):
        count = _tokens_of(buffer, offsets[row], offsets[row + 1], classes, fold, tokens)
        count = count - weights.shape[0] + 1
        if count <= 0:
            shingles[row] = 0
            one, _ = text_hash(buffer, offsets[row], offsets[row + 1], classes)
            whole[row] = one
            for slot in range(size):
                minima[row, slot] = np.uint32(0xFFFFFFFF)
            continue
        shingles[row] = count
        for first in range(count):
            short[first] = np.uint32(_shingle(tokens, first, weights) >> np.uint64(32))
        for slot in range(size):
            factor, term, least = factors[slot], terms[slot], np.uint32(0xFFFFFFFF)
            for first in range(count):
                least = min(least, np.uint32(short[first] * factor + term))
            minima[row, slot] = least


@kernel("void(uint32[:,::1], uint64[:,::1])")
def _band_keys(minima: npt.NDArray[np.uint32], keys: npt.NDArray[np.uint64]) -> None:
    """See `band_keys`."""
    bands = keys.shape[1]
    rows = minima.shape[1] // bands
    for row in range(minima.shape[0]):
        for band in range(bands):
            state = np.uint64(band + 1) * np.uint64(0xC2B2AE3D27D4EB4F)
            for slot in range(band * rows, band * rows + rows):
                state = (state ^ np.uint64(minima[row, slot])) * np.uint64(0x9E3779B97F4A7C15)
                state ^= state >> np.uint64(29)
            keys[row, band] = mix(state)


@inlined
def _sort_unique(values, start, end, spare):
    """Sort values[start:end] in place, drop repeats; return the new end. `spare` is at least as long."""
    if end - start <= 48:
        for place in range(start + 1, end):
            value, hole = values[place], place
            while hole > start and values[hole - 1] > value:
                values[hole] = values[hole - 1]
                hole -= 1
            values[hole] = value
    else:  # eight passes of a counting sort, least significant byte first: never slow, whatever the text
        counts = np.empty(257, np.int64)
        for turn in range(8):
            shift = np.uint64(8 * turn)
            counts[:] = 0
            for place in range(start, end):
                counts[((values[place] >> shift) & np.uint64(255)) + np.uint64(1)] += 1
            for digit in range(256):
                counts[digit + 1] += counts[digit]
            for place in range(start, end):
                digit = (values[place] >> shift) & np.uint64(255)
                spare[counts[digit]] = values[place]
                counts[digit] += 1
            for place in range(end - start):
                values[start + place] = spare[place]
    stop = start
    for place in range(start, end):
        if place == start or values[place] != values[stop - 1]:
            values[stop] = values[place]
            stop += 1
    return stop


@kernel(
    "void(uint8[::1], int64[::1], uint8[::1], uint32[::1], uint64[::1], "
    "uint64[::1], uint64[::1], uint64[::1], int64[::1])"
)
def _shingle_sets(
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    fold: npt.NDArray[np.uint32],
    weights: npt.NDArray[np.uint64],
    tokens: npt.NDArray[np.uint64],
    spare: npt.NDArray[np.uint64],
    values: npt.NDArray[np.uint64],
    borders: npt.NDArray[np.int64],
) -> None:
    """See `shingle_sets`; `values` has room for every shingle of every text."""
    stop = 0
    borders[0] = 0
    for row in range(offsets.shape[0] - 1):
        count = _tokens_of(buffer, offsets[row], offsets[row + 1], classes, fold, tokens) - weights.shape[0] + 1
        start = stop
        if count <= 0:
            one, _ = text_hash(buffer, offsets[row], offsets[row + 1], classes)
            values[stop] = one
            stop += 1
        else:
            for first in range(count):
                values[stop] = _shingle(tokens, first, weights)
                stop += 1
            stop = _sort_unique(values, start, stop, spare)
        borders[row + 1] = stop


Unit = Literal["auto", "words", "characters"]


@lru_cache(maxsize=4)
def _classes(unit: Unit) -> npt.NDArray[np.uint8]:
    """What each character is, for a unit of tokens (see the module)."""
    classes = CLASS.copy()
    if unit == "words":
        classes[classes == UNSPACED] = LETTER
    elif unit == "characters":
        classes[(classes == LETTER) | (classes == DIGIT)] = UNSPACED
    return classes


@dataclass(frozen=True)
class Scheme:
    """What makes two signatures comparable; stored signatures are worthless under another scheme.

    Attributes:
        bands: number of bands (b), at least 1.
        rows: minima per band (r), at least 1.
        shingle: tokens per shingle, at least 1.
        seed: chooses the permutations.
        unit: what a token is: "auto" (by the character), "words" or "characters".
    """

    bands: int = 14
    rows: int = 8
    shingle: int = 5
    seed: int = 1
    unit: Unit = "auto"

    def __post_init__(self) -> None:
        if min(self.bands, self.rows, self.shingle) < 1:
            raise ValueError(f"bands, rows and shingle are at least 1, not {self.bands}, {self.rows}, {self.shingle}")

    def permutations(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Factors (odd) and terms of the bands x rows permutations."""
        drawn = _draw(self.seed, 2 * self.bands * self.rows) >> np.uint64(32)
        factors, terms = drawn.astype(np.uint32).reshape(2, -1)
        return factors | np.uint32(1), terms.copy()

    def weights(self) -> npt.NDArray[np.uint64]:
        """Odd weights of the tokens within a shingle; the same for all seeds, so that true similarity has no seed."""
        return _draw(0x5EED, self.shingle) | np.uint64(1)

    def collision_probability(self, similarity: float) -> float:
        """Probability that two texts of this Jaccard similarity share at least one band (the S-curve)."""
        return float(1.0 - (1.0 - similarity**self.rows) ** self.bands)


def _draw(seed: int, count: int) -> npt.NDArray[np.uint64]:
    """Pseudo-random 64-bit numbers that never change with a library's version (SplitMix64, Steele et al. 2014)."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = np.uint64(seed & 0xFFFFFFFFFFFFFFFF) + steps
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@dataclass(frozen=True)
class Signatures:
    """The signatures of n texts.

    Attributes:
        minima: n x (bands * rows) uint32.
        keys: n x bands uint64. All keys of a text without a shingle are one hash of the whole text.
        shingles: n int64: shingles of each text, repeats included; 0 for a text with too few tokens.
    """

    minima: npt.NDArray[np.uint32]
    keys: npt.NDArray[np.uint64]
    shingles: npt.NDArray[np.int64]


def band_keys(minima: npt.NDArray[np.uint32], bands: int) -> npt.NDArray[np.uint64]:
    """One 64-bit key per band: equal where all minima of the band are equal, and different for different bands.

    Args:
        minima: n x (bands * rows) uint32.
        bands: number of bands.

    Raises:
        ValueError: the minima cannot be cut into so many bands.
    """
    if bands < 1 or minima.shape[1] % bands:
        raise ValueError(f"{minima.shape[1]} minima cannot be cut into {bands} bands")
    keys = np.empty((len(minima), bands), np.uint64)
    _band_keys(np.require(minima, np.uint32, ["C", "W"]), keys)
    return keys


def signatures(texts: pa.Array, scheme: Scheme) -> Signatures:
    """Signatures and band keys of n texts (strings without nulls), linear in the bytes."""
    buffer, offsets = text_buffers(compose(texts))
    longest = int(np.diff(offsets).max(initial=0)) + 1
    minima = np.empty((len(texts), scheme.bands * scheme.rows), np.uint32)
    whole, shingles = np.empty(len(texts), np.uint64), np.empty(len(texts), np.int64)
    _signatures(
        buffer, offsets, _classes(scheme.unit), FOLD, scheme.weights(), *scheme.permutations(),
        np.empty(longest, np.uint64), np.empty(longest, np.uint32), minima, whole, shingles,
    )  # fmt: skip
    keys = band_keys(minima, scheme.bands)
    keys[shingles == 0] = whole[shingles == 0, np.newaxis]
    return Signatures(minima, keys, shingles)


def shingle_sets(
    texts: pa.Array, scheme: Scheme, shingles: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The set of 64-bit shingle hashes of each text, ascending: what true Jaccard similarity is counted on.

    Args:
        texts: n strings without nulls.
        scheme: only `shingle` and `unit` matter.
        shingles: `Signatures.shingles` of the same texts.

    Returns:
        All hashes, and n + 1 borders of the texts in them. No set is empty.
    """
    buffer, offsets = text_buffers(compose(texts))
    longest = int(np.diff(offsets).max(initial=0)) + 1
    values = np.empty(int(np.maximum(shingles, 1).sum()), np.uint64)
    borders = np.empty(len(texts) + 1, np.int64)
    _shingle_sets(
        buffer, offsets, _classes(scheme.unit), FOLD, scheme.weights(), np.empty(longest, np.uint64),
        np.empty(longest, np.uint64), values, borders,
    )  # fmt: skip
    return values[: borders[-1]], borders


CLEAR_TAIL = 3.17e-5
"""How seldom a pair at the threshold may look clear: the tail of a normal distribution beyond four standard deviations.
"""


def clear_counts(size: int, threshold: float, tail: float = CLEAR_TAIL) -> tuple[int, int]:
    """From which numbers of equal minima on a pair is clearly below or above a Jaccard similarity.

    Equal minima of a pair of similarity t are binomially distributed (size, t).

    Args:
        size: minima of a signature.
        threshold: the similarity t, 0 < t <= 1.
        tail: how often a pair of exactly that similarity may be outside, on each side.

    Returns:
        The largest count that is clearly below, -1 for none, and the smallest that is clearly above, size + 1 for none.
    """
    if threshold >= 1.0:
        return size - 1, size + 1
    logs = math.log(threshold), math.log1p(-threshold)
    terms = [
        math.exp(
            math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
            + count * logs[0] + (size - count) * logs[1]
        )
        for count in range(size + 1)
    ]  # fmt: skip
    below, above, total = -1, size + 1, 0.0
    for count in range(size + 1):
        total += terms[count]
        if total > tail:
            break
        below = count
    total = 0.0
    for count in range(size, -1, -1):
        total += terms[count]
        if total > tail:
            break
        above = count
    return below, above
