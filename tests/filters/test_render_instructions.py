"""Published prompts byte for byte, shares as asked, and every render taken apart again."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hexapla.filters.parallel_tables import BEADS, GROUPS
from hexapla.filters.prompt_templates import bank
from hexapla.filters.render_instructions import split_id
from hexapla.filters.unrender import unrender
from hexapla.stages.render import Render
from hypothesis import given, settings
from hypothesis import strategies as st

LAYOUTS = ("text", "messages", "sharegpt", "alpaca", "prompt-completion", "prompt-completion-messages")
PAIR_STYLES = (
    "alma", "alma-target", "tower", "eurollm", "bayling", "bayling-constrained", "bayling-zh",
    "bayling-zh-constrained", "adaptive-mt", "mnmt", "mathoctopus", "bank", "context", "terminology",
)  # fmt: skip


def bead(src: str, tgt: str, src_lang: str = "eng_Latn", tgt_lang: str = "deu_Latn", place: int = 0, **more) -> dict:
    return {
        "uid": f"{place:032x}", "doc_key": "d", "src_lang": src_lang, "tgt_lang": tgt_lang, "src_index": [place],
        "tgt_index": [place], "src": src, "tgt": tgt, "score": 1.0, "method": "key", **more,
    }  # fmt: skip


ITEMS = pa.list_(pa.struct([("src", pa.string()), ("tgt", pa.string())]))


def batch(rows: list[dict]) -> pa.RecordBatch:
    extra = [name for name in ("context", "terms", "fuzzy_matches", "fuzzy_matches_back") if name in rows[0]]
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema([*BEADS, *((name, ITEMS) for name in extra)]))


def rendered(rows: list[dict], **keys) -> list[dict]:
    return Render(direction="fixed", **keys).map_shard(batch(rows)).kept.to_pylist()


ONE = [{"src": "A cat.", "tgt": "Eine Katze."}]
PUBLISHED = [
    # ALMA, run_llmmt (fe1ixxu/ALMA): get_prompt, PREFIX and SUFFIX
    ("alma", {}, "deu_Latn", "Translate this from English to German:\nEnglish: {s}\nGerman:", " {t}"),
    ("alma", {"shots": 1}, "deu_Latn",
     "Translate this from English to German:\nEnglish: A cat.\nGerman: Eine Katze.\nEnglish: {s}\nGerman:", " {t}"),
    ("alma-target", {}, "deu_Latn", "Übersetzen Sie dies vom Englischen ins Deutsche:\nEnglisch: {s}\nDeutsch:", " {t}"),
    ("alma-target", {}, "fra_Latn", "Traduisez ceci de l'anglais vers le français :\nAnglais: {s}\nFrançais :", " {t}"),
    ("alma-target", {}, "ces_Latn", "Přeložte toto z angličtiny do češtiny:\nanglicky: {s}\nčesky:", " {t}"),
    ("alma-target", {}, "isl_Latn", "Þýddu þetta úr ensku yfir á íslensku:\nEnska: {s}\nÍslenska:", " {t}"),
    ("alma-target", {}, "cmn_Hani", "将其从英文翻译成中文：\n英语：{s}\n中文：", " {t}"),
    ("alma-target", {}, "jpn_Jpan", "これを英語から日本語に翻訳してください:\n英語：{s}\n日本語：", " {t}"),
    ("alma-target", {}, "rus_Cyrl", "Переведите это с английского на русский:\nАнглийский: {s}\nРусский:", " {t}"),
    ("alma-target", {}, "ukr_Cyrl", "Перекладіть це з англійської на українську:\nАнглійська: {s}\nУкраїнська:", " {t}"),
    ("alma-target", {}, "hau_Latn", "Fassara wannan daga Turanci zuwa Hausa:\nTuranci: {s}\nHausa:", " {t}"),
    # TowerInstruct's model card
    ("tower", {}, "deu_Latn",
     "Translate the following text from English into German.\nEnglish: {s}\nGerman:", " {t}"),
    # EuroLLM-Instruct's model cards
    ("eurollm", {}, "deu_Latn",
     "You are EuroLLM --- an AI assistant specialized in European languages that provides safe, educational and helpful"
     " answers.\nTranslate the following English source text to German:\nEnglish: {s}\nGerman: ", "{t}"),
    # BayLing (ictnlp/BayLing)
    ("bayling", {}, "deu_Latn", "Provide the German translation for this sentence: {s}", "\n{t}"),
    ("bayling-constrained", {}, "deu_Latn",
     "Provide the German translation for this sentence: {s}\nMake sure to include these words: Eine Katze.", "\n{t}"),
    ("bayling-zh-constrained", {}, "deu_Latn", "提供这句话的德语翻译：{s}\n确保包含这些词：Eine Katze.", "\n{t}"),
    ("bayling-zh", {}, "deu_Latn", "提供这句话的德语翻译：{s}", "\n{t}"),
    # ymoslem/Adaptive-MT-LLM-Fine-tuning
    ("adaptive-mt", {"shots": 0}, "deu_Latn", "English: {s}\nGerman:", " {t}"),
    ("adaptive-mt", {}, "deu_Latn", "English: A cat.\nGerman: Eine Katze.\nEnglish: {s}\nGerman:", " {t}"),
    # Johnson et al. 2017
    ("mnmt", {}, "deu_Latn", "<2de> {s}", "\n{t}"),
    # MathOctopus
    ("mathoctopus", {}, "deu_Latn",
     "Below is an instruction that describes a task. Write a response that appropriately completes the request in "
     "German. Please answer in German.\n\n### Instruction:\n{s}\n\n### Response:", "\n{t}"),
]  # fmt: skip


@pytest.mark.parametrize(("style", "keys", "target", "prompt", "completion"), PUBLISHED)
def test_prompts_are_those_that_were_published(style, keys, target, prompt, completion):
    row = bead("The dog sleeps.", "Der Hund schläft.", tgt_lang=target, fuzzy_matches=ONE, terms=ONE)
    (made,) = rendered([row], format=style, layout="prompt-completion", **keys)
    assert made["prompt"] == prompt.replace("{s}", "The dog sleeps.")
    assert made["completion"] == completion.replace("{t}", "Der Hund schläft.")


def test_the_system_turn_is_a_turn_of_its_own():
    (made,) = rendered([bead("Yes.", "Ja.")], format="eurollm")
    assert [turn["role"] for turn in made["messages"]] == ["system", "user", "assistant"]
    assert made["messages"][1]["content"].endswith("English: Yes.\nGerman: ")
    assert made["messages"][2]["content"] == "Ja."


NASTY = st.text(
    st.one_of(
        st.sampled_from([*"\t\n\r :[](){}<>|.-—。：　\u2028\u202e\x00é"]),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1, max_size=30,
)  # fmt: skip
LIKE_A_TEMPLATE = st.sampled_from(
    ["\nGerman:", "x\nEnglish: y\nGerman: z", "{src}", "{{tgt}}", " ||| ", "### Response:", "\n\n", ", ", " = ", "<2de> "]
)
TEXT = st.one_of(NASTY, st.tuples(NASTY, LIKE_A_TEMPLATE, NASTY).map("".join), LIKE_A_TEMPLATE)
PAIR = st.fixed_dictionaries({"src": TEXT, "tgt": TEXT})


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(TEXT, TEXT, st.lists(PAIR, max_size=2), st.lists(PAIR, max_size=2)), min_size=1, max_size=4),
    st.sampled_from(LAYOUTS),
    st.sampled_from(["both", "random", "fixed"]),
)
@pytest.mark.parametrize("style", PAIR_STYLES)
def test_whatever_the_text_is_it_comes_back_or_is_left_out(style, rows, layout, direction):
    beads = [
        bead(src, tgt, place=place, terms=terms, context=items, fuzzy_matches=items, fuzzy_matches_back=items)
        for place, (src, tgt, items, terms) in enumerate(rows)
    ]
    stage = Render(format=style, layout=layout, direction=direction, native=0.5, seed=7)
    outcome = stage.map_shard(batch(beads))
    originals = {row["uid"]: row for row in beads}
    reached = set()
    for row in outcome.kept.to_pylist():
        back, was = unrender(row, layout), originals[row["source"]]
        forth = back["src_lang"] == "eng_Latn"
        assert (back["src"], back["tgt"]) == ((was["src"], was["tgt"]) if forth else (was["tgt"], was["src"]))
        for block, name in (("context", "context"), ("shots", "fuzzy_matches")):
            for item, given_item in zip(back.get(block, []), was[name], strict=False):
                turned = given_item if forth else {"src": given_item["tgt"], "tgt": given_item["src"]}
                assert all(turned[side] == text for side, text in item.items())
        reached.add(row["source"])
    removed = [] if outcome.removed is None else outcome.removed.to_pylist()
    assert {row["reason"] for row in removed} <= {"not_reversible"}
    assert reached | {row["uid"] for row in removed} == set(originals)


def test_plain_texts_are_never_left_out():
    beads = [bead(f"Line {n}.\nAnd more: yes, of course.", f"Zeile {n}.\n\nUnd mehr.", place=n) for n in range(50)]
    for style in PAIR_STYLES:
        for layout in LAYOUTS:
            stage = Render(format=style, layout=layout, direction="both", native=0.5)
            assert stage.map_shard(batch(beads)).kept.num_rows == 100, (style, layout)


def group(number: int, **texts: str) -> dict:
    segments = [{"lang": lang, "text": text, "index": [number]} for lang, text in sorted(texts.items())]
    return {"uid": f"{number:032x}", "doc_key": "d", "segments": segments, "parallelism": len(texts), "agreement": 1.0}


def test_a_group_gives_one_multi_reference_instruction_for_each_language():
    groups = [
        group(number, eng_Latn=f"cat {number}", fra_Latn=f"chat {number}", deu_Latn=f"Katze {number}")
        for number in range(20)
    ]
    rows = pa.RecordBatch.from_pylist(groups, schema=GROUPS)
    made = Render(format="multi-reference", direction="both", layout="text").map_shard(rows).kept.to_pylist()
    assert len(made) == 60
    for row in made:
        back = unrender(row)
        was = groups[int(row["source"], 16)]
        said = {segment["lang"]: segment["text"] for segment in was["segments"]}
        sources, target = row["direction"].rsplit("-", 1)
        assert back["tgt"] == said[target]
        assert [each["text"] for each in back["sources"]] == [said[lang] for lang in sources.split("+")]
        assert {*sources.split("+"), target} == set(said)
    assert len({row["uid"] for row in made}) == 60


@pytest.mark.parametrize("with_places", [True, False])
def test_shares_are_within_a_point_of_what_was_asked(with_places):
    count = 20_000
    beads = [bead(f"one {n}", f"eins {n}", place=n) for n in range(count)]
    if not with_places:
        beads = [row | {"doc_key": None, "uid": f"{n * 0x9E3779B97F4A7C15:032x}"} for n, row in enumerate(beads)]
    for share in (0.5, 0.2):
        made = Render(format="bank", direction="random", share=share, seed=3).map_shard(batch(beads)).kept
        forth = sum(value == "eng_Latn-deu_Latn" for value in made["direction"].to_pylist()) / count
        assert abs(forth - share) < 0.01
        english = [template.id for template in bank("own") if template.id.startswith("own/eng")]
        found = Counter(split_id(value)[0] for value in made["template_id"].to_pylist())
        assert set(found) == set(english)
        assert all(abs(number / count - 1 / len(english)) < 0.01 for number in found.values())
    made = Render(format="bank", direction="random", native=0.05).map_shard(batch(beads)).kept
    native = sum(value != "eng_Latn" for value in made["instruction_language"].to_pylist()) / count
    assert abs(native - 0.05) < 0.01


def test_the_order_of_rows_and_the_batches_make_no_difference():
    beads = [bead(f"one {n}", f"eins {n}", place=n) for n in range(200)]
    for style in ("bank", "lucie", "adaptive-mt"):
        stage = Render(format=style, direction="both", seed=11)
        whole = {row["uid"]: row for row in stage.map_shard(batch(beads)).kept.to_pylist()}
        parts = [stage.map_shard(batch(beads[::-1][start : start + 7])) for start in range(0, 200, 7)]
        assert {row["uid"]: row for part in parts for row in part.kept.to_pylist()} == whole
    other = Render(format="lucie", seed=12).map_shard(batch(beads)).kept["template_id"].to_pylist()
    assert other != Render(format="lucie", seed=11).map_shard(batch(beads)).kept["template_id"].to_pylist()
