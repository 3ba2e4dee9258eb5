"""Judged pairs put together: figures, and the files that later runs take."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ..engine.errors import ConfigError
from ..engine.results import Results
from ..filters.judgements import VERDICTS, Floats, Precision, agreements, joint_verdict, precision
from ..filters.pair_strata import ScoreHistogram, band_name, bands_of
from ..filters.parallel_tables import BEADS, PAIRS
from .parallel_rows import ParallelTable, find_table, tables_of
from .review_files import Judgement, check_text, escaped

METHOD = "reviewed"


@dataclass(frozen=True)
class Review:
    """What judges said of a run's pairs.

    Attributes:
        table: where the pairs stand.
        judges: names of the files.
        rows: the judged pairs as the run has them, by uid.
        verdicts: the joint verdict on each of them, by uid in order.
        weights: for how many pairs each of them stands.
        by_judge: by file the verdicts by uid.
        not_judged: pairs in the files without any verdict.
    """

    table: ParallelTable
    judges: tuple[str, ...]
    rows: Mapping[str, Mapping[str, Any]]
    verdicts: Mapping[str, str]
    weights: Mapping[str, float]
    by_judge: Mapping[str, Mapping[str, str]]
    not_judged: int

    def arrays(self, lenient: bool) -> tuple[Floats, Floats, Floats]:
        """Goodness (0 or 1), weight and score of each judged pair.

        Args:
            lenient: partial pairs count as good.
        """
        right = ("good", "partial") if lenient else ("good",)
        uids = list(self.verdicts)
        scores = [self.rows[uid]["score"] for uid in uids]
        return (
            np.array([self.verdicts[uid] in right for uid in uids], np.float64),
            np.array([self.weights[uid] for uid in uids], np.float64),
            np.array([math.nan if score is None else score for score in scores], np.float64),
        )

    def figures(self, lenient: bool) -> dict[str, Any]:
        """Everything that is printed, for JSON."""
        good, weight, score = self.arrays(lenient)
        rows = [self.rows[uid] for uid in self.verdicts]
        names = np.array([f"{row['src_lang'] or 'und'}-{row['tgt_lang'] or 'und'}" for row in rows], object)
        scores = pa.array(score, pa.float32(), from_pandas=True)
        histogram = ScoreHistogram()
        histogram.add(scores)
        edges = histogram.edges()
        bands = bands_of(scores, edges)
        said = list(self.verdicts.values())
        return {
            "stage": self.table.name,
            "judged": len(said),
            "not_judged": self.not_judged,
            "verdicts": {verdict: said.count(verdict) for verdict in reversed(VERDICTS)},
            "partial_is": "good" if lenient else "bad",
            "overall": precision_object(precision(good, weight)),
            "overall_other": precision_object(precision(self.arrays(not lenient)[0], weight)),
            "pairs": {name: _where(good, weight, names == name) for name in sorted(set(names.tolist()))},
            "bands": {
                f"score {band_name(band, edges)}" if band >= 0 else "no score": _where(good, weight, bands == band)
                for band in sorted(set(bands.tolist()))
            },
            "agreement": [
                {"judges": [one, other], "pairs": count, "same": _number(same), "kappa": _number(beyond)}
                for one, other, count, same, beyond in agreements(self.by_judge)
            ],
        }


def _where(good: Floats, weight: Floats, rows: npt.NDArray[np.bool_]) -> dict[str, Any]:
    return precision_object(precision(good[rows], weight[rows]))


def precision_object(found: Precision) -> dict[str, Any]:
    """A precision for JSON."""
    return {
        "precision": _number(found.share),
        "low": found.low,
        "high": found.high,
        "judged": found.judged,
        "effective": found.effective,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def gather(results: Results, stage: str | None, files: Mapping[str, Sequence[Judgement]]) -> Review:
    """Put the judged files together, each line checked against the run.

    Raises:
        ConfigError: a pair is not in the run, its text was changed, or two files give it different weights.
    """
    everything = [judgement for judgements in files.values() for judgement in judgements]
    table, rows = _found(results, stage, everything)
    weights: dict[str, float] = {}
    for judgement in everything:
        if judgement.uid not in rows:
            raise ConfigError(
                f"{table.name} has no pair {judgement.uid!r}",
                where=f"{judgement.where}: uid",
                hint="--stage names the stage that they were drawn from; a run that was made again may have others",
            )
        check_text(judgement, rows[judgement.uid])
        if not math.isclose(weights.setdefault(judgement.uid, judgement.weight), judgement.weight, rel_tol=1e-4):
            raise ConfigError(
                f"the weight is {judgement.weight:g} here and {weights[judgement.uid]:g} in another file",
                where=f"{judgement.where}: weight",
                hint="judges have to judge pairs of one and the same drawing",
            )
    by_judge = {
        name: {judgement.uid: judgement.verdict for judgement in judgements if judgement.verdict}
        for name, judgements in files.items()
    }
    verdicts = {
        uid: joint_verdict(said)
        for uid in sorted(rows)
        if (said := [judge[uid] for judge in by_judge.values() if uid in judge])
    }
    return Review(table, tuple(files), rows, verdicts, weights, by_judge, len(weights) - len(verdicts))


def _found(
    results: Results, stage: str | None, judgements: Sequence[Judgement]
) -> tuple[ParallelTable, dict[str, dict[str, Any]]]:
    """The table that the pairs were drawn from, and the pairs; the last one that has most of them if none is named."""
    last = find_table(results, stage)
    uids = {judgement.uid for judgement in judgements}
    named = {(judgement.cells.get("src_lang", ""), judgement.cells.get("tgt_lang", "")) for judgement in judgements}
    best = last, _rows_of(last, uids, named)
    others = [] if stage is not None else [table for step in results.stages for table in tables_of(results, step)]
    for table in reversed(others):
        if len(best[1]) == len(uids):
            break
        rows = _rows_of(table, uids, named)
        best = (table, rows) if len(rows) > len(best[1]) else best
    return best


def _rows_of(table: ParallelTable, uids: set[str], named: set[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """The pairs with these uids; those of groups in the languages and directions that the judged files name."""
    import pyarrow.compute as pc

    wanted = pa.array(sorted(uids), pa.string())
    found: dict[str, dict[str, Any]] = {}
    for batch in table.pairs(sorted(named) if table.kind == "groups" else None):
        rows = batch.filter(pc.is_in(batch["uid"], wanted))
        found.update({row["uid"]: row for row in rows.to_pylist()})
    return found


def fixed_files(review: Review) -> tuple[bytes, bytes]:
    """The good pairs as a Parquet file of beads or pairs with the method `reviewed`, the bad ones as a TSV of uids."""
    fixed = {"score": 1.0, "method": METHOD}
    good = [{**review.rows[uid], **fixed} for uid, said in review.verdicts.items() if said == "good"]
    bad = [review.rows[uid] for uid, said in review.verdicts.items() if said == "bad"]
    schema = BEADS if review.table.kind == "beads" else PAIRS
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(good, schema=schema), sink)
    names = ("uid", "src_lang", "tgt_lang", "src", "tgt")
    lines = ["\t".join(names), *("\t".join(escaped(str(row[name])) for name in names) for row in bad), ""]
    return sink.getvalue(), "\n".join(lines).encode("utf-8")
