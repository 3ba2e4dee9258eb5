"""Exact dedup: of all documents with the same text (or the same address) one stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ..engine.errors import ConfigError
from ..engine.outcome import Outcome
from ..engine.stage import Step, StepInput, StepStage, columns
from .by_configuration import ByConfiguration
from .dedup_scope import (
    PROTECTED,
    Scope,
    check_scope,
    protect_field,
    protections,
    protects,
    scope_column,
    scope_field,
    scope_libraries,
    scoped,
)
from .row_verdicts import (
    PARTITION,
    RowVerdicts,
    annotate,
    as_array,
    numbered,
    one_chunk,
    repeated_keys,
    split_duplicates,
    with_columns,
)
from .survivor import Survivor, check_survivor, survivor_columns, survivor_field, survivor_fields, survivor_order

_KEY = [("key", pa.uint64()), ("key_rest", pa.uint64())]
_KEYS = pa.schema([*_KEY, ("unit", pa.int32()), ("row", pa.int32())])
_REPEATS = pa.schema([("row", pa.int32()), *_KEY])
_VERDICTS = pa.schema([("row", pa.int32()), ("duplicate_of", pa.string()), ("exact_cluster_size", pa.int32())])


class ExactDedup(StepStage):
    """Keep one of all documents whose texts are the same.

    Same means: equal characters in Unicode's form NFC, with every run of white space as one space, and with control and
    format characters (byte order marks, joiners, the zero-width space) ignored; upper and lower case stay apart. With
    `key: url` documents of one address are the same, whatever their text: `http` and `https`, `www.`, a slash at the
    end, the fragment and tracking parameters make no difference, and a document without an address has no duplicate.

    A row is removed for the reason `exact_duplicate`; its `duplicate_of` and `cluster_id` are the uid of the copy that
    stayed, and `exact_cluster_size` counts the copies, the one that stayed among them (1: there was no other).
    `is_canonical` is true for what stayed.

    The copy with the earliest `date` stays unless `survivor` says otherwise (dates are compared as text; none comes
    last); among those of one date the contents of the records decide, so that the same records in other files leave
    the same copies.
    """

    key: Literal["text", "url"] = Field("text", description="what must be equal: the normalised text, or the address")
    survivor: Survivor = survivor_field("oldest")
    scope: Scope = scope_field()
    protect: str | None = protect_field()

    needs: ClassVar[tuple[str, ...]] = ("uid", "text")
    libraries: ClassVar[Any] = ByConfiguration((), scope_libraries)
    adds: ClassVar[Mapping[str, pa.DataType]] = columns(
        exact_cluster_size="int32", cluster_id="string", is_canonical="bool"
    )
    reasons: ClassVar[Mapping[str, str]] = {
        "exact_duplicate": "a copy; `duplicate_of` is the uid of the one that stayed",
    }

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The input's columns and how many copies there were.

        Raises:
            ConfigError: a needed column is missing.
        """
        if self.key == "url" and schema.get_field_index("url") < 0:
            raise ConfigError(
                "'key: url' needs the column 'url', which the input does not have",
                where="exact_dedup.key",
                hint="see input.columns, or take 'key: text'",
            )
        check_survivor(self.survivor, schema, "exact_dedup")
        check_scope(self.scope, self.protect, schema, "exact_dedup")
        return super().output_schema(schema)

    def removed_schema(self, schema: pa.Schema) -> pa.Schema:
        """As the kept rows, with the uid of the copy that stayed."""
        return with_columns(self.output_schema(schema), duplicate_of=pa.string())

    def steps(self) -> tuple[Step, ...]:
        """Keys per unit, rows with equal keys per partition, what decides among them, who stays, removal."""
        ranked = ("survivor", "protect")
        read = tuple(dict.fromkeys(filter(None, (self.key, scope_column(self.scope)))))
        return (
            Step("keys", "units", self._keys, schema=_KEYS, fields=("key", "scope"), columns=read),
            Step("repeats", "partitions", self._repeats, schema=_REPEATS, slices=("keys",), fields=()),
            Step("ranks", "units", self._ranks, schema=self._ranked(), slices=("repeats",), fields=ranked),
            Step("groups", "partitions", self._groups, schema=_VERDICTS, slices=("ranks",), fields=("survivor",)),
            Step("apply", "units", self._apply, slices=("groups",), fields=()),
        )

    def sizes(self, rows: int, size: int) -> Mapping[str, int]:
        """A key and a place for every row; what decides among rows with one key is only read of these."""
        return {"keys of all rows": rows * 24}

    def _ranked(self) -> pa.Schema:
        """The schema of the step `ranks`."""
        return pa.schema([*_KEYS, PROTECTED, *survivor_fields(self.survivor)])

    def _keys(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """One row for every document that can have a copy."""
        from ..filters.urls import canonical_urls
        from ..kernels.hashing import text_hashes

        for start, batch in numbered(given.rows):
            compared = canonical_urls(batch.column("url")) if self.key == "url" else batch.column("text")
            known = pc.is_valid(compared)
            numbers = start + np.flatnonzero(known.to_numpy(zero_copy_only=False))
            rows = batch.filter(known)
            keys = scoped(text_hashes(compared.filter(known)), rows, self.scope)
            yield pa.RecordBatch.from_pydict(
                {
                    "key": keys[:, 0],
                    "key_rest": keys[:, 1],
                    "unit": np.full(rows.num_rows, given.index, np.int32),
                    "row": numbers.astype(np.int32),
                    "partition": (keys[:, 0] % np.uint64(given.partitions)).astype(np.int32),
                },
                schema=_KEYS.append(PARTITION),
            )

    def _repeats(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """The documents whose key (its first half) another one has, too."""
        yield repeated_keys(given.tables["keys"], _REPEATS.names)

    def _ranks(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """What decides among documents with one key."""
        repeats = RowVerdicts(given.tables["repeats"])
        for start, batch in numbered(given.rows):
            keys = repeats.of(start, batch.num_rows)
            known = as_array(pc.is_valid(keys.column("key")))
            if not known.true_count:
                continue
            rows, keys = batch.filter(known), keys.filter(known)
            found = {
                "key": as_array(keys.column("key")),
                "key_rest": as_array(keys.column("key_rest")),
                "unit": np.full(rows.num_rows, given.index, np.int32),
                "row": as_array(keys.column("row")),
                "protected": protections(rows, self.protect),
                "partition": (keys.column("key").to_numpy() % np.uint64(given.partitions)).astype(np.int32),
            }
            found |= survivor_columns(rows, self.survivor)
            yield pa.RecordBatch.from_pydict(found, schema=self._ranked().append(PARTITION))

    def _groups(self, given: StepInput) -> Iterator[pa.RecordBatch]:
        """For every document with copies: how many there are, and which one stays."""
        table = given.tables["ranks"]
        table = table.take(pa.array(survivor_order(table, self.survivor, ["key", "key_rest"])))
        keys = np.stack([table.column("key").to_numpy(), table.column("key_rest").to_numpy()])
        begins = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)) if table.num_rows else np.zeros(0, bool)
        starts = np.flatnonzero(begins)
        first = np.repeat(starts, np.diff(np.append(starts, table.num_rows)))
        own = np.arange(table.num_rows)
        first = np.where(protects(one_chunk(table, PROTECTED.name), first), own, first)
        size = np.bincount(first, minlength=table.num_rows)[first]
        original = one_chunk(table, "uid").take(pa.array(first, mask=first == own))
        found = pa.RecordBatch.from_pydict(
            {
                "row": one_chunk(table, "row"),
                "duplicate_of": original,
                "exact_cluster_size": size.astype(np.int32),
                "partition": one_chunk(table, "unit"),
            },
            schema=_VERDICTS.append(PARTITION),
        )
        yield found.filter(pa.array(size > 1))

    def _apply(self, given: StepInput) -> Iterator[Outcome]:
        """Remove every copy but the one that stays."""
        verdicts = RowVerdicts(given.tables["groups"])
        for start, rows in numbered(given.rows):
            found = verdicts.of(start, rows.num_rows)
            size = pc.fill_null(found.column("exact_cluster_size"), pa.scalar(1, pa.int32()))
            original = as_array(found.column("duplicate_of"))
            annotated = annotate(
                rows,
                exact_cluster_size=size,
                cluster_id=pc.coalesce(original, rows.column("uid")),
                is_canonical=pc.is_null(original),
            )
            yield split_duplicates(annotated, "exact_duplicate", duplicate_of=original)
