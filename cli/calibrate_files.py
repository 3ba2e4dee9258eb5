"""What `hexapla calibrate` writes: a preset with the fitted thresholds, and a part of a pipeline file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..engine.visible import visible_line
from .terminal import number

if TYPE_CHECKING:
    from ..filters.calibration import Calibration, Fit

MOST_NOTES = 3


def pipeline_path(output: str) -> str:
    """Where the part of a pipeline file stands that belongs to a preset: beside it."""
    path = PurePosixPath(output)
    return str(path.with_name(f"{path.stem}.pipeline.yaml"))


def preset_text(calibration: Calibration, preset: str, heading: Sequence[str]) -> str:
    """The preset as YAML; each threshold with its interval and what it rests on in a comment.

    Args:
        calibration: what was fitted.
        preset: name or path of the preset that is extended.
        heading: lines that say where this comes from.
    """
    lines = [f"# {line}".rstrip() for line in heading]
    lines.append(f"extends: {_scalar(preset)}")
    scripts = {key: fits for key, fits in calibration.fits.items() if "_" not in key}
    for section, keys in (("scripts", scripts), ("languages", calibration.languages)):
        entries = [line for key in keys for line in _entry(key, calibration.fits[key])]
        says_something = any(not line.lstrip().startswith("#") for line in entries)
        lines += [f"{section}:"] if says_something else []
        lines += entries
    lines += list(_stop_words(calibration))
    return "\n".join([*lines, ""])


def _entry(key: str, fits: Iterable[Fit]) -> Iterator[str]:
    """The lines of one language or script; nothing where nothing was fitted."""
    fitted = [fit for fit in fits if fit.level != "preset"]
    notes = list(dict.fromkeys(note for fit in fits for note in fit.notes))
    if not fitted and not notes:
        return
    if not fitted:
        why = next((note for note in notes if "fewer than" in note), notes[0])
        yield f"  # {visible_line(why, 160)}; the preset's thresholds stay"
        return
    more = [f"{len(notes) - MOST_NOTES} more such notes"] if len(notes) > MOST_NOTES else []
    yield from (f"  # {visible_line(note, 160)}" for note in [*notes[:MOST_NOTES], *more])
    yield f"  {_scalar(key)}:"
    yield from (f"    {fit.rule.name}: {_value(fit.bound.value)}  # {basis(fit)}" for fit in fitted)


def basis(fit: Fit) -> str:
    """What a threshold rests on, in a line."""
    if fit.level == "preset":
        return "the preset's"
    where = "all languages of the script, " if fit.level == "script" else ""
    parts = [f"{where}{number(fit.documents)} documents of the {fit.source}", str(fit.method)]
    if fit.bound.low is not None and fit.bound.high is not None:
        parts.insert(0, f"95 %: {fit.bound.low:g} to {fit.bound.high:g}")
    if fit.bound.note:
        parts.append(fit.bound.note)
    return "; ".join(parts)


def pipeline_text(
    calibration: Calibration, output: str, heading: Sequence[str], model: tuple[str, str] | None = None
) -> str:
    """The stages with stop words and detector scores, to be pasted into a pipeline file.

    Args:
        calibration: what was fitted.
        output: the preset's file.
        heading: where it comes from.
        model: the detector that made the scores: as a user names it ("" for digits alone), and its `min_score_model`.
    """
    lines = [f"# {line}".rstrip() for line in heading]
    lines.append("stages:")
    scores = {code: fit for code, fit in calibration.scores.items() if fit.bound is not None}
    if scores:
        lines.append("  - language:")
        if model is None:
            lines.append("      # These belong to the detector that made the scores of the crawl: set `model` to it,")
            lines.append("      # and calibrate with --score-model, so that no other one is judged by them.")
        else:
            named, mark = model
            lines.append(f"      model: {_scalar(named)}" if named else "      # `model` is the one of this SHA-256.")
            lines.append(f"      min_score_model: {_scalar(mark)}")
        lines.append("      min_score:")
        for code, fit in scores.items():
            bound = fit.bound
            assert bound is not None and bound.value is not None
            where = "all languages of the script, " if fit.level == "script" else ""
            lines.append(
                f"        {_scalar(code)}: {bound.value:g}"
                f"  # 95 %: {bound.low:g} to {bound.high:g}; {where}{number(fit.documents)} documents"
            )
    lines += ["  - heuristics:", f"      preset: {_scalar(output)}"]
    if calibration.stop_words:
        lines.append(f"      stop_words: {_scalar(output)}")
    return "\n".join([*lines, ""])


def _stop_words(calibration: Calibration) -> Iterator[str]:
    """The stop words as a preset has them, with what they rest on."""
    if calibration.few_words:
        few = ", ".join(f"{code} ({number(tokens)})" for code, tokens in calibration.few_words.items())
        yield f"# too few tokens for a list of stop words, the shipped one stays: {visible_line(few, 2000)}"
    if calibration.stop_words:
        yield "stop_words:"
    for code, found in calibration.stop_words.items():
        unsure = f", {found.unsure} of them may be rarer" if found.unsure else ""
        yield (
            f"  # {len(found.words)} words with more than {100 * found.share:g} % of"
            f" {number(found.tokens)} tokens{unsure}"
        )
        yield f"  {_scalar(code)}: {json.dumps(' '.join(found.words), ensure_ascii=False)}"


def _value(value: float | None) -> str:
    return "null" if value is None else f"{value:g}"


def _scalar(text: str) -> str:
    """A text as YAML that is always a text: in double quotes, unless it is a plain name."""
    plain = text.replace("_", "").replace("/", "").replace(".", "").replace("-", "")
    if plain.isascii() and plain.isalnum() and not plain.isdigit() and text.lower() not in _WORDS_OF_YAML:
        return text
    return json.dumps(text, ensure_ascii=False)


_WORDS_OF_YAML = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}


def summary(calibration: Calibration, joint: Mapping[str, tuple[str, str]]) -> list[list[str]]:
    """One row for each language: documents, what its thresholds rest on, and what all rules remove.

    Args:
        calibration: what was fitted.
        joint: by language, the share that all rules remove of the reference and of the crawl, as text.
    """
    rows = [["language", "reference", "crawl", "fitted", "script", "preset", "removes of reference", "of crawl"]]
    for code in calibration.languages:
        documents = [
            number(corpus.languages[code].documents) if corpus is not None and code in corpus.languages else "-"
            for corpus in (calibration.reference, calibration.crawl)
        ]
        levels = [
            str(sum(fit.level == level for fit in calibration.fits[code])) for level in ("language", "script", "preset")
        ]
        rows.append([code, *documents, *levels, *joint[code]])
    return rows
