"""Units that the aligner compares."""

import pyarrow as pa
import pytest
from hexapla.filters.alignment_texts import tokens_of_texts
from hexapla.kernels.alignment_tokens import NUMBER, PIECE, SIGN, WORD


def tokens(text, stem=5):
    return tokens_of_texts(pa.array([text]), stem)


def values(text):
    return tokens(text).values.tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Berge 1956", "BERGE ١٩٥٦"),
        ("Wanderungen", "Wanderung"),
        ("ＡＢＣ？", "abc?"),
        ("cafe\u0301", "café"),
        ("प्रश्न १२", "प्रश्न 12"),
        ("ли?", "ЛИ؟"),
    ],
)
def test_what_counts_as_the_same(one, other):
    assert values(one) == values(other) != []


@pytest.mark.parametrize(("one", "other"), [("में", "मे"), ("1956", "1957"), ("Haus", "Maus"), ("?", "!"), ("東京", "京東")])
def test_what_differs(one, other):
    assert values(one) != values(other)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Il a 3 ans ?", [WORD, WORD, NUMBER, WORD, SIGN]),
        ("東京都", [PIECE] * 5),
        ("ไทย", [PIECE] * 5),
        ("ខ្មែរ", [PIECE] * 5),
        ("Ok. Gut, gut...", [WORD, WORD, WORD]),
        ("", []),
        (" \u200b\t", []),
    ],
)
def test_kinds(text, kinds):
    assert tokens(text).kinds.tolist() == kinds


def test_lengths_leave_out_spaces_and_marks_above():
    found = tokens_of_texts(pa.array(["a b.", "में", None, "東京 9"]), 5)
    assert found.lengths.tolist() == [3, 1, 0, 3]
    assert found.starts.tolist() == [0, 2, 3, 3, 7]


def test_digits_of_all_scripts_are_numbers_whatever_python_knows():
    import unicodedata

    import numpy as np
    from hexapla.kernels.alignment_tokens import folding
    from hexapla.kernels.unicode import CLASS, DIGIT

    points = [point for point in np.flatnonzero(CLASS == DIGIT).tolist() if unicodedata.digit(chr(point), -1) >= 0]
    assert len(points) > 700
    assert [chr(value) for value in folding()[points]] == [str(unicodedata.digit(chr(point))) for point in points]
    # of Unicode 15 to 17: Kawi, Nag Mundari, Garay, Ol Onal, Gurung Khema, Tolong Siki
    for zero in (0x11F50, 0x1E4F0, 0x10D40, 0x1E5F1, 0x16130, 0x11DE0):
        assert values("".join(chr(zero + int(digit)) for digit in "1956")) == values("1956")
