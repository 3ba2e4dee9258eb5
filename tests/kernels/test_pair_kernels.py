"""Kernels of pair rules against plain Python: difflib, regular expressions with references back, str."""

import difflib
import random
import string

import numpy as np
import pyarrow as pa
import pytest
import regex
from hexapla.kernels.pair_characters import SCRIPT_OF_NAME
from hexapla.kernels.pair_groups import outvoted
from hexapla.kernels.pair_keys import text_keys
from hexapla.kernels.pair_markup import has_tags
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
from hexapla.kernels.pair_repetition import repeated_words, repetitions
from hexapla.kernels.pair_sequences import (
    edit_similarities,
    equal_letters_and_digits,
    longest_common_substrings,
    numeral_ratios,
)
from hexapla.kernels.pair_sides import side_counts

REAL = [
    "", " ", "Straße und Fluß.", "Die Würde des Menschen ist unantastbar.", "Всі люди народжуються вільними.", "人人生而自由,在尊严和权利上一律平等。",
    "すべての人間は、生れながらにして自由であり", "सभी मनुष्यों को गौरव और अधिकारों", "يولد جميع الناس أحرارا", "כל בני האדם נולדו", "มนุษย์ทั้งหลายเกิดมามีอิสระ",
    "የሰው ልጅ ሁሉ ሲወለድ", "ประชาชน 12 คน ๑๒", "e\u0301cole\u00a0no\u2009x", "😀 smile 👩‍👩‍👧", "a\x1db\x85c\u2028d",
]  # fmt: skip
LETTERS = [
    "a",
    "b",
    "ab",
    " ",
    "  ",
    "A",
    "ß",
    "é",
    "1",
    "2",
    "0",
    "\n",
    "I",
    "İ",
    "中",
    "文",
    "ا",
    ".",
    "Σ",
    "ς",
    "\u00a0",
    "_",
    "foo ",
    " Foo",
]


