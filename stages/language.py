"""The stage `language`: the language and script of each document; what no detector can name keeps its script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from ..engine.errors import ConfigError, nearest
from ..engine.outcome import Outcome
from ..engine.stage import Backing, MapStage, columns
from .named_files import DetectorName

if TYPE_CHECKING:
    from ..filters.language import Detector

Share = Annotated[float, Field(ge=0, le=1)]

CANONICAL = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")


class Language(MapStage):
    """Name each document's language and script; a text that no detector can name keeps its script, as und_Ethi.

    Languages are ISO 639-3 and ISO 15924 codes (fra_Latn), those of FineWeb-2 and GlotLID. `language_score` is the
    detector's share or probability, null where the language is not known or was not detected. Text without letters is
    und_Zyyy. Method, data and figures: `docs/language-identification.md`.

    With `lines`, each line of at least 40 bytes is named by itself as well. `line_languages` has one entry per line
    (null for short ones), `language_shares` each language's share of the characters of these lines, the largest first,
    and `language_mixing` the share of named lines' characters that are in another language than most of them: a rule of
    the stage `filter` can ask for less of it. Lines are named also where `assume` or `trust` names the document.
    """

    model: DetectorName = Field(
        "cld2",
        description="cld2, or a fastText model: a file, a folder, or a hub id (owner/name[@revision], cis-lmu/glotlid)",
    )
    on_unknown: Literal["keep", "remove"] = Field(
        "keep", description="what becomes of documents whose language the model does not know"
    )
    assume: str | None = Field(None, description="the language of all documents, such as sat_Olck: nothing is detected")
    trust: str | None = Field(
        None, description="a column with language codes of any kind that are believed; rows without one are detected"
    )
    min_score: dict[str, Share] = Field(
        default_factory=dict,
        description="least score by language (fra_Latn or fra), 'default' for the others; below it the language is "
        "unknown (defaults: cld2 0, fastText 0.5)",
    )
    min_score_model: str | None = Field(
        None,
        description="the model that `min_score` was fitted to: cld2, or the first digits (8 or more) of a file's "
        "SHA-256; a run with another model is refused",
    )
    lines: bool = Field(
        False,
        description="also name the language of each line: adds `line_languages`, `language_shares` and "
        "`language_mixing`",
    )

    adds = columns(language="string", language_script="string", language_score="float32")
    libraries: ClassVar[tuple[str, ...]] = ("pycld2",)
    line_columns: ClassVar[Mapping[str, pa.DataType]] = {
        "line_languages": pa.list_(pa.string()),
        "language_shares": pa.list_(pa.struct([("language", pa.string()), ("share", pa.float32())])),
        "language_mixing": pa.float32(),
    }
    reasons: ClassVar[Mapping[str, str]] = {
        "language_unknown": "the language was not named, and `on_unknown` is remove",
    }

    @model_validator(mode="after")
    def _one_way_only(self) -> Self:
        if self.assume is not None and self.trust is not None:
            raise ValueError("assume and trust exclude each other")
        return self

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        from ..filters.language_codes import check

        check(self.min_score, also=["default"])
        check([] if self.assume is None else [self.assume])
        return self

    def holds_model(self) -> bool:
        """Whether a fastText model is loaded."""
        return (self.assume is None or self.lines) and self.model != "cld2"

    def resource_files(self) -> tuple[str, ...]:
        """The tables that are shipped, and the fastText model's file (fetched from the hub if need be)."""
        from ..filters import language, language_cld2, language_codes, language_words

        tables = (language_codes.TABLE, language_words.WORDS, language_cld2.FIT)
        if self.assume is None:
            self._check_thresholds()
        if not self.holds_model():
            return tuple(str(table) for table in tables)
        try:
            return (*(str(table) for table in tables), language.model_file(self.model))
        except ValueError as error:
            raise ConfigError(str(error), where="language.model") from error

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns, and `language`, `language_script`, `language_score` last.

        Raises:
            ConfigError: there is no text, or the column in `trust` is missing or holds no strings.
        """
        if self.trust is not None:
            if schema.get_field_index(self.trust) < 0:
                raise ConfigError(
                    f"there is no column {self.trust!r} to trust",
                    where="language.trust",
                    hint=nearest(self.trust, schema.names),
                )
            if not pa.types.is_string(schema.field(self.trust).type):
                raise ConfigError(f"the column {self.trust!r} holds no strings", where="language.trust")
        schema = super().output_schema(schema)
        if self.lines:
            fields = [field for field in schema if field.name not in self.line_columns]
            schema = pa.schema([*fields, *(pa.field(name, kind) for name, kind in self.line_columns.items())])
        return schema

    def backing(self, language: str) -> Backing | None:
        """What the detector knows of a language; nothing is said where a language is assumed or trusted."""
        if self.assume is not None or self.trust is not None:
            return None
        from ..filters.language_backing import backing

        try:
            return Backing(*backing(self.model, language))
        except ValueError as error:
            raise ConfigError(str(error), where="language.model") from error

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Add the columns; remove documents of unknown language where `on_unknown` says so."""
        if self.assume is not None:
            labels, scores = self._assumed(rows, self.assume)
        elif self.trust is not None:
            labels, scores = self._trusted(rows, self.trust)
        else:
            labels, scores = self._detected(rows["text"])
        with_script = pc.match_substring(labels, "_")
        scripts = pc.if_else(with_script, pc.replace_substring_regex(labels, "^.*_", ""), "Zyyy")
        known = pc.invert(pc.starts_with(labels, "und_"))
        added = {"language": labels, "language_script": scripts, "language_score": scores}
        if self.lines:
            added |= self._of_lines(rows["text"])
        kept = [name for name in rows.schema.names if name not in added]
        rows = pa.RecordBatch.from_arrays(
            [*(rows[name] for name in kept), *added.values()], schema=self.output_schema(rows.schema)
        )
        counters = {"language_known": known.true_count, "language_unknown": len(known) - known.true_count}
        if self.on_unknown == "keep":
            return Outcome.keep(rows, counters)
        return Outcome.split(rows, known, reason="language_unknown", counters=counters)

    def _detected(self, texts: pa.StringArray) -> tuple[pa.StringArray, pa.FloatArray]:
        """Labels and scores by the detector."""
        from ..filters.language import identify

        found = identify(texts, self._detector(), min_score=self._least())
        return found.language, found.score

    def _of_lines(self, texts: pa.StringArray) -> dict[str, pa.Array]:
        """The columns of `lines`."""
        from ..filters.language_lines import identify_lines

        found = identify_lines(texts, self._detector(), min_score=self._least())
        return dict(zip(self.line_columns, (found.lines, found.shares, found.mixing), strict=True))

    def _detector(self) -> Detector:
        """The detector that is configured.

        Raises:
            ConfigError: there is no such model, or `min_score` was fitted to another one.
        """
        from ..filters.language import detector

        try:
            found_by = detector(self.model)
        except ValueError as error:
            raise ConfigError(str(error), where="language.model") from error
        self._check_thresholds()
        return found_by

    def _check_thresholds(self) -> None:
        """Refuse thresholds that were fitted to another model: scores of two models are not comparable."""
        if self.min_score_model is None:
            return
        from ..filters.language import is_model

        try:
            same = is_model(self.model, self.min_score_model)
        except ValueError as error:
            raise ConfigError(str(error), where="language.min_score_model") from error
        if not same:
            raise ConfigError(
                f"min_score was fitted to the model {self.min_score_model}, not to {self.model}",
                where="language.min_score_model",
                hint="fit the thresholds again, or leave min_score_model out if you are sure",
            )

    def _least(self) -> dict[str, float]:
        """`min_score` by canonical label."""
        from ..filters.language_codes import canonical

        least = {"default" if name == "default" else canonical(name): score for name, score in self.min_score.items()}
        return least | {name: score for name, score in self.min_score.items() if "_" not in name}

    def _assumed(self, rows: pa.RecordBatch, code: str) -> tuple[pa.StringArray, pa.FloatArray]:
        """One language for all rows; its script from the text where the code has none."""
        from ..filters.language_codes import canonical
        from ..kernels.script import dominant_scripts

        scripts = dominant_scripts(rows["text"]).to_pylist()
        labels = [canonical(code, script) for script in scripts]
        return pa.array(labels, pa.string()), pa.nulls(len(labels), pa.float32())

    def _trusted(self, rows: pa.RecordBatch, column: str) -> tuple[pa.StringArray, pa.FloatArray]:
        """The column's languages; rows whose value names none are detected."""
        from ..filters.language_codes import canonical, language
        from ..kernels.script import dominant_scripts

        scripts = dominant_scripts(rows["text"]).to_pylist()
        given = [(code or "").strip() for code in rows[column].to_pylist()]
        labels = [
            canonical(code, script) if language(code) or CANONICAL.fullmatch(code) else ""
            for code, script in zip(given, scripts, strict=True)
        ]
        missing = [row for row, label in enumerate(labels) if not label or label.startswith("und")]
        scores: list[float | None] = [None] * len(labels)
        if missing:
            found, found_scores = self._detected(rows["text"].take(pa.array(missing, pa.int64())))
            for row, label, score in zip(missing, found.to_pylist(), found_scores.to_pylist(), strict=True):
                labels[row], scores[row] = label, score
        return pa.array(labels, pa.string()), pa.array(scores, pa.float32())
