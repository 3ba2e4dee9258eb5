"""Who is a duplicate of whom among the documents of some groups of candidates: clusters, templates, and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dedup_scope import PROTECTED, protects
from .row_verdicts import PARTITION, one_chunk
from .survivor import survivor_order

if TYPE_CHECKING:
    from ..kernels.clusters import Frames, Leaders, Measure, Sets, SharedKeys

Indexes = npt.NDArray[np.int64]

TEMPLATE_SIZE = 20
"""Members from which on a cluster may be a template with distinct contents."""

CERTAIN = 0.85
"""Documents that are so similar are duplicates whatever they share with others."""

VERDICTS = pa.schema(
    [
        ("row", pa.int32()),
        ("cluster_id", pa.string()),
        ("duplicate_of", pa.string()),
        ("similarity", pa.float32()),
        ("minhash_cluster_size", pa.int32()),
        ("template_id", pa.string()),
    ]
)


@dataclass(frozen=True)
class Judgement:
    """What was decided about n documents.

    Attributes:
        leader: n indexes: the document of which each is a duplicate, itself for one that stays.
        similarity: n similarities to it; None when they were not measured.
        template: n indexes: the first document of the template that each belongs to, -1 for none.
    """

    leader: Indexes
    similarity: npt.NDArray[np.float64] | None
    template: Indexes


@dataclass(frozen=True)
class Rules:
    """How documents are judged.

    Attributes:
        threshold: similarity that a duplicate must have to the document that stays.
        measure: which similarity.
        max_leaders: documents remembered per band.
        survivor: the order in which documents are preferred.
        templates: whether templates with distinct contents are looked for.
    """

    threshold: float
    measure: Measure
    max_leaders: int
    survivor: tuple[str, ...]
    templates: bool

    def compare(self, ranks: pa.Table, sets: Sets, keys: SharedKeys) -> Judgement:
        """Judge by the shingle sets.

        Args:
            ranks: n rows with `component`, `protected` and the survivor columns.
            sets: the shingle sets of the same documents.
            keys: their band keys.
        """
        from ..kernels.clusters import lead

        order, protected = survivor_order(ranks, self.survivor), _protected(ranks)
        found = lead(
            order, sets, keys, threshold=self.threshold, max_leaders=self.max_leaders, measure=self.measure,
            protected=protected,
        )  # fmt: skip
        templates = None
        if self.templates and self.threshold < CERTAIN:
            templates = find_templates(ranks.column("component").to_numpy(), order, sets, found)
        if templates is None:
            return Judgement(found.leader, found.similarity, np.full(len(order), -1, np.int64))
        again = templates.frames.of >= 0
        second = lead(
            order[again[order]], sets, keys.joined(templates.own_keys), threshold=self.threshold,
            max_leaders=self.max_leaders, measure=self.measure, protected=protected, frames=templates.frames,
        )  # fmt: skip
        leader = np.where(again, second.leader, found.leader)
        own = np.arange(len(leader))
        parted = np.bincount(templates.frames.of[again & (leader == own) & (found.leader != own)], minlength=1) > 0
        parted = np.append(parted, np.zeros(len(templates.first), bool))[templates.frames.of] & again
        similarity = np.where(again, second.similarity, found.similarity)
        return Judgement(leader, similarity, np.where(parted, templates.first[templates.frames.of], -1))

    def screen(
        self, ranks: pa.Table, minima: npt.NDArray[np.uint32], keys: SharedKeys
    ) -> tuple[Judgement, npt.NDArray[np.bool_]]:
        """Judge by the signatures, where they are clear.

        Args:
            ranks: as for `compare`.
            minima: n x k signatures.
            keys: the band keys.

        Returns:
            The judgement, and n booleans: whether the texts of a document's component have to be compared instead.
        """
        from ..kernels.clusters import lead_by_signature
        from ..kernels.minhash import clear_counts

        size = minima.shape[1]
        below, above = clear_counts(size, self.threshold)
        _, group = np.unique(ranks.column("component").to_numpy(), return_inverse=True)
        found, unclear = lead_by_signature(
            survivor_order(ranks, self.survivor), minima, keys, group, below=below, above=above,
            max_leaders=self.max_leaders, protected=_protected(ranks),
        )  # fmt: skip
        if self.templates and self.threshold < CERTAIN:
            _, alike = clear_counts(size, CERTAIN)
            members = np.bincount(found.leader, minlength=len(group))[found.leader]
            unclear[group[(members >= TEMPLATE_SIZE) & (found.similarity < alike / size)]] = True
        return Judgement(found.leader, found.similarity, np.full(len(group), -1, np.int64)), unclear[group]


@dataclass(frozen=True)
class Templates:
    """The templates among n documents.

    Attributes:
        frames: their frames, and which of them each document has.
        first: the first document of the cluster that each frame was read from.
        own_keys: keys under which pages with like contents meet.
    """

    frames: Frames
    first: Indexes
    own_keys: SharedKeys


def find_templates(component: Indexes, order: Indexes, sets: Sets, found: Leaders) -> Templates | None:
    """Large clusters with a member that may be a page of its own, and the other documents that have their frames.

    Args:
        component: the components of n documents.
        order: the documents in survivor order.
        sets: their shingle sets.
        found: their clusters.
    """
    from ..kernels.clusters import LEAST_OWN
    from ..kernels.templates import own_shingles

    first = _doubtful_clusters(component, order, found)
    if not len(first):
        return None
    frames = _read_frames(order, sets, found, first)
    own, _ = own_shingles(sets, frames)
    distinct = (frames.of >= 0) & (own >= np.maximum(1, LEAST_OWN * np.diff(sets.offsets)))
    is_template = np.bincount(frames.of[distinct], minlength=len(first)) > 0
    if not is_template.any():
        return None
    large, frames, first = frames.of >= 0, _only(frames, is_template), first[is_template]
    leaders = np.flatnonzero((found.leader == np.arange(len(large))) & ~large)
    frames.of[~large] = _adopted(component, sets, frames, first, leaders)[found.leader[~large]]
    _, own_keys = own_shingles(sets, frames)
    sets.release()
    return Templates(frames, first, own_keys)


def _doubtful_clusters(component: Indexes, order: Indexes, found: Leaders) -> Indexes:
    """The first documents of large clusters with a member that is not certainly a duplicate, component by component."""
    size = len(found.leader)
    members = np.bincount(found.leader, minlength=size)
    doubtful = np.bincount(found.leader[found.similarity < CERTAIN], minlength=size)
    first = order[((members >= TEMPLATE_SIZE) & (doubtful > 0))[order]]
    return first[np.argsort(component[first], kind="stable")]


def _read_frames(order: Indexes, sets: Sets, found: Leaders, first: Indexes) -> Frames:
    """The frames of the clusters of some leaders, in that order."""
    from ..kernels.clusters import Frames
    from ..kernels.templates import frame_of

    number = np.full(len(found.leader), -1, np.int64)
    number[first] = np.arange(len(first))
    of = number[found.leader]
    place = order[of[order] >= 0]
    place = place[np.argsort(of[place], kind="stable")]
    frames = [frame_of(sets, cluster) for cluster in np.split(place, np.flatnonzero(np.diff(of[place])) + 1)]
    sets.release()
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(frame) for frame in frames])])
    return Frames(np.concatenate(frames), offsets, of, CERTAIN)


def _only(frames: Frames, wanted: npt.NDArray[np.bool_]) -> Frames:
    """Some of the frames, numbered anew."""
    from ..kernels.clusters import Frames

    lengths = np.diff(frames.offsets)
    number = np.append(np.where(wanted, np.cumsum(wanted) - 1, -1), -1)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths[wanted])])
    return Frames(frames.values[np.repeat(wanted, lengths)], offsets, number[frames.of], frames.certain)


def _adopted(component: Indexes, sets: Sets, frames: Frames, first: Indexes, documents: Indexes) -> Indexes:
    """The template, among those of its component, whose frame each of some documents has: n numbers, -1 for none."""
    from ..kernels.templates import frames_around

    number = np.full(len(component), -1, np.int64)
    begin, stop = (np.searchsorted(component[first], component[documents], side) for side in ("left", "right"))
    near = stop > begin
    places = documents[near]
    number[places] = frames_around(sets, frames.values, frames.offsets, places, begin[near], stop[near])
    return number


def first_of_each(ranks: pa.Table, survivor: tuple[str, ...]) -> Judgement:
    """Of each component the first document stays, unchecked; a row that is protected from it stays, too.

    Args:
        ranks: n rows with `component`, `protected` and the survivor columns.
        survivor: the order in which documents are preferred.
    """
    order = survivor_order(ranks, survivor, ["component"])
    component = ranks.column("component").to_numpy()[order]
    starts = np.flatnonzero(np.diff(component, prepend=-1))
    leader = np.empty(len(order), np.int64)
    leader[order] = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
    leader = np.where(protects(one_chunk(ranks, PROTECTED.name), leader), np.arange(len(order)), leader)
    return Judgement(leader, None, np.full(len(order), -1, np.int64))


def _protected(ranks: pa.Table) -> npt.NDArray[np.uint64]:
    """Protections as numbers; 0 for none."""
    column = one_chunk(ranks, PROTECTED.name)
    found: npt.NDArray[np.uint64] = pc.fill_null(column, pa.scalar(0, pa.uint64())).to_numpy(zero_copy_only=False)
    return found


def verdict_rows(ranks: pa.Table, judgement: Judgement) -> pa.RecordBatch:
    """A judgement as rows of `VERDICTS` for the units that the documents come from.

    Args:
        ranks: n rows with `unit`, `row` and `uid`.
        judgement: what was decided about them.
    """
    leader = judgement.leader
    uids = one_chunk(ranks, "uid")
    uid = uids.take(pa.array(leader))
    alone = pa.array(leader == np.arange(len(leader)))
    found = judgement.similarity
    return pa.RecordBatch.from_pydict(
        {
            "row": one_chunk(ranks, "row"),
            "cluster_id": uid,
            "duplicate_of": pc.if_else(alone, pa.scalar(None, pa.string()), uid),
            "similarity": pa.nulls(len(leader), pa.float32()) if found is None else found.astype(np.float32),
            "minhash_cluster_size": np.bincount(leader, minlength=len(leader))[leader].astype(np.int32),
            "template_id": uids.take(pa.array(judgement.template, mask=judgement.template < 0)),
            "partition": one_chunk(ranks, "unit"),
        },
        schema=VERDICTS.append(PARTITION),
    )
