"""`lexical_score`: translations get more than texts that were put together at random, by tables of their own."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.lexical_score import LexicalScore
from stages.step_runner import cut, run_steps

WORDS = {
    "house": "дом", "river": "река", "tree": "дерево", "bread": "хлеб", "night": "ночь", "sun": "солнце", "hand": "рука",
    "snow": "снег", "road": "дорога", "book": "книга", "city": "город", "water": "вода", "window": "окно", "sea": "море",
    "field": "поле", "winter": "зима", "letter": "письмо", "song": "песня", "table": "стол", "bird": "птица",
}  # fmt: skip


def table(rows: int, seed: int, languages: tuple[str, str] = ("eng_Latn", "rus_Cyrl")) -> pa.Table:
    """Half translations word by word, in another order; half with the wrong target."""
    draw = random.Random(seed)
    sources, targets = [], []
    for number in range(rows):
        words = draw.sample(sorted(WORDS), 5)
        other = words if number % 2 == 0 else draw.sample(sorted(set(WORDS) - set(words)), 5)
        turned = [WORDS[word] for word in other]
        draw.shuffle(turned)
        sources.append(" ".join(words))
        targets.append(" ".join(turned))
    return pa.table(
        {
            "uid": [f"{number:032x}" for number in range(rows)], "src_lang": [languages[0]] * rows,
            "tgt_lang": [languages[1]] * rows, "src": sources, "tgt": targets,
        }
    )  # fmt: skip


def test_translations_get_more_than_others():
    result = run_steps(LexicalScore(), cut(table(1200, 1), 400)).kept
    scores = result["lexical_score"].to_numpy()
    right, wrong = scores[0::2], scores[1::2]
    assert np.all((scores >= 0) & (scores <= 1))
    assert (right[:, None] > wrong[None, :]).mean() > 0.97
    for name in ("lexical_forward", "lexical_backward"):
        assert result[name].null_count == 0


def test_too_few_pairs_and_empty_sides_have_no_score():
    few = table(40, 2)
    assert run_steps(LexicalScore(), [few]).kept["lexical_score"].null_count == 40
    empty = pa.concat_tables([table(700, 3), few.slice(0, 2).set_column(4, "tgt", pa.array(["", None], pa.string()))])
    found = run_steps(LexicalScore(), [empty]).kept["lexical_score"]
    assert found.slice(700).null_count == 2
    assert found.slice(0, 700).null_count == 0


def test_pairs_of_languages_are_learned_apart():
    both = pa.concat_tables([table(700, 4), table(20, 5, ("eng_Latn", "bul_Cyrl"))])
    found = run_steps(LexicalScore(), cut(both, 150)).kept["lexical_score"]
    assert found.slice(700).null_count == 20
    assert found.slice(0, 700).null_count == 0


def test_neither_cuts_nor_order_of_units_matter():
    rows = table(900, 6)
    stage = LexicalScore(sample=500)
    expected = dict(
        zip(*(run_steps(stage, [rows]).kept[name].to_pylist() for name in ("uid", "lexical_score")), strict=True)
    )
    turned = rows.take(list(range(899, -1, -1)))
    found = run_steps(stage, cut(turned, 130), partitions=2, batch=50).kept
    assert dict(zip(found["uid"].to_pylist(), found["lexical_score"].to_pylist(), strict=True)) == expected


@pytest.mark.parametrize("symmetrize", ["intersection", "union", "grow_diag"])
def test_words_are_linked_with_their_translations(symmetrize):
    rows = table(900, 7)
    found = run_steps(LexicalScore(word_links=True, symmetrize=symmetrize), cut(rows, 300)).kept
    assert found.schema.names[-3:] == ["src_tokens", "tgt_tokens", "word_links"]
    right = linked = there = 0
    for row in found.to_pylist():
        source, target = row["src_tokens"].split(" "), row["tgt_tokens"].split(" ")
        assert (source, target) == (row["src"].split(), row["tgt"].split())
        there += sum(WORDS[word] in target for word in source)
        for one, other in (link.split("-") for link in row["word_links"].split()):
            linked += 1
            right += WORDS[source[int(one)]] == target[int(other)]
    # half of the pairs share no word: what one direction alone has is less sure there
    assert right > 0.9 * there
    assert right > (0.85 if symmetrize == "union" else 0.95) * linked


def test_links_do_not_depend_on_cuts_and_are_null_for_want_of_pairs():
    empty = pa.table({"src": ["", "…", None], "tgt": ["x", "", "a"]})
    few = pa.concat_tables([table(20, 5, ("eng_Latn", "bul_Cyrl")), table(3, 5).drop(["src", "tgt"])
                            .append_column("src", empty["src"]).append_column("tgt", empty["tgt"])])  # fmt: skip
    rows = pa.concat_tables([table(700, 4), few])
    stage = LexicalScore(word_links=True)
    found = run_steps(stage, [rows]).kept
    assert found["word_links"].null_count == 23
    assert found["src_tokens"].slice(720).to_pylist() == ["", "…", None]
    cuts = run_steps(stage, cut(rows, 130), partitions=2, batch=7).kept
    assert cuts.combine_chunks().equals(found.combine_chunks())
    none = run_steps(stage, [rows.slice(0, 0)]).kept
    assert none.schema.equals(stage.output_schema(rows.schema))
    plain = run_steps(LexicalScore(), [rows]).kept
    assert plain.schema.names == found.schema.names[:-3]


def test_no_rows_and_other_tables():
    assert run_steps(LexicalScore(), [table(10, 1).slice(0, 0)]).kept.num_rows == 0
    with pytest.raises(ConfigError):
        LexicalScore().output_schema(pa.schema([("segments", pa.string()), ("parallelism", pa.int32())]))
