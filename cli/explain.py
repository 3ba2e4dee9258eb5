"""`hexapla explain`: a document's whole way through the stages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..engine.errors import HexaplaError
from .explain_parallel import Part, maker_of, output_rows, part_lines, part_objects, parts_of
from .options import Results as Output
from .relatives import (
    Duplicates,
    Original,
    duplicate_lines,
    duplicates_of,
    original_lines,
    original_object,
    original_of,
)
from .rows import as_json, show_rule, show_value
from .terminal import number, say, wrapped

if TYPE_CHECKING:
    from ..engine.results import Results, StageResult

Id = Annotated[str, typer.Argument(metavar="ID", help="The document's id or uid.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per document.")]

_HIDDEN = ("uid", "id", "text", "content", "raw", "removed_by", "reason", "reasons")


@dataclass
class Visit:
    """What one stage did with a document.

    Attributes:
        stage: the stage's folder, `NN-name`.
        verdict: "kept", "removed", "made" of other rows, or that the row was used up.
        written: whether the stage wrote the row itself; else the values come from the next stage that did.
        added: columns that the stage added, with their values.
        changed: columns whose values differ from those of the last written row, (before, after).
        reasons: all rules that the row broke, the deciding one first.
        text: the text of a removed row; None when it was not kept.
        original: what a removed row is a duplicate of; None when it is none.
        duplicates: what the stage removed as duplicates of the row.
        parts: which segments of which documents the stage made the row of.
    """

    stage: str
    verdict: str
    written: bool = True
    added: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    text: str | None = None
    original: Original | None = None
    duplicates: Duplicates = field(default_factory=Duplicates)
    parts: tuple[Part, ...] = ()


@dataclass
class Trace:
    """A document's way.

    Attributes:
        uid, id, url: what the document is called.
        visits: the stages that saw it, in order.
        published: the published file that it stands in; empty when it is in none.
        elsewhere: whether it came to the end of a run that publishes files other than Parquet, which are not searched.
    """

    uid: str
    id: str
    url: str | None
    visits: list[Visit]
    published: str = ""
    elsewhere: bool = False


def explain(id_: Id, output: Output = "curated", json_: Json = False) -> None:
    """Tell a document's whole way through the stages."""
    from ..engine.results import Results

    results = Results(output)
    traces = find_traces(results, id_)
    if not traces:
        raise HexaplaError(
            f"no document has the id or uid {id_!r}",
            where=output,
            hint="hexapla sample --output ... prints ids; a run with --limit has not read everything",
        )
    if len(traces) > 1 and not json_:
        say(f"{len(traces)} documents have this id\n")
    for number_, trace in enumerate(traces):
        if json_:
            typer.echo(json.dumps(_as_object(trace), ensure_ascii=False))
        else:
            say("\n" * bool(number_) + "\n".join(_lines(trace)))


def find_traces(results: Results, wanted: str) -> list[Trace]:
    """The ways of all documents whose `uid` or `id` is `wanted`, in input order."""
    rows: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for stage in results.stages:
        for kind, files in (("kept", stage.kept), ("scored", stage.scored), ("removed", stage.removed)):
            for _, row in results.find(files, ("uid", "id"), _named(wanted)):
                rows.setdefault(str(row.get("uid")), {})[stage.folder, kind] = row
        for row in output_rows(results, stage, _named(wanted)):
            rows.setdefault(str(row.get("uid")), {}).setdefault((stage.folder, "kept"), row)
    published = {
        str(row["uid"]): (place.file, row)
        for place, row in results.find(results.published, ("uid", "id"), _named(wanted))
    }
    for uid, (_, row) in published.items():
        rows.setdefault(uid, {}).setdefault((results.stages[-1].folder, "kept"), row)
    traces = []
    for uid, found in rows.items():
        some = next(iter(found.values()))
        file = published[uid][0] if uid in published else ""
        maker = maker_of(results.stages, {folder for folder, _ in found})
        visits = _visits(results.stages, found, 0 if maker is None else maker.position)
        if maker is not None:
            visits[0].verdict = "made"
            visits[0].parts = parts_of(results, maker, some)
        _add_relatives(results, visits, found)
        elsewhere = not file and visits[-1].verdict != "removed" and _other_files(results)
        traces.append(Trace(uid, str(some.get("id") or uid), some.get("url"), visits, file, elsewhere))
    return traces


def _named(wanted: str) -> Any:
    def mask(batch: Any) -> Any:
        import numpy as np
        import pyarrow.compute as pc

        picked = np.zeros(batch.num_rows, bool)
        for column in batch.columns:
            picked |= pc.fill_null(pc.equal(column, wanted), False).to_numpy(zero_copy_only=False)
        return picked

    return mask


