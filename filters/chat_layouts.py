"""The columns in which trainers read instructions, by TRL's and LLaMA-Factory's conventions, and the way back.

TRL reads `text`, `messages` and `prompt` with `completion`; LLaMA-Factory reads ShareGPT (`conversations`, turns of
"human" and "gpt", a column `system`), Alpaca (`instruction`, `input`, `output`, `system`; the prompt is instruction +
line break + input) and OpenAI's `messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .parallel_tables import MESSAGES
from .render_instructions import Instructions

Layout = Literal["text", "messages", "sharegpt", "alpaca", "prompt-completion", "prompt-completion-messages"]

SHAREGPT: Final = pa.list_(pa.struct([("from", pa.string()), ("value", pa.string())]))
COLUMNS: Final[Mapping[Layout, Mapping[str, pa.DataType]]] = {
    "text": {"text": pa.string(), "prompt_bytes": pa.int32()},
    "messages": {"messages": MESSAGES},
    "sharegpt": {"conversations": SHAREGPT, "system": pa.string()},
    "alpaca": {"instruction": pa.string(), "input": pa.string(), "output": pa.string(), "system": pa.string()},
    "prompt-completion": {"prompt": pa.string(), "completion": pa.string()},
    "prompt-completion-messages": {"prompt": MESSAGES, "completion": MESSAGES},
}
"""The columns of each layout. `prompt_bytes`: how much of a text is its prompt, in bytes."""


def laid_out(found: Instructions, layout: Layout) -> tuple[dict[str, pa.Array], npt.NDArray[np.bool_]]:
    """The columns of a layout for n instructions.

    Args:
        found: rendered instructions.
        layout: which columns.

    Returns:
        The columns by name, and which rows can be taken apart again.
    """
    if layout == "text":
        prompt = pc.binary_join_element_wise(_system(found), found.prompt, "")
        size = pc.binary_length(prompt).cast(pa.int32())
        return {"text": pc.binary_join_element_wise(prompt, found.completion, ""), "prompt_bytes": size}, found.good
    if layout == "prompt-completion":
        prompt = pc.binary_join_element_wise(_system(found), found.prompt, "")
        return {"prompt": prompt, "completion": found.completion}, found.good
    if layout == "messages":
        turns = _turns([("system", found.system), ("user", found.prompt), ("assistant", found.answer)])
        return {"messages": turns}, found.good
    if layout == "prompt-completion-messages":
        prompt = _turns([("system", found.system), ("user", found.prompt)])
        return {"prompt": prompt, "completion": _turns([("assistant", found.answer)])}, found.good
    if layout == "sharegpt":
        turns = _turns([("human", found.prompt), ("gpt", found.answer)], SHAREGPT)
        return {"conversations": turns, "system": pc.fill_null(found.system, "")}, found.good
    parts = {"instruction": found.head, "input": found.rest, "output": found.answer}
    parts["system"] = pc.fill_null(found.system, "")
    return parts, found.good


def _system(found: Instructions) -> pa.Array:
    """What stands before prompts without turns: the system turn and a line break, or nothing."""
    return pc.fill_null(pc.binary_join_element_wise(found.system, "", "\n"), "")


def _turns(columns: list[tuple[str, pa.Array]], kind: pa.DataType = MESSAGES) -> pa.Array:
    """One message from each column where it is not null, in lists of the type `kind`."""
    rows = len(columns[0][1])
    contents = pa.concat_arrays([column for _, column in columns])
    order = np.arange(len(columns) * rows).reshape(len(columns), rows).T.reshape(-1)
    roles = pa.array([role for role, _ in columns], pa.string()).take(pa.array(np.tile(np.arange(len(columns)), rows)))
    contents = contents.take(pa.array(order))
    there = contents.is_valid().to_numpy(zero_copy_only=False)
    sizes = there.reshape(rows, len(columns)).sum(axis=1) if rows else np.zeros(0, np.int64)
    borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]).astype(np.int32)
    mask = pa.array(there)
    said = pa.StructArray.from_arrays([roles.filter(mask), contents.filter(mask)], fields=list(kind.value_type))
    return pa.ListArray.from_arrays(pa.array(borders), said).cast(kind)


def prompt_and_completion(row: Mapping[str, Any], layout: Layout, system: str = "") -> tuple[str, str, bool]:
    """What was laid out in a row.

    Args:
        row: its columns.
        layout: which.
        system: the template's system turn, which stands before the prompt where there are no turns.

    Returns:
        The prompt, the completion, and whether that is the answer without its space.

    Raises:
        ValueError: the row is not of that layout.
    """
    if layout in {"text", "prompt-completion"}:
        if layout == "text":
            raw, size = row["text"].encode(), row["prompt_bytes"]
            prompt, completion = raw[:size].decode(), raw[size:].decode()
        else:
            prompt, completion = row["prompt"], row["completion"]
        before = f"{system}\n" if system else ""
        if not prompt.startswith(before):
            raise ValueError("the text does not begin with the system turn")
        return prompt[len(before) :], completion, False
    if layout == "alpaca":
        return row["instruction"] + (f"\n{row['input']}" if row["input"] else ""), row["output"], True
    if layout == "sharegpt":
        turns = [(turn["from"], turn["value"]) for turn in row["conversations"]]
    else:
        every = row["messages"] if layout == "messages" else [*row["prompt"], *row["completion"]]
        turns = [(turn["role"], turn["content"]) for turn in every if turn["role"] != "system"]
    (_, prompt), (_, answer) = turns
    return prompt, answer, True
