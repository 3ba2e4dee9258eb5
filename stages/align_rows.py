"""The first steps of `align`: segments, the document that speaks for each language, and the pairs of documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.exchange import PARTITION, WIDE_PARTITION
from ..filters.parallel_tables import canonical_languages
from . import align_index
from .align_schemas import (
    ALONE,
    EMPTY,
    NO_KEY,
    NO_LANGUAGE,
    PLACES,
    REMOVALS,
    REPEATED,
    SEGMENTS,
    WORK,
    Directions,
    Segmentation,
)
from .row_verdicts import numbered, one_chunk


@dataclass(frozen=True)
class Cutting:
    """How documents become lists of segments.

    Attributes:
        group_by: the column whose equal values make one document in several languages.
        segments: what a segment is.
    """

    group_by: str
    segments: Segmentation

    def keys(self, rows: pa.RecordBatch) -> pa.Array:
        """The documents' keys; null where there is none."""
        keys = rows.column(self.group_by).cast(pa.string())
        return pc.if_else(pc.equal(pc.binary_length(keys), 0), pa.scalar(None, pa.string()), keys)

    def missing(self, rows: pa.RecordBatch) -> pa.StringArray:
        """Why a row cannot take part whatever it says; null where it can."""
        named = pc.if_else(pc.is_null(_languages(rows)), NO_LANGUAGE, pa.scalar(None, pa.string()))
        return pc.if_else(pc.is_null(self.keys(rows)), NO_KEY, named)

    def segments_of(self, rows: pa.RecordBatch) -> tuple[pa.ListArray, pa.ListArray]:
        """The segments of n documents that are not blank, without white space around them, and their numbers from 0."""
        from ..filters.sentences import split_sentences

        texts = pc.fill_null(rows.column("text").cast(pa.string()), "")
        by_line = self.segments == "lines"
        lists = pc.split_pattern(texts, "\n") if by_line else split_sentences(texts, _languages(rows))
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
        flat = pc.utf8_trim_whitespace(pc.list_flatten(lists))
        filled = pc.greater(pc.binary_length(flat), 0)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        kept = filled.to_numpy(zero_copy_only=False)
        starts = np.append(0, np.cumsum(np.bincount(owner[kept], minlength=len(lengths)))).astype(np.int32)
        numbers = pa.array(number[kept].astype(np.int32))
        return pa.ListArray.from_arrays(starts, flat.filter(filled)), pa.ListArray.from_arrays(starts, numbers)

    def segment_rows(self, batches: Iterable[pa.RecordBatch], shares: int) -> Iterator[pa.RecordBatch]:
        """The step `segments`: documents that can take part, as lists of segments."""
        for batch in batches:
            rows = batch.filter(pc.is_null(self.missing(batch)))
            segments, numbers = self.segments_of(rows)
            keys, languages = self.keys(rows), _languages(rows)
            partition = align_index.of_language(align_index.shares_of(keys, shares), _numbers_of(languages))
            columns = [keys, languages, _contents(rows), segments, numbers, pa.array(partition)]
            found = pa.RecordBatch.from_arrays(columns, schema=SEGMENTS.append(WIDE_PARTITION))
            yield found.filter(pc.greater(pc.list_value_length(segments), 0))

    def place_rows(self, batches: Iterable[pa.RecordBatch], unit: int, shares: int) -> Iterator[pa.RecordBatch]:
        """The step `places`: where these documents lie, and how many segments they have."""
        for start, batch in numbered(batches):
            known = pc.is_null(self.missing(batch))
            places = pa.array(np.arange(start, start + batch.num_rows, dtype=np.int32)).filter(known)
            rows = batch.filter(known)
            filled = pc.list_value_length(self.segments_of(rows)[0]).cast(pa.int32())
            keys = self.keys(rows)
            columns = [
                keys,
                _languages(rows),
                rows.column("uid").cast(pa.string()),
                pa.array(np.full(rows.num_rows, unit, np.int32)),
                places,
                _contents(rows),
                filled,
                pa.array(align_index.shares_of(keys, shares).astype(np.int32)),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=PLACES.append(PARTITION))


