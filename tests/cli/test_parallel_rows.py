"""Where a run has parallel text."""

import sys
from pathlib import Path

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
