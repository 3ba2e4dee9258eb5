"""The stage `render` and the recipes that end with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.filters.parallel_tables import BEADS, GROUPS, PAIRS
from hexapla.filters.unrender import unrender
from hexapla.stages.render import Render
from pydantic import ValidationError


def pairs(rows: list[tuple[str, str, str, str]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {"uid": f"{n:032x}", "src_lang": src_lang, "tgt_lang": tgt_lang, "src": src, "tgt": tgt}
            for n, (src_lang, src, tgt_lang, tgt) in enumerate(rows)
        ], schema=PAIRS,
    )  # fmt: skip


ROWS = pairs([
    ("eng_Latn", "Hello.", "fra_Latn", "Bonjour."), ("deu_Latn", "Hallo.", "fra_Latn", "Bonjour."),
    ("eng_Latn", "", "fra_Latn", "Bonjour."), ("eng_Latn", "a\tb", "fra_Latn", "c"),
])  # fmt: skip


def test_rows_that_cannot_be_rendered_say_why():
    outcome = Render(format="tab", direction="both").map_shard(ROWS)
    assert outcome.kept.num_rows == 4 and not outcome.consumed
    assert outcome.created == {"deu_Latn-fra_Latn": 1, "eng_Latn-fra_Latn": 1}
    assert outcome.kept["language"].to_pylist()[:2] == ["eng_Latn-fra_Latn"] * 2
    assert outcome.kept["direction"].to_pylist()[:2] == ["eng_Latn-fra_Latn", "fra_Latn-eng_Latn"]
    assert len(set(outcome.kept["uid"].to_pylist())) == 4
    removed = zip(outcome.removed["uid"].to_pylist(), outcome.removed["reason"].to_pylist(), strict=True)
    assert [(int(uid, 16), reason) for uid, reason in removed] == [(2, "one_sided"), (3, "not_reversible")]


def test_pairs_and_languages_choose_rows_and_their_direction():
    outcome = Render(format="alma", direction="fixed", pairs=[["fr", "en"]]).map_shard(ROWS)
    assert outcome.kept["direction"].to_pylist() == ["fra_Latn-eng_Latn"] * 2
    assert [row["reason"] for row in outcome.removed.to_pylist()] == ["language_not_wanted", "one_sided"]
    outcome = Render(format="alma", languages=["eng_Latn", "fra_Latn"]).map_shard(ROWS)
    assert outcome.kept.num_rows == 2


def test_groups_give_every_pair():
    segments = [{"lang": lang, "text": lang, "index": [0]} for lang in ("deu_Latn", "eng_Latn", "fra_Latn")]
    rows = [
        {"uid": "a", "doc_key": "d", "segments": segments, "parallelism": 3, "agreement": 1.0},
        {"uid": "b", "doc_key": "d", "segments": segments[:1], "parallelism": 1, "agreement": 1.0},
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=GROUPS)
    outcome = Render(format="tower", direction="both").map_shard(batch)
    assert len(set(outcome.kept["direction"].to_pylist())) == outcome.kept.num_rows == 6
    assert outcome.consumed == {"mul": 1}
    assert outcome.created == {"deu_Latn-eng_Latn": 2, "deu_Latn-fra_Latn": 2, "eng_Latn-fra_Latn": 2}
    assert outcome.removed["reason"].to_pylist() == ["too_few_languages"]
    chosen = Render(format="tower", direction="fixed", pairs=[["fra_Latn", "deu_Latn"]]).map_shard(batch)
    assert chosen.kept["direction"].to_pylist() == ["fra_Latn-deu_Latn"]


def test_nothing_in_nothing_out():
    for schema in (BEADS, PAIRS, GROUPS):
        for style in ("tab", "lucie", "alma", "bank", "tagged", "json-nway", "multi-reference"):
            if style in {"tagged", "json-nway", "multi-reference"} and schema is not GROUPS:
                continue
            outcome = Render(format=style, direction="both").map_shard(pa.RecordBatch.from_pylist([], schema=schema))
            assert outcome.kept.num_rows == 0 and outcome.removed is None
            assert outcome.kept.schema == Render(format=style).output_schema(schema)


def test_a_file_of_templates(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "polite: {prompt: 'Please put this into {tgt_name}: {src}', completion: ' {tgt}', weight: 3}\n"
        "short: {prompt: '{src} = ', completion: '{tgt}', target_languages: [fr]}\n", encoding="utf-8",
    )  # fmt: skip
    stage = Render(format="templates", templates=str(path), direction="both", layout="prompt-completion")
    from hexapla.filters.prompt_templates import read

    made = stage.map_shard(ROWS).kept.to_pylist()
    assert stage.resource_files() == (str(path),)
    assert {row["template_id"] for row in made} <= {"polite", "short"}
    assert all(row["template_id"] == "polite" for row in made if not row["direction"].endswith("fra_Latn"))
    assert all(unrender(row, "prompt-completion", read(str(path)))["src"] for row in made)
    path.write_text("polite: {prompt: '{sorce}', completion: '{tgt}'}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml, line 1: prompt: there is no field \{sorce\}"):
        stage.output_schema(ROWS.schema)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"format": "templates"}, "`templates` is the file"),
        ({"format": "tab", "layout": "messages"}, "tab makes documents"),
        ({"format": "alma", "languages": ["klingonish"]}, "no language code"),
        ({"format": "tagged", "names": "klingonish"}, "no language code"),
        ({"format": "albatross"}, "Input should be"),
    ],
)
def test_mistakes_in_keys(keys, said):
    with pytest.raises(ValidationError, match=said):
        Render(**keys)


def test_inputs_that_do_not_fit():
    with pytest.raises(ConfigError, match="tagged needs groups, its input has pairs"):
        Render(format="tagged").output_schema(PAIRS)
    with pytest.raises(ConfigError, match="interlinear needs whole documents"):
        Render(format="interlinear").output_schema(BEADS)
    with pytest.raises(ConfigError, match="tower has no templates with examples"):
        Render(format="tower", shots=2).output_schema(PAIRS)


def recipe(name: str, output: Path) -> None:
    command = [sys.executable, "-m", "hexapla", "run", name, "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ted2025_gives_every_moment_with_all_its_languages(tmp_path):
    recipe("ted2025", tmp_path / "out")
    lines = (tmp_path / "out/data/default/train.txt").read_text(encoding="utf-8").splitlines()
    rows = sorted(map(json.loads, lines), key=lambda row: row["timestamp"])
    assert [row["parallelism"] for row in rows] == [5] * 7 + [4] + [5] * 3
    assert all(set(row) == {"talk_id", "timestamp", "lang_list", "para_data", "parallelism"} for row in rows)
    assert all(sorted(row["para_data"]) == sorted(row["lang_list"]) for row in rows)
    assert rows[5]["para_data"]["de"].endswith("schrieb das Datum auf.")  # two cues that German has as one
    said = "We counted twelve empty boxes that morning. She did not cry; she wrote down the date."
    assert rows[5]["para_data"]["en"] == said
    assert "es" not in rows[7]["para_data"]


def test_sft_gives_both_directions_and_says_how_each_was_made(tmp_path):
    recipe("sft", tmp_path / "out")
    files = sorted((tmp_path / "out/data").rglob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    directions = Counter(row["direction"] for row in rows)
    assert len(directions) == 20 and all(
        number == directions["-".join(reversed(way.split("-")))] for way, number in directions.items()
    )
    for row in rows:
        back = unrender(row, "messages")
        assert back["src"] and row["messages"][-1]["content"] == back["tgt"]
    assert any(row["template_id"].startswith("context/") for row in rows)
    assert set(json.loads((tmp_path / "out/data/dataset_info.json").read_text())) == {file.parent.name for file in files}


def test_what_is_no_parallel_text_is_refused_before_a_row_is_read():
    documents = pa.schema([("uid", pa.string()), ("text", pa.string())])
    for kind in ("tab", "alma", "bank"):
        with pytest.raises(ConfigError, match="parallel text is needed, and the input has documents"):
            Render(format=kind).output_schema(documents)
    with pytest.raises(ConfigError, match="tagged needs groups, its input has documents"):
        Render(format="tagged").output_schema(documents)


def test_a_file_of_templates_that_is_not_there():
    with pytest.raises(ValidationError, match=r"there is no file 'nothing\.yaml'"):
        Render(format="templates", templates="nothing.yaml")
