"""Windows of tokens and the fingerprints by which repeated ones find each other.

Tokens are those of `minhash.py`: a word, or one letter with its marks in scripts written without spaces, decided
character by character. Three things are added, so that a cut between two tokens never breaks what readers see as one:
a letter that a Khmer, Burmese or Tai Tham sign stacks below another belongs to its token, so does the consonant behind
a Thai or Lao vowel that is written before it, and marks that stand on a symbol begin at the symbol.

A word weighs `WORD`; a letter of an unspaced script weighs half of it in East Asian scripts and a quarter elsewhere
(Thai, Lao, Khmer, Burmese ...), because so many letters say what one English word says (docs/dedup.md). The window of
`tokens` words that begins at a token is the shortest run from there on that weighs `tokens` words: its end depends on
its own content only, so a passage that occurs twice has the same windows both times.

Winnowing (Schleimer, Wilkerson and Aiken, Winnowing: local algorithms for document fingerprinting, 2003): of the short
windows of `short` words' weight inside a window the one with the least hash stands for it. Windows that are equal have
equal minima, so whatever occurs twice is found by minima that occur twice, and there are few minima. Consecutive
windows mostly share theirs; such a run travels together.
"""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .arrow import text_buffers
from .compile import inlined, kernel
from .nfc import compose
from .unicode import CLASS, CONTROL, DIGIT, FOLD, LETTER, MARK, PUNCTUATION, UNSPACED, mix, next_code_point

WORD: Final = 4
"""The weight of a word."""

CLASS_BITS: Final = 7
JOINS: Final = 8
EXTENDS: Final = 16
EAST_ASIAN: Final = 32
OPENS: Final = 64

_STACKERS = (0x1039, 0x17D2, 0x1A60, 0x1B44, 0xA9C0, 0x11133)
_BEFORE_CONSONANT = (*range(0x0E40, 0x0E45), *range(0x0EC0, 0x0EC5))
_AM = (0x0E33, 0x0EB3)
_OPENERS = "([{<«‹“‘„‚¿¡「『（【《〈〔［｛〖〘〚"
_FIRST_EAST_ASIAN = 0x2E80
_BASE: Final = np.uint64(0xD1342543DE82EF95)
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.uint64]


@functools.cache
def token_properties() -> npt.NDArray[np.uint8]:
    """The class of each code point, and what a cut has to know.

    `JOINS`: the next letter belongs to the same token; `EXTENDS`: it belongs to the token before; `EAST_ASIAN`;
    `OPENS`: a bracket or quote that opens.
    """
    table = CLASS.copy()
    table[[*_STACKERS, *_BEFORE_CONSONANT]] |= JOINS
    table[list(_AM)] |= EXTENDS
    table[[ord(mark) for mark in _OPENERS]] |= OPENS
    table[_FIRST_EAST_ASIAN:] |= EAST_ASIAN
    return table


@inlined
def tokens_of(buffer, start, end, table, fold, hashes, weights, spans):  # type: ignore[no-untyped-def]
    """Write hash, weight and bytes (begin, end) of every token of one text; return how many there are."""
    state, inside, count = np.uint64(0), 0, 0  # inside: 0 no token, 1 a word, 2 an unspaced letter
    joined = False
    base = np.int64(-1)
    last = start
    place = start
    while place < end:
        at = place
        point, place = next_code_point(buffer, place)
        flags = table[point]
        kind = flags & CLASS_BITS
        if kind == CONTROL:
            continue
        more = inside != 0 and (
            kind == MARK
            or (inside == 1 and (kind == LETTER or kind == DIGIT))
            or (inside == 2 and kind == UNSPACED and (joined or flags & EXTENDS))
        )
        if not more:
            if inside != 0:
                hashes[count] = mix(state)
                spans[count, 1] = last
                count += 1
                inside = 0
            if LETTER <= kind <= UNSPACED:
                inside = 2 if kind == UNSPACED else 1
                state = np.uint64(0)
                spans[count, 0] = base if kind == MARK and base >= 0 else at
                weights[count] = WORD if inside == 1 else (2 if flags & EAST_ASIAN else 1)
        if inside != 0:
            state = (state ^ np.uint64(fold[point])) * np.uint64(0x9E3779B97F4A7C15)
            state ^= state >> np.uint64(29)
            last = place
            joined = flags & JOINS != 0
        base = at if kind == PUNCTUATION else np.int64(-1)
    if inside != 0:
        hashes[count] = mix(state)
        spans[count, 1] = last
        count += 1
    return count


