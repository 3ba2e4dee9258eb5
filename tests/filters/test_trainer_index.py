"""Files of instructions by the conventions of TRL and LLaMA-Factory, field by field.

TRL, dataset formats (huggingface.co/docs/trl/dataset_formats): language modeling `text` or `messages`, prompt-completion
`prompt` and `completion`, texts or lists of messages with `role` (system, user, assistant) and `content`. LLaMA-Factory,
data/README.md: `dataset_info.json` names a file or folder and the columns; Alpaca `instruction`, `input`, `output`,
`system`; ShareGPT `conversations` with `from` (human at odd places, gpt at even ones) and `value`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.run import RunRequest, run_pipeline
from hexapla.filters.parallel_tables import BEADS
from hexapla.filters.trainer_index import dataset_info
from hexapla.stages.export import Export
from hexapla.stages.render import Render

DEFAULT_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output", "messages": "conversations"}
DEFAULT_TAGS = {
    "role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt", "system_tag": "system",
}  # fmt: skip
COLUMNS = {
    "messages": ("messages",), "sharegpt": ("conversations", "system"), "alpaca": ("instruction", "input", "output",
    "system"), "prompt-completion": ("prompt", "completion"), "prompt-completion-messages": ("prompt", "completion"),
    "text": ("text",),
}  # fmt: skip


@pytest.fixture(scope="module")
def beads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [("Hello.\n\"Quoted\" \u2028 line.", "Bonjour."), ("Good night.", "Bonne nuit."), ("Rain.", "雨")]
    rows = [
        {"uid": f"{n * 0x9E3779B97F4A7C15:032x}", "doc_key": "d", "src_lang": "eng_Latn", "src": texts[n % 3][0],
         "tgt_lang": "jpn_Jpan" if n % 3 == 2 else "fra_Latn", "src_index": [n], "tgt_index": [n],
         "tgt": texts[n % 3][1], "score": 1.0, "method": "key"} for n in range(90)
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("beads") / "beads.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=BEADS), path)
    return path


def published(beads: Path, output: Path, layout: str, style: str = "eurollm", **export: Any) -> Path:
    chosen = (Render(format=style, layout=layout), Export(format="jsonl", columns=COLUMNS[layout], **export))
    named = tuple((stage.stage_name(), stage, "") for stage in chosen)
    run_pipeline(RunRequest("sft", named, InputConfig(path=str(beads), rows="any"), str(output), "local"))
    return output / "data"


def loaded(folder: Path, cache: Path) -> list[dict]:
    from datasets import load_dataset

    files = [str(path) for path in sorted(folder.rglob("*.jsonl"))]
    return list(load_dataset("json", data_files=files, split="train", cache_dir=str(cache)))


def is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def trl_messages(turns: Any, roles: list[str]) -> bool:
    return [set(turn) for turn in turns] == [{"role", "content"}] * len(turns) and (
        [turn["role"] for turn in turns] == roles and all(is_text(turn["content"]) for turn in turns)
    )


TRL = {
    "text": lambda row: set(row) == {"text"} and is_text(row["text"]),
    "messages": lambda row: set(row) == {"messages"} and trl_messages(row["messages"], ["system", "user", "assistant"]),
    "prompt-completion": lambda row: set(row) == {"prompt", "completion"} and all(map(is_text, row.values())),
    "prompt-completion-messages": lambda row: set(row) == {"prompt", "completion"}
    and trl_messages(row["prompt"], ["system", "user"]) and trl_messages(row["completion"], ["assistant"]),
}  # fmt: skip


@pytest.mark.parametrize("layout", list(TRL))
def test_trl_finds_its_columns(beads, tmp_path, layout):
    rows = loaded(published(beads, tmp_path / "out", layout), tmp_path / "cache")
    assert len(rows) == 90 and all(TRL[layout](row) for row in rows)


def llama_factory_rows(folder: Path, cache: Path) -> dict[str, list[tuple[str, str, str]]]:
    """(system, prompt, answer) of each row by data set, as LLaMA-Factory's converters read them."""
    read = {}
    for name, info in json.loads((folder / "dataset_info.json").read_text(encoding="utf-8")).items():
        assert set(info) <= {"file_name", "formatting", "columns", "tags"}
        place = folder / info["file_name"]
        assert (place.is_file() and place.suffix == ".jsonl") or place.is_dir()
        rows = loaded(place if place.is_dir() else place.parent, cache)
        columns, tags = DEFAULT_COLUMNS | info["columns"], DEFAULT_TAGS | info.get("tags", {})
        assert all(column in rows[0] for column in info["columns"].values())
        read[name] = [
            sharegpt(row, columns, tags) if info.get("formatting", "alpaca") == "sharegpt" else alpaca(row, columns)
            for row in rows
        ]
    return read


def alpaca(row: dict, columns: dict[str, str]) -> tuple[str, str, str]:
    query = row.get(columns["query"])
    prompt = "\n".join([row[columns["prompt"]], *([query] if query else [])])
    return row.get(columns.get("system", ""), "") or "", prompt, row[columns["response"]]


def sharegpt(row: dict, columns: dict[str, str], tags: dict[str, str]) -> tuple[str, str, str]:
    turns = list(row[columns["messages"]])
    system = row.get(columns.get("system", ""), "") or ""
    if turns[0][tags["role_tag"]] == tags["system_tag"]:
        system = turns.pop(0)[tags["content_tag"]]
    assert len(turns) % 2 == 0
    for place, turn in enumerate(turns):
        assert set(turn) == {tags["role_tag"], tags["content_tag"]}
        assert turn[tags["role_tag"]] == tags["user_tag" if place % 2 == 0 else "assistant_tag"]
    return system, turns[0][tags["content_tag"]], turns[1][tags["content_tag"]]


@pytest.mark.parametrize("style", ["eurollm", "alma", "bayling"])
def test_llama_factory_reads_the_same_from_every_layout(beads, tmp_path, style):
    read = {
        layout: llama_factory_rows(published(beads, tmp_path / layout, layout, style), tmp_path / "cache")
        for layout in ("messages", "sharegpt", "alpaca")
    }
    assert read["messages"] == read["sharegpt"] == read["alpaca"]
    assert set(read["messages"]) == {"eng_Latn-fra_Latn", "eng_Latn-jpn_Jpan"}
    assert sum(map(len, read["messages"].values())) == 90
    every = [row for rows in read["messages"].values() for row in rows]
    assert all(bool(system) == (style == "eurollm") and prompt and answer for system, prompt, answer in every)


def test_several_files_are_named_by_their_folder(beads, tmp_path):
    folder = published(beads, tmp_path / "out", "messages", shard_bytes=2048)
    info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    assert {name: entry["file_name"] for name, entry in info.items()} == {name: name for name in info}
    assert len(list((folder / "eng_Latn-fra_Latn").glob("train-*-of-*.jsonl"))) > 1
    assert sum(map(len, llama_factory_rows(folder, tmp_path / "cache").values())) == 90


def test_pretraining_rows_are_described_and_others_are_not():
    info = json.loads(dataset_info({"fr": ["fr/train.jsonl"]}, ["uid", "text"]) or b"")
    assert info == {"fr": {"file_name": "fr/train.jsonl", "columns": {"prompt": "text"}}}
    assert dataset_info({"fr": ["fr/train.jsonl"]}, ["uid", "src", "tgt"]) is None
