"""The stage `heuristics`: signals of each document, rules on them, and selection."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import pyarrow as pa
from pydantic import Field, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Backing, ScoreStage
from .filter import check, parsed
from .signal_columns import is_shipped, languages_of, measured, read_stop_words, stop_word_number, with_signals

if TYPE_CHECKING:
    from ..filters.expressions import Expression
    from ..filters.rules import Ruleset

LOG = logging.getLogger(__name__)
DEFAULT_PRESET = "fineweb2"


class Heuristics(ScoreStage):
    """Measure each document (words, lines, repetition, characters ...) and remove those that break a rule of a preset.

    The measurements are one column, the struct `signals`. All rows have it in `stages/NN-heuristics/scored`, from where
    thresholds are changed without measuring again, and removed rows have it; kept rows with `keep_signals` or
    `measured`. A rule is a bound on one signal, or on a column that a stage before left (`language_score`), and its
    name is the reason of removal: the first broken rule in the preset's order; `reasons` lists all of them with the
    values that broke them. A null (stop words in a language without a list) breaks no rule, nor does a column that the
    rows do not have: that is said once, as a warning.

    A threshold is looked up for the document's language, then for its script, then the default. `languages` wins over
    `rules`, `rules` over the preset. Without the column `language` scripts alone choose the thresholds. Presets, rules
    of your own and all signals are described in `docs/rules.md`.
    """

    preset: str = Field(
        DEFAULT_PRESET,
        description="c4, catext, ccnet, fineweb, fineweb2, fineweb2_pipeline, gopher, lucie, polyglot_ko, redpajama2; "
        "or the path of a YAML file of the same form; or the path of FineWeb-2's language files (folder or file)",
    )
    rules: dict[str, float | None] = Field(
        {}, description="thresholds by rule name for every language, such as {max_bullet_lines: 0.95}; null: rule off"
    )
    languages: dict[str, dict[str, float | None]] = Field(
        {}, description="thresholds for one language or script, such as {deu_Latn: {min_stop_words: 1}}; these win"
    )
    own: dict[str, str] = Field(
        {},
        description="rules of your own, by the name of the reason: {too_many_digits: 'digits > 0.3 and words < 200'}",
    )
    stop_words: dict[str, tuple[str, ...]] | str = Field(
        {},
        description="your own stop words by language, instead of the shipped ones (an empty list: none); or a file or "
        "folder that has them: a preset's, FineWeb-2's language files",
    )
    segmentation: Literal["icu", "pieces"] = Field(
        "icu", description="how scripts without spaces are cut: by dictionaries, or into pieces of word size"
    )
    keep_signals: bool = Field(
        False,
        description="leave the column `signals` with the kept rows, for later stages and for the published files",
    )
    measured: bool = Field(
        False,
        description="select by the column `signals` that the rows have, from the stage `signals`; measure nothing",
    )

    selection_fields: ClassVar[tuple[str, ...]] = ("preset", "rules", "languages", "own", "keep_signals")
    libraries: ClassVar[tuple[str, ...]] = ("icu4py",)

    @model_validator(mode="after")
    def _rules_exist(self) -> Self:
        self._ruleset().check_possible(self.rules, self.languages)
        taken = self._own().keys() & set(self._ruleset().names)
        if taken:
            raise ValueError(f"{min(taken)!r} is a rule of the preset: give your own rule another name")
        read_stop_words(self.stop_words)
        return self

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input, with the struct column `signals` where it is to be kept.

        Raises:
            ConfigError: stored signals are asked for and are not there, or a rule cannot be asked of the columns.
        """
        full = self.scored_schema(schema)
        return full if self._leaves_signals() else pa.schema([field for field in full if field.name != "signals"])

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with the struct column `signals`."""
        return self.scored_schema(schema)

    def _leaves_signals(self) -> bool:
        return self.keep_signals or self.measured

    def scored_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with the struct column `signals`.

        Raises:
            ConfigError: stored signals are asked for and are not there, or a rule cannot be asked of the columns.
        """
        after = super().output_schema(schema) if self.measured else with_signals(super().output_schema(schema))
        if self.measured:
            self._check_stored(schema)
        for path, kind in self._rule_columns(after).items():
            if kind is None:
                _say_missing(path, self.preset)
            elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
                raise ConfigError(
                    f"a rule of {self.preset} bounds the column {path!r}, which is {kind}", where="heuristics"
                )
        check(self._own(), after, "heuristics.own")
        return after

    def _check_stored(self, schema: pa.Schema) -> None:
        """See that the rows have the signals that the rules ask for."""
        kind = schema.field("signals").type if "signals" in schema.names else None
        have = {field.name for field in kind} if kind is not None and pa.types.is_struct(kind) else set()
        needed = {"script", "lines", "words", *(rule.signal for rule in self._ruleset().rules if not rule.is_column)}
        if needed - have:
            missing = ", ".join(sorted(needed - have)) if have else "the column `signals`"
            raise ConfigError(
                f"`measured: true` selects by stored signals, and the rows lack {missing}", where="heuristics",
                hint="put the stage `signals` before, or leave `measured` out",
            )  # fmt: skip

    def _rule_columns(self, schema: pa.Schema) -> dict[str, pa.DataType | None]:
        """The columns that rules of the preset bound, with their types; None for those that are not there."""
        from ..filters.expressions import resolve

        found: dict[str, pa.DataType | None] = {}
        for rule in self._ruleset().rules:
            if rule.is_column:
                try:
                    found[rule.signal] = resolve(tuple(rule.signal.split(".")), schema)[1]
                except ValueError:
                    found[rule.signal] = None
        return found

    def resource_files(self) -> tuple[str, ...]:
        """The file of stop words."""
        return (self.stop_words,) if isinstance(self.stop_words, str) else ()

    def selection_files(self) -> tuple[str, ...]:
        """The user's own preset, and what it extends; the shipped ones belong to the code."""
        from ..filters.rules import PRESETS, preset_chain

        return tuple(str(path) for path in preset_chain(self.preset) if path.parent != PRESETS)

    def backing(self, language: str) -> Backing:
        """Whose thresholds and which stop words decide on a language."""
        origin = self._ruleset().origin(language)
        words = stop_word_number(self.stop_words, language)
        has = f"{words} stop words" if words else "no stop words"
        thresholds = {"language": "thresholds of the language", "script": "thresholds of its script"}
        was_looked_at = (
            self.preset == DEFAULT_PRESET
            and not self.rules
            and not self.languages
            and origin == "language"
            and words > 0
            and is_shipped(self.stop_words, language)
        )
        level: Literal["measured", "proxy"] = "measured" if was_looked_at else "proxy"
        return Backing(level, f"{thresholds.get(origin, 'thresholds of all languages')}, {has}")

    def _ruleset(self) -> Ruleset:
        from ..filters.rules import load_preset

        return load_preset(self.preset).with_thresholds(self.rules, self.languages)

    def _own(self) -> dict[str, Expression]:
        return parsed(self.own)

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Add the column `signals`."""
        return rows if self.measured else measured(rows, self.stop_words, self.segmentation)

    def select(self, rows: pa.RecordBatch) -> Outcome:
        """Remove the documents that break a rule, with every rule that they break."""
        from ..filters.expressions import column_at, find_broken, resolve
        from ..filters.rules import judge

        try:
            rules = self._ruleset()
        except ValueError as error:
            raise ConfigError(str(error), where="heuristics") from error
        there = [path for path, kind in self._rule_columns(rows.schema).items() if kind is not None]
        columns = {path: column_at(rows, resolve(tuple(path.split(".")), rows.schema)[0]) for path in there}
        own = find_broken(self._own(), rows) if self.own else None
        verdicts = judge(rows["signals"], languages_of(rows), rules, columns, own)
        unlisted = rows["signals"].field("stop_words").null_count if "stop_words" in _fields(rows) else 0
        counters = {"stop_words_not_screened": unlisted}
        found = Outcome.split(rows, verdicts.keep, reason=verdicts.reason, reasons=verdicts.reasons, counters=counters)
        return found if self._leaves_signals() else replace(found, kept=found.kept.drop_columns(["signals"]))


@cache
def _say_missing(path: str, preset: str) -> None:
    """Warn, once in a process, that a rule waits for a column."""
    LOG.warning("heuristics: no column %r: the rules of %s on it are not asked", path, preset)


def _fields(rows: pa.RecordBatch) -> set[str]:
    """Names of the signals that rows have."""
    return {field.name for field in rows.schema.field("signals").type}
