"""Which languages a group of segments loses, from the verdicts on its pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compile import kernel


@kernel("void(int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], boolean[::1], boolean[::1])")
def outvoted_rows(segment_starts, pair_starts, left, right, broken, is_pivot, dropped):  # type: ignore[no-untyped-def]
    """See `outvoted`; `dropped` comes in with what is dropped anyway."""
    for group in range(segment_starts.shape[0] - 1):
        first, end = segment_starts[group], segment_starts[group + 1]
        begin, stop = pair_starts[group], pair_starts[group + 1]
        has_pivot = False
        for segment in range(first, end):
            has_pivot |= is_pivot[segment] and not dropped[segment]
        if has_pivot:
            for pair in range(begin, stop):
                # with a pivot that stays every pair that is asked has it
                if broken[pair]:
                    dropped[left[pair]] |= not is_pivot[left[pair]]
                    dropped[right[pair]] |= not is_pivot[right[pair]]
            continue
        bad, asked = np.zeros(end - first, np.int64), np.zeros(end - first, np.int64)
        while True:
            bad[:] = 0
            asked[:] = 0
            for pair in range(begin, stop):
                if dropped[left[pair]] or dropped[right[pair]]:
                    continue
                for segment in (left[pair], right[pair]):
                    asked[segment - first] += 1
                    bad[segment - first] += broken[pair]
            worst = -1
            for place in range(end - first):
                if 2 * bad[place] > asked[place] and (
                    worst < 0 or bad[place] * asked[worst] > bad[worst] * asked[place]
                ):
                    worst = place
            if worst < 0:
                break
            most, of = bad[worst], asked[worst]
            for place in range(end - first):
                if 2 * bad[place] > asked[place] and bad[place] * of == most * asked[place]:
                    dropped[first + place] = True


def outvoted(
    segment_starts: npt.NDArray[np.int64],
    pair_starts: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    broken: npt.NDArray[np.bool_],
    is_pivot: npt.NDArray[np.bool_],
    dropped: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Which of m segments go, because more than half of their pairs are broken.

    The segments with the largest share of broken pairs go first, all with the same share at once; then shares are
    counted anew among those that are left. In a group with a pivot the others go whose pair with it is broken; where
    the pivot itself goes, nothing is known of the others, and they stay.

    Args:
        segment_starts: g + 1 int64, where each group's segments begin.
        pair_starts: g + 1 int64, where each group's pairs begin.
        left: n int64, the number of the first segment of each pair.
        right: n int64, that of the second.
        broken: n booleans.
        is_pivot: m booleans.
        dropped: m booleans: what goes anyway, and votes no more.
    """
    found = dropped.copy()
    outvoted_rows(segment_starts, pair_starts, left, right, broken, is_pivot, found)
    return found
