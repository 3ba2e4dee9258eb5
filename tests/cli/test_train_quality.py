"""`hexapla train quality` as a user calls it."""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from hexapla.stages.embed import Embed
from hexapla.stages.quality import Quality
from tiny_models import CLEAN, MESSY, documents, save_network


@pytest.fixture
def inputs(tmp_path):
    """Folders of good and ordinary documents in two languages, one of them under another code."""
    for name, lines in (("good", CLEAN), ("bad", MESSY)):
        rows = [{"content": text, "lang": ("en", "fra_Latn")[row % 2]} for row, text in enumerate(documents(lines, 80, 3))]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_a_model_per_language_from_jsonl(inputs, call):
    done = call(
        "train", "quality", "--positive", f"{inputs}/good.jsonl", "--negative", f"{inputs}/bad.jsonl", "--output",
        f"{inputs}/model", "--text-column", "content", "--language-column", "lang", "--dim", "10",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "eng_Latn" in done.output and "mean AUC over languages" in done.output
    stage = Quality(model=f"{inputs}/model")
    assert stage.backing("eng_Latn").level == stage.backing("fra_Latn").level == "measured"
    rows = pa.RecordBatch.from_pydict({"text": [CLEAN[0], MESSY[0]], "language": ["eng_Latn", "fra_Latn"]})
    good, bad = stage.map_shard(rows).kept["quality_score"].to_pylist()
    assert good > 0.5 > bad


def test_a_network_on_stored_vectors_from_recorded_labels(tmp_path, call, monkeypatch):
    encoder = save_network(tmp_path / "encoder", initializer_range=0.2)
    texts = documents(CLEAN, 60, 3) + documents(MESSY, 60, 4)
    rows = pa.RecordBatch.from_pydict({"id": [f"d{row}" for row in range(120)], "text": texts})
    stored = Embed(model=encoder, window=64).map_shard(rows).kept
    pq.write_table(pa.Table.from_batches([stored]), tmp_path / "rows.parquet")
    labels = [{"id": f"d{row}", "label": 4.5 if row < 60 else 1} for row in range(120) if row % 10]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in labels))
    monkeypatch.setattr("hexapla.filters.quality_training.load_encoder", lambda *_: pytest.fail("embedded again"))
    done = call(
        "train", "quality", "--input", f"{tmp_path}/rows.parquet", "--labels", f"{tmp_path}/labels.jsonl", "--kind", "mlp",
        "--encoder", encoder, "--window", "64", "--epochs", "40", "--rate", "0.003", "--output", f"{tmp_path}/model",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "108 of 108 labels belong to documents" in done.output and "stored vectors" in done.output
    config = json.loads(Path(tmp_path, "model", "quality.json").read_text())
    assert config["metrics"]["default"]["auc"] > 0.9 and config["training"]["labels"].endswith("labels.jsonl")
    other = call(
        "train", "quality", "--input", f"{tmp_path}/rows.parquet", "--labels", f"{tmp_path}/labels.jsonl", "--kind", "mlp",
        "--encoder", encoder, "--window", "32", "--output", f"{tmp_path}/other",
    )  # fmt: skip
    assert other.exit_code and "was made by encoder" in str(other.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--positive", "good.jsonl"], "nothing to learn from"),
        (["--positive", "good.jsonl", "--negative", "bad.jsonl", "--kind", "mlp"], "needs an encoder"),
        (["--positive", "good.jsonl", "--negative", "bad.jsonl", "--text-column", "txt"], "are --text-column and --language-column right"),
        (["--positive", "gone.jsonl", "--negative", "bad.jsonl"], "gone"),
        (["--input", "good.jsonl", "--labels", "labels.xml"], "labels.xml"),
    ],
)
def test_mistakes_are_named(inputs, call, monkeypatch, arguments, words):
    monkeypatch.chdir(inputs)
    done = call("train", "quality", "--output", "model", *arguments)
    assert done.exit_code and words in str(done.exception), (done.output, done.exception)
    assert not Path("model/quality.json").exists()
