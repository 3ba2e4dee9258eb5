"""What stages made of documents in several languages: beads by pair of languages and kind, their scores, groups.

A stage is known by what it left: it aligned when it added the columns of beads, it grouped when it added those of
groups or has an output with them. Where its rows went straight into later stages, the first ones on disk are shown.
Rows are looked at up to a bound, spread over the files; counts of beads are the ledger's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..results import Results, StageResult
from .looked_at import config_of, look

BINS = 20
SHOWN_PAIRS = 30
MOST_PAIRS = 2000
WORST_DOCUMENTS = 10
FEW_BEADS = 150
"""With fewer beads than this little is learned of which words translate each other. Measured on news with planted
deletions and merges, without a model: French-Japanese 75 to 90 % of the beads right with 11 to 90 beads to learn from,
88 to 92 % with 180 to 690; English-Russian, Hebrew-Finnish and German-Dutch 87 to 97 % and 93 to 96 %."""

KINDS = ("1-1", "1-2", "n-m", "deletions")

_BEADS = {"src_lang", "tgt_lang", "src_index", "tgt_index"}
_GROUPS = {"segments", "parallelism"}
_NUMBERS = pa.list_(pa.int32())
_BEAD_COLUMNS = {
    "doc_key": pa.string(), "src_lang": pa.string(), "tgt_lang": pa.string(), "src_index": _NUMBERS,
    "tgt_index": _NUMBERS, "score": pa.float64(), "document_score": pa.float64(), "document_reason": pa.string(),
}  # fmt: skip
_GROUP_COLUMNS = {"parallelism": pa.int64(), "agreement": pa.float64()}

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairFigures:
    """The beads of one pair of languages.

    Attributes:
        name: `eng_Latn-fra_Latn`.
        beads: all of them.
        documents: documents among the beads that were looked at.
        kinds: share of each of `KINDS`, 0 to 1; a deletion has text on one side only.
        deleted: share of the segments of both sides that are linked to nothing, 0 to 1.
        score: mean of the beads with text on both sides; None where none has a score.
        shares: share of these beads in each bin of the score from 0 to 1.
        learned_from: beads with text on both sides, estimated where only a part was looked at.
        few: whether that is too few for a table of translations to mean anything, and the stage had nothing else.
    """

    name: str
    beads: int
    documents: int
    kinds: tuple[float, ...]
    deleted: float
    score: float | None
    shares: tuple[float, ...]
    learned_from: float
    few: bool


@dataclass(frozen=True)
class DocumentPair:
    """One document in two languages.

    Attributes:
        doc_key, pair: which.
        beads: of it among those that were looked at.
        score: the document's, or the mean of its beads.
        reason: why its score is low; empty where the stage says nothing.
    """

    doc_key: str
    pair: str
    beads: int
    score: float
    reason: str


@dataclass(frozen=True)
class GroupFigures:
    """Groups by how many languages they are in.

    Attributes:
        name: the stage or output.
        groups, looked_at: all of them, and how many were looked at.
        degrees: (languages, share of the groups), ascending.
        agreement: mean; None where there is none.
    """

    name: str
    groups: int
    looked_at: int
    degrees: tuple[tuple[int, float], ...]
    agreement: float | None


@dataclass(frozen=True)
class ParallelFigures:
    """What one stage made.

    Attributes:
        folder, name: of the stage.
        beads, looked_at: all of them, and how many were looked at; 0 for a stage that only groups.
        pairs: those with the most beads first.
        worst: documents with the lowest scores, lowest first.
        reasons: (reason, documents in a pair) of low document scores, the most frequent first.
        groups: None where the stage left none.
    """

    folder: str
    name: str
    beads: int
    looked_at: int
    pairs: tuple[PairFigures, ...]
    worst: tuple[DocumentPair, ...]
    reasons: tuple[tuple[str, int], ...]
    groups: GroupFigures | None


def parallel_figures(results: Results) -> list[ParallelFigures]:
    """Figures of every stage that made beads or groups of something else; empty for a run without any."""
    found = []
    current, maker = "", None
    for stage in results.stages:
        kind = _kind(stage)
        if kind != current:
            current, maker = kind, stage
        files = stage.kept
        if not files and stage is results.stages[-1] and stage.totals.get("out"):
            files = list(results.published)
        if not kind or maker is None or not files:
            continue
        if kind == "beads":
            found.append(_of_beads(results, stage, files, maker))
        else:
            groups = _groups(results, stage.name, files, int(stage.totals.get("out", 0)))
            found.append(ParallelFigures(stage.folder, stage.name, 0, 0, (), (), (), groups))
        maker = None
    return found


def _kind(stage: StageResult) -> str:
    """Which table the stage's rows are."""
    columns = set(stage.schema)
    return "beads" if columns >= _BEADS else "groups" if columns >= _GROUPS else ""


