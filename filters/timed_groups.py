"""Cues of a partition of the stage `join`: talk by talk into `filters/subtitle_groups.py` and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import text_hashes
from .keyed_groups import codes_of, group_numbers
from .subtitle_groups import Grouped, Track, group_cues

Times = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TimedGroups:
    """What became of all cues of a partition.

    Attributes:
        group: n numbers of groups.
        state: n states of `filters/subtitle_groups.py`.
        start: n mapped times.
        end: n mapped times.
        fits: for each talk the unit of its first cue, and a row of `FITS` for each piece of each of its files.
    """

    group: Numbers
    state: Numbers
    start: Times
    end: Times
    fits: list[tuple[int, list[dict[str, object]]]]


def timed_groups(members: pa.RecordBatch, tolerance: float) -> TimedGroups:
    """Group all cues of a partition.

    Args:
        members: rows of `MEMBERS` with start and end.
        tolerance: seconds that a cue may reach over a cut.
    """
    count = members.num_rows
    talks = group_numbers([members["document"], members["key"]])
    languages, _ = codes_of(members["language"])
    tracks, _ = codes_of(pc.fill_null(members["track"], ""))
    starts, ends = members["start"].to_numpy(), members["end"].to_numpy()
    texts = np.unique(text_hashes(members["text"])[:, 0], return_inverse=True)[1].astype(np.int64)
    number = pc.fill_null(members["number"], 0).to_numpy()
    order = np.lexsort((members["tie"].to_numpy(), texts, number, ends, starts, tracks, languages, talks))
    found = TimedGroups(np.zeros(count, np.int64), np.zeros(count, np.int64), starts.copy(), ends.copy(), [])
    used = 0
    for cues in np.split(order, np.flatnonzero(np.diff(talks[order])) + 1):
        if not len(cues):
            continue
        borders = np.flatnonzero((np.diff(languages[cues]) != 0) | (np.diff(tracks[cues]) != 0)) + 1
        files = [
            Track(int(languages[cues[part[0]]]), part, starts[cues[part]], ends[cues[part]])
            for part in np.split(np.arange(len(cues)), borders)
        ]
        grouped = group_cues(files, texts[cues], len(cues), tolerance)
        found.group[cues], found.state[cues] = grouped.group + used, grouped.state
        found.start[cues], found.end[cues] = grouped.start, grouped.end
        used += int(grouped.group.max()) + 1
        found.fits.append(_fits(members, cues, files, grouped))
    return found


def _fits(
    members: pa.RecordBatch, cues: Numbers, files: list[Track], grouped: Grouped
) -> tuple[int, list[dict[str, object]]]:
    """The rows of `FITS` of one talk."""
    heads = [{name: members[name][int(cues[file.rows[0]])].as_py() for name in _NAMES} for file in files]
    reference = heads[grouped.reference]
    rows: list[dict[str, object]] = []
    for head, found in zip(heads, grouped.maps, strict=True):
        rows.extend(
            {
                "doc_key": head["document"],
                "language": head["language"],
                "track": head["track"],
                "reference": reference["track"] if reference["track"] is not None else reference["language"],
                "first": piece.first,
                "stop": piece.stop,
                "speed": round(piece.speed, 7),
                "shift": round(piece.shift, 4),
                "matched": found.matched,
                "residual": round(found.residual, 4),
                "fitted": found.fitted,
            }
            for piece in found.pieces
        )
    units = members["unit"].take(pa.array(cues)).to_numpy()
    return int(units.min()), rows


_NAMES = ("document", "language", "track")
