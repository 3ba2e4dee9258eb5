"""The stage `trim`: lines or sentences that break a rule go, the rest of the document stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import pyarrow as pa
from pydantic import Field, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Backing, MapStage

if TYPE_CHECKING:
    from ..filters.line_filters import LineRules, Trimmed

TOO_MUCH, NOTHING_LEFT = "trimmed_too_much", "nothing_left"


class Trim(MapStage):
    """Remove the lines (or sentences) of each document that break a rule of the preset.

    A rule is a bound on one signal of a line: words, share of digits, a closing mark, "javascript" ... `trim_counts`
    says how many units each rule removed, `trimmed` which share of the visible text they were. Between two units that
    stay stands what stood between them; where units are missing, the gap with the most line feeds. Text that loses
    nothing stays as it is, byte for byte.

    Presets: `web` (left-overs of pages; spares clean text), `c4`, `refinedweb`, and `catext` (sentences).
    Documents of which nothing is left are removed, with their text as it was.
    """

    preset: str = Field("web", description="web, c4, refinedweb, catext, or the path of a YAML file of the same form")
    rules: dict[str, float | None] = Field(
        {}, description="thresholds by rule name for every language, such as {code: 0.4}; null: rule off"
    )
    languages: dict[str, dict[str, float | None]] = Field(
        {}, description="thresholds for one language or script, such as {deu_Latn: {code: 0.4}}; these win"
    )
    unit: Literal["line", "sentence"] | None = Field(
        None, description="line or sentence; default: what the preset says"
    )
    max_trimmed: float | None = Field(
        None, ge=0, le=1, description="remove documents that lose a larger share of their visible characters"
    )

    reasons: ClassVar[Mapping[str, str]] = {
        TOO_MUCH: "a larger share of the text than `max_trimmed` broke a rule",
        NOTHING_LEFT: "every line broke a rule",
    }

    @model_validator(mode="after")
    def _rules_exist(self) -> Self:
        self._loaded().check_possible(self.rules, self.languages)
        return self

    def _loaded(self) -> LineRules:
        from dataclasses import replace

        from ..filters.line_filters import load_preset

        rules = load_preset(self.preset).with_thresholds(self.rules, self.languages)
        return rules if self.unit is None else replace(rules, unit=self.unit)

    def resource_files(self) -> tuple[str, ...]:
        """The user's own preset; the shipped ones belong to the code."""
        from ..filters.line_filters import PRESETS, preset_file

        path = preset_file(self.preset)
        return () if path.parent == PRESETS else (str(path),)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input with `trimmed` and `trim_counts`, a struct with a field for each rule."""
        counts = pa.struct([(name, pa.int32()) for name in self._loaded().rules])
        own = ("trimmed", "trim_counts")
        kept = [field for field in super().output_schema(schema) if field.name not in own]
        return pa.schema([*kept, pa.field("trimmed", pa.float32()), pa.field("trim_counts", counts)])

    def backing(self, language: str) -> Backing | None:
        """Thresholds of the language, of its script, or for all alike."""
        rules = self._loaded()
        if language in rules.languages:
            return Backing("proxy", f"thresholds of its own in {self.preset}")
        script = language.rpartition("_")[2]
        by = f"thresholds of the script {script}" if script in rules.scripts else "the same thresholds for all"
        return Backing("proxy", f"{by} ({self.preset}); policy phrases are English")

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Trim, then remove documents that lost too much."""
        from ..filters.line_filters import trim

        try:
            rules = self._loaded()
        except ValueError as error:
            raise ConfigError(str(error), where="trim.preset") from error
        languages = rows["language"] if "language" in rows.schema.names else None
        done = trim(rows["text"], languages, rules)
        return self._outcome(rows, done, rules)

    def _outcome(self, rows: pa.RecordBatch, done: Trimmed, rules: LineRules) -> Outcome:
        import numpy as np
        import pyarrow.compute as pc

        share = done.characters / np.maximum(done.of, 1)
        empty = (done.characters > 0) & (done.characters == done.of)
        too_much = share > (1.0 if self.max_trimmed is None else self.max_trimmed)
        keep = pa.array(~(empty | too_much))
        schema = self.output_schema(rows.schema)
        fields = schema.field("trim_counts").type
        counts = [pa.array(done.counts[:, place].astype(np.int32)) for place in range(len(rules.rules))]
        columns: dict[str, pa.Array] = {
            **dict(zip(rows.schema.names, rows.columns, strict=True)),
            # what is removed keeps its text, for whoever asks why
            "text": pc.if_else(keep, done.text, rows["text"]),
            "trimmed": pa.array(share.astype(np.float32)),
            "trim_counts": pa.StructArray.from_arrays(counts, fields=list(fields)),
        }
        made = pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)
        names = pa.array(np.where(empty, NOTHING_LEFT, TOO_MUCH), pa.string())
        counters = {f"trim_{name}": int(done.counts[:, place].sum()) for place, name in enumerate(rules.rules)}
        counters["trim_documents_changed"] = int((done.characters > 0).sum())
        return Outcome.split(made, keep, reason=names, values=pa.array(share), counters=counters)
