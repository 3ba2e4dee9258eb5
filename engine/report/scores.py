"""Distributions of every score that the rows carry, of kept and of removed rows, from a bounded part of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..results import Results, StageResult

ENOUGH_ROWS = 100_000
MOST_REMOVED = 2_000_000
"""Removed rows that are told from others where a stage leaves its scores with its scored rows alone."""
MOST_SCORES = 60
BINS = 24

Floats = npt.NDArray[np.float64]


@dataclass
class ScoreFigures:
    """One column's distribution.

    Attributes:
        name: the column, `toxicity_score` or `signals.stop_word_share`.
        stage: the stage that added it.
        kept, removed: share of the rows in each bin, 0 to 1; empty where there are no rows.
        kept_rows, removed_rows: how many rows were looked at and have a value.
        edges: borders of the bins, one more than bins.
        clipped: whether the last bin also holds what lies beyond it.
        missing: rows that were looked at and have no value.
        unscreened: languages none of whose rows have a value.
    """

    name: str
    stage: str
    kept: list[float]
    removed: list[float]
    kept_rows: int
    removed_rows: int
    edges: list[float]
    clipped: bool
    missing: int
    unscreened: list[str]


@dataclass(frozen=True)
class _Languages:
    """The languages of a batch: their names, and for each of n rows the place of its language among them."""

    names: list[str]
    place: npt.NDArray[np.int64]

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> _Languages:
        if "language" not in batch.schema.names:
            return cls(["und"], np.zeros(batch.num_rows, np.int64))
        encoded = pc.dictionary_encode(pc.fill_null(batch.column("language"), "und"))
        names = [name or "und" for name in encoded.dictionary.to_pylist()]
        return cls(names, encoded.indices.to_numpy().astype(np.int64))


@dataclass
class _Column:
    """What was read of one column."""

    stage: str
    kept: list[Floats] = field(default_factory=list)
    removed: list[Floats] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    empty: dict[str, int] = field(default_factory=dict)

    def add(self, values: pa.Array, languages: _Languages, removed: bool) -> None:
        present = pc.is_valid(values).to_numpy(zero_copy_only=False)
        numbers = values.drop_null().cast(pa.float64()).to_numpy(zero_copy_only=False)
        (self.removed if removed else self.kept).append(numbers[np.isfinite(numbers)])
        rows = np.bincount(languages.place, minlength=len(languages.names))
        missing = np.bincount(languages.place[~present], minlength=len(languages.names))
        for name, number, without in zip(languages.names, rows.tolist(), missing.tolist(), strict=True):
            self.seen[name] = self.seen.get(name, 0) + number
            self.empty[name] = self.empty.get(name, 0) + without


def score_figures(results: Results) -> list[ScoreFigures]:
    """The distributions of all floating-point columns, in the order in which stages added them."""
    added: dict[str, str] = {}
    for stage in results.stages:
        for name, kind in (*stage.manifest.get("scored_schema", ()), *stage.manifest.get("schema", ())):
            if kind in ("float", "double", "halffloat") or kind.startswith("struct<"):
                added.setdefault(name, stage.name)
    columns: dict[str, _Column] = {}
    found: set[str] = set()
    # each score is taken from the last rows on disk that have it
    last = results.last_kept
    for stage in [last, *reversed(results.stages)] if last else []:
        wanted = [name for name in added if name in stage.schema and name not in found]
        if stage.kept and wanted:
            _read(results, stage.kept, wanted, added, columns, removed=False)
            found |= set(wanted)
    for stage in results.stages[1:]:
        wanted = [name for name in added if name in stage.scored_columns and name not in found]
        if wanted:
            _read(results, stage.scored, wanted, added, columns, removed=False, without=_removed_uids(results, stage))
        _read(results, stage.removed, list(added), added, columns, removed=True)
    order = list(added)
    named = sorted(columns.items(), key=lambda item: order.index(item[0].split(".")[0]))
    return [_figure(name, column) for name, column in named if column.seen][:MOST_SCORES]


def _read(
    results: Results,
    files: Sequence[str],
    wanted: Sequence[str],
    added: Mapping[str, str],
    columns: dict[str, _Column],
    *,
    removed: bool,
    without: pa.Array | None = None,
) -> None:
    """Read columns of some files, without the rows of some uids."""
    names = ["language", *wanted, *([] if without is None else ["uid"])]
    for _, _, found in results.spread(files, names, ENOUGH_ROWS):
        batch = found
        if without is not None:
            batch = found.filter(pc.invert(pc.is_in(found.column("uid"), value_set=without)))
        here = batch.schema.names
        languages = _Languages.of(batch)
        for top in wanted:
            if top in here:
                for name, values in _floats(top, batch.column(top)):
                    columns.setdefault(name, _Column(added[top])).add(values, languages, removed)


def _removed_uids(results: Results, stage: StageResult) -> pa.Array:
    """The rows that a stage removed."""
    found = [rows.column("uid") for _, _, rows in results.spread(stage.removed, ["uid"], MOST_REMOVED)]
    return pa.concat_arrays(found) if found else pa.array([], pa.string())


def _floats(name: str, values: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """A column itself when it holds floats, the fields that do when it is a struct."""
    if pa.types.is_floating(values.type):
        yield name, values
    elif pa.types.is_struct(values.type):
        for place, inner in enumerate(values.type):
            if pa.types.is_floating(inner.type):
                yield f"{name}.{inner.name}", pc.struct_field(values, [place])


def _figure(name: str, column: _Column) -> ScoreFigures:
    kept, removed = _joined(column.kept), _joined(column.removed)
    edges, clipped = _edges(np.concatenate([kept, removed]))
    unscreened = sorted(code for code, rows in column.seen.items() if column.empty[code] == rows)
    return ScoreFigures(
        name,
        column.stage,
        _shares(kept, edges),
        _shares(removed, edges),
        len(kept),
        len(removed),
        [float(edge) for edge in edges],
        clipped,
        sum(column.empty.values()),
        unscreened,
    )


def _joined(parts: list[Floats]) -> Floats:
    return np.concatenate([*parts, np.zeros(0)])


def _edges(values: Floats) -> tuple[Floats, bool]:
    """Borders of the bins: 0 to 1 for shares that use it, else up to a round number near the 99.5th percentile."""
    if not len(values):
        return np.linspace(0.0, 1.0, BINS + 1), False
    ordered = np.sort(values)
    low, high = float(ordered[0]), float(ordered[-1])
    if low >= 0.0 and 0.5 < high <= 1.0:
        return np.linspace(0.0, 1.0, BINS + 1), False
    most = float(ordered[int(0.995 * (len(ordered) - 1))])
    clipped = high > low + 2 * (most - low) and most > low
    top = _round_up(most if clipped else high)
    bottom = 0.0 if low >= 0.0 else -_round_up(-low)
    return np.linspace(bottom, top if top > bottom else bottom + 1.0, BINS + 1), clipped


def _round_up(value: float) -> float:
    """The next number of the form 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten."""
    if value <= 0:
        return 0.0
    value = max(value, 1e-300)  # below that, floats lose the digits that the steps need
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(step * power for step in steps if step * power >= value * (1 - 1e-9))


def _shares(values: Floats, edges: Floats) -> list[float]:
    if not len(values):
        return []
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return [float(count) / len(values) for count in counts]
