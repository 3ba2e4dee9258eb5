"""Two texts side by side: whole characters, safe, bounded, and nothing lost or invented."""

import random
import re
import time

import pytest
from hexapla.engine.report.differences import COMPARED_CHARACTERS, SHOWN_CHARACTERS, difference, pieces
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

TEXTS = {
    "eng": ("All human beings are born free and equal.", "All human people are born free and equal.", ["beings"], ["people"]),
    "arb": ("يولد جميع الناس أحرارًا متساوين", "يولد جميع البشر أحرارًا متساوين", ["الناس"], ["البشر"]),
    "heb": ("כל בני אדם נולדו בני חורין", "כל בני אנוש נולדו בני חורין", ["אדם"], ["אנוש"]),
    "cmn": ("人人生而自由，在尊严和权利上", "人人生而平等，在尊严和权利上", ["自由"], ["平等"]),
    "jpn": ("権利を有する。", "権利を有にる。", ["す"], ["に"]),
    "tha": ("มนุษย์ทั้งหลายเกิดมา", "มนุษย์ทั้งปวงเกิดมา", None, None),
    "hin": ("सभी मनुष्यों को गौरव", "सभी मानवों को गौरव", ["मनुष्यों"], ["मानवों"]),
    "khm": ("មនុស្សទាំងអស់ កើតមក", "មនុស្សទាំងឡាយ កើតមក", None, None),
    "amh": ("የሰው፡ልጅ፡ሁሉ፡ሲወለድ", "የሰው፡ዘር፡ሁሉ፡ሲወለድ", ["ልጅ፡"], ["ዘር፡"]),
}


def marked_parts(markup, tag):
    return [Markup(part).unescape() for part in re.findall(rf"<{tag}>(.*?)</{tag}>", markup, re.DOTALL)]


def plain(markup):
    return Markup(re.sub(r"</?(?:del|ins)>", "", markup)).unescape()


@pytest.mark.parametrize("code", TEXTS)
def test_what_differs_is_marked_in_words_or_letters(code):
    left, right, gone, new = TEXTS[code]
    found = difference(left, right)
    assert not found.same
    assert plain(found.left) == left
    assert plain(found.right) == right
    if gone is not None:
        assert marked_parts(found.left, "del") == gone
        assert marked_parts(found.right, "ins") == new
    # some of it is common, and some is not
    assert 0 < sum(map(len, marked_parts(found.left, "del"))) < len(left) / 2
    assert 0 < sum(map(len, marked_parts(found.right, "ins"))) < len(right) / 2


def test_no_piece_begins_with_a_mark_or_below_a_consonant():
    assert pieces("ស្រី") == ["ស្រី"]  # coeng and its consonant belong to the letter above
    assert pieces("ที่") == ["ที่"]
    assert pieces("e\u0301te\u0301 là") == ["e\u0301te\u0301 ", "là"]
    assert pieces("自由 a, b") == ["自", "由 ", "a", ", ", "b"]


@given(st.text(max_size=200))
def test_pieces_make_up_the_text(text):
    assert "".join(pieces(text)) == text


@given(st.lists(st.sampled_from(["ab", "c", "自", " ", "\n", ",", "é"]), max_size=60),
       st.lists(st.sampled_from(["ab", "c", "自", " ", "\n", ",", "e\u0301"]), max_size=60))  # fmt: skip
def test_short_texts_are_whole_on_both_sides(left, right):
    left, right = "".join(left), "".join(right)
    found = difference(left, right)
    if "…" not in found.left + found.right:
        assert (plain(found.left), plain(found.right)) == (left, right)
    else:
        assert min(len(left), len(right)) > 40
    if left.split() == right.split():
        assert found.same


def test_white_space_and_forms_of_one_character_are_no_difference():
    found = difference("Été  à\nParis", "E\u0301te\u0301 à Paris ")
    assert found.same
    assert "<del>" not in found.left
    assert "<ins>" not in found.right


def test_hostile_text_stays_text():
    found = difference("<script>a</script> \u202eevil", "<script>b</script> &amp; \x1b[31m")
    for side in (found.left, found.right):
        assert "<script" not in side
        assert not {"\u202e", "\x1b"} & set(side)
    assert '<span class="code">U+202E</span>' in found.left
    assert set(re.findall(r"</?(\w+)", found.left + found.right)) <= {"del", "ins", "span"}


def test_of_long_texts_what_differs_is_shown_and_what_is_common_is_left_out():
    words = [f"word{number}" for number in range(1000)]
    other = list(words)
    other[700] = "CHANGED"
    found = difference(" ".join(words), " ".join(other))
    assert marked_parts(found.left, "del") == ["word700"]
    assert marked_parts(found.right, "ins") == ["CHANGED"]
    assert "word699" in found.left
    assert "word400" not in found.left
    assert found.left.startswith("word0 word1")
    assert len(found.left) < SHOWN_CHARACTERS


def test_a_difference_behind_what_is_compared_is_said_to_be_cut():
    left = "x " * COMPARED_CHARACTERS
    found = difference(left, left + "more")
    assert not found.same
    assert found.left.endswith(" …")
    assert difference(left, left + "\n").same


@pytest.mark.parametrize("letters", ["ab ", "自由", "a"])
def test_the_longest_and_most_repetitive_texts_take_no_time(letters):
    dice = random.Random(1)
    left, right = ("".join(dice.choice(letters) for _ in range(200_000)) for _ in range(2))
    started = time.process_time()
    found = difference(left, right)
    assert time.process_time() - started < 10
    assert len(plain(found.left)) <= SHOWN_CHARACTERS + 20
    assert len(plain(found.right)) <= SHOWN_CHARACTERS + 20


@settings(max_examples=50)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_give_tags_that_nest(left, right):
    found = difference(left, right)
    assert found.left.count("<del>") == found.left.count("</del>")
    assert found.right.count("<ins>") == found.right.count("</ins>")
    assert "<ins>" not in found.left
    assert "<del>" not in found.right
