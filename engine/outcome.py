"""What a stage makes of a batch of rows: the kept ones, the removed ones with their reasons, and counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

RULE_VALUES = pa.list_(pa.struct([("rule", pa.string()), ("value", pa.float64())]))
"""Type of `reasons`: every rule that a row broke, with the value that broke it (null where there is none)."""

REASON_COLUMNS = (("removed_by", pa.string()), ("reason", pa.string()), ("reasons", RULE_VALUES))


@dataclass(frozen=True)
class Outcome:
    """The result of a map stage on one batch.

    Attributes:
        kept: rows that go on, in input order, with the stage's output schema.
        removed: rows that end here, in input order, with the columns `reason` and `reasons` last; None for none.
        counters: whole numbers to add up over all batches (replacements made, lists consulted ...); keys are free.
        consumed: rows that were used up without being kept or removed (only for stages that join or align): their
            number, or language -> number.
        created: rows in `kept` that no single input row became (only for stages that join or align), likewise.
    """

    kept: pa.RecordBatch
    removed: pa.RecordBatch | None = None
    counters: Mapping[str, int] = field(default_factory=dict)
    consumed: int | Mapping[str, int] = 0
    created: int | Mapping[str, int] = 0

    @classmethod
    def keep(cls, rows: pa.RecordBatch, counters: Mapping[str, int] | None = None) -> Outcome:
        """Keep every row."""
        return cls(rows, None, dict(counters or {}))

    @classmethod
    def split(
        cls,
        rows: pa.RecordBatch,
        keep: pa.BooleanArray,
        *,
        reason: str | pa.StringArray,
        values: pa.Array | None = None,
        reasons: pa.ListArray | None = None,
        counters: Mapping[str, int] | None = None,
    ) -> Outcome:
        """Keep the rows where `keep` is true; the others are removed.

        Args:
            rows: n rows, already with the stage's output schema.
            keep: n booleans without nulls.
            reason: the first rule that each row broke: one name for all, or n names (those of kept rows are ignored).
            values: n numbers, what broke the one rule that each row broke; by default null.
            reasons: n lists of `RULE_VALUES`, for rows that can break several; by default that of the one reason.
            counters: see the class.
        """
        if keep.true_count == len(keep):
            return cls.keep(rows, counters)
        drop = pc.invert(keep)
        gone = rows.filter(drop)
        names = pa.array([reason] * gone.num_rows, pa.string()) if isinstance(reason, str) else reason.filter(drop)
        if reasons is None:
            numbers = pa.nulls(len(names), pa.float64()) if values is None else values.filter(drop).cast(pa.float64())
            pairs = pa.StructArray.from_arrays([names, numbers], fields=list(RULE_VALUES.value_type))
            lists = pa.ListArray.from_arrays(pa.array(range(len(names) + 1), pa.int32()), pairs).cast(RULE_VALUES)
        else:
            lists = reasons.filter(drop).cast(RULE_VALUES)
        gone = gone.append_column("reason", names).append_column("reasons", lists)
        return cls(rows.filter(keep), gone, dict(counters or {}))
