"""One batch rendered: texts in, the columns of the rows that come of them out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import render_pretraining
from .chat_layouts import Layout, laid_out
from .parallel_tables import hash_uids
from .prompt_templates import Template
from .render_choices import Draws
from .render_instructions import Texts, render
from .render_rows import Oriented, first_places, oriented, sampled_languages, with_sources

MANY = "mul"
"""The language of rows in more than two (ISO 639-2)."""


@dataclass(frozen=True)
class Made:
    """n rendered rows.

    Attributes:
        row: the number of the input row that each comes from, ascending.
        columns: what was made, n values each.
        good: which of them can be taken apart again; the others are left out.
        fits: which of them there was a template for.
        reason: for each input row why nothing was to be made of it; "" for the others.
    """

    row: npt.NDArray[np.int64]
    columns: Mapping[str, pa.Array]
    good: npt.NDArray[np.bool_]
    fits: npt.NDArray[np.bool_]
    reason: npt.NDArray[np.object_]


def pair_names(src_lang: pa.Array, tgt_lang: pa.Array) -> pa.Array:
    """The names of n pairs whatever their direction: "eng_Latn-fra_Latn", in the order of the alphabet."""
    forth = pc.less(src_lang, tgt_lang)
    first, second = pc.if_else(forth, src_lang, tgt_lang), pc.if_else(forth, tgt_lang, src_lang)
    return pc.binary_join_element_wise(first, second, "-")


def documents_of_pairs(given: Oriented, style: Literal["tab", "lucie"]) -> Made:
    """Each pair as one document."""
    texts = given.texts
    if style == "tab":
        found = render_pretraining.tab(texts.src, texts.tgt)
    else:
        found = render_pretraining.lucie(texts.src_lang, texts.tgt_lang, texts.src, texts.tgt, texts.draws)
    columns = {
        "text": found.text,
        "template_id": found.template_id,
        "language": pair_names(texts.src_lang, texts.tgt_lang),
        "direction": pc.binary_join_element_wise(texts.src_lang, texts.tgt_lang, "-"),
    }
    columns |= {} if found.spans is None else {"spans": found.spans}
    return Made(given.row, columns, found.good, np.ones(len(given.row), bool), given.reason)


def documents_of_groups(
    rows: pa.RecordBatch,
    style: Literal["tagged", "json-nway"],
    *,
    most: int,
    seed: int,
    languages: Collection[str],
    names: str,
) -> Made:
    """Each group as one document.

    Args:
        rows: groups.
        style: the format; `json-nway` has the languages in the order of the alphabet.
        most: languages at most; 0 for all.
        seed: of their choice and order.
        languages: only these; empty for all.
        names: the language that names are in, or "own".
    """
    labels, texts = sampled_languages(rows, most, seed, languages)
    if style == "json-nway":
        labels, texts = _sorted(labels, texts)
    enough = np.flatnonzero(pc.list_value_length(labels).to_numpy(zero_copy_only=False) >= 2)
    reason = np.full(rows.num_rows, "too_few_languages", object)
    reason[enough] = ""
    at = pa.array(enough)
    labels, texts = labels.take(at), texts.take(at)
    if style == "tagged":
        found = render_pretraining.tagged(labels, texts, names)
    else:
        key = rows.column("doc_key") if "doc_key" in rows.schema.names else pa.nulls(rows.num_rows, pa.string())
        found = render_pretraining.json_nway(key.take(at), _timestamps(rows.take(at)), labels, texts)
    columns = {
        "text": found.text,
        "template_id": found.template_id,
        "language": pa.array([MANY] * len(enough), pa.string()),
        "direction": pc.binary_join(labels, "+"),
    }
    return Made(enough, columns, found.good, np.ones(len(enough), bool), reason)


def _timestamps(rows: pa.RecordBatch) -> list[float | int | str | None]:
    """What names the place of each group: its time, else its key, else the first number of its first segment."""
    known = [rows.column(name).to_pylist() for name in ("timestamp", "start", "key") if name in rows.schema.names]
    known = [[round(value, 3) if isinstance(value, float) else value for value in values] for values in known]
    known.append(first_places(rows.column("segments")).to_pylist())
    return [next((value for value in values if value is not None), None) for values in zip(*known, strict=True)]


def _sorted(labels: pa.ListArray, texts: pa.ListArray) -> tuple[pa.ListArray, pa.ListArray]:
    """Lists of labels in the order of the alphabet, and their texts."""
    sizes = pc.list_value_length(labels).to_numpy(zero_copy_only=False).astype(np.int64)
    coded = pc.dictionary_encode(labels.flatten())
    rank = np.argsort(np.argsort(np.array(coded.dictionary.to_pylist(), object)))
    codes = rank[coded.indices.to_numpy()] if len(coded) else np.zeros(0, np.int64)
    order = pa.array(np.lexsort((codes, np.repeat(np.arange(len(sizes)), sizes))))
    return (
        pa.ListArray.from_arrays(labels.offsets, labels.flatten().take(order)),
        pa.ListArray.from_arrays(texts.offsets, texts.flatten().take(order)),
    )


def oriented_documents(
    rows: pa.RecordBatch,
    direction: Literal["both", "random", "fixed"],
    share: float,
    seed: int,
    languages: Collection[str],
    pairs: Sequence[tuple[str, str]],
) -> Oriented:
    """Whole documents in their direction; their segments are written with what cannot stand in a text between them.

    Args:
        rows: what the stage `gather` made: `src_lang`, `tgt_lang`, and lists `src_segments`, `tgt_segments`.
        direction: see `render_rows.oriented`.
        share: see there.
        seed: see there.
        languages: see there.
        pairs: see there.
    """
    columns = {name: rows.column(name) for name in ("uid", "src_lang", "tgt_lang")}
    columns |= {"src": _numbers(rows.num_rows, 0), "tgt": _numbers(rows.num_rows, 1)}
    return oriented(
        pa.RecordBatch.from_pydict(columns),
        direction=direction, share=share, seed=seed, languages=languages, pairs=pairs,
    )  # fmt: skip


def _numbers(rows: int, side: int) -> pa.Array:
    """Stand-ins for the sides of documents: twice the row's number, and one more for the target."""
    return pa.array(2 * np.arange(rows) + side).cast(pa.string())


