"""Copies are found by what the corpus says of its languages."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.untranslated import Copying, Texts, copies, evidence, words_of

PAGES = {
    "cat_Latn": "els paràmetres de la impressora {} són aquí", "eng_Latn": "the settings of printer {} are over here",
    "khm_Khmr": "ការកំណត់ម៉ាស៊ីនបោះពុម្ព {} នៅទីនេះ", "nno_Latn": "innstillingane for skrivaren {} er på denne sida",
    "nob_Latn": "innstillingene for skriveren {} er på denne sida", "rus_Cyrl": "настройки принтера {} находятся здесь",
}  # fmt: skip


def judged(rows, source=""):
    """Language and whether the text is a copy, for rows of (group, language, text)."""
    rows = sorted(rows)
    names = sorted({row[1] for row in rows})
    groups = np.array([row[0] for row in rows])
    languages = np.array([names.index(row[1]) for row in rows])
    texts = Texts.of(pa.array([row[2] for row in rows]), groups, languages, np.ones(len(rows), bool))
    borders = np.append(np.flatnonzero(np.append(True, np.diff(groups) != 0)), len(rows))
    known = Copying.learn(pa.Table.from_batches([evidence(borders, languages, names, texts)]), source)
    found = copies(groups, names, languages, texts, ["Latn" if row[2].isascii() else "" for row in rows], known)
    return [row for row, copy in zip(rows, found.tolist(), strict=True) if copy], known


def corpus(count, copied):
    return [
        (number, name, (PAGES["eng_Latn"] if copied(number, name) else text).format(number))
        for number in range(count)
        for name, text in PAGES.items()
    ]


def test_words():
    found = words_of(pa.array(["The the THE end, ", "", "漢字です", "नमस्ते दुनिया"]))
    assert found.sizes.tolist() == [2, 0, 4, 2]


@pytest.mark.parametrize("language", ["cat_Latn", "khm_Khmr", "rus_Cyrl"])
def test_one_copy_among_many(language):
    rows = corpus(40, lambda number, name: name == language and number == 7)
    assert judged(rows)[0] == [(7, language, "the settings of printer 7 are over here")]


def test_relatives_may_be_equal():
    rows = [
        (number, name, PAGES["nob_Latn"].format(number) if name == "nno_Latn" and number % 3 == 0 else text)
        for number, name, text in corpus(40, lambda *_: False)
    ]
    found, known = judged(rows)
    assert found == []
    close = known.close[known.names.index("nno_Latn")]
    assert [name for name, relative in zip(known.names, close, strict=True) if relative] == ["nob_Latn"]


def test_short_texts_follow_the_habit_of_their_language():
    rows = corpus(60, lambda number, name: name == "cat_Latn" and number % 2)
    rows += [(100 + number, name, "Printer") for number in range(3) for name in ("cat_Latn", "eng_Latn", "rus_Cyrl")]
    found = [row for row in judged(rows)[0] if row[2] == "Printer"]
    assert {row[1] for row in found} == {"cat_Latn"} and len(found) == 3


def test_the_source_is_the_one_that_all_copy_from_unless_it_is_said():
    rows = corpus(30, lambda number, name: name in ("cat_Latn", "nob_Latn") and number < 20)
    assert {row[1] for row in judged(rows)[0]} == {"cat_Latn", "nob_Latn"}
    only = [row for row in rows if row[1] in ("cat_Latn", "eng_Latn")]
    assert {row[1] for row in judged(only, source="cat_Latn")[0]} == {"eng_Latn"}


def test_nothing_to_compare():
    assert judged([(1, "eng_Latn", "alone in the world")])[0] == []
