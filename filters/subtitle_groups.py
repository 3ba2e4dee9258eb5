"""Cues of one talk or film in any number of languages become groups: times mapped, then cut where all can be cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..kernels.time_alignment import crossings
from .time_maps import TimeMap, fit

Times = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

SHARE = 0.35
"""Of the length of a short cue that may reach over a cut."""

MOST_CUES = 6
"""A group in which a language has more cues is cut where it hurts least."""

OVERLAPS = 0.5
"""A cue that shares so much of its time with one of the same language and text is its repetition; the same with one of
another track of the language is another version of it."""

ALONE, FOUND, REPEATED, SECOND_TRACK, UNFITTED = range(5)
"""What became of a cue: `ALONE` is not used here."""


@dataclass(frozen=True)
class Track:
    """The cues of one language in one file, in order.

    Attributes:
        language: as a number.
        rows: places of the cues.
        starts: in seconds, ascending.
        ends: in seconds.
    """

    language: int
    rows: Numbers
    starts: Times
    ends: Times


@dataclass(frozen=True)
class Grouped:
    """What became of the cues of one talk.

    Attributes:
        group: for each cue its group from 0, in order of time.
        state: `FOUND`, `REPEATED`, `SECOND_TRACK` or `UNFITTED`.
        start: mapped onto the reference.
        end: mapped onto the reference.
        maps: of each track, with its place in the list of tracks.
        reference: which track the others are mapped onto.
    """

    group: Numbers
    state: Numbers
    start: Times
    end: Times
    maps: list[TimeMap]
    reference: int


def group_cues(tracks: list[Track], texts: Numbers, cues: int, tolerance: float) -> Grouped:
    """Group the cues of one talk.

    Args:
        tracks: at least one, in a fixed order.
        texts: for each cue a number, equal for equal texts.
        cues: how many there are in all tracks.
        tolerance: seconds that a cue may reach over a cut.
    """
    sizes = [len(track.rows) for track in tracks]
    reference = int(np.argmax(sizes))
    base = tracks[reference]
    start, end = np.zeros(cues), np.zeros(cues)
    state = np.full(cues, FOUND, np.int64)
    maps = []
    for track in tracks:
        found = fit((base.starts, base.ends), (track.starts, track.ends))
        maps.append(found)
        start[track.rows], end[track.rows] = found.apply(track.starts), found.apply(track.ends)
        if not found.fitted:
            state[track.rows] = UNFITTED
    _drop_second_tracks(tracks, start, end, state)
    language = np.zeros(cues, np.int64)
    for track in tracks:
        language[track.rows] = track.language
    _drop_repeats(language, texts, start, end, state)
    group = _cut(language, start, end, state, tolerance)
    return Grouped(group, state, start, end, maps, reference)


def _shared(start: Times, end: Times, others_start: Times, others_end: Times) -> Times:
    """The share of each cue's time that the best of the others has, too."""
    best = np.zeros(len(start))
    if not len(others_start):
        return best
    order = np.argsort(others_start, kind="stable")
    others_start, others_end = others_start[order], others_end[order]
    place = np.searchsorted(others_start, start)
    length = np.maximum(end - start, 1e-3)
    for step in range(-4, 5):
        other = np.clip(place + step, 0, len(others_start) - 1)
        shared = np.minimum(end, others_end[other]) - np.maximum(start, others_start[other])
        best = np.maximum(best, shared / length)
    return best


def _drop_second_tracks(tracks: list[Track], start: Times, end: Times, state: Numbers) -> None:
    """Of several tracks in one language the longest stays; of the others only what fills its gaps."""
    by_language: dict[int, list[Track]] = {}
    for track in sorted(tracks, key=lambda track: -len(track.rows)):
        by_language.setdefault(track.language, []).append(track)
    for several in by_language.values():
        kept = several[0].rows[state[several[0].rows] == FOUND]
        for track in several[1:]:
            rows = track.rows[state[track.rows] == FOUND]
            again = _shared(start[rows], end[rows], start[kept], end[kept]) >= OVERLAPS
            state[rows[again]] = SECOND_TRACK
            kept = np.concatenate([kept, rows[~again]])


def _drop_repeats(language: Numbers, texts: Numbers, start: Times, end: Times, state: Numbers) -> None:
    """A cue that is there twice, at about the same time."""
    order = np.lexsort((end, start, texts, language))
    order = order[state[order] == FOUND]
    last = -1
    for cue in order.tolist():
        if last >= 0 and language[cue] == language[last] and texts[cue] == texts[last]:
            shared = min(end[cue], end[last]) - max(start[cue], start[last])
            if shared >= OVERLAPS * max(1e-3, min(end[cue] - start[cue], end[last] - start[last])):
                state[cue] = REPEATED
                continue
        last = cue


def _cut(language: Numbers, start: Times, end: Times, state: Numbers, tolerance: float) -> Numbers:
    """Number the stretches between the times at which no language has a cue that goes on."""
    group = np.zeros(len(start), np.int64)
    live = np.flatnonzero(state == FOUND)
    if not len(live):
        return group
    order = live[np.lexsort((end[live], start[live], language[live]))]
    tracks = np.append(np.flatnonzero(np.append(True, np.diff(language[order]) != 0)), len(order))
    cuts = np.unique(start[order])
    blocked, depth = crossings(cuts, tracks, start[order], end[order], tolerance, SHARE)
    clean = cuts[blocked == 0]
    middle = (start[order] + end[order]) / 2
    number = np.searchsorted(clean, middle, side="right")
    worst = {float(cut): (int(count), float(deep)) for cut, count, deep in zip(cuts, blocked, depth, strict=True)}
    clean = _cut_further(clean, cuts, worst, number, middle, language[order])
    group[order] = np.searchsorted(clean, middle, side="right")
    _, group[order] = np.unique(group[order], return_inverse=True)
    return group


def _cut_further(
    clean: Times, cuts: Times, worst: dict[float, tuple[int, float]], number: Numbers, middle: Times, language: Numbers
) -> Times:
    """More cuts where a language has too many cues between two."""
    waiting = [np.flatnonzero(number == block) for block in _crowded(number, language)]
    added = []
    while waiting:
        cues = waiting.pop()
        times = middle[cues]
        inside = cuts[(cuts > times.min()) & (cuts < times.max())]
        # the middle half: a cut at the edge would take off one cue after the other
        if len(inside) > 4:
            inside = inside[len(inside) // 4 : -(len(inside) // 4)]
        if not len(inside):
            continue
        cut = min((*worst[float(time)], float(time)) for time in inside)[2]
        added.append(cut)
        for half in (cues[times < cut], cues[times >= cut]):
            if len(half) and np.bincount(language[half]).max() > MOST_CUES:
                waiting.append(half)
    return np.unique(np.append(clean, added)) if added else clean


def _crowded(number: Numbers, language: Numbers) -> list[int]:
    """Blocks in which a language has more than `MOST_CUES` cues."""
    languages = int(language.max()) + 1
    counts = np.bincount(number * languages + language)
    blocks: list[int] = np.unique(np.flatnonzero(counts > MOST_CUES) // languages).tolist()
    return blocks
