"""Judged pairs from a file: whether each is a translation, for thresholds with a target precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .judgement_files import read_judged


@dataclass(frozen=True)
class Label:
    """What somebody said of a pair.

    Attributes:
        good: whether it is a translation.
        weight: for how many pairs it stands.
    """

    good: bool
    weight: float


def read_labels(path: str, partial_is_good: bool = False) -> Mapping[str, Label]:
    """The judged pairs of a file, by uid.

    Args:
        path: tab-separated, with a first line that names the columns: `uid`, `verdict` or `label` (good, bad, partial,
            skip or nothing; 1, 0; true, false), and `weight` if pairs stand for different numbers of others. The files
            of `hexapla review` are of this form.
        partial_is_good: what pairs count as of which a part is a translation.

    Raises:
        ValueError: a column is missing, a label is not known, a weight is no number above 0, or a uid is there twice.
    """
    good = {"good", "partial"} if partial_is_good else {"good"}
    return {
        one.uid: Label(one.verdict in good, one.weight)
        for one in read_judged(path, Path(path).read_bytes().decode("utf-8"))
        if one.verdict
    }
