"""`hexapla calibrate`: fit thresholds, stop words and language scores to your own texts; try thresholds on a run."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from ..engine.errors import ConfigError, nearest
from .terminal import columns, number, say, several

if TYPE_CHECKING:
    from ..engine.readers.config import InputConfig
    from ..filters.calibration import Calibration, Settings
    from ..filters.calibration_data import Corpus
    from ..filters.rules import Ruleset

MANY = ("--reference", "--crawl")
MOST_LISTED = 60


class ManyPaths(TyperCommand):
    """A command whose `--reference` and `--crawl` take all paths that follow, as a shell makes them of `*.parquet`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each path."""
        repeated: list[str] = []
        option = ""
        for position, part in enumerate(args):
            if part.startswith("-"):
                option = part if part in MANY else ""
            elif option and position and args[position - 1] != option:
                repeated.append(option)
            repeated.append(part)
        return super().parse_args(ctx, repeated)


class MethodName(enum.StrEnum):
    """How thresholds are chosen."""

    fineweb2 = "fineweb2"
    tail = "tail"
    quantile = "quantile"
    mean_std = "mean_std"
    median_ratio = "median_ratio"
    pivot = "pivot"


Reference = Annotated[
    list[str] | None, typer.Option("--reference", metavar="PATH...", help="Clean texts, such as a Wikipedia.")
]
Crawl = Annotated[list[str] | None, typer.Option("--crawl", metavar="PATH...", help="A sample of what is filtered.")]
Output = Annotated[str, typer.Option("--output", metavar="FILE", help="The preset that is written (.yaml).")]
Report = Annotated[
    str | None, typer.Option("--report", metavar="FILE", help="Write a page that shows what each threshold removes.")
]
Preset = Annotated[str, typer.Option("--preset", metavar="NAME", help="Rules, and thresholds where nothing is fitted.")]
Language = Annotated[
    str | None, typer.Option("--language", metavar="CODE", help="The language of all texts, such as fra_Latn.")
]
LanguageColumn = Annotated[str, typer.Option(metavar="NAME", help="The column that names each text's language.")]
TextColumn = Annotated[str, typer.Option(metavar="NAME", help="The column with the texts.")]
ScoreColumn = Annotated[str, typer.Option(metavar="NAME", help="The column with the language detector's scores.")]
ScoreModel = Annotated[
    str | None, typer.Option(metavar="NAME", help="The detector of these scores: cld2, a model, or its SHA-256.")
]
Format = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="parquet, jsonl, wet, text or hf; else by file names.")
]
Document = Annotated[
    str | None, typer.Option("--document", metavar="NAME", help="A document of a text file: file, line or blank-line.")
]
MethodOption = Annotated[MethodName, typer.Option("--method", help="FineWeb-2's choice by rule, or one for all.")]
Tail = Annotated[float, typer.Option(min=0.00001, max=0.5, help="Share of the reference that a rule by tail removes.")]
Minimum = Annotated[
    int, typer.Option("--min-documents", min=20, metavar="N", help="With fewer documents the script's fit is taken.")
]
PivotOption = Annotated[str, typer.Option("--pivot", metavar="CODE", help="The language whose thresholds are known.")]
PivotPreset = Annotated[str, typer.Option(metavar="NAME", help="The preset that has them.")]
Rules = Annotated[
    list[str] | None, typer.Option("--rule", metavar="NAME", help="Fit this rule; else those that FineWeb-2 fits.")
]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="Read at most so many documents of each set.")]
WhatIf = Annotated[
    str | None, typer.Option("--what-if", metavar="PATH", help="Instead: judge the rows of a finished run again.")
]
Thresholds = Annotated[
    str | None, typer.Option("--thresholds", metavar="FILE", help="With --what-if: the preset to try.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="STAGE.KEY=VALUE", help="With --what-if: as `run` takes it.")
]
Json = Annotated[bool, typer.Option("--json", help="With --what-if: one JSON object.")]


def calibrate(  # noqa: PLR0913, PLR0917
    reference: Reference = None,
    crawl: Crawl = None,
    output: Output = "thresholds.yaml",
    report: Report = None,
    preset: Preset = "fineweb2",
    language: Language = None,
    language_column: LanguageColumn = "language",
    text_column: TextColumn = "text",
    score_column: ScoreColumn = "language_score",
    score_model: ScoreModel = None,
    format_: Format = None,
    document: Document = None,
    method: MethodOption = MethodName.fineweb2,
    tail: Tail = 0.1,
    min_documents: Minimum = 2000,
    pivot: PivotOption = "eng_Latn",
    pivot_preset: PivotPreset = "fineweb",
    rules: Rules = None,
    limit: Limit = None,
    what_if: WhatIf = None,
    thresholds: Thresholds = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Fit thresholds, stop words and least language scores to your texts; or try thresholds on a run (--what-if)."""
    if what_if is not None:
        from .calibrate_what_if import print_what_if

        print_what_if(what_if, thresholds, set_ or [], language, json_)
        return
    if thresholds is not None or set_ or json_:
        raise ConfigError("--thresholds, --set and --json go with --what-if", where="calibrate")
    if not reference:
        raise ConfigError("no reference is given", where="calibrate", hint="--reference PATH..., or --what-if OUTPUT")
    _check_output(output)
    model = _score_model(score_model, crawl or [])
    scan = Scan(language, language_column, text_column, score_column, format_, document, limit)
    ruleset = _load(preset, "--preset")
    settings = _settings(
        ruleset, method, tail, min_documents, pivot, _load(pivot_preset, "--pivot-preset"), rules or []
    )
    result = _fit(ruleset, settings, scan, reference, crawl or [])
    heading = _heading(result, scan, reference, crawl or [], method, pivot_preset)
    _write(result, preset, output, report, heading, model)


