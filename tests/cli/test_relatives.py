"""`explain` on duplicates: of whom, how similar, why the other one stayed; and who are the duplicates of what stayed."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_run import ARTICLE_1
from hexapla.engine.results import Results

PIPELINE = """
input: {{path: {input}}}
stages:
  - exact_dedup: {{survivor: [quality, longest]}}
  - minhash_dedup: {{threshold: 0.6}}
output: {output}
"""


@pytest.fixture(scope="module")
def deduplicated(tmp_path_factory):
    """(Output folder, documents by id) of a real run."""
    from hexapla.cli.main import app
    from typer.testing import CliRunner

    folder = tmp_path_factory.mktemp("relatives")
    article = " ".join(text for code, text in ARTICLE_1.items() if code[4:] == "Latn")
    rows = [
        {"id": "worse", "text": article, "date": "2026-01-01", "quality": 0.25},
        {"id": "better", "text": article, "date": "2026-01-02", "quality": 0.75},
        {"id": "better too", "text": article, "date": "2026-01-03", "quality": 0.75},
        {"id": "short", "text": article[:-12], "date": "2026-01-04", "quality": 0.5},
        {"id": "alone", "text": ARTICLE_1["heb_Hebr"], "date": None, "quality": None},
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "in.parquet")
    (folder / "p.yaml").write_text(PIPELINE.format(input=folder / "in.parquet", output=folder / "out"))
    result = CliRunner().invoke(app, ["run", str(folder / "p.yaml"), "--executor", "local"])
    assert result.exit_code == 0, result.output
    output = str(folder / "out")
    last = Results(output).stages
    found = {row["id"]: row for stage in last for _, row in _all(Results(output), stage)}
    return output, found


def _all(results, stage):
    import numpy as np

    for files in (stage.kept, stage.removed):
        yield from results.find(files, ("uid",), lambda batch: np.ones(batch.num_rows, bool))


def explained(call, output, id_):
    trace = json.loads(call("explain", id_, "--output", output, "--json").stdout)
    return {visit["stage"][3:]: visit for visit in trace["stages"]}


def test_a_duplicate_names_what_stayed_and_the_rule_that_decided(call, deduplicated):
    output, rows = deduplicated
    original = explained(call, output, "worse")["exact_dedup"]["duplicate_of"]
    assert original["uid"] == rows["worse"]["duplicate_of"]
    assert original["id"] in ("better", "better too")
    assert original["survivor"] == [{"rule": "quality", "kept": 0.75, "removed": 0.25}]
    text = call("explain", "worse", "--output", output).stdout
    assert f"= duplicate of {original['uid']}" in text
    assert "quality: 0.75 there, 0.25 here" in text
    assert text.count("| All human beings") == 2


def test_where_no_rule_decides_it_is_said(call, deduplicated):
    output, rows = deduplicated
    second = next(id_ for id_ in ("better", "better too") if rows[id_].get("duplicate_of"))
    original = explained(call, output, second)["exact_dedup"]["duplicate_of"]
    assert [entry["rule"] for entry in original["survivor"]] == ["quality", "longest"]
    assert all(entry["kept"] == entry["removed"] for entry in original["survivor"])
    text = call("explain", second, "--output", output).stdout
    assert "no rule tells them apart: a hash of the contents decides" in text


def test_a_near_duplicate_has_its_similarity_and_the_lengths(call, deduplicated):
    output, rows = deduplicated
    visit = explained(call, output, "short")["minhash_dedup"]
    length = len(rows["short"]["text"])
    assert visit["duplicate_of"]["similarity"] == pytest.approx(rows["short"]["similarity"])
    assert visit["duplicate_of"]["survivor"] == [{"rule": "longest", "kept": length + 12, "removed": length}]
    assert f"longest: {length + 12} there, {length} here" in call("explain", "short", "--output", output).stdout


def test_what_stayed_lists_its_duplicates_stage_by_stage(call, deduplicated):
    output, rows = deduplicated
    first = next(id_ for id_ in ("better", "better too") if rows[id_].get("duplicate_of") is None)
    visits = explained(call, output, first)
    gone = {rows[id_]["uid"] for id_ in ("worse", "better", "better too")} - {rows[first]["uid"]}
    assert visits["exact_dedup"]["duplicates"]["count"] == 2
    assert {row["uid"] for row in visits["exact_dedup"]["duplicates"]["rows"]} == gone
    assert [row["id"] for row in visits["minhash_dedup"]["duplicates"]["rows"]] == ["short"]
    text = call("explain", first, "--output", output).stdout
    assert "= 2 documents were removed as its duplicates:" in text
    assert "= 1 document was removed as its duplicate:" in text


def test_a_document_without_relatives_says_nothing(call, deduplicated):
    output, _ = deduplicated
    visits = explained(call, output, "alone")
    assert all(visit["duplicate_of"] is None and not visit["duplicates"]["count"] for visit in visits.values())
    assert "duplicate" not in call("explain", "alone", "--output", output).stdout


def test_a_document_in_an_earlier_run_is_found_there(call, deduplicated, tmp_path):
    output, rows = deduplicated
    new = [{"id": "again", "text": rows["short"]["text"] + " more words", "date": "2026-02-01", "quality": 0.1}]
    pq.write_table(pa.Table.from_pylist(new), tmp_path / "in.parquet")
    config = PIPELINE.format(input=tmp_path / "in.parquet", output=tmp_path / "out")
    (tmp_path / "p.yaml").write_text(config.replace("threshold: 0.6", f"threshold: 0.6, against: {output}"))
    result = call("run", str(tmp_path / "p.yaml"), "--executor", "local")
    assert result.exit_code == 0, result.output
    original = explained(call, str(tmp_path / "out"), "again")["minhash_dedup"]["duplicate_of"]
    assert original["id"] in ("better", "better too")
    assert original["where"] == f"in the earlier run {output}"
    assert original["text"].startswith("All human beings")
