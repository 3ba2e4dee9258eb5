"""Rehydration: how often a document is worth repeating, from the size of the cluster of near-duplicates it stands for.

FineWeb-2 (Penedo et al. 2025, arXiv 2506.20920) removes near-duplicates globally, keeps the size of each cluster, and
repeats documents of clusters that its filters liked. Two sets of weights are published in its repository
(huggingface/fineweb-2): one table for all languages (README.md, "Deduplication"; `PUBLISHED` here), and, later, one per
language with the method by which it was found (misc/rehydration; `fit_weights` here). None of its files is shipped: its
`weights/up_to_NN_reps.json` are read as they are, by path.

    python -m hexapla.filters.rehydration FOLDER      # fits each of FOLDER/distributions, compares with FOLDER/weights
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from .file_stamps import Stamp, stamp
from .language_codes import canonical

PUBLISHED: dict[int | str, float] = {1: 1, 2: 2, 3: 3, 5: 5, 100: 8, 1000: 1}
"""FineWeb-2's table for all languages: a cluster of 4 counts as one of 3, one of a thousand or more is not repeated."""

MOST_REPETITIONS = 10
"""FineWeb-2's own choice; its published weights are for 3 to 10."""

WINDOW = 5
"""Cluster sizes over which fitted repetitions are averaged (FineWeb-2)."""

_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+)|\+)?")
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """Weights by cluster size.

    Attributes:
        starts: the cluster sizes from which on a weight holds, ascending, the first 0.
        values: the weights, as many.
    """

    starts: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]

    @classmethod
    def parse(cls, table: Mapping[Any, Any]) -> Weights:
        """Read a table as users write it.

        A plain number as key is the smallest size for which the weight holds, up to the next key; "4-10" holds for
        these sizes only, "11+" is the same as 11. A size that no key covers has the weight 1.

        Raises:
            ValueError: a key is no size or range, two keys overlap, or a weight is no number from 0 on.
        """
        spans = sorted((*_span(key), _weight(key, value)) for key, value in table.items())
        if not spans:
            raise ValueError("a table of weights has at least one cluster size, such as {1: 1, 2: 2, 5: 5}")
        starts, values = [0], [1.0]
        for place, (first, last, value) in enumerate(spans):
            following = spans[place + 1][0] if place + 1 < len(spans) else None
            if following is not None and (following == first or (last is not None and following <= last)):
                raise ValueError(f"two weights for clusters of {following}")
            starts.append(first)
            values.append(value)
            if last is not None and following != last + 1:
                starts.append(last + 1)
                values.append(1.0)
        return cls(np.array(starts, np.int64), np.array(values, np.float32))

    def of(self, sizes: pa.Array) -> pa.FloatArray:
        """The weight of each cluster size (whole numbers); null where that is null."""
        known = pc.fill_null(sizes.cast(pa.int64()), 0).to_numpy()
        place = np.searchsorted(self.starts, known, side="right") - 1
        return pa.array(self.values[np.maximum(place, 0)], mask=sizes.is_null().to_numpy(zero_copy_only=False))


def _span(key: Any) -> tuple[int, int | None]:
    """The smallest and the largest size that a key names; None: up to the next key."""
    found = _RANGE.fullmatch(str(key).strip()) if not isinstance(key, bool) else None
    if found is None:
        raise ValueError(f"{key!r} is no cluster size: 5 (from 5 on), 4-10 (only these) or 11+")
    first, last = int(found[1]), int(found[2]) if found[2] else None
    if first < 1 or (last is not None and last < first):
        raise ValueError(
            f"{key!r} is no range of cluster sizes: the smallest is 1, and the first is not above the last"
        )
    return first, last


