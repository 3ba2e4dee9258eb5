"""Who is a duplicate of whom: the largest clusters with texts, templates, retracted rows; of a bounded part of all.

Of a large run a part of the removed and of the kept rows is looked at. A cluster is named by the document that its
rows are duplicates of, its size is what the stage wrote down, and clusters whose kept document is among the rows that
were looked at come first. Of a cluster the least similar rows are shown: if these are duplicates, the others are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import HexaplaError
from ..results import Place, Results, StageResult
from ..visible import visible_line
from .differences import Difference, difference
from .looked_at import LookedAt, config_of, look
from .samples import browser_language

SHOWN_CLUSTERS = 10
LISTED_CLUSTERS = 60
PAIRS = 3
LISTED_MEMBERS = 12
SHOWN_TEMPLATES = 4
SHOWN_RETRACTIONS = 12
CANDIDATES = 5_000
SAMPLED = "00"
"""What the uid begins with of rows whose text is kept where only a sample of the removed texts is."""


@dataclass(frozen=True)
class Member:
    """One document, safe to show.

    Attributes:
        uid: its uid.
        label: its url, or else its id.
        similarity: to the document that stayed; None when it was not measured.
    """

    uid: str
    label: str
    similarity: float | None


@dataclass(frozen=True)
class Facts:
    """What decides which document stays, and what fonts are chosen by.

    Attributes:
        language, lang: its code, and HTML's.
        letters: length of its text; None when the text was not kept.
        date: as it is; empty when there is none.
    """

    language: str
    lang: str
    letters: int | None
    date: str


@dataclass(frozen=True)
class Pair:
    """Two documents side by side.

    Attributes:
        left, right: what is known of them; None where the row was not found.
        other: the document on the right.
        difference: their texts; None when one of them was not kept.
    """

    left: Facts | None
    right: Facts | None
    other: Member
    difference: Difference | None


@dataclass(frozen=True)
class Cluster:
    """A document that stayed, and its duplicates.

    Attributes:
        kept: the document that stayed.
        place: empty, or the earlier run that it is in, or that it was removed or is not among the rows looked at.
        size: documents in all, the one that stayed among them.
        pairs: some of them with texts.
        others: more of them without.
    """

    kept: Member
    place: str
    size: int
    pairs: tuple[Pair, ...]
    others: tuple[Member, ...]

    @property
    def more(self) -> int:
        """Duplicates that are not on the page."""
        return max(0, self.size - 1 - len(self.pairs) - len(self.others))


@dataclass(frozen=True)
class Template:
    """Pages of one template.

    Attributes:
        page: the first of them.
        pages, kept: how many among the rows looked at, and how many of these stayed.
        pair: two that stayed, side by side; None when there is only one.
    """

    page: Member
    pages: int
    kept: int
    pair: Pair | None


@dataclass(frozen=True)
class Retraction:
    """A row of an earlier run that one run over everything would not keep.

    Attributes:
        row: the row.
        duplicate_of: the uid of what it is a duplicate of.
        run: the folder of the earlier run.
    """

    row: Member
    duplicate_of: str
    run: str


@dataclass(frozen=True)
class _Found:
    """Where a document that stayed was found."""

    results: Results
    place: Place
    label: str
    where: str


def clusters_of(
    results: Results, stage: StageResult, removed: LookedAt, kept: LookedAt, size: str
) -> tuple[tuple[Cluster, ...], int]:
    """The largest clusters, and how many there are among the rows looked at.

    Args:
        results: the run.
        stage: the stage.
        removed: removed rows that were looked at, with `uid`, `id`, `url`, `duplicate_of`, `similarity`.
        kept: the same of kept rows.
        size: the column with the size of the cluster; empty when there is none.
    """
    uids, sizes = _by_size(removed, size)
    count = len(uids)
    uids, sizes = uids[:CANDIDATES], sizes[:CANDIDATES]
    found = _canonical(results, stage, uids, removed, kept)
    sizes_of = dict(zip(uids, sizes, strict=True))
    ordered = [uid for uid in uids if uid in found] + [uid for uid in uids if uid not in found]
    if kept.weight(int(stage.totals.get("kept", 0))) == 1.0:
        ordered = uids  # what was not found is in no file of the run
    members = _members(removed, ordered)
    for restricted in (False, True):
        shown = ordered[:SHOWN_CLUSTERS]
        drawn = {uid: members[uid][:PAIRS] for uid in shown}
        if restricted:
            sampled = {uid: [row for row in members[uid] if _uid(removed, row).startswith(SAMPLED)] for uid in ordered}
            shown = [uid for uid in ordered if sampled[uid]][:SHOWN_CLUSTERS] or shown
            drawn = {uid: (sampled[uid] or members[uid])[:PAIRS] for uid in shown}
        texts = _rows_at(results, [removed.place(row) for rows in drawn.values() for row in rows])
        if any(row.get("text") is not None for row in texts.values()):
            break
    originals = _originals([found[uid] for uid in shown if uid in found])
    listed = [*shown, *[uid for uid in ordered if uid not in drawn][:LISTED_CLUSTERS]]
    clusters = []
    for uid in listed:
        original = found.get(uid)
        left = originals.get(original.place) if original else None
        rows = drawn.get(uid, [])
        pairs = _telling([_pair(left, texts[removed.place(row)], _member(removed, row)) for row in rows])
        paired = {pair.other.uid for pair in pairs}
        others = [row for row in members[uid][: LISTED_MEMBERS + PAIRS] if _uid(removed, row) not in paired]
        kept_one = Member(uid, original.label if original else uid, None)
        where = original.where if original else "not among the rows that were looked at"
        clusters.append(Cluster(kept_one, where, sizes_of[uid], pairs, _listed(removed, others)))
    return tuple(clusters), count


def _telling(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The pairs whose texts differ first, and at most one whose texts are the same."""
    same = [pair for pair in pairs if pair.difference is not None and pair.difference.same]
    return (*(pair for pair in pairs if pair not in same), *same)[: max(1, len(pairs) - len(same))]


