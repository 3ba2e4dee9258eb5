"""From mined pairs of row numbers to rows: what goes to the units of both ends, and what becomes of each row there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.outcome import RULE_VALUES, Outcome
from .row_verdicts import PARTITION, as_array, one_chunk

SOURCE, TARGET, REPEATED = 0, 1, 2
"""What a row of `MINED` says about the row that it is sent to."""

MINED = pa.schema(
    [
        ("row", pa.int32()), ("role", pa.int8()), ("uid", pa.string()), ("src_lang", pa.string()),
        ("tgt_lang", pa.string()), ("src_uid", pa.string()), ("tgt_uid", pa.string()), ("scope", pa.string()),
        ("other", pa.int32()), ("margin", pa.float64()), ("cosine", pa.float64()), ("is_copy", pa.bool_()),
    ]
)  # fmt: skip
"""A pair at one of its ends; `other` is the unit of the other end. Of one that is `REPEATED` only `row` is known."""

VERDICTS = pa.schema(
    [("src_lang", pa.string()), ("tgt_lang", pa.string()), ("threshold", pa.float64()), ("published", pa.bool_())]
)
"""What holds for two languages: the least margin, and whether there are pairs enough."""

OWN = (("src_uid", pa.string()), ("tgt_uid", pa.string()), ("margin", pa.float64()), ("cosine", pa.float32()))

REASONS: Mapping[str, str] = {
    "no_language": "it has no language",
    "no_vector": "it has no vector: null, empty, zeros or not finite",
    "no_scope": "it has no host, domain or value that the scope asks for",
    "repeated": "an equal text in its language and scope has a smaller uid, and is the one that is compared",
    "no_counterpart": "no row in another language was chosen for it, nor it for one",
    "copy": "its counterpart has the same text",
    "below_threshold": "its pair is not sure enough; the value is the pair's margin",
    "language_pair_too_small": "the two languages have fewer pairs than `least_pairs`",
}


def end_rows(members: pa.Table, pairs: Any, src_lang: str, tgt_lang: str) -> pa.RecordBatch:
    """Pairs twice, once for each end: rows of `MINED` with the unit that they go to.

    Args:
        members: the rows that were compared: unit, row, uid, scope, digest.
        pairs: `filters.margin.Pairs` of n numbers of these rows.
        src_lang: the language of the sources.
        tgt_lang: that of the targets.
    """
    from ..filters.parallel_tables import hash_uids

    ends = [members.take(pa.array(numbers)) for numbers in (pairs.source, pairs.target)]
    is_copy = pc.equal(one_chunk(ends[0], "digest"), one_chunk(ends[1], "digest"))
    count = len(pairs.source)
    languages = [pa.array([name] * count, pa.string()) for name in (src_lang, tgt_lang)]
    uid = hash_uids([one_chunk(ends[0], "uid"), one_chunk(ends[1], "uid"), *languages], count)
    batches = []
    for role, here, there in ((SOURCE, ends[0], ends[1]), (TARGET, ends[1], ends[0])):
        batches.append(
            pa.record_batch(
                [
                    one_chunk(here, "row"), pa.array(np.full(count, role, np.int8)), uid,
                    *languages,
                    one_chunk(ends[0], "uid"), one_chunk(ends[1], "uid"), one_chunk(here, "scope"),
                    one_chunk(there, "unit"), pa.array(pairs.margin), pa.array(pairs.cosine), is_copy,
                    one_chunk(here, "unit"),
                ],
                schema=MINED.append(PARTITION),
            )
        )  # fmt: skip
    return pa.concat_batches(batches)


def repeated_rows(members: pa.Table, numbers: npt.NDArray[np.int64]) -> pa.RecordBatch:
    """Rows of `MINED` that say that a row was not compared since an equal one was."""
    some = members.select(["unit", "row"]).take(pa.array(numbers))
    columns: list[Any] = [pa.nulls(len(numbers), field.type) for field in MINED]
    columns[:2] = [one_chunk(some, "row"), pa.array(np.full(len(numbers), REPEATED, np.int8))]
    return pa.record_batch([*columns, one_chunk(some, "unit")], schema=MINED.append(PARTITION))


def holds(mined: pa.Table, verdicts: pa.Table) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Of rows of `MINED` whether their margin is large enough, and whether their languages are published."""
    codes: dict[str, tuple[float, bool]] = {
        f"{row['src_lang']} {row['tgt_lang']}": (row["threshold"], row["published"]) for row in verdicts.to_pylist()
    }
    names = pc.binary_join_element_wise(mined.column("src_lang"), mined.column("tgt_lang"), " ")
    found = as_array(names).dictionary_encode()
    known = [codes.get(name, (np.inf, False)) for name in found.dictionary.to_pylist()]
    known.append((np.inf, False))
    place = pc.fill_null(found.indices, len(known) - 1).to_numpy(zero_copy_only=False)
    margin = pc.fill_null(as_array(mined.column("margin")), -np.inf).to_numpy(zero_copy_only=False)
    least, published = (np.array([value[part] for value in known]) for part in (0, 1))
    return margin >= least[place], published[place].astype(np.bool_)


