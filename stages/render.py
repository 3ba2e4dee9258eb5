"""The stage `render`: parallel text as pretraining documents and translation instructions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import MapStage
from .named_files import readable_file

if TYPE_CHECKING:
    from ..filters.prompt_templates import Template
    from ..filters.render_rows import Oriented

Format = Literal[
    "tab", "lucie", "interlinear", "tagged", "json-nway", "mnmt",
    "alma", "alma-target", "tower", "eurollm", "bayling", "bayling-constrained", "bayling-zh",
    "bayling-zh-constrained", "adaptive-mt", "mathoctopus",
    "bank", "context", "terminology", "multi-reference", "templates",
]  # fmt: skip
DOCUMENT_FORMATS = frozenset({"tab", "lucie", "interlinear", "tagged", "json-nway"})
GROUP_FORMATS = frozenset({"tagged", "json-nway", "multi-reference"})
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "bank": ("own+context+terminology",),
    "alma-target": ("alma-target", "alma"),
    "bayling-constrained": ("bayling-constrained", "bayling"),
    "bayling-zh-constrained": ("bayling-zh-constrained", "bayling-zh"),
    "context": ("context", "own"),
    "terminology": ("terminology", "own"),
}
"""Families of templates of a format, the first that has one for a row; other formats have the one of their name."""
TAKEN = frozenset(
    {"src", "tgt", "src_index", "tgt_index", "src_lang", "tgt_lang", "segments", "src_segments", "tgt_segments",
     "context", "terms", "fuzzy_matches", "fuzzy_matches_back"}
)  # fmt: skip
"""Columns that are in the rendered text, or say how it is to be read."""


class Render(MapStage):
    """Turn beads, pairs or groups into what models are trained on: documents, or translation instructions.

    Documents: `tab`, `lucie`, `interlinear` (of rows of the stage `gather`), `tagged`, `json-nway`. Instructions, word
    for word as published: `alma`, `alma-target` (prompts in the target language), `tower`, `eurollm`, `bayling`,
    `adaptive-mt`, `mnmt`, `mathoctopus`; `bank`, `context`, `terminology` and `multi-reference` are templates of
    hexapla's own, `templates` those of a file. `bayling-constrained` and `terminology` read the column `terms`,
    `adaptive-mt` `fuzzy_matches`, `context` the column of that name; rows without get a template that needs none.
    `bank` draws from all that a row has the columns for.

    Every row says how it was made: `direction` ("fra_Latn-eng_Latn": the source first), `template_id`, and `source`,
    the `uid` that it was made of. With these a text can be taken apart again (`hexapla.filters.unrender`); rows for
    which that fails, because the text itself contains what stands between its parts, are removed as `not_reversible`.
    Rows of `lucie` have `spans`, where each text begins and ends in bytes, because a space tells nothing. Choices are
    drawn by the hash of the seed and the row, never by the order of rows.
    """

    format: Format = Field(description="what is made")
    direction: Literal["both", "random", "fixed"] = Field(
        "random", description="of a pair: one direction at random, both, or the one that the pair has"
    )
    share: float = Field(
        0.5, ge=0, le=1, description="with direction: random, the share of rows in the direction that the pair has"
    )
    seed: int = Field(0, ge=0, lt=1 << 63, description="of all random choices")
    pairs: tuple[tuple[str, str], ...] = Field(
        (), description="only these, such as [[eng_Latn, fra_Latn]]; `fixed` then means the source first; empty: all"
    )
    languages: tuple[str, ...] = Field((), description="only these languages; empty: all")
    layout: Literal[
        "text", "messages", "sharegpt", "alpaca", "prompt-completion", "prompt-completion-messages"
    ] | None = Field(
        None, description="columns of instructions; default messages. Documents have the column text"
    )  # fmt: skip
    templates: str = Field("", description="with format: templates, a file: YAML, JSONL, or lines `prompt ||| target`")
    native: float = Field(
        0.0, ge=0, le=1,
        description="share of instructions in the target's or source's language, not English, where there are any",
    )  # fmt: skip
    shots: int | None = Field(
        None, ge=0, le=100, description="examples before the text, of `fuzzy_matches`; default adaptive-mt 1, else 0"
    )
    shot_share: float = Field(1.0, ge=0, le=1, description="share of the rows with examples that get them")
    most_languages: int = Field(
        0, ge=0, le=1000, description="tagged, multi-reference: languages of a group at most, chosen at random; 0: all"
    )
    names: str = Field("own", description="tagged: names of languages in the language of this code, or own")

    needs: ClassVar[tuple[str, ...]] = ("uid",)
    reasons: ClassVar[Mapping[str, str]] = {
        "no_language": "the language of a side is not known",
        "one_sided": "one of the sides is empty",
        "too_few_languages": "the group has text in fewer than two languages",
        "language_not_wanted": "its languages are not among `languages` or `pairs`",
        "no_template": "no template is for these languages",
        "not_reversible": "the text contains what stands between its parts",
    }

    @field_validator("pairs", "languages", mode="before")
    @classmethod
    def _canonical(cls, value: Any) -> Any:
        from ..filters.language_codes import canonical, check

        def one(code: Any) -> Any:
            if isinstance(code, str):
                check([code])
                return canonical(code)
            return [one(each) for each in code] if isinstance(code, list | tuple) else code

        return one(value)

    @field_validator("templates")
    @classmethod
    def _is_there(cls, value: str) -> str:
        return readable_file(value) if value else value

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if (self.format == "templates") != bool(self.templates):
            raise ValueError("`templates` is the file of `format: templates`")
        if self.format in DOCUMENT_FORMATS and self.layout not in {None, "text"}:
            raise ValueError(f"{self.format} makes documents: their layout is text")
        if self.names != "own":
            from ..filters.language_codes import check

            check([self.names])
        return self

    def resource_files(self) -> tuple[str, ...]:
        """The user's templates."""
        return (self.templates,) if self.templates else ()

    def _families(self) -> list[list[Template]]:
        from ..filters.prompt_templates import bank, read

        if self.templates:
            try:
                return [read(self.templates)]
            except (ValueError, OSError) as error:
                raise ConfigError(str(error), where="render.templates") from error
        every = (*bank("published"), *bank("own"))
        few_shot = (f"{self.format}-few-shot",) if self._shots() else ()
        wanted = (*few_shot, *FAMILIES.get(self.format, (self.format,)))
        found = [[each for each in every if each.id.split("/")[0] in family.split("+")] for family in wanted]
        if few_shot and not found[0]:
            raise ConfigError(
                f"{self.format} has no templates with examples", where="render.shots", hint="alma and adaptive-mt have"
            )
        return found

    def _shots(self) -> int:
        return (1 if self.format == "adaptive-mt" else 0) if self.shots is None else self.shots

    def _layout(self) -> Any:
        return "text" if self.format in DOCUMENT_FORMATS else self.layout or "messages"

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns but for the texts, those of the layout, and how the row was made."""
        from ..filters.chat_layouts import COLUMNS
        from ..filters.parallel_tables import table_kind
        from ..filters.render_pretraining import SPANS

        super().output_schema(schema)
        kind = table_kind(schema)
        if self.format == "interlinear" and "src_segments" not in schema.names:
            raise ConfigError(
                "interlinear needs whole documents", where="render", hint="put the stage 'gather' before it"
            )
        if self.format in GROUP_FORMATS and kind != "groups":
            raise ConfigError(f"{self.format} needs groups, its input has {kind}", where="render.format")
        if self.format not in {"interlinear", *GROUP_FORMATS} and kind not in {"groups", "beads", "pairs"}:
            raise ConfigError(
                f"parallel text is needed, and the input has {kind}",
                where="render",
                hint="pairs and beads have src, tgt, src_lang and tgt_lang, groups segments: see align, join, mine",
            )
        self._families() if self.format not in DOCUMENT_FORMATS else None
        text = {"text": pa.string()} if self.format in DOCUMENT_FORMATS else COLUMNS[self._layout()]
        made = {"language": pa.string(), **text, "template_id": pa.string()}
        made |= {"direction": pa.string(), "source": pa.string()}
        if self.format not in DOCUMENT_FORMATS:
            made["instruction_language"] = pa.string()
        if self.format == "lucie":
            made["spans"] = SPANS
        kept = [field for field in schema if field.name not in TAKEN and field.name not in made]
        return pa.schema([*kept, *(pa.field(name, of) for name, of in made.items())])

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """Removed rows stay as they came."""
        return schema

    def pieces(self, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Groups a few at a time: those of many languages have thousands of pairs."""
        from ..filters.parallel_tables import bounded_groups

        return bounded_groups(rows)

    def map_shard(self, rows: pa.RecordBatch) -> Outcome:
        """Render every row in its direction or directions."""
        from ..filters import render_batch

        if self.format == "interlinear":
            made = render_batch.documents_of_segments(rows, self._oriented_segments(rows))
        elif self.format in {"tagged", "json-nway"}:
            made = render_batch.documents_of_groups(
                rows, self.format, most=self.most_languages, seed=self.seed, languages=self.languages, names=self.names
            )
        else:
            given = self._oriented(rows)
            if self.format in ("tab", "lucie"):
                made = render_batch.documents_of_pairs(given, self.format)
            else:
                made = self._instructions(rows, given)
        return self._outcome(rows, made)

    def _oriented(self, rows: pa.RecordBatch) -> Oriented:
        from ..filters.render_rows import oriented

        return oriented(
            rows, direction=self.direction, share=self.share, seed=self.seed, languages=self.languages, pairs=self.pairs
        )

    def _oriented_segments(self, rows: pa.RecordBatch) -> Any:
        from ..filters.render_batch import oriented_documents

        return oriented_documents(rows, self.direction, self.share, self.seed, self.languages, self.pairs)

    def _instructions(self, rows: pa.RecordBatch, given: Oriented) -> Any:
        from ..filters import render_batch

        if self.format == "multi-reference":
            given = render_batch.with_group_sources(
                rows, given, most=self.most_languages, seed=self.seed, languages=self.languages
            )
        given = render_batch.with_shots(given, self._shots(), self.shot_share)
        return render_batch.instructions(given, self._families(), self._layout(), self.native)

    def _outcome(self, rows: pa.RecordBatch, made: Any) -> Outcome:
        from ..engine.chain import languages
        from ..filters.parallel_tables import hash_uids

        schema = self.output_schema(rows.schema)
        row, good = made.row[made.good], pa.array(made.good)
        at = pa.array(row)
        columns = {name: column.filter(good) for name, column in made.columns.items()}
        columns["source"] = rows.column("uid").take(at)
        made_of = pa.array([self.format] * len(row), pa.string())
        columns["uid"] = hash_uids([columns["source"], made_of, columns["direction"]], len(row))
        arrays = [
            (columns[field.name] if field.name in columns else rows.column(field.name).take(at)).cast(field.type)
            for field in schema
        ]
        kept = pa.RecordBatch.from_arrays(arrays, schema=schema)
        used = np.zeros(rows.num_rows, bool)
        used[row] = True
        of_text = np.where(_reached(made, rows.num_rows), "not_reversible", "no_template")
        reason = np.where(made.reason == "", of_text, made.reason)
        outcome = Outcome.split(rows, pa.array(used), reason=pa.array(reason, pa.string()))
        lost = int(len(made.good) - np.count_nonzero(made.good))
        counters = {"rendered": kept.num_rows, "left_out": lost} if lost else {"rendered": kept.num_rows}
        # a group that becomes pairs is used up, the second direction of a pair is created
        made_by, used_by = languages(kept), languages(rows.filter(pa.array(used)))
        grown = {code: made_by.get(code, 0) - used_by.get(code, 0) for code in (*made_by, *used_by)}
        created = {code: number for code, number in grown.items() if number > 0}
        consumed = {code: -number for code, number in grown.items() if number < 0}
        return Outcome(kept, outcome.removed, counters, consumed=consumed, created=created)


def _reached(made: Any, rows: int) -> Any:
    reached = np.zeros(rows, bool)
    reached[made.row[made.fits]] = True
    return reached
