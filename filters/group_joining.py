"""What the steps of the stage `join` leave, and how the members of one partition become groups."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import text_hashes
from .join_schemas import FITS, FOUND
from .keyed_groups import (
    Sorted,
    assemble,
    codes_of,
    group_numbers,
    later_ones,
    places,
    same_range_again,
    same_text_again,
)
from .language_codes import canonical
from .parallel_tables import BEADS, bead_uids
from .untranslated import Copying, Texts, copies, evidence

Numbers = npt.NDArray[np.int64]

MOST_COMPARED = 4
"""Different texts of one key and language that are compared with those of others: a key such as the pivot "Yes." has
hundreds of thousands, and every two would be compared."""

_STATES = {2: "cue_repeated", 3: "language_repeated", 4: "times_do_not_fit"}


def _gathered(members: pa.RecordBatch, method: str) -> Numbers:
    """Members that belong together before times are looked at."""
    keys = group_numbers([members["document"], members["key"]])
    if method != "span" or not members.num_rows:
        return keys
    from .key_ranges import unite

    return unite(keys, members["start"].to_numpy(), members["end"].to_numpy())


def evidence_of(members: pa.RecordBatch, method: str, share: int) -> pa.RecordBatch:
    """What the members of a partition say about their languages (`filters/untranslated.py`).

    Args:
        members: those of the partition.
        method: "key", "span", "time" or "pivot"; cues are taken together when they begin in the same second.
        share: the words of one key in so many are compared.
    """
    from .join_members import sampled

    groups = _roughly(members) if method == "time" else _gathered(members, method)
    languages, names = codes_of(members["language"])
    order = _compared(members["text"], groups, languages)
    groups, languages, members = groups[order], languages[order], members.take(pa.array(order))
    sample = sampled(members, share)
    texts = Texts.of(members["text"], groups, languages, sample)
    new = np.append(True, groups[1:] != groups[:-1]) if len(groups) else np.zeros(0, bool)
    return evidence(np.append(np.flatnonzero(new), len(groups)), languages, names, texts)


def _compared(texts: pa.Array, groups: Numbers, languages: Numbers) -> Numbers:
    """The members that are compared, group by group; which ones depends on their texts alone."""
    contents = text_hashes(texts)[:, 0]
    order = np.lexsort((contents, languages, groups))
    if not len(order):
        return order
    groups, languages, contents = groups[order], languages[order], contents[order]
    new = np.append(True, (groups[1:] != groups[:-1]) | (languages[1:] != languages[:-1]))
    fresh = new | np.append(True, contents[1:] != contents[:-1])
    number = np.cumsum(fresh)
    starts = np.flatnonzero(new)
    within = number - np.repeat(number[starts], np.diff(np.append(starts, len(order))))
    found: Numbers = order[fresh & (within < MOST_COMPARED)]
    return found


def _roughly(members: pa.RecordBatch) -> Numbers:
    """Cues of a talk that have the same text: enough to see which languages are copied."""
    return group_numbers([members["document"], members["key"], pc.utf8_trim_whitespace(members["text"])])


def groups_of(
    members: pa.RecordBatch,
    method: str,
    known: Copying | None,
    repeated: str,
    min_languages: int,
    tolerance: float,
    numbered: bool,
) -> pa.RecordBatch:
    """Join the members of a partition.

    Args:
        members: those of the partition.
        method: "key", "span", "time" or "pivot".
        known: what the corpus says about copies; None to leave them.
        repeated: "first" or "join".
        min_languages: of a group that stays.
        tolerance: seconds, for "time".
        numbered: whether the numbers of members are those of segments; else these follow from their order.

    Returns:
        Rows of `FOUND` and the unit that each goes to, as `partition`.
    """
    gone = _Removed()
    index = pc.fill_null(members["number"], 0).to_numpy() if numbered else places(members)
    fits: list[tuple[int, list[dict[str, Any]]]] = []
    if method == "time":
        members, groups, index, fits = _timed(members, index, tolerance, gone)
    else:
        groups = _gathered(members, method)
    found = _without_repeats(Sorted.of(members, groups, index), method, repeated, gone)
    if known is not None:
        found = gone.drop(found, _copied(found, known), "untranslated")
    found = gone.drop(found, found.degrees() < min_languages, "no_counterpart")
    made = assemble(found, method, _agreement(found, method))
    return pa.concat_batches([_as_groups(made.rows, made.unit, made.row), gone.rows(found.rows), _as_fits(fits)])


def _without_repeats(found: Sorted, method: str, repeated: str, gone: _Removed) -> Sorted:
    """Members of keys that their language has already are removed."""
    if method == "time":
        return found
    again = same_text_again(found)
    if method == "span":
        again &= same_range_again(found)
    found = gone.drop(found, again, "text_repeated")
    if repeated == "join" and method != "pivot":
        return found
    later = same_range_again(found) if method == "span" else later_ones(found)
    return gone.drop(found, later, "key_repeated")


def _copied(found: Sorted, known: Copying) -> npt.NDArray[np.bool_]:
    from ..kernels.script import dominant_scripts

    texts = Texts.of(found.rows["text"], found.groups, found.languages, np.zeros(found.rows.num_rows, np.bool_))
    scripts = np.full(found.rows.num_rows, "", object)
    some = np.flatnonzero(texts.shared)
    scripts[some] = dominant_scripts(found.rows["text"].take(pa.array(some))).to_pylist()
    copied: npt.NDArray[np.bool_] = copies(found.groups, found.names, found.languages, texts, scripts.tolist(), known)
    # a pivot's text comes along with its row
    copied &= found.rows["counts"].to_numpy(zero_copy_only=False)
    return copied


def _agreement(found: Sorted, method: str) -> npt.NDArray[np.float32] | None:
    if method not in ("span", "time") or not found.rows.num_rows:
        return None
    start, end = found.rows["start"].to_numpy(), found.rows["end"].to_numpy()
    if method == "span":
        from .key_ranges import coverage

        return coverage(found.groups * len(found.names) + found.languages, found.groups, start, end)
    segments, groups = found.segment_borders()[:-1], found.borders()
    filled = np.maximum.reduceat(end, segments) - np.minimum.reduceat(start, segments)
    whole = np.maximum.reduceat(end, groups[:-1]) - np.minimum.reduceat(start, groups[:-1])
    of_group = np.searchsorted(segments, groups)
    total = np.add.reduceat(filled, of_group[:-1])
    share = total / np.maximum(whole, 1e-3) / np.diff(of_group)
    return np.repeat(np.clip(share, 0, 1).astype(np.float32), np.diff(groups))


class _Removed:
    """Members that are in no group, with their reasons."""

    def __init__(self) -> None:
        self._parts: list[tuple[pa.RecordBatch, pa.Array]] = []

    def drop(self, members: Sorted, gone: npt.NDArray[np.bool_], reason: str) -> Sorted:
        """The members that stay."""
        rows = members.rows.filter(pa.array(gone))
        self.add(rows, pa.array([reason] * rows.num_rows, pa.string()))
        return members.only(~gone)

    def add(self, rows: pa.RecordBatch, reasons: pa.Array) -> None:
        """Members that are gone."""
        self._parts.append((rows, reasons))

    def rows(self, kept: pa.RecordBatch) -> pa.RecordBatch:
        """One verdict for each row of the input of which nothing that counts is in a group.

        Args:
            kept: the members of groups.
        """
        parts = [part for part in self._parts if part[0].num_rows]
        if not parts:
            return _found(0)
        rows = pa.concat_batches([part[0].select(["unit", "row", "counts"]) for part in parts])
        reasons = pa.concat_arrays([part[1] for part in parts])
        counts = rows["counts"].to_numpy(zero_copy_only=False)
        place = _places(rows)
        live = _places(kept.filter(kept["counts"]))
        chosen = np.flatnonzero(counts & ~np.isin(place, live))
        _, first = np.unique(place[chosen], return_index=True)
        chosen = chosen[first]
        return _found(
            len(chosen),
            row=rows["row"].take(pa.array(chosen)),
            reason=reasons.take(pa.array(chosen)),
            partition=rows["unit"].take(pa.array(chosen)),
        )


def _places(rows: pa.RecordBatch) -> Numbers:
    unit, row = (rows[name].to_numpy().astype(np.int64) for name in ("unit", "row"))
    places: Numbers = (unit << np.int64(32)) | row
    return places


def _found(count: int, **columns: pa.Array) -> pa.RecordBatch:
    """Rows of `FOUND` with a column `partition`; columns that are not given are null."""
    schema = FOUND.append(pa.field("partition", pa.int32()))
    return pa.RecordBatch.from_arrays(
        [columns[field.name] if field.name in columns else pa.nulls(count, field.type) for field in schema],
        schema=schema,
    )


def _as_groups(groups: pa.RecordBatch, unit: npt.NDArray[np.int32], row: npt.NDArray[np.int32]) -> pa.RecordBatch:
    columns = {name: groups[name] for name in groups.schema.names}
    return _found(groups.num_rows, **columns, row=pa.array(row), partition=pa.array(unit))


def _as_fits(fits: list[tuple[int, list[dict[str, Any]]]]) -> pa.RecordBatch:
    lists = pa.array([pieces for _, pieces in fits], FOUND.field("fit").type)
    return _found(len(fits), fit=lists, partition=pa.array([unit for unit, _ in fits], pa.int32()))


def fits_of(found: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of `FITS` among those of `FOUND`."""
    flat = pc.list_flatten(found["fit"].drop_null())
    return pa.RecordBatch.from_arrays([flat.field(name) for name in FITS.names], schema=FITS)


