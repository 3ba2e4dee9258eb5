"""Write the run report: gather what the run left behind, fill the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..results import Results
from ..visible import visible, visible_line
from . import charts
from .duplicates import Curve, Share, Similarities, duplicate_figures
from .figures import LanguageFigures, StageFigures, backing_figures, language_figures, speed_figures, stage_figures
from .parallel import FEW_BEADS, SHOWN_PAIRS, PairFigures, parallel_figures
from .samples import kept_samples, removed_samples
from .scores import ScoreFigures, score_figures
from .words import breakable, number, percent, seconds, short, size

PAGE = "report.html"
SHOWN_LANGUAGES = 24
LISTED_LANGUAGES = 2500
SHOWN_BACKINGS = 60


def build_report(output: str) -> str:
    """Write OUTPUT/report.html: one page that needs no other file; the same folder gives the same page.

    Args:
        output: the output folder of a finished run, a path or URL.

    Returns:
        The page's path.

    Raises:
        ConfigError: no run has finished there.
    """
    results = Results(output)
    page = _template().render(**_content(results))
    results.store.put_bytes(page.encode("utf-8", "replace"), PAGE)
    return f"{output.rstrip('/')}/{PAGE}"


def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    words = {
        "breakable": breakable,
        "number": number,
        "percent": percent,
        "seconds": seconds,
        "short": short,
        "size": size,
    }
    environment.filters.update(words, line=visible_line)
    return environment.get_template("page.html.j2")


def _content(results: Results) -> dict[str, Any]:
    stages = stage_figures(results.stages)
    languages = language_figures(results.stages)
    speed = speed_figures(results.stages)
    removing = [stage for stage in results.stages if stage.totals.get("removed")]
    codes = [entry.code for entry in languages if entry.rows_out]
    backing = backing_figures(results.stages)
    return {
        "css": Markup((Path(__file__).parent / "page.css").read_text(encoding="utf-8")),
        "run": results.run,
        "totals": results.run.get("totals", {}),
        "stages": [(stage, funnel_bar(stage, stages)) for stage in stages],
        "colours": {stage.position: charts.stage_colour(place) for place, stage in enumerate(_removing(stages))},
        "removing": _removing(stages),
        "drawn": {position for entry in languages for position, _ in entry.removed},
        "languages": [(entry, language_bar(entry, stages)) for entry in languages[:SHOWN_LANGUAGES]],
        "more_languages": languages[SHOWN_LANGUAGES:LISTED_LANGUAGES],
        "language_count": len(languages),
        "backing": [(name, figures[:SHOWN_BACKINGS], figures[SHOWN_BACKINGS:]) for name, figures in backing],
        "scores": [(entry, score_picture(entry)) for entry in score_figures(results)],
        "duplicates": duplicate_figures(results),
        "parallel": parallel_figures(results),
        "few_beads": FEW_BEADS,
        "shown_pairs": SHOWN_PAIRS,
        "opened": max(removing, key=lambda stage: int(stage.totals["removed"])).folder if removing else "",
        "samples": [(stage, removed_samples(results, stage)) for stage in removing],
        "kept": kept_samples(results, codes),
        "speed": [(entry, speed_bar(entry.name, entry.cpu_share)) for entry in speed],
        "cpu_seconds": sum(entry.cpu_seconds for entry in speed),
        "peak_memory": max((entry.peak_memory for entry in speed), default=0),
        "reason_bar": reason_bar,
        "share_bar": share_bar,
        "similarity_picture": similarity_picture,
        "curve_picture": curve_picture,
        "bead_picture": bead_picture,
        "degree_bar": degree_bar,
        "config": config_text,
    }


def _removing(stages: Sequence[StageFigures]) -> list[StageFigures]:
    return [stage for stage in stages if stage.removed]


def funnel_bar(stage: StageFigures, stages: Sequence[StageFigures]) -> Markup:
    """A stage's rows out and removed, as parts of the largest number of rows that any stage saw."""
    most = max(max(other.rows_in, other.rows_out) for other in stages) or 1
    segments = [charts.Segment(stage.rows_out / most, "kept", f"{stage.name}: {number(stage.rows_out)} rows go on")]
    for rows, colour, word in ((stage.removed, "removed", "removed"), (stage.consumed, "quiet", "used up")):
        segments.append(charts.Segment(rows / most, colour, f"{stage.name}: {number(rows)} rows {word}"))
    label = (
        f"{stage.name}: {number(stage.rows_in)} rows in, {number(stage.removed)} removed, {number(stage.rows_out)} out"
    )
    return charts.bar(segments, label)


