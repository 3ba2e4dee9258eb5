"""Links of words in real text: what is the same on both sides is linked, whatever else the batch holds.

There are no links of ours made by hand: how many of all links are right is not measured here.
"""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.lexical_scores import learn
from hexapla.filters.word_links import HOW, spaced, tokens_of_sides, word_links

NAMES = ["Berlin", "Obama", "Toyota", "Warren", "Madrid", "Nokia", "Kosovo", "Chicago"]
FRAMES = [
    ("In {year} {name} was very big.", "Im Jahr {year} war {name} sehr groß."),
    ("The house of {name} has {year} windows!", "Das Haus von {name} hat {year} Fenster!"),
    ("{name} bought the old bridge for {year} euros", "{name} kaufte die alte Brücke für {year} Euro"),
    ("Nobody has seen the bridge in {name}", "Niemand hat die Brücke in {name} gesehen"),
    ("The windows were old, the house (from {year}) was big", "Die Fenster waren alt, das Haus (von {year}) war groß"),
]  # fmt: skip


@pytest.fixture(scope="module")
def pairs():
    draw = np.random.default_rng(3)
    sides = []
    for number in range(300):
        filled = {"name": NAMES[draw.integers(len(NAMES))], "year": str(draw.integers(100, 2100))}
        sides.append([frame.format(**filled) for frame in FRAMES[number % len(FRAMES)]])
    src, tgt = pa.array([side[0] for side in sides]), pa.array([side[1] for side in sides])
    return src, tgt, learn(src, tgt)


def linked(src, tgt, model, how="intersection"):
    one, other = tokens_of_sides(src), tokens_of_sides(tgt)
    rows = zip(one.to_pylist(), other.to_pylist(), word_links(one, other, model, how).to_pylist(), strict=True)
    return [[(left[int(a)], right[int(b)]) for a, b in (link.split("-") for link in links.split())]
            for left, right, links in rows]  # fmt: skip


@pytest.mark.parametrize("how", sorted(HOW))
def test_names_and_numbers_are_linked(pairs, how):
    src, tgt, model = pairs
    for text, links in zip(tokens_of_sides(src).to_pylist(), linked(src, tgt, model, how), strict=True):
        assert {(word, word) for word in text if word in NAMES or word.isdigit()} <= set(links)


def test_what_no_table_has_is_linked_with_its_like(pairs):
    found = linked(pa.array(["Zanzibar paid 987654 ( Őrség )"]), pa.array(["987654 zahlte Zanzibar (Őrség)"]), pairs[2])[0]
    assert {("Zanzibar", "Zanzibar"), ("987654", "987654"), ("Őrség", "Őrség")} <= set(found)


def test_a_pair_has_the_same_links_in_any_batch(pairs):
    src, tgt, model = pairs
    src = pa.concat_arrays([src, pa.array(["", "unheard words of Fiji", "東京 3", None])])
    tgt = pa.concat_arrays([tgt, pa.array(["x", "Fiji", "東京で3月", "y"])])
    one, other = tokens_of_sides(src), tokens_of_sides(tgt)
    whole = word_links(one, other, model).to_pylist()
    assert whole[-4::3] == [None, None]
    assert whole[-2] == "0-0 1-1 2-3"
    for start in range(0, len(src), 7):
        assert word_links(one.slice(start, 7), other.slice(start, 7), model).to_pylist() == whole[start : start + 7]


def test_more_links_from_union_than_grow_diag_than_intersection(pairs):
    one, other = tokens_of_sides(pairs[0]), tokens_of_sides(pairs[1])
    found = {how: [set(row.split()) for row in word_links(one, other, pairs[2], how).to_pylist()] for how in HOW}
    for least, more, most in zip(found["intersection"], found["grow_diag"], found["union"], strict=True):
        assert least <= more <= most
    assert sum(map(len, found["intersection"])) < sum(map(len, found["union"]))


def test_tokens_as_a_text():
    texts = pa.array(["It's 5|||6.", None, " "])
    assert spaced(tokens_of_sides(texts), texts).to_pylist() == ["It ' s 5 | | | 6 .", None, ""]
