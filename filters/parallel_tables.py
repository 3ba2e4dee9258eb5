"""The tables of parallel text: beads, groups, pairs, conversations; their identities, and the way from one to another.

Beads are links between segments of one document in two languages, groups the same segments in any number of languages,
pairs two texts without places, conversations what a chat model is trained on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .language_codes import canonical

INDEX = pa.list_(pa.int32())
"""Numbers of segments within their document, from 0, ascending; empty on one side of a deletion or an insertion."""

SEGMENTS = pa.list_(pa.struct([("lang", pa.string()), ("text", pa.string()), ("index", INDEX)]))
"""What a group says in each language, sorted by language, each language once."""

TEXT_PAIRS = pa.list_(pa.struct([("src", pa.string()), ("tgt", pa.string())]))
"""What comes along with a pair: terms, examples or what was said before, in its source and its target language."""

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))

BEADS = pa.schema(
    [
        ("uid", pa.string()),
        ("doc_key", pa.string()),
        ("src_lang", pa.string()),
        ("tgt_lang", pa.string()),
        ("src_index", INDEX),
        ("tgt_index", INDEX),
        ("src", pa.string()),
        ("tgt", pa.string()),
        ("score", pa.float32()),
        ("method", pa.string()),
    ]
)
GROUPS = pa.schema(
    [
        ("uid", pa.string()),
        ("doc_key", pa.string()),
        ("segments", SEGMENTS),
        ("parallelism", pa.int32()),
        ("agreement", pa.float32()),
    ]
)
PAIRS = pa.schema(
    [
        ("uid", pa.string()),
        ("src_lang", pa.string()),
        ("tgt_lang", pa.string()),
        ("src", pa.string()),
        ("tgt", pa.string()),
        ("score", pa.float32()),
        ("method", pa.string()),
        ("doc_key", pa.string()),
        ("group_uid", pa.string()),
    ]
)
CONVERSATIONS = pa.schema(
    [
        ("uid", pa.string()),
        ("messages", MESSAGES),
        ("language", pa.string()),
        ("template_id", pa.string()),
        ("direction", pa.string()),
        ("source", pa.string()),
    ]
)

UNSPACED_SCRIPTS = frozenset(
    {"Hani", "Hans", "Hant", "Jpan", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Bopo", "Yiii"}
)
"""Scripts (ISO 15924) that put no space between sentences or words."""

TableKind = Literal["beads", "groups", "pairs", "conversations", "documents"]
_SECOND_HALF = np.uint64(0x9E3779B97F4A7C15)


def table_kind(schema: pa.Schema) -> TableKind:
    """Which of the tables a schema is, by the columns that only that one has; columns of other stages do not matter."""
    names = set(schema.names)
    if {"segments", "parallelism"} <= names:
        return "groups"
    if {"src_lang", "tgt_lang", "src", "tgt"} <= names:
        return "beads" if {"src_index", "tgt_index"} <= names else "pairs"
    return "conversations" if "messages" in names else "documents"


def hash_uids(columns: Sequence[pa.Array], rows: int) -> pa.StringArray:
    """Identities, 32 hex digits, of what the columns say: equal rows have equal ones, wherever they stand.

    Args:
        columns: arrays of `rows` values each, of any type.
        rows: n.
    """
    from ..kernels.hashing import combine_hashes, value_hashes  # stages name these tables without compiled code

    hashes = [value_hashes(column) for column in columns]
    halves = np.empty((rows, 2), ">u8")
    halves[:, 0] = mixed_bits(combine_hashes(hashes, rows))
    halves[:, 1] = mixed_bits(combine_hashes([value * _SECOND_HALF for value in reversed(hashes)], rows) ^ _SECOND_HALF)
    digits = halves.tobytes().hex().encode("ascii")
    borders = np.arange(0, 32 * rows + 1, 32, dtype=np.int64)
    wide = pa.LargeStringArray.from_buffers(rows, pa.py_buffer(borders), pa.py_buffer(digits))
    return wide.cast(pa.string())


def mixed_bits(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread the bits of each number evenly: shards are taken from the high ones (the finalizer of MurmurHash3)."""
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    mixed: npt.NDArray[np.uint64] = state ^ (state >> np.uint64(33))
    return mixed


def bead_uids(
    doc_key: pa.Array, src_lang: pa.Array, tgt_lang: pa.Array, src_index: pa.Array, tgt_index: pa.Array
) -> pa.StringArray:
    """Identities of n beads: the document, the two languages and the places."""
    return hash_uids([doc_key, src_lang, tgt_lang, src_index.cast(INDEX), tgt_index.cast(INDEX)], len(doc_key))


