"""Small pictures as inline SVG. Lengths are shares of the width, so that a picture fits a phone and a desktop alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

STAGE_COLOURS = 8


@dataclass(frozen=True)
class Segment:
    """A piece of a bar.

    Attributes:
        share: its length, 0 to 1 of the whole width.
        colour: a class of the style sheet: "kept", "removed", "quiet", "s0" to "s7".
        title: what it stands for, shown when it is pointed at.
    """

    share: float
    colour: str
    title: str


def stage_colour(number: int) -> str:
    """The class of a stage's colour."""
    return f"s{number % STAGE_COLOURS}"


def bar(segments: Sequence[Segment], label: str) -> Markup:
    """A horizontal bar of several pieces.

    Args:
        segments: from left to right; together at most 1.
        label: the picture in words, for those who do not see it.
    """
    pieces, start = [], 0.0
    for segment in segments:
        if segment.share > 0:
            pieces.append(_rectangle(start, segment.share, 0, 100, segment.colour, segment.title))
        start += segment.share
    return _picture("bar", label, pieces)


def histogram(upper: Sequence[float], lower: Sequence[float], titles: Sequence[str], label: str) -> Markup:
    """Two histograms over the same bins, one growing up and one growing down from a common line.

    Args:
        upper: share of the first group in each bin, 0 to 1.
        lower: share of the second group in each bin; empty when there is none.
        titles: what each bin holds.
        label: the picture in words.
    """
    above, below = max([*upper, 0.0]), max([*lower, 0.0])
    both = max(above + below, 1e-12)  # less than that is no share of any rows
    line = 100 * above / both if lower else 100.0
    scale = 100 / both
    width = 1 / max(len(upper), 1)
    pieces = []
    for place, title in enumerate(titles):
        # a bar is a little narrower than its bin; bins that are empty on both sides draw nothing
        left, wide = (place + 0.08) * width, 0.84 * width
        if upper[place] > 0:
            height = max(upper[place] * scale, 0.8)
            pieces.append(_rectangle(left, wide, line - height, height, "kept", title))
        if lower and lower[place] > 0:
            pieces.append(_rectangle(left, wide, line, max(lower[place] * scale, 0.8), "removed", title))
    pieces.append(_rectangle(0, 1, min(line, 99.2), 0.8, "axis", ""))
    return _picture("histogram", label, pieces)


def columns(heights: Sequence[float], titles: Sequence[str], label: str) -> Markup:
    """A histogram that grows up.

    Args:
        heights: share in each bin, 0 to 1.
        titles: what each bin holds.
        label: the picture in words.
    """
    most = max([*heights, 1e-12])
    width = 1 / max(len(heights), 1)
    pieces = []
    for place, (height, title) in enumerate(zip(heights, titles, strict=True)):
        if height > 0:
            high = max(99 * height / most, 0.8)
            pieces.append(_rectangle((place + 0.08) * width, 0.84 * width, 99 - high, high, "removed", title))
    pieces.append(_rectangle(0, 1, 99.2, 0.8, "axis", ""))
    return _picture("histogram", label, pieces)


def curve(points: Sequence[tuple[float, float]], mark: float | None, title: str, label: str) -> Markup:
    """A curve over 0 to 1 with values from 0 to 1.

    Args:
        points: (x, y) from left to right.
        mark: where an upright line stands; None for none.
        title: what the line stands for.
        label: the picture in words.
    """
    # stretched to any size, so that lines keep their width only by `vector-effect` in the style sheet
    path = " ".join(f"{_number(100 * x)},{_number(100 * (1 - y))}" for x, y in points)
    line = ""
    if mark is not None:
        x = _number(100 * mark)
        line = f'<line class="mark" x1="{x}" x2="{x}" y1="0" y2="100"><title>{escape(title)}</title></line>'
    inside = f'<line class="ground" x1="0" x2="100" y1="100" y2="100"/><polyline points="{path}"/>{line}'
    return Markup(
        f'<svg class="curve" role="img" aria-label="{escape(label)}" viewBox="0 0 100 100" preserveAspectRatio="none">'
        f"{inside}</svg>"
    )


def _rectangle(left: float, width: float, top: float, height: float, colour: str, title: str) -> str:
    inside = f"<title>{escape(title)}</title>" if title else ""
    place = (
        f'x="{_percent(100 * left)}" y="{_percent(top)}" width="{_percent(100 * width)}" height="{_percent(height)}"'
    )
    return f'<rect class="{colour}" {place}>{inside}</rect>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float) -> str:
    return _number(value) + "%"


def _picture(kind: str, label: str, pieces: Sequence[str]) -> Markup:
    return Markup(f'<svg class="{kind}" role="img" aria-label="{escape(label)}">{"".join(pieces)}</svg>')
