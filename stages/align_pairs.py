"""The costly steps of `align`: a model for each pair of languages, and the beads of each pair of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.exchange import WIDE_PARTITION
from .align_rows import find_documents, joined, runs
from .align_schemas import MODELS, PAIRWISE, SEGMENTS
from .row_verdicts import one_chunk

if TYPE_CHECKING:
    from ..filters.embeddings import Pooling
    from ..filters.sentence_alignment import Corpus, PairBeads

TRAINING_SEGMENTS = 200_000
"""About so many segments of each language a model is trained on at most: whole documents, in order of their hashes."""

SEGMENTS_AT_ONCE = 100_000
"""About so many segments of one side are aligned in one go."""

@dataclass(frozen=True)
class Pairing:
    """The documents of one pair of languages, side by side.

    Attributes:
        source, target: the two languages.
        work: n rows of `WORK`, sorted by `doc_key`.
        src, tgt: n lists of segments each.
        src_numbers, tgt_numbers: n lists of their numbers; empty where nobody asks for them.
    """

    source: str
    target: str
    work: pa.Table
    src: pa.ListArray
    tgt: pa.ListArray
    src_numbers: pa.ListArray | None = None
    tgt_numbers: pa.ListArray | None = None

    def corpus(self, start: int = 0, stop: int | None = None) -> Corpus:
        """Some of the documents for the aligner."""
        from ..filters.sentence_alignment import Corpus

        length = (len(self.src) if stop is None else stop) - start
        return Corpus(self.src.slice(start, length), self.tgt.slice(start, length))


def pairings(work: pa.Table, segments: pa.Table, order: str = "doc_key") -> Iterator[Pairing]:
    """The work of a partition, one pair of languages after the other: several share one when their numbers are equal.

    Args:
        work: rows of `WORK`; those of pairs as a whole are left out.
        segments: documents in these languages, among them all of the work's.
        order: "doc_key", or "hash": by the hashes of the keys.
    """
    from ..kernels.hashing import value_hashes

    work = work.filter(pc.is_valid(work.column("doc_key")))
    sides = [one_chunk(work, name).dictionary_encode() for name in ("source", "target")]
    names = [side.dictionary.to_pylist() for side in sides]
    codes = np.stack([side.indices.to_numpy(zero_copy_only=False) for side in sides], axis=1).reshape(-1, 2)
    occurring = [(names[0][left], names[1][right], left, right) for left, right in np.unique(codes, axis=0).tolist()]
    for source, target, left, right in sorted(occurring):
        own = work.filter(pa.array((codes == (left, right)).all(axis=1)))
        keys = one_chunk(own, "doc_key")
        by = value_hashes(keys) if order == "hash" else pc.rank(keys, tiebreaker="first").to_numpy()
        own = own.take(pa.array(np.argsort(by, kind="stable")))
        lists, numbers = [], []
        for side, content in (("source", "src_content"), ("target", "tgt_content")):
            wanted = (one_chunk(own, name) for name in ("doc_key", side, content))
            found = pa.array(find_documents(segments, *wanted))
            lists.append(one_chunk(segments, "segments").take(found))
            numbers.append(one_chunk(segments, "numbers").take(found))
        yield Pairing(source, target, own, *lists, *numbers)


def training_rows(
    work: pa.Table, batches: Iterable[pa.RecordBatch]
) -> Iterator[tuple[tuple[str, str], list[Pairing]]]:
    """For each pair of languages the documents to train on: as many as there is room for, in order of their hashes.

    Args:
        work: the pair's rows of `WORK` in all shares of the documents.
        batches: the segments of both languages, share by share, with `partition`; read no further than needed.
    """
    found: dict[tuple[str, str], list[Pairing]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for share, segments in _by_share(batches):
        known = set(one_chunk(segments, "doc_key").to_pylist())
        own = work.filter(pc.is_in(work.column("doc_key"), pa.array(sorted(known), pa.string())))
        for pairing in pairings(own, segments, "hash"):
            name = (pairing.source, pairing.target)
            lengths = np.maximum(*(pc.list_value_length(side).to_numpy() for side in (pairing.src, pairing.tgt)))
            room = TRAINING_SEGMENTS - sizes.get(name, 0)
            count = int(np.searchsorted(np.cumsum(lengths) - lengths, max(0, room)))
            if count:
                cut = Pairing(*name, *(part.slice(0, count) for part in (pairing.work, pairing.src, pairing.tgt)))
                found.setdefault(name, []).append(cut)
            sizes[name] = sizes.get(name, 0) + int(lengths.sum())
        if share is not None and sizes and min(sizes.values()) >= TRAINING_SEGMENTS:
            break
    yield from sorted(found.items())


def _by_share(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int | None, pa.Table]]:
    """Segments of both languages together for each share of the documents; the batches come share by share."""
    schema, current, waiting = SEGMENTS.append(WIDE_PARTITION), None, list[pa.RecordBatch]()
    for batch in batches:
        share = batch.column("partition")[0].as_py() >> 24 if batch.num_rows else current
        if waiting and share != current:
            yield current, joined(waiting, schema)
            waiting = []
        current = share
        waiting.append(batch)
    if waiting:
        yield current, joined(waiting, schema)


@dataclass(frozen=True)
class Aligner:
    """What beads are found with.

    Attributes:
        encoder: an encoder of sentences; None for words and lengths.
        pooling: how it makes one vector of a text's tokens.
        device: where it computes.
        seed: a file of pairs that are known to be translations.
        lexicon: a file of words and their translations.
        reviewed: a file of beads that stay as they are.
    """

    encoder: str | None
    pooling: Pooling
    device: str
    seed: str | None
    lexicon: str | None
    reviewed: str | None = None

    def _embed(self) -> Callable[[pa.Array], npt.NDArray[np.float32]]:
        from ..filters.embeddings import EncoderPlan, load_encoder

        assert self.encoder is not None
        return load_encoder(EncoderPlan(self.encoder, self.pooling), self.device).embed

    def train(self, pairing: Pairing) -> bytes:
        """Learn about a pair of languages from its documents; the model as bytes."""
        source, target = pairing.source, pairing.target
        if self.encoder is not None:
            from ..filters.encoder_alignment import train as train_vectors

            return train_vectors(pairing.corpus(), source, target, self._embed()).to_bytes()
        from ..filters.known_pairs import read_known_pairs
        from ..filters.sentence_alignment import train

        known = []
        for path in (self.seed, self.lexicon):
            pairs = None if path is None else read_known_pairs(path, source, target)
            known.append(None if pairs is None else (one_chunk(pairs, "src"), one_chunk(pairs, "tgt")))
        return train(pairing.corpus(), source, target, seeds=known[0], lexicon=known[1]).to_bytes()

    def open(self, model: bytes) -> Callable[[Corpus], PairBeads]:
        """The aligner of a pair of languages, from its model."""
        if self.encoder is not None:
            from ..filters.encoder_alignment import EncoderModel
            from ..filters.encoder_alignment import align as align_vectors

            vectors, embed = EncoderModel.from_bytes(model), self._embed()
            return lambda corpus: align_vectors(corpus, vectors, embed)
        from ..filters.sentence_alignment import Model, align

        words = Model.from_bytes(model)
        return lambda corpus: align(corpus, words)


def model_rows(
    training: Iterable[tuple[tuple[str, str], list[Pairing]]], partition: int, aligner: Aligner
) -> Iterator[pa.RecordBatch]:
    """The step `models`: one row for each pair of languages of the partition."""
    for (source, target), pieces in training:
        src, tgt = (pa.concat_arrays([getattr(piece, side) for piece in pieces]) for side in ("src", "tgt"))
        work = pa.concat_tables([piece.work for piece in pieces])
        model = aligner.train(Pairing(source, target, work, src, tgt))
        columns = [[source], [target], [model], [partition]]
        schema = MODELS.append(WIDE_PARTITION)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def pairwise_rows(
    work: pa.Table, segments: pa.Table, models: pa.Table, partition: int, aligner: Aligner
) -> Iterator[pa.RecordBatch]:
    """The step `pairwise`: the beads of all documents of a partition.

    Args:
        work: its rows of `WORK`.
        segments: the documents in these languages.
        models: the models of these languages.
        partition: its number.
        aligner: what beads are found with.
    """
    known = {(row["source"], row["target"]): row["model"] for row in models.to_pylist()}
    for pairing in pairings(work, segments):
        for rows in align_rows(pairing, aligner.open(known[pairing.source, pairing.target]), aligner.reviewed):
            yield rows.append_column(WIDE_PARTITION, pa.array(np.full(rows.num_rows, partition, np.int64)))


def align_rows(
    pairing: Pairing, align: Callable[[Corpus], PairBeads], reviewed: str | None = None
) -> Iterator[pa.RecordBatch]:
    """The beads of all documents of a pairing, as rows of `PAIRWISE`; those of the file `reviewed` stay as they are."""
    lengths = np.maximum(*(pc.list_value_length(side).to_numpy() for side in (pairing.src, pairing.tgt)))
    for start, stop in runs((np.cumsum(lengths) - lengths) // SEGMENTS_AT_ONCE):
        rows = _rows(pairing, start, stop, align(pairing.corpus(start, stop)))
        if reviewed is not None:
            from .align_reviewed import pinned_pairs

            rows = pinned_pairs(rows, pairing, start, reviewed)
        yield rows


def _rows(pairing: Pairing, start: int, stop: int, found: PairBeads) -> pa.RecordBatch:
    documents = np.asarray(found.document)
    borders = np.append(0, np.cumsum(np.bincount(documents, minlength=stop - start))).astype(np.int32)
    work = pairing.work.slice(start, stop - start)
    columns: Mapping[str, pa.Array] = {
        **{name: one_chunk(work, name) for name in ("doc_key", "source", "target", "src_content", "tgt_content")},
        "src_count": pc.list_value_length(pairing.src.slice(start, stop - start)),
        "tgt_count": pc.list_value_length(pairing.tgt.slice(start, stop - start)),
        **{
            name: pa.ListArray.from_arrays(borders, pa.array(np.asarray(getattr(found, name), np.int32)))
            for name in ("src_start", "src_stop", "tgt_start", "tgt_stop")
        },
        "score": pa.ListArray.from_arrays(borders, pa.array(_bounded(found.score))),
        "method": pa.ListArray.from_arrays(borders, pa.array(found.method, pa.string())),
        "document_score": pa.array(_bounded(found.document_score)),
        "document_reason": pa.array(found.reason, pa.string()),
    }
    return pa.RecordBatch.from_arrays([columns[field.name].cast(field.type) for field in PAIRWISE], schema=PAIRWISE)


def _bounded(scores: Any) -> npt.NDArray[np.float32]:
    """Scores between 0 and 1; what is no number is 0."""
    return np.clip(np.nan_to_num(np.asarray(scores, np.float32), nan=0.0), 0.0, 1.0)