def _languages(rows: pa.RecordBatch) -> pa.Array:
    languages = rows.column("language").cast(pa.string())
    return pc.if_else(pc.equal(pc.binary_length(languages), 0), pa.scalar(None, pa.string()), languages)


def _contents(rows: pa.RecordBatch) -> pa.Array:
    from ..kernels.hashing import value_hashes

    return pa.array(value_hashes(pc.fill_null(rows.column("text").cast(pa.string()), "")))


def _numbers_of(languages: pa.Array) -> npt.NDArray[np.int64]:
    """The number of each row's language."""
    encoded = languages.dictionary_encode()
    known = align_index.languages_as_numbers(encoded.dictionary.to_pylist())
    found: npt.NDArray[np.int64] = known[encoded.indices.to_numpy(zero_copy_only=False)] if len(languages) else known
    return found


@dataclass(frozen=True)
class Chosen:
    """What becomes of the documents of one share.

    Attributes:
        documents: one row of `PLACES` for each key and language that can be aligned, sorted by both.
        removed: rows of `PLACES` and why they cannot: `reason`.
        left, right: every pair of them with the same key that is wanted, in the wanted direction.
    """

    documents: pa.Table
    removed: pa.Table
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]


def choose(places: pa.Table, directions: Directions) -> Chosen:
    """Choose one document for each key and language, and the pairs to align.

    Of several in one language the one with the most segments is chosen, and among such ones by their contents and then
    by `uid`: never by where they lie.

    Args:
        places: rows of `PLACES`.
        directions: "all", one language that every pair must have, or (source, target) pairs.
    """
    empty = pc.equal(places.column("filled"), 0)
    reasons = [places.filter(empty).append_column("reason", _repeat(EMPTY, pc.sum(empty).as_py() or 0))]
    order = [("doc_key", "ascending"), ("language", "ascending"), ("filled", "descending")]
    filled = places.filter(pc.invert(empty)).sort_by([*order, ("content", "ascending"), ("uid", "ascending")])
    first = _begins(filled, "doc_key", "language")
    reasons.append(filled.filter(pa.array(~first)).append_column("reason", _repeat(REPEATED, int((~first).sum()))))
    documents = filled.filter(pa.array(first))
    left, right = _pairs(documents, directions)
    paired = np.zeros(documents.num_rows, np.bool_)
    paired[left] = paired[right] = True
    alone = documents.filter(pa.array(~paired))
    reasons.append(alone.append_column("reason", _repeat(ALONE, alone.num_rows)))
    number = np.cumsum(paired) - 1
    return Chosen(documents.filter(pa.array(paired)), pa.concat_tables(reasons), number[left], number[right])


def _repeat(reason: str, count: int) -> pa.Array:
    return pa.array([reason] * count, pa.string())


def _begins(table: pa.Table, *names: str) -> npt.NDArray[np.bool_]:
    """Where the values of the columns differ from those of the row before."""
    from ..kernels.hashing import combine_hashes, value_hashes

    hashes = combine_hashes([value_hashes(one_chunk(table, name)) for name in names], table.num_rows)
    return np.append(True, hashes[1:] != hashes[:-1]) if len(hashes) else np.zeros(0, np.bool_)