def _listed(removed: LookedAt, rows: Sequence[int]) -> tuple[Member, ...]:
    return tuple(_member(removed, row) for row in rows[:LISTED_MEMBERS])


def _by_size(removed: LookedAt, size: str) -> tuple[list[str], list[int]]:
    """What rows are duplicates of, and the sizes of these clusters: the largest first."""
    table = removed.table.filter(pc.is_valid(removed.table.column("duplicate_of")))
    asked = [("uid", "count"), *([(size, "max")] if size else [])]
    grouped = table.group_by("duplicate_of", use_threads=False).aggregate(asked)
    counted = grouped.column("uid_count").to_numpy() + 1
    if size:
        counted = np.maximum(counted, pc.fill_null(grouped.column(f"{size}_max"), 0).to_numpy())
    pairs = sorted(zip((-counted).tolist(), grouped.column("duplicate_of").to_pylist(), strict=True))
    return [uid for _, uid in pairs], [-negative for negative, _ in pairs]


def _canonical(
    results: Results, stage: StageResult, uids: Sequence[str], removed: LookedAt, kept: LookedAt
) -> dict[str, _Found]:
    """Where the documents stand that others are duplicates of: kept rows, earlier runs, removed rows."""
    found = _search(results, kept, uids, "")
    earlier = config_of(results, stage).get("against") or ()
    for path in earlier if isinstance(earlier, list | tuple) else ():
        missing = [uid for uid in uids if uid not in found]
        if missing:
            found |= _in_earlier_run(str(path), stage.name, missing)
    missing = [uid for uid in uids if uid not in found]
    return found | _search(results, removed, missing, "removed, too") if missing else found


def _in_earlier_run(path: str, name: str, uids: Sequence[str]) -> dict[str, _Found]:
    """The same in the rows that a stage of an earlier run kept; nothing where the run is not there any more."""
    try:
        earlier = Results(path.partition("/stages/")[0])
        files = [file for stage in earlier.stages if stage.name == name for file in stage.kept]
        columns = {"uid": pa.string(), "id": pa.string(), "url": pa.string()}
        return _search(earlier, look(earlier, files, columns), uids, f"in the earlier run {visible_line(path, 120)}")
    except HexaplaError:
        return {}


def _search(results: Results, rows: LookedAt, uids: Sequence[str], where: str) -> dict[str, _Found]:
    wanted = pc.index_in(rows.table.column("uid").combine_chunks(), value_set=pa.array(uids, pa.string()))
    places = np.flatnonzero(pc.is_valid(wanted).to_numpy(zero_copy_only=False)).tolist()
    return {
        uids[number]: _Found(results, rows.place(row), _member(rows, row).label, where)
        for row, number in zip(places, wanted.drop_null().to_pylist(), strict=True)
    }


def _members(removed: LookedAt, uids: Sequence[str]) -> dict[str, list[int]]:
    """For each cluster its removed rows, the least similar first."""
    table = removed.table
    cluster = pc.index_in(table.column("duplicate_of").combine_chunks(), value_set=pa.array(uids, pa.string()))
    by = [name for name in ("similarity", "uid") if name in table.column_names]
    keys = [("cluster", "ascending"), *((name, "ascending") for name in by)]
    order = pc.sort_indices(table.select(by).append_column("cluster", cluster), keys).to_numpy()
    number = pc.fill_null(cluster, len(uids)).to_numpy(zero_copy_only=False)[order]
    borders = np.searchsorted(number, np.arange(len(uids) + 1))
    return {uid: order[begin:stop].tolist() for uid, begin, stop in zip(uids, borders, borders[1:], strict=False)}