class Scan:
    """How the inputs are read."""

    def __init__(
        self, language: str | None, language_column: str, text_column: str, score_column: str,
        format_: str | None, document: str | None, limit: int | None,
    ) -> None:  # fmt: skip
        self.language = _code(language, "--language") if language is not None else None
        self.language_column, self.text_column, self.score_column = language_column, text_column, score_column
        self.format, self.document, self.limit = format_, document, limit

    def read(self, paths: Sequence[str], corpus: Corpus, option: str, *, scores: bool) -> None:
        """Look at all documents.

        Raises:
            ConfigError: there are none, or a column is missing.
        """
        from ..engine.results import random_keys

        scored = scores and self._has_scores(paths)
        for rows in self._batches(paths, scored, option):
            languages = self._languages(rows)
            found = _scores(rows[self.score_column]) if scored else None
            corpus.add(rows["text"], languages, random_keys(rows, 0), found)
        self._check(corpus, paths, option)

    def _batches(self, paths: Sequence[str], scored: bool, option: str) -> Iterator[Any]:
        from ..engine.readers.scan import scan_rows

        wanted = ["uid", "text"]
        wanted += [] if self.language is not None else [self.language_column]
        wanted += [self.score_column] if scored else []
        try:
            yield from scan_rows(self._config(paths, scored), wanted, limit=self.limit)
        except ConfigError as error:
            missing = self.language is None and repr(self.language_column) in error.what
            hint = "--language-column NAME, or --language CODE for texts in one language" if missing else error.hint
            raise ConfigError(error.what, where=f"{option} {error.where}".strip(), hint=hint) from error

    def _config(self, paths: Sequence[str], scored: bool) -> InputConfig:
        from pydantic import ValidationError

        from ..engine.readers.config import InputConfig

        names = [] if self.language is not None else [self.language_column]
        names += [self.score_column] if scored else []
        given: dict[str, Any] = {"path": list(paths), "format": self.format, "document": self.document}
        if self.text_column != "text":
            given["columns"] = {"text": self.text_column}
        if self._is_jsonl(paths):
            given["columns"] = {**given.get("columns", {}), **{name: name for name in names}}
        try:
            return InputConfig(**given)
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(str(first["msg"]), where=f"--{first['loc'][0]}" if first["loc"] else "") from error

    def _is_jsonl(self, paths: Sequence[str]) -> bool:
        from ..engine.readers.config import format_by_name

        return self.format == "jsonl" or (self.format is None and format_by_name(paths[0]) == "jsonl")

    def _has_scores(self, paths: Sequence[str]) -> bool:
        """Whether the input has detector scores; without them no least scores are fitted."""
        from ..engine.readers.files import list_files
        from ..engine.readers.read import input_schema

        config = self._config(paths, False)
        return self._is_jsonl(paths) or self.score_column in input_schema(config, list_files(config)).names

    def _languages(self, rows: Any) -> Any:
        import pyarrow as pa

        if self.language is not None:
            return pa.array([self.language] * rows.num_rows, pa.string())
        column = rows[self.language_column]
        if not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)):
            raise ConfigError(f"the column {self.language_column!r} holds no strings but {column.type}")
        return column

    def _check(self, corpus: Corpus, paths: Sequence[str], option: str) -> None:
        where = f"{option} {', '.join(paths)}"
        if not corpus.documents:
            raise ConfigError("there are no documents", where=where)
        if not any(data.documents for data in corpus.languages.values()):
            seen = ", ".join(repr(name) for name in list(corpus.unnamed)[:3])
            other = sum(data.other_script for data in corpus.languages.values())
            what = (
                f"{several(other, 'document')} in another script than the language's" if other else f"languages: {seen}"
            )
            raise ConfigError(
                f"no document has a known language ({what})", where=where, hint="codes are ISO 639 or like fra_Latn"
            )