def _pairs(
    documents: pa.Table, directions: Directions
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The wanted pairs of rows with the same key; rows are sorted by key and language."""
    starts = np.flatnonzero(_begins(documents, "doc_key"))
    sizes = np.diff(np.append(starts, documents.num_rows))
    size_of, start_of = np.repeat(sizes, sizes), np.repeat(starts, sizes)
    left = np.repeat(np.arange(documents.num_rows), size_of)
    before = np.repeat(np.cumsum(size_of) - size_of, size_of)
    right = np.repeat(start_of, size_of) + np.arange(len(left)) - before
    encoded = one_chunk(documents, "language").dictionary_encode()
    names = encoded.dictionary.to_pylist()
    meant = canonical_languages(encoded.dictionary).to_pylist()
    among = frozenset(directions) if isinstance(directions, tuple) else directions
    wanted = np.array(
        [
            [
                _is_wanted(meant[one], meant[other], among) if among != "all" else names[one] < names[other]
                for other in range(len(names))
            ]
            for one in range(len(names))
        ],
        np.bool_,
    )
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    chosen = wanted.reshape(len(names), len(names))[codes[left], codes[right]]
    return left[chosen], right[chosen]


def _is_wanted(source: str, target: str, directions: str | frozenset[tuple[str, str]]) -> bool:
    if isinstance(directions, frozenset):
        return (source, target) in directions
    return source < target and directions in (source, target)


def work_rows(chosen: Chosen, share: int) -> Iterator[pa.RecordBatch]:
    """The step `work`: every pair of documents, and one row for each pair of languages as a whole."""
    documents, left, right = chosen.documents, pa.array(chosen.left), pa.array(chosen.right)
    languages, content = one_chunk(documents, "language"), one_chunk(documents, "content")
    numbers = _numbers_of(languages)
    partition = align_index.of_pair(share, numbers[chosen.left], numbers[chosen.right])
    columns = [
        one_chunk(documents, "doc_key").take(left),
        languages.take(left),
        languages.take(right),
        content.take(left),
        content.take(right),
        pa.array(partition),
    ]
    schema = WORK.append(WIDE_PARTITION)
    yield pa.RecordBatch.from_arrays(columns, schema=schema)
    wholes = np.unique(align_index.of_pair_as_whole(partition))
    nothing = [pa.nulls(len(wholes), field.type) for field in WORK]
    yield pa.RecordBatch.from_arrays([*nothing, pa.array(wholes)], schema=schema)


def removal_rows(chosen: Chosen) -> pa.RecordBatch:
    """The step `removals`: which rows of which units do not take part."""
    removed = chosen.removed.sort_by([("unit", "ascending"), ("row", "ascending")])
    columns = [one_chunk(removed, name) for name in ("row", "reason", "unit")]
    return pa.RecordBatch.from_arrays(columns, schema=REMOVALS.append(PARTITION))


def homes(places: pa.Table, keys: pa.Array) -> npt.NDArray[np.int32]:
    """The unit in which the first row of each of some documents lies."""
    order = places.sort_by([("doc_key", "ascending"), ("unit", "ascending")])
    first = order.filter(pa.array(_begins(order, "doc_key")))
    found = pc.index_in(keys, one_chunk(first, "doc_key"))
    units: npt.NDArray[np.int32] = one_chunk(first, "unit").take(found).to_numpy(zero_copy_only=False)
    return units


def find_documents(table: pa.Table, keys: pa.Array, languages: pa.Array, contents: pa.Array) -> npt.NDArray[np.int64]:
    """The rows of a table of `SEGMENTS` with the given key, language and content, which it has.

    Args:
        table: the documents.
        keys: n keys.
        languages: n languages.
        contents: n hashes of texts.
    """
    known = _identities(*(one_chunk(table, name) for name in ("doc_key", "language", "content")))
    wanted = _identities(keys, languages, contents)
    order = np.argsort(known, kind="stable")
    found: npt.NDArray[np.int64] = order[np.searchsorted(known[order], wanted)]
    return found


def _identities(keys: pa.Array, languages: pa.Array, contents: pa.Array) -> npt.NDArray[np.uint64]:
    from ..kernels.hashing import combine_hashes, value_hashes

    return combine_hashes([value_hashes(array) for array in (keys, languages, contents)], len(keys))


def runs(values: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """The ranges of neighbours with the same value, each as its first place and one more than its last."""
    borders = [*np.flatnonzero(np.diff(values) != 0) + 1, len(values)] if len(values) else []
    yield from zip([0, *borders[:-1]], map(int, borders), strict=True) if borders else ()


def joined(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Batches as one table of single arrays."""
    return pa.Table.from_batches(batches, schema=schema).combine_chunks()
