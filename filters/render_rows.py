"""From beads, pairs or groups to texts in the direction in which they are rendered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .parallel_tables import canonical_languages, hash_uids, pairs_of_groups, table_kind
from .render_choices import Draws
from .render_instructions import ITEMS, SOURCES, Texts

Direction = Literal["both", "random", "fixed"]
BLOCK_COLUMNS = ("context", "terms", "fuzzy_matches", "fuzzy_matches_back")
"""Columns that earlier stages leave for `render`; `fuzzy_matches_back` are those of the target side."""


@dataclass(frozen=True)
class Oriented:
    """n texts to render.

    Attributes:
        row: the number of the input row that each comes from, ascending.
        texts: the texts in their direction.
        reason: for each input row why nothing comes of it; "" for the others.
    """

    row: npt.NDArray[np.int64]
    texts: Texts
    reason: npt.NDArray[np.object_]


def oriented(
    rows: pa.RecordBatch,
    *,
    direction: Direction,
    share: float,
    seed: int,
    languages: Collection[str] = (),
    pairs: Sequence[tuple[str, str]] = (),
) -> Oriented:
    """Bring rows into pairs and each pair into its direction or directions.

    Args:
        rows: beads, pairs or groups.
        direction: "fixed" as the pair has it, "random" one of both, "both".
        share: of "random": how many are as the pair has it.
        seed: of all choices.
        languages: only pairs of these; empty for all.
        pairs: only these, with the source first; empty for all.
    """
    given, row, reason = _pairs(rows, pairs)
    wanted = np.ones(len(row), bool)
    if languages:
        allowed = pa.array(sorted(languages), pa.string())
        for name in ("src_lang", "tgt_lang"):
            wanted &= pc.is_in(canonical_languages(given.column(name)), allowed).to_numpy(zero_copy_only=False)
    turned = np.zeros(len(row), bool)
    if pairs:
        places, turned = _places(given, pairs)
        wanted &= places
    reason[(reason == "") & ~_any(row[wanted], rows.num_rows)] = "language_not_wanted"
    known = _filled(given, ("src_lang", "tgt_lang"))
    reason[(reason == "") & ~_any(row[known], rows.num_rows)] = "no_language"
    filled = _filled(given, ("src", "tgt"))
    keep = wanted & known & filled
    reason[(reason == "") & ~_any(row[keep], rows.num_rows)] = "one_sided"
    at = pa.array(np.flatnonzero(keep))
    draws = draws_of(given.take(at), seed)
    first = turned[keep]
    if direction == "random":
        first = first ^ (draws.choice("direction", [share, 1.0 - share]) == 1)
    texts = _turned(given.take(at), draws, first)
    row = row[keep]
    if direction == "both":
        texts = _interleaved(texts, _turned(given.take(at), draws, ~first))
        row = np.repeat(row, 2)
    return Oriented(row, texts, reason)


def _pairs(
    rows: pa.RecordBatch, pairs: Sequence[tuple[str, str]]
) -> tuple[pa.RecordBatch, npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """One row for each pair, the number of the row that it is of, and why rows have no pair."""
    reason = np.full(rows.num_rows, "", object)
    if table_kind(rows.schema) != "groups":
        return _needed(rows), np.arange(rows.num_rows), reason
    numbered = rows.set_column(
        rows.schema.get_field_index("uid"), "uid", pa.array(np.arange(rows.num_rows)).cast(pa.string())
    )
    both = [*pairs, *((target, source) for source, target in pairs)]
    found = pairs_of_groups(numbered, [pair for pair in both if pair[0] < pair[1]] if pairs else None)
    row = found.column("group_uid").cast(pa.int64()).to_numpy()
    order = np.argsort(row, kind="stable")
    found, row = found.take(pa.array(order)), row[order]
    at = pa.array(row)
    uid = hash_uids([rows.column("uid").take(at), found.column("src_lang"), found.column("tgt_lang")], len(row))
    columns = {name: found.column(name) for name in ("src_lang", "tgt_lang", "src", "tgt", "doc_key")}
    place = first_places(rows.column("segments"))
    columns |= {"uid": uid, "place": place.take(at)}
    reason[~_any(row, rows.num_rows)] = "too_few_languages" if not pairs else "language_not_wanted"
    return pa.RecordBatch.from_pydict(columns), row, reason


def _needed(rows: pa.RecordBatch) -> pa.RecordBatch:
    names = rows.schema.names
    columns = {name: rows.column(name) for name in ("uid", "src_lang", "tgt_lang", "src", "tgt")}
    has_place = "src_index" in names and "doc_key" in names
    columns["doc_key"] = rows.column("doc_key") if "doc_key" in names else pa.nulls(rows.num_rows, pa.string())
    columns["place"] = first_numbers(rows.column("src_index")) if has_place else pa.nulls(rows.num_rows, pa.int64())
    columns |= {name: rows.column(name) for name in BLOCK_COLUMNS if name in names}
    return pa.RecordBatch.from_pydict(columns)


def first_numbers(lists: pa.Array) -> pa.Array:
    """The first number of each list; null where there is none."""
    sizes = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    return lists.flatten().cast(pa.int64()).take(pa.array(starts, mask=sizes == 0))


def first_places(segments: pa.Array) -> pa.Array:
    """The place of each group: the first number of its first segment."""
    inner = pc.struct_field(segments.flatten(), "index")
    sizes = pc.fill_null(pc.list_value_length(segments), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    return first_numbers(inner).take(pa.array(starts, mask=sizes == 0))


def draws_of(rows: pa.RecordBatch, seed: int) -> Draws:
    """What rows with `uid`, `doc_key`, `src_lang`, `tgt_lang` and `place` draw from."""
    document = pc.binary_join_element_wise(*(rows.column(name) for name in ("doc_key", "src_lang", "tgt_lang")), "\t")
    place = pc.if_else(document.is_valid(), rows.column("place"), pa.scalar(None, pa.int64()))
    return Draws(rows.column("uid"), pc.fill_null(document, ""), place, seed)


def _filled(rows: pa.RecordBatch, names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which rows have something in each of some columns."""
    filled = np.ones(rows.num_rows, bool)
    for name in names:
        size = pc.fill_null(pc.binary_length(rows.column(name)), 0)
        filled &= size.to_numpy(zero_copy_only=False) > 0
    return filled


