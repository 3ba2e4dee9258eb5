"""How the last step of `substring_dedup` finds what was decided about the windows of each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .row_verdicts import one_chunk

WINDOWS = (
    pa.field("fingerprint", pa.uint64()),
    pa.field("unit", pa.int32()),
    pa.field("row", pa.int32()),
    pa.field("start", pa.int32()),
    pa.field("stop", pa.int32()),
    pa.field("windows", pa.list_(pa.uint64())),
    pa.field("kind", pa.int8()),
    pa.field("other_row", pa.int32()),
    pa.field("other_start", pa.int32()),
)
"""Windows of one row from token `start` on: their hashes, or (with `kind`) where the windows are that they refer to."""

STAYS, GOES, GOES_AS_FIRST, STAYS_AS_MEMBER = range(4)
"""What was decided about windows: the first copy, which stays while others lose it; a copy; the first copy, when none
stays; one that the first copy's protection covers."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RowWindows:
    """The decided windows of n rows.

    Attributes:
        first: n + 1, where those of each row begin in `marked`.
        marked: m x 2: first tokens of windows to cut, from and up to.
        offset: place of the first of them among all of the unit.
        first_kept, kept: the same for windows that stay while others lose them.
    """

    first: Numbers
    marked: Numbers
    offset: int
    first_kept: Numbers
    kept: Numbers


class SubstringVerdicts:
    """The verdicts on all windows of one unit.

    Args:
        references: rows of `WINDOWS` with a `kind`: windows whose verdict follows from others of the unit.
        copies: verdicts of partitions: row, start, stop, verdict, source (uid).
    """

    def __init__(self, references: pa.Table, copies: pa.Table) -> None:
        from ..kernels.substring_copies import BEYOND, resolve

        told = _numbers(copies, "row", "start", "stop")
        source = one_chunk(copies, "source")
        verdict = copies.column("verdict").to_numpy()
        order = np.lexsort((told[:, 1], told[:, 0]))
        order = order[verdict[order] != STAYS]
        given = _numbers(references, "row", "start", "stop", "kind", "other_row", "other_start")
        found = resolve(told[order, 0].copy(), told[order, 1].copy(), told[order, 2].copy(), given)
        of, state = found[:, 3], found[:, 4]
        answer = np.append(order, -1)[state]
        of_answer = np.where(state >= 0, np.append(verdict, STAYS)[answer], STAYS)
        beyond = given[of, 3] == BEYOND
        goes = beyond | np.isin(of_answer, (GOES, GOES_AS_FIRST))
        cut = order[verdict[order] != STAYS_AS_MEMBER]
        marked = np.concatenate([told[cut], found[goes, :3]])
        # a source is a verdict's, or the document that a reference names when that has the first copy
        named = np.where(np.isin(of_answer, (GOES, STAYS_AS_MEMBER)), answer, len(source) + of)[goes]
        places = np.concatenate([cut, named])
        order = np.lexsort((marked[:, 1], marked[:, 0]))
        self._marked, self._places = marked[order], places[order]
        self._sources = pa.concat_arrays([source, one_chunk(references, "uid")])
        stays = beyond & (state < 0) & (given[of, 4] != found[:, 0])
        moved = found[stays, 5]
        length = found[stays, 2] - found[stays, 1]
        origins = np.stack([given[of[stays], 4], moved, moved + length], axis=1)
        kept = np.concatenate([told[verdict == STAYS], origins])
        self._kept = kept[np.lexsort((kept[:, 1], kept[:, 0]))]

    def of(self, start: int, count: int) -> RowWindows:
        """What was decided about `count` rows from number `start` on."""
        rows = np.arange(start, start + count + 1)
        first, first_kept = (np.searchsorted(table[:, 0], rows) for table in (self._marked, self._kept))
        marked, kept = self._marked[first[0] : first[-1], 1:], self._kept[first_kept[0] : first_kept[-1], 1:]
        return RowWindows(first - first[0], marked, int(first[0]), first_kept - first_kept[0], kept)

    def sources(self, part: RowWindows, stretch: Numbers) -> pa.Array:
        """The uid of the document that has the stretch of each row first; null where it is -1."""
        places = np.zeros(len(stretch), np.int64)
        known = stretch >= 0
        places[known] = self._places[part.offset + stretch[known]]
        return self._sources.take(pa.array(places, mask=~known))


def _numbers(table: pa.Table, *names: str) -> Numbers:
    """Columns of whole numbers side by side."""
    columns = [pc.fill_null(table.column(name), 0).to_numpy().astype(np.int64) for name in names]
    return np.stack(columns, axis=1)