@kernel("void(uint8[::1], int64[::1], uint8[::1], uint32[::1], uint64[::1], uint8[::1], int64[:, ::1], int64[::1])")
def _token_counts(buffer, offsets, table, fold, hashes, weights, spans, out):  # type: ignore[no-untyped-def]
    for row in range(offsets.shape[0] - 1):
        out[row] = tokens_of(buffer, offsets[row], offsets[row + 1], table, fold, hashes, weights, spans)


@inlined
def _short_windows(hashes, weights, count, powers, scope, least, prefix, values, ends):  # type: ignore[no-untyped-def]
    """Hash and end of every short window, and the sums from which any window's hash follows; how many there are."""
    prefix[0] = 0
    for place in range(count):
        prefix[place + 1] = prefix[place] * np.uint64(0xD1342543DE82EF95) + hashes[place]
    stop, total = 0, 0
    for place in range(count):
        while stop < count and total < least:
            total += weights[stop]
            stop += 1
        if total < least:
            return place
        value = prefix[stop] - prefix[place] * powers[stop - place]
        values[place] = mix((value ^ scope) * np.uint64(0x9E3779B97F4A7C15))
        ends[place] = stop
        total -= weights[place]
    return count


@inlined
def _next_minimum(values, ends, shorts, place, stop, best, seen):  # type: ignore[no-untyped-def]
    """The short window that stands for the window [place, stop): the least, the last of these; and the next unseen."""
    if best < place:
        best = place
        for other in range(place + 1, seen):
            if values[other] <= values[best]:
                best = other
        seen = max(seen, place + 1)
    while seen < shorts and ends[seen] <= stop:
        if values[seen] <= values[best]:
            best = seen
        seen += 1
    return best, seen


@inlined
def _fingerprint(value):  # type: ignore[no-untyped-def]
    """Minima are small numbers; their fingerprints use all bits."""
    return mix(mix(value * np.uint64(0xC2B2AE3D27D4EB4F)) * np.uint64(0x9E3779B97F4A7C15))


_TEXTS = "uint8[::1], int64[::1], uint8[::1], uint32[::1], uint64[::1], uint64[::1], int64, int64, "
_ROOM = "uint64[::1], uint8[::1], int64[:, ::1], uint64[::1], uint64[::1], int32[::1], "


@kernel(f"int64({_TEXTS}{_ROOM}uint64[::1])")
def _minima(  # type: ignore[no-untyped-def]
    buffer, offsets, table, fold, powers, scopes, full, least, hashes, weights, spans, prefix, values, ends, out
):
    """See `fingerprints`."""
    found = 0
    for row in range(offsets.shape[0] - 1):
        count = tokens_of(buffer, offsets[row], offsets[row + 1], table, fold, hashes, weights, spans)
        shorts = _short_windows(hashes, weights, count, powers, scopes[row], least, prefix, values, ends)
        stop, total, best, seen = 0, 0, -1, 0
        same, previous = 0, -1
        for place in range(shorts):
            while stop < count and total < full:
                total += weights[stop]
                stop += 1
            if total < full:
                break
            best, seen = _next_minimum(values, ends, shorts, place, stop, best, seen)
            if best != previous:
                same = same + 1 if previous >= 0 and values[best] == values[previous] else 0
                previous = best
                if same < 2:  # runs of one letter: twice is enough to say that it is repeated
                    out[found] = _fingerprint(values[best])
                    found += 1
            total -= weights[place]
    return found


