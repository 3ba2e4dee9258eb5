"""The stage `select`: the best share of the rows by a score, per language, by exact quantiles over all rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from ..engine.errors import ConfigError, nearest
from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage

if TYPE_CHECKING:
    from ..filters.quantile_tables import Cuts, Partitions

Share = Annotated[float, Field(gt=0, le=1)]

REASON, ABOVE, MISSING = "below_top_share", "above_band", "no_score"
BITS = (16, 20, 20)
"""Bins per window in each round of counting, as powers of two; what is left then is sorted."""

MOST_COUNTERS = 500


class Select(StepStage):
    """Keep the best share of each language's rows by any score, exactly, whatever the order and number of the shards.

    Of a language with n scored rows `keep: 0.1` keeps the 0.1 n best (rounded up). Rows of equal score at the border
    are told apart by a hash of their contents, then by `uid`, so the number is always exact and the same records in
    other files keep the same rows. Quantiles are over all rows: integer counts per language and range of scores are
    added up over all units and narrowed around the border, never a sample.

    Removed rows have the reason `below_top_share` with the score as its value. A row without a score (null, or not a
    number) was not screened: it is kept and counted, unless `on_null` is remove. Changing what is kept does not read
    scores again. The thresholds are among the stage's counts in `ledger.json` and the report, and for any number of
    languages in the files of its step `thresholds`.
    """

    by: str = Field(description="the score: a numeric column such as quality_score, or a field such as signals.words")
    keep: Share = Field(1.0, description="the share of each group's scored rows that is kept: 0.1 keeps the best tenth")
    languages: dict[str, Share] = Field(
        default_factory=dict, description="other shares for single languages (groups), such as {fra_Latn: 0.2}"
    )
    order: Literal["highest", "lowest"] = Field("highest", description="which scores are best; lowest for perplexity")
    between: tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]] | None = Field(
        None, description="a band of ranks in place of `keep`, from the best down: [0.3, 0.6] is the middle bucket"
    )
    per: str | None = Field("language", description="the column whose values are the groups; null: one for all rows")
    min_rows: int = Field(10, ge=0, description="a group with fewer scored rows is kept whole")
    on_null: Literal["keep", "remove"] = Field("keep", description="what becomes of rows without a score")

    needs: ClassVar[tuple[str, ...]] = ("uid",)
    reasons: ClassVar[Mapping[str, str]] = {
        REASON: "not in the best share of its group; the value is its score",
        ABOVE: "better than the band in `between`; the value is its score",
        MISSING: "it has no score, and `on_null` is remove",
    }

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        if self.per == "language":
            from ..filters.language_codes import check

            check(self.languages, also=["all"])
        return self

    @model_validator(mode="after")
    def _one_share(self) -> Self:
        given = self.model_fields_set
        if self.between is None:
            if not given & {"keep", "languages"}:
                raise ValueError("say how much to keep: keep, languages or between")
            return self
        if given & {"keep", "languages"}:
            raise ValueError("between excludes keep and languages")
        if self.between[0] >= self.between[1]:
            raise ValueError("between: the first share must be the smaller one")
        return self

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns.

        Raises:
            ConfigError: there is no such score or no such column of groups, or the score is not numeric.
        """
        from ..filters.quantiles import is_numeric

        paths = _paths(schema)
        if self.by not in paths:
            raise ConfigError(
                f"there is no column {self.by!r} to select by", where="select.by", hint=nearest(self.by, paths)
            )
        if not is_numeric(paths[self.by]):
            numbers = [name for name, kind in paths.items() if is_numeric(kind)]
            hint = f"numeric columns: {', '.join(numbers)}" if numbers else "the input has no numeric column"
            raise ConfigError(f"{self.by!r} holds {paths[self.by]}, not numbers", where="select.by", hint=hint)
        if self.per is not None and schema.get_field_index(self.per) < 0:
            raise ConfigError(
                f"there is no column {self.per!r} to group by",
                where="select.per",
                hint="use `per: null` for one threshold over all rows, or a stage `language` before this one",
            )
        return super().output_schema(schema)

    def steps(self) -> tuple[Step, ...]:
        """Keys, then rounds of counting and narrowing, the rows that are left, and selection."""
        from ..filters.quantile_tables import CANDIDATES, COUNTS, CUTS, KEYED, THRESHOLDS

        read, kept = ("by", "per", "order"), ("keep", "languages", "between", "min_rows")
        again = {
            number: (
                partial(self._count, before=before, bits=bits),
                partial(self._narrow, before=before, number=number),
            )
            for number, before, bits in ((2, "ranks", BITS[1]), (3, "narrow_2", BITS[2]))
        }
        return (
            Step("keys", "units", self._keys, KEYED, fields=read),
            Step("count", "units", self._count_all, COUNTS, slices=("keys",), fields=()),
            Step("ranks", "partitions", self._ranks, CUTS, slices=("count",), fields=kept),
            Step("count_2", "units", again[2][0], COUNTS, slices=("keys",), whole=("ranks",), fields=()),
            Step("narrow_2", "partitions", again[2][1], CUTS, slices=("count_2", "ranks"), fields=()),
            Step("count_3", "units", again[3][0], COUNTS, slices=("keys",), whole=("narrow_2",), fields=()),
            Step("narrow_3", "partitions", again[3][1], CUTS, slices=("count_3", "narrow_2"), fields=()),
            Step("candidates", "units", self._candidates, CANDIDATES, slices=("keys",), whole=("narrow_3",), fields=()),
            Step(
                "thresholds", "partitions", self._thresholds, THRESHOLDS, ("candidates", "narrow_3"), fields=("order",)
            ),
            Step("apply", "units", self._apply, whole=("thresholds",)),
        )

    def _scores(self, rows: pa.RecordBatch) -> pa.Array:
        """The score of each row."""
        if self.by in rows.schema.names:
            return rows.column(self.by)
        name, *fields = self.by.split(".")
        return pc.struct_field(rows.column(name), fields)

    def _groups(self, rows: pa.RecordBatch) -> pa.StringArray:
        """The group of each row; null is "und"."""
        if self.per is None:
            return pa.array(np.full(rows.num_rows, "all"), pa.string())
        column = rows.column(self.per)
        return pc.fill_null(column if pa.types.is_string(column.type) else column.cast(pa.string()), "und")

    def _points(self, rows: pa.RecordBatch) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
        """What rows are ordered by, n x 3, and whether each has a score."""
        from ..filters.quantiles import score_keys
        from ..kernels.hashing import content_hashes

        keys, known = score_keys(self._scores(rows), descending=self.order == "highest")
        head = pc.binary_slice(rows.column("uid").cast(pa.binary()), 0, 16)
        digits = b"".join(value.ljust(16, b"0") for value in head.to_pylist()).decode()
        ties = np.frombuffer(bytes.fromhex(digits), ">u8").astype(np.uint64)
        return np.stack([keys, content_hashes(rows), ties], axis=1), known

    def _keys(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The group and the keys of every row with a score, for this unit's later steps."""
        from ..filters.quantile_tables import KEYED, to_batch

        for rows in given.rows:
            points, known = self._points(rows)
            unit = np.full(rows.num_rows, given.index, np.int32)
            yield to_batch(KEYED, [self._groups(rows), *points.T], unit).filter(pa.array(known))

    def _count_all(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Rows of this unit by group and range of scores."""
        from ..filters.quantile_tables import count_all

        yield from count_all(given.tables["keys"], BITS[0], _partitions(given))

    def _ranks(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """Which ranks of each group are borders, and the range of scores that each lies in."""
        from ..filters.quantile_tables import added_up, first_cuts

        yield first_cuts(added_up(given.stream("count")), self._borders).batch(_partitions(given))

    def _borders(self, group: str, rows: int) -> tuple[int, int]:
        """How many of a group's rows stand before the kept ones, and before the end of the kept ones (0: no border)."""
        from ..filters.quantiles import share_of

        if rows < self.min_rows:
            return 0, 0
        if self.between is not None:
            return share_of(rows, self.between[0]), share_of(rows, self.between[1])
        return 0, share_of(rows, self._shares().get(group, self.keep))

    def _shares(self) -> dict[str, float]:
        """The shares of single groups; languages by any code."""
        from ..filters.language_codes import canonical

        if self.per != "language":
            return self.languages
        return {code if code in ("und", "all") else canonical(code): share for code, share in self.languages.items()}

    def _count(self, given: StepInput, *, before: str, bits: int) -> Iterator[pa.RecordBatch]:
        """Rows of this unit within the windows that the step `before` left."""
        from ..filters.quantile_tables import Cuts, count_within

        cuts = Cuts.from_table(given.tables[before])
        yield from count_within(given.tables["keys"], cuts, bits, _partitions(given))

    def _narrow(self, given: StepInput, *, before: str, number: int) -> Iterator[pa.RecordBatch]:
        """Smaller windows, from the counts of all units."""
        from ..filters.quantile_tables import Cuts, added_up, narrowed_cuts

        counts = added_up(given.stream(f"count_{number}"))
        yield narrowed_cuts(Cuts.from_table(given.tables[before]), counts).batch(_partitions(given))

    def _candidates(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The rows of this unit that may be a border."""
        from ..filters.quantile_tables import Cuts, candidates

        yield from candidates(given.tables["keys"], Cuts.from_table(given.tables["narrow_3"]), _partitions(given))

    def _thresholds(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The last row before, and the last row among, what is kept of each group."""
        from ..filters.quantile_tables import Cuts, settled_cuts

        cuts = Cuts.from_table(given.tables["narrow_3"])
        found = settled_cuts(cuts, given.tables["candidates"])
        yield found.threshold_batch(_partitions(given), descending=self.order == "highest")

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Keep what stands between the borders of its group."""
        from ..filters.quantile_tables import Cuts
        from ..filters.quantiles import before_or_at

        cuts = Cuts.from_table(given.tables["thresholds"])
        names = self._counter_names(cuts)
        for rows in given.rows:
            points, known = self._points(rows)
            groups = self._groups(rows)
            first, last = cuts.of(groups, 0), cuts.of(groups, 1)
            before = known & (first >= 0)
            before[before] = before_or_at(points[before], cuts.windows.low[first[before]])
            behind = known & (last >= 0)
            behind[behind] = ~before_or_at(points[behind], cuts.windows.low[last[behind]])
            missing = ~known & (self.on_null == "remove")
            keep = ~(before | behind | missing)
            counters = {"not_screened": int((~known).sum()), "kept_small_group": int((known & (last < 0)).sum())}
            for cut, count in zip(*np.unique(last[keep & known & (last >= 0)], return_counts=True), strict=True):
                if int(cut) in names:
                    counters[names[int(cut)]] = int(count)
            yield _outcome(rows, self._scores(rows), keep, np.where(missing, 2, np.where(before, 1, 0)), counters)

    def _counter_names(self, cuts: Cuts) -> dict[int, str]:
        """What the kept rows of each group are counted under: the group and the worst score that is kept."""
        if len(cuts.group) > MOST_COUNTERS:
            return {}
        groups, word = cuts.group.to_pylist(), "least" if self.order == "highest" else "most"
        scores = cuts.scores(descending=self.order == "highest")
        return {
            number: f"kept of {groups[number]}, at {word} {scores[number]:.7g}"
            for number in np.flatnonzero(cuts.cut == 1).tolist()
        }


def _partitions(given: StepInput) -> Partitions:
    """Where the counts of each group are added up."""
    from ..kernels.hashing import value_hashes

    return lambda groups: (value_hashes(groups) % np.uint64(given.partitions)).astype(np.int32)


def _paths(schema: pa.Schema) -> dict[str, pa.DataType]:
    """All columns and fields of structs, with their types."""
    found = {}
    for field in schema:
        found[field.name] = field.type
        if pa.types.is_struct(field.type):
            inner = _paths(pa.schema([field.type.field(place) for place in range(field.type.num_fields)]))
            found |= {f"{field.name}.{name}": kind for name, kind in inner.items()}
    return found


def _outcome(
    rows: pa.RecordBatch, scores: pa.Array, keep: npt.NDArray[np.bool_], why: np.ndarray, counters: dict[str, int]
) -> Outcome:
    """Rows kept and removed; `why` is an index into the reasons."""
    names = pa.array([REASON, ABOVE, MISSING], pa.string()).take(pa.array(why))
    values = (scores.cast(pa.int8()) if pa.types.is_boolean(scores.type) else scores).cast(pa.float64(), safe=False)
    return Outcome.split(rows, pa.array(keep), reason=names, values=values, counters=counters)
