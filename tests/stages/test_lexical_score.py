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


def test_no_rows_and_other_tables():
    assert run_steps(LexicalScore(), [table(10, 1).slice(0, 0)]).kept.num_rows == 0
    with pytest.raises(ConfigError):
        LexicalScore().output_schema(pa.schema([("segments", pa.string()), ("parallelism", pa.int32())]))
