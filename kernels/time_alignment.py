"""Loops over the times of subtitles: which shift makes most of them coincide, and where all languages can be cut."""

# mypy: allow-untyped-calls

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compile import kernel

Times = npt.NDArray[np.float64]


@kernel("void(float64[::1], float64[::1], float64, float64, int64[::1])")
def _shift_votes(reference: Times, times: Times, lowest: float, width: float, votes: npt.NDArray[np.int64]) -> None:
    """See `shift_votes`."""
    bins = votes.shape[0]
    first = 0
    for place in range(times.shape[0]):
        least = times[place] + lowest
        while first < reference.shape[0] and reference[first] < least:
            first += 1
        other = first
        while other < reference.shape[0]:
            number = int((reference[other] - least) / width)
            if number >= bins:
                break
            votes[number] += 1
            other += 1


def shift_votes(reference: Times, times: Times, lowest: float, width: float, bins: int) -> npt.NDArray[np.int64]:
    """For each shift, how many pairs of times are that far apart.

    Args:
        reference: ascending times.
        times: ascending times; what is added to them is the shift.
        lowest: the smallest shift.
        width: of one bin.
        bins: how many.
    """
    votes = np.zeros(bins, np.int64)
    _shift_votes(
        np.ascontiguousarray(reference, np.float64), np.ascontiguousarray(times, np.float64), lowest, width, votes
    )
    return votes


@kernel("void(float64[::1], int64[::1], float64[::1], float64[::1], float64, float64, int64[::1], float64[::1])")
def _crossings(
    cuts: Times,
    tracks: npt.NDArray[np.int64],
    starts: Times,
    ends: Times,
    tolerance: float,
    share: float,
    blocked: npt.NDArray[np.int64],
    depth: Times,
) -> None:
    """See `crossings`."""
    for track in range(tracks.shape[0] - 1):
        first = tracks[track]
        for place in range(cuts.shape[0]):
            time = cuts[place]
            # long cues may outlive shorter ones that began later: go on only past those that are over
            while first < tracks[track + 1] and ends[first] <= time:
                first += 1
            worst, over = 0.0, False
            cue = first
            while cue < tracks[track + 1] and starts[cue] < time:
                inside = min(time - starts[cue], ends[cue] - time)
                allowed = min(tolerance, share * (ends[cue] - starts[cue]))
                if inside > allowed:
                    over = True
                worst = max(worst, inside)
                cue += 1
            depth[place] += worst
            if over:
                blocked[place] += 1


def crossings(
    cuts: Times, tracks: npt.NDArray[np.int64], starts: Times, ends: Times, tolerance: float, share: float
) -> tuple[npt.NDArray[np.int64], Times]:
    """How many tracks have a cue that a cut would go through, and how deep.

    Args:
        cuts: ascending times.
        tracks: where the tracks start among the cues, and how many cues there are.
        starts: of the cues, ascending within a track.
        ends: of the cues.
        tolerance: seconds that a cue may reach over a cut.
        share: of its length that it may reach over, if that is less.
    """
    blocked, depth = np.zeros(len(cuts), np.int64), np.zeros(len(cuts))
    _crossings(
        np.ascontiguousarray(cuts),
        np.ascontiguousarray(tracks, np.int64),
        np.ascontiguousarray(starts),
        np.ascontiguousarray(ends),
        tolerance,
        share,
        blocked,
        depth,
    )
    return blocked, depth
