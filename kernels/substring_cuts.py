"""Where a text is cut when some of its windows are copies, and what stands at the seam."""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .splice import replace_spans
from .substrings import CLASS_BITS, OPENS, WORD, token_properties, token_room, tokens_of
from .unicode import CONTROL, FOLD, NEWLINE, next_code_point


@inlined
def _gap_before(buffer, start, end, table):  # type: ignore[no-untyped-def]
    """Of what stands before a cut.

    End of what belongs to the token before, end of the white space behind it, its feeds, whether something opens.
    """
    place = start
    kept = start
    while place < end:
        point, after = next_code_point(buffer, place)
        flags = table[point]
        if flags & CLASS_BITS <= NEWLINE or flags & OPENS:
            break
        place = after
        if flags & CLASS_BITS != CONTROL:
            kept = place  # joiners would join what follows
    feeds = 0
    space = place
    while space < end:
        point, after = next_code_point(buffer, space)
        if table[point] & CLASS_BITS > NEWLINE:
            break
        feeds += point == 10
        space = after
    opens = False
    rest = space
    while rest < end:
        point, rest = next_code_point(buffer, rest)
        opens = opens or table[point] & OPENS != 0
    return (kept if space == place else place), space, feeds, opens


@inlined
def _gap_after(buffer, start, end, table):  # type: ignore[no-untyped-def]
    """Of what stands behind a cut.

    Start of the last white space, its end, where the next token's own marks begin, feeds, whether it begins with a mark
    that closes.
    """
    place = start
    space = spaced = end
    opener = end
    feeds = most = 0
    inside = False
    closes = False
    while place < end:
        point, after = next_code_point(buffer, place)
        flags = table[point]
        if flags & CLASS_BITS <= NEWLINE:
            if not inside:
                space, feeds = place, 0
            feeds += point == 10
            most = max(most, feeds)
            inside = True
            spaced = after
        else:
            inside = False
            if place == start:
                closes = flags & OPENS == 0
            if flags & OPENS and opener == end:
                opener = place
        place = after
    if space == end:
        return end, end, opener, 0, closes
    return space, spaced, spaced, most, closes


@inlined
def _seam(buffer, table, spans, weights, first, behind, count, start, end):  # type: ignore[no-untyped-def]
    """The bytes that go with the tokens [first, behind), and which string takes their place (0: none, 1: a space)."""
    left_end = spans[first - 1, 1] if first > 0 else start
    right_start = spans[behind, 0] if behind < count else end
    kept, spaced, feeds, opens = _gap_before(buffer, left_end, spans[first, 0], table)
    space, space_end, own, other_feeds, closes = _gap_after(buffer, spans[behind - 1, 1], right_start, table)
    closes = closes and not opens  # else what closes belongs to what is cut
    if first == 0:
        return start, (own if behind < count else end), 0
    if kept == left_end and feeds == 0 and closes and (space < space_end or behind == count):
        return left_end, spans[behind - 1, 1], 0  # what closes behind the cut closes before it
    if behind == count:
        return kept, end, 0
    if spaced > kept and (space == space_end or feeds >= other_feeds):
        return spaced, own, 0
    if space < space_end:
        return kept, space, 0
    if kept == left_end and closes and weights[first - 1] < WORD:
        own = spans[behind - 1, 1]
    both = weights[first - 1] == WORD and weights[behind] == WORD
    return kept, own, (1 if both else 0)


@inlined
def _window_ends(weights, count, full, ends):  # type: ignore[no-untyped-def]
    """Behind which token the window of each token ends; `count` + 1 where the text is too short for one."""
    stop, total = 0, 0
    for place in range(count):
        while stop < count and total < full:
            total += weights[stop]
            stop += 1
        ends[place] = stop if total >= full else count + 1
        total -= weights[place]


@inlined
def _has_whole(stretches, first, last, ends, count, gone):  # type: ignore[no-untyped-def]
    """Whether a window of the stretches lost none of its tokens; `gone` counts lost tokens before each."""
    for turn in range(first, last):
        for place in range(stretches[turn, 0], stretches[turn, 1]):
            if place < count and ends[place] <= count and gone[ends[place]] == gone[place]:
                return True
    return False


