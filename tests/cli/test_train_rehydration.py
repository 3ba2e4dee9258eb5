"""`hexapla train rehydration`: weights from what the filters of a run removed."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

WORDS = ["sun", "moon", "river", "stone", "garden", "window", "letter", "morning", "village", "summer", "winter"]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    """Texts alone, of which the filter removes nine in ten, and clusters of three, of which it removes none."""
    folder = tmp_path_factory.mktemp("crawl")
    rows = []
    for number in range(60):
        words = [WORDS[(number * 7 + place * (number % 11 + 1)) % len(WORDS)] + str(number) for place in range(60)]
        copies = 3 if number % 2 else 1
        bad = copies == 1 and number % 20
        for copy in range(copies):
            text = " ".join([*words, f"copy{copy}"])
            rows.append({"id": f"{number}-{copy}", "text": text, "language": "eng_Latn", "bad": int(bool(bad))})
    pq.write_table(pa.Table.from_pylist(rows), folder / "pages.parquet")
    return folder


def test_fitted_weights_are_those_of_clusters_that_filters_like(call, crawl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(
        f"input: {crawl}/pages.parquet\noutput: out\nstages:\n  - language: {{trust: language}}\n"
        '  - minhash_dedup\n  - filter: {remove: {bad: "bad > 0"}}\n'
    )
    result = call("run", "a.yaml", "--executor", "local")
    assert result.exit_code == 0, result.exception or result.output
    result = call(
        "train", "rehydration", "out", "--output", "w.json", "--min-documents", "10", "--max-repetitions", "4"
    )
    assert result.exit_code == 0, result.exception or result.output
    assert json.loads((tmp_path / "w.json").read_text()) == {"eng_Latn": {"1": 1, "3": 4}}
    assert "1 language, 1 with something to repeat" in result.output


def test_a_run_without_clusters_is_an_error(call, crawl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(f"input: {crawl}/pages.parquet\noutput: out\nstages: [normalize]\n")
    assert call("run", "a.yaml", "--executor", "local").exit_code == 0
    result = call("train", "rehydration", "out", "--output", "w.json")
    assert result.exit_code != 0
    assert "minhash_cluster_size" in f"{result.exception} {result.output}"