def _scores(column: Any) -> Any:
    """Scores as single-precision numbers, NaN for none."""
    import numpy as np
    import pyarrow as pa

    try:
        return np.asarray(column.cast(pa.float32(), safe=False).fill_null(float("nan")), np.float32)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ConfigError(f"the score column holds no numbers but {column.type}", where="--score-column") from error


def _code(label: str, option: str) -> str:
    """A language that the user names.

    Raises:
        ConfigError: it is none.
    """
    from ..filters.calibration_data import language_of
    from ..filters.language_codes import canonical, language, split

    code = language_of(label)
    if code is None or language(split(code)[0]) is None:
        from ..filters.rules import shipped_stop_words

        raise ConfigError(
            f"there is no language {label!r}", where=option, hint=nearest(canonical(label), shipped_stop_words())
        )
    return code


def _load(name: str, option: str) -> Ruleset:
    from ..filters.rules import load_preset

    try:
        return load_preset(name)
    except ValueError as error:
        raise ConfigError(str(error), where=option) from error


def _check_output(output: str) -> None:
    if not output.endswith((".yaml", ".yml")):
        raise ConfigError("a preset is a .yaml file", where=f"--output {output}")


def _settings(
    ruleset: Ruleset, method: MethodName, tail: float, minimum: int, pivot: str, pivot_rules: Ruleset, rules: list[str]
) -> Settings:
    from ..filters.calibration import Settings
    from ..filters.calibration_methods import METHODS

    for name in rules:
        if name not in ruleset.names:
            raise ConfigError(
                f"there is no rule {name!r} in the preset", where="--rule", hint=nearest(name, ruleset.names)
            )
    chosen = next((known for known in METHODS if known == method.value), None)
    return Settings(pivot_rules, chosen, tail, minimum, _code(pivot, "--pivot"), frozenset(rules))


def _fit(
    ruleset: Ruleset, settings: Settings, scan: Scan, reference: Sequence[str], crawl: Sequence[str]
) -> Calibration:
    from ..filters.calibration import calibrate as fit
    from ..filters.calibration_data import Corpus

    clean = Corpus(ruleset.rules, clean=True, count_words=True)
    scan.read(reference, clean, "--reference", scores=False)
    sample = Corpus(ruleset.rules, clean=False, count_words=False) if crawl else None
    if sample is not None:
        scan.read(crawl, sample, "--crawl", scores=True)
    return fit(ruleset, clean, sample, settings)


def _heading(
    result: Calibration,
    scan: Scan,
    reference: Sequence[str],
    crawl: Sequence[str],
    method: MethodName,
    pivot_preset: str,
) -> list[str]:
    """Where the thresholds come from: data, method, settings. The same for the same texts."""
    from .. import __version__

    settings = result.settings
    lines = [f"Fitted by hexapla {__version__}: hexapla calibrate, docs/calibrate.md."]
    for name, paths, corpus in (("reference", reference, result.reference), ("crawl", crawl, result.crawl)):
        if corpus is None:
            lines.append(f"{name}: none")
            continue
        used = sum(data.documents for data in corpus.languages.values())
        other = sum(data.other_script for data in corpus.languages.values())
        english = sum(data.english for data in corpus.languages.values())
        unnamed = sum(corpus.unnamed.values())
        lines.append(f"{name}: {_short(paths)}")
        lines.append(
            f"  {number(corpus.documents)} documents; used {number(used)}, left out {number(other)} in another script"
            f" than their language's, {number(english)} in English, {number(unnamed)} without a language"
        )
    lines.append(
        f"method: {method.value}; tail {settings.tail:g}; at least {number(settings.minimum)} documents;"
        f" pivot {settings.pivot} with the thresholds of {pivot_preset}"
    )
    return lines


