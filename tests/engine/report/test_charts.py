"""Pictures: what is drawn is what was counted."""

import re
import xml.etree.ElementTree as ET

import pytest
from hexapla.engine.report import charts
from hexapla.engine.report.charts import Segment, bar, histogram
from hexapla.engine.report.scores import _edges, _round_up, _shares
from hexapla.engine.report.words import breakable, number, percent, seconds, short, size
from hypothesis import given
from hypothesis import strategies as st

shares = st.lists(st.floats(0, 1), min_size=1, max_size=24)


def rectangles(svg):
    """(class, x, y, width, height) of each rectangle, in percent."""
    found = []
    for mark in ET.fromstring(str(svg)).iter("rect"):
        place = [float(mark.get(name).removesuffix("%")) for name in ("x", "y", "width", "height")]
        found.append((mark.get("class"), *place))
    return found


def test_a_bar_sets_its_pieces_one_after_the_other():
    drawn = rectangles(
        bar([Segment(0.5, "kept", "a"), Segment(0, "quiet", "none"), Segment(0.25, "s1", "<b>")], "x & y")
    )
    assert drawn == [("kept", 0, 0, 50, 100), ("s1", 50, 0, 25, 100)]


def test_titles_and_labels_are_escaped():
    svg = str(bar([Segment(1, "kept", "<script>")], '"><script>'))
    assert "<script>" not in svg
    ET.fromstring(svg)


@given(shares, shares)
def test_a_histogram_draws_both_groups_to_one_scale_within_its_frame(upper, lower):
    count = min(len(upper), len(lower))
    upper, lower = upper[:count], lower[:count]
    drawn = rectangles(histogram(upper, lower, ["bin"] * count, "picture"))
    for _, left, top, width, height in drawn:
        assert top >= -0.9
        assert top + height <= 101.7
        assert left >= 0
        assert left + width <= 100.01
    tall = {kind: [height for name, *_, height in drawn if name == kind] for kind in ("kept", "removed")}
    if max(upper) > 0.05 and max(lower) > 0.05:
        assert max(tall["kept"]) / max(tall["removed"]) == pytest.approx(max(upper) / max(lower), rel=0.05)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_every_value_is_in_some_bin(values):
    import numpy as np

    array = np.array(values)
    edges, _ = _edges(array)
    assert (np.diff(edges) > 0).all()
    assert sum(_shares(array, edges)) == pytest.approx(1)


def test_shares_use_the_range_from_nought_to_one_and_long_tails_are_cut():
    import numpy as np

    edges, clipped = _edges(np.array([0.1, 0.9]))
    assert (edges[0], edges[-1], clipped) == (0, 1, False)
    edges, clipped = _edges(np.concatenate([np.linspace(0, 10, 1000), [5000.0]]))
    assert edges[-1] <= 12
    assert clipped


@given(st.floats(1e-9, 1e12))
def test_round_numbers_are_at_least_the_value_and_near_it(value):
    assert value * (1 - 1e-8) <= _round_up(value) <= 1.5 * value


def test_numbers_and_names_as_people_read_them():
    assert number(1234567) == "1,234,567"
    assert [percent(share) for share in (0, 0.0001, 0.1234, 0.99999, 1)] == [
        "0 %",
        "< 0.1 %",
        "12.3 %",
        "> 99.9 %",
        "100 %",
    ]
    assert [size(count) for count in (0, 999, 1500, 533_295_104, 2e13)] == [
        "0 bytes",
        "999 bytes",
        "1.5 kB",
        "533 MB",
        "20.0 TB",
    ]
    assert [seconds(value) for value in (0.1234, 12.34, 600, 9000)] == ["0.123 s", "12.3 s", "10.0 min", "2.5 h"]
    assert [short(value) for value in (0.12345, 12.5, 97_660.0)] == ["0.123", "12.5", "97,660"]
    assert re.sub("<wbr>", "|", breakable("a_b.c<d")) == "a_|b.|c&lt;d"


def test_columns_have_heights_in_proportion_and_a_curve_has_its_mark():
    drawn = str(charts.columns([0.25, 0.0, 0.5], ["a", "b", "<c>"], "three & more"))
    heights = [float(height) for height in re.findall(r'class="removed".*?height="([\d.]+)%"', drawn)]
    assert heights == [49.5, 99]
    assert "<title>&lt;c&gt;</title>" in drawn
    assert 'aria-label="three &amp; more"' in drawn
    assert "removed" not in str(charts.columns([0.0], ["a"], "none"))
    drawn = str(charts.curve([(0, 0), (0.5, 0.25), (1, 1)], 0.75, "<here>", "curve"))
    assert 'points="0,100 50,75 100,0"' in drawn
    assert 'x1="75" x2="75"' in drawn
    assert "&lt;here&gt;" in drawn
    assert "mark" not in str(charts.curve([(0, 0), (1, 1)], None, "", "curve"))
