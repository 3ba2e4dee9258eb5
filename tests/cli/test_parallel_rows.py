"""Where a run has parallel text."""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_parallel_run import write_parallel_run
from hexapla.cli.parallel_rows import find_table, parse_directions, rows_of_document
from hexapla.engine.errors import HexaplaError
from hexapla.engine.results import Results


@pytest.fixture
def parallel(tmp_path):
    """(Results, beads, groups)."""
    beads, groups = write_parallel_run(tmp_path / "run", documents=5)
    return Results(str(tmp_path / "run")), beads, groups


def test_all_rows_of_all_files_come_as_pairs(parallel):
    results, beads, groups = parallel
    table = find_table(results, None)
    assert (table.name, table.kind, len(table.files)) == ("align", "beads", 2)
    assert [row for batch in table.pairs() for row in batch.to_pylist()] == beads
    chosen = [row for batch in table.pairs([("deu_Latn", "eng_Latn")]) for row in batch.to_pylist()]
    assert chosen == [bead for bead in beads if (bead["src_lang"], bead["tgt_lang"]) == ("deu_Latn", "eng_Latn")]
    grouped = find_table(results, "01-align.groups")
    pairs = [row for batch in grouped.pairs() for row in batch.to_pylist()]
    assert len(pairs) == sum(group["parallelism"] * (group["parallelism"] - 1) // 2 for group in groups)
    assert {row["group_uid"] for row in pairs} == {group["uid"] for group in groups}


def test_the_rows_of_one_document(parallel):
    results, beads, groups = parallel
    table = find_table(results, None)
    assert rows_of_document(table, "doc/3") == [bead for bead in beads if bead["doc_key"] == "doc/3"]
    found = rows_of_document(find_table(results, "align.groups"), "doc/3")
    assert found == [group for group in groups if group["doc_key"] == "doc/3"]
    assert rows_of_document(table, "doc/99") == []


def test_published_pairs_are_found_when_the_last_stage_wrote_nothing_else(parallel):
    results, beads, _ = parallel
    folder = Path(results.output)
    manifest = (folder / "stages" / "01-align" / "manifest.json").read_text()
    (folder / "stages" / "01-align" / "manifest.json").write_text(
        manifest.replace('"parts": [{', '"old": [{').replace('"outputs": {"groups"', '"others": {"groups"')
    )
    (folder / "data" / "all").mkdir(parents=True)
    table = pq.read_table(folder / "stages" / "01-align" / "data")
    pq.write_table(table, folder / "data" / "all" / "train-00000-of-00001.parquet")
    found = find_table(Results(results.output), None)
    assert found.files == ("data/all/train-00000-of-00001.parquet",)
    assert sum(batch.num_rows for batch in found.pairs()) == len(beads)


def test_what_a_filter_kept_is_what_it_scored_but_for_what_it_removed(parallel):
    results, beads, _ = parallel
    folder = Path(results.output) / "stages" / "01-align"
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "removed").mkdir()
    gone = pq.read_table(folder / manifest["parts"][0]["path"]).slice(10, 40)
    pq.write_table(gone, folder / "removed" / "x.parquet")
    manifest |= {"parts": [], "outputs": {"scored": manifest["parts"]}}
    manifest["removed"] = [{"path": "removed/x.parquet", "rows": 40}]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    table = find_table(Results(results.output), "align")
    found = [row["uid"] for batch in table.pairs() for row in batch.to_pylist()]
    assert found == [bead["uid"] for bead in beads[:10] + beads[50:]]
    key = beads[10]["doc_key"]
    kept = [bead["uid"] for bead in beads[:10] + beads[50:] if bead["doc_key"] == key]
    assert [row["uid"] for row in rows_of_document(table, key)] == kept


def test_columns_of_other_types_are_no_pairs_and_no_fault(parallel):
    results, beads, _ = parallel
    folder = Path(results.output) / "stages" / "01-align" / "data"
    for path in folder.iterdir():
        rows = pq.read_table(path)
        at = rows.schema.get_field_index("score")
        pq.write_table(rows.set_column(at, "score", pa.array([{"x": 1}] * rows.num_rows)), path)
    table = find_table(Results(results.output), None)
    assert [row["score"] for batch in table.pairs() for row in batch.to_pylist()] == [None] * len(beads)
    for path in folder.iterdir():
        rows = pq.read_table(path)
        at = rows.schema.get_field_index("src")
        pq.write_table(rows.set_column(at, "src", pa.array([["gathered"]] * rows.num_rows)), path)
    assert find_table(Results(results.output), None).name == "align.groups"


def test_a_file_that_is_gone_is_named(parallel):
    results, *_ = parallel
    table = find_table(results, None)
    (Path(results.output) / table.files[1]).unlink()
    with pytest.raises(HexaplaError) as caught:
        list(table.pairs())
    assert table.files[1] in caught.value.where


def test_pairs_of_languages_are_parsed():
    assert parse_directions([]) is None
    assert parse_directions(["eng_Latn-fra_Latn"]) == [("eng_Latn", "fra_Latn")]
