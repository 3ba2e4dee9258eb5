"""Judged pairs from a file: whether each is a translation, for thresholds with a target precision."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

GOOD: Final = frozenset({"good", "g", "1", "true", "yes"})
BAD: Final = frozenset({"bad", "b", "partial", "p", "0", "false", "no"})
NOT_JUDGED: Final = frozenset({"", "skip", "s"})


@dataclass(frozen=True)
class Label:
    """What somebody said of a pair.

    Attributes:
        good: whether it is a translation, wholly.
        weight: for how many pairs it stands.
    """

    good: bool
    weight: float


def read_labels(path: str) -> Mapping[str, Label]:
    """The judged pairs of a file, by uid.

    Args:
        path: tab-separated, with a first line that names the columns: `uid`, `verdict` or `label` (good, bad, partial,
            skip or nothing; 1, 0; true, false), and `weight` if pairs stand for different numbers of others. The files
            of `hexapla review` are of this form.

    Raises:
        ValueError: a column is missing, a label is not known, or a weight is no number above 0.
    """
    found: dict[str, Label] = {}
    with open(path, encoding="utf-8-sig", newline="") as handle:
        lines = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        names = lines.fieldnames or []
        column = next((name for name in ("verdict", "label") if name in names), None)
        if "uid" not in names or column is None:
            raise ValueError(f"{path}: the first line has to name the columns uid and verdict (or label)")
        for number, line in enumerate(lines, start=2):
            label = (line[column] or "").strip().lower()
            if label in NOT_JUDGED:
                continue
            if label not in GOOD | BAD:
                raise ValueError(f"{path}:{number}: {label!r} is no label (good, bad, partial, skip; 1, 0)")
            found[(line["uid"] or "").strip()] = Label(label in GOOD, _weight(line.get("weight"), f"{path}:{number}"))
    return found


def _weight(cell: str | None, where: str) -> float:
    try:
        weight = float(cell) if cell else 1.0
    except ValueError:
        weight = -1.0
    if not 0 < weight < float("inf"):
        raise ValueError(f"{where}: {cell!r} is no weight")
    return weight
