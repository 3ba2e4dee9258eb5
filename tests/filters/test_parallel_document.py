"""A document's lines: their order, and what is doubtful about them."""

import itertools

from hexapla.filters.parallel_document import document_lines
from hypothesis import given, settings
from hypothesis import strategies as st


def bead(left, left_index, right, right_index, score=0.9, texts=("", "")):
    names = [texts[side] or " ".join(f"{language}{at}" for at in index)
             for side, (language, index) in enumerate(((left, left_index), (right, right_index)))]  # fmt: skip
    return {
        "src_lang": left, "tgt_lang": right, "src_index": left_index, "tgt_index": right_index,
        "src": names[0], "tgt": names[1], "score": score, "method": "lexical",
    }  # fmt: skip


def group(said, uid="g", agreement=1.0):
    segments = [
        {"lang": language, "text": " ".join(f"{language}{at}" for at in index), "index": index}
        for language, index in said.items()
    ]
    return {"uid": uid, "segments": segments, "parallelism": len(said), "agreement": agreement}


def shape(lines):
    return [{language: cell.index for language, cell in line.cells.items()} for line in lines]


def test_lines_of_two_languages_with_deletions_and_merges_stand_in_order():
    beads = [
        bead("a", [3], "b", [4]),
        bead("a", [0], "b", [0]),
        bead("a", [1], "b", []),
        bead("a", [2], "b", [1, 2], 0.1),
        bead("a", [], "b", [3]),
    ]
    lines = document_lines(beads, [])
    assert shape(lines) == [{"a": (0,), "b": (0,)}, {"a": (1,)}, {"a": (2,), "b": (1, 2)}, {"b": (3,)}, {"a": (3,), "b": (4,)}]
    assert [line.flags for line in lines] == [(), ("alone",), ("low",), ("alone",), ()]
    assert [line.score for line in lines] == [0.9, None, 0.1, None, 0.9]
    assert lines[2].cells["b"].text == "b1 b2"


def test_groups_are_lines_and_what_is_in_none_stands_at_its_place():
    groups = [group({"a": [0], "b": [0], "c": [0]}), group({"a": [2], "b": [1]})]
    beads = [
        bead("a", [0], "b", [0]), bead("a", [1], "b", []), bead("a", [2], "b", [1]),
        bead("a", [0], "c", [0]), bead("a", [1], "c", []), bead("a", [2], "c", []), bead("a", [], "c", [1]),
    ]  # fmt: skip
    lines = document_lines(beads, groups)
    assert shape(lines) == [{"a": (0,), "b": (0,), "c": (0,)}, {"a": (1,)}, {"a": (2,), "b": (1,)}, {"c": (1,)}]
    assert [line.flags for line in lines] == [(), ("alone",), (), ("alone",)]


def test_a_direct_alignment_that_says_otherwise_is_noted_on_both_sides():
    groups = [group({"a": [0], "b": [0], "c": [0]}), group({"a": [1], "b": [1], "c": [1]})]
    beads = [bead("a", [0], "b", [1]), bead("a", [1], "b", []), bead("a", [0], "c", [0]), bead("a", [1], "c", [1])]
    first, second = document_lines(beads, groups)
    assert first.flags == second.flags == ("disagrees",)
    assert (first.cells["a"].against, first.cells["b"].against, first.cells["c"].against) == (["b"], [], [])
    assert (second.cells["a"].against, second.cells["b"].against) == (["b"], ["a"])


def test_a_cell_much_longer_than_the_others_is_marked():
    groups = []
    for at in range(12):
        said = {language: [at] for language in ("a", "b", "c")}
        groups.append(group(said))
        for place, one in enumerate(groups[-1]["segments"]):
            one["text"] = "x" * ((50 + 7 * (at % 3)) * (1 + place))
    groups[4]["segments"][1]["text"] = "x" * 900
    lines = document_lines([], groups)
    assert [number for number, line in enumerate(lines) if line.flags == ("length",)] == [4]
    assert [language for language, cell in lines[4].cells.items() if cell.length] == ["b"]


def test_low_agreement_is_low_and_keyed_rows_without_places_keep_their_order():
    groups = [group({"a": [], "b": []}, f"g{number}", 0.1 if number == 1 else 1.0) for number in range(4)]
    lines = document_lines([], groups)
    assert [line.uid for line in lines] == ["g0", "g1", "g2", "g3"]
    assert [line.flags for line in lines] == [(), ("low",), (), ()]
    pairs = [bead("a", None, "b", None, 0.2 * number, ("x", "y")) for number in range(4)]
    assert [round(line.score, 3) for line in document_lines(pairs, [])] == [0.0, 0.2, 0.4, 0.6]


def test_missing_values_are_no_scores_and_no_languages():
    odd = [bead("a", [0], "b", [0], float("nan")), bead("a", [1], None, [0], None)]
    lines = document_lines(odd, [])
    assert shape(lines) == [{"a": (0,), "b": (0,)}, {"a": (1,), "und": (0,)}]
    assert [line.score for line in lines] == [None, None]


def test_crossing_lines_are_told_and_nothing_is_lost():
    groups = [group({"a": [0], "b": [1]}, "x"), group({"a": [1], "b": [0]}, "y"), group({"a": [2], "b": [2]}, "z")]
    lines = document_lines([], groups)
    assert {line.uid for line in lines} == {"x", "y", "z"}
    assert [line.uid for line in lines if "crossing" in line.flags] == ["x"]
    assert lines[-1].uid == "z"


@settings(deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_monotone_groups_in_any_order_are_put_in_an_order_that_fits_every_language(said, dice):
    places = dict.fromkeys("abcd", 0)
    groups, beads = [], []
    for languages in said:
        indices = {}
        for language in sorted(languages):
            width = dice.randint(1, 2)
            indices[language] = list(range(places[language], places[language] + width))
            places[language] += width
        if len(indices) > 1:
            groups.append(group(indices))
        for left, right in itertools.combinations("abcd", 2):
            if left in indices or right in indices:
                beads.append(bead(left, indices.get(left, []), right, indices.get(right, [])))
    dice.shuffle(groups)
    dice.shuffle(beads)
    lines = document_lines(beads, groups)
    for language in "abcd":
        found = [at for line in lines if language in line.cells for at in line.cells[language].index]
        assert found == list(range(places[language]))
    assert not any({"crossing", "disagrees", "low"} & set(line.flags) for line in lines)
    if not groups:
        return
    assert shape(document_lines(beads, [])) is not None
    linked = [set(line) for line in shape(document_lines(beads, []))]
    assert sorted(map(sorted, linked)) == sorted(sorted(languages) for languages in said)
