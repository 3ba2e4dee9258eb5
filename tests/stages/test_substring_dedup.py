"""Substring dedup, step by step in memory, against a dictionary of all windows."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hexapla.stages.dedup_scope import ALWAYS, protections
from hexapla.stages.substring_dedup import SubstringDedup
from hexapla.stages.survivor import survivor_columns, survivor_order
from kernels.substring_reference import marked_tokens, spans, tokens
from stages.step_runner import cut, run_steps

PIECES = [
    "a", "b", "c", "É", "e\u0301", "1", "x9", "ก", "กำ", "เก", "ក្ម", "ក", "你", "好", "が", "か\u3099", "한국", "हिं", "عرب",
    "\u2764\ufe0f", "\u200d", "\u17d2",
]  # fmt: skip
GAPS = [" ", " ", " ", "\n", ", ", "\r\n", ". ", " (", ") ", "“", "。", "", "\n\n", "\u200b", "-"]


def text_of(chance, pieces):
    return "".join(piece + chance.choice(GAPS) for piece in pieces)


def random_texts(seed):
    """Texts of few different pieces, with passages that they share."""
    chance = random.Random(seed)
    some = chance.sample(PIECES, chance.randrange(2, len(PIECES)))
    shared = [chance.choices(some, k=chance.randrange(1, 30)) for _ in range(4)]
    texts = []
    for _ in range(chance.randrange(1, 14)):
        pieces = []
        for _ in range(chance.randrange(4)):
            pieces += chance.choice(shared) if chance.random() < 0.6 else chance.choices(some, k=chance.randrange(12))
        texts.append(text_of(chance, pieces))
    return chance, texts


def table(texts, file="a", **columns):
    names = [f"{file}{number:05}" for number in range(len(texts))]
    return pa.table({"uid": names, "text": pa.array(texts, pa.string()), "file_path": [file] * len(texts)} | columns)


def dedup(texts, size=None, **config):
    rows = texts if isinstance(texts, pa.Table) else table(texts)
    return run_steps(SubstringDedup(**config), cut(rows, size or max(1, rows.num_rows)))


def everything(result):
    """All rows by uid, with the text that is left (None: removed)."""
    rows = {row["uid"]: row for row in result.kept.to_pylist()}
    return rows | {row["uid"]: row | {"text": None} for row in result.removed.to_pylist()}


def expected(rows, stage):
    """Tokens that have to go and first holders, by row."""
    batch = rows.combine_chunks().to_batches()[0]
    protected = protections(batch, stage.protect)
    order = survivor_order(pa.table(survivor_columns(batch, stage.survivor) | {"protected": protected}), stage.survivor)
    texts = [rows.column("text")[int(row)].as_py() for row in order]
    groups = [protected[int(row)].as_py() for row in order]
    scopes = None
    if stage.scope != "global":
        scopes = [rows.column(stage.scope.removeprefix("column: "))[int(row)].as_py() for row in order]
    marked, first = marked_tokens(
        texts, stage.tokens, most=stage.max_copies, keep=stage.keep, within=stage.within, scopes=scopes,
        groups=groups, always=ALWAYS,
    )  # fmt: skip
    back = np.argsort(order)
    holders = [{start: int(order[holder]) for start, holder in part.items()} for part in first]
    return [marked[place] for place in back], [holders[place] for place in back]


@pytest.mark.parametrize("seed", range(600))
def test_exactly_what_a_dictionary_of_all_windows_finds_is_cut(seed):
    chance, texts = random_texts(seed)
    config = {
        "tokens": chance.choice([2, 3, 5, 8]),
        "max_copies": chance.choice([1, 1, 1, 2, 3]),
        "keep": chance.choice(["first", "first", "none"]),
        "within": chance.random() < 0.7,
        "min_characters": 0,
        "protect": chance.choice([None, None, "work", "own"]),
        "scope": chance.choice(["global", "global", "column: kind"]),
    }
    columns = {
        "work": pa.array([chance.choice([None, "x", "y"]) for _ in texts], pa.string()),
        "own": pa.array([chance.choice([True, False, None]) for _ in texts], pa.bool_()),
        "kind": pa.array([chance.choice(["1", "2", None]) for _ in texts], pa.string()),
    }
    rows = table(texts, **columns)
    stage = SubstringDedup(**config)
    marked, holders = expected(rows, stage)
    units = cut(rows, chance.randrange(1, 8))
    found = everything(run_steps(stage, units, partitions=chance.choice([1, 4, 7]), batch=chance.randrange(1, 6)))
    for number, text in enumerate(texts):
        row = found[f"a{number:05}"]
        was = tokens(text)
        left = [token[0] for place, token in enumerate(was) if place not in marked[number]]
        assert row["substring_spans_removed"] == len(spans(marked[number]))
        if row["text"] is None:
            assert left == []
            assert row["substring_characters_removed"] == len(text)
            longest = max(spans(marked[number]), key=len)
            holder = holders[number][longest[0]]
            assert row["duplicate_of"] == (None if holder == number else f"a{holder:05}")
        else:
            assert [token[0] for token in tokens(row["text"])] == left
            assert row["substring_characters_removed"] == max(0, len(text) - len(row["text"]))
            assert marked[number] or row["text"] == text
