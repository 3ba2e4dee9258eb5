"""The times of one set of subtitles in terms of another: shift and speed, piece by piece where a version was cut.

Shift and speed are those under which most cues begin and end together: votes over all pairs of times, as audio
fingerprints are found (Wang 2003). The speeds that occur are ratios of frame rates; another one is found from the drift
along the film. Then every stretch of cues votes again for itself, and the way through the stretches that wins most
votes, with a price for each change, says where something was cut out or put in. What is left is fitted by least
squares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..kernels.time_alignment import shift_votes

Times = npt.NDArray[np.float64]

FRAME_RATES = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0)
SPEEDS = tuple(
    sorted(
        {1.0, *(one / other for one in FRAME_RATES for other in FRAME_RATES if 0.9 < one / other < 1.1)},
        key=lambda speed: (abs(speed - 1), speed),
    )
)
"""Speeds that conversions between frame rates make, the likely one first."""

BIN = 0.1
"""Seconds: width of a bin of shifts."""

REACH = 2
"""A vote counts for so many bins on either side."""

RANGE = 1800.0
"""Seconds: shifts that are looked for, beyond a difference of the first cues."""

STRETCH = 16
"""Cues of one stretch that votes on its own."""

CHANGE = 10
"""Votes (of 2 x STRETCH) that a change of the shift must win."""

MOST_SHIFTS = 300
"""Different shifts that stretches are tried with."""

LEAST_CUES = 6
"""With fewer cues nothing is fitted: times are taken as they are."""

TOGETHER = 0.5
"""Seconds within which two cues begin together."""

FITS_AS_IT_IS, FITS, FITS_FEW = (0.35, 2.5), (0.45, 3.0), (0.6, 1.8)
"""A map is believed when at least so large a share of the beginnings fall together, and so many standard deviations
more than by chance; one that was searched for needs more than times taken as they are, and from `FEW_CUES` on it has to
pay for the search, see `_price`. Fewer than `FEW_CUES` cannot lie many deviations above chance."""

FEW_CUES = 20


@dataclass(frozen=True)
class Piece:
    """A stretch of cues with one shift and speed: reference time = time * speed + shift.

    Attributes:
        first: its first cue.
        stop: the cue after its last.
        speed: 1 for the same.
        shift: seconds.
    """

    first: int
    stop: int
    speed: float
    shift: float


@dataclass(frozen=True)
class TimeMap:
    """How the times of a track become those of the reference.

    Attributes:
        pieces: in order of the cues, covering all of them.
        matched: the share of cues that begin together with one of the reference.
        residual: the median of how far those begin apart, in seconds.
        fitted: whether the map is believed; else it changes nothing.
    """

    pieces: tuple[Piece, ...]
    matched: float
    residual: float
    fitted: bool

    def apply(self, times: Times) -> Times:
        """Map one time of each cue."""
        mapped = times.copy()
        for piece in self.pieces:
            mapped[piece.first : piece.stop] = times[piece.first : piece.stop] * piece.speed + piece.shift
        return mapped


def fit(reference: tuple[Times, Times], track: tuple[Times, Times]) -> TimeMap:
    """Find the map of a track onto a reference.

    Args:
        reference: starts (ascending) and ends of its cues, in seconds.
        track: the same of the other.
    """
    cues = len(track[0])
    same = _judged(reference, track, (Piece(0, cues, 1.0, 0.0),))
    if min(cues, len(reference[0])) < LEAST_CUES:
        return same
    speed, shift = _whole(reference, track)
    pieces = _pieces(reference, track, speed, shift)
    found = _judged(reference, track, _refined(reference, track, pieces))
    if not found.fitted and len(pieces) > 1:
        # what is too little for many pieces may be enough for one
        found = _judged(reference, track, _refined(reference, track, (Piece(0, cues, speed, shift),)))
    near = _judged(reference, track, _refined(reference, track, same.pieces))
    if near.fitted and near.matched >= found.matched - 0.1:
        # cues at equal distances fit under many shifts; the smallest is the likely one
        return near
    return found if found.fitted else replace(same, fitted=same.fitted)


def _votes(
    reference: tuple[Times, Times], track: tuple[Times, Times], lowest: float, bins: int
) -> npt.NDArray[np.int64]:
    """Votes of starts and of ends for each shift, each counted for its neighbours too."""
    votes = shift_votes(reference[0], track[0], lowest, BIN, bins)
    votes += shift_votes(np.sort(reference[1]), np.sort(track[1]), lowest, BIN, bins)
    total = np.append(0, np.cumsum(np.pad(votes, REACH)))
    wide: npt.NDArray[np.int64] = total[2 * REACH + 1 :] - total[: -(2 * REACH + 1)]
    return wide


def _whole(reference: tuple[Times, Times], track: tuple[Times, Times]) -> tuple[float, float]:
    """The speed and the shift that most pairs of times agree on."""
    best, chosen = _at_speed(reference, track, 1.0), 1.0
    events = 2 * min(len(reference[0]), len(track[0]))
    if best[0] < 0.6 * events:
        for speed in SPEEDS[1:]:
            found = _at_speed(reference, track, speed)
            if found[0] > 1.05 * best[0]:
                best, chosen = found, speed
    drift = _drift(reference, track, chosen, best[1])
    if drift:
        found = _at_speed(reference, track, chosen + drift)
        if found[0] > 1.1 * best[0]:
            best, chosen = found, chosen + drift
    if best[0] < 0.35 * events and len(track[0]) >= 4 * STRETCH:
        best, chosen = _searched(reference, track, best, chosen)
    return chosen, best[1]


def _at_speed(
    reference: tuple[Times, Times], track: tuple[Times, Times], speed: float, first: float | None = None
) -> tuple[int, float]:
    """The most votes at one speed, and their shift; `first` is when the film begins of which the track is a part."""
    scaled = (track[0] * speed, track[1] * speed)
    begin = float(reference[0][0] - (scaled[0][0] if first is None else first * speed))
    reach = min(RANGE, max(float(reference[1].max() - reference[0][0]), float(scaled[1].max() - scaled[0][0])))
    lowest = begin - reach
    votes = _votes(reference, scaled, lowest, int(2 * reach / BIN) + 1)
    peak = int(votes.max())
    places = np.flatnonzero(votes == peak)
    shifts = lowest + (places + 0.5) * BIN
    return peak, float(shifts[np.argmin(np.abs(shifts))])


def _drift(reference: tuple[Times, Times], track: tuple[Times, Times], speed: float, shift: float) -> float:
    """How the shifts of stretches change along the film, per second; 0 when they do not, or jump."""
    centres, shifts = [], []
    scaled = (track[0] * speed + shift, track[1] * speed + shift)
    for first in range(0, len(track[0]) - STRETCH + 1, STRETCH):
        part = slice(first, first + STRETCH)
        votes = _votes(reference, (scaled[0][part], scaled[1][part]), -20.0, 401)
        if votes.max() >= STRETCH:
            centres.append(float(track[0][first : first + STRETCH].mean()))
            shifts.append(-20.0 + (int(votes.argmax()) + 0.5) * BIN)
    if len(centres) < 4:
        return 0.0
    where, moved = np.array(centres), np.array(shifts)
    left, right = np.triu_indices(len(where), 1)
    slope = float(np.median((moved[right] - moved[left]) / (where[right] - where[left])))
    total = abs(slope) * (where[-1] - where[0])
    return slope if total > 0.5 else 0.0


def _searched(
    reference: tuple[Times, Times], track: tuple[Times, Times], best: tuple[int, float], chosen: float
) -> tuple[tuple[int, float], float]:
    """Any speed from 0.9 to 1.1: first over the middle of the film, where an error of the speed matters little."""
    middle, half = len(track[0]) // 2, 5 * STRETCH
    part = slice(max(0, middle - half), middle + half)
    short = (track[0][part], track[1][part])
    begin = float(track[0][0])
    speeds = np.linspace(0.9, 1.1, 401)
    found = max((_at_speed(reference, short, speed, begin)[0], -abs(speed - 1), speed) for speed in speeds)
    for speed in found[2] + np.linspace(-5e-4, 5e-4, 21):
        whole = _at_speed(reference, track, float(speed))
        if whole[0] > 1.1 * best[0]:
            best, chosen = whole, float(speed)
    return best, chosen


def _pieces(
    reference: tuple[Times, Times], track: tuple[Times, Times], speed: float, shift: float
) -> tuple[Piece, ...]:
    """Where the shift changes: the best way through the stretches."""
    cues = len(track[0])
    borders = [*range(0, max(1, cues - STRETCH // 2), STRETCH), cues]
    if len(borders) < 4:
        return (Piece(0, cues, speed, shift),)
    scaled = (track[0] * speed, track[1] * speed)
    bins = int(2 * RANGE / BIN) + 1
    lowest = shift - RANGE
    votes = np.empty((len(borders) - 1, bins), np.int16)
    for number, (first, stop) in enumerate(pairwise(borders)):
        votes[number] = _votes(reference, (scaled[0][first:stop], scaled[1][first:stop]), lowest, bins)
    states = _candidates(votes)
    gains = votes[:, states].astype(np.float64)
    price = np.minimum(CHANGE, np.abs(states[:, None] - states[None, :]) * BIN * 8)
    # far jumps are rarer than near ones, and chance offers more of them
    price += np.where(np.abs(states[:, None] - states[None, :]) * BIN > 120, 4, 0)
    total, back = gains[0], []
    for gain in gains[1:]:
        ways = total[None, :] - price
        came = ways.argmax(axis=1)
        back.append(came)
        total = ways[np.arange(len(states)), came] + gain
    state = int(total.argmax())
    path = [state]
    for came in reversed(back):
        state = int(came[state])
        path.append(state)
    shifts = [lowest + (int(states[place]) + 0.5) * BIN for place in reversed(path)]
    return _joined(reference, track, speed, borders, shifts)


def _candidates(votes: npt.NDArray[np.int16]) -> npt.NDArray[np.int64]:
    """The shifts, as bins, that win most in some stretch, and the one in the middle; at most `MOST_SHIFTS`."""
    won = np.zeros(votes.shape[1], np.int64)
    for row in votes:
        best = np.argpartition(row, -3)[-3:] if len(row) > 3 else np.arange(len(row))
        # of equal votes the first bins, whatever the order within the partition
        best = np.flatnonzero(row >= max(1, row[best].min()))[:3]
        won[best] += row[best]
    won[votes.shape[1] // 2] = won.sum() + 1
    order = np.argsort(-won, kind="stable")[:MOST_SHIFTS]
    found: npt.NDArray[np.int64] = np.sort(order[won[order] > 0]).astype(np.int64)
    return found


def _joined(
    reference: tuple[Times, Times], track: tuple[Times, Times], speed: float, borders: list[int], shifts: list[float]
) -> tuple[Piece, ...]:
    """Stretches of one shift as pieces; a border between two lies where most cues agree with their side."""
    pieces: list[Piece] = []
    for (first, stop), shift in zip(pairwise(borders), shifts, strict=True):
        if pieces and abs(pieces[-1].shift - shift) <= 3 * BIN:
            pieces[-1] = replace(pieces[-1], stop=stop)
            continue
        if pieces:
            before = pieces[-1]
            low, high = max(before.first, first - STRETCH), min(stop, first + STRETCH)
            near = track[0][low:high] * speed
            left = _distance(reference[0], near + before.shift) <= TOGETHER
            right = _distance(reference[0], near + shift) <= TOGETHER
            wins = np.append(0, np.cumsum(left)) + np.append(np.cumsum(right[::-1])[::-1], 0)
            border = low + int(wins.argmax())
            pieces[-1] = replace(before, stop=border)
        pieces.append(Piece(pieces[-1].stop if pieces else 0, stop, speed, shift))
    return tuple(piece for piece in pieces if piece.stop > piece.first)


def _refined(
    reference: tuple[Times, Times], track: tuple[Times, Times], pieces: tuple[Piece, ...]
) -> tuple[Piece, ...]:
    """Each piece fitted to what it matches, nearer and nearer."""
    found = []
    for rough in pieces:
        piece, part = rough, slice(rough.first, rough.stop)
        times = np.concatenate([track[0][part], track[1][part]])
        for reach in (1.0, 0.6, 0.4):
            mapped = times * piece.speed + piece.shift
            near = np.concatenate(
                [_nearest(side, half) for side, half in zip(reference, np.split(mapped, 2), strict=True)]
            )
            apart = near - mapped
            close = np.abs(apart) <= reach
            if close.sum() < LEAST_CUES:
                break
            piece = _moved(piece, times[close], apart[close])
        found.append(piece)
    return tuple(found)


def _moved(piece: Piece, times: Times, apart: Times) -> Piece:
    """A piece, corrected by how far matched times lie apart."""
    slope, centre = 0.0, float(times.mean())
    spread = float(((times - centre) ** 2).sum())
    if len(times) >= 40 and times.max() - times.min() > 120:
        slope = float(((times - centre) * (apart - apart.mean())).sum() / spread)
        slope = min(2e-3, max(-2e-3, slope))
    shift = float(np.median(apart - slope * (times - centre)))
    return replace(piece, speed=piece.speed + slope, shift=piece.shift + shift - slope * centre)


def _nearest(reference: Times, times: Times) -> Times:
    """The nearest of the reference's times for each time."""
    ordered = np.sort(reference)
    place = np.clip(np.searchsorted(ordered, times), 1, len(ordered) - 1) if len(ordered) > 1 else None
    if place is None:
        return np.full(len(times), ordered[0])
    before, after = ordered[place - 1], ordered[place]
    return np.where(times - before <= after - times, before, after)


