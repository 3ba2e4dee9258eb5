"""Where lines begin, how they are compared, and groups of equal keys."""

import random
import re
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hexapla.kernels.arrow import text_buffers
from hexapla.kernels.line_keys import (
    KeyTable,
    find_lines,
    group_keys,
    line_keys,
    line_properties,
    measure_lines,
    spread,
)
from hexapla.kernels.unicode import CLASS
from hypothesis import given
from hypothesis import strategies as st


def units_of(texts, ends=1):
    buffer, offsets = text_buffers(pa.array(texts, pa.string()))
    first = np.empty(len(texts) + 1, np.int64)
    borders = np.empty(int(offsets[-1] - offsets[0]) // 2 + len(texts) + 1, np.int64)
    count = find_lines(buffer, offsets, CLASS, ends, first, borders)
    return buffer, first, borders[: count + 1]


def strings(texts, ends=1):
    buffer, first, borders = units_of(texts, ends)
    spans, *_ = measured(buffer, borders)
    found = [bytes(buffer[a:b]).decode() for a, b in spans]
    return [found[a:b] for a, b in pairwise(first)]


def measured(buffer, borders, exact=False):
    m = len(borders) - 1
    spans, hashes, sizes = np.empty((m, 2), np.int64), np.empty(m, np.uint64), np.empty((m, 2), np.int32)
    measure_lines(buffer, borders, line_properties(exact), spans, hashes, sizes)
    return spans, hashes, sizes, m


def test_every_kind_of_line_end():
    text = "a\nb\r\nc\rd\ve\ff\u0085g\u2028h\u2029 i \n\n\n\t\nj"
    assert strings([text, "", "\n \r\n", "k"]) == [list("abcdefghij"), [], [], ["k"]]


def test_paragraphs_end_at_empty_lines():
    text = "one\ntwo\r\n\r\nthree\n \t\nfour\u2029\u2029five\u2028six\r\n"
    assert strings([text], ends=2) == [["one\ntwo", "three", "four", "five\u2028six"]]


def test_characters_with_bytes_of_line_ends_end_no_line():
    line = "ꀨ ꀩ Å ᅅ 한 †‡ \u20a8 \U00020028 \u0145 \u2085\u00a8\u00a9"
    assert strings([line, f"{line}\u2028{line}\u0085{line}"]) == [[line], [line] * 3]
    assert strings([f"\u2028{line}", "\u0085", "a\u2029"]) == [[line], [], ["a"]]
    assert strings(["a\n" * 9, "\na\n", "a", ""]) == [["a"] * 9, ["a"], ["a"], []]


@given(st.lists(st.text("aé한\n\r\v\x85\u2028\u2029 \ufeff\U0001f600ꀨ", max_size=30)))
def test_lines_are_those_of_python(texts):
    expected = [[line.strip(" \ufeff") for line in re.split("[\n\r\v\x85\u2028\u2029]", text)] for text in texts]
    found = [[line.strip("\ufeff") for line in lines] for lines in strings(texts)]
    assert found == [[line for line in lines if line] for lines in expected]


SAME = [
    ("Cookie Policy!", "COOKIE  policy"),
    ("Opublikowano 12.03.2019, o 10:45", "opublikowano 15.11.2020 o 22:10"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("ＡＢＣ １２", "abc 99"),
    ("می‌خواهم", "میخواهم"),  # a zero-width non-joiner
    ("«Читать далее»", "читать далее…"),
    ("第１２章：はじめに", "第34章 はじめに".replace(" ", "")),
    ("ข่าว ๑๒๓", "ข่าว ๔๕๖"),
]
DIFFERENT = [
    ("मन", "मान"),  # a spacing vowel sign
    ("कल", "कुल"),  # a vowel sign that does not take space
    ("มา", "ม้า"),  # a tone
    ("שָׁלוֹם", "שלום"),
    ("ma má mà", "ma ma ma"),
    ("мой", "мои"),
    ("page 1", "page 12"),
    ("one two", "onetwo"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_lines_that_are_the_same(one, other):
    buffer, _, borders = units_of([one, other])
    _, hashes, _, m = measured(buffer, borders)
    assert m == 2
    assert hashes[0] == hashes[1]
    _, exact, _, _ = measured(buffer, borders, exact=True)
    assert exact[0] != exact[1] or one == "می‌خواهم"


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_lines_that_differ(one, other):
    buffer, _, borders = units_of([one, other])
    _, hashes, _, _ = measured(buffer, borders)
    assert hashes[0] != hashes[1]


def test_exact_keeps_all_but_white_space():
    buffer, _, borders = units_of(["a  b\tc ", " a b c", "A b c", "a b, c", "a b 1", "a b 2"])
    _, hashes, _, _ = measured(buffer, borders, exact=True)
    assert hashes[0] == hashes[1]
    assert len(set(hashes.tolist())) == 5


def test_letters_of_unspaced_scripts_count_twice():
    buffer, _, borders = units_of(["ab 12, c", "中文 abc。", "ไทย", "หนู", "}", "हिन्दी", "한국어", "שָׁלוֹם"])
    _, _, sizes, _ = measured(buffer, borders)
    assert sizes[:, 1].tolist() == [3, 7, 6, 4, 0, 5, 3, 4]
    assert sizes[:, 0].tolist() == [8, 7, 3, 3, 1, 6, 3, 7]


def keys_of(documents, least, scopes=None):
    """The keys of each document's lines."""
    buffer, first, borders = units_of(["\n".join(lines) for lines in documents])
    spans, hashes, sizes, m = measured(buffer, borders)
    keys, ends = np.empty((m, 2), np.uint64), np.empty((m, 2), np.int64)
    line_keys(first, spans, hashes, sizes, np.array(scopes or [0] * len(documents), np.uint64), least, keys, ends)
    assert (ends[:, 1] <= np.arange(m)).all()
    assert (np.arange(m) <= ends[:, 0]).all()
    return [keys[a:b].tolist() for a, b in pairwise(first)]


def test_a_long_line_has_one_key_and_short_ones_two():
    one, other = keys_of(
        [["home", "about", "contact us", "a line that is long enough"], ["home", "about", "contact us"]], 12
    )
    assert one[3][1] == 0
    assert one[0] == other[0] == [one[0][0], 0]  # nothing stands before it
    assert one[1][0] == other[1][0]
    assert one[1][1] == other[1][1] == 0  # nine letters up to here
    assert one[2][1] == other[2][1] != 0
    assert one[2][0] != other[2][0] == 0  # what follows is part of the key


def test_few_letters_in_many_lines_have_no_key():
    assert keys_of([["1", "2", "3"] * 10], 1) == [[[0, 0]] * 30]
    assert keys_of([["a"] * 9], 9) == [[[0, 0]] * 9]
    assert all(key for key, _ in keys_of([["a"] * 9], 8)[0][:2])
    assert keys_of([["}", ""], [""]], 0)[0][0][0] != 0


def test_scopes_keep_keys_apart():
    one, other, third = keys_of([["same line"]] * 3, 0, [1, 2, 1])
    assert one == third
    assert one != other


@pytest.mark.parametrize("seed", range(5))
def test_groups_against_plain_python(seed):
    chance = random.Random(seed)
    n, documents = chance.randrange(400), chance.randrange(1, 30)
    rows = sorted(chance.randrange(documents) for _ in range(n))
    keys = [chance.randrange(1, 40) for _ in range(n)]
    ranks = chance.sample(range(documents), documents)
    found = group_keys(np.array(keys, np.uint64), np.array(rows, np.int32), np.array(ranks, np.int64))
    expected = []
    for key in dict.fromkeys(keys):
        places = [place for place in range(n) if keys[place] == key]
        best = min((rows[place] for place in places), key=ranks.__getitem__)
        expected.append([places[0], len({rows[place] for place in places}), best])
    assert found.tolist() == expected


@pytest.mark.parametrize("size", [0, 1, 3, 1000])
def test_keys_are_found_again(size):
    known = np.random.default_rng(1).permutation(size * 7).astype(np.uint64)[:size] + np.uint64(1)
    table = KeyTable(known)
    assert table.find(known).tolist() == list(range(size))
    strangers = np.array([0, 2**63, 2**64 - 1], np.uint64)
    assert table.find(strangers).tolist() == [-1, -1, -1]


def test_a_key_of_several_units_speaks_of_those_that_are_short():
    keys = np.array([[7, 0], [8, 0], [0, 9], [5, 0], [6, 0]], np.uint64)
    ends = np.array([[2, 0], [1, 1], [3, 0], [3, 3], [4, 4]])
    for values, expected in (
        ({(0, 0): 4}, [4, -1, 4, -1, -1]),
        ({(2, 1): 3, (0, 0): 1}, [3, -1, 3, -1, -1]),
        ({(1, 0): 2, (4, 0): 5}, [-1, 2, -1, -1, 5]),
    ):
        given, out = np.full((5, 2), -1, np.int32), np.full(5, -1, np.int32)
        for place, value in values.items():
            given[place] = value
        spread(keys, ends, given, out)
        assert out.tolist() == expected