def documents_of_segments(rows: pa.RecordBatch, given: Oriented) -> Made:
    """Each document with the segments of both languages in turn.

    Args:
        rows: what the stage `gather` made.
        given: what `oriented_documents` made of them.
    """
    number = pa.array(np.arange(rows.num_rows))
    sides = pa.concat_arrays([rows.column("src_segments").take(number), rows.column("tgt_segments").take(number)])

    def lists(stand_ins: pa.Array) -> pa.ListArray:
        found = stand_ins.cast(pa.int64()).to_numpy(zero_copy_only=False)
        return sides.take(pa.array(found // 2 + (found % 2) * rows.num_rows))

    texts = given.texts
    found = render_pretraining.interlinear(lists(texts.src), lists(texts.tgt))
    columns = {
        "text": found.text,
        "template_id": found.template_id,
        "language": pair_names(texts.src_lang, texts.tgt_lang),
        "direction": pc.binary_join_element_wise(texts.src_lang, texts.tgt_lang, "-"),
    }
    return Made(given.row, columns, found.good, np.ones(len(given.row), bool), given.reason)


def with_shots(given: Oriented, shots: int, share: float) -> Oriented:
    """The first examples of each row that gets any.

    Args:
        given: texts, perhaps with the block `shots`.
        shots: this many at most.
        share: of the rows that get them.
    """
    blocks = dict(given.texts.blocks)
    found = blocks.pop("shots", None)
    if found is not None and shots and share:
        rows = len(found)
        chosen = given.texts.draws.choice("shots", [share, 1.0 - share]) == 0 if share < 1 else np.ones(rows, bool)
        sizes = pc.fill_null(pc.list_value_length(found), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        rank = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        keep = (rank < shots) & np.repeat(chosen, sizes)
        borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.where(chosen, np.minimum(sizes, shots), 0))])
        blocks["shots"] = pa.ListArray.from_arrays(
            pa.array(borders.astype(np.int32)), found.flatten().filter(pa.array(keep))
        )
    return replace(given, texts=replace(given.texts, blocks=blocks))


def with_group_sources(
    rows: pa.RecordBatch, given: Oriented, *, most: int, seed: int, languages: Collection[str]
) -> Oriented:
    """One text to translate for each group and target: all its other languages are sources.

    Args:
        rows: groups.
        given: their pairs, of which the targets are taken.
        most: sources at most; 0 for all.
        seed: of their choice and order.
        languages: only these; empty for all.
    """
    labels, said = sampled_languages(rows, 0, seed, languages)
    texts = given.texts
    target = pc.dictionary_encode(texts.tgt_lang).indices.to_numpy()
    first = np.unique(np.stack([given.row, target]), axis=1, return_index=True)[1]
    first.sort()
    at = pa.array(first)
    row = given.row[first]
    sources, told = _without(labels.take(pa.array(row)), said.take(pa.array(row)), texts.tgt_lang.take(at), most)
    uid = hash_uids([texts.draws.uid.take(at), texts.tgt_lang.take(at)], len(first))
    draws = Draws(uid, uid, pa.nulls(len(first), pa.int64()), seed)
    kept = Texts(
        pc.binary_join(sources, "+"), texts.tgt_lang.take(at), texts.src.take(at), texts.tgt.take(at), draws,
    )  # fmt: skip
    return Oriented(row, with_sources(kept, sources, told), given.reason)


def _without(
    labels: pa.ListArray, said: pa.ListArray, target: pa.Array, most: int
) -> tuple[pa.ListArray, pa.ListArray]:
    """Lists of languages and texts without the target's, at most so many."""
    sizes = pc.list_value_length(labels).to_numpy(zero_copy_only=False).astype(np.int64)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    flat = labels.flatten()
    keep = np.flatnonzero(pc.not_equal(flat, target.take(pa.array(owner))).to_numpy(zero_copy_only=False))
    counts = np.bincount(owner[keep], minlength=len(sizes))
    if most:
        rank = np.arange(len(keep)) - np.repeat(np.cumsum(counts) - counts, counts)
        keep, counts = keep[rank < most], np.minimum(counts, most)
    borders = pa.array(np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]).astype(np.int32))
    at = pa.array(keep)
    return (
        pa.ListArray.from_arrays(borders, flat.take(at)), pa.ListArray.from_arrays(borders, said.flatten().take(at))
    )  # fmt: skip


def instructions(given: Oriented, families: Sequence[Sequence[Template]], layout: Layout, native: float) -> Made:
    """Each text as one instruction.

    Args:
        given: the texts.
        families: see `render_instructions.chosen`.
        layout: the columns.
        native: see `render_instructions.chosen`.
    """
    texts = given.texts
    found = render(texts, families, native)
    columns, good = laid_out(found, layout)
    many = pc.match_substring(texts.src_lang, "+")
    columns |= {
        "template_id": found.template_id,
        "instruction_language": found.language,
        "language": pc.if_else(many, MANY, pair_names(texts.src_lang, texts.tgt_lang)),
        "direction": pc.binary_join_element_wise(texts.src_lang, texts.tgt_lang, "-"),
    }
    return Made(given.row, columns, good & found.fits, found.fits, given.reason)