@inlined
def _slot(known, key):  # type: ignore[no-untyped-def]
    """Where `key` stands in an open hash table of keys (0: empty), or the empty place where it would."""
    mask = np.uint64(known.shape[0] - 1)
    place = (key ^ (key >> np.uint64(32))) & mask
    while known[place] != np.uint64(0) and known[place] != key:
        place = (place + np.uint64(1)) & mask
    return place


@kernel("void(uint64[::1], boolean[::1], uint64[::1], boolean[::1])")
def _fill(keys, marks, known, heavy):  # type: ignore[no-untyped-def]
    for index in range(keys.shape[0]):
        place = _slot(known, keys[index])
        known[place] = keys[index]
        heavy[place] = marks[index]


@kernel(
    f"UniTuple(int64, 2)({_TEXTS}{_ROOM}uint64[::1], boolean[::1], uint64, "
    "uint64[::1], uint16[::1], uint64[::1], int32[:, ::1])"
)
def _windows(  # type: ignore[no-untyped-def]
    buffer, offsets, table, fold, powers, scopes, full, least, hashes, weights, spans, prefix, values, ends,
    known, heavy, partitions, window_hashes, lengths, run_fingerprints, runs,
):  # fmt: skip
    """See `candidate_windows`."""
    found, run = 0, 0
    for row in range(offsets.shape[0] - 1):
        count = tokens_of(buffer, offsets[row], offsets[row + 1], table, fold, hashes, weights, spans)
        shorts = _short_windows(hashes, weights, count, powers, scopes[row], least, prefix, values, ends)
        stop, total, best, seen = 0, 0, -1, 0
        previous, is_candidate, opened, mark = -1, False, False, False
        value = np.uint64(0)
        for place in range(shorts):
            while stop < count and total < full:
                total += weights[stop]
                stop += 1
            if total < full:
                break
            best, seen = _next_minimum(values, ends, shorts, place, stop, best, seen)
            if previous < 0 or values[best] != values[previous]:
                value = _fingerprint(values[best])
                slot = _slot(known, fingerprint_key(value, partitions))
                is_candidate, mark, opened = known[slot] != np.uint64(0), heavy[slot], False
            previous = best
            if is_candidate:
                if not opened:
                    run_fingerprints[run] = value
                    runs[run, 0], runs[run, 1], runs[run, 2], runs[run, 3] = row, place, 0, mark
                    run += 1
                    opened = True
                runs[run - 1, 2] += 1
                whole = prefix[stop] - prefix[place] * powers[stop - place]
                window_hashes[found] = mix(mix(whole ^ scopes[row]) * np.uint64(0x9E3779B97F4A7C15))
                lengths[found] = stop - place
                found += 1
            total -= weights[place]
    return found, run


@inlined
def fingerprint_key(value, partitions):  # type: ignore[no-untyped-def]
    """Under which a fingerprint is known: its upper half and its partition, plus one so that no key is 0."""
    half = np.uint64(32)
    return ((value >> half) << half) | (value % partitions + np.uint64(1))


@dataclass(frozen=True)
class Windows:
    """The windows of n texts that may be repeated.

    Attributes:
        hashes: 64-bit hashes of w windows, run by run.
        lengths: tokens of each window, uint16.
        fingerprints: r uint64, the minimum that the windows of each run share.
        runs: r x 4 int32: row, number of the first window's first token, number of windows, whether the fingerprint is
            so frequent that its windows have to travel one by one.
    """

    hashes: Numbers
    lengths: npt.NDArray[np.uint16]
    fingerprints: Numbers
    runs: npt.NDArray[np.int32]


