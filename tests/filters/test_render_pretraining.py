"""Pretraining documents: their bytes, their shares, and the way back."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pytest
from hexapla.filters.parallel_tables import BEADS, GROUPS
from hexapla.filters.render_choices import Draws
from hexapla.filters.render_pretraining import LUCIE_MARKS, LUCIE_SEPARATORS, interlinear, lucie, tab, tagged, unrender
from hexapla.filters.unrender import unrender as unrender_row
from hexapla.stages.render import Render
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.text(st.one_of(st.sampled_from(list("\t\n :[]<>.—")), st.characters(exclude_categories=["Cs"])), min_size=1)


def draws(count: int) -> Draws:
    none = pa.nulls(count, pa.int64())
    return Draws(pa.array([f"{n:032x}" for n in range(count)]), pa.nulls(count, pa.string()), none, 0)


def test_tab_is_croissants():
    assert tab(pa.array(["Hello world."]), pa.array(["Bonjour le monde."])).text.to_pylist() == [
        "Hello world.\tBonjour le monde."
    ]


def made_lucie(count: int):
    columns = [pa.array([text] * count) for text in ("fra_Latn", "eng_Latn", "Bonjour le monde.", "Hello world.")]
    return lucie(*columns, draws(count))


def test_lucies_documents_and_their_shares():
    count = 40_000
    found = made_lucie(count)
    texts = Counter(found.text.to_pylist())
    # Lucie-Training's own example, with its languages turned round
    assert texts["[Français:] Bonjour le monde.\t\t[Anglais:] Hello world."]
    assert texts["Bonjour le monde.\tHello world."] and texts["(français:) Bonjour le monde.\n(english:) Hello world."]
    ids = [value.removeprefix("lucie/") for value in found.template_id.to_pylist()]
    prefixed = [value for value in ids if value.startswith("p1")]
    assert abs(len(prefixed) / count - 0.5) < 0.01
    for number in range(len(LUCIE_SEPARATORS)):
        assert abs(sum(value[3] == str(number) for value in ids) / count - 1 / 8) < 0.01
    for number in range(len(LUCIE_MARKS)):
        assert abs(sum(value[5] == str(number) for value in prefixed) / len(prefixed) - 1 / 7) < 0.01
    brackets = Counter(value[7] for value in prefixed)
    assert abs(brackets["0"] / len(prefixed) - 4 / 8) < 0.01
    unclear = [value for value in prefixed if value[3] in "0123" and value[7] == "0"]
    assert {value[9] for value in unclear} == {"1", "2", "3"} and {value[11] for value in unclear} == {"1"}
    clear = [value for value in prefixed if not (value[3] in "0123" and value[7] == "0")]
    assert {value[9] for value in clear} == {"0", "1", "2", "3"}
    assert abs(sum(value[11] == "1" for value in clear) / len(clear) - 0.5) < 0.015


def test_lucie_comes_back_with_and_without_its_spans():
    found = made_lucie(500)
    for text, name, spans in zip(
        found.text.to_pylist(), found.template_id.to_pylist(), found.spans.to_pylist(), strict=True
    ):
        wanted = [("fra_Latn", "Bonjour le monde."), ("eng_Latn", "Hello world.")]
        assert unrender(name, "fra_Latn-eng_Latn", text, spans) == wanted
        if "s0" not in name:  # a space stands within the texts as well
            assert unrender(name, "fra_Latn-eng_Latn", text) == wanted


@pytest.mark.parametrize("prefix", ["p0", "p1"])
def test_the_direction_of_lucie_is_even_in_both_branches(prefix):
    """Lucie-Training swaps sides only in the branch with names of languages."""
    rows = [
        {"uid": f"{n * 0x9E3779B97F4A7C15 % (1 << 128):032x}", "src_lang": "eng_Latn", "tgt_lang": "fra_Latn",
         "src": "a", "tgt": "b"} for n in range(20_000)
    ]  # fmt: skip
    made = Render(format="lucie").map_shard(pa.RecordBatch.from_pylist(rows)).kept.to_pylist()
    branch = [row for row in made if row["template_id"].startswith(f"lucie/{prefix}")]
    forth = sum(row["direction"] == "eng_Latn-fra_Latn" for row in branch) / len(branch)
    assert abs(forth - 0.5) < 0.01


def beads_of(rows: list[tuple[str, str]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {"uid": f"{n:032x}", "doc_key": "d", "src_lang": "eng_Latn", "tgt_lang": "jpn_Jpan", "src_index": [n],
             "tgt_index": [n], "src": src, "tgt": tgt} for n, (src, tgt) in enumerate(rows)
        ], schema=BEADS,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6), st.sampled_from(["tab", "lucie"]))
def test_whatever_stands_in_a_pair_comes_back_or_is_left_out(rows, style):
    outcome = Render(format=style, direction="both").map_shard(beads_of(rows))
    kept = outcome.kept.to_pylist()
    for row in kept:
        back, was = unrender_row(row), rows[int(row["source"], 16)]
        forth = row["direction"] == "eng_Latn-jpn_Jpan"
        assert (back["src"], back["tgt"]) == (was if forth else was[::-1])
    lost = [] if outcome.removed is None else outcome.removed.to_pylist()
    assert {int(row["source"], 16) for row in kept} | {int(row["uid"], 16) for row in lost} == set(range(len(rows)))
    assert style == "tab" or not lost


def groups_of(texts: list[dict[str, str]]) -> pa.RecordBatch:
    rows = [
        {"uid": f"{n:032x}", "doc_key": "talk-1", "parallelism": len(said), "agreement": 1.0,
         "segments": [{"lang": lang, "text": text, "index": [n]} for lang, text in sorted(said.items())]}
        for n, said in enumerate(texts)
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=GROUPS)


def test_tagged_lines_have_the_languages_own_names():
    labels = pa.array([["fra_Latn", "ell_Grek", "cmn_Hani"]])
    found = tagged(labels, pa.array([["Bonjour.", "Γεια.", "你好。"]]))
    assert found.text.to_pylist() == ["français: Bonjour.\nΕλληνικά: Γεια.\n中文: 你好。"]
    english = tagged(labels, pa.array([["a", "b", "c"]]), "eng_Latn")
    assert english.text.to_pylist() == ["French: a\nGreek: b\nChinese: c"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["eng_Latn", "fra_Latn", "arb_Arab", "tha_Thai", "jpn_Jpan"]), TEXT, min_size=1),
        min_size=1, max_size=5,
    ),
    st.sampled_from(["tagged", "json-nway"]),
    st.integers(0, 3),
)  # fmt: skip
def test_groups_come_back(texts, style, most):
    outcome = Render(format=style, most_languages=most).map_shard(groups_of(texts))
    for row in outcome.kept.to_pylist():
        said = texts[int(row["source"], 16)]
        back = unrender_row(row)["segments"]
        assert all(said[lang] == text for lang, text in back)
        assert len(back) == len(dict(back)) == min(len(said), most or len(said))
        assert row["direction"] == "+".join(lang for lang, _ in back)
    removed = [] if outcome.removed is None else outcome.removed.to_pylist()
    assert all(
        row["reason"] == ("too_few_languages" if min(len(row["segments"]), most or 9) < 2 else "not_reversible")
        for row in removed
    )
    assert outcome.kept.num_rows + len(removed) == len(texts)


def test_the_order_of_tagged_languages_is_even():
    rows = groups_of([{"eng_Latn": "a", "fra_Latn": "b", "deu_Latn": "c"}] * 9000)
    made = Render(format="tagged", most_languages=2).map_shard(rows).kept["direction"].to_pylist()
    counts = Counter(made)
    assert len(counts) == 6 and all(abs(number / 9000 - 1 / 6) < 0.015 for number in counts.values())


def test_a_row_of_ted2025_has_its_keys():
    rows = groups_of([{"eng_Latn": "Hi", "fra_Latn": 'Sa"lut', "srp_Latn": "Zdravo"}])
    made = Render(format="json-nway").map_shard(rows)
    assert json.loads(made.kept["text"][0].as_py()) == {
        "talk_id": "talk-1", "timestamp": 0, "lang_list": ["en", "fr", "sr-Latn"],
        "para_data": {"en": "Hi", "fr": 'Sa"lut', "sr-Latn": "Zdravo"}, "parallelism": 3,
    }  # fmt: skip


def test_interlinear_documents_have_a_line_for_each_segment():
    found = interlinear(pa.array([["a", "b"], ["c\nd"], []]), pa.array([["A", "B"], ["C"], []]))
    assert found.text.to_pylist()[0] == "a\nA\nb\nB"
    assert found.good.tolist() == [True, False, False]
