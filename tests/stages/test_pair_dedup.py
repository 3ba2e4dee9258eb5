"""`pair_dedup`: one of the same pairs stays, nothing of an evaluation set does."""

import random

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.filters.parallel_tables import SEGMENTS
from hexapla.stages.pair_dedup import PairDedup
from pydantic import ValidationError
from stages.step_runner import cut, run_steps


def pairs(*rows: tuple[str, str, str, str, float]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    return pa.table(
        {
            "uid": [f"{number:032x}" for number in range(len(rows))],
            "src_lang": columns[0],
            "tgt_lang": columns[1],
            "src": columns[2],
            "tgt": columns[3],
            "score": pa.array(columns[4], pa.float32()),
        }
    )


ROWS = pairs(
    ("eng_Latn", "fra_Latn", "Good morning.", "Bonjour.", 0.5),
    ("eng_Latn", "fra_Latn", "Good morning.", "Bonjour.", 0.9),
    ("eng_Latn", "fra_Latn", "GOOD MORNING!", "bonjour", 0.7),
    ("eng_Latn", "deu_Latn", "Good morning.", "Bonjour.", 0.1),
    ("eng_Latn", "fra_Latn", "Good morning.", "Salut.", 0.2),
    ("ell_Grek", "rus_Cyrl", "Καλημέρα σας.", "Доброе утро.", 0.3),
    ("ell_Grek", "rus_Cyrl", "ΚΑΛΗΜΈΡΑ ΣΑΣ", "ДОБРОЕ УТРО", 0.4),
)


def removed(result) -> dict[str, tuple[str, str | None]]:
    return {
        row["uid"][-1]: (row["reason"], row["duplicate_of"] and row["duplicate_of"][-1])
        for row in result.removed.to_pylist()
    }


def test_of_equal_pairs_the_one_with_the_best_score_stays():
    result = run_steps(PairDedup(), cut(ROWS, 3))
    assert removed(result) == {"0": ("duplicate_pair", "1")}
    assert result.kept["pair_cluster_size"].to_pylist() == [2, 1, 1, 1, 1, 1]


def test_case_and_marks_may_make_no_difference():
    result = run_steps(PairDedup(lowercase=True, letters_only=True), cut(ROWS, 2))
    assert removed(result) == {
        "0": ("duplicate_pair", "1"),
        "2": ("near_duplicate_pair", "1"),
        "5": ("near_duplicate_pair", "6"),
    }


def test_words_that_are_not_letters_may_not_count():
    rows = pairs(
        ("eng_Latn", "fra_Latn", "Chapter 12 begins", "Le chapitre 12 commence", 0.1),
        ("eng_Latn", "fra_Latn", "Chapter 7 begins", "Le chapitre 7 commence", 0.2),
        ("eng_Latn", "fra_Latn", "Chapterbegins", "Le chapitre commence", 0.2),
    )
    result = run_steps(PairDedup(letter_words_only=True), cut(rows, 1))
    assert removed(result) == {"0": ("near_duplicate_pair", "1")}


def test_one_translation_of_each_source():
    result = run_steps(PairDedup(compare="src"), cut(ROWS, 4))
    # the very same source, another translation: not the same pair
    assert removed(result) == {"0": ("duplicate_pair", "1"), "4": ("near_duplicate_pair", "1")}


def test_what_an_evaluation_set_has_is_removed(tmp_path):
    lines = tmp_path / "eng_Latn.devtest"
    lines.write_text("Something else.\nGood morning\n...\n", "utf-8")
    table = tmp_path / "wmt.tsv"
    table.write_text("Nothing\tДоброе утро\n", "utf-8")
    stage = PairDedup(lowercase=True, letters_only=True, overlap=(str(lines), str(table)))
    result = run_steps(stage, cut(ROWS, 3))
    assert {reason for reason, _ in removed(result).values()} == {"evaluation_overlap"}
    assert result.kept.num_rows == 0
    only_marks = pairs(("eng_Latn", "fra_Latn", "!!!", "???", 0.1))
    assert run_steps(stage, [only_marks]).kept.num_rows == 1


@pytest.mark.parametrize("seed", range(4))
def test_neither_order_nor_cuts_matter(seed):
    draw = random.Random(seed)
    words = ["ja", "Ja", "ja!", "नमस्ते", "你好", "مرحبا", "да", "ДА"]
    rows = pairs(*[("eng_Latn", "fra_Latn", draw.choice(words), draw.choice(words), draw.random()) for _ in range(60)])
    stage = PairDedup(lowercase=True, letters_only=True)
    expected = sorted(run_steps(stage, [rows]).kept["uid"].to_pylist())
    order = list(range(rows.num_rows))
    draw.shuffle(order)
    shuffled = rows.take(order)
    assert sorted(run_steps(stage, cut(shuffled, 7), partitions=3, batch=2).kept["uid"].to_pylist()) == expected
    folded = {(row["src"].casefold().strip("!"), row["tgt"].casefold().strip("!")) for row in rows.to_pylist()}
    assert len(expected) == len(folded)


def test_groups_are_the_same_with_the_same_segments():
    segments = [
        [{"lang": "deu_Latn", "text": "Ja.", "index": [0]}, {"lang": "eng_Latn", "text": "Yes.", "index": [0]}],
        [{"lang": "deu_Latn", "text": "Ja.", "index": [9]}, {"lang": "eng_Latn", "text": "Yes.", "index": [3]}],
        [{"lang": "deu_Latn", "text": "Ja.", "index": [0]}, {"lang": "fra_Latn", "text": "Yes.", "index": [0]}],
    ]
    rows = pa.table(
        {
            "uid": ["a", "b", "c"], "doc_key": ["x", "y", "z"], "segments": pa.array(segments, SEGMENTS),
            "parallelism": pa.array([2, 2, 2], pa.int32()), "agreement": pa.array([0.5, 0.6, 0.7], pa.float32()),
        }
    )  # fmt: skip
    assert removed(run_steps(PairDedup(), cut(rows, 1))) == {"a": ("duplicate_pair", "b")}


def test_rows_without_a_score_and_no_rows():
    result = run_steps(PairDedup(), cut(ROWS.drop_columns(["score"]), 2))
    assert len(removed(result)) == 1
    assert run_steps(PairDedup(), [ROWS.slice(0, 0)]).kept.num_rows == 0


def test_documents_are_refused():
    with pytest.raises(ConfigError, match="sentence pairs are needed"):
        PairDedup().output_schema(pa.schema([("uid", pa.string()), ("text", pa.string())]))


def test_an_evaluation_set_that_is_not_there():
    with pytest.raises(ValidationError, match=r"there is no file 'nothing\.txt'"):
        PairDedup(overlap=["nothing.txt"])
