"""`hexapla sample`: look at some rows that a stage kept or removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..engine.errors import ConfigError, nearest
from .options import Results as Output
from .rows import as_json, show_value
from .terminal import say, wrapped

if TYPE_CHECKING:
    from ..engine.results import Results, StageResult

SHOWN_CHARACTERS = 600

StageName = Annotated[
    str | None, typer.Option("--stage", metavar="NAME", help="A stage; else the last one, or the one with the reason.")
]
Removed = Annotated[bool, typer.Option("--removed/--kept", help="Rows that the stage removed, or those it kept.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="NAME", help="Only rows removed for this reason.")]
Language = Annotated[str | None, typer.Option("--language", metavar="CODE", help="Only rows of this language.")]
Count = Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, metavar="N", help="How many rows.")]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Another seed draws other rows.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line, with all columns.")]
Full = Annotated[bool, typer.Option("--full", help="Print texts whole.")]


def sample(  # noqa: PLR0913, PLR0917
    output: Output = "curated",
    stage: StageName = None,
    removed: Removed = False,
    reason: Reason = None,
    language: Language = None,
    count: Count = 5,
    seed: Seed = 0,
    json_: Json = False,
    full: Full = False,
) -> None:
    """Print some rows that a stage kept or removed."""
    from ..engine.results import Results

    results = Results(output)
    removed = removed or reason is not None
    chosen = _choose(results, stage, removed, reason)
    _check(chosen, removed, reason, language)
    files = chosen.removed if removed else kept_files(results, chosen)
    rows = results.sample(files, count, seed, ("reason", "language"), _mask(reason, language))
    for number, row in enumerate(rows):
        if json_:
            typer.echo(json.dumps(as_json(row), ensure_ascii=False))
        else:
            say("\n" * bool(number) + "\n".join(_lines(row, full)))
    if not rows and not json_:
        say("no such rows")


def _choose(results: Results, name: str | None, removed: bool, reason: str | None) -> StageResult:
    """The stage that is meant."""
    if name is not None:
        wanted = [stage for stage in results.stages if name in (stage.name, stage.folder)]
        if not wanted:
            raise ConfigError(
                f"the run has no stage {name!r}",
                where=results.output,
                hint=nearest(name, [s.name for s in results.stages]),
            )
        if len(wanted) > 1:
            hint = "say which: " + ", ".join(stage.folder for stage in wanted)
            raise ConfigError(f"the stage {name!r} ran {len(wanted)} times", where=results.output, hint=hint)
        return wanted[0]
    if reason is not None:
        reasons = {found: stage for stage in results.stages for found in stage.totals.get("reasons", {})}
        if reason not in reasons:
            raise ConfigError(f"no row was removed for {reason!r}", where=results.output, hint=nearest(reason, reasons))
        return reasons[reason]
    if removed:
        some = [stage for stage in results.stages if stage.totals.get("removed")]
        if some:
            return max(some, key=lambda stage: stage.totals["removed"])
    return results.stages[-1]


def _check(stage: StageResult, removed: bool, reason: str | None, language: str | None) -> None:
    """Refuse a reason or language that the stage never saw, naming the nearest one."""
    where = f"stages/{stage.folder}"
    reasons, languages = stage.totals.get("reasons", {}), stage.ledger.get("languages", {})
    if reason is not None and reason not in reasons:
        raise ConfigError(f"the stage removed no row for {reason!r}", where=where, hint=nearest(reason, reasons))
    if language is not None and language not in languages:
        raise ConfigError(f"the stage saw no row in {language!r}", where=where, hint=nearest(language, languages))
    if removed and not stage.totals.get("removed"):
        raise ConfigError("the stage removed no rows", where=where)


def kept_files(results: Results, stage: StageResult) -> list[str]:
    """The files of the rows that a stage kept.

    Raises:
        ConfigError: they were not written.
    """
    if stage.kept or not stage.totals.get("out"):
        return stage.kept
    if stage is results.stages[-1] and results.published:
        return list(results.published)
    later = next((other.name for other in results.stages[stage.position :] if other.kept), None)
    raise ConfigError(
        "the rows that the stage kept were not written, they went straight into the next stage",
        where=f"stages/{stage.folder}",
        hint=f"the next rows on disk are those of --stage {later}" if later else "",
    )


def _mask(reason: str | None, language: str | None) -> Any:
    """Pick rows by reason and language; a table without languages has them all in `und`."""
    wanted = {name: value for name, value in (("reason", reason), ("language", language)) if value is not None}
    if not wanted:
        return None

    def mask(batch: Any) -> Any:
        import numpy as np
        import pyarrow.compute as pc

        picked = np.ones(batch.num_rows, bool)
        for name, value in wanted.items():
            if batch.schema.get_field_index(name) >= 0:
                equal = pc.equal(pc.fill_null(batch.column(name), "und"), value)
                picked &= equal.to_numpy(zero_copy_only=False)
            elif value != "und":
                picked[:] = False
        return picked

    return mask


_SIDES = ("src", "tgt")
"""Columns of the texts of pairs and beads."""


def _lines(row: dict[str, Any], full: bool) -> list[str]:
    """A row for reading: its values, then its text."""
    lines = [f"uid {row.get('uid')}"]
    skip = ("uid", "text", "content", "raw", *_SIDES)
    lines += [f"  {name}: {show_value(value)}" for name, value in row.items() if name not in skip and value is not None]
    text = row.get("text")
    if isinstance(row.get("raw"), bytes):
        # a record that could not be read: what is there of it
        text = row["raw"].decode("utf-8", "backslashreplace")
    if text is None and set(_SIDES) <= set(row):
        for side in _SIDES:
            lines.append(f"  {side} ({row.get(f'{side}_lang') or 'und'}):")
            lines += ["  (text not kept)"] if row[side] is None else _text_lines(row[side], full)
        return lines
    if text is None:
        return [*lines, "  (text not kept)" if {"text", "raw"} & set(row) else "  (no text column)"]
    return [*lines, *_text_lines(text, full)]


def _text_lines(text: str, full: bool) -> list[str]:
    cut = text if full or len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " …"
    return [line for part in cut.split("\n") for line in wrapped(part, "  | ")]
