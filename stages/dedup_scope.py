"""Which rows can be duplicates at all: within a scope, and never where a column protects them.

The same in every dedup stage. The scope is mixed into the keys under which rows meet, so rows of two scopes never do.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BeforeValidator, Field

from ..engine.errors import ConfigError, nearest
from .scope_names import NAMED, as_text, one_of

_COLUMNS = {"language": "language", "domain": "url", "dump": "dump"}
_ODD = np.uint64(0xD6E8FEB86659FD93)

ALWAYS = 0xFFFFFFFFFFFFFFFF
"""The protection of a row that is never removed."""

PROTECTED = pa.field("protected", pa.uint64())
"""What `protections` makes."""

_known = one_of(_COLUMNS, "global, language, domain, dump, `column: NAME`")
Scope = Annotated[str, BeforeValidator(as_text), AfterValidator(_known)]
"""The configuration: `global`, `language`, `domain`, `dump` or `column: NAME`."""


def scope_field() -> Scope:
    """The configuration key `scope`."""
    found: Scope = Field(
        "global",
        description="only rows of one scope can be duplicates: global, language, domain (the registered domain of "
        "`url`), dump, or {column: NAME}; a null is a scope of its own",
    )
    return found


def protect_field() -> str | None:
    """The configuration key `protect`."""
    found: str | None = Field(
        None,
        description="a column: rows with the same value (not null) are never duplicates of each other, such as the "
        "translations of one work; where it holds true and false, rows that are true are never removed",
    )
    return found


def check_scope(scope: str, protect: str | None, schema: pa.Schema, stage: str) -> None:
    """See that the rows have the columns.

    Raises:
        ConfigError: one is missing.
    """
    for key, column in (("scope", scope_column(scope)), ("protect", protect)):
        if column is not None and schema.get_field_index(column) < 0:
            hint = nearest(column, schema.names)
            if scope == "language" and key == "scope":
                hint = "a stage `language` before this one, or another scope"
            raise ConfigError(f"there is no column {column!r}, which {key!r} needs", where=f"{stage}.{key}", hint=hint)


def scope_column(scope: str) -> str | None:
    """The column that a scope reads."""
    found = NAMED.fullmatch(scope)
    return found[1] if found else _COLUMNS.get(scope)


def scope_libraries(stage: Any) -> tuple[str, ...]:
    """Libraries that a stage's scope depends on: what a registered domain is, says the list in `tld`."""
    return ("tld",) if stage.scope == "domain" else ()


def scope_hashes(rows: pa.RecordBatch, scope: str) -> npt.NDArray[np.uint64] | None:
    """Hashes of the rows' scopes: n uint64, equal where rows can be duplicates; None when all can."""
    from ..kernels.hashing import value_hashes
    from ..kernels.hosts import registered_domains

    column = scope_column(scope)
    if column is None:
        return None
    values = rows.column(column)
    return value_hashes(registered_domains(values) if scope == "domain" else values)


def scoped(keys: npt.NDArray[np.uint64], rows: pa.RecordBatch, scope: str) -> npt.NDArray[np.uint64]:
    """Keys that are equal only where the rows' scopes are, too.

    Args:
        keys: n or n x k uint64.
        rows: n rows.
        scope: the scope; `global` leaves keys as they are.
    """
    hashes = scope_hashes(rows, scope)
    if hashes is None:
        return keys
    mixed = hashes if keys.ndim == 1 else hashes[:, np.newaxis]
    found = (keys ^ mixed) * _ODD
    return found ^ (found >> np.uint64(32))


def protections(rows: pa.RecordBatch, protect: str | None) -> pa.Array:
    """What protects the rows from each other (see `protects`).

    Args:
        rows: n rows.
        protect: the column; None for no protection.

    Returns:
        n uint64, null for a row without protection. Rows of equal values are never duplicates of each other; `ALWAYS`
        is a row that is never removed.
    """
    from ..kernels.hashing import value_hashes

    if protect is None:
        return pa.nulls(rows.num_rows, pa.uint64())
    column = rows.column(protect)
    if pa.types.is_boolean(column.type):
        true = pc.fill_null(column, False)
        return pc.if_else(true, pa.scalar(ALWAYS, pa.uint64()), pa.scalar(None, pa.uint64()))
    return pc.if_else(pc.is_valid(column), pa.array(value_hashes(column)), pa.scalar(None, pa.uint64()))


def protects(protected: pa.Array, others: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether rows are protected from being duplicates of other rows.

    Args:
        protected: n values of `protections`.
        others: for each of the n rows the index of the row whose duplicate it may be.
    """
    values = pc.fill_null(protected, pa.scalar(0, pa.uint64())).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.bool_] = (values != 0) & ((values == values[others]) | (values == np.uint64(ALWAYS)))
    return found