def _any(row: npt.NDArray[np.int64], rows: int) -> npt.NDArray[np.bool_]:
    found = np.zeros(rows, bool)
    found[row] = True
    return found


def _places(
    rows: pa.RecordBatch, pairs: Sequence[tuple[str, str]]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which rows are of one of the pairs, and which of these the other way round."""
    forth = pa.array(["\t".join(pair) for pair in pairs], pa.string())
    back = pa.array(["\t".join(reversed(pair)) for pair in pairs], pa.string())
    sides = (canonical_languages(rows.column(name)) for name in ("src_lang", "tgt_lang"))
    said = pc.binary_join_element_wise(*sides, "\t")
    same, turned = (pc.is_in(said, each).to_numpy(zero_copy_only=False) for each in (forth, back))
    return same | turned, turned & ~same


def _turned(rows: pa.RecordBatch, draws: Draws, turned: npt.NDArray[np.bool_]) -> Texts:
    mask = pa.array(turned)

    def side(one: str, other: str) -> pa.Array:
        return pc.if_else(mask, rows.column(other), rows.column(one))

    blocks = {name: _items(rows.column(name), turned) for name in ("context", "terms") if name in rows.schema.names}
    if "fuzzy_matches" in rows.schema.names:
        forth = _items(rows.column("fuzzy_matches"), np.zeros(len(turned), bool))
        has_back = "fuzzy_matches_back" in rows.schema.names
        back = rows.column("fuzzy_matches_back" if has_back else "fuzzy_matches")
        blocks["shots"] = _where(turned, _items(back, np.ones(len(turned), bool)), forth)
    sides = (side("src_lang", "tgt_lang"), side("tgt_lang", "src_lang"), side("src", "tgt"), side("tgt", "src"))
    return Texts(*sides, draws, blocks)


def _items(lists: pa.Array, turned: npt.NDArray[np.bool_]) -> pa.Array:
    """Lists of source and target, turned round where the row is."""
    sizes = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = lists.flatten()
    mask = pa.array(np.repeat(turned, sizes))
    src, tgt = pc.struct_field(flat, "src"), pc.struct_field(flat, "tgt")
    turned_items = pa.StructArray.from_arrays(
        [pc.if_else(mask, tgt, src), pc.if_else(mask, src, tgt)], fields=list(ITEMS.value_type)
    )
    borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(borders), turned_items)


def _where(mask: npt.NDArray[np.bool_], one: pa.Array, other: pa.Array) -> pa.Array:
    places = np.where(mask, np.arange(len(mask)), np.arange(len(mask)) + len(mask))
    return pa.concat_arrays([one, other]).take(pa.array(places))


def _interleaved(one: Texts, other: Texts) -> Texts:
    """The rows of both in turn."""
    rows = len(one.src)
    order = pa.array(np.arange(2 * rows).reshape(2, rows).T.reshape(-1))

    def both(first: pa.Array, second: pa.Array) -> pa.Array:
        return pa.concat_arrays([first, second]).take(order)

    draws = one.draws
    twice = pa.array(np.repeat(np.arange(rows), 2))
    # the two directions of a pair choose apart from each other
    uid = hash_uids([draws.uid.take(twice), both(one.src_lang, other.src_lang)], 2 * rows)
    document = pc.binary_join_element_wise(draws.document.take(twice), both(one.src_lang, other.src_lang), "\t")
    return Texts(
        both(one.src_lang, other.src_lang),
        both(one.tgt_lang, other.tgt_lang),
        both(one.src, other.src),
        both(one.tgt, other.tgt),
        Draws(uid, document, draws.place.take(twice), draws.seed),
        {name: both(column, other.blocks[name]) for name, column in one.blocks.items()},
    )


def sampled_languages(
    rows: pa.RecordBatch, most: int, seed: int, languages: Collection[str] = ()
) -> tuple[pa.ListArray, pa.ListArray]:
    """The languages and texts of groups, in an order that is drawn for each group.

    Args:
        rows: groups.
        most: this many of each at most; 0 for all.
        seed: of the order.
        languages: only these; empty for all.

    Returns:
        Labels and texts, n lists each.
    """
    segments = rows.column("segments")
    sizes = pc.fill_null(pc.list_value_length(segments), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    owner = np.repeat(np.arange(rows.num_rows), sizes)
    flat = segments.flatten()
    lang, text = pc.struct_field(flat, "lang"), pc.struct_field(flat, "text")
    uid = rows.column("uid").take(pa.array(owner))
    drawn = Draws(hash_uids([uid, lang], len(owner)), uid, pa.nulls(len(owner), pa.int64()), seed).uniform("languages")
    keep = pc.fill_null(pc.greater(pc.binary_length(text), 0), False).to_numpy(zero_copy_only=False)
    if languages:
        wanted = pc.is_in(canonical_languages(lang), pa.array(sorted(languages), pa.string()))
        keep &= wanted.to_numpy(zero_copy_only=False)
    order = np.lexsort((drawn, owner))
    order = order[keep[order]]
    counted = np.bincount(owner[order], minlength=rows.num_rows)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counted) - counted, counted)
    if most:
        order = order[rank < most]
        counted = np.minimum(counted, most)
    borders = pa.array(np.concatenate([np.zeros(1, np.int64), np.cumsum(counted)]).astype(np.int32))
    at = pa.array(order)
    return pa.ListArray.from_arrays(borders, lang.take(at)), pa.ListArray.from_arrays(borders, text.take(at))


def with_sources(texts: Texts, labels: pa.ListArray, said: pa.ListArray) -> Texts:
    """The same rows with the block `sources`."""
    inner = pa.StructArray.from_arrays([labels.flatten(), said.flatten()], fields=list(SOURCES.value_type))
    sizes = pc.list_value_length(labels).to_numpy(zero_copy_only=False).astype(np.int64)
    borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]).astype(np.int32)
    block = pa.ListArray.from_arrays(pa.array(borders), inner)
    return Texts(texts.src_lang, texts.tgt_lang, texts.src, texts.tgt, texts.draws, {**texts.blocks, "sources": block})