def _visits(
    stages: tuple[StageResult, ...], found: dict[tuple[str, str], dict[str, Any]], start: int = 0
) -> list[Visit]:
    """What each stage from a position on did, from the rows that were found; (folder, kind) is the key."""
    order = {stage.folder: stage.position for stage in stages}
    last = max(order[folder] for folder, _ in found)
    visits: list[Visit] = []
    columns: set[str] = set()
    before: dict[str, Any] = {}
    for stage in stages[start:]:
        if stage.position > last:
            break
        removed = found.get((stage.folder, "removed"))
        row = removed or found.get((stage.folder, "kept")) or found.get((stage.folder, "scored"))
        visit = Visit(stage.folder, "removed" if removed else "kept", written=row is not None)
        values = row or _next_row(stages, found, stage.position)
        # a row of a further output, such as groups, has columns of its own
        names = values if removed or (stage.folder, "kept") in found else stage.schema or values
        new = [name for name in names if name not in columns and name in values]
        # what reading leaves empty says nothing; a score that is null says that nothing was there to score with
        visit.added = {
            name: values[name] for name in new if name not in _HIDDEN and (stage.position or values[name] is not None)
        }
        columns |= {*stage.schema, *values} if row else set(stage.schema)
        if row is not None:
            visit.changed = _changes(before, row)
            before = row
        if removed is not None:
            _add_reasons(visit, removed)
        visits.append(visit)
        if removed is not None:
            return visits
    return visits + _vanished(stages, last)


def _vanished(stages: tuple[StageResult, ...], last: int) -> list[Visit]:
    """What became of a row that was kept by the stage `last`, and that no later stage kept or removed."""
    for stage in stages[last + 1 :]:
        if stage.totals.get("consumed"):
            return [Visit(stage.folder, "used up: it became part of other rows", written=False)]
    return []


def _next_row(
    stages: tuple[StageResult, ...], found: dict[tuple[str, str], dict[str, Any]], position: int
) -> dict[str, Any]:
    """The row as the next stage that has it wrote it."""
    for stage in stages[position:]:
        for kind in ("removed", "scored", "kept"):
            if (stage.folder, kind) in found:
                return found[stage.folder, kind]
    return {}


def _changes(before: dict[str, Any], row: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    ignored = ("content", "raw", "removed_by", "reason", "reasons")
    names = [name for name in row if name in before and name not in ignored]
    return {
        name: (before[name], row[name])
        for name in names
        if before[name] != row[name] and not (name == "text" and None in (before[name], row[name]))
    }


def _add_reasons(visit: Visit, row: dict[str, Any]) -> None:
    rules = row.get("reasons") or [{"rule": row.get("reason"), "value": None}]
    visit.reasons = sorted(rules, key=lambda rule: rule["rule"] != row.get("reason"))
    sides = [f"{row.get(f'{side}_lang') or 'und'}: {row[side]}" for side in ("src", "tgt") if row.get(side) is not None]
    # of pairs and beads both texts
    visit.text = row.get("text") if row.get("text") is not None or not sides else "\n".join(sides)


def _add_relatives(results: Results, visits: list[Visit], found: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Of whom the row is a duplicate, and who are its duplicates."""
    stages = {stage.folder: stage for stage in results.stages}
    for visit in visits:
        if visit.verdict == "removed":
            visit.original = original_of(results, stages[visit.stage], found[visit.stage, "removed"])
        elif (visit.stage, "kept") in found:
            visit.duplicates = duplicates_of(results, stages[visit.stage], found[visit.stage, "kept"])


def _as_object(trace: Trace) -> dict[str, Any]:
    visits = [
        {
            "stage": visit.stage,
            "verdict": visit.verdict,
            "written": visit.written,
            "added": as_json(visit.added),
            "changed": {name: as_json(list(pair)) for name, pair in visit.changed.items()},
            "reasons": as_json(visit.reasons),
            "duplicate_of": original_object(visit.original),
            "duplicates": {"count": visit.duplicates.count, "rows": as_json(visit.duplicates.rows)},
            "made_of": part_objects(visit.parts),
        }
        for visit in trace.visits
    ]
    return {"uid": trace.uid, "id": trace.id, "url": trace.url, "stages": visits, "published": trace.published or None}


def _lines(trace: Trace) -> list[str]:
    lines = [f"uid {trace.uid}"]
    if trace.id != trace.uid:
        lines.append(f"id  {trace.id}")
    if trace.url:
        lines.append(f"url {trace.url}")
    for visit in trace.visits:
        lines.append(f"{visit.stage}: {visit.verdict}" + _why(visit))
        lines += part_lines(visit.parts)
        lines += [f"    + {name}: {show_value(value)}" for name, value in visit.added.items()]
        for name, (old, new) in visit.changed.items():
            lines.append(f"    ~ {name}: {_change(old, new)}")
        if visit.verdict == "removed":
            lines += _removed_text(visit)
        lines += original_lines(visit.original) if visit.original else []
        lines += duplicate_lines(visit.duplicates)
    if trace.elsewhere:
        lines.append("in no published Parquet file; the run publishes other files, too, which are not searched")
    else:
        lines.append(f"published in {trace.published}" if trace.published else "not published")
    return lines


def _other_files(results: Results) -> bool:
    """Whether the run published files that are not Parquet."""
    return len(results.store.files("data")) > len(results.published)


def _why(visit: Visit) -> str:
    return f", because of {', '.join(show_rule(rule) for rule in visit.reasons)}" if visit.reasons else ""


def _change(old: Any, new: Any) -> str:
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > 60:
        return f"{number(len(old))} characters before, {number(len(new))} after"
    return f"{show_value(old)} before, {show_value(new)} after"


def _removed_text(visit: Visit) -> list[str]:
    if visit.text is None:
        return ["    (its text was not kept; 'removed: all' in the pipeline file keeps it)"]
    cut = visit.text if len(visit.text) <= 400 else visit.text[:400] + " …"
    return [line for part in cut.split("\n")[:8] for line in wrapped(part, "    | ")]