def _short(paths: Sequence[str]) -> str:
    from ..engine.visible import visible_line

    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return visible_line(" ".join(paths[:3]) + more, 300)


def _score_model(named: str | None, crawl: Sequence[str]) -> tuple[str, str] | None:
    """The detector that made the crawl's scores, and what it is known by; None when nobody says.

    What no option says is known of a crawl that lies in the output folder of a run with one stage `language`.

    Raises:
        ConfigError: the option names no model.
    """
    from ..filters.language import model_mark

    given = named if named is not None else _model_of_run(crawl)
    if given is None:
        return None
    try:
        mark = model_mark(given)
    except ValueError as error:
        if named is None:  # the run's model is no longer there
            return None
        raise ConfigError(str(error), where="--score-model") from error
    return ("" if mark == given and mark != "cld2" else given), mark


def _model_of_run(crawl: Sequence[str]) -> str | None:
    """The model of the run that wrote all of these files, None when there is none or it cannot be told."""
    found = set()
    for path in crawl:
        about = next((folder / "run.json" for folder in Path(path).parents if (folder / "run.json").is_file()), None)
        if Path(path, "run.json").is_file():
            about = Path(path, "run.json")
        try:
            stages = json.loads(about.read_text("utf-8")).get("stages", []) if about is not None else []
        except (OSError, ValueError, AttributeError):
            stages = []
        models = [one["config"].get("model") for one in stages if one.get("name") == "language"]
        found.add(models[0] if len(models) == 1 else None)
    return found.pop() if len(found) == 1 else None


def _write(
    result: Calibration, preset: str, output: str, report: str | None, heading: Sequence[str],
    model: tuple[str, str] | None,
) -> None:  # fmt: skip
    from ..filters.calibration import joint_removal
    from .calibrate_files import pipeline_path, pipeline_text, preset_text, summary

    rules = result.rules()
    joint = {
        code: tuple(
            joint_removal(rules, code, corpus.languages.get(code) if corpus is not None else None)
            for corpus in (result.reference, result.crawl)
        )
        for code in result.languages
    }
    _put(output, preset_text(result, preset, heading))
    _put(pipeline_path(output), pipeline_text(result, output, heading, model))
    if report is not None:
        from .calibrate_report import report_page

        _put(report, report_page(result, joint, heading))
    shares = {code: (_percent(pair[0].share), _percent(pair[1].share)) for code, pair in joint.items()}
    rows = summary(result, shares)
    say("\n".join(columns(rows[: MOST_LISTED + 1], right=frozenset(range(1, 8)))))
    if len(rows) > MOST_LISTED + 1:
        say(f"... and {several(len(rows) - MOST_LISTED - 1, 'language')} more")
    _say_notes(result)
    for path in (output, pipeline_path(output), *([report] if report is not None else [])):
        say(path)


def _say_notes(result: Calibration) -> None:
    """In how many languages something else was taken than the language's own fit; why is in the file."""
    minimum = number(result.settings.minimum)
    for level, what in (("script", "take thresholds from their script"), ("preset", "keep thresholds of the preset")):
        some = sum(any(fit.level == level for fit in result.fits[code]) for code in result.languages)
        if some:
            say(f"  {several(some, 'language')} {what}: fewer than {minimum} documents, or nothing to fit")
    general = dict.fromkeys(
        note
        for fits in result.fits.values()
        for fit in fits
        for note in fit.notes
        if ": by tail" in note or "no crawl" in note
    )
    for note in general:
        say(f"  {note}")
    if result.few_words:
        say(f"  no stop words in {several(len(result.few_words), 'language')}: too few words of reference")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _put(path: str, text: str) -> None:
    """Write a file as a whole; a path or URL."""
    from ..engine.store import Store

    folder, _, name = path.rpartition("/")
    try:
        Store(folder or ".").put_bytes(text.encode("utf-8", "replace"), name)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error}", where=path) from error
