"""The last steps of `align`: what the languages of each document agree on, as groups and as beads with their texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.exchange import PARTITION, WIDE_PARTITION
from ..filters.parallel_tables import GROUPS, SEGMENTS, bead_uids, group_uids, joiner
from . import align_index
from .align_reviewed import Relabelled
from .align_rows import find_documents, homes, runs
from .align_schemas import BEAD_ROWS, CONSENSUS
from .row_verdicts import one_chunk

if TYPE_CHECKING:
    from ..filters.consensus import PairwiseBeads

Whole = npt.NDArray[np.int64]

LABELS_AT_ONCE = 1 << 23
"""Segments of pairs of documents whose votes are counted in one go; documents are never cut."""

SEGMENTS_AT_ONCE = 1 << 18
"""Segments that are written in one go."""

class Share:
    """All pairs of documents of a share, sorted by key, source and target, as the consensus takes them.

    Args:
        pairwise: rows of `PAIRWISE`.
    """

    def __init__(self, pairwise: pa.Table) -> None:
        order = [(name, "ascending") for name in ("doc_key", "source", "target")]
        self.pairs = pairwise.sort_by(order).combine_chunks()
        keys = one_chunk(self.pairs, "doc_key").dictionary_encode()
        self.keys: pa.Array = keys.dictionary
        self.document: Whole = keys.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self._find_languages()

    def _find_languages(self) -> None:
        """The languages of each document, sorted, with the content and the number of segments of each."""
        pairs, sides = self.pairs, ("source", "target")
        names = pa.concat_arrays([one_chunk(pairs, side) for side in sides])
        rank = pc.rank(names, tiebreaker="dense").to_numpy().astype(np.int64)
        owner = np.concatenate([self.document, self.document])
        combined = owner * (int(rank.max(initial=0)) + 1) + rank
        _, first, entry = np.unique(combined, return_index=True, return_inverse=True)
        self.owner: Whole = owner[first]
        self.language: pa.Array = names.take(pa.array(first))
        contents = pa.concat_arrays([one_chunk(pairs, f"{side}_content") for side in ("src", "tgt")])
        self.content: pa.Array = contents.take(pa.array(first))
        counts = np.concatenate([one_chunk(pairs, f"{side}_count").to_numpy() for side in ("src", "tgt")])
        self.counts: Whole = counts[first].astype(np.int64)
        self.entry = entry.reshape(2, -1)

    def pieces(self) -> Iterator[tuple[slice, slice, slice]]:
        """Documents in pieces of bounded work: which documents, languages of documents, and pairs."""
        cost = np.bincount(self.document, self.counts[self.entry].sum(axis=0), minlength=len(self.keys))
        piece = ((np.cumsum(cost) - cost) // LABELS_AT_ONCE).astype(np.int64)
        for start, stop in runs(piece):
            entries, pairs = (np.searchsorted(of, [start, stop]) for of in (self.owner, self.document))
            yield slice(start, stop), slice(*map(int, entries)), slice(*map(int, pairs))

    def beads(self, documents: slice, entries: slice, pairs: slice) -> PairwiseBeads:
        """A piece for `find_consensus`."""
        from ..filters.consensus import PairwiseBeads, borders

        table = self.pairs.slice(pairs.start, pairs.stop - pairs.start)
        src_start, src_stop, tgt_start, tgt_stop, score = (
            flat(table, name) for name in ("src_start", "src_stop", "tgt_start", "tgt_stop", "score")
        )
        languages_of = np.searchsorted(self.owner[entries], np.arange(documents.start, documents.stop + 1))
        first = languages_of[self.document[pairs] - documents.start]
        return PairwiseBeads(
            languages_of,
            self.counts[entries],
            np.searchsorted(self.document[pairs], np.arange(documents.start, documents.stop + 1)),
            self.entry[0, pairs] - entries.start - first,
            self.entry[1, pairs] - entries.start - first,
            borders(pc.list_value_length(one_chunk(table, "score")).to_numpy()),
            src_start,
            src_stop,
            tgt_start,
            tgt_stop,
            score,
        )


def flat(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """The values of a list column without nulls, one after the other."""
    found: npt.NDArray[Any] = pc.list_flatten(one_chunk(table, name)).to_numpy(zero_copy_only=False)
    return found


def consensus_rows(pairwise: pa.Table, share: int, places: pa.Table) -> Iterator[pa.RecordBatch]:
    """The step `consensus`: what the documents of a share agree on.

    Args:
        pairwise: rows of `PAIRWISE` of this share.
        share: its number.
        places: rows of `PLACES` of this share.
    """
    from ..filters.consensus import find_consensus

    all_pairs = Share(pairwise)
    home = homes(places, all_pairs.keys)
    schema = CONSENSUS.append(WIDE_PARTITION)
    for documents, entries, pairs in all_pairs.pieces():
        given = all_pairs.beads(documents, entries, pairs)
        found = find_consensus(given)
        table = all_pairs.pairs.slice(pairs.start, pairs.stop - pairs.start)
        counts = [all_pairs.counts[all_pairs.entry[side, pairs]] for side in (0, 1)]
        middle = found.first_label[:-1] + counts[0]
        labels = [
            _lists(found.bead, found.first_label[:-1], counts[0]),
            _lists(found.bead, middle, counts[1]),
        ]
        names = (one_chunk(table, side).to_pylist() for side in ("source", "target"))
        numbers = [align_index.languages_as_numbers(languages) for languages in names]
        columns = [
            *(one_chunk(table, name) for name in ("doc_key", "source", "target", "src_content", "tgt_content")),
            pa.array(home[all_pairs.document[pairs]]),
            *labels,
            _lists(found.bead_score, found.first_label[:-1], found.beads),
            _lists(found.as_given, found.first_label[:-1], found.beads),
            pa.array(align_index.of_pair(share, *numbers)),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
        owner = all_pairs.owner[entries]
        of = found.first_segment[given.languages_of[:-1]][owner - documents.start]
        groups = _lists(found.group, found.first_segment[:-1], given.counts)
        agreement = found.agreement[found.group + np.repeat(of, given.counts)]
        nothing = pa.nulls(len(owner), pa.list_(pa.int32()))
        columns = [
            all_pairs.keys.take(pa.array(owner)),
            all_pairs.language.slice(entries.start, entries.stop - entries.start),
            pa.nulls(len(owner), pa.string()),
            all_pairs.content.slice(entries.start, entries.stop - entries.start),
            pa.nulls(len(owner), pa.uint64()),
            pa.array(home[owner]),
            groups,
            nothing,
            _lists(agreement, found.first_segment[:-1], given.counts),
            pa.nulls(len(owner), pa.list_(pa.uint8())),
            pa.array(np.full(len(owner), -1 - share, np.int64)),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _lists(values: npt.NDArray[np.generic], starts: Whole, counts: Whole) -> pa.ListArray:
    """Ranges of an array as lists."""
    borders = np.append(0, np.cumsum(counts))
    places = np.arange(borders[-1]) + np.repeat(starts - borders[:-1], counts)
    return pa.ListArray.from_arrays(borders.astype(np.int32), pa.array(values[places]))


class Side:
    """The segments of one side of some pairs of documents, and the bead of each.

    Args:
        documents: the documents, as rows of `SEGMENTS`.
        labels: for each document the bead of each segment, counted within the pair.
        first: the number of the first bead of each pair.
        size: the number of all beads.
    """

    def __init__(self, documents: pa.Table, labels: pa.ListArray, first: Whole, size: int) -> None:
        lengths = pc.list_value_length(labels).to_numpy(zero_copy_only=False).astype(np.int64)
        bead = pc.list_flatten(labels).to_numpy(zero_copy_only=False) + np.repeat(first, lengths)
        order = pa.array(np.argsort(bead, kind="stable"))
        borders = np.append(0, np.cumsum(np.bincount(bead, minlength=size))).astype(np.int32)
        self.texts = pc.list_flatten(one_chunk(documents, "segments"))
        self._order, self._borders = order, borders
        numbers = pc.list_flatten(one_chunk(documents, "numbers"))
        self.index: pa.ListArray = pa.ListArray.from_arrays(borders, numbers.take(order))

    def joined(self, separator: str) -> pa.StringArray:
        """The text of each bead."""
        return pc.binary_join(pa.ListArray.from_arrays(self._borders, self.texts.take(self._order)), separator)


def bead_rows(
    consensus: pa.Table, pairwise: pa.Table, segments: pa.Table, *, direct: bool, reviewed: str | None = None
) -> Iterator[pa.RecordBatch]:
    """The step `beads`: the beads of a pair of languages in a share, with their texts, for the units they belong to.

    Args:
        consensus: rows of `CONSENSUS` of one partition.
        pairwise: rows of `PAIRWISE` of the same partition.
        segments: documents in these languages, among them all that are needed.
        direct: whether the pairwise beads are wanted as they are.
        reviewed: a file of beads that stay as they are.
    """
    order = [(name, "ascending") for name in ("source", "target", "doc_key")]
    consensus, pairwise = consensus.sort_by(order).combine_chunks(), pairwise.sort_by(order).combine_chunks()
    sizes = [one_chunk(pairwise, name).to_numpy().astype(np.int64) for name in ("src_count", "tgt_count")]
    lengths = np.maximum(sizes[0], sizes[1])
    names = [one_chunk(pairwise, side).dictionary_encode().indices.to_numpy() for side in ("source", "target")]
    changed = np.any([np.diff(codes, prepend=-1) != 0 for codes in names], axis=0)
    piece = (np.cumsum(lengths) - lengths) // SEGMENTS_AT_ONCE
    for start, stop in runs(np.cumsum(changed | (np.diff(piece, prepend=-1) != 0))):
        length = stop - start
        yield _bead_batch(consensus.slice(start, length), pairwise.slice(start, length), segments, direct, reviewed)


def _bead_batch(
    consensus: pa.Table, pairwise: pa.Table, segments: pa.Table, direct: bool, reviewed: str | None
) -> pa.RecordBatch:
    """Beads of documents in one pair of languages."""
    given = GivenBeads(pairwise)
    labels = [given.labels(side) for side in ("src", "tgt")]
    if direct:
        counts, score, method = given.counts, given.score, given.method
    else:
        labels, by_label = [one_chunk(consensus, f"{side}_labels") for side in ("src", "tgt")], labels
        counts = pc.list_value_length(one_chunk(consensus, "scores")).to_numpy(zero_copy_only=False).astype(np.int64)
        score = pc.list_flatten(one_chunk(consensus, "scores"))
        same = pc.list_flatten(one_chunk(consensus, "as_given")).to_numpy(zero_copy_only=False) > 0
        method = given.methods_of(labels, by_label, counts, same)
    keys, languages = one_chunk(pairwise, "doc_key"), [one_chunk(pairwise, side) for side in ("source", "target")]
    documents = [
        segments.take(pa.array(find_documents(segments, keys, language, one_chunk(pairwise, f"{name}_content"))))
        for name, language in zip(("src", "tgt"), languages, strict=True)
    ]
    if reviewed is not None:
        fixed = Relabelled(pairwise, labels, counts, score, method)
        fixed.pin(reviewed, documents)
        labels, counts, score, method = fixed.labels, fixed.counts, fixed.score, fixed.method
    first = np.append(0, np.cumsum(counts))
    owner = pa.array(np.repeat(np.arange(len(counts)), counts))
    sides = [Side(own, label, first[:-1], int(first[-1])) for own, label in zip(documents, labels, strict=True)]
    key, source, target = keys.take(owner), languages[0].take(owner), languages[1].take(owner)
    reason = one_chunk(pairwise, "document_reason")
    columns = [
        bead_uids(key, source, target, sides[0].index, sides[1].index),
        key,
        source,
        target,
        *(side.index for side in sides),
        *(side.joined(joiner(language[0].as_py())) for side, language in zip(sides, languages, strict=True)),
        score,
        method,
        one_chunk(pairwise, "document_score").take(owner),
        reason.take(owner),
        one_chunk(consensus, "unit").take(owner),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=BEAD_ROWS.append(PARTITION))


class GivenBeads:
    """The pairwise beads of some documents.

    Args:
        pairwise: rows of `PAIRWISE`.
    """

    def __init__(self, pairwise: pa.Table) -> None:
        self._table = pairwise
        scores = one_chunk(pairwise, "score")
        self.counts: Whole = pc.list_value_length(scores).to_numpy(zero_copy_only=False).astype(np.int64)
        self.score: pa.Array = pc.list_flatten(one_chunk(pairwise, "score"))
        self.method: pa.Array = pc.list_flatten(one_chunk(pairwise, "method"))

    def labels(self, side: str) -> pa.ListArray:
        """The bead of each segment of a side, counted within its document."""
        start, stop = (flat(self._table, f"{side}_{end}").astype(np.int64) for end in ("start", "stop"))
        total = one_chunk(self._table, f"{side}_count").to_numpy().astype(np.int64)
        base = np.append(0, np.cumsum(total))
        owner = np.repeat(np.arange(len(total)), self.counts)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        sizes = stop - start
        places = np.repeat(base[owner] + start - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))
        label = np.zeros(base[-1], np.int32)
        label[places] = np.repeat(number, sizes)
        return pa.ListArray.from_arrays(base.astype(np.int32), pa.array(label))

    def methods_of(
        self, labels: list[pa.Array], given: list[pa.ListArray], counts: Whole, same: npt.NDArray[np.bool_]
    ) -> pa.Array:
        """How each bead was found: as the pairwise one says where it is the same, else by consensus."""
        first, first_given = (np.cumsum(sizes) - sizes for sizes in (counts, self.counts))
        place = np.zeros(int(counts.sum()), np.int64)
        for own, old in zip(labels, given, strict=True):
            lengths = pc.list_value_length(own).to_numpy(zero_copy_only=False).astype(np.int64)
            bead = pc.list_flatten(own).to_numpy(zero_copy_only=False) + np.repeat(first, lengths)
            place[bead] = pc.list_flatten(old).to_numpy(zero_copy_only=False) + np.repeat(first_given, lengths)
        consensus = pa.array(["consensus"], pa.string())
        found = pa.concat_arrays([self.method, consensus])
        return found.take(pa.array(np.where(same, place, len(found) - 1)))


def group_rows(consensus: pa.Table, segments: pa.Table) -> Iterator[pa.RecordBatch]:
    """The output `groups`: the groups of the documents of a share, with their texts.

    Args:
        consensus: rows of `CONSENSUS` of documents.
        segments: documents, among them all that are needed.
    """
    documents = consensus.sort_by([("doc_key", "ascending"), ("source", "ascending")]).combine_chunks()
    keys = one_chunk(documents, "doc_key").dictionary_encode().indices.to_numpy(zero_copy_only=False)
    lengths = pc.list_value_length(one_chunk(documents, "src_labels")).to_numpy(zero_copy_only=False).astype(np.int64)
    before = (np.cumsum(lengths) - lengths)[np.searchsorted(keys, keys)]
    for start, stop in runs(before // SEGMENTS_AT_ONCE):
        yield _group_batch(documents.slice(start, stop - start), segments)


def _group_batch(documents: pa.Table, segments: pa.Table) -> pa.RecordBatch:
    """Groups of whole documents, sorted by key and then by language."""
    keys, languages = one_chunk(documents, "doc_key"), one_chunk(documents, "source")
    owner = keys.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    labels = one_chunk(documents, "src_labels")
    lengths = pc.list_value_length(labels).to_numpy(zero_copy_only=False).astype(np.int64)
    label = pc.list_flatten(labels).to_numpy(zero_copy_only=False).astype(np.int64)
    most = np.zeros(int(owner.max(initial=-1)) + 1, np.int64)
    np.maximum.at(most, np.repeat(owner, lengths), label + 1)
    group = label + np.repeat((np.cumsum(most) - most)[owner], lengths)
    entry = np.repeat(np.arange(len(lengths)), lengths)
    order = np.argsort(group, kind="stable")
    cell_starts = np.flatnonzero(np.append(True, (np.diff(group[order]) != 0) | (np.diff(entry[order]) != 0)))
    cells = np.append(cell_starts, len(order)).astype(np.int32)
    found = segments.take(pa.array(find_documents(segments, keys, languages, one_chunk(documents, "src_content"))))
    texts = pc.list_flatten(one_chunk(found, "segments")).take(pa.array(order))
    numbers = pc.list_flatten(one_chunk(found, "numbers")).take(pa.array(order))
    language = languages.take(pa.array(entry[order][cell_starts]))
    encoded = language.dictionary_encode()
    between = pa.array([joiner(name) for name in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)
    fields = [
        language,
        pc.binary_join(pa.ListArray.from_arrays(cells, texts), between),
        pa.ListArray.from_arrays(cells, numbers),
    ]
    struct = pa.StructArray.from_arrays(fields, fields=list(SEGMENTS.value_type))
    group_of_cell = group[order][cell_starts]
    borders = np.append(np.flatnonzero(np.diff(group_of_cell, prepend=-1)), len(group_of_cell)).astype(np.int32)
    lists = pa.ListArray.from_arrays(borders, struct)
    first = pa.array(order[cell_starts][borders[:-1]])
    key = keys.take(pa.array(entry[order][cell_starts][borders[:-1]]))
    agreement = pc.list_flatten(one_chunk(documents, "scores")).take(first)
    columns = [group_uids(key, lists), key, lists, np.diff(borders), agreement]
    return pa.RecordBatch.from_arrays(columns, schema=GROUPS)
