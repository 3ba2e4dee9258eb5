"""Beads that judges have seen stay, and those that they refused say so, whatever the aligner thinks."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.filters.parallel_tables import BEADS
from hexapla.stages.align import Align
from parallel_talks import SCHEMA, rows, talks
from stages.step_runner import cut, run_steps

LANGUAGES = ["eng_Latn", "ell_Grek", "hin_Deva"]


@pytest.fixture(scope="module")
def documents():
    return talks(LANGUAGES)


def run(documents, **config):
    table = pa.Table.from_pylist(rows(documents), SCHEMA)
    return run_steps(Align(**config), cut(table, 1000), partitions=4).kept.to_pylist()


def odd_beads(documents):
    """In each of three documents one bead that nobody would find: two lines against the next but one."""
    made = []
    for key in sorted(documents)[:3]:
        left, right = documents[key]["ell_Grek"].lines, documents[key]["eng_Latn"].lines
        made.append(
            {
                "uid": f"judged-{key}", "doc_key": key, "src_lang": "ell_Grek", "tgt_lang": "eng_Latn",
                "src_index": [3, 4], "tgt_index": [5], "src": f"{left[3]} {left[4]}", "tgt": right[5],
                "score": 1.0, "method": "reviewed",
            }
        )  # fmt: skip
    return made


def places(beads, key, source="ell_Grek", target="eng_Latn"):
    return [
        (tuple(row["src_index"]), tuple(row["tgt_index"]), row["method"])
        for row in beads
        if (row["doc_key"], row["src_lang"], row["tgt_lang"]) == (key, source, target)
    ]


@pytest.mark.parametrize("beads", ["consensus", "direct"])
def test_reviewed_beads_stay(documents, tmp_path, beads):
    judged = odd_beads(documents)
    pq.write_table(pa.Table.from_pylist(judged, BEADS), tmp_path / "reviewed.parquet")
    before, after = run(documents, beads=beads), run(documents, beads=beads, reviewed=str(tmp_path / "reviewed.parquet"))
    for bead in judged:
        key = bead["doc_key"]
        found = places(after, key)
        assert ((3, 4), (5,), "reviewed") in found
        assert ((3, 4), (5,)) not in {place[:2] for place in places(before, key)}
        for side, language in ((0, "ell_Grek"), (1, "eng_Latn")):
            every = sorted(number for place in found for number in place[side])
            assert every == list(range(len(documents[key][language].lines)))
    others = sorted(documents)[3:]
    assert [places(after, key) for key in others] == [places(before, key) for key in others]
    fixed = [row for row in after if row["method"] == "reviewed" and row["tgt_lang"] == "eng_Latn"]
    assert [row["score"] for row in fixed] == [1.0] * 3
    assert {(row["src"], row["tgt"]) for row in fixed} == {(bead["src"], bead["tgt"]) for bead in judged}


def test_a_bead_whose_text_has_changed_and_one_of_another_document_are_left_out(documents, tmp_path):
    judged = odd_beads(documents)[:2]
    judged[0]["src"] += " !"
    judged[1]["doc_key"] = "another"
    pq.write_table(pa.Table.from_pylist(judged, BEADS), tmp_path / "reviewed.parquet")
    assert run(documents, reviewed=str(tmp_path / "reviewed.parquet")) == run(documents)


def test_the_direction_of_the_file_does_not_matter(documents, tmp_path):
    (bead, *_) = odd_beads(documents)
    turned = {name: bead[name.translate(str.maketrans("", ""))] for name in bead}
    for one, other in (("src_lang", "tgt_lang"), ("src_index", "tgt_index"), ("src", "tgt")):
        turned[one], turned[other] = bead[other], bead[one]
    pq.write_table(pa.Table.from_pylist([turned], BEADS), tmp_path / "reviewed.parquet")
    found = places(run(documents, reviewed=str(tmp_path / "reviewed.parquet")), bead["doc_key"])
    assert ((3, 4), (5,), "reviewed") in found


def test_rejected_beads_have_no_score(documents, tmp_path):
    before = run(documents)
    bad = [row for row in before if row["src"] and row["tgt"]][::40]
    lines = ["uid\tsrc", *(f"{row['uid']}\t{row['src']}" for row in bad), ""]
    (tmp_path / "blocked.tsv").write_text("\n".join(lines), encoding="utf-8")
    after = run(documents, rejected=str(tmp_path / "blocked.tsv"))
    refused = {row["uid"] for row in bad}
    for old, new in zip(before, after, strict=True):
        if old["uid"] in refused:
            assert (new["score"], new["method"]) == (0.0, "rejected")
        else:
            assert new == old


def test_other_files_are_refused(documents, tmp_path):
    pq.write_table(pa.table({"src": ["a"]}), tmp_path / "pairs.parquet")
    with pytest.raises(ConfigError, match="has no column doc_key"):
        run(documents, reviewed=str(tmp_path / "pairs.parquet"))
    (tmp_path / "blocked.tsv").write_text("src\ttgt\n")
    with pytest.raises(ConfigError, match="no column uid"):
        run(documents, rejected=str(tmp_path / "blocked.tsv"))
