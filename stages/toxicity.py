"""The stage `toxicity`: word lists per language, classifiers, adult hosts; scores by default, removal by rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import RULE_VALUES, Outcome
from ..engine.stage import Backing, ScoreStage, columns
from .by_configuration import ByConfiguration
from .model_device import device_of_run
from .named_files import FileOrFolderName, ModelName

DENSITY, SEVERITY, MODEL, ADULT = "toxicity_density", "toxicity_severity", "toxicity_model", "url_adult"
LISTS = columns(
    toxicity_score="float32", toxicity_hits="int32", toxicity_severity="float32", toxicity_worst="int8"
)  # fmt: skip


MODEL_LIBRARIES = ("torch", "transformers", "tokenizers")


class ToxicityModel(BaseModel):
    """A classifier of toxicity and which of its labels mean toxic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: ModelName = Field(description="a fastText file, a folder of transformers, or a hub id")
    labels: tuple[str, ...] = Field(("toxic",), min_length=1, description="labels whose highest score counts")
    lowercase: bool = Field(False, description="fastText: lower-case the text first")

    renamed: ClassVar[Mapping[str, str]] = {"model": "path"}

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, given: Any) -> Any:
        return {"path": given} if isinstance(given, str) else given


class Toxicity(ScoreStage):
    """Score obscene and abusive language; remove documents only where a limit is set.

    By word lists of the document's language: `toxicity_hits` counts the finds, `toxicity_score` is finds per word,
    `toxicity_severity` the finds' severities (1 mild, 2 strong, 3 slur) per word, `toxicity_worst` the highest one. All
    are null where no list serves the language, and the report counts these documents as not screened. A term counts as
    a whole word only, in the forms that the language's endings give it; one that is an ordinary word as well counts
    only beside one that is not. The lists name obscenities. They do not recognise hatred in plain words.

    By classifiers, with `model`: `toxicity_model` is the highest score of the labels asked for; null where no model
    serves the language. With `adult_hosts`: `url_adult` is 2 where the list holds the address, 1 where the host's name
    has a word of adult sites only, else 0; null without an address.
    """

    lists: FileOrFolderName | None = Field(
        None,
        description="your own word lists: a folder of files such as fra_Latn.txt, or one such file; default: shipped",
    )
    extend: bool = Field(False, description="use the lists that are shipped besides your own")
    also: tuple[str, ...] = Field(
        (), description="languages whose terms are looked for in every document, such as [eng_Latn]"
    )
    inflect: bool = Field(True, description="look for the forms that a language's endings make of terms, too")
    model: Mapping[str, ToxicityModel] = Field(
        default_factory=dict,
        description="a classifier's path, or classifiers by language, such as {rus_Cyrl: PATH}, with their labels "
        "{rus_Cyrl: {path: PATH, labels: [toxic]}}; 'default' for the other languages",
    )
    model_by: Literal["document", "line"] = Field(
        "document", description="what classifiers see: the document, or each line (the worst line's score counts)"
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        validate_default=True,
        description="where transformers compute; auto: cuda if the machine that starts the run has it",
    )
    adult_hosts: Literal["names"] | FileOrFolderName | None = Field(
        None,
        description="a list of adult sites (a file, or a folder such as UT1's), or 'names' for the rule on names alone",
    )
    max_density: float | None = Field(
        None,
        ge=0,
        le=1,
        description="remove documents with at least this many finds per word, such as 0.01; null: none",
    )
    min_hits: int = Field(3, ge=1, description="`max_density` and `max_severity` spare documents with fewer finds")
    max_severity: float | None = Field(
        None,
        ge=0,
        le=3,
        description="remove documents whose `toxicity_severity` is at least this, such as 0.02; null: none",
    )
    max_model_score: float | None = Field(
        None, allow_inf_nan=False, description="remove documents whose `toxicity_model` is at least this; null: none"
    )
    remove_adult: Literal["listed", "named"] | None = Field(
        None, description="remove documents whose address is listed, or (named) has an adult name as well; null: none"
    )

    needs = ("text", "language")
    adds: ClassVar[Any] = ByConfiguration(LISTS, lambda stage: stage.columns_made())
    libraries: ClassVar[Any] = ByConfiguration(
        ("icu4py",), lambda stage: ("icu4py", *(MODEL_LIBRARIES if stage.model else ()))
    )
    memory: ClassVar[Any] = ByConfiguration(1 << 30, lambda stage: 4 << 30 if stage.model else 1 << 30)
    reasons: ClassVar[Mapping[str, str]] = {
        DENSITY: "at least `max_density` finds per word, and at least `min_hits`",
        SEVERITY: "at least `max_severity` of severity per word, and at least `min_hits`",
        MODEL: "a classifier's score of at least `max_model_score`",
        ADULT: "an address of an adult site, by `remove_adult`",
    }
    selection_fields: ClassVar[tuple[str, ...]] = (
        "max_density", "min_hits", "max_severity", "max_model_score", "remove_adult",
    )  # fmt: skip

    renamed: ClassVar[Mapping[str, str]] = {"models": "model", "max_model": "max_model_score"}

    @field_validator("model", mode="before")
    @classmethod
    def _one_for_all(cls, model: Any) -> Any:
        return {"default": model} if isinstance(model, str) else model

    @field_validator("device")
    @classmethod
    def _device(cls, device: str, given: ValidationInfo) -> str:
        return device_of_run(device) if given.data.get("model") else device

    @model_validator(mode="after")
    def _lists_exist(self) -> Self:
        from ..filters.language_codes import check
        from ..filters.models import check_limit

        check(self.model, also=["default"])
        if self.lists is not None or self.also:
            from ..filters.toxicity import load_lists

            load_lists(self._list_files(), self.also, self.inflect)
        if self.adult_hosts not in (None, "names"):
            from ..filters.toxicity_urls import load_hosts

            load_hosts(str(self.adult_hosts))
        if self.max_model_score is not None and not self.model:
            raise ValueError("max_model_score: needs a model")
        check_limit("max_model_score", self.max_model_score, [each.path for each in self.model.values()])
        if self.remove_adult is not None and self.adult_hosts is None:
            raise ValueError("remove_adult: needs adult_hosts")
        return self

    def gpus(self) -> float:
        """One for a worker on cuda."""
        return 1.0 if self.device == "cuda" and self.model else 0.0

    def holds_model(self) -> bool:
        """With classifiers only."""
        return bool(self.model)

    def _list_files(self) -> tuple[str, ...]:
        from ..filters.toxicity import SHIPPED, list_files

        files = list_files(Path(self.lists)) if self.lists is not None else ()
        if self.lists is None or self.extend:
            files += list_files(SHIPPED)
        return tuple(str(path) for path in files)

    def resource_files(self) -> tuple[str, ...]:
        """The word lists, endings, models and lists of hosts that are used, as far as they are files."""
        from ..filters.toxicity_lists import ENDINGS_FILE
        from ..filters.toxicity_urls import host_files

        files = [*self._list_files(), str(ENDINGS_FILE)]
        if self.model:
            from ..filters.quality import files_of

            try:
                files += files_of({language: each.path for language, each in self.model.items()})
            except ValueError as error:
                raise ConfigError(str(error), where="toxicity.model") from error
        if self.adult_hosts not in (None, "names"):
            files += host_files(str(self.adult_hosts))
        return tuple(dict.fromkeys(files))

    def columns_made(self) -> dict[str, pa.DataType]:
        """The columns of word lists; `toxicity_model` with `model`, `url_adult` with `adult_hosts`."""
        made = dict(LISTS)
        if self.model:
            made[MODEL] = pa.float32()
        if self.adult_hosts is not None:
            made[ADULT] = pa.int8()
        return made

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Add the score columns."""
        from ..filters.toxicity import load_lists, screen

        try:
            lists = load_lists(self._list_files(), self.also, self.inflect)
        except ValueError as error:
            raise ConfigError(str(error), where="toxicity.lists") from error
        found = screen(rows["text"], rows["language"], lists)
        made = dict(zip(LISTS, found, strict=True))
        if self.model:
            made[MODEL] = self._model_scores(rows)
        if self.adult_hosts is not None:
            made[ADULT] = self._adult(rows)
        schema = self.output_schema(rows.schema)
        return pa.RecordBatch.from_arrays([made[n] if n in made else rows[n] for n in schema.names], schema=schema)

    def _model_scores(self, rows: pa.RecordBatch) -> pa.Array:
        from ..filters.language_choice import by_language
        from ..filters.toxicity_models import ModelChoice, model_scores

        choices = by_language(
            {code: ModelChoice(each.path, each.labels, each.lowercase) for code, each in self.model.items()}
        )
        try:
            return model_scores(rows["text"], rows["language"], choices, by=self.model_by, device=self.device)
        except ValueError as error:
            raise ConfigError(str(error), where="toxicity.model") from error

    def _adult(self, rows: pa.RecordBatch) -> pa.Array:
        from ..filters.toxicity_urls import adult_urls, load_hosts

        if "url" not in rows.schema.names:
            return pa.nulls(rows.num_rows, pa.int8())
        listed = frozenset[str]() if self.adult_hosts == "names" else load_hosts(str(self.adult_hosts))
        return adult_urls(rows["url"], listed)

    def select(self, rows: pa.RecordBatch) -> Outcome:
        """Remove the documents at or above a limit that is set; without one, none."""
        score, hits = rows["toxicity_score"], rows["toxicity_hits"]
        counters = {
            "toxicity_screened": len(score) - score.null_count,
            "toxicity_not_screened": score.null_count,
            "toxicity_hits": pc.sum(hits, min_count=0).as_py(),
            "toxicity_documents_with_hits": pc.sum(pc.greater(hits, 0), min_count=0).as_py(),
        }
        broken = self._broken(rows)
        if not broken:
            return Outcome.keep(rows, counters)
        keep = pc.invert(_any([each for _, each, _ in broken]))
        lists: list[list[dict[str, object]]] = [[] for _ in range(rows.num_rows)]
        for rule, which, values in broken:
            for row in pc.indices_nonzero(which).to_pylist():
                lists[row].append({"rule": rule, "value": values[row].as_py()})
        reason = pa.array([each[0]["rule"] if each else None for each in lists], pa.string())
        return Outcome.split(rows, keep, reason=reason, reasons=pa.array(lists, RULE_VALUES), counters=counters)

    def _broken(self, rows: pa.RecordBatch) -> list[tuple[str, pa.BooleanArray, pa.Array]]:
        """The rules that are set: name, rows that break it, the values."""
        enough = pc.greater_equal(rows["toxicity_hits"], self.min_hits)
        broken: list[tuple[str, pa.BooleanArray, pa.Array]] = []
        for rule, name, most in (
            (DENSITY, "toxicity_score", self.max_density),
            (SEVERITY, "toxicity_severity", self.max_severity),
            (MODEL, MODEL, self.max_model_score),
        ):
            if most is not None:
                over = pc.greater_equal(rows[name], pa.scalar(most, pa.float32()))
                over = over if rule == MODEL else pc.and_(over, enough)
                broken.append((rule, over.fill_null(False), rows[name].cast(pa.float64())))
        if self.remove_adult is not None:
            over = pc.greater_equal(rows[ADULT], pa.scalar(2 if self.remove_adult == "listed" else 1, pa.int8()))
            broken.append((ADULT, over.fill_null(False), rows[ADULT].cast(pa.float64())))
        return broken

    def backing(self, language: str) -> Backing | None:
        """A list whose false alarms were measured, a list, a classifier, or nothing."""
        from ..filters.toxicity_measured import list_backing

        level, by = list_backing(language, self._list_files(), self.also, inflect=self.inflect)
        if self.model:
            from ..filters.language_choice import by_language, model_for

            own = model_for(by_language(self.model), language)
        else:
            own = None
        if own is not None:
            return Backing("proxy" if level == "none" else level, f"{by}; classifier {own.path}".removeprefix("; "))
        return Backing(level, by or "no word list: not screened")


def _any(masks: list[pa.BooleanArray]) -> pa.BooleanArray:
    """Rows that any mask has."""
    found = masks[0]
    for mask in masks[1:]:
        found = pc.or_(found, mask)
    return found
