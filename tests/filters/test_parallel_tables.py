"""Tables of parallel text: identities, and pairs out of beads and groups."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pytest
from hexapla.filters.parallel_tables import (
    BEADS,
    GROUPS,
    PAIRS,
    bead_uids,
    bounded_groups,
    canonical_languages,
    group_uids,
    hash_uids,
    joiner,
    pairs_of_beads,
    pairs_of_groups,
    table_kind,
)


def groups(*texts: dict[str, str]) -> pa.RecordBatch:
    segments = [[{"lang": lang, "text": text[lang], "index": [0]} for lang in sorted(text)] for text in texts]
    columns = {
        "doc_key": pa.array([f"d{number}" for number in range(len(texts))]),
        "segments": pa.array(segments, GROUPS.field("segments").type),
        "parallelism": pa.array([len(text) for text in texts], pa.int32()),
        "agreement": pa.array([0.5] * len(texts), pa.float32()),
    }
    columns["uid"] = group_uids(columns["doc_key"], columns["segments"])
    return pa.RecordBatch.from_pydict(columns, schema=GROUPS)


def test_uids_are_hex_differ_with_every_column_and_do_not_depend_on_the_place():
    keys, langs = pa.array(["a", "a", "b", "a"]), pa.array(["fra", "fra", "fra", "deu"])
    index = pa.array([[0], [0, 1], [0], [0]], pa.list_(pa.int32()))
    uids = bead_uids(keys, langs, langs, index, index).to_pylist()
    assert len(set(uids)) == 4
    assert all(len(uid) == 32 and int(uid, 16) >= 0 for uid in uids)
    part = slice(2, 4)
    assert bead_uids(keys[part], langs[part], langs[part], index[part], index[part]).to_pylist() == uids[part]


def test_sides_are_not_confused():
    one, two = pa.array(["x"]), pa.array(["y"])
    assert hash_uids([one, two], 1) != hash_uids([two, one], 1)
    assert len(set(hash_uids([pa.array(["x"] * 3), pa.array([[], [0], None], pa.list_(pa.int32()))], 3).to_pylist())) == 3


def test_uids_are_spread_over_their_high_bits():
    uids = hash_uids([pa.array(range(4096))], 4096).to_pylist()
    counts = [sum(uid.startswith(digit) for uid in uids) for digit in "0123456789abcdef"]
    assert min(counts) > 190 and max(counts) < 330


@pytest.mark.parametrize(
    ("schema", "kind"),
    [(BEADS, "beads"), (GROUPS, "groups"), (PAIRS, "pairs"), (pa.schema([("text", pa.string())]), "documents")],
)
def test_a_table_is_known_by_its_columns(schema, kind):
    assert table_kind(schema.append(pa.field("other", pa.int8()))) == kind


def test_pairs_of_groups_are_all_pairs_once():
    rows = groups({"fra_Latn": "un", "deu_Latn": "eins", "jpn_Jpan": "一"}, {"fra_Latn": "seul"}, {"ell_Grek": "δύο", "fra_Latn": "deux"})
    pairs = pairs_of_groups(rows)
    found = [(row["src_lang"], row["tgt_lang"], row["src"], row["tgt"], row["doc_key"]) for row in pairs.to_pylist()]
    assert found == [
        ("deu_Latn", "fra_Latn", "eins", "un", "d0"),
        ("deu_Latn", "jpn_Jpan", "eins", "一", "d0"),
        ("fra_Latn", "jpn_Jpan", "un", "一", "d0"),
        ("ell_Grek", "fra_Latn", "δύο", "deux", "d2"),
    ]
    assert pairs.schema == PAIRS
    assert pairs.column("group_uid").to_pylist() == rows.column("uid").take(pa.array([0, 0, 0, 2])).to_pylist()


def test_pairs_of_groups_in_chosen_directions():
    rows = groups({"fra_Latn": "un", "deu_Latn": "eins", "jpn_Jpan": "一"})
    wanted = [("jpn_Jpan", "deu_Latn"), ("fra_Latn", "deu_Latn")]
    found = pairs_of_groups(rows, wanted).to_pylist()
    assert {(row["src_lang"], row["tgt_lang"]) for row in found} == set(wanted)
    assert [row["src"] for row in found] == ["un", "一"]


def test_pairs_of_groups_survive_being_cut():
    texts = [dict(zip(combination, "abc", strict=False)) for combination in itertools.combinations("PQRST", 3)]
    whole = pairs_of_groups(groups(*texts))
    assert whole.num_rows == 3 * len(texts)
    assert len(set(whole.column("uid").to_pylist())) == whole.num_rows
    rows = groups(*texts)
    cut = [pairs_of_groups(rows.slice(start, 3)) for start in range(0, len(texts), 3)]
    assert pa.Table.from_batches(cut).combine_chunks() == pa.Table.from_batches([whole])


def test_no_groups_no_pairs():
    assert pairs_of_groups(groups().slice(0, 0)).num_rows == 0


def test_pairs_of_beads_have_two_sides():
    empty = [[0], [], [1]]
    rows = pa.RecordBatch.from_pydict(
        {
            "uid": ["1", "2", "3"], "doc_key": ["d"] * 3, "src_lang": ["fra"] * 3, "tgt_lang": ["deu"] * 3,
            "src_index": [[0], [1], [2]], "tgt_index": empty, "src": ["a", "b", "c"], "tgt": ["x", "", "z"],
            "score": [1.0, 0.0, 0.5], "method": ["lexical"] * 3,
        },
        schema=BEADS,
    )  # fmt: skip
    pairs = pairs_of_beads(rows)
    assert pairs.schema == PAIRS
    assert pairs.column("uid").to_pylist() == ["1", "3"]


def test_segments_are_joined_as_their_script_does():
    assert joiner("fra_Latn") == " " and joiner("kor_Hang") == " "
    assert joiner("tha_Thai") == "" and joiner("cmn_Hani") == ""


def test_groups_of_many_languages_come_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr("hexapla.filters.parallel_tables.PAIRS_AT_ONCE", 20)
    rows = groups(*(dict.fromkeys("abcdef"[:size], "x") for size in (1, 2, 6, 3, 3, 1, 1)))
    pieces = list(bounded_groups(rows))
    assert pa.Table.from_batches(pieces).combine_chunks() == pa.Table.from_batches([rows])
    assert max(sum(size**2 for size in piece.column("parallelism").to_pylist()) for piece in pieces) <= 20 + 36
    assert len(pieces) > 2
    beads = BEADS.empty_table().to_batches() or [pa.RecordBatch.from_pylist([], BEADS)]
    assert list(bounded_groups(beads[0])) == beads


def test_directions_mean_languages_in_whatever_form_rows_have_them():
    rows = groups({"en": "one", "pt-BR": "um", "pt": "um só", "de": "eins"})
    found = pairs_of_groups(rows, [("eng_Latn", "por_Latn")]).to_pylist()
    assert sorted((row["src_lang"], row["tgt_lang"], row["tgt"]) for row in found) == [
        ("en", "pt", "um só"),
        ("en", "pt-BR", "um"),
    ]
    assert canonical_languages(pa.array(["en", None, "fra_Latn", "x-odd"])).to_pylist() == [
        "eng_Latn", None, "fra_Latn", "x-odd",
    ]  # fmt: skip
