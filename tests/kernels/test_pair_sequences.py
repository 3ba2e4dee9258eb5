"""Sequences against difflib, and edit distance against the textbook."""

import difflib

import numpy as np
import pyarrow as pa
import pytest
from hexapla.kernels.pair_edits import edit_similarities
from hexapla.kernels.pair_sequences import equal_letters_and_digits, numeral_ratios
from hexapla.kernels.pair_substrings import longest_common_substrings
from pair_texts import paired


@pytest.mark.parametrize("seed", range(3))
def test_sequences_are_compared_as_difflib_does(seed):
    left, right, column, lefts, rights = paired(seed, 150)
    common, shorter = longest_common_substrings(column, lefts, rights)
    ratios = numeral_ratios(column, lefts, rights)
    for number, (one, two) in enumerate(zip(left, right, strict=True)):
        match = difflib.SequenceMatcher(isjunk=None, a=one, b=two).find_longest_match(0, len(one), 0, len(two))
        assert common[number] == match.size, (one, two)
        assert shorter[number] == min(len(one), len(two))
        digits = [[letter for letter in text if letter in "123456789"] for text in (one, two)]
        assert ratios[number] == difflib.SequenceMatcher(None, *digits).ratio(), (one, two)


def distance(one, two, weights) -> int:
    insert, delete, replace = weights
    former = [place * insert for place in range(len(two) + 1)]
    for row, element in enumerate(one, 1):
        current = [row * delete]
        for column, other in enumerate(two, 1):
            current.append(
                min(
                    former[column - 1] + (replace if element != other else 0),
                    former[column] + delete,
                    current[-1] + insert,
                )
            )
        former = current
    return former[-1]


@pytest.mark.parametrize(
    ("by_words", "weights"), [(False, (1, 1, 1)), (True, (1, 1, 1)), (False, (1, 2, 3)), (True, (3, 1, 1))]
)
def test_edit_similarity(by_words, weights):
    left, right, column, lefts, rights = paired(7, 40)
    found = edit_similarities(column, lefts, rights, by_words=by_words, weights=weights)
    for number, pair in enumerate(zip(left, right, strict=True)):
        one, two = (text.split() for text in pair) if by_words else pair
        most = len(one) * weights[1] + len(two) * weights[0]
        longer = len(one) - len(two)
        most = min(
            most, min(len(one), len(two)) * weights[2] + (longer * weights[1] if longer > 0 else -longer * weights[0])
        )
        assert found[number] == pytest.approx(1 - (distance(one, two, weights) / most if most else 0)), pair


def test_equal_letters_and_digits():
    pairs = [("Straße 12", "STRASSE 21", True, True), ("a1", "a2", True, False), ("ΣΑΣ", "σας", True, True), ("", "…", True, True),
             ("ﬁn", "fin", True, True), ("да", "нет", False, True), ("x11", "x1", True, False)]  # fmt: skip
    column = pa.array([pair[0] for pair in pairs] + [pair[1] for pair in pairs])
    places = np.arange(len(pairs), dtype=np.int64)
    letters, digits = equal_letters_and_digits(column, places, places + len(pairs))
    assert letters.tolist() == [pair[2] for pair in pairs]
    assert digits.tolist() == [pair[3] for pair in pairs]
