"""Marks of noise, against str where Python has them."""

import pyarrow as pa
import pytest
from hexapla.kernels.pair_noise import (
    BRACKETS,
    ESCAPED,
    GLUED_WORDS,
    LATIN_1_RUN,
    SPACED_LETTERS,
    TITLE_CASE,
    URL,
    noise,
)
from pair_texts import texts


@pytest.mark.parametrize(
    ("text", "mark", "has"),
    [
        ("see www.example.com now", URL, True), ("end. next", URL, False), ("a.b", URL, False), ("ab.cdefghi", URL, False),
        ("fooBarBaz", GLUED_WORDS, True), ("McDonald", GLUED_WORDS, True), ("Foo Bar", GLUED_WORDS, False),
        ("ÃƒÂ©àéè", LATIN_1_RUN, True), ("été", LATIN_1_RUN, False), ("x a b c d y", SPACED_LETTERS, True),
        ("x 1 2 3 4 y", SPACED_LETTERS, False), (r"\u00e9", ESCAPED, True), (r"\n", ESCAPED, False),
        ("Foo Bar", TITLE_CASE, True), ("Foo", TITLE_CASE, False), ("Foo bar", TITLE_CASE, False), ("Ǆ Ab", TITLE_CASE, True),
    ],
)  # fmt: skip
def test_marks_of_noise(text, mark, has):
    marks, _ = noise(pa.array([text]))
    assert bool(marks[0] & mark) == has


def test_title_case_is_python_s():
    given = [text.title() if number % 2 else text for number, text in enumerate(texts(17, 200))]
    marks, brackets = noise(pa.array(given))
    for text, mark, counts in zip(given, marks.tolist(), brackets.tolist(), strict=True):
        assert bool(mark & TITLE_CASE) == (len(text.strip().split(" ")) > 1 and text.istitle()), text
        assert counts == [text.count(bracket) for bracket in BRACKETS]
