"""Beads that judges have seen, in the steps of `align`: before the consensus, and behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.errors import ConfigError
from .align_schemas import PAIRWISE
from .row_verdicts import one_chunk

if TYPE_CHECKING:
    from ..filters.reviewed_beads import Bead, ReviewedBeads
    from .align_pairs import Pairing

Whole = npt.NDArray[np.int64]


def _reviewed(path: str) -> ReviewedBeads:
    from ..filters.reviewed_beads import read_reviewed

    try:
        return read_reviewed(path)
    except ValueError as error:
        raise ConfigError(str(error), where="align.reviewed") from error


def marked_rows(rows: pa.RecordBatch, path: str) -> pa.RecordBatch:
    """Beads of which those that the file `path` names have score 0.

    Raises:
        ConfigError: the file has no uids.
    """
    from ..filters.reviewed_beads import marked, read_rejected

    try:
        return marked(rows, read_rejected(path))
    except ValueError as error:
        raise ConfigError(str(error), where="align.rejected") from error


def pinned_pairs(rows: pa.RecordBatch, pairing: Pairing, start: int, path: str) -> pa.RecordBatch:
    """The beads of pairs of documents, with those that were reviewed among them.

    Args:
        rows: of `PAIRWISE`, for the documents of the pairing from `start` on.
        pairing: the documents.
        start: number of the first.
        path: the file of reviewed beads.
    """
    from ..filters.reviewed_beads import Bead, located, pinned

    assert pairing.src_numbers is not None and pairing.tgt_numbers is not None
    reviewed, found = _reviewed(path), rows.to_pydict() if rows.num_rows else {}
    seen = pc.is_in(rows.column("doc_key"), value_set=reviewed.documents).to_numpy(zero_copy_only=False)
    changed = False
    for row in np.flatnonzero(seen).tolist():
        fixed = located(
            reviewed.of(found["doc_key"][row], pairing.source, pairing.target),
            (pairing.src_numbers[start + row].as_py(), pairing.tgt_numbers[start + row].as_py()),
            (pairing.src[start + row].as_py(), pairing.tgt[start + row].as_py()),
            (pairing.source, pairing.target),
        )
        if not fixed:
            continue
        changed = True
        names = ("src_start", "src_stop", "tgt_start", "tgt_stop", "score", "method")
        beads = [
            Bead(tuple(range(a, b)), tuple(range(c, d)), score, method)
            for a, b, c, d, score, method in zip(*(found[name][row] for name in names), strict=True)
        ]
        for name, values in zip(names, _ranges(pinned(beads, fixed)), strict=True):
            found[name][row] = values
    return pa.RecordBatch.from_pydict(found, schema=PAIRWISE) if changed else rows


def _places(labels: Sequence[int], bead: int) -> tuple[int, ...]:
    """The segments of a bead."""
    return tuple(place for place, label in enumerate(labels) if label == bead)


def _ranges(beads: Sequence[Bead]) -> list[list[Any]]:
    """Beads as the lists of `PAIRWISE`: a side without segments begins and ends behind the one before."""
    columns: list[list[Any]] = [[] for _ in range(6)]
    at = [0, 0]
    for bead in beads:
        for side, places in enumerate((bead.src, bead.tgt)):
            first, stop = (places[0], places[-1] + 1) if places else (at[side], at[side])
            at[side] = stop
            columns[2 * side].append(first)
            columns[2 * side + 1].append(stop)
        columns[4].append(bead.score)
        columns[5].append(bead.method)
    return columns


class Relabelled:
    """The beads of pairs of documents behind the consensus, with those that were reviewed among them.

    Args:
        pairwise: rows of `PAIRWISE`, in the order of the others.
        labels: for each side the bead of each segment.
        counts: beads of each pair of documents.
        score, method: of each bead.
    """

    def __init__(
        self, pairwise: pa.Table, labels: Sequence[pa.ListArray], counts: Whole, score: pa.Array, method: pa.Array
    ) -> None:
        self.pairwise, self.labels, self.counts = pairwise, list(labels), counts
        self.score, self.method = score, method

    def pin(self, path: str, documents: Sequence[pa.Table]) -> None:
        """Put reviewed beads in the place of what the consensus made of them.

        Args:
            path: the file of reviewed beads.
            documents: for each side rows of `SEGMENTS`, in the order of the pairs.
        """
        from ..filters.reviewed_beads import Bead, located, pinned

        reviewed = _reviewed(path)
        keys = one_chunk(self.pairwise, "doc_key")
        seen = np.flatnonzero(pc.is_in(keys, value_set=reviewed.documents).to_numpy(zero_copy_only=False))
        if not len(seen):
            return
        first = np.append(0, np.cumsum(self.counts))
        labels = [side.to_pylist() for side in self.labels]
        scores, methods = self.score.to_pylist(), self.method.to_pylist()
        made = [(scores[a:b], methods[a:b]) for a, b in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)]
        for row in seen.tolist():
            languages = self.pairwise["source"][row].as_py(), self.pairwise["target"][row].as_py()
            texts = tuple(side["segments"][row].as_py() for side in documents)
            numbers = tuple(side["numbers"][row].as_py() for side in documents)
            fixed = located(
                reviewed.of(keys[row].as_py(), *languages), (numbers[0], numbers[1]), (texts[0], texts[1]), languages
            )
            if not fixed:
                continue
            beads = [
                Bead(_places(labels[0][row], bead), _places(labels[1][row], bead), score, method)
                for bead, (score, method) in enumerate(zip(*made[row], strict=True))
            ]
            beads = pinned(beads, fixed)
            for side, name in enumerate(("src", "tgt")):
                owner = {place: bead for bead, of in enumerate(beads) for place in getattr(of, name)}
                labels[side][row] = [owner[place] for place in range(len(labels[side][row]))]
            made[row] = [bead.score for bead in beads], [bead.method for bead in beads]
        self.labels = [pa.array(side, kind.type) for side, kind in zip(labels, self.labels, strict=True)]
        self.counts = np.array([len(own) for own, _ in made], np.int64)
        self.score = pa.array([value for own, _ in made for value in own], self.score.type)
        self.method = pa.array([value for _, own in made for value in own], self.method.type)
