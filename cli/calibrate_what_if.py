"""`hexapla calibrate --what-if`: what a finished run would remove with other thresholds, from its stored scores."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from ..engine.errors import ConfigError, nearest
from .terminal import columns, number, say

if TYPE_CHECKING:
    from ..engine.results import Results, StageResult
    from ..engine.stage import ScoreStage

STAGE = "heuristics"
LEFT_OUT = ("text", "content", "raw")
"""Columns that no selection needs, and that make up nearly all bytes."""
MOST_LISTED = 40
ALL_ROWS = 1 << 62

Count = Counter[tuple[str, str]]


@dataclass
class Verdict:
    """What one configuration of a stage removes.

    Attributes:
        removed: rows by language.
        rules: rows by language and rule; a row counts for each rule that it breaks.
    """

    removed: Counter[str] = field(default_factory=Counter)
    rules: Count = field(default_factory=Counter)

    def add(self, stage: ScoreStage, rows: Any) -> None:
        """Judge some rows.

        Args:
            stage: the stage.
            rows: scored rows.
        """
        gone = stage.select(rows).removed
        if gone is None or not gone.num_rows:
            return
        import pyarrow.compute as pc

        languages = _languages(gone)
        self.removed.update(_counted(languages))
        parents = pc.list_parent_indices(gone["reasons"])
        rules = pc.struct_field(pc.list_flatten(gone["reasons"]), "rule")
        pairs = pc.binary_join_element_wise(languages.take(parents), rules, "\t")
        for pair, count in _counted(pairs).items():
            language, _, rule = pair.partition("\t")
            self.rules[language, rule] += count


@dataclass
class Comparison:
    """A stage of a run as it was and as it would be.

    Attributes:
        folder: `NN-name`.
        rows: rows by language.
        then, now: what was and what would be removed.
        changed: the keys of the configuration that differ.
        seconds: how long it took.
    """

    folder: str
    changed: Mapping[str, Any]
    rows: Counter[str] = field(default_factory=Counter)
    then: Verdict = field(default_factory=Verdict)
    now: Verdict = field(default_factory=Verdict)
    seconds: float = 0.0


def print_what_if(
    output: str, thresholds: str | None, overrides: Sequence[str], language: str | None, as_json: bool
) -> None:
    """Judge the scored rows of a run again and print what changes; the run is only read.

    Args:
        output: the run's folder.
        thresholds: a preset for the stage `heuristics`.
        overrides: `stage.key=value`, as `hexapla run --set` takes them.
        language: only rows of this language.
        as_json: print one JSON object.

    Raises:
        ConfigError: there is no such run, stage, key or language.
    """
    from ..engine.results import Results

    results = Results(output)
    given = [*overrides, *([f'{STAGE}.preset="{thresholds}"'] if thresholds is not None else [])]
    if not given:
        raise ConfigError(
            "nothing is changed", where="--what-if", hint="--thresholds FILE, or --set heuristics.KEY=VALUE"
        )
    found = [_compare(results, *pair) for pair in _changed(results, given)]
    for one in found:
        if language is not None and language not in one.rows:
            raise ConfigError(
                f"the stage saw no row in {language!r}", where=one.folder, hint=nearest(language, one.rows)
            )
    if as_json:
        typer.echo(json.dumps({one.folder: _as_json(one, language) for one in found}, ensure_ascii=False))
        return
    for one in found:
        say("\n".join(_lines(one, language)))


def _changed(results: Results, overrides: Sequence[str]) -> Iterator[tuple[StageResult, ScoreStage, ScoreStage]]:
    """The stages whose configuration differs: as it was, as it would be.

    Raises:
        ConfigError: a key is wrong, or a stage cannot be selected again.
    """
    from ..pipelines.overrides import apply_overrides

    entries = list(results.run.get("stages", ()))
    content = {"stages": [{entry["name"]: dict(entry.get("config") or {})} for entry in entries]}
    before = json.loads(json.dumps(content))
    _, wrong = apply_overrides(content, overrides, ())
    if wrong:
        raise wrong[0]
    changed = False
    for entry, old, new in zip(entries, before["stages"], content["stages"], strict=True):
        name = entry["name"]
        if old[name] == new[name]:
            continue
        changed = True
        stage = next(one for one in results.stages if one.position == int(entry["position"]))
        yield stage, _stage(name, old[name], "run.json"), _again(stage, name, old[name], new[name])
    if not changed:
        raise ConfigError("the run has these values already", where="--what-if")


def _again(stage: StageResult, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> ScoreStage:
    """The stage with the new configuration; only what its selection reads may differ."""
    made = _stage(name, new, "--set")
    scoring = [key for key in new if new[key] != old.get(key) and key not in made.selection_fields]
    if scoring:
        raise ConfigError(
            f"{scoring[0]} changes scores, not only what is selected by them",
            where=f"{stage.folder}.{scoring[0]}",
            hint=f"run again with --set; without scoring again one can change {', '.join(made.selection_fields)}",
        )
    if not stage.scored:
        raise ConfigError("the run kept no scored rows of this stage", where=stage.folder, hint="run it again")
    return made


def _stage(name: str, config: Mapping[str, Any], where: str) -> ScoreStage:
    from pydantic import ValidationError

    from ..engine.stage import ScoreStage
    from ..stages.registry import find_stage

    kind = find_stage(name)
    if not issubclass(kind, ScoreStage):
        raise ConfigError(f"the stage {name!r} does not select by stored scores", where="--what-if")
    try:
        return kind(**config)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        hint = nearest(key, kind.model_fields) if first["type"] == "extra_forbidden" else ""
        what = f"there is no key {key!r}" if hint else str(first["msg"]).removeprefix("Value error, ")
        raise ConfigError(what, where=f"{where} {name}.{key}".rstrip("."), hint=hint) from error


def _compare(results: Results, stage: StageResult, then: ScoreStage, now: ScoreStage) -> Comparison:
    """Judge all scored rows of a stage twice."""
    started = time.monotonic()
    old, new = then.model_dump(mode="json"), now.model_dump(mode="json")
    found = Comparison(stage.folder, {key: new[key] for key in new if new[key] != old.get(key)})
    for rows in _scored(results, stage):
        found.rows.update(_counted(_languages(rows)))
        found.then.add(then, rows)
        found.now.add(now, rows)
    found.seconds = time.monotonic() - started
    return found


def _scored(results: Results, stage: StageResult) -> Iterator[Any]:
    """The scored rows without their texts, a row group at a time."""
    names = [name for name in stage.scored_columns if name not in LEFT_OUT]
    for file in stage.scored:
        for _, _, rows in results.spread([file], names, ALL_ROWS):
            yield rows


def _languages(rows: Any) -> Any:
    """The language of each row; und where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "language" not in rows.schema.names:
        return pa.array(["und"] * rows.num_rows, pa.string())
    return pc.fill_null(rows["language"].cast(pa.string()), "und")


