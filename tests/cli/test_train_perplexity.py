"""`hexapla train perplexity`, and a pipeline with what it wrote."""

import json

import pyarrow.parquet as pq
import pytest
from hexapla.cli.main import app
from hexapla.filters.ngram_models import load_npz, read_specification
from typer.testing import CliRunner

LINES = {
    "fra": ["Tous les êtres humains naissent libres et égaux en dignité et en droits.", "Nul ne sera tenu en esclavage."],
    "ewe_Latn": ["Wodzi amegbetɔwo katã ablɔɖeviwoe.", "Ame sia ame kpɔ mɔ ɖe agbenɔnɔ ŋu."],
}


@pytest.fixture
def documents(tmp_path):
    path = tmp_path / "documents.jsonl"
    rows = [
        {"content": f"{line} {number}", "lang": code} for code, lines in LINES.items() for line in lines for number in range(8)
    ]
    path.write_text("\n".join(json.dumps(row) for row in [*rows, {"content": "zzz", "lang": None}]))
    return path


def train(*arguments):
    return CliRunner().invoke(app, ["train", "perplexity", *map(str, arguments)])


def test_a_model_for_each_language(documents, tmp_path):
    done = train(documents, "--output", tmp_path / "models", "--text-column", "content", "--language-column", "lang",
                 "--held-out", "0.2", "--prune", "0,0,1", "--vocabulary", "20", "--keep-case", "--arpa")  # fmt: skip
    assert done.exit_code == 0, done.output
    files = sorted(path.name for path in (tmp_path / "models").iterdir())
    assert files == ["ewe_Latn.arpa.gz", "ewe_Latn.npz", "fra_Latn.arpa.gz", "fra_Latn.npz"]
    known = read_specification(tmp_path / "models/fra_Latn.npz")
    assert (known["prune"], known["vocabulary_limit"], known["normalization"]["case"]) == ([0, 0, 1], 20, "keep")
    assert known["held_out"]["documents"] + known["trained_on"]["documents"] == 16
    assert "fra_Latn" in done.output and "2 models" in done.output
    assert load_npz(tmp_path / "models/fra_Latn.npz").words.to_pylist()[:3] == ["<unk>", "<s>", "</s>"]


def test_one_language_for_all(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES["fra"]))
    done = train(path, "--output", tmp_path / "models", "--language", "fra_Latn", "--document", "line", "--order", "2")
    assert done.exit_code == 0, done.output
    assert read_specification(tmp_path / "models/fra_Latn.npz")["order"] == 2


def test_a_pipeline_with_the_models(documents, tmp_path):
    assert train(documents, "--output", tmp_path / "models", "--text-column", "content", "--language-column", "lang").exit_code == 0
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text(
        f"input: {{path: {documents}, columns: {{text: content, language: lang}}}}\n"
        f"stages:\n  - language: {{trust: language}}\n  - perplexity: {{model: {tmp_path}/models, max_perplexity: 1000}}\n"
        "  - select: {by: perplexity, keep: 0.5, order: lowest, min_rows: 2}\n  - export\n"
        f"output: {tmp_path}/out\n"
    )
    done = CliRunner().invoke(app, ["run", str(pipeline), "--executor", "local"])
    assert done.exit_code == 0, done.output
    kept = [row for path in (tmp_path / "out/data").rglob("*.parquet") for row in pq.ParquetFile(path).read().to_pylist()]
    assert [sum(row["language"] == code for row in kept) for code in ("fra_Latn", "ewe_Latn")] == [8, 8]
    ledger = json.loads((tmp_path / "out/stages/03-select/ledger.json").read_text())
    assert any(name.startswith("kept of fra_Latn, at most ") for name in ledger["counters"])
    plan = CliRunner().invoke(app, ["plan", str(pipeline), "--set", "select.keep=0.25"])
    assert "select.keep" in plan.output.replace("config.", "select.") and "perplexity.score: finished" in plan.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--prune", "0,2,1"], "cannot be pruned"),
        (["--prune", "1"], "cannot be pruned"),
        (["--prune", "a"], "not a list of numbers"),
        (["--language-column", "tongue"], "tongue"),
        (["--tokenizer", "none.model"], "none.model"),
    ],
)
def test_mistakes_are_said(documents, tmp_path, options, said):
    arguments = ["--output", tmp_path / "models", "--text-column", "content"]
    arguments += [] if "--language-column" in options else ["--language-column", "lang"]
    done = train(documents, *arguments, *options)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
