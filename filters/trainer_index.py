"""`dataset_info.json`: what LLaMA-Factory reads to find the files of a data set and their columns."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

OPENAI_TAGS: Final = {
    "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant",
    "system_tag": "system",
}  # fmt: skip


def description(columns: Collection[str]) -> dict[str, Any] | None:
    """How LLaMA-Factory is to read rows (its data/README); None where it cannot.

    Args:
        columns: names of the columns.
    """
    names = set(columns)
    if "conversations" in names:
        found: dict[str, Any] = {"formatting": "sharegpt", "columns": {"messages": "conversations"}}
    elif "messages" in names:
        return {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": OPENAI_TAGS}
    elif {"instruction", "output"} <= names:
        found = {"columns": {"prompt": "instruction", "query": "input", "response": "output"}}
    elif {"prompt", "completion"} <= names:
        return {"columns": {"prompt": "prompt", "response": "completion"}}
    elif "text" in names:
        return {"columns": {"prompt": "text"}}
    else:
        return None
    if "system" in names:
        found["columns"]["system"] = "system"
    return found


def dataset_info(files: Mapping[str, Sequence[str]], columns: Collection[str]) -> bytes | None:
    """The file's bytes; None where LLaMA-Factory cannot read the columns.

    Args:
        files: by the name of the data set, its files relative to the index; a folder is named where there are several.
        columns: names of the columns.
    """
    how = description(columns)
    if how is None:
        return None
    found = {}
    for name, paths in sorted(files.items()):
        place = paths[0] if len(paths) == 1 else paths[0].rpartition("/")[0]
        found[name] = {"file_name": place, **how}
    return (json.dumps(found, ensure_ascii=False, indent=2) + "\n").encode()