def _counted(values: Any) -> dict[str, int]:
    return {pair["values"]: pair["counts"] for pair in values.value_counts().to_pylist()}


def _as_json(one: Comparison, language: str | None) -> dict[str, Any]:
    languages = [language] if language is not None else sorted(one.rows)
    names = sorted({rule for _, rule in (*one.then.rules, *one.now.rules)})
    return {
        "changed": one.changed,
        "seconds": round(one.seconds, 3),
        "languages": {
            code: {
                "rows": one.rows[code],
                "removed": [one.then.removed[code], one.now.removed[code]],
                "rules": {
                    rule: pair for rule in names if any(pair := [one.then.rules[code, rule], one.now.rules[code, rule]])
                },
            }
            for code in languages
        },
    }


def _lines(one: Comparison, language: str | None) -> list[str]:
    """Totals, then by language and rule what changes; a row counts for each rule that it breaks."""
    total = sum(one.rows.values())
    lines = [
        f"{one.folder}: {number(total)} rows, removed then {number(sum(one.then.removed.values()))},"
        f" now {number(sum(one.now.removed.values()))} ({one.seconds:.1f} s; the run is unchanged)"
    ]
    order = sorted(one.rows, key=lambda code: (-one.rows[code], code))
    chosen = [code for code in order if language in (None, code)]
    for code in chosen[:MOST_LISTED]:
        lines += columns(_table(one, code), indent="  ", right=frozenset((1, 2, 3)))
    if len(chosen) > MOST_LISTED:
        lines.append(f"  {len(chosen) - MOST_LISTED} more languages: --language CODE, or --json for all")
    return lines


def _table(one: Comparison, code: str) -> list[list[str]]:
    """The lines of a language: all rows, then rules that remove another number than before."""
    then, now = one.then.removed[code], one.now.removed[code]
    rows = [[code, f"{number(one.rows[code])} rows", f"then {number(then)}", f"now {number(now)}"]]
    rules = {rule for language, rule in (*one.then.rules, *one.now.rules) if language == code}
    for rule in sorted(rules, key=lambda name: (-abs(one.now.rules[code, name] - one.then.rules[code, name]), name)):
        before, after = one.then.rules[code, rule], one.now.rules[code, rule]
        if before != after:
            rows.append([f"  {rule}", f"{after - before:+,}", number(before), number(after)])
    return rows
