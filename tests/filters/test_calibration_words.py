"""Stop words by frequency, in scripts with and without spaces."""

import pyarrow as pa
import pytest
from hexapla.filters import calibration_words
from hexapla.filters.calibration_words import WordTable
from hexapla.filters.rules import stop_lists
from hexapla.filters.signals import measure
from passages import passages


def table(code, count=900, batch=300):
    found = WordTable()
    texts = passages(code, count)
    for start in range(0, count, batch):
        found.add(pa.array(texts[start : start + batch]))
    return found


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("eng_Latn", {"and", "in", "are"}),
        ("deu_Latn", {"und", "an", "im"}),
        ("rus_Cyrl", {"и", "в"}),
        ("hin_Deva", {"के", "और"}),
        ("tha_Thai", {"และ", "ใน", "มี"}),
        ("jpn_Jpan", {"の", "は"}),
        ("arb_Arab", {"أن", "وقد"}),
    ],
)
def test_the_most_frequent_words_are_function_words(code, words):
    found = table(code).stop_words()
    assert words <= set(found.words)
    assert 8 <= len(found.words) <= 64
    assert found.tokens > 20_000
    assert not [word for word in found.words if not any(letter.isalpha() for letter in word)]


def test_forms_with_a_capital_are_counted_together():
    texts = pa.array(["The cat, the dog.\nTHE END of 7 days, 7 nights ||| ||| |||"] * 2000)
    found = WordTable()
    found.add(texts)
    assert "the" in found.stop_words().words
    assert not {"The", "THE", "7", "|||", ","} & set(found.stop_words().words)


def test_batches_do_not_matter():
    whole, parts = table("fra_Latn", batch=900), table("fra_Latn", batch=37)
    assert whole.stop_words() == parts.stop_words()
    assert (whole.counts == parts.counts).all()


def test_a_small_reference_gives_no_list():
    found = WordTable()
    found.add(pa.array(["to be or not to be"] * 100))
    assert found.stop_words().words == ()
    assert found.stop_words().tokens == 600


def test_forgetting_rare_words_loses_no_frequent_one(monkeypatch):
    exact = table("deu_Latn")
    monkeypatch.setattr(calibration_words, "MOST_WORDS", 150)
    bounded = table("deu_Latn", batch=50)
    assert len(bounded.counts) <= 150
    assert bounded.tokens == exact.tokens
    frequent = dict(zip(exact.hashes.tolist(), exact.counts.tolist(), strict=True))
    assert all(
        frequent[value] - exact.tokens / 150 <= count <= frequent[value]
        for value, count in zip(bounded.hashes.tolist(), bounded.counts.tolist(), strict=True)
    )
    assert set(exact.stop_words().words[:8]) <= set(bounded.stop_words().words)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fra_Latn", "l'eau n'est pas d'ici, l'air non plus; l'eau et l'air"),
        ("hin_Deva", "वह घर और काम की बात करता है और वह है"),
        ("eng_Latn", "well-known and here; it isn't there and it isn't known"),
    ],
)
def test_words_are_cut_as_where_they_are_looked_for(language, text):
    """What calibration finds as stop words has to be found again by the signals, in the same language."""
    table, texts = WordTable(), pa.array([text] * 50)
    table.add(texts, language)
    words = {word.lower() for word in table.names.values() if word}
    assert len(words) >= 4
    signals = measure(texts, pa.array([language] * 50), stop_lists({language: words}))
    assert signals.field("stop_words").to_pylist() == [len(words)] * 50


def test_habits_of_the_language_decide_where_words_end():
    """French "l'" is a word of its own, and only there."""
    own, general = WordTable(), WordTable()
    for found, language in ((own, "fra_Latn"), (general, None)):
        found.add(pa.array(["l'eau et l'air de l'hiver"] * 50), language)
    assert own.tokens > general.tokens