def _of_beads(results: Results, stage: StageResult, files: Sequence[str], maker: StageResult) -> ParallelFigures:
    """Figures of the beads in some files of a stage; another one, or the same, made them."""
    looked = look(results, files, _BEAD_COLUMNS)
    rows = looked.table.combine_chunks()
    counted = stage.ledger.get("languages", {})
    beads = int(stage.totals.get("out", 0))
    config = config_of(results, maker)
    taught = any(config.get(name) for name in ("encoder", "seed", "lexicon"))
    pairs = pc.binary_join_element_wise(
        *(pc.fill_null(rows.column(name), "und") for name in ("src_lang", "tgt_lang")), "-"
    ).combine_chunks()
    encoded = pairs.dictionary_encode()
    codes: Whole = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    figures = [
        _pair(
            name, rows.filter(pa.array(codes == code)), looked.weight(beads), counted.get(name, {}).get("out"), taught
        )
        for code, name in enumerate(encoded.dictionary.to_pylist()[:MOST_PAIRS])
    ]
    documents = _documents(rows.append_column("pair", pairs), "document_score" in looked.found)
    reasons: dict[str, int] = {}
    for document in documents:
        if document.reason:
            reasons[document.reason] = reasons.get(document.reason, 0) + 1
    return ParallelFigures(
        folder=stage.folder,
        name=stage.name,
        beads=beads,
        looked_at=rows.num_rows,
        pairs=tuple(sorted(figures, key=lambda entry: (-entry.beads, entry.name))),
        worst=tuple(documents[:WORST_DOCUMENTS]),
        reasons=tuple(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        groups=_output_groups(results, maker),
    )


def _pair(name: str, rows: pa.Table, weight: float, counted: int | None, taught: bool) -> PairFigures:
    sides = [_lengths(rows.column(f"{side}_index")) for side in ("src", "tgt")]
    few, many = np.minimum(*sides), np.maximum(*sides)
    kinds = np.select([few == 0, many == 1, (few == 1) & (many == 2)], [3, 0, 1], 2)
    shares = np.bincount(kinds, minlength=len(KINDS)) / max(len(kinds), 1)
    segments = int(sides[0].sum() + sides[1].sum())
    scores = rows.column("score").filter(pa.array(few > 0)).drop_null().to_numpy()
    scores = scores[np.isfinite(scores)]
    bins, _ = np.histogram(np.clip(scores, 0, 1), bins=BINS, range=(0, 1))
    beads = rows.num_rows * weight if counted is None else counted
    both = float(beads * (1 - shares[3]))
    return PairFigures(
        name=name,
        beads=round(beads),
        documents=len(rows.column("doc_key").unique()),
        kinds=tuple(shares.tolist()),
        deleted=float((many * (few == 0)).sum() / segments) if segments else 0.0,
        score=float(scores.mean()) if len(scores) else None,
        shares=tuple((bins / max(len(scores), 1)).tolist()),
        learned_from=both,
        few=both < FEW_BEADS and not taught,
    )


def _lengths(index: pa.ChunkedArray) -> Whole:
    lengths: Whole = pc.fill_null(pc.list_value_length(index), 0).to_numpy().astype(np.int64)
    return lengths


def _documents(rows: pa.Table, scored: bool) -> list[DocumentPair]:
    """All documents in each pair of languages, the lowest score first."""
    score = "document_score" if scored else "score"
    named = [(score, "min" if scored else "mean"), ("document_reason", "min"), ("pair", "count")]
    found = rows.group_by(["doc_key", "pair"], use_threads=False).aggregate(named).to_pylist()
    documents = [
        DocumentPair(
            doc_key=str(entry["doc_key"]),
            pair=entry["pair"],
            beads=entry["pair_count"],
            score=float(entry[f"{score}_{named[0][1]}"]),
            reason=entry["document_reason_min"] or "",
        )
        for entry in found
        if entry[f"{score}_{named[0][1]}"] is not None
    ]
    return sorted(documents, key=lambda document: (document.score, document.doc_key, document.pair))


def _output_groups(results: Results, stage: StageResult) -> GroupFigures | None:
    """The output `groups` of a stage."""
    parts = [part for part in stage.manifest.get("outputs", {}).get("groups", ()) if part.get("rows")]
    files = [f"stages/{stage.folder}/{part['path']}" for part in parts]
    return _groups(results, f"{stage.name}.groups", files, sum(part["rows"] for part in parts)) if files else None


def _groups(results: Results, name: str, files: Sequence[str], rows: int) -> GroupFigures:
    table = look(results, files, _GROUP_COLUMNS).table
    degrees, counts = np.unique(table.column("parallelism").drop_null().to_numpy(), return_counts=True)
    shares = (counts / max(int(counts.sum()), 1)).tolist()
    agreement = table.column("agreement").drop_null().to_numpy()
    agreement = agreement[np.isfinite(agreement)]
    return GroupFigures(
        name=name,
        groups=rows,
        looked_at=table.num_rows,
        degrees=tuple(zip(degrees.tolist(), shares, strict=True)),
        agreement=float(agreement.mean()) if len(agreement) else None,
    )
