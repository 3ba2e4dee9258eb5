"""`hexapla validate`: check a pipeline file without touching any data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .options import File, Input, Output, Set
from .terminal import say

if TYPE_CHECKING:
    from ..pipelines.load import Pipeline

DOCUMENT_COLUMNS = ("uid", "id", "text", "url", "date", "dump", "file_path")
COLUMNS_OF = {
    "warc": ("uid", "id", "url", "date", "dump", "file_path", "content", "http_status", "content_type"),
    "files": ("uid", "id", "file_path", "content"),
}


def validate(
    file: File,
    input: Input = None,
    output: Output = None,
    set_: Set = None,
) -> None:
    """Check a pipeline file: keys, values and columns."""
    from ..pipelines.load import load_pipeline

    pipeline = load_pipeline(file, overrides=set_ or (), input_path=input, output=output)
    say(f"{pipeline.path}: valid")
    say(f"  reads   {_path(pipeline.input.path)} ({pipeline.input.format})")
    for entry in pipeline.stages:
        changed = entry.stage.model_dump(mode="json", exclude_unset=True)
        source = f" from {entry.source}" if entry.source else ""
        say(f"  {entry.position:2}      {entry.name}{source} {_flow(changed)}".rstrip())
    say(f"  writes  {pipeline.output}")
    for note in missing_columns(pipeline):
        say(f"note: {note}")


def missing_columns(pipeline: Pipeline) -> list[str]:
    """What the input has to bring beyond the usual columns, because a stage needs it and none before makes it."""
    have = set(COLUMNS_OF.get(pipeline.input.format or "", DOCUMENT_COLUMNS))
    notes = []
    for entry in pipeline.stages:
        for name in entry.stage.needs:
            if name not in have:
                have.add(name)
                notes.append(f"the stage {entry.name!r} needs the column {name!r}: the input has to have it")
        have |= set(entry.stage.adds)
    return notes


def _path(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _flow(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
