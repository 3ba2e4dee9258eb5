"""`hexapla view`: one document's parallel text side by side, as a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from ..engine.errors import ConfigError, nearest
from .terminal import number, say, several

if TYPE_CHECKING:
    from ..engine.results import Results
    from .parallel_rows import ParallelTable

MOST_KEYS = 2000

Run = Annotated[str, typer.Argument(metavar="RUN", help="The output folder of a run.")]
Key = Annotated[str, typer.Argument(metavar="DOC_KEY", help="The document, as its rows name it in doc_key.")]
StageName = Annotated[
    str | None, typer.Option("--stage", metavar="NAME", help="A stage with beads or groups; else the last with both.")
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", metavar="CODE", help="Show this column; repeatable, in this order.")
]
Low = Annotated[float, typer.Option("--low-score", min=0, max=1, metavar="SCORE", help="Scores below it are marked.")]
Output = Annotated[
    str | None, typer.Option("--output", metavar="FILE", help="The page; else view-DOC_KEY.html in this folder.")
]


def view(
    run: Run, doc_key: Key, stage: StageName = None, languages: Languages = None, low_score: Low = 0.3,
    output: Output = None,
) -> None:  # fmt: skip
    """Write a page: one document, its languages side by side."""
    from ..engine.results import Results
    from ..engine.store import Store
    from ..filters.parallel_document import document_lines
    from .parallel_rows import rows_of_document
    from .view_page import view_page

    results = Results(run)
    tables = _tables(results, stage)
    rows = {table.kind: rows_of_document(table, doc_key) for table in tables}
    if not any(rows.values()):
        raise ConfigError(
            f"{' and '.join(table.name for table in tables)} have no document {doc_key!r}"
            if len(tables) > 1
            else f"{tables[0].name} has no document {doc_key!r}",
            where=run,
            hint=nearest(doc_key, _some_keys(tables[0])),
        )
    lines = document_lines(rows.get("beads") or rows.get("pairs") or [], rows.get("groups") or [], low_score)
    there = sorted({language for line in lines for language in line.cells})
    for language in languages or []:
        if language not in there:
            raise ConfigError(f"the document is not in {language!r}", where=doc_key, hint=nearest(language, there))
    names = " and ".join(table.name for table in tables)
    page = view_page(lines, languages or there, doc_key, f"{results.run.get('name', '')}: {names}", low_score)
    path = output if output is not None else f"view-{_file_name(doc_key)}.html"
    folder, _, name = path.rpartition("/")
    Store(folder or ".").put_bytes(page.encode("utf-8", "replace"), name)
    doubtful = sum(bool(set(line.flags) & {"low", "length", "disagrees", "crossing"}) for line in lines)
    say(f"{path}: {several(len(lines), 'line')} in {several(len(there), 'language')}, {number(doubtful)} doubtful")


def _tables(results: Results, name: str | None) -> list[ParallelTable]:
    """The beads and the groups of one stage, where it has both."""
    from .parallel_rows import find_table, tables_of

    if name is not None:
        found = find_table(results, name)
        stage = found.name.partition(".")[0]
        folder = name.partition(".")[0]
        chosen = next(one for one in results.stages if folder in (one.name, one.folder) or one.name == stage)
        return [found, *(table for table in tables_of(results, chosen) if table.kind != found.kind)]
    best: list[ParallelTable] = []
    for stage_ in results.stages:
        by_kind = {table.kind: table for table in reversed(tables_of(results, stage_))}
        if by_kind and ({"beads", "groups"} <= set(by_kind) or len(by_kind) >= len(best)):
            best = list(by_kind.values())
    return best or [find_table(results, None)]


def _some_keys(table: ParallelTable) -> list[str]:
    keys: dict[str, None] = {}
    for batch in table.batches(["doc_key"]):
        if batch.num_columns:
            keys.update(dict.fromkeys(str(key) for key in batch.column(0).unique().to_pylist()))
        if len(keys) > MOST_KEYS:
            break
    return list(keys)[:MOST_KEYS]


def _file_name(doc_key: str) -> str:
    """A document's name as part of a file name."""
    return re.sub(r"[^\w.-]+", "-", doc_key).strip("-.")[:80] or "document"