def texts(seed: int, count: int) -> list[str]:
    """Real sentences, and random ones from few letters, so that much is repeated; some longer than 200."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        letters = draw.choice(
            [LETTERS, ["a", "b", " "], list(string.digits + " "), list("abcdefgh ijk"), ["the ", "cat ", "sat "]]
        )
        made.append("".join(draw.choice(letters) for _ in range(draw.choice([1, 4, 12, 40, 250]))))
    return REAL + made


def paired(seed: int, count: int) -> tuple[list[str], list[str], pa.Array, np.ndarray, np.ndarray]:
    left, right = texts(seed, count), texts(seed + 1, count)
    right = [
        one[: len(one) // 2] + two if number % 3 == 0 else two
        for number, (one, two) in enumerate(zip(left, right, strict=True))
    ]
    places = np.arange(len(left), dtype=np.int64)
    return left, right, pa.array(left + right), places, places + len(left)


@pytest.mark.parametrize("seed", range(3))
def test_sides_are_counted_as_python_counts(seed):
    given = texts(seed, 200)
    sets = np.zeros((2, 256), np.uint8)
    sets[0, SCRIPT_OF_NAME["latin"]] = 1
    sets[1, SCRIPT_OF_NAME["han"]] = 1
    rows = np.arange(len(given), dtype=np.int32) % 2
    found = side_counts(pa.array(given), sets, rows)
    alphabetic, white = regex.compile(r"\p{Alphabetic}"), regex.compile(r"\s")
    in_script = [regex.compile(r"\p{Script=Latin}"), regex.compile(r"\p{Script=Han}")]
    for number, text in enumerate(given):
        letters = alphabetic.findall(text)
        expected = {
            "characters": len(text), "words": len(text.split()), "longest_word": max(map(len, text.split()), default=0),
            "word_characters": sum(map(len, text.split())), "alphabetic": len(letters), "white": len(white.findall(text)),
            "in_script": sum(bool(in_script[number % 2].match(letter)) for letter in letters),
            "terminal": sum(letter in ".?!…" for letter in text), "blanks": text.count(" ") + text.count("\u00a0"),
            "digits": sum(letter in string.digits for letter in text),
        }  # fmt: skip
        assert {name: int(column[number]) for name, column in found.items()} == expected, text


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


@pytest.mark.parametrize("options", [(2, 3, 100), (1, 1, 5), (3, 2, 4), (1, 5, 8)])
def test_repetitions_are_those_of_the_pattern(options):
    threshold, least, most = options
    given = texts(11, 400)
    found = repetitions(pa.array(given), threshold=threshold, min_length=least, max_length=most)
    pattern = regex.compile(rf"(\S.{{{least - 1},{most}}}?)(?: *\1){{{threshold},}}")
    for text, number in zip(given, found.tolist(), strict=True):
        match = pattern.search(text)
        assert number == (match.group(0).count(match.group(1)) - 1 if match else 0), text


@pytest.mark.parametrize("by_words", [True, False])
def test_repeated_words_are_those_of_the_pattern(by_words):
    given = texts(13, 300)
    found = repeated_words(pa.array(given), np.full(len(given), by_words), np.full(len(given), 4, np.int32))
    pattern = regex.compile(r"(?i)(\b\S+(.+))\s+\b\1\b" if by_words else r"(.+)\1")
    for text, number in zip(given, found.tolist(), strict=True):
        matches = [match.group().strip() for match in pattern.finditer(text)]
        assert number == sum(len(match) > 4 and bool(regex.search(r"\p{Alphabetic}", match)) for match in matches), text


def test_equal_letters_and_digits():
    pairs = [("Straße 12", "STRASSE 21", True, True), ("a1", "a2", True, False), ("ΣΑΣ", "σας", True, True), ("", "…", True, True),
             ("ﬁn", "fin", True, True), ("да", "нет", False, True), ("x11", "x1", True, False)]  # fmt: skip
    column = pa.array([pair[0] for pair in pairs] + [pair[1] for pair in pairs])
    places = np.arange(len(pairs), dtype=np.int64)
    letters, digits = equal_letters_and_digits(column, places, places + len(pairs))
    assert letters.tolist() == [pair[2] for pair in pairs]
    assert digits.tolist() == [pair[3] for pair in pairs]


def test_tags_are_what_a_tolerant_parser_finds():
    tags = [
        "<b>x</b>",
        "a <br/> b",
        '<a href="x>y">',
        "<p",
        "x <i >",
        "<A B=1>",
        "<!-- c --><u>",
        "<script>1<2</script>",
        "<x\u00a0y>",
    ]
    none = [
        "",
        "a < b > c",
        "1<2",
        "<3",
        "</b>",
        "<!-- <b> -->",
        "<b",
        "<?xml <b>?>",
        "&lt;b&gt;",
        "<![foo]><b>",
        "AT&#T <b>",
    ]
    tags.remove("<p")
    assert has_tags(pa.array(tags)).tolist() == [True] * len(tags)
    assert has_tags(pa.array(none)).tolist() == [False] * len(none)


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


def test_keys():
    given = pa.array(["Ein Satz, 12.", "ein satz", "EINSATZ", "Ein  Satz x1", "Ein Satz"])

    def same(**options):
        keys = [tuple(row) for row in text_keys(given, **options).tolist()]
        return [keys.index(key) for key in keys]

    assert same() == [0, 1, 2, 3, 4]
    assert same(fold=True, letters=True) == [0, 0, 0, 3, 0]
    assert same(words=True) == [0, 1, 2, 3, 3]


def test_the_worst_language_goes_first():
    # four languages, of which two are wrong: the others stay, though each of them is broken with two of three
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    broken = np.array([pair != (2, 3) for pair in pairs])
    starts, pair_starts = np.array([0, 4]), np.array([0, 6])
    left, right = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    none = np.zeros(4, bool)
    assert outvoted(starts, pair_starts, left, right, broken, none, none).tolist() == [True, True, False, False]
    alone = np.array([True, False, False, False])
    assert outvoted(starts, pair_starts, left, right, broken, none, alone).tolist() == [True, True, False, False]
    pivot = np.array([False, False, False, True])
    assert outvoted(starts, pair_starts, left, right, broken & (right == 3), pivot, none).tolist() == [
        True,
        True,
        False,
        False,
    ]
