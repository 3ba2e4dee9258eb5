"""What the stage `join` reads: rows with keys, or bitext with a language in common, as members of groups to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import combine_hashes, text_hashes, value_hashes
from .join_schemas import MEMBERS, Columns
from .parallel_tables import table_kind

SEPARATOR = "\t"
"""Between the keys of one row; within a key it is written `\\t`."""


def members_of_rows(rows: pa.RecordBatch, columns: Columns, unit: int, start: int) -> tuple[pa.RecordBatch, pa.Array]:
    """Rows with keys as members.

    Args:
        rows: the batch.
        columns: which columns hold what.
        unit: number of the unit.
        start: number of the first row within it.

    Returns:
        The members that can be joined, and for each of the n rows the reason why it cannot (null where it can).
    """
    keys = [_strings(rows.column(name)) for name in columns.keys]
    key = _joined([part for part, name in zip(keys, columns.keys, strict=True) if name != columns.document])
    document = _strings(rows.column(columns.document)) if columns.document else None
    if key is None:
        key = pa.array([""] * rows.num_rows, pa.string())
    text, language = _strings(rows.column(columns.text)), _strings(rows.column(columns.language))
    number = rows.column(columns.index).cast(pa.int64()) if columns.index else _number(rows, columns.keys)
    first, last = _range(rows, columns)
    reason = _first_of(
        {
            "no_key": _any_null([*keys, *([document] if document is not None else [])]),
            "no_language": pc.is_null(language),
            "no_text": pc.invert(_has_text(text)),
            "no_range": _bad_range(first, last, columns),
        },
        rows.num_rows,
    )
    members = {
        "document": document if document is not None else key,
        "key": key,
        "number": number,
        "language": language,
        "text": text,
        "start": first,
        "end": last,
        "track": _strings(rows.column(columns.track)) if columns.track else pa.nulls(rows.num_rows, pa.string()),
        "counts": pa.array([True] * rows.num_rows),
        "tie": pa.array(_ties(rows)),
        "unit": np.full(rows.num_rows, unit, np.int32),
        "row": np.arange(start, start + rows.num_rows, dtype=np.int32),
    }
    found = pa.RecordBatch.from_pydict(members, schema=MEMBERS)
    return found.filter(pc.is_null(reason)), reason


def members_of_bitext(rows: pa.RecordBatch, pivot: str, unit: int, start: int) -> tuple[pa.RecordBatch, pa.Array]:
    """Pairs, beads or groups as members whose key is the text in the pivot language.

    Args:
        rows: the batch.
        pivot: the language that all have in common.
        unit: number of the unit.
        start: number of the first row within it.

    Returns:
        As for `members_of_rows`.
    """
    owner, language, text = _segments(rows)
    full = _has_text(text).to_numpy(zero_copy_only=False)
    owner, language, text = owner[full], language.filter(pa.array(full)), text.filter(pa.array(full))
    is_pivot = pc.equal(language, pivot).to_numpy(zero_copy_only=False)
    own = np.full(rows.num_rows, -1, np.int64)
    own[owner[is_pivot][::-1]] = np.flatnonzero(is_pivot)[::-1]
    others = np.bincount(owner[~is_pivot], minlength=rows.num_rows)
    usable = (own >= 0) & (others > 0)
    reason = pa.array(np.where(own < 0, "no_pivot", "no_text"), pa.string(), mask=usable)
    chosen = usable[owner] & (~is_pivot | (own[owner] == np.arange(len(owner))))
    owner, is_pivot = owner[chosen], is_pivot[chosen]
    language, text = language.filter(pa.array(chosen)), text.filter(pa.array(chosen))
    # the place of the pivot's text among the chosen segments
    place = np.full(rows.num_rows, -1, np.int64)
    place[owner[is_pivot]] = np.flatnonzero(is_pivot)
    digits = [f"{one:016x}{other:016x}" for one, other in text_hashes(text.filter(pa.array(is_pivot))).tolist()]
    number = np.full(len(owner), -1, np.int64)
    number[is_pivot] = np.arange(int(is_pivot.sum()))
    key = pa.array(digits, pa.string()).take(pa.array(number[place[owner]]))
    tie = combine_hashes([value_hashes(key), value_hashes(text)], len(owner))
    count = len(owner)
    members = {
        "document": key,
        "key": key,
        "number": pa.array(np.zeros(count, np.int64)),
        "language": language,
        "text": text,
        "start": pa.nulls(count, pa.float64()),
        "end": pa.nulls(count, pa.float64()),
        "track": pa.nulls(count, pa.string()),
        "counts": pa.array(~is_pivot),
        "tie": pa.array(tie),
        "unit": np.full(count, unit, np.int32),
        "row": (start + owner).astype(np.int32),
    }
    return pa.RecordBatch.from_pydict(members, schema=MEMBERS), reason


def _segments(rows: pa.RecordBatch) -> tuple[npt.NDArray[np.int64], pa.Array, pa.Array]:
    """Row, language and text of every side of bitext."""
    if table_kind(rows.schema) == "groups":
        segments = rows.column("segments")
        flat = pc.list_flatten(segments)
        return pc.list_parent_indices(segments).to_numpy().astype(np.int64), flat.field("lang"), flat.field("text")
    owner = np.repeat(np.arange(rows.num_rows), 2)
    order = pa.array(np.stack([np.arange(rows.num_rows), np.arange(rows.num_rows) + rows.num_rows], axis=1).ravel())
    sides = [
        pa.concat_arrays([_strings(rows.column(f"src{name}")), _strings(rows.column(f"tgt{name}"))]).take(order)
        for name in ("_lang", "")
    ]
    return owner, sides[0], sides[1]


def _strings(column: pa.Array) -> pa.Array:
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def _joined(columns: Sequence[pa.Array]) -> pa.Array | None:
    if not columns:
        return None
    if len(columns) == 1:
        return columns[0]
    # otherwise "a<tab>b", "c" would be the same as "a", "b<tab>c"
    escaped = (pc.replace_substring(pc.replace_substring(one, "\\", "\\\\"), SEPARATOR, "\\t") for one in columns)
    return pc.binary_join_element_wise(*escaped, SEPARATOR)


def _number(rows: pa.RecordBatch, keys: Sequence[str]) -> pa.Array:
    """The last key where it is a whole number: segments follow each other in its order."""
    kind = rows.schema.field(keys[-1]).type if keys else pa.null()
    return rows.column(keys[-1]).cast(pa.int64()) if pa.types.is_integer(kind) else pa.nulls(rows.num_rows, pa.int64())


def _range(rows: pa.RecordBatch, columns: Columns) -> tuple[pa.Array, pa.Array]:
    from .key_ranges import ranges_of

    if columns.span:
        return ranges_of(rows.column(columns.span))
    if columns.start:
        return rows.column(columns.start).cast(pa.float64()), rows.column(columns.end).cast(pa.float64())
    return pa.nulls(rows.num_rows, pa.float64()), pa.nulls(rows.num_rows, pa.float64())


def _bad_range(first: pa.Array, last: pa.Array, columns: Columns) -> pa.Array:
    if not (columns.span or columns.start):
        return pa.array([False] * len(first))
    whole = pc.and_kleene(pc.is_finite(first), pc.is_finite(last))
    return pc.invert(pc.fill_null(pc.and_kleene(whole, pc.less_equal(first, last)), False))


def _has_text(text: pa.Array) -> pa.Array:
    return pc.fill_null(pc.greater(pc.binary_length(pc.utf8_trim_whitespace(text)), 0), False)


def _any_null(columns: Sequence[pa.Array]) -> pa.Array:
    found = pc.is_null(columns[0])
    for column in columns[1:]:
        found = pc.or_(found, pc.is_null(column))
    return found


def _first_of(reasons: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """For each row the first reason that holds."""
    found = pa.nulls(rows, pa.string())
    for name, holds in reasons.items():
        found = pc.if_else(pc.and_(pc.is_null(found), holds), pa.scalar(name), found)
    return found


def _ties(rows: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    if rows.schema.get_field_index("uid") < 0:
        return np.zeros(rows.num_rows, np.uint64)
    return value_hashes(rows.column("uid"))


def partitions_of(members: pa.RecordBatch, count: int, by_document: bool) -> npt.NDArray[np.int32]:
    """Where the members of one document, or with one key, come together."""
    names = ("document",) if by_document else ("document", "key")
    keys = combine_hashes([value_hashes(members.column(name)) for name in names], members.num_rows)
    return (keys % np.uint64(count)).astype(np.int32)


def sampled(members: pa.RecordBatch, share: int) -> npt.NDArray[np.bool_]:
    """One of `share` keys, whatever partition they are in."""
    keys = combine_hashes([value_hashes(members.column(name)) for name in ("document", "key")], members.num_rows)
    chosen: npt.NDArray[np.bool_] = (keys >> np.uint64(20)) % np.uint64(share) == 0
    return chosen