def _distance(reference: Times, times: Times) -> Times:
    return np.abs(_nearest(reference, times) - times)


def _judged(reference: tuple[Times, Times], track: tuple[Times, Times], pieces: tuple[Piece, ...]) -> TimeMap:
    """A map with how well it fits."""
    found = TimeMap(pieces, 0.0, 0.0, True)
    starts = found.apply(track[0])
    if not len(starts) or not len(reference[0]):
        return replace(found, fitted=False)
    # the track with fewer cues decides: those of the other may be split
    if len(starts) <= len(reference[0]):
        apart, span = _distance(reference[0], starts), reference[0]
    else:
        apart, span = _distance(np.sort(starts), reference[0]), np.sort(starts)
    close = apart <= TOGETHER
    matched = float(close.mean())
    residual = float(np.median(apart[close])) if close.any() else 0.0
    width = _width(span)
    chance, tight = _chance(span, width), float((apart <= width).mean())
    above = (tight - chance) * np.sqrt(len(apart)) / np.sqrt(chance * (1 - chance))
    as_it_is = len(pieces) == 1 and pieces[0].speed == 1 and pieces[0].shift == 0
    searched = not as_it_is and len(apart) >= FEW_CUES
    least, deviations = FITS_AS_IT_IS if as_it_is else FITS if searched else FITS_FEW
    few = min(len(track[0]), len(reference[0])) < LEAST_CUES
    believed = matched >= least and above >= deviations
    if searched and believed:
        believed = len(apart) * _surprise(tight, chance) >= _price(span, width, len(track[0]), len(pieces))
    return TimeMap(pieces, matched, residual, bool(few or believed))


