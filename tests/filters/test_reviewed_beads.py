"""Fixed beads among others: every segment once, the fixed ones whole."""

from hexapla.filters.reviewed_beads import Bead, located, pinned
from hypothesis import given
from hypothesis import strategies as st


@st.composite
def documents(draw):
    """A monotone alignment, and fixed beads over its segments."""
    shapes = draw(st.lists(st.sampled_from([(1, 1), (1, 0), (0, 1), (2, 1), (1, 3), (2, 2)]), max_size=12))
    beads, at = [], (0, 0)
    for left, right in shapes:
        beads.append(
            Bead(tuple(range(at[0], at[0] + left)), tuple(range(at[1], at[1] + right)), 0.5, "lexical")
        )
        at = at[0] + left, at[1] + right
    sides = [draw(st.permutations(range(size))) for size in at]
    fixed = []
    for number in range(draw(st.integers(0, 3))):
        one, other = (tuple(sorted(side[2 * number : 2 * number + draw(st.integers(0, 2))])) for side in sides)
        if one or other:
            fixed.append((one, other))
    return beads, fixed, at


@given(documents())
def test_every_segment_is_in_one_bead_and_fixed_beads_are_whole(case):
    beads, fixed, sizes = case
    made = pinned(beads, fixed)
    for side, size in zip(("src", "tgt"), sizes, strict=True):
        assert sorted(place for bead in made for place in getattr(bead, side)) == list(range(size))
    assert {(bead.src, bead.tgt) for bead in made if bead.method == "reviewed"} == set(fixed)
    free = {(bead.src, bead.tgt) for bead in beads}
    touched = [{place for bead in fixed for place in bead[side]} for side in (0, 1)]
    kept = {(one, other) for one, other in free if not (touched[0] & set(one) or touched[1] & set(other))}
    assert kept <= {(bead.src, bead.tgt) for bead in made}
    firsts = [bead.src[0] for bead in made if bead.src]
    assert firsts == sorted(firsts)


def test_beads_are_found_by_the_numbers_of_segments_and_their_texts():
    numbers, texts = ([0, 2, 3], [1, 2]), (["a", "b", "c"], ["一", "二"])
    languages = ("deu_Latn", "cmn_Hani")
    fixed = [((0, 2), (1,), "a b", "一"), ((3,), (2,), "c", "三"), ((2,), (2,), "b", "二")]
    assert located(fixed, numbers, texts, languages) == [((0, 1), (0,))]
    assert located([((2, 3), (1, 2), "b c", "一二")], numbers, texts, languages) == [((1, 2), (0, 1))]