def comparable(texts: pa.Array) -> pa.Array:
    """The texts in NFC, as far as that leaves the number of their tokens as it is.

    A handful of musical and mathematical symbols become a symbol and marks; such texts are compared as they are, so
    that a token's number means the same in both forms.
    """
    composed = compose(texts)
    if composed is texts:
        return texts
    changed = pc.not_equal(composed, texts)
    before, after = token_counts(texts.filter(changed)), token_counts(composed.filter(changed))
    if np.array_equal(before, after):
        return composed
    rows = np.flatnonzero(changed.to_numpy(zero_copy_only=False))[before != after]
    keep = np.zeros(len(texts), bool)
    keep[rows] = True
    return pc.if_else(pa.array(keep), texts, composed)


def token_counts(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Tokens of each of n texts (strings without nulls)."""
    buffer, offsets = text_buffers(texts)
    out = np.empty(len(texts), np.int64)
    _token_counts(buffer, offsets, token_properties(), FOLD, *token_room(offsets), out)
    return out


def token_room(offsets: npt.NDArray[np.int64]) -> tuple[Numbers, npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Room for hashes, weights and spans of the tokens of the longest text: two bytes hold one token at most."""
    most = int(np.diff(offsets).max(initial=0)) // 2 + 2
    return np.empty(most, np.uint64), np.empty(most, np.uint8), np.empty((most, 2), np.int64)


def _powers(tokens: int) -> Numbers:
    found = np.empty(WORD * tokens + 1, np.uint64)
    found[0] = 1
    with np.errstate(over="ignore"):
        for place in range(1, len(found)):
            found[place] = found[place - 1] * _BASE
    return found


def _given(texts: pa.Array, tokens: int, short: float, scopes: Numbers | None):  # type: ignore[no-untyped-def]
    """The arguments that both passes over texts have in common, and a bound of their tokens."""
    buffer, offsets = text_buffers(comparable(texts))
    room = token_room(offsets)
    most = len(room[0])
    if scopes is None:
        scopes = np.zeros(len(texts), np.uint64)
    full = WORD * tokens
    least = min(full, max(1, round(short * full)))
    working = (np.empty(most + 1, np.uint64), np.empty(most, np.uint64), np.empty(most, np.int32))
    given = (buffer, offsets, token_properties(), FOLD, _powers(tokens), scopes, full, least, *room, *working)
    return given, int(offsets[-1] - offsets[0]) // 2 + len(texts) + 2


def fingerprints(texts: pa.Array, tokens: int, short: float, scopes: Numbers | None = None) -> Numbers:
    """Fingerprints of n texts: each stands for a stretch of windows, one that occurs in two places is there twice.

    Args:
        texts: n strings without nulls.
        tokens: words' weight of a window, 1 to 10,000.
        short: the part of it that the short windows weigh, 0 to 1.
        scopes: n numbers; windows of texts with different ones are different. None: all the same.
    """
    given, most = _given(texts, tokens, short, scopes)
    out = np.empty(most, np.uint64)
    return out[: _minima(*given, out)].copy()


def known_fingerprints(keys: Numbers, frequent: npt.NDArray[np.bool_]) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """A hash table of keys (see `fingerprint_key`) and of whether each is frequent."""
    size = 1 << max(3, int(2 * len(keys)).bit_length())
    known, heavy = np.zeros(size, np.uint64), np.zeros(size, bool)
    _fill(np.require(keys, np.uint64, ["C", "W"]), np.require(frequent, bool, ["C", "W"]), known, heavy)
    return known, heavy


def candidate_windows(
    texts: pa.Array,
    tokens: int,
    short: float,
    known: tuple[Numbers, npt.NDArray[np.bool_]],
    partitions: int,
    scopes: Numbers | None = None,
) -> Windows:
    """The windows of n texts whose fingerprint is known (arguments as in `fingerprints` and `known_fingerprints`)."""
    given, most = _given(texts, tokens, short, scopes)
    hashes, lengths = np.empty(most, np.uint64), np.empty(most, np.uint16)
    marks, runs = np.empty(most, np.uint64), np.empty((most, 4), np.int32)
    found, run = _windows(*given, *known, np.uint64(partitions), hashes, lengths, marks, runs)
    return Windows(hashes[:found].copy(), lengths[:found].copy(), marks[:run].copy(), runs[:run].copy())