def _weight(key: Any, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError(f"the weight of clusters of {key} is {value!r}, not a number from 0 on")
    return float(value)


def load_tables(path: str) -> Weights | dict[str, Weights]:
    """Read a file (JSON or YAML): one table of weights, or one per language, such as FineWeb-2's `up_to_10_reps.json`.

    Raises:
        ValueError: the file is neither, with the reason.
    """
    return _load(path, stamp(path))


@lru_cache(maxsize=4)
def _load(path: str, version: Stamp) -> Weights | dict[str, Weights]:
    try:
        text = Path(path).read_text("utf-8")
        content = json.loads(text) if path.endswith(".json") else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: not readable as JSON or YAML: {error}") from error
    if not isinstance(content, dict) or not content:
        raise ValueError(f"{path}: no table of weights, such as {{1: 1, 2: 2, 5: 5}}, and none per language")
    by_language = [isinstance(value, dict) for value in content.values()]
    try:
        if not any(by_language):
            return Weights.parse(content)
        if not all(by_language):
            raise ValueError("some entries are weights and some are tables")
        return {canonical(str(code)): Weights.parse(table) for code, table in content.items()}
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def fit_weights(
    sizes: Sequence[int], rates: Sequence[float], global_rate: float, most: int = MOST_REPETITIONS
) -> dict[int, int]:
    """Weights from what filters removed, by FineWeb-2's method.

    A cluster size of which filters remove as much as of everything, or more, is not repeated; the one of which they
    remove least gets `most`; between these the number of repetitions is linear in the rate. Then each is replaced by
    the mean of `WINDOW` neighbouring sizes (not the two at either end) and rounded, halves to the even number.

    Args:
        sizes: cluster sizes, ascending; a last one may stand for all larger ones.
        rates: the share or percentage of each that filters removed.
        global_rate: the same of all documents.
        most: repetitions of the size of which filters remove least.

    Returns:
        Repetitions by the smallest size for which they hold.
    """
    found = np.array(rates, np.float64)
    repetitions = np.ones(len(found))
    liked = found < global_rate
    if liked.any():
        repetitions[liked] = 1 + (most - 1) * ((found[liked] - global_rate) / (found.min() - global_rate))
    rounded = np.round(_smoothed(repetitions)).astype(int).tolist()
    starts = [place for place in range(len(sizes)) if place == 0 or rounded[place] != rounded[place - 1]]
    return {int(sizes[place]): rounded[place] for place in starts}


def _smoothed(values: Numbers) -> Numbers:
    """Means of `WINDOW` neighbours where there are so many, the values themselves at the ends."""
    half = WINDOW // 2
    if len(values) < WINDOW:
        return values
    smooth = np.convolve(values, np.ones(WINDOW) / WINDOW, mode="same")
    smooth[:half], smooth[-half:] = values[:half], values[-half:]
    return smooth


@dataclass
class RemovalCounts:
    """What filters removed and kept, by language and cluster size, added up batch by batch.

    Attributes:
        counts: by language, by cluster size: documents removed and documents kept.
    """

    counts: dict[str, dict[int, list[int]]] = field(default_factory=dict)

    def add(self, languages: Iterable[str | None], sizes: pa.Array, *, removed: bool) -> None:
        """Count documents; those without a cluster size are left out."""
        table = pa.table({"language": languages, "size": sizes.cast(pa.int64())})
        table = table.filter(pc.is_valid(table.column("size")))
        for row in table.group_by(["language", "size"]).aggregate([([], "count_all")]).to_pylist():
            by_size = self.counts.setdefault(row["language"] or "und", {})
            by_size.setdefault(row["size"], [0, 0])[0 if removed else 1] += row["count_all"]

    def fit(self, most: int = MOST_REPETITIONS, least: int = 100) -> dict[str, dict[int, int]]:
        """Weights of each language.

        Args:
            most: see `fit_weights`.
            least: sizes with fewer documents are pooled with the larger ones that follow until there are so many, so
                that a rate is not that of a handful; the last pool has what is left.
        """
        return {language: self._fit_one(self.counts[language], most, least) for language in sorted(self.counts)}

    def _fit_one(self, by_size: Mapping[int, Sequence[int]], most: int, least: int) -> dict[int, int]:
        pools: list[list[int]] = []
        for size in sorted(by_size):
            if not pools or sum(pools[-1][1:]) >= least:
                pools.append([size, 0, 0])
            for kind in (0, 1):
                pools[-1][1 + kind] += by_size[size][kind]
        gone, all_of = sum(pool[1] for pool in pools), sum(sum(pool[1:]) for pool in pools)
        return fit_weights([p[0] for p in pools], [p[1] / (p[1] + p[2]) for p in pools], gone / all_of, most)


def fit_distribution(content: Mapping[str, Any], most: int = MOST_REPETITIONS) -> dict[int, int]:
    """Weights from one file of FineWeb-2's `misc/rehydration/distributions` (removal rates in percent)."""
    sizes = [*content["cluster_sizes"], content["tail_threshold"]]
    rates = [*content["cluster_removal_rates"], content["tail_removal_rate"]]
    return fit_weights(sizes, rates, content["global_removal_rate"], most)


def main(folder: str) -> None:
    """Fit every published distribution and print how many published tables come out the same."""
    root = Path(folder)
    fits = {path.stem: json.loads(path.read_text()) for path in sorted((root / "distributions").glob("*.json"))}
    for path in sorted((root / "weights").glob("up_to_*_reps.json")):
        published, most = json.loads(path.read_text()), int(path.stem.split("_")[2])
        shared = sorted(fits.keys() & published.keys())
        other = [
            code for code in shared
            if fit_distribution(fits[code], most) != {int(size): value for size, value in published[code].items()}
        ]  # fmt: skip
        print(path.name, f"{len(shared)} languages", f"{len(shared) - len(other)} the same", *other[:20], sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
