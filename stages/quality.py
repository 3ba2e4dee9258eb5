"""The stage `quality`: one score per document by a learned model; removal by score is optional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Backing, ScoreStage
from .by_configuration import ByConfiguration
from .model_device import Device
from .named_files import ModelName

if TYPE_CHECKING:
    from ..filters.quality import ScoringPlan

Number = Annotated[float, Field(allow_inf_nan=False)]

RULE = "min_score"
DEFAULT = "default"
TAKEN = ("uid", "id", "text", "language", "embedding", "embedding_by")


class Quality(ScoreStage):
    """Score each document with a model of quality: your own, or one that others published.

    `model` is a folder made by `hexapla train quality`, a fastText file, or a sequence-classification head of
    transformers, by path or hub id; one for all languages, or one by language. A language that no model serves has no
    score (null), and is never removed. Several stages of this kind may follow each other, each with a `column` of its
    own. To keep the best share of each language, put `select` after it. Method and figures: `docs/quality.md`.
    """

    model: ModelName | dict[str, ModelName] = Field(
        description="a model, or models by language (fra_Latn or fra), 'default' for the others"
    )
    column: str = Field("quality_score", pattern=r"^[A-Za-z_]\w*$", description="name of the score's column")
    min_score: Number | dict[str, Number] | None = Field(
        None, description="remove documents with a lower score: one for all, or by language with 'default'"
    )
    label: str = Field("", description="of a model with several labels, the one whose score counts")
    activation: Literal["auto", "none", "sigmoid", "softmax"] = Field(
        "auto",
        description="heads: what is made of logits; auto: softmax, sigmoid if labels do not exclude each other, "
        "nothing for regression (EuroFilter's card takes sigmoid)",
    )
    window: int = Field(512, ge=8, description="heads: tokens of a window; less where the model takes less")
    windows: Literal["all", "first"] = Field("all", description="heads: see the whole document, or its first window")
    aggregation: Literal["mean", "max", "first"] = Field(
        "mean", description="heads: what is made of the scores of a document's windows"
    )
    lowercase: bool = Field(False, description="fastText files of others: lower-case first, as FineWeb2-HQ's want it")
    device: Device = Field(
        "auto", validate_default=True,
        description="where a network computes; auto: cuda if the machine that starts the run has it"
    )

    adds: ClassVar[Any] = ByConfiguration(
        {"quality_score": pa.float32()}, lambda stage: {stage.column: pa.float32()}
    )
    libraries: ClassVar[tuple[str, ...]] = ("torch", "transformers", "tokenizers")
    renamed: ClassVar[Mapping[str, str]] = {"models": "model"}
    reasons: ClassVar[Mapping[str, str]] = {RULE: "a score below `min_score`; the value is the score"}
    selection_fields: ClassVar[tuple[str, ...]] = ("min_score",)
    memory: ClassVar[int] = 4 << 30

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.column in TAKEN:
            raise ValueError(f"column {self.column!r} is the name of another column")
        if not self.model:
            raise ValueError("model: is empty: name a model, or one by language")
        from ..filters.language_codes import check

        for by_code in (self.model, self.min_score):
            check(by_code if isinstance(by_code, dict) else [], also=[DEFAULT])
        return self

    @model_validator(mode="after")
    def _limits_are_within_reach(self) -> Self:
        from ..filters.language_choice import by_language, model_for
        from ..filters.models import check_limit

        models = self._models()
        if not isinstance(self.min_score, dict):
            check_limit("min_score", self.min_score, models.values(), self.activation)
            return self
        for code, limit in self.min_score.items():
            own = None if code == DEFAULT else model_for(models, *by_language({code: limit}))
            check_limit(f"min_score.{code}", limit, [own] if own else models.values(), self.activation)
        return self

    def _models(self) -> dict[str, str]:
        from ..filters.language_choice import by_language

        return {DEFAULT: self.model} if isinstance(self.model, str) else by_language(self.model)

    def _plan(self) -> ScoringPlan:
        from ..filters.quality import ScoringPlan
        from ..filters.windows import WindowPlan

        return ScoringPlan(
            self.device, WindowPlan(self.window, self.windows), self.aggregation, self.activation, self.label,
            self.lowercase,
        )

    def gpus(self) -> float:
        """One for a worker on cuda."""
        return 1.0 if self.device == "cuda" else 0.0

    def holds_model(self) -> bool:
        """Always."""
        return True

    def resource_files(self) -> tuple[str, ...]:
        """The models, and the encoders that they were trained on (fetched from the hub if need be)."""
        from ..filters.quality import files_of

        try:
            return files_of(self._models())
        except ValueError as error:
            raise ConfigError(str(error), where=f"{self.stage_name()}.model") from error

    def backing(self, language: str) -> Backing | None:
        """The model that serves the language, measured where it has figures on held-out text in it."""
        from ..filters.language_choice import model_for
        from ..filters.quality import evidence_of

        name = model_for(self._models(), language)
        if name is None:
            return Backing("none", "no model for it")
        try:
            served, figures = evidence_of(name, language)
        except ValueError as error:
            raise ConfigError(str(error), where=f"{self.stage_name()}.model") from error
        if served == "none":
            return Backing("none", f"{name} has no model for it")
        if figures is not None:
            return Backing("measured", f"{name}: AUC {figures['auc']} on {figures['rows']} held-out documents")
        return Backing("proxy", f"{name}, which says nothing of this language")

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns and the score.

        Raises:
            ConfigError: there is no text; or a model or least score is given by language, or the model serves single
                languages only, and there is no language.
        """
        from ..filters.quality import is_by_language

        if schema.get_field_index("language") < 0:
            limits = self.min_score if isinstance(self.min_score, dict) else {}
            for key, tied in (("model", is_by_language(self._models())), ("min_score", set(limits) - {DEFAULT})):
                if tied:
                    raise ConfigError(
                        f"{key} is given by language, and the input has no column 'language'",
                        where=f"{self.stage_name()}.{key}", hint="put the stage 'language' before it",
                    )
        return super().output_schema(schema)

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Add the score, null where no model serves the language."""
        from ..filters.quality import Documents, score_documents

        names = set(rows.schema.names)
        stored = _Stored(rows) if {"embedding", "embedding_by"} <= names else None
        documents = Documents(rows["text"], rows["language"] if "language" in names else None, stored)
        try:
            scores = score_documents(documents, self._models(), self._plan())
        except ValueError as error:
            raise ConfigError(str(error), where=self.stage_name()) from error
        kept = [rows[name] for name in rows.schema.names if name != self.column]
        return pa.RecordBatch.from_arrays([*kept, scores], schema=self.output_schema(rows.schema))

    def select(self, rows: pa.RecordBatch) -> Outcome:
        """Remove the documents whose score is below the least one of their language."""
        score = rows[self.column]
        counters = {
            f"{self.column}_scored": len(score) - score.null_count,
            f"{self.column}_not_scored": score.null_count,
        }
        if self.min_score is None:
            return Outcome.keep(rows, counters)
        least = self._least(rows)
        low = pc.less(score, least).fill_null(False)
        return Outcome.split(rows, pc.invert(low), reason=RULE, values=score, counters=counters)

    def _least(self, rows: pa.RecordBatch) -> pa.FloatArray:
        """The least score of each row; null where none is asked for."""
        from ..filters.language_choice import by_language, canonical_languages, model_for

        if not isinstance(self.min_score, dict):
            return pa.array([self.min_score] * rows.num_rows, pa.float32())
        limits = by_language(self.min_score)
        known = rows.schema.get_field_index("language") >= 0
        languages = canonical_languages(rows["language"]) if known else [""] * rows.num_rows
        return pa.array([model_for(limits, language) for language in languages], pa.float32())


@dataclass(frozen=True)
class _Stored:
    """The vectors that the stage `embed` has stored in a batch."""

    rows: pa.RecordBatch

    def vectors(self, plan: Any, rows: Any) -> Any:
        """See `filters.quality.StoredEmbeddings`."""
        from ..filters.embeddings import from_column

        chosen = pa.array(rows)
        return from_column(self.rows["embedding"].take(chosen), self.rows["embedding_by"].take(chosen), plan)
