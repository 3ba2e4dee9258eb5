"""What dedup stages did: who was a duplicate of whom, how similar, of which languages and domains, found how surely.

A stage is known by what it left: it removed duplicates when its removed rows say `duplicate_of`; it cut text when it
added a column `..._characters_removed` or `characters_removed`. Rows are looked at up to a bound, in row groups spread
over the files, so that a page about a thousand million rows costs as much as one about a million.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...kernels.hosts import registered_domains
from ..results import Results, StageResult
from .clusters import Cluster, Retraction, Template, clusters_of, retracted_rows, templates_of
from .looked_at import LookedAt, config_of, look

LISTED_SHARES = 20
BINS = 25
ENOUGH_TEXTS = 20_000
CURVE_POINTS = 101

_COLUMNS = {
    "uid": pa.string(), "id": pa.string(), "url": pa.string(), "duplicate_of": pa.string(),
    "similarity": pa.float64(), "template_id": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class Share:
    """How much of something was removed.

    Attributes:
        name: the language or domain.
        removed, rows: how many of how many rows (or characters); estimates where only a part was looked at.
    """

    name: str
    removed: float
    rows: float

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, self.removed / self.rows) if self.rows else 0.0


@dataclass(frozen=True)
class Similarities:
    """The distribution of the similarity of removed rows to what stayed.

    Attributes:
        shares: share of the measured rows in each bin, 0 to 1.
        edges: borders of the bins, one more than bins.
        measured, missing: rows with and without a similarity.
    """

    shares: tuple[float, ...]
    edges: tuple[float, ...]
    measured: int
    missing: int


@dataclass(frozen=True)
class Curve:
    """How surely MinHash LSH makes two documents candidates: 1 - (1 - J^r)^b (Leskovec et al., section 3.4).

    Attributes:
        bands, rows: b and r.
        threshold: the similarity that duplicates must have; None when nothing is verified.
    """

    bands: int
    rows: int
    threshold: float | None

    def at(self, similarity: float) -> float:
        """The probability for two documents of a Jaccard similarity, 0 to 1."""
        return float(1 - (1 - similarity**self.rows) ** self.bands)

    @property
    def points(self) -> list[tuple[float, float]]:
        """Points from 0 to 1."""
        return [(x, self.at(x)) for x in np.linspace(0, 1, CURVE_POINTS).tolist()]

    @property
    def half(self) -> float:
        """The similarity at which every second pair is found."""
        return float((1 - 0.5 ** (1 / self.bands)) ** (1 / self.rows))


@dataclass(frozen=True)
class DuplicateFigures:
    """What one dedup stage did.

    Attributes:
        folder, name: of the stage.
        removed, looked_at: rows that it removed, and how many of these were looked at.
        order: the rules by which it chose what stays.
        clusters: the largest ones.
        cluster_count: clusters among the removed rows that were looked at.
        similarities: None when no row has any.
        languages, domains: with the most removed rows first.
        domain_count: domains with a removed row among those looked at.
        curve: None when the stage has no bands.
        templates: pages of a template that stayed apart, and how many pages and kept ones the stage counted.
        template_pages, template_pages_kept: see above.
        retractions: rows of earlier runs that one run over everything would not keep, and some of them.
        cut: share of the characters of each language that was cut out of rows, those with the most first.
    """

    folder: str
    name: str
    removed: int
    looked_at: int
    order: tuple[str, ...]
    clusters: tuple[Cluster, ...]
    cluster_count: int
    similarities: Similarities | None
    languages: tuple[Share, ...]
    domains: tuple[Share, ...]
    domain_count: int
    curve: Curve | None
    templates: tuple[Template, ...]
    template_pages: int
    template_pages_kept: int
    retractions: int
    retracted: tuple[Retraction, ...]
    cut: tuple[Share, ...]


def duplicate_figures(results: Results) -> list[DuplicateFigures]:
    """What every stage did that removed duplicates or cut text, in order."""
    found = []
    known: set[str] = set()
    for stage in results.stages:
        added = [name for name in stage.schema if name not in known]
        known |= set(stage.schema)
        figures = _stage(results, stage, added) if stage.position else None
        if figures is not None:
            found.append(figures)
    return found


def _stage(results: Results, stage: StageResult, added: Sequence[str]) -> DuplicateFigures | None:
    size = _size_column(stage, added)
    # a column that kept rows have as well is one of the input: it says nothing about this stage
    columns = {name: kind for name, kind in _COLUMNS.items() if name != "similarity" or name not in stage.schema}
    columns |= {size: pa.int64()} if size else {}
    cuts = [name for name in added if name.endswith("characters_removed")]
    removed = look(results, stage.removed, columns) if "duplicate_of" not in stage.schema else None
    if removed is not None and ("duplicate_of" not in removed.found or not removed.table.num_rows):
        removed = None
    seen = removed is None and any(name.endswith("_seen") for name in added) and bool(stage.totals.get("removed"))
    curve = _curve(config_of(results, stage))
    if removed is None and not cuts and not seen and curve is None:
        return None
    rows = look(results, stage.removed, columns) if removed is None else removed
    kept = look(results, stage.kept, columns)
    domains = _domains(rows, kept, stage)
    counters: Mapping[str, int] = stage.ledger.get("counters", {})
    pages = int(counters.get("template_pages", 0))
    clusters, count = clusters_of(results, stage, removed, kept, size) if removed is not None else ((), 0)
    retractions, some = retracted_rows(results, stage)
    return DuplicateFigures(
        stage.folder,
        stage.name,
        int(stage.totals.get("removed", 0)),
        rows.table.num_rows,
        tuple(str(rule) for rule in config_of(results, stage).get("survivor") or ()),
        clusters,
        count,
        _similarities(removed) if removed is not None else None,
        _languages(stage),
        tuple(domains[:LISTED_SHARES]),
        len(domains),
        curve,
        templates_of(results, rows, kept) if pages else (),
        pages,
        int(counters.get("template_pages_kept", 0)),
        retractions,
        some,
        _cut(results, stage, cuts),
    )


def _curve(config: Mapping[str, Any]) -> Curve | None:
    """Of a stage whose settings are bands (`buckets`) of minima (`rows`)."""
    bands, rows = config.get("buckets"), config.get("rows")
    if not (isinstance(bands, int) and isinstance(rows, int) and bands > 0 and rows > 0):
        return None
    threshold = config.get("threshold")
    sure = isinstance(threshold, int | float) and config.get("verify") != "off"
    return Curve(bands, rows, float(threshold) if sure and threshold is not None else None)


def _size_column(stage: StageResult, added: Sequence[str]) -> str:
    """The column with the sizes of this stage's own clusters; empty when it has none."""
    names = [name for name in stage.schema if name.endswith("_cluster_size")]
    own = [name for name in names if name in added or stage.name.startswith(name.removesuffix("_cluster_size"))]
    return own[-1] if own else ""


