"""Write the reference pages from the code: `python docs/generate.py`.

One page per stage in `docs/stages/`, from the class of the stage and nothing else; and the tables between the
`generated` marks of `docs/pipeline-file.md` and `docs/rules.md`. A test fails when a page is not what this makes of the
code.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from hexapla.cli.stages import bounds, default_text, type_name
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.readers.rows import DOCUMENT_FIELDS
from hexapla.engine.readers.warc import WARC_SCHEMA
from hexapla.engine.stage import MapStage, PublishStage, ScoreStage, Stage, StepStage
from hexapla.filters.rules import Ruleset, load_preset, preset_names, shipped_stop_words
from hexapla.filters.signals import SIGNALS
from hexapla.filters.toxicity import SHIPPED, list_files, read_term_list
from hexapla.pipelines.load import PipelineKeys
from hexapla.stages.registry import find_stage, stage_names
from pydantic import BaseModel

DOCS = Path(__file__).resolve().parent
OURS = "hexapla.stages."
HEADER = "<!-- Made by docs/generate.py from {source}; change that and run `make docs`. -->"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "contamination": {"words": "specific-words.tsv"},
    "datatrove": {"block": "datatrove.pipeline.filters.RegexFilter", "args": {"regex_exp": "a"}},
    "filter": {"remove": {"empty": "text == ''"}},
    "embed": {"model": "owner/encoder", "device": "cpu"},
    "quality": {"model": "owner/model", "device": "cpu"},
    "perplexity": {"model": {}},
    "select": {"by": "quality_score", "keep": 0.1},
    "render": {"format": "alma"},
    "terms": {"glossary": "terms.tsv"},
}
"""What a stage has to be told before its columns can be asked for."""

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "select": {"language": pa.string(), "quality_score": pa.float32()},
    "embedding_dedup": {"embedding": pa.list_(pa.float32(), 3)},
    "mine": {"embedding": pa.list_(pa.float32(), 3)},
    "rehydrate": {"language": pa.string(), "minhash_cluster_size": pa.int32()},
    **{
        stage: {name: pa.string() for name in ("src_lang", "tgt_lang", "src", "tgt")}
        for stage in ("pair_filter", "pair_dedup", "lexical_score")
    },
    "render": {name: pa.string() for name in ("src_lang", "tgt_lang", "src", "tgt")},
    "context": {"src_index": pa.list_(pa.int32())},
    "gather": {"src_index": pa.list_(pa.int32())},
    "align": {"doc_key": pa.string()},
    "join": {"doc_key": pa.string(), "key": pa.string(), "language": pa.string()},
    "parse": {"content": pa.binary(), "file_path": pa.string()},
}
"""Columns that its configuration names, besides those that it always needs."""

OVER = {
    "units": "each unit's rows",
    "partitions": "each partition of what earlier steps left",
    "all": "everything at once, one task",
}


def pages() -> dict[Path, str]:
    """All pages that are made, by path, with their text."""
    stages = [find_stage(name) for name in stage_names()]
    ours = [stage for stage in stages if stage.__module__.startswith(OURS)]
    made = {DOCS / "stages" / f"{stage.stage_name()}.md": stage_page(stage) for stage in ours}
    made[DOCS / "stages" / "README.md"] = index_page(ours)
    keys = DOCS / "pipeline-file.md"
    text = keys.read_text(encoding="utf-8")
    for name, model in (("pipeline", PipelineKeys), ("input", InputConfig)):
        text = between_marks(text, name, key_table(model))
    rules = DOCS / "rules.md"
    tables = between_marks(rules.read_text(encoding="utf-8"), "signals", [signal_table()])
    return made | {keys: text, rules: between_marks(tables, "rules", [rule_table()])}


def stage_page(kind: type[Stage]) -> str:
    """The page of one stage."""
    source = f"stages/{kind.__module__.rpartition('.')[2]}.py"
    first, *more = inspect.cleandoc(kind.__doc__ or "").split("\n\n")
    parts = [HEADER.format(source=source), f"# {kind.stage_name()}", *map(prose, [first, *more])]
    parts += ["## Keys", *(key_table(kind) or ["None."])]
    parts += ["## Columns", *columns_of(kind)]
    parts += ["## Reasons of removal", *reasons_of(kind)]
    parts += ["## How it runs", *how_it_runs(kind)]
    parts += EXTRAS.get(kind.stage_name(), list)()
    return "\n\n".join(parts) + "\n"


def index_page(kinds: Sequence[type[Stage]]) -> str:
    """The list of the stages."""
    rows = [
        (f"[{kind.stage_name()}]({kind.stage_name()}.md)", prose(inspect.cleandoc(kind.__doc__ or "").split("\n")[0]))
        for kind in kinds
    ]
    text = "Keys are set in the pipeline file or by `--set stage.key=value`; `hexapla stages NAME` shows the same."
    parts = [HEADER.format(source="stages/"), "# Stages", text, table(("stage", "what it does"), rows)]
    return "\n\n".join(parts) + "\n"


def prose(text: str) -> str:
    """A paragraph in one line, safe in Markdown; links to other pages made of `docs/...` paths."""
    line = " ".join(text.split())
    line = re.sub(r"`docs/([a-z-]+\.md)`", r"[\1](../\1)", line)
    outside = re.split(r"(`[^`]*`)", line)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in outside)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def key_table(kind: type[BaseModel]) -> list[str]:
    """The keys of a configuration; nothing when there are none."""
    rows = []
    for name, field in kind.model_fields.items():
        limits = f", {bounds(field)}" if bounds(field) else ""
        default = "required" if field.is_required() else f"`{default_text(field)}`"
        kind_of = re.sub("JsonValue|Any", "any value", f"{type_name(field.annotation)}{limits}").replace("<", "&lt;")
        rows.append((f"`{name}`", kind_of, default, prose(field.description or "")))
    return [table(("key", "type", "default", "what it does"), rows)] if rows else []


def made(kind: type[Stage]) -> Stage:
    """A stage with the keys that it must be told; what they name need not exist."""
    given = ARGUMENTS.get(kind.stage_name(), {})
    if any(field.is_required() and name not in given for name, field in kind.model_fields.items()):
        raise SystemExit(f"docs/generate.py: ARGUMENTS must say how to make the stage {kind.stage_name()}")
    return kind.model_construct(**given)


def columns_of(kind: type[Stage]) -> list[str]:
    """What the stage needs, adds and takes away."""
    lines = [f"Needs {names_of(kind.needs)}."]
    stage = made(kind)
    known = {field.name: field for field in (*DOCUMENT_FIELDS, *WARC_SCHEMA)}
    names = dict.fromkeys([*(field.name for field in DOCUMENT_FIELDS if field.name not in kind.adds), *kind.needs])
    named = COLUMNS.get(kind.stage_name(), {})
    before = pa.schema([known.get(name, pa.field(name, pa.string())) for name in names if name not in named])
    before = pa.schema([*before, *(pa.field(name, of) for name, of in named.items())])
    after, removed = stage.output_schema(before), stage.removed_schema(before)
    added = [field for field in after if field.name not in before.names or field.name in kind.adds]
    rows = [(f"`{field.name}`", type_of(field.type)) for field in added]
    lines += ["Adds:", table(("column", "type"), rows)] if rows else ["Adds none."]
    gone = [name for name in before.names if name not in after.names]
    if gone:
        lines.append(f"Takes away {names_of(gone)}.")
    more = [field for field in removed if field.name not in after.names]
    if more:
        lines.append("Removed rows also have " + ", ".join(f"`{f.name}` ({type_of(f.type)})" for f in more) + ".")
    return lines


def type_of(kind: pa.DataType) -> str:
    """An Arrow type, long structs in short."""
    text = re.sub(r"\bfloat\b", "float32", str(kind).replace("halffloat", "float16"))
    text = text.replace("element: ", "").replace("item: ", "")
    return (text if len(text) <= 90 else "struct, see below").replace("<", "&lt;")


def names_of(names: Iterable[str]) -> str:
    """Column names in a sentence."""
    return ", ".join(f"`{name}`" for name in names) or "no column"


def reasons_of(kind: type[Stage]) -> list[str]:
    """Why the stage removes rows."""
    if kind.stage_name() in CONFIGURED_REASONS:
        return [CONFIGURED_REASONS[kind.stage_name()]]
    if not kind.reasons:
        return ["It removes no rows."]
    return [table(("reason", "meaning"), [(f"`{name}`", prose(text)) for name, text in kind.reasons.items()])]


CONFIGURED_REASONS = {
    "heuristics": "The names of the preset's rules, and those of `own`.",
    "filter": "The names of `remove`, and `not_kept` for what fails `keep`.",
    "datatrove": "Those of the block.",
    "pair_filter": "The names of the rules, and those of `own`; `too_few_languages` for what is left of a group.",
}


def how_it_runs(kind: type[Stage]) -> list[str]:
    """Form, what is written, what it depends on."""
    folder = f"stages/NN-{kind.stage_name()}"
    lines = []
    if issubclass(kind, ScoreStage):
        keys = names_of(kind.selection_fields)
        lines.append(
            f"Each row by itself, in two halves. All rows with their scores are written to `{folder}/scored/`; then "
            f"rows are selected. Changing {keys} selects again and does not score again."
        )
    elif issubclass(kind, MapStage):
        written = f"The kept rows are written to `{folder}/data/`." if kind.writes_after else (
            "It runs fused with its neighbours: its rows are written where the group ends."
        )
        lines.append(f"Each row by itself. {written}")
    elif issubclass(kind, StepStage):
        lines += steps_of(kind, folder)
    lines.append(f"Removed rows and counts are always kept: `{folder}/removed/`, `{folder}/ledger.json`.")
    gpu = f", {kind.num_gpus:g} GPU" if kind.num_gpus else ""
    lines.append(f"A worker takes {kind.num_cpus:g} CPU and up to {kind.memory / (1 << 30):g} GiB of memory{gpu}.")
    if kind.libraries:
        lines.append(f"Results depend on the versions of {', '.join(kind.libraries)}.")
    return lines


def steps_of(kind: type[StepStage], folder: str) -> list[str]:
    """The steps of a stage, with what makes each of them run again."""
    steps = made(kind).steps()
    rows = []
    for step in steps:
        reads = names_of([*step.slices, *step.whole]) if step.slices or step.whole else "the input"
        keys = "all keys" if step.fields is None else names_of(step.fields).replace("no column", "none")
        rows.append((f"`{step.name}`", OVER[step.over], reads, keys))
    ends = "the published files" if issubclass(kind, PublishStage) else f"`{folder}/data/`"
    return [
        f"All rows together, in steps. Each step's result is stored in `{folder}/steps/`, and runs again only when "
        f"what it depends on has changed; the last leaves {ends}.",
        table(("step", "works on", "reads", "depends on the keys"), rows),
    ]


def heuristics_tables() -> list[str]:
    """Where the rules and signals are described, and the languages with stop words."""
    return [
        "## Rules and signals",
        "The rules of every preset, the signals with their definitions and sources, and the language for rules of your "
        "own: [rules](../rules.md). How the default's thresholds were chosen: [thresholds](../thresholds.md).",
        "## Stop words",
        f"There are lists for {len(shipped_stop_words())} languages: {', '.join(sorted(shipped_stop_words()))}. "
        "In other languages `min_stop_words` does not apply.",
    ]


def rule_table() -> str:
    """The rules of every preset."""
    presets = {name: load_preset(name) for name in ("fineweb2", *preset_names())}
    names = {rule.name: rule for preset in presets.values() for rule in preset.rules}
    rows = []
    for name, rule in names.items():
        source = f"`{rule.signal}`" + (" (column)" if rule.is_column else "")
        rows.append((f"`{name}`", source, *(bound_of(preset, name) for preset in presets.values())))
    return table(("rule", "bounds", *presets), rows)


def signal_table() -> str:
    """Every signal with its definition and source."""
    types = {"count": "int32", "ratio": "float32", "name": "string"}
    rows = [(f"`{name}`", types[signal.kind], signal.meaning, signal.source) for name, signal in SIGNALS.items()]
    return table(("signal", "type", "meaning", "source"), rows)


def bound_of(preset: Ruleset, name: str) -> str:
    """The default bound of a rule in a preset."""
    rule = next((rule for rule in preset.rules if rule.name == name), None)
    if rule is None:
        return "-"
    if rule.threshold is None:
        return "by language"
    asked = [f"{count} {unit}" for count, unit in ((rule.lines, "lines"), (rule.words, "words")) if count]
    return f"{rule.threshold:g}" + (f" ({', '.join(asked)})" if asked else "")


def toxicity_languages() -> list[str]:
    """The languages that have a word list."""
    served = sorted({language for path in list_files(SHIPPED) for language in read_term_list(path).languages})
    return [
        "## Languages with a list",
        f"{', '.join(served)}. Sources and licence: `filters/word_lists/README.md`.",
    ]


EXTRAS = {"heuristics": heuristics_tables, "toxicity": toxicity_languages}


def between_marks(text: str, name: str, made: Sequence[str]) -> str:
    """Replace what stands between `<!-- generated: NAME -->` and `<!-- end -->`."""
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise SystemExit(f"docs/generate.py: the marks for {name} are missing")
    return pattern.sub(lambda found: found[1] + "\n\n".join(made) + "\n" + found[2], text)


def main() -> None:
    """Write what has changed, and delete pages of stages that are gone."""
    made = pages()
    for path, text in made.items():
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(DOCS)}")
    for path in (DOCS / "stages").glob("*.md"):
        if path not in made:
            path.unlink()
            print(f"deleted {path.relative_to(DOCS)}")


if __name__ == "__main__":
    sys.exit(main())
