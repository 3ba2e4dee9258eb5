"""Keys that are ranges: verses "3-4" beside "3" and "4", and versifications that cut differently."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_MARKS = r"[-‐-―−,/]"
_RANGE = (
    r"^\s*(?P<first>\p{Nd}{1,9})\p{L}?(?:\s*"
    + _MARKS
    + r"\s*(?:\p{Nd}{1,9}\p{L}?\s*,\s*)*(?P<last>\p{Nd}{1,9})\p{L}?)?\s*$"
)


def ranges_of(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """First and last number of each range: "3" -> 3, 3; "3-4", "3–4", "3,4" -> 3, 4; "3a" -> 3, 3.

    Args:
        column: n strings or whole numbers.

    Returns:
        Two arrays of n doubles, null for what is no range, or whose end comes before its start.
    """
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.string())
    found = pc.extract_regex(column, _RANGE)
    first, last = (_number(pc.struct_field(found, name)) for name in ("first", "last"))
    last = pc.coalesce(last, first)
    valid = pc.greater_equal(last, first)
    nothing = pa.scalar(None, pa.float64())
    return pc.if_else(valid, first, nothing), pc.if_else(valid, last, nothing)


def _number(digits: pa.Array) -> pa.Array:
    """Digits of any script as doubles, null for no digits."""
    plain = pc.equal(pc.fill_null(pc.match_substring_regex(digits, r"^[0-9]*$"), True), True)
    if pc.all(plain).as_py() is False:
        digits = pa.array([str(int(text)) if text else None for text in digits.to_pylist()], pa.string())
    filled = pc.greater(pc.fill_null(pc.binary_length(digits), 0), 0)
    return pc.if_else(filled, digits, pa.scalar(None, pa.string())).cast(pa.float64())


def unite(
    keys: npt.NDArray[np.int64], first: npt.NDArray[np.float64], last: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Numbers of the unions of overlapping closed ranges with one key.

    Args:
        keys: n numbers.
        first: n starts.
        last: n ends, not before their starts.
    """
    order = np.lexsort((last, first, keys))
    found = np.empty(len(keys), np.int64)
    if not len(keys):
        return found
    one = keys[order]
    new = np.append(True, one[1:] != one[:-1])
    # ends never sink below what an earlier range of the key reached; ranks of keys keep the keys apart
    rank = np.cumsum(new) - 1
    width = float(last.max() - first.min()) + 1.0
    reached = np.maximum.accumulate(last[order] + rank * width)
    apart = np.append(True, (first[order] + rank * width)[1:] > reached[:-1])
    found[order] = np.cumsum(new | apart) - 1
    return found


def coverage(
    segments: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    first: npt.NDArray[np.float64],
    last: npt.NDArray[np.float64],
) -> npt.NDArray[np.float32]:
    """For each member how much of its group's range the group's languages cover on the average.

    Args:
        segments: n ascending numbers of languages within groups; ranges of one of them ascend.
        groups: n ascending numbers of groups.
        first: n starts, whole numbers.
        last: n ends.
    """
    if not len(groups):
        return np.zeros(0, np.float32)
    new = np.append(True, segments[1:] != segments[:-1])
    starts = np.flatnonzero(new)
    group_new = np.append(True, groups[1:] != groups[:-1])
    group_starts = np.flatnonzero(group_new)
    reached = np.empty(len(first))
    for start, stop in zip(starts, np.append(starts[1:], len(first)), strict=True):
        reached[start] = -np.inf
        reached[start + 1 : stop] = np.maximum.accumulate(last[start : stop - 1])
    covered = np.maximum(0.0, last - np.maximum(first - 1, reached))
    whole = np.maximum.reduceat(last, group_starts) - np.minimum.reduceat(first, group_starts) + 1
    total = np.add.reduceat(covered, group_starts)
    languages = np.add.reduceat(new.astype(np.int64), group_starts)
    return np.repeat((total / whole / languages).astype(np.float32), np.diff(np.append(group_starts, len(first))))