def _similarities(removed: LookedAt) -> Similarities | None:
    if "similarity" not in removed.found:
        return None
    values = removed.table.column("similarity")
    numbers = values.drop_null().to_numpy()
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    # from a round number below the lowest on; 1 has a bin of its own
    low = min(0.95, np.floor(20 * float(numbers.min()) + 1e-6) / 20)
    edges = np.append(np.linspace(low, 1.0, BINS), 1.0 + (1 - low) / (BINS - 1))
    counts, _ = np.histogram(np.clip(np.where(numbers > 1 - 1e-6, 1.0, numbers), low, 1.0), edges)
    shares = tuple((counts / len(numbers)).tolist())
    return Similarities(shares, tuple(edges.tolist()), len(numbers), len(values) - len(numbers))


def _languages(stage: StageResult) -> tuple[Share, ...]:
    """By the ledger: exact."""
    entries: Mapping[str, Mapping[str, Any]] = stage.ledger.get("languages", {})
    found = [Share(code, entry.get("removed", 0), entry.get("in", 0)) for code, entry in entries.items()]
    return _most([entry for entry in found if entry.removed])


def _most(shares: Sequence[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda entry: (-entry.removed, entry.name))[:LISTED_SHARES])


def _domains(removed: LookedAt, kept: LookedAt, stage: StageResult) -> list[Share]:
    """By the rows that were looked at, in proportion to all: those with the most removed rows first."""
    gone, stayed = _domain_counts(removed), _domain_counts(kept)
    gone_weight = removed.weight(int(stage.totals.get("removed", 0)))
    stayed_weight = kept.weight(int(stage.totals.get("kept", 0)))
    found = [
        Share(name, round(count * gone_weight), round(count * gone_weight + stayed.get(name, 0) * stayed_weight))
        for name, count in gone.items()
    ]
    return sorted(found, key=lambda entry: (-entry.removed, entry.name))


def _domain_counts(rows: LookedAt) -> dict[str, int]:
    counted: dict[str, int] = {}
    for chunk in rows.table.column("url").chunks:
        counts = pc.value_counts(registered_domains(chunk).drop_null())
        for entry in counts.to_pylist():
            counted[entry["values"]] = counted.get(entry["values"], 0) + entry["counts"]
    return counted


def _cut(results: Results, stage: StageResult, names: Sequence[str]) -> tuple[Share, ...]:
    """Characters cut out of kept rows, by language, from a part of the rows."""
    if not names or not stage.kept:
        return ()
    gone: dict[str, float] = {}
    whole: dict[str, float] = {}
    for _, _, batch in results.spread(stage.kept, ["language", "text", *names], ENOUGH_TEXTS):
        if not {"text", *names} <= set(batch.schema.names):
            continue
        cut = sum((_numbers(batch.column(name)) for name in names), np.zeros(batch.num_rows))
        length = cut + _numbers(pc.utf8_length(batch.column("text")))
        codes = batch.column("language") if "language" in batch.schema.names else pa.nulls(batch.num_rows, pa.string())
        encoded = pc.dictionary_encode(pc.fill_null(codes, "und"))
        place = encoded.indices.to_numpy()
        for number, code in enumerate(encoded.dictionary.to_pylist()):
            gone[code] = gone.get(code, 0) + float(cut[place == number].sum())
            whole[code] = whole.get(code, 0) + float(length[place == number].sum())
    return _most([Share(code, gone[code], whole[code]) for code in gone if gone[code]])


def _numbers(values: pa.Array) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = pc.fill_null(values.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    return found
