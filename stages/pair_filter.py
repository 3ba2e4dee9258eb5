"""The stage `pair_filter`: rules on sentence pairs, and selection."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pyarrow as pa
from pydantic import Field, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import ScoreStage
from .filter import check, parsed
from .pair_groups import select_groups
from .row_verdicts import with_columns

if TYPE_CHECKING:
    from ..filters.pair_rules import Rules

LOG = logging.getLogger(__name__)
SIGNALS = "pair_signals"
DEFAULT_PRESET = "usual"


class PairFilter(ScoreStage):
    """Remove sentence pairs that break a rule: OpusFilter's and bicleaner-hardrules' rules under their names.

    Reads beads and pairs (columns `src`, `tgt`, `src_lang`, `tgt_lang`) and groups (`segments`). What the rules measure
    is one column, the struct `pair_signals`: all rows have it in `stages/NN-pair_filter/scored`, removed rows too, kept
    rows with `keep_signals`. The first broken rule in the preset's order is the reason of removal; `reasons` lists all
    of them with the values that broke them. Rules on columns (`comet`, `bicleaner_score`, `labse_similarity`) break
    nothing where there is a null or no such column; the latter is said once, as a warning.

    In a group each rule decides about languages, not about the group: a segment that breaks a rule by itself goes, and
    of the others those that break rules together with more than half of the languages that are left, the worst first.
    With `pivot` the pairs with that language decide alone. What goes is a removed row, a group of the dropped segments
    with the column `dropped` (language and reason); what stays is a group as long as it has two languages, else the
    whole group is removed. Rules on columns and rules of your own judge a group as a whole.

    OpusFilter's rules count words by white space, and so do the presets `opusfilter_usual`, `llammas` and `mozilla`:
    they remove nearly every pair with Japanese, Chinese, Thai or another language that writes none. Parameters by
    language keep those: `{unit: {unspaced: char}, max_length: {unspaced: 1000, default: 100}}`; the heads of the
    presets' files have them ready.

    Presets, all rules and their parameters are described in `docs/pair-rules.md`.
    """

    preset: str = Field(
        DEFAULT_PRESET,
        description="usual, bicleaner_hard, llammas, mozilla, opusfilter_usual, webfaq; or the path of a YAML file of "
        "the same form; empty for none",
    )
    rules: dict[str, Any] = Field(
        {},
        description="rules by name, in place of the preset's or after them: {LongWordFilter: {threshold: 30}, no_urls: "
        "true, RepetitionFilter: null}; {column: comet, min: 0.7} is a rule on a column",
    )
    thresholds: dict[str, Any] = Field(
        {},
        description="parameters by name of the rule that change nothing of what is measured: {LengthFilter: "
        "{max_length: 80}}; changing these selects anew without measuring",
    )
    own: dict[str, str] = Field(
        {}, description="rules of your own, by the name of the reason: {qe: 'comet < 0.7 and score < 0.5'}"
    )
    pivot: str | None = Field(
        None, description="for groups: the language whose pairs decide, such as eng_Latn; null: all pairs, by majority"
    )
    keep_signals: bool = Field(False, description="leave the column `pair_signals` with the kept rows")

    needs: ClassVar[tuple[str, ...]] = ()
    selection_fields: ClassVar[tuple[str, ...]] = ("thresholds", "own", "keep_signals")
    libraries: ClassVar[tuple[str, ...]] = ("pycld2", "regex")

    @model_validator(mode="after")
    def _rules_exist(self) -> Self:
        from ..filters.pair_verdicts import TOO_FEW

        names = {rule.name for rule in self._rules()}
        if not names and not self.own:
            raise ValueError("there is no rule: give a preset, `rules` or `own`")
        taken = parsed(self.own).keys() & {*names, TOO_FEW}
        if taken:
            raise ValueError(f"{min(taken)!r} is a rule already: give your own rule another name")
        return self

    def _rules(self) -> Rules:
        from ..filters.pair_rules import load_rules

        return load_rules(self.preset, self.rules, self.thresholds)

    def resource_files(self) -> tuple[str, ...]:
        """The user's own preset, what it extends, and models; the shipped presets belong to the code."""
        from ..filters.pair_rules import PRESETS, preset_chain

        chain = preset_chain(self.preset) if self.preset else ()
        given = [
            rule.parameters.get(key) for rule in self._rules() for key in ("fasttext_model_path", "model_path", "model")
        ]
        models = [str(path) for path in given if path and path != "cld2"]
        return (*(str(path) for path in chain if path.parent != PRESETS), *dict.fromkeys(models))

    def scored_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with the struct column `pair_signals`.

        Raises:
            ConfigError: the rows are neither pairs nor groups, or a rule cannot be asked of their columns.
        """
        from ..filters.pair_rules import signal_type

        kind = table_of(schema)
        for rule in self._rules():
            if rule.kind is None:
                _check_column(rule.column, schema)
        signals = signal_type(self._rules(), lists=kind == "groups")
        after = with_columns(schema, **{SIGNALS: signals}) if signals.num_fields else schema
        check(parsed(self.own), after, "pair_filter.own")
        return after

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input, with the struct column `pair_signals` where it is to be kept."""
        full = self.scored_schema(schema)
        return full if self.keep_signals else pa.schema([field for field in full if field.name != SIGNALS])

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with the struct column `pair_signals`; for groups also `dropped`."""
        from ..filters.pair_verdicts import DROPPED

        full = self.scored_schema(schema)
        return with_columns(full, dropped=DROPPED) if table_of(schema) == "groups" else full

    def pieces(self, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Groups a few at a time: those of many languages have thousands of pairs."""
        from ..filters.parallel_tables import bounded_groups

        return bounded_groups(rows)

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Add the column `pair_signals`."""
        from ..filters.pair_rules import measure_pairs
        from ..filters.pair_verdicts import Groups

        schema = self.scored_schema(rows.schema)
        if SIGNALS not in schema.names:
            return rows
        rules = self._rules()
        if table_of(rows.schema) == "groups":
            signals = Groups.of(rows.column("segments"), self.pivot).measure(rules)
        else:
            signals = measure_pairs(_texts(rows), rules)
        kept = [rows.column(name) for name in rows.schema.names if name != SIGNALS]
        return pa.RecordBatch.from_arrays([*kept, signals], schema=schema)

    def select(self, rows: pa.RecordBatch) -> Outcome:
        """Remove the pairs that break a rule, with every rule that they break."""
        from ..filters.expressions import find_broken
        from ..filters.pair_verdicts import judge_pairs

        rules = self._rules()
        columns = self._columns(rows, rules)
        own = find_broken(parsed(self.own), rows)
        if table_of(rows.schema) == "groups":
            return select_groups(rows, rules, columns, own, self.pivot, keep_signals=self.keep_signals)
        signals = rows.column(SIGNALS) if SIGNALS in rows.schema.names else None
        verdicts = judge_pairs(signals, _texts(rows, languages_only=True), rules, columns).followed_by(own).verdicts()
        found = Outcome.split(rows, verdicts.keep, reason=verdicts.reason, reasons=verdicts.reasons)
        if self.keep_signals or signals is None:
            return found
        return Outcome(found.kept.drop_columns([SIGNALS]), found.removed, found.counters)

    def _columns(self, rows: pa.RecordBatch, rules: Rules) -> Mapping[str, pa.Array]:
        """The numbers that rules on columns look at, by name; what the rows do not have is left out."""
        from ..filters.expressions import column_at, resolve

        found = {}
        for rule in rules:
            if rule.kind is not None:
                continue
            try:
                found[rule.column] = column_at(rows, resolve(tuple(rule.column.split(".")), rows.schema)[0])
            except ValueError:
                continue
        return found


def table_of(schema: pa.Schema) -> str:
    """Whether rows are groups, or beads or pairs.

    Raises:
        ConfigError: they are neither.
    """
    from ..filters.parallel_tables import table_kind

    kind = table_kind(schema)
    if kind not in ("beads", "pairs", "groups"):
        raise ConfigError(
            f"sentence pairs are needed (columns src, tgt, src_lang, tgt_lang) or groups (segments), not {kind}",
            where="pair_filter", hint=f"the input has {', '.join(schema.names)}; is a stage `align` or `join` missing?",
        )  # fmt: skip
    return kind


def _texts(rows: pa.RecordBatch, *, languages_only: bool = False) -> Any:
    from ..filters.pair_signals import Texts

    nothing = pa.nulls(rows.num_rows, pa.large_string())
    src, tgt = (nothing if languages_only else rows.column(name) for name in ("src", "tgt"))
    return Texts.of_pairs(src, tgt, rows.column("src_lang"), rows.column("tgt_lang"))


def _check_column(name: str, schema: pa.Schema) -> None:
    from ..filters.expressions import resolve

    try:
        kind = resolve(tuple(name.split(".")), schema)[1]
    except ValueError:
        _say_missing(name)
        return
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise ConfigError(f"a rule bounds the column {name!r}, which is {kind}", where="pair_filter")


@cache
def _say_missing(name: str) -> None:
    """Warn, once in a process, that a rule waits for a column."""
    LOG.warning("pair_filter: no column %r: the rules on it are not asked", name)
