"""How the stage `line_dedup` counts copies of a line, how sure it is of them, and what it does to one unit's lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .dedup_scope import ALWAYS, PROTECTED
from .row_verdicts import one_chunk

if TYPE_CHECKING:
    from ..filters.line_units import LineUnits

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Truth = npt.NDArray[np.bool_]

_STEPS, _TIES = 16, 16


def groups_of(protected: pa.Array | pa.ChunkedArray) -> Hashes:
    """The protected group of each row; 0 for none."""
    known = pc.and_kleene(pc.is_valid(protected), pc.not_equal(protected, pa.scalar(ALWAYS, pa.uint64())))
    values = pc.if_else(pc.fill_null(known, False), protected, pa.scalar(0, pa.uint64()))
    found: Hashes = values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values.to_numpy()
    return found


def always_of(protected: pa.Array | pa.ChunkedArray) -> Truth:
    """Which rows are never touched."""
    found = pc.fill_null(pc.equal(protected, pa.scalar(ALWAYS, pa.uint64())), False)
    truth: Truth = found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found.to_numpy()
    return truth


def copies_of(table: pa.Table, hub: Numbers) -> Numbers:
    """How many documents have the key of each row; those of a protected group are one document.

    Args:
        table: n rows, each some `documents` of one group (or of none).
        hub: n: the first row with the same key.
    """
    documents = table.column("documents").to_numpy().astype(np.int64)
    groups = groups_of(table.column(PROTECTED.name))
    grouped = np.flatnonzero(groups)
    if len(grouped):
        documents[grouped] = 0
        order = grouped[np.lexsort((groups[grouped], hub[grouped]))]
        pairs = np.stack([hub[order].astype(np.uint64), groups[order]])
        new = np.append(True, (pairs[:, 1:] != pairs[:, :-1]).any(axis=0))
        documents[order[new]] = 1
    total = np.bincount(hub, weights=documents, minlength=len(hub)).astype(np.int64)
    return total[hub]


def certainty(copies: Numbers, keys: Hashes) -> npt.NDArray[np.int32]:
    """How sure it is that lines are duplicates: it rises with the number of documents, to the sixteenth of an octave.

    The last four bits are of the key, so that a limit can lie between lines of the same number.

    Args:
        copies: n, at least 1.
        keys: n.
    """
    _, exponent = np.frexp(copies.astype(np.float64))
    octave = exponent.astype(np.int64) - 1
    mantissa = np.where(octave >= 4, copies >> np.maximum(octave - 4, 0), copies << np.maximum(4 - octave, 0)) - _STEPS
    tie = (keys >> np.uint64(60)).astype(np.int64)
    found: npt.NDArray[np.int32] = ((octave * _STEPS + mantissa) * _TIES + tie).astype(np.int32)
    return found


def characters_by_certainty(units: LineUnits, sure: npt.NDArray[np.int32], languages: pa.Array) -> pa.Table:
    """Characters of the units that would go, by `language` and `certainty`.

    Args:
        units: m units of n texts.
        sure: m, -1 for those that stay.
        languages: n.
    """
    gone = np.flatnonzero(sure >= 0)
    made = pa.table(
        {
            "language": languages.take(pa.array(units.rows()[gone])),
            "certainty": sure[gone],
            "characters": units.characters[gone].astype(np.int64),
        }
    )
    sums = made.group_by(["language", "certainty"], use_threads=False).aggregate([("characters", "sum")])
    return pa.table(
        [sums.column(name) for name in ("language", "certainty", "characters_sum")], names=made.column_names
    )


def least_certainty(shares: pa.Table, sizes: Mapping[str, int], cap: float) -> dict[str, int]:
    """The least certainty with which lines go, of the languages in which not all of them may.

    Args:
        shares: characters that would go, by `language` and `certainty`.
        sizes: characters of each language.
        cap: share of these that may go.
    """
    sums = shares.group_by(["language", "certainty"], use_threads=False).aggregate([("characters", "sum")])
    sums = sums.sort_by([("language", "ascending"), ("certainty", "descending")])
    least: dict[str, int] = {}
    spent: dict[str, int] = {}
    values = (sums.column(name).to_pylist() for name in ("language", "certainty", "characters_sum"))
    for language, level, characters in zip(*values, strict=True):
        spent[language] = spent.get(language, 0) + characters
        if spent[language] > cap * sizes[language]:
            least.setdefault(language, level + 1)
    return least


class CommonLines:
    """What was decided about the lines of one unit of work.

    Args:
        verdicts: `key`, `certainty`, `keeps_row`, `keeps_group`; a key may occur more than once.
    """

    def __init__(self, verdicts: pa.Table) -> None:
        from ..kernels.line_keys import KeyTable

        keys = verdicts.column("key").to_numpy()
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, np.int64)
        self._known = KeyTable(keys[starts])
        self._certainty = verdicts.column("certainty").to_numpy()[order][starts]
        self._keeps_group = verdicts.column("keeps_group").to_numpy()[order][starts]
        rows = verdicts.column("keeps_row").to_numpy()[order]
        self._keeps_row = np.maximum.reduceat(rows, starts) if len(starts) else rows

    def judge(self, units: LineUnits, start: int, protected: pa.Array) -> npt.NDArray[np.int32]:
        """How sure it is that each of m units has to go; -1 where it stays.

        A key of several units together says of each that is too short to have one of its own.

        Args:
            units: m units of n rows.
            start: the number of the first row.
            protected: n, see `dedup_scope.protections`.
        """
        from ..kernels.line_keys import spread

        number, side = np.nonzero(units.keys)
        verdict = self._known.find(units.keys[number, side])
        hit = verdict >= 0
        number, side, verdict = number[hit], side[hit], verdict[hit]
        row = units.rows()[number]
        groups = groups_of(protected)[row]
        stays = (self._keeps_row[verdict] == row + start) | always_of(protected)[row]
        stays |= (groups > 0) & (groups == self._keeps_group[verdict])
        values, found = np.full(units.keys.shape, -1, np.int32), np.full(len(units.keys), -1, np.int32)
        values[number[~stays], side[~stays]] = self._certainty[verdict[~stays]]
        spread(units.keys, units.ends, values, found)
        return found


def limits_of(languages: pa.Array, least: Mapping[str, int]) -> Numbers:
    """The least certainty for each of n languages; 0 where there is no limit."""
    encoded = languages.dictionary_encode()
    values = np.array([least.get(code, 0) for code in encoded.dictionary.to_pylist()], np.int64)
    found: Numbers = values[encoded.indices.to_numpy()] if len(values) else np.zeros(0, np.int64)
    return found


def spared_by_language(units: LineUnits, spared: Truth, languages: pa.Array) -> dict[str, int]:
    """How many units the cap spared, as counters by language."""
    if not spared.any():
        return {}
    sums = pa.table({"language": languages, "spared": units.sums(spared)}).group_by("language").aggregate(
        [("spared", "sum")]
    )  # fmt: skip
    pairs = zip(one_chunk(sums, "language").to_pylist(), one_chunk(sums, "spared_sum").to_pylist(), strict=True)
    return {f"lines_spared_by_cap_{language}": number for language, number in sorted(pairs) if number}
