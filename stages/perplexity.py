"""The stage `perplexity`: how expected a text is to an n-gram model of its language; bounds, and trimming by lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, model_validator

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Backing, ScoreStage, columns
from .named_files import FileName, FileOrFolderName
from .row_verdicts import annotate

if TYPE_CHECKING:
    from ..filters.ngram_models import LineScores
    from ..filters.perplexity import LineModel
    from ..filters.perplexity_lines import Trimmed

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Bound = Positive | dict[str, Positive] | None

LOW, HIGH, LITTLE = "min_perplexity", "max_perplexity", "little_left"
SCORED = "perplexity_lines"
"""The column of line scores between the two halves of the stage."""


class Perplexity(ScoreStage):
    """Measure each document's perplexity under an n-gram model of its language; keep a band, trim unlikely lines.

    `perplexity` is 10 to the power of minus the log10 probability per token, each line scored as a sentence of its own
    and its end counted as a token, as CCNet and KenLM define it. It is null where there is no model for the language
    or nothing to score: such rows are never removed, and counted as not screened. Perplexities of different models
    cannot be compared: give bounds per language, or keep a share with the stage `select` (`order: lowest`).

    With `max_line_perplexity` every line above it is taken out with its line feed. Blank lines stay, but where lines
    between them are gone only the first run of blank lines stays, and none is left over at the beginning or the end.
    `perplexity` is then that of the lines that stay. Bounds apply after trimming.

    Models are files of `hexapla train perplexity` (`.npz`), ARPA files (`.arpa`, `.arpa.gz`), or KenLM binaries where
    the package `kenlm` is installed. An ARPA file or binary over pieces has its tokenizer beside it:
    `fra_Latn.sp.model` or `fra_Latn.tokenizer.json`. Method and figures: `docs/perplexity.md`.
    """

    model: FileOrFolderName | dict[str, FileName] = Field(
        description="a folder of files such as fra_Latn.npz, or paths by language: {fra_Latn: models/french.arpa.gz}"
    )
    min_perplexity: Bound = Field(
        None, description="remove documents below this perplexity; a number, or numbers by language and 'default'"
    )
    max_perplexity: Bound = Field(
        None, description="remove documents above this perplexity, likewise; CCNet-based sets use 10 and 1000"
    )
    max_line_perplexity: Bound = Field(
        None,description="take out lines above this perplexity, likewise"
    )
    min_remaining: float = Field(
        0.5, ge=0, le=1, description="the share of its characters that must be left of a trimmed document"
    )
    below_remaining: Literal["remove", "leave"] = Field(
        "remove", description="what becomes of a document with less left: removed, or left as it was"
    )
    lines: bool = Field(
        False, description="add the column line_perplexity, a number for each line of the text (null for blank ones)"
    )

    needs = ("text", "language")
    adds = columns(perplexity="float32")
    libraries: ClassVar[tuple[str, ...]] = ("kenlm", "sentencepiece", "tokenizers")
    renamed: ClassVar[Mapping[str, str]] = {
        "models": "model", "min": LOW, "max": HIGH, "max_line": "max_line_perplexity",
    }  # fmt: skip
    reasons: ClassVar[Mapping[str, str]] = {
        LOW: "perplexity below `min_perplexity`: repetition, lists, boilerplate",
        HIGH: "perplexity above `max_perplexity`: noise, another language, word salad",
        LITTLE: "trimming leaves less than `min_remaining` of the characters; the value is the share",
    }
    selection_fields: ClassVar[tuple[str, ...]] = (
        "min_perplexity", "max_perplexity", "max_line_perplexity", "min_remaining", "below_remaining", "lines",
    )  # fmt: skip

    @model_validator(mode="after")
    def _models_exist(self) -> Self:
        from ..filters.perplexity import model_files

        model_files(self.model)
        return self

    @model_validator(mode="after")
    def _bounds_are_possible(self) -> Self:
        from ..filters.language_codes import check

        for bound in (self.min_perplexity, self.max_perplexity, self.max_line_perplexity):
            check(bound if isinstance(bound, dict) else [], also=["default"])
        least, most = _by_code(self.min_perplexity), _by_code(self.max_perplexity)
        for code in {**least, **most}:
            low, high = (bounds.get(code, bounds.get("default")) for bounds in (least, most))
            if low is not None and high is not None and low > high:
                of = "" if code == "default" else f" of {code}"
                raise ValueError(
                    f"min_perplexity: {low:g} is above max_perplexity {high:g}{of}: "
                    "every scored document would be removed"
                )
        return self

    def holds_model(self) -> bool:
        """Models are loaded once per worker."""
        return True

    def resource_files(self) -> tuple[str, ...]:
        """The models, and the tokenizers beside them."""
        from ..filters.perplexity import model_files, tokenizer_file

        files = []
        for path in model_files(self.model).values():
            beside = tokenizer_file(path)
            files += [str(path), *([str(beside)] if beside else [])]
        return tuple(files)

    def backing(self, language: str) -> Backing | None:
        """The model of the language, "measured" where its file says how it did on text that it had not seen."""
        from ..filters.ngram_models import read_specification
        from ..filters.perplexity import model_files

        path = model_files(self.model).get(language)
        if path is None:
            return Backing("none", "no model")
        held_out = read_specification(path).get("held_out", {}) if path.suffix == ".npz" else {}
        if "perplexity" not in held_out:
            return Backing("proxy", f"{path.name}, without figures on held-out text")
        text = f"{path.name}: perplexity {held_out['perplexity']:g} on {held_out['tokens']:,} held-out tokens"
        return Backing("measured", f"{text}, {held_out['unknown_share']:.1%} unknown")

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns, `perplexity`, and `line_perplexity` where it is asked for."""
        own = (*self.adds, "line_perplexity") if self.lines else tuple(self.adds)
        kept = [field for field in super().output_schema(schema) if field.name not in own]
        added = [pa.field("perplexity", pa.float32())]
        if self.lines:
            added.append(pa.field("line_perplexity", pa.list_(pa.float32())))
        return pa.schema([*kept, *added])

    def scored_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns, `perplexity`, and the scores of all lines."""
        from ..filters.perplexity import LINE

        own = ("perplexity", SCORED)
        kept = [field for field in super().output_schema(schema) if field.name not in own]
        kept = [field for field in kept if field.name != "line_perplexity" or field.name in schema.names]
        return pa.schema([*kept, pa.field("perplexity", pa.float32()), pa.field(SCORED, pa.list_(LINE))])

    def _model(self, path: str) -> LineModel:
        """A model.

        Raises:
            ConfigError: the file cannot be used.
        """
        from ..filters.perplexity import load_model

        try:
            return load_model(path)
        except ValueError as error:
            raise ConfigError(str(error), where="perplexity.model") from error

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Add `perplexity` and the scores of all lines."""
        from ..filters.perplexity import measure, model_files

        files = model_files(self.model)
        present = set(rows["language"].unique().to_pylist())
        models = {language: self._model(str(path)) for language, path in files.items() if language in present}
        found = measure(rows["text"], rows["language"], models)
        return annotate(rows, **{"perplexity": found.perplexity, SCORED: found.lines})

    def select(self, rows: pa.RecordBatch) -> Outcome:
        """Trim lines, then keep the documents within the bounds."""
        from ..filters.perplexity import read_lines
        from ..filters.perplexity_lines import trim_lines

        scores, starts = read_lines(rows[SCORED])
        limits = self._bounds(self.max_line_perplexity, rows)
        trimmed = trim_lines(rows["text"], scores, starts, limits)
        little = (trimmed.lines > 0) & (trimmed.left < self.min_remaining)
        trimmed = _except(trimmed, little, rows["text"], starts)
        values = _after_trimming(rows, trimmed, scores, starts)
        counters = {
            "not_screened": rows["perplexity"].null_count,
            "trimmed_documents": int((trimmed.lines > 0).sum()),
            "trimmed_lines": int(trimmed.lines.sum()),
            "trimmed_characters": int(trimmed.characters.sum()),
        }
        annotated = annotate(rows, perplexity=pa.array(values, mask=np.isnan(values)))
        annotated = annotated.set_column(annotated.schema.get_field_index("text"), "text", trimmed.texts)
        if self.lines:
            annotated = annotate(annotated, line_perplexity=_line_column(scores, starts, trimmed, rows[SCORED]))
        annotated = annotated.select(self.output_schema(rows.schema.remove(rows.schema.get_field_index(SCORED))).names)
        gone = little & (self.below_remaining == "remove")
        return self._bounded(annotated, values, np.where(gone, trimmed.left, np.nan), counters)

    def _bounds(self, bound: Bound, rows: pa.RecordBatch) -> npt.NDArray[np.float64]:
        """The bound of each row, NaN for none."""
        if not isinstance(bound, dict):
            return np.full(rows.num_rows, np.nan if bound is None else bound)
        known = _by_code(bound)
        default = known.get("default", np.nan)
        return np.array([known.get(code, default) for code in rows["language"].to_pylist()], np.float64)

    def _bounded(
        self,
        rows: pa.RecordBatch,
        values: npt.NDArray[np.float32],
        left: npt.NDArray[np.float64],
        counters: dict[str, int],
    ) -> Outcome:
        """Remove documents with too little left, and those out of bounds."""
        with np.errstate(invalid="ignore"):
            low = values < self._bounds(self.min_perplexity, rows)
            high = values > self._bounds(self.max_perplexity, rows)
        little = ~np.isnan(left)
        names = pa.array([LITTLE, LOW, HIGH], pa.string()).take(pa.array(np.where(little, 0, np.where(low, 1, 2))))
        numbers = np.where(little, left, values.astype(np.float64))
        keep = pa.array(~(little | low | high))
        return Outcome.split(rows, keep, reason=names, values=pa.array(numbers), counters=counters)


