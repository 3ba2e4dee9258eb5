"""What `hexapla explain` says of a bead, group or pair: which segments of which documents it was made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine.visible import visible_line

if TYPE_CHECKING:
    from ..engine.results import Results, StageResult

MOST_DOCUMENTS = 3

_TABLES = ({"src_lang", "tgt_lang", "src", "tgt"}, {"segments", "parallelism"})


@dataclass(frozen=True)
class Part:
    """What a row took from one language.

    Attributes:
        language: of the documents.
        index: numbers of the segments, from 0; None where the row names none.
        documents: uid, id and url of the documents; there may be several, of which the stage chose one.
    """

    language: str
    index: tuple[int, ...] | None
    documents: tuple[dict[str, Any], ...]


def maker_of(stages: Sequence[StageResult], folders: set[str]) -> StageResult | None:
    """The stage that made a row of others; None for a row that was read.

    Args:
        stages: of the run, in order.
        folders: where the row was found.
    """
    first = next((place for place, stage in enumerate(stages) if stage.folder in folders), None)
    if first is None or not _is_parallel(stages[first]):
        return None
    while first > 0 and _is_parallel(stages[first - 1]):
        first -= 1
    return stages[first] if first else None


def _is_parallel(stage: StageResult) -> bool:
    return any(set(stage.schema) >= table for table in _TABLES)


def output_rows(results: Results, stage: StageResult, mask: Any) -> Iterator[dict[str, Any]]:
    """Rows that a mask picks in further outputs of a stage that hold parallel text, such as `align.groups`."""
    from .parallel_rows import tables_of

    if not [name for name in stage.manifest.get("outputs", {}) if name != "scored"]:
        return
    for table in tables_of(results, stage):
        if "." in table.name:
            yield from (row for _, row in results.find(table.files, ("uid",), mask))


def parts_of(results: Results, maker: StageResult, row: Mapping[str, Any]) -> tuple[Part, ...]:
    """What a row was made of, language by language."""
    if row.get("segments") is not None:
        named = [(str(one["lang"]), one.get("index")) for one in row["segments"]]
    else:
        named = [(str(row[f"{side}_lang"]), row.get(f"{side}_index")) for side in ("src", "tgt")]
    documents = _documents(results, maker, row.get("doc_key"), {language for language, _ in named})
    return tuple(
        Part(language, None if index is None else tuple(index), tuple(documents.get(language, ())))
        for language, index in named
    )


def _documents(
    results: Results, maker: StageResult, doc_key: Any, languages: set[str]
) -> dict[str, list[dict[str, Any]]]:
    """The documents with the key in these languages, from the last rows on disk before the stage."""
    from ..engine.report.looked_at import config_of

    column = str(config_of(results, maker).get("group_by") or "doc_key")
    before = [stage for stage in results.stages[: maker.position] if stage.kept]
    source = next((stage for stage in reversed(before) if {column, "language"} <= set(stage.schema)), None)
    if source is None or doc_key is None:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for _, row in results.find(source.kept, (column, "language"), _of_document(column, str(doc_key), languages)):
        known = found.setdefault(str(row["language"]), [])
        if len(known) < MOST_DOCUMENTS:
            known.append({name: row.get(name) for name in ("uid", "id", "url")})
    return found


def _of_document(column: str, doc_key: str, languages: set[str]) -> Any:
    def mask(batch: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        same = pc.equal(batch[column].cast(pa.string()), doc_key)
        spoken = pc.is_in(batch["language"].cast(pa.string()), pa.array(sorted(languages)))
        return pc.fill_null(pc.and_(same, spoken), False).to_numpy(zero_copy_only=False)

    return mask


def part_lines(parts: Sequence[Part]) -> list[str]:
    """The parts as lines: `    < fra_Latn: segments 3, 4 of https://...`."""
    lines = []
    for part in parts:
        said = "its text"
        if part.index is not None:
            numbers = ", ".join(map(str, part.index[:20])) + (" ..." if len(part.index) > 20 else "")
            said = f"segment{'' if len(part.index) == 1 else 's'} {numbers}" if part.index else "nothing"
        names = [visible_line(str(one["url"] or one["id"] or one["uid"]), 160) for one in part.documents]
        of = f" of {' or '.join(names)}" if names and said != "nothing" else ""
        lines.append(f"    < {part.language}: {said}{of}")
    return lines


def part_objects(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts for JSON."""
    return [
        {
            "language": part.language,
            "index": None if part.index is None else list(part.index),
            "documents": list(part.documents),
        }
        for part in parts
    ]