def counters_of(found: pa.Table) -> Mapping[str, int]:
    """Whole numbers for the ledger about the subtitles of a unit."""
    fits = [row for batch in found.select(["fit"]).to_batches() for row in fits_of_batch(batch)]
    if not fits:
        return {}
    files = {(row["doc_key"], row["language"], row["track"]): row for row in fits}
    other = [row for row in files.values() if row["reference"] != row["track"] or row["first"]]
    return {
        "files": len(files),
        "files_in_pieces": len({(row["doc_key"], row["language"], row["track"]) for row in fits if row["first"]}),
        "files_of_another_speed": sum(1 for row in files.values() if abs(row["speed"] - 1) > 1e-3),
        "files_shifted": sum(1 for row in files.values() if abs(row["shift"]) > 0.5),
        "files_not_fitted": sum(1 for row in files.values() if not row["fitted"]),
        "residual_milliseconds": sum(round(1000 * row["residual"]) for row in other),
    }


def fits_of_batch(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """As `fits_of`, row by row."""
    rows: list[dict[str, Any]] = fits_of(batch).to_pylist()
    return rows


def beads_of(found: pa.RecordBatch, directions: Sequence[tuple[str, str]] | None) -> Iterator[pa.RecordBatch]:
    """Every pair of languages of every group as a bead.

    Args:
        found: rows of `FOUND`.
        directions: only these (source, target); None for all, the source before the target in the alphabet.
    """
    groups = found.filter(pc.is_valid(found["uid"]))
    segments = groups["segments"]
    flat = pc.list_flatten(segments)
    owner = pc.list_parent_indices(segments).to_numpy().astype(np.int64)
    codes, names = codes_of(flat.field("lang"))
    by_language = [np.flatnonzero(codes == code) for code in range(len(names))]
    meant = [canonical(name) for name in names] if directions is not None else names
    wanted: Iterable[tuple[str, str]] = itertools.combinations(names, 2)
    if directions is not None:
        wanted = [(canonical(source), canonical(target)) for source, target in directions]
    for source, target in _meant(wanted, meant):
        one, other = by_language[source], by_language[target]
        _, here, there = np.intersect1d(owner[one], owner[other], assume_unique=True, return_indices=True)
        if len(here):
            yield _beads(groups, flat, owner, one[here], other[there])


def _meant(directions: Iterable[tuple[str, str]], names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The numbers of the languages that directions mean: several where rows have regions (pt, pt-BR)."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    for source, target in directions:
        yield from itertools.product(places.get(source, ()), places.get(target, ()))


def _beads(
    groups: pa.RecordBatch, flat: pa.StructArray, owner: Numbers, one: Numbers, other: Numbers
) -> pa.RecordBatch:
    group, left, right = pa.array(owner[one]), flat.take(pa.array(one)), flat.take(pa.array(other))
    document = groups["doc_key"].take(group)
    sides = [left.field("lang"), right.field("lang"), left.field("index"), right.field("index")]
    return pa.RecordBatch.from_arrays(
        [
            bead_uids(document, *sides),
            document,
            *sides,
            left.field("text"),
            right.field("text"),
            groups["agreement"].take(group),
            groups["method"].take(group),
        ],
        schema=BEADS,
    )


def _timed(
    members: pa.RecordBatch, index: Numbers, tolerance: float, gone: _Removed
) -> tuple[pa.RecordBatch, Numbers, Numbers, list[tuple[int, list[dict[str, Any]]]]]:
    """Cues in groups, with mapped times; talk by talk."""
    from .timed_groups import timed_groups

    found = timed_groups(members, tolerance)
    lost = found.state != 1
    reasons = pa.array([_STATES[int(state)] for state in found.state[lost]], pa.string())
    gone.add(members.filter(pa.array(lost)), reasons)
    columns = {name: members[name] for name in members.schema.names}
    mapped = columns | {"start": pa.array(found.start), "end": pa.array(found.end)}
    rows = pa.RecordBatch.from_pydict(mapped, schema=members.schema).filter(pa.array(~lost))
    return rows, found.group[~lost], index[~lost], found.fits
