"""Subtitles: SubRip (`.srt`) and WebVTT (`.vtt`, W3C), leniently read: real files break every rule of the formats."""

from __future__ import annotations

import html
import re

from .parallel_tables import joiner
from .parsed_units import FormatError, Parsed, Source, Unit, decoded

_TIME = r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[,.:](\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-{{1,2}}>\s*{_TIME}(?:\s.*)?$")
_MARKUP = re.compile(r"\{\\[^{}]*\}|</?[A-Za-z][^<>]*>|<\d[\d:.]*>|</?\d*>|\{[a-zA-Z]:[^{}]*\}")
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def parse_subtitles(content: bytes, source: Source) -> Parsed:
    """Read the cues of a file: text without styles, with its time in seconds, in the order of time.

    Raises:
        FormatError: the file has no cue at all.
    """
    lines = decoded(content, source.language).split("\n")
    heads = [(number, found) for number, line in enumerate(lines) if (found := _TIMES.match(line))]
    if not heads:
        raise FormatError("no line with the times of a cue", 1)
    parsed, cues = Parsed(), []
    space = joiner(source.language) or ""
    stops = [_body_end(lines, number) for number, _ in heads[1:]] + [len(lines)]
    for (number, found), stop in zip(heads, stops, strict=True):
        start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
        body = _cut_blocks(lines[number + 1 : stop])
        text = space.join(filter(None, (_plain(line) for line in body)))
        if not text:
            parsed.counters["empty"] += 1
        elif end < start:
            parsed.counters["cues_without_time"] += 1
        else:
            cues.append((start, end, text))
    cues.sort(key=lambda cue: cue[0])
    parsed.units = [Unit(str(place), "", text, start, end) for place, (start, end, text) in enumerate(cues)]
    return parsed


def _body_end(lines: list[str], head: int) -> int:
    """Where the body of a cue ends before the times of the next: without the next cue's number or name."""
    before = head - 1
    if before < 0 or not lines[before].strip():
        return head
    alone = before == 0 or not lines[before - 1].strip()
    return before if alone or lines[before].strip().isdigit() else head


def _cut_blocks(body: list[str]) -> list[str]:
    """The lines of a cue without comments and style sheets that follow it in WebVTT."""
    for number, line in enumerate(body):
        if number and not body[number - 1].strip() and re.match(r"(NOTE|STYLE|REGION)\b", line):
            return body[:number]
    return body


def _plain(line: str) -> str:
    return " ".join(_INVISIBLE.sub("", html.unescape(_MARKUP.sub("", line))).split())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000