def _by_code(bound: Bound) -> dict[str, float]:
    """A bound by canonical code and 'default'."""
    from ..filters.language_codes import canonical

    if not isinstance(bound, dict):
        return {} if bound is None else {"default": bound}
    return {code if code == "default" else canonical(code): value for code, value in bound.items()}


def _except(
    trimmed: Trimmed, little: npt.NDArray[np.bool_], texts: pa.StringArray, starts: npt.NDArray[np.int64]
) -> Trimmed:
    """As if some documents had not been trimmed; what would be left of them is kept in `left`."""
    import pyarrow.compute as pc

    from ..filters.perplexity_lines import Trimmed

    if not little.any():
        return trimmed
    return Trimmed(
        pc.if_else(pa.array(little), texts, trimmed.texts),
        np.where(little, 0, trimmed.lines),
        np.where(little, 0, trimmed.characters),
        trimmed.left,
        trimmed.kept_lines | np.repeat(little, np.diff(starts)),
    )


def _after_trimming(
    rows: pa.RecordBatch, trimmed: Trimmed, scores: LineScores, starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """The perplexity of each document, of those that lost lines without them; NaN for null."""
    from ..filters.ngram_models import LineScores
    from ..filters.perplexity import perplexities

    values = rows["perplexity"].fill_null(np.nan).to_numpy(zero_copy_only=False)
    changed = trimmed.lines > 0
    if not changed.any():
        return np.asarray(values, np.float32)
    kept = trimmed.kept_lines
    left = LineScores(np.where(kept, scores.log10, 0), np.where(kept, scores.tokens, 0), scores.unknown)
    with np.errstate(over="ignore"):
        return np.where(changed, perplexities(left, starts), values).astype(np.float32)


def _line_column(
    scores: LineScores, starts: npt.NDArray[np.int64], trimmed: Trimmed, scored: pa.ListArray
) -> pa.ListArray:
    """The perplexity of each line that stays, null for lines without tokens and for documents without a model."""
    from ..filters.perplexity_lines import line_perplexities

    kept = trimmed.kept_lines
    with np.errstate(over="ignore"):
        values = line_perplexities(scores)[kept].astype(np.float32)
    counts = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])[starts]
    lists = pa.ListArray.from_arrays(
        pa.array(counts, pa.int32()), pa.array(values, mask=np.isnan(values)), mask=scored.is_null()
    )
    return lists.cast(pa.list_(pa.float32()))