def candidate_rows(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Of rows of `MINED` each pair once, without copies."""
    kept = pc.and_(pc.equal(batch.column("role"), SOURCE), pc.invert(pc.fill_null(batch.column("is_copy"), False)))
    return batch.filter(kept)


def margins_by_languages(batch: pa.RecordBatch) -> Iterator[tuple[str, str, npt.NDArray[np.float64]]]:
    """The margins of every two languages."""
    names = pc.binary_join_element_wise(batch.column("src_lang"), batch.column("tgt_lang"), " ").dictionary_encode()
    numbers, margin = names.indices.to_numpy(), batch.column("margin").to_numpy()
    for number, name in enumerate(names.dictionary.to_pylist()):
        source, target = name.split(" ")
        yield source, target, margin[numbers == number]


@dataclass(frozen=True)
class Fates:
    """What becomes of the rows of a unit.

    Attributes:
        pairs: rows of `MINED` that become pairs here, by row, target language and target.
        consumed: numbers of rows that are in a pair, ascending.
        reasons: of the other rows of which something is known, number -> (reason, value).
    """

    pairs: pa.Table
    consumed: npt.NDArray[np.int64]
    reasons: Mapping[int, tuple[str, float | None]]


def fates(mined: pa.Table, verdicts: pa.Table, unscreened: pa.Table) -> Fates:
    """Decide on the rows of a unit.

    Args:
        mined: rows of `MINED` for this unit.
        verdicts: rows of `VERDICTS`.
        unscreened: `row` and `reason` of rows that were not compared.
    """
    sure, published = holds(mined, verdicts)
    role = one_chunk(mined, "role").to_numpy()
    copies = pc.fill_null(one_chunk(mined, "is_copy"), False).to_numpy(zero_copy_only=False)
    kept = (role != REPEATED) & ~copies & sure & published
    rows = one_chunk(mined, "row").to_numpy().astype(np.int64)
    consumed = np.unique(rows[kept])
    reasons: dict[int, tuple[str, float | None]] = {}
    margin = one_chunk(mined, "margin").to_numpy(zero_copy_only=False)
    # the best that can be said of a row comes last, and stays
    for name, chosen in (
        ("repeated", role == REPEATED),
        ("below_threshold", (role != REPEATED) & ~copies & ~sure),
        ("copy", (role != REPEATED) & copies),
        ("language_pair_too_small", (role != REPEATED) & ~copies & sure & ~published),
    ):
        places = np.flatnonzero(chosen)
        places = places[np.argsort(margin[places], kind="stable")] if name == "below_threshold" else places
        for place in places.tolist():
            reasons[int(rows[place])] = (name, float(margin[place]) if name == "below_threshold" else None)
    for row, reason in zip(*(unscreened.column(name).to_pylist() for name in ("row", "reason")), strict=True):
        reasons[row] = (reason, None)
    pairs = mined.filter(pa.array(kept & (role == SOURCE)))
    pairs = pairs.sort_by([("row", "ascending"), ("tgt_lang", "ascending"), ("tgt_uid", "ascending")])
    return Fates(pairs.combine_chunks(), consumed, reasons)


def removed_rows(rows: pa.RecordBatch, start: int, found: Fates) -> pa.RecordBatch:
    """The rows of a batch that are in no pair, with their reasons."""
    numbers = np.arange(start, start + rows.num_rows)
    gone = numbers[~np.isin(numbers, found.consumed)]
    left = rows.take(pa.array(gone - start))
    said = [found.reasons.get(int(number), ("no_counterpart", None)) for number in gone]
    names = pa.array([name for name, _ in said], pa.string())
    values = pa.array([value for _, value in said], pa.float64())
    pairs = pa.StructArray.from_arrays([names, values], fields=list(RULE_VALUES.value_type))
    lists = pa.ListArray.from_arrays(pa.array(np.arange(len(names) + 1, dtype=np.int32)), pairs).cast(RULE_VALUES)
    return left.append_column("reason", names).append_column("reasons", lists)


def outcome(kept: pa.RecordBatch, rows: pa.RecordBatch, start: int, found: Fates) -> Outcome:
    """The pairs that begin in a batch, and what becomes of its rows."""
    removed = removed_rows(rows, start, found)
    chosen = found.consumed[(found.consumed >= start) & (found.consumed < start + rows.num_rows)]
    languages = rows.column("language").take(pa.array(chosen - start))
    consumed = {entry["values"]: entry["counts"] for entry in pc.value_counts(languages).to_pylist()}
    return Outcome(kept, removed if removed.num_rows else None, {}, consumed, kept.num_rows)


def pair_batch(
    pairs: pa.Table, sources: Mapping[str, pa.Array], targets: Mapping[str, pa.Array], text: str,
    carry: Sequence[str], score: npt.NDArray[np.float32], method: str, schema: pa.Schema,
) -> pa.RecordBatch:  # fmt: skip
    """Pairs as the stage gives them.

    Args:
        pairs: n rows of `MINED`.
        sources: n values of each of the columns `text` and `carry` of their sources.
        targets: the same of their targets.
        text: the column that becomes `src` and `tgt`.
        carry: columns that come along as `src_NAME` and `tgt_NAME`.
        score: n scores.
        method: for the column `method`.
        schema: of the stage's output.
    """
    count = pairs.num_rows
    scope = one_chunk(pairs, "scope")
    named: dict[str, pa.Array] = {name: one_chunk(pairs, name) for name in ("uid", "src_lang", "tgt_lang")}
    named |= {name: one_chunk(pairs, name) for name, _ in OWN}
    named |= {"src": sources[text], "tgt": targets[text], "score": pa.array(score)}
    named |= {
        "method": pa.array([method] * count, pa.string()),
        "doc_key": pc.if_else(pc.equal(scope, ""), pa.scalar(None, pa.string()), scope),
        "group_uid": pa.nulls(count, pa.string()),
    }
    for name in carry:
        named |= {f"src_{name}": sources[name], f"tgt_{name}": targets[name]}
    return pa.RecordBatch.from_arrays([named[field.name].cast(field.type) for field in schema], schema=schema)
