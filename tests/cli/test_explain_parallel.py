"""`hexapla explain` on beads and groups."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_parallel_run import write_parallel_run


@pytest.fixture(scope="module")
def parallel(tmp_path_factory):
    """(Output folder, beads, groups)."""
    folder = tmp_path_factory.mktemp("explain") / "run"
    beads, groups = write_parallel_run(folder, documents=4)
    return str(folder), beads, groups


def explained(call, parallel, uid):
    result = call("explain", uid, "--output", parallel[0], "--json")
    assert result.exit_code == 0, result.exception
    (line,) = result.stdout.splitlines()
    return json.loads(line), call("explain", uid, "--output", parallel[0]).stdout


def test_a_bead_names_its_segments_and_documents(call, parallel):
    bead = next(bead for bead in parallel[1] if len(bead["tgt_index"]) == 2)
    found, said = explained(call, parallel, bead["uid"])
    (visit,) = found["stages"]
    assert (visit["stage"], visit["verdict"]) == ("01-align", "made")
    assert [(part["language"], part["index"]) for part in visit["made_of"]] == [
        (bead["src_lang"], bead["src_index"]),
        (bead["tgt_lang"], bead["tgt_index"]),
    ]
    for part in visit["made_of"]:
        assert [one["id"] for one in part["documents"]] == [f"{bead['doc_key']}/{part['language']}"]
    assert visit["added"]["score"] == pytest.approx(bead["score"])
    first, second = bead["tgt_index"]
    assert f"< {bead['tgt_lang']}: segments {first}, {second} of {bead['doc_key']}/{bead['tgt_lang']}" in said
    assert "00-read" not in said and "None" not in said.replace("not published", "")


def test_a_deletion_is_made_of_nothing_on_one_side(call, parallel):
    bead = next(bead for bead in parallel[1] if not bead["tgt_index"])
    _, said = explained(call, parallel, bead["uid"])
    assert f"< {bead['tgt_lang']}: nothing\n" in said


def test_a_group_names_all_its_languages(call, parallel):
    group = next(group for group in parallel[2] if group["parallelism"] == 4)
    found, said = explained(call, parallel, group["uid"])
    (visit,) = found["stages"]
    assert [(part["language"], part["index"]) for part in visit["made_of"]] == [
        (one["lang"], one["index"]) for one in group["segments"]
    ]
    assert said.count("    < ") == 4
    assert visit["added"]["parallelism"] == 4


def test_documents_are_explained_as_before(call, parallel):
    found, _ = explained(call, parallel, "doc/1/eng_Latn")
    assert (found["stages"][0]["stage"], found["stages"][0]["verdict"]) == ("00-read", "kept")
    assert found["stages"][0]["made_of"] == []
    assert found["stages"][1]["verdict"].startswith("used up")


def test_what_is_published_in_other_formats_is_not_said_to_be_missing(call, tmp_path):
    beads, _ = write_parallel_run(tmp_path / "run", documents=4)
    uid = beads[0]["uid"]
    assert call("explain", uid, "--output", str(tmp_path / "run")).stdout.endswith("\nnot published\n")
    (tmp_path / "run" / "data" / "default").mkdir(parents=True)
    (tmp_path / "run" / "data" / "default" / "train.tmx").write_text("<tmx/>")
    said = call("explain", uid, "--output", str(tmp_path / "run")).stdout
    assert said.endswith("\nin no published Parquet file; the run publishes other files, too, which are not searched\n")


def test_a_removed_pair_shows_both_texts():
    from hexapla.cli.explain import Visit, _add_reasons, _removed_text

    visit = Visit("02-pair_filter", "removed")
    row = {"reason": "copies", "src_lang": "eng_Latn", "tgt_lang": "amh_Ethi", "src": "Peace", "tgt": "ሰላም"}
    _add_reasons(visit, row)
    assert _removed_text(visit) == ["    | eng_Latn: Peace", "    | amh_Ethi: ሰላም"]
    _add_reasons(visit, row | {"src": None, "tgt": None})
    assert "not kept" in _removed_text(visit)[0]