@kernel(
    "int64(uint8[::1], int64[::1], uint8[::1], uint32[::1], int64, uint64[::1], uint8[::1], int64[:, ::1], "
    "int32[::1], int32[::1], int64[::1], int64[:, ::1], int64[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1])"
)
def _cut(  # type: ignore[no-untyped-def]
    buffer, offsets, table, fold, full, hashes, weights, spans, ends, gone,
    first, marked, first_kept, kept, out, facts,
):  # fmt: skip
    """See `cut`."""
    found = 0
    for row in range(offsets.shape[0] - 1):
        facts[row, 0], facts[row, 1], facts[row, 2] = 0, -1, 0
        if first[row] == first[row + 1]:
            continue
        count = tokens_of(buffer, offsets[row], offsets[row + 1], table, fold, hashes, weights, spans)
        _window_ends(weights, count, full, ends)
        gone[0] = 0
        place, turn, longest = 0, first[row], 0
        while turn < first[row + 1]:
            origin, begin = turn, marked[turn, 0]
            stop = begin
            while turn < first[row + 1] and marked[turn, 0] <= stop:
                stop = max(stop, min(count, np.int64(ends[marked[turn, 1] - 1])))
                turn += 1
            low, high, string = _seam(buffer, table, spans, weights, begin, stop, count, offsets[row], offsets[row + 1])
            out[found, 0], out[found, 1], out[found, 2], out[found, 3] = row, low, high, string
            found += 1
            facts[row, 0] += 1
            if stop - begin > longest:
                longest = stop - begin
                facts[row, 1] = origin
            while place < stop:
                gone[place + 1] = gone[place] + (place >= begin)
                place += 1
        while place < count:
            gone[place + 1] = gone[place]
            place += 1
        facts[row, 2] = _has_whole(kept, first_kept[row], first_kept[row + 1], ends, count, gone)
    return found


@dataclass(frozen=True)
class Cuts:
    """What is cut out of n texts.

    Attributes:
        texts: what is left of each.
        spans: how many spans were cut out of each.
        longest: the marked stretch with which the longest span (in tokens) of each begins; -1 where nothing was cut.
        whole: whether one of the windows that had to stay was left whole in each; false where nothing was cut.
    """

    texts: pa.Array
    spans: npt.NDArray[np.int64]
    longest: npt.NDArray[np.int64]
    whole: npt.NDArray[np.bool_]


def cut(
    texts: pa.Array,
    tokens: int,
    first: npt.NDArray[np.int64],
    marked: npt.NDArray[np.int64],
    first_kept: npt.NDArray[np.int64],
    kept: npt.NDArray[np.int64],
) -> Cuts:
    """Cut all tokens out of n texts that stand in a marked window.

    White space and marks around a cut go as well, save what belongs to the tokens beside it: what closes stays behind
    the token before, what opens before the token behind, and of the white space on both sides the one with more line
    feeds. Two words that would meet get a space between them.

    Args:
        texts: n strings without nulls.
        tokens: words' weight of a window (see `substrings.py`).
        first: n + 1, where the stretches of each text begin in `marked`.
        marked: m x 2: first tokens of windows to cut, from and up to (not including), in order within a text.
        first_kept: n + 1, the same for `kept`.
        kept: k x 2: first tokens of windows that had to stay.
    """
    buffer, offsets = text_buffers(texts)
    room = token_room(offsets)
    most = len(room[0]) + 1
    out, facts = np.empty((len(marked), 4), np.int64), np.empty((len(texts), 3), np.int64)
    found = _cut(
        buffer, offsets, token_properties(), FOLD, WORD * tokens, *room, np.empty(most, np.int32),
        np.empty(most, np.int32), first, np.require(marked, np.int64, ["C", "W"]), first_kept,
        np.require(kept, np.int64, ["C", "W"]), out, facts,
    )  # fmt: skip
    left = replace_spans(texts, out[:found], ["", " "])
    return Cuts(left, facts[:, 0].copy(), facts[:, 1].copy(), facts[:, 2] != 0)