def _width(span: Times) -> float:
    """How near two beginnings have to lie to say something: where cues are dense, some cue is near everywhere."""
    gaps = np.diff(span)
    gaps = gaps[gaps > BIN]  # cues that begin together are one
    return max(BIN, min(TOGETHER, float(np.median(gaps)) / 4)) if len(gaps) else TOGETHER


def _chance(span: Times, width: float) -> float:
    """The share of the time that lies so near to a cue: cues that keep a distance cover more than as many at random."""
    length = max(1.0, float(span[-1] - span[0]))
    return min(1 - 1e-6, max(1e-6, float(np.minimum(np.diff(span), 2 * width).sum()) / length))


def _surprise(share: float, chance: float) -> float:
    """How unlikely such a share is by chance: the negative logarithm for each cue (the bound of Chernoff, 1952)."""
    if share <= chance:
        return 0.0
    rest = (1 - share) * np.log((1 - share) / (1 - chance)) if share < 1 else 0.0
    return float(share * np.log(share / chance) + rest)


def _price(span: Times, width: float, cues: int, pieces: int) -> float:
    """The logarithm of how many maps were tried: speeds and shifts, and for each further piece shifts and borders."""
    length = max(1.0, float(span[-1] - span[0]))
    shifts = np.log(min(RANGE, length) / width + 1)
    further = np.log(RANGE / width) + np.log(2.0 * max(cues, STRETCH))
    return float(np.log(len(SPEEDS)) + shifts + (pieces - 1) * further)