def _uid(rows: LookedAt, row: int) -> str:
    return str(rows.table.column("uid")[row].as_py())


def _member(rows: LookedAt, row: int) -> Member:
    have = rows.table.column_names
    values = {name: rows.table.column(name)[row].as_py() for name in ("uid", "id", "url", "similarity") if name in have}
    label = visible_line(str(values.get("url") or values.get("id") or values["uid"]), 160)
    return Member(str(values["uid"]), label, values.get("similarity"))


def _rows_at(results: Results, places: Sequence[Place]) -> dict[Place, dict[str, Any]]:
    return dict(zip(places, results.rows(places), strict=True))


def _originals(found: Sequence[_Found]) -> dict[Place, dict[str, Any]]:
    """The rows of documents that stayed, run by run."""
    rows: dict[Place, dict[str, Any]] = {}
    runs = {id(entry.results): entry.results for entry in found}
    for key, results in runs.items():
        rows |= _rows_at(results, [entry.place for entry in found if id(entry.results) == key])
    return rows


def _facts(row: Mapping[str, Any]) -> Facts:
    code, text = str(row.get("language") or ""), row.get("text")
    letters = None if text is None else len(text)
    return Facts(visible_line(code, 40), browser_language(code), letters, visible_line(str(row.get("date") or ""), 30))


def _pair(left: Mapping[str, Any] | None, right: Mapping[str, Any], other: Member) -> Pair:
    stayed, gone = (left or {}).get("text"), right.get("text")
    compared = None if stayed is None or gone is None else difference(str(stayed), str(gone))
    return Pair(None if left is None else _facts(left), _facts(right), other, compared)


def templates_of(results: Results, removed: LookedAt, kept: LookedAt) -> tuple[Template, ...]:
    """The templates with most pages among the rows that were looked at, each with two pages that stayed."""
    stayed, gone = _pages(kept), _pages(removed)
    names = sorted({*stayed, *gone}, key=lambda uid: (-len(stayed.get(uid, ())) - len(gone.get(uid, ())), uid))
    found = []
    for uid in names[:SHOWN_TEMPLATES]:
        pages = sorted(stayed.get(uid, ()), key=lambda row: _uid(kept, row))[:2]
        rows = _rows_at(results, [kept.place(row) for row in pages])
        first, *second = [rows[kept.place(row)] for row in pages] or [{}]
        pair = _pair(first, second[0], _member(kept, pages[1])) if second else None
        page = _member(kept, pages[0]) if pages else Member(uid, uid, None)
        found.append(Template(page, len(stayed.get(uid, ())) + len(gone.get(uid, ())), len(stayed.get(uid, ())), pair))
    return tuple(found)


def _pages(rows: LookedAt) -> dict[str, list[int]]:
    """The rows of each template."""
    column = rows.table.column("template_id").combine_chunks()
    numbers: npt.NDArray[np.int64] = np.flatnonzero(pc.is_valid(column).to_numpy(zero_copy_only=False))
    found: dict[str, list[int]] = {}
    for number, uid in zip(numbers.tolist(), column.drop_null().to_pylist(), strict=True):
        found.setdefault(uid, []).append(number)
    return found


def retracted_rows(results: Results, stage: StageResult) -> tuple[int, tuple[Retraction, ...]]:
    """Rows in an output of the stage that says of what each is a duplicate: how many, and the first of them by uid."""
    count, found = 0, []
    columns = dict.fromkeys(("uid", "id", "duplicate_of", "run"), pa.string()) | {"similarity": pa.float64()}
    for name, parts in sorted(stage.manifest.get("outputs", {}).items()):
        rows = sum(int(part.get("rows", 0)) for part in parts)
        if name == "scored" or not rows:
            continue
        seen = look(results, [f"stages/{stage.folder}/{part['path']}" for part in parts if part.get("rows")], columns)
        if {"uid", "duplicate_of"} <= seen.found:
            count += rows
            for row in pc.sort_indices(seen.table, [("uid", "ascending")])[:SHOWN_RETRACTIONS].to_pylist():
                values = {key: seen.table.column(key)[row].as_py() for key in ("duplicate_of", "run")}
                found.append(
                    Retraction(_member(seen, row), str(values["duplicate_of"]), visible_line(str(values["run"]), 120))
                )
    return count, tuple(found[:SHOWN_RETRACTIONS])
