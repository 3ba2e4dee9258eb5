"""Files of lines: as many in each, whatever stands in the texts."""

from __future__ import annotations

import json

import pyarrow as pa
from hexapla.filters.exchange_lines import (
    bitextor,
    flores,
    json_lines,
    lines,
    moses,
    on_one_line,
    pharaoh,
    translation,
    tsv,
    vecalign,
)
from hexapla.filters.parallel_tables import BEADS, GROUPS
from hypothesis import given, settings
from hypothesis import strategies as st

BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
TEXT = st.one_of(st.none(), st.text(st.one_of(st.sampled_from(BREAKS + "\t"), st.characters(exclude_categories=["Cs"]))))


def beads(rows: list[tuple[str | None, str | None]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {"uid": f"{n:032x}", "doc_key": "d\n1", "src_lang": "eng_Latn", "tgt_lang": "fra_Latn", "src_index": [n],
             "tgt_index": [n, n + 1], "src": src, "tgt": tgt, "score": None if n % 2 else 0.5, "method": "key"}
            for n, (src, tgt) in enumerate(rows)
        ], schema=BEADS,
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8))
def test_a_line_is_a_row(rows):
    files = {**moses(beads(rows), "en", "fr"), **flores(beads(rows), []), **vecalign(beads(rows))}
    for name, data in files.items():
        assert data.decode().split("\n")[-1] == ""
        assert len(data.decode().splitlines()) == len(rows) == data.count(b"\n"), name
    for data, columns in ((tsv(beads(rows)), 5), (bitextor(beads(rows)), 5)):
        assert [len(line.split("\t")) for line in data.decode().splitlines()] == [columns] * len(rows)


def test_every_break_that_python_knows_is_a_space():
    every = "".join(map(chr, range(0x11000))).replace("\ud800", "")
    text = "".join(character for character in every if not 0xD800 <= ord(character) < 0xE000)
    assert len(on_one_line(pa.array([text]))[0].as_py().splitlines()) == 1
    assert lines(pa.array([], pa.string())) == b""


def test_moses():
    files = moses(beads([("Hello.", "Bonjour."), ("a\r\nb", "c")]), "eng_Latn", "fra_Latn")
    assert files == {
        "corpus.eng_Latn": b"Hello.\na  b\n", "corpus.fra_Latn": b"Bonjour.\nc\n", "corpus.scores": b"0.500000\n\n",
        "corpus.ids": b"00000000000000000000000000000000\n00000000000000000000000000000001\n",
    }  # fmt: skip


def test_vecalign_and_translation():
    rows = beads([("a", "b")])
    assert vecalign(rows) == {"links.vecalign": b"[0]:[0, 1]:0.500000\n", "links.documents": b"d 1\n"}
    assert json.loads(translation(rows)) == {"id": "0" * 32, "translation": {"en": "a", "fr": "b"}}
    labels = {"src_lang": pa.array(["fra-CA_Latn", "arb_Arab"]), "tgt_lang": pa.array(["fra_Latn", "ara_Arab"])}
    both = pa.RecordBatch.from_pydict({"uid": ["0", "1"], "src": ["a", "b"], "tgt": ["c", "d"], **labels})
    assert [json.loads(line)["translation"] for line in translation(both).splitlines()] == [
        {"fr-CA": "a", "fr": "c"}, {"arb_Arab": "b", "ara_Arab": "d"},
    ]  # fmt: skip


def test_groups_as_lines_of_each_language():
    rows = pa.RecordBatch.from_pylist(
        [
            {"uid": "1", "segments": [{"lang": "eng_Latn", "text": "one"}, {"lang": "fra_Latn", "text": "un"}]},
            {"uid": "2", "segments": [{"lang": "fra_Latn", "text": "deux"}]},
        ], schema=GROUPS,
    )  # fmt: skip
    found = flores(rows, ["eng_Latn", "fra_Latn", "deu_Latn"])
    assert found == {"ids": b"1\n2\n", "eng_Latn": b"one\n\n", "fra_Latn": b"un\ndeux\n", "deu_Latn": b"\n\n"}
    assert json.loads(translation(rows).splitlines()[1])["translation"] == {"fr": "deux"}


def test_json_keeps_everything():
    rows = pa.RecordBatch.from_pydict({"b": [b"x"], "a": ["l\n\u2028"], "n": [float("nan")], "z": [None]})
    assert json.loads(json_lines(rows)) == {"b": "x", "a": "l\n\u2028", "n": None, "z": None}
    assert json_lines(rows, ["a"]).startswith(b'{"a":')


def test_links_of_words_stand_beside_their_tokens():
    links = pa.array(["0-0 1-2", None, ""], pa.string())
    tokens = {"src_tokens": pa.array(["a b", "c", None]), "tgt_tokens": pa.array(["x y z", "", "w"])}
    rows = pa.RecordBatch.from_pydict({"word_links": links, **tokens})
    assert pharaoh(rows) == {"train.pharaoh": b"0-0 1-2\n\n\n", "train.tokens": b"a b ||| x y z\nc ||| \n ||| w\n"}
    assert pharaoh(rows.select(["word_links"])) == {"train.pharaoh": b"0-0 1-2\n\n\n"}
