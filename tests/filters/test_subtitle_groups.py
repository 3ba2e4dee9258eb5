"""Cues split, merged, dropped and moved in several languages meet in the smallest groups that all can be cut into."""

import random

import numpy as np
import pytest
from hexapla.filters.subtitle_groups import FOUND, MOST_CUES, Track, group_cues


def moments(seed, count):
    chance, time, found = random.Random(seed), 0.0, []
    for number in range(count):
        length = chance.uniform(1, 5)
        found.append((time, time + length, {number}))
        time += length + max(0.05, chance.expovariate(1) - 0.3)
    return found


def translated(lines, seed, jitter):
    """Another language: one line in ten merged with the next, split, or missing."""
    chance, found, place = random.Random(seed), [], 0
    while place < len(lines):
        start, end, numbers = lines[place]
        way = chance.random()
        if way < 0.1 and place + 1 < len(lines) and lines[place + 1][0] - end < 1:
            place += 1
            found.append((start, lines[place][1], numbers | lines[place][2]))
        elif way < 0.2 and end - start > 2:
            middle = start + (end - start) * chance.uniform(0.35, 0.65)
            found += [(start, middle, numbers), (middle + 0.02, end, numbers)]
        elif way > 0.05 + 0.2:
            found.append((start, end, numbers))
        place += 1
    moved = [(a + chance.uniform(-jitter, jitter), b + chance.uniform(-jitter, jitter), n) for a, b, n in found]
    return sorted(((a, max(b, a + 0.2), n) for a, b, n in moved), key=lambda cue: cue[0])


def grouped(languages, tolerance=0.5):
    cues = [(language, *cue) for language, lines in enumerate(languages) for cue in lines]
    tracks = []
    for language in range(len(languages)):
        rows = np.array([place for place, cue in enumerate(cues) if cue[0] == language])
        tracks.append(Track(language, rows, np.array([cues[row][1] for row in rows]), np.array([cues[row][2] for row in rows])))
    found = group_cues(tracks, np.arange(len(cues)), len(cues), tolerance)
    assert (found.state == FOUND).all()
    return cues, found


def expected(cues):
    """The smallest groups that keep every line in one."""
    name = {}
    for *_, numbers in cues:
        joined = {other for number in numbers for other in name.get(number, {number})}
        for number in joined:
            name[number] = joined
    return [min(name[next(iter(cue[3]))]) for cue in cues]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("jitter", [0.01, 0.15, 0.3])
def test_groups(seed, jitter):
    lines = moments(seed, 200)
    cues, found = grouped([lines, *(translated(lines, 10 * seed + number, jitter) for number in range(1, 5))])
    names = expected(cues)
    made, right = {}, {}
    for place, (number, name) in enumerate(zip(found.group.tolist(), names, strict=True)):
        made.setdefault(number, set()).add(place)
        right.setdefault(name, set()).add(place)
    equal = {frozenset(group) for group in made.values()} & {frozenset(group) for group in right.values()}
    assert len(equal) >= 0.98 * len(right)


def test_groups_follow_time_and_stay_small():
    lines = moments(1, 300)
    cues, found = grouped([lines, *(translated(lines, number, 0.2) for number in range(1, 40))])
    counts = np.zeros((found.group.max() + 1, 40), int)
    np.add.at(counts, (found.group, [cue[0] for cue in cues]), 1)
    assert counts.max() <= 2 * MOST_CUES
    first = [np.flatnonzero(found.group == number).min() for number in range(found.group.max() + 1)]
    assert (np.diff(found.start[first]) > 0).all()