def language_bar(language: LanguageFigures, stages: Sequence[StageFigures]) -> Markup:
    """What became of a language's rows: kept, and removed by each stage."""
    places = {stage.position: place for place, stage in enumerate(_removing(stages))}
    names = {stage.position: stage.name for stage in stages}
    whole = max(language.rows_in, language.rows_out + sum(rows for _, rows in language.removed), 1)
    segments = [charts.Segment(language.rows_out / whole, "kept", f"kept: {number(language.rows_out)}")]
    for position, rows in language.removed:
        title = f"removed by {names[position]}: {number(rows)}"
        segments.append(charts.Segment(rows / whole, charts.stage_colour(places[position]), title))
    label = f"{language.code}: {number(language.rows_out)} of {number(language.rows_in)} rows kept"
    return charts.bar(segments, label)


def reason_bar(rows: int, stage: StageFigures) -> Markup:
    """How much of what a stage removed had one reason."""
    share = rows / max(stage.removed, 1)
    return charts.bar([charts.Segment(share, "removed", "")], f"{percent(share)} of what {stage.name} removed")


def share_bar(share: Share) -> Markup:
    """How much of the rows of a language or domain was removed."""
    label = f"{visible_line(share.name, 80)}: {percent(share.share)} removed"
    return charts.bar([charts.Segment(share.share, "removed", "")], label)


def similarity_picture(found: Similarities) -> Markup:
    """The histogram of the similarity of removed rows to what stayed; 1 has a bin of its own."""
    last = len(found.shares) - 1
    titles = [
        f"{'1' if place == last else f'{short(low)} to {short(high)}'}: {percent(share)} of the removed rows"
        for place, (low, high, share) in enumerate(zip(found.edges, found.edges[1:], found.shares, strict=False))
    ]
    return charts.columns(found.shares, titles, "similarity of removed rows to the document that stayed")


def curve_picture(curve: Curve) -> Markup:
    """The S-curve with the threshold."""
    at, title = curve.threshold, ""
    if at is not None:
        title = f"threshold {short(at)}: {percent(curve.at(at))} of such pairs are candidates"
    label = f"share of pairs that become candidates, by their similarity, with {curve.bands} bands of {curve.rows}"
    return charts.curve(curve.points, at, title, f"{label}; {title}" if title else label)


def bead_picture(pair: PairFigures) -> Markup:
    """The histogram of the scores of a pair of languages."""
    count = len(pair.shares)
    borders = [(f"{place / count:g} to {(place + 1) / count:g}", share) for place, share in enumerate(pair.shares)]
    titles = [f"{border}: {percent(share)}" for border, share in borders]
    return charts.histogram(pair.shares, (), titles, f"scores of beads in {visible_line(pair.name, 80)}")


def degree_bar(languages: int, share: float) -> Markup:
    """How many of the groups are in so many languages."""
    label = f"{percent(share)} of the groups are in {languages} languages"
    return charts.bar([charts.Segment(share, "kept", "")], label)


def speed_bar(name: str, share: float) -> Markup:
    """A stage's part of all CPU time."""
    return charts.bar([charts.Segment(share, "neutral", "")], f"{name}: {percent(share)} of the CPU time")


def score_picture(score: ScoreFigures) -> Markup:
    """The histogram of a score: kept rows upwards, removed rows downwards."""
    titles = []
    for place in range(len(score.edges) - 1):
        low, high = short(score.edges[place]), short(score.edges[place + 1])
        parts = [f"{percent(group[place])} of the {word}" for group, word in _groups(score) if group]
        beyond = " or more" if score.clipped and place == len(score.edges) - 2 else f" to {high}"
        titles.append(f"{low}{beyond}: {', '.join(parts)}")
    kept = score.kept or [0.0] * len(titles)
    return charts.histogram(kept, score.removed, titles, f"distribution of {score.name} over kept and removed rows")


def _groups(score: ScoreFigures) -> tuple[tuple[list[float], str], ...]:
    return (score.kept, "kept rows"), (score.removed, "removed rows")


def config_text(config: Any) -> str:
    """A configuration as text that cannot do anything."""
    return visible(json.dumps(config, ensure_ascii=False, indent=1, sort_keys=True))