def group_uids(doc_key: pa.Array, segments: pa.ListArray) -> pa.StringArray:
    """Identities of n groups: the document, and languages, texts and places of the segments."""
    return hash_uids([doc_key, segments], len(doc_key))


def pairs_of_beads(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The beads that have text on both sides, as pairs with the same `uid`."""
    both = rows.filter(pc.and_kleene(*(_not_empty(rows.column(name)) for name in ("src", "tgt"))))
    columns = {name: both.column(name) for name in PAIRS.names if name != "group_uid"}
    return pa.RecordBatch.from_pydict(
        columns | {"group_uid": pa.nulls(both.num_rows, pa.string())}, schema=PAIRS
    )


def _not_empty(texts: pa.Array) -> pa.Array:
    return pc.fill_null(pc.greater(pc.binary_length(texts), 0), False)


def pairs_of_groups(
    rows: pa.RecordBatch, directions: Sequence[tuple[str, str]] | None = None, method: str = "group"
) -> pa.RecordBatch:
    """Every pair of languages of every group, group by group, sorted by source and then by target.

    Args:
        rows: groups. A column `score` or `method` is used where there is one; else the score is the agreement.
        directions: only these (source, target), in canonical codes; None for all, with the source before the target in
            the alphabet.
        method: for groups without a column `method`.
    """
    segments = rows.column("segments")
    owner = pc.list_parent_indices(segments).to_numpy()
    flat = pc.list_flatten(segments)
    languages = pc.dictionary_encode(flat.field("lang"))
    names = languages.dictionary.to_pylist()
    meant = canonical_languages(languages.dictionary).to_pylist() if directions is not None else names
    left, right = _within_groups(owner)
    codes = pc.fill_null(languages.indices, -1).to_numpy()
    wanted = None if directions is None else frozenset(directions)
    allowed = np.zeros((len(names), len(names)), np.bool_)
    for row, source in enumerate(meant):
        for column, target in enumerate(meant):
            allowed[row, column] = source < target if wanted is None else (source, target) in wanted
    chosen = allowed[codes[left], codes[right]]
    left, right = left[chosen], right[chosen]
    order = np.lexsort((right, left)) if directions is None else np.arange(len(left))
    left, right = pa.array(left[order]), pa.array(right[order])
    group = pa.array(owner).take(left)
    named = {name: rows.column(name) for name in rows.schema.names}
    score = named.get("score", named["agreement"]).cast(pa.float32()).take(group)
    by = named["method"].take(group) if "method" in named else pa.array([method] * len(group), pa.string())
    group_uid = rows.column("uid").take(group)
    source, target = flat.field("lang").take(left), flat.field("lang").take(right)
    columns = [
        hash_uids([group_uid, source, target], len(group)),
        source,
        target,
        flat.field("text").take(left),
        flat.field("text").take(right),
        score,
        by,
        rows.column("doc_key").take(group),
        group_uid,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PAIRS)


PAIRS_AT_ONCE = 1 << 18
"""So many pairs of languages are looked at in one go; 128 languages in one group have 8,128."""


def bounded_groups(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Groups in pieces with a bounded number of pairs (or one group); other tables whole."""
    if table_kind(rows.schema) != "groups" or not rows.num_rows:
        yield rows
        return
    sizes = pc.fill_null(pc.list_value_length(rows.column("segments")), 0).to_numpy().astype(np.int64)
    piece = (np.cumsum(sizes**2) - 1) // PAIRS_AT_ONCE
    borders = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), rows.num_rows]
    for start, stop in itertools.pairwise(borders):
        yield rows.slice(start, stop - start)


def _within_groups(owner: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All ordered pairs of different places with the same owner; `owner` ascends."""
    starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1])) if len(owner) else np.zeros(0, np.int64)
    sizes = np.diff(np.append(starts, len(owner)))
    start_of, size_of = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    left = np.repeat(np.arange(len(owner)), size_of)
    before = np.repeat(np.cumsum(size_of) - size_of, size_of)
    right = np.repeat(start_of, size_of) + np.arange(len(left)) - before
    apart = left != right
    return left[apart], right[apart]


def canonical_languages(languages: pa.Array) -> pa.Array:
    """Canonical codes (eng_Latn) of labels in any form (en, eng): what keys of a configuration are compared with.

    Rows keep their own labels: `pt` and `pt-BR` are two columns of parallel text, and por_Latn means both.
    """
    encoded = languages if pa.types.is_dictionary(languages.type) else pc.dictionary_encode(languages)
    names = [None if label is None else canonical(label) for label in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)


def joiner(language: str) -> str:
    """What stands between two segments of a text: a space, nothing in scripts that put none (`jpn_Jpan`)."""
    return "" if language.rpartition("_")[2] in UNSPACED_SCRIPTS else " "
