"""Of whom a document is a duplicate and why the other one stayed; or which documents are its duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..engine.errors import HexaplaError
from .rows import as_json, show_value
from .terminal import number, wrapped

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from ..engine.results import Mask, Results, StageResult

LISTED = 10
SHOWN_CHARACTERS = 400


@dataclass(frozen=True)
class Original:
    """The document that stayed.

    Attributes:
        uid: its uid.
        where: empty, or in which other place than among the stage's kept rows it was found.
        row: the row; None when it was not found.
        similarity: of its duplicate to it; None when it was not measured.
        rules: (rule, its value, its duplicate's value) up to the first rule that tells them apart.
    """

    uid: str
    where: str
    row: Mapping[str, Any] | None
    similarity: float | None
    rules: Sequence[tuple[str, Any, Any]] = ()


@dataclass
class Duplicates:
    """Documents that were removed as duplicates of another one.

    Attributes:
        count: how many.
        rows: the first of them, each with `uid`, `id` and `similarity`.
    """

    count: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


def original_of(results: Results, stage: StageResult, removed: Mapping[str, Any]) -> Original | None:
    """What a removed row is a duplicate of; None where the stage does not say."""
    uid = removed.get("duplicate_of")
    if not uid or "duplicate_of" in stage.schema:
        return None
    config = _config(results, stage)
    where, row = next(_places(results, stage, str(uid), config), ("not found among the rows of this run", None))
    rules = _rules(config.get("survivor") or (), row, removed) if row is not None else ()
    return Original(str(uid), where, row, None if "similarity" in stage.schema else removed.get("similarity"), rules)


def duplicates_of(results: Results, stage: StageResult, row: Mapping[str, Any]) -> Duplicates:
    """What a stage removed as duplicates of a row."""
    found = Duplicates()
    if "duplicate_of" in stage.schema:  # a column of the input
        return found
    for _, duplicate in results.find(stage.removed, ("duplicate_of",), _equal(str(row.get("uid")))):
        found.count += 1
        if len(found.rows) < LISTED:
            similarity = None if "similarity" in stage.schema else duplicate.get("similarity")
            found.rows.append({"uid": duplicate.get("uid"), "id": duplicate.get("id"), "similarity": similarity})
    return found


def _config(results: Results, stage: StageResult) -> Mapping[str, Any]:
    entries: Sequence[Mapping[str, Any]] = results.run.get("stages", ())
    return next((entry.get("config") or {} for entry in entries if entry.get("position") == stage.position), {})


def _places(
    results: Results, stage: StageResult, uid: str, config: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where the row with a uid stands: the stage's kept rows, earlier runs, its removed rows."""
    yield from (("", row) for _, row in results.find(stage.kept, ("uid",), _equal(uid)))
    for path in config.get("against") or ():
        yield from ((f"in the earlier run {path}", row) for row in _earlier(str(path), stage.name, uid))
    yield from (("removed, too", row) for _, row in results.find(stage.removed, ("uid",), _equal(uid)))


def _earlier(path: str, name: str, uid: str) -> Iterator[dict[str, Any]]:
    from ..engine.results import Results

    try:
        earlier = Results(path.partition("/stages/")[0])
        for stage in earlier.stages:
            if stage.name == name:
                yield from (row for _, row in earlier.find(stage.kept, ("uid",), _equal(uid)))
    except HexaplaError:  # the folder is not there any more: what it held cannot be shown
        return


def _equal(uid: str) -> Mask:
    import numpy as np
    import pyarrow.compute as pc

    def mask(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
        if not batch.num_columns:
            return np.zeros(batch.num_rows, bool)
        found: npt.NDArray[np.bool_] = pc.fill_null(pc.equal(batch.column(0), uid), False).to_numpy(False)
        return found

    return mask


def _rules(
    survivor: Sequence[str], kept: Mapping[str, Any], removed: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """The rules of an order with the values of two rows, up to the first that tells them apart."""
    found = []
    for rule in survivor:
        values = _value(rule, kept), _value(rule, removed)
        found.append((rule, *values))
        if values[0] != values[1]:
            break
    return found


def _value(rule: str, row: Mapping[str, Any]) -> Any:
    """What a rule sees in a row; None where it sees nothing, or where the text was not kept."""
    import pyarrow as pa

    from ..stages.survivor import survivor_columns

    names = [name for name, value in row.items() if value is not None]
    text = row.get("text")
    if text is None and rule in ("longest", "shortest"):
        return None
    asked = {name: row[name] for name in names} | {"text": text or "", "uid": str(row.get("uid"))}
    try:
        columns = survivor_columns(pa.RecordBatch.from_pylist([asked]), [rule])
    except (ValueError, KeyError, pa.ArrowException):  # a column that is null in this row
        return None
    values = [column[0].as_py() for name, column in columns.items() if name.startswith("survivor_")]
    return next((value for value in values if value is not None), None)


def original_lines(original: Original) -> list[str]:
    """For people."""
    from ..engine.visible import visible_line

    alike = f", similarity {original.similarity:.4g}" if original.similarity is not None else ""
    where = f" ({visible_line(original.where)})" if original.where else ""
    lines = [f"    = duplicate of {original.uid}{alike}{where}"]
    row = original.row
    if row is None:
        return lines
    label = row.get("url") or row.get("id")
    lines += [f"      {visible_line(str(label), 160)}"] if label and label != original.uid else []
    if row.get("text") is not None:
        cut = str(row["text"])[:SHOWN_CHARACTERS] + " …" * (len(str(row["text"])) > SHOWN_CHARACTERS)
        lines += [line for part in cut.split("\n")[:6] for line in wrapped(part, "      | ")]
    if original.rules:
        lines.append("      why that one stayed (survivor):")
    for rule, kept, removed in original.rules:
        if kept is None and removed is None:
            verdict = "unknown of both"
        elif kept == removed:
            verdict = f"{_shown(kept)} for both"
        else:
            verdict = f"{_shown(kept)} there, {_shown(removed)} here"
        lines.append(f"        {visible_line(rule, 120)}: {verdict}")
    if original.rules and original.rules[-1][1] == original.rules[-1][2]:
        lines.append("        no rule tells them apart: a hash of the contents decides")
    return lines


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    return number(value) if isinstance(value, float) and value == int(value) else show_value(value)


def duplicate_lines(found: Duplicates) -> list[str]:
    """For people."""
    if not found.count:
        return []
    said = "document was removed as its duplicate" if found.count == 1 else "documents were removed as its duplicates"
    lines = [f"    = {number(found.count)} {said}:"]
    for row in found.rows:
        alike = f"  similarity {row['similarity']:.4g}" if row["similarity"] is not None else ""
        other = "" if row["id"] in (None, row["uid"]) else f"  {show_value(row['id'], 80)}"
        lines.append(f"      {row['uid']}{alike}{other}")
    more = found.count - len(found.rows)
    return [*lines, f"      and {number(more)} more"] if more else lines


def original_object(original: Original | None) -> dict[str, Any] | None:
    """For `--json`."""
    if original is None:
        return None
    row = original.row or {}
    return {
        "uid": original.uid,
        "similarity": original.similarity,
        "where": original.where or None,
        "id": row.get("id"),
        "url": row.get("url"),
        "text": str(row["text"])[:SHOWN_CHARACTERS] if row.get("text") is not None else None,
        "survivor": [
            {"rule": rule, "kept": as_json(kept), "removed": as_json(removed)} for rule, kept, removed in original.rules
        ],
    }
