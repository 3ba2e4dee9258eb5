"""Rows that stand for the same thing in several languages become groups: order, repeats, joined texts, the table.

Everything here works on the rows of one partition (`join_schemas.MEMBERS`); nothing depends on the order in which they
come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import combine_hashes, text_hashes, value_hashes
from .join_schemas import JOINED
from .parallel_tables import GROUPS, INDEX, group_uids, joiner

Numbers = npt.NDArray[np.int64]


def codes_of(column: pa.Array) -> tuple[Numbers, list[str]]:
    """Strings as places in the list of their different values, which is sorted."""
    encoded = pc.dictionary_encode(column)
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=lambda place: str(names[place]))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return rank[encoded.indices.to_numpy().astype(np.int64)], [names[place] for place in order]


def group_numbers(columns: list[pa.Array]) -> Numbers:
    """Numbers from 0 for rows that are equal in all columns; their order follows from a hash of the values."""
    keys = combine_hashes([value_hashes(column) for column in columns], len(columns[0]))
    _, numbers = np.unique(keys, return_inverse=True)
    return numbers.astype(np.int64)


def places(members: pa.RecordBatch) -> Numbers:
    """Numbers of members within their document and language from 0, in the order of `number`, `start` and `key`."""
    document = group_numbers([members["document"], members["language"], members["track"]])
    number = pc.fill_null(members["number"], 0).to_numpy()
    start = pc.fill_null(members["start"], 0.0).to_numpy()
    key = pc.rank(members["key"], tiebreaker="dense").to_numpy().astype(np.int64)
    order = np.lexsort((members["tie"].to_numpy(), key, start, number, document))
    sorted_documents = document[order]
    new = np.append(True, sorted_documents[1:] != sorted_documents[:-1]) if len(order) else np.zeros(0, bool)
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(order)))
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return found


@dataclass(frozen=True)
class Sorted:
    """Members in the order of their groups, within a group by language, within a language as they follow each other.

    Attributes:
        rows: the members.
        groups: their groups, ascending.
        languages: their languages as places in `names`.
        names: the different languages, sorted.
        index: their numbers within their document.
    """

    rows: pa.RecordBatch
    groups: Numbers
    languages: Numbers
    names: list[str]
    index: Numbers

    @classmethod
    def of(cls, members: pa.RecordBatch, groups: Numbers, index: Numbers) -> Sorted:
        """Sort members by their groups."""
        languages, names = codes_of(members["language"])
        start = pc.fill_null(members["start"], 0.0).to_numpy()
        contents = text_hashes(members["text"])[:, 0]
        order = np.lexsort((members["tie"].to_numpy(), contents, index, start, languages, groups))
        return cls(members.take(pa.array(order)), groups[order], languages[order], names, index[order])

    def only(self, keep: npt.NDArray[np.bool_]) -> Sorted:
        """Some of the members."""
        return Sorted(
            self.rows.filter(pa.array(keep)),
            self.groups[keep],
            self.languages[keep],
            self.names,
            self.index[keep],
        )

    def borders(self) -> Numbers:
        """Where the groups start, and the number of members."""
        return _borders(self.groups)

    def segment_borders(self) -> Numbers:
        """Where the languages of the groups start, and the number of members."""
        return _borders(self.groups * (len(self.names) + 1) + self.languages)

    def degrees(self) -> Numbers:
        """For each member how many languages its group has."""
        segments = self.segment_borders()[:-1]
        first = self.groups[segments]
        _, places, counts = np.unique(first, return_inverse=True, return_counts=True)
        by_segment = counts[places] if len(first) else np.zeros(0, np.int64)
        return np.repeat(by_segment, np.diff(self.segment_borders()))


def _borders(ascending: Numbers) -> Numbers:
    new = np.append(True, ascending[1:] != ascending[:-1]) if len(ascending) else np.zeros(0, bool)
    return np.append(np.flatnonzero(new), len(ascending)).astype(np.int64)


def later_ones(members: Sorted) -> npt.NDArray[np.bool_]:
    """Members whose language their group has already."""
    found = np.ones(members.rows.num_rows, np.bool_)
    found[members.segment_borders()[:-1]] = False
    return found


def same_range_again(members: Sorted) -> npt.NDArray[np.bool_]:
    """Members whose language has a member with the same start and end before them in the group."""
    start, end = (pc.fill_null(members.rows[name], 0.0).to_numpy() for name in ("start", "end"))
    found = np.zeros(members.rows.num_rows, np.bool_)
    order = np.lexsort((np.arange(len(start)), end, start, members.languages, members.groups))
    keys = np.stack([members.groups, members.languages, start, end])[:, order]
    found[order[1:]] = (keys[:, 1:] == keys[:, :-1]).all(axis=0)
    return found


def same_text_again(members: Sorted) -> npt.NDArray[np.bool_]:
    """Members whose language has a member with the same text before them in the group."""
    found = np.zeros(members.rows.num_rows, np.bool_)
    hashes = text_hashes(members.rows["text"])[:, 0]
    order = np.lexsort((np.arange(len(hashes)), hashes, members.languages, members.groups))
    same = np.ones(max(0, len(order) - 1), np.bool_)
    for key in (members.groups, members.languages, hashes):
        same &= key[order][1:] == key[order][:-1]
    found[order[1:]] = same
    return found


@dataclass(frozen=True)
class Assembled:
    """Groups, and for each the unit and the row of its first member."""

    rows: pa.RecordBatch
    unit: npt.NDArray[np.int32]
    row: npt.NDArray[np.int32]


def assemble(members: Sorted, method: str, agreement: npt.NDArray[np.float32] | None = None) -> Assembled:
    """Make the groups; several members in one language are joined in order.

    Args:
        members: the members that stay.
        method: how they were found.
        agreement: a number from 0 to 1 for each member, the same for all of a group; None for 1.
    """
    if agreement is None:
        agreement = np.ones(members.rows.num_rows, np.float32)
    segments, groups = members.segment_borders(), members.borders()
    texts = _joined(members, segments)
    first = pa.array(segments[:-1])
    index = pa.ListArray.from_arrays(pa.array(segments.astype(np.int32)), pa.array(members.index.astype(np.int32)))
    offsets = np.searchsorted(segments, groups).astype(np.int32)
    structs = pa.StructArray.from_arrays(
        [members.rows["language"].take(first), texts, index.cast(INDEX)],
        fields=list(GROUPS.field("segments").type.value_type),
    )
    lists = pa.ListArray.from_arrays(pa.array(offsets), structs).cast(GROUPS.field("segments").type)
    heads = pa.array(groups[:-1])
    document = members.rows["document"].take(heads)
    rows = {
        "uid": group_uids(document, lists),
        "doc_key": document,
        "segments": lists,
        "parallelism": pa.array(np.diff(offsets).astype(np.int32)),
        "agreement": pa.array(agreement[groups[:-1]]),
        "key": members.rows["key"].take(heads),
        "start": _extreme(members, "start", groups, np.minimum),
        "end": _extreme(members, "end", groups, np.maximum),
        "method": pa.array([method] * len(heads), pa.string()),
    }
    unit, row = _first_place(members, groups)
    return Assembled(pa.RecordBatch.from_pydict(rows, schema=JOINED), unit, row)


def _joined(members: Sorted, segments: Numbers) -> pa.Array:
    """The text of each segment."""
    texts = members.rows["text"]
    if len(segments) - 1 == len(texts):
        return texts
    lists = pa.ListArray.from_arrays(pa.array(segments.astype(np.int32)), texts)
    spaced = np.array([bool(joiner(name)) for name in members.names], np.bool_)[members.languages[segments[:-1]]]
    return pc.if_else(pa.array(spaced), pc.binary_join(lists, " "), pc.binary_join(lists, ""))


def _extreme(members: Sorted, name: str, groups: Numbers, function: np.ufunc) -> pa.Array:
    """The least or largest value of each group, in whole microseconds; null where no member has one."""
    column = members.rows[name]
    if column.null_count == len(column):
        return pa.nulls(len(groups) - 1, pa.float64())
    # mapped times carry the noise of the map's arithmetic
    found = np.round(function.reduceat(pc.fill_null(column, np.nan).to_numpy(), groups[:-1]), 6) + 0.0
    return pa.array(found, from_pandas=True)


def _first_place(members: Sorted, groups: Numbers) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    unit, row = (members.rows[name].to_numpy().astype(np.int64) for name in ("unit", "row"))
    if not len(unit):
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    place = np.minimum.reduceat((unit << np.int64(32)) | row, groups[:-1])
    return (place >> np.int64(32)).astype(np.int32), (place & np.int64(0xFFFFFFFF)).astype(np.int32)
