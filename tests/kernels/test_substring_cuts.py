"""What stands at the seam where a passage was cut out."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.kernels.substring_cuts import cut
from substring_reference import tokens

NONE = np.zeros((0, 2), np.int64)


def without(text, first, behind):
    """The text without the tokens from `first` up to `behind`: windows of one word or of two Chinese letters."""
    marked = np.array([[first, behind - (text[0] == "前" or "漢" in text)]], np.int64)
    done = cut(pa.array([text]), 1, np.array([0, len(marked)]), marked, np.zeros(2, np.int64), NONE)
    return done.texts[0].as_py()


@pytest.mark.parametrize(
    ("text", "first", "behind", "left"),
    [
        ("one two three", 1, 2, "one three"),
        ("one. Two. Three", 1, 2, "one. Three"),
        ("one (two) three", 1, 2, "one three"),
        ("one two) three", 1, 2, "one) three"),
        ("one two. Three", 1, 2, "one. Three"),
        ("one\n\ntwo three", 1, 2, "one\n\nthree"),
        ("one two\r\n\r\nthree", 1, 2, "one\r\n\r\nthree"),
        ("one.\ntwo. (Three)", 1, 2, "one.\n(Three)"),
        ("one two three", 0, 1, "two three"),
        ("one. “Two” three", 0, 1, "“Two” three"),
        ("one two three.\n", 2, 3, "one two.\n"),
        ("one two three", 0, 3, ""),
        ("one-two-three", 1, 2, "one- three"),
        ("one_two_three", 1, 2, "one_ three"),
        ("前文。中心。後文", 2, 4, "前文。後文"),
        ("前文中心。後文", 2, 4, "前文。後文"),
        ("前文「中心」後文", 2, 4, "前文後文"),
        ("前文中心「後」文", 2, 4, "前文「後」文"),
        ("one漢字two", 1, 3, "one two"),
        ("one\u200d 漢字 two", 1, 3, "one\u200d two"),
        ("a \u2764\ufe0f b", 1, 2, "a b"),
        ("a b \u2764\ufe0f", 1, 2, "a \u2764\ufe0f"),
    ],
)
def test_the_seam(text, first, behind, left):
    assert len(tokens(text)) >= behind
    found = without(text, first, behind)
    assert found == left
    own = tokens(text)
    assert [token[0] for token in tokens(found)] == [token[0] for token in own[:first] + own[behind:]]


def test_facts_about_cuts():
    texts = pa.array(["a b c d e f g h", "untouched"])
    marked = np.array([[0, 1], [1, 2], [5, 7]], np.int64)
    done = cut(texts, 2, np.array([0, 3, 3]), marked, np.array([0, 1, 1]), np.array([[3, 4]]))
    assert done.texts.to_pylist() == ["d e", "untouched"]
    assert done.spans.tolist() == [2, 0]
    assert done.longest.tolist() == [0, -1]
    assert done.whole.tolist() == [True, False]
    done = cut(texts, 2, np.array([0, 3, 3]), marked, np.array([0, 1, 1]), np.array([[2, 3]]))
    assert done.whole.tolist() == [False, False]
