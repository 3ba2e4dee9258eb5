"""Columns of the stage `join` that are missing or of a wrong type are named before anything runs."""

from __future__ import annotations

import pyarrow as pa

from ..engine.errors import ConfigError
from ..filters.join_schemas import Columns
from ..filters.parallel_tables import table_kind


def check_columns(columns: Columns, schema: pa.Schema, pivot: bool) -> None:
    """Refuse columns that are missing or cannot hold what they should.

    Raises:
        ConfigError: names the key of the configuration and the column.
    """
    if pivot:
        if table_kind(schema) not in ("pairs", "beads", "groups"):
            raise ConfigError(
                "a pivot joins pairs, beads or groups, which the input is not",
                where="join.pivot",
                hint="join keyed rows first: a `join` with keys, then one with the pivot",
            )
        return
    for key, name, kinds in (
        *(("keys", name, "key") for name in columns.keys),
        ("document", columns.document, "key"),
        ("language", columns.language, "text"),
        ("text", columns.text, "text"),
        ("index", columns.index, "whole"),
        ("times.start", columns.start, "number"),
        ("times.end", columns.end, "number"),
        ("span", columns.span, "key"),
        ("times.track", columns.track, "key"),
    ):
        if name:
            _check_column(schema, f"join.{key}", name, kinds)


def _check_column(schema: pa.Schema, where: str, name: str, kinds: str) -> None:
    if schema.get_field_index(name) < 0:
        raise ConfigError(f"the input has no column {name!r}", where=where, hint=f"it has {', '.join(schema.names)}")
    kind = schema.field(name).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    text, whole = pa.types.is_string(kind) or pa.types.is_large_string(kind), pa.types.is_integer(kind)
    allowed = {
        "text": (text, "strings"),
        "whole": (whole, "whole numbers"),
        "number": (whole or pa.types.is_floating(kind), "numbers"),
        "key": (text or whole, "strings or whole numbers"),
    }[kinds]
    if not allowed[0]:
        hint = "a column of numbers with a fraction is no key" if pa.types.is_floating(kind) else ""
        raise ConfigError(f"the column {name!r} holds {kind}, but {allowed[1]} are needed", where=where, hint=hint)
