"""Where two rows have to come from to be compared by `mine`: anywhere, one host, one registered domain, one value."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BeforeValidator

from .scope_names import NAMED, as_text, one_of

_COLUMNS = {"host": "url", "origin": "url", "domain": "url"}

_known = one_of(_COLUMNS, "global, host, origin, domain, {column: NAME}")
MiningScope = Annotated[str, BeforeValidator(as_text), AfterValidator(_known)]
"""The configuration: `global`, `host`, `origin`, `domain` or `column: NAME`."""


def scope_column(scope: str) -> str | None:
    """The column that a scope reads; None for `global`."""
    found = NAMED.fullmatch(scope)
    return found[1] if found else _COLUMNS.get(scope)


def scope_values(rows: pa.RecordBatch, scope: str) -> pa.Array:
    """The scope of each row, as text: rows of equal ones are compared; null for a row that has none.

    `host` is an address's host in lower case, `origin` that with scheme and port (https://www.example.org), `domain`
    the registered domain. The scope of all rows is empty where it is `global`.
    """
    from ..kernels.hosts import ADDRESS, registered_domains

    column = scope_column(scope)
    if column is None:
        return pa.array([""], pa.string()).take(pa.array([0] * rows.num_rows, pa.int64()))
    values = rows.column(column)
    if scope == "domain":
        return registered_domains(values)
    if scope not in ("host", "origin"):
        return values if pa.types.is_string(values.type) else values.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(values)
    parts = pc.extract_regex(trimmed, pattern=ADDRESS)
    host = pc.replace_substring_regex(pc.utf8_lower(pc.struct_field(parts, "host")), r"\.+$", "")
    host = pc.if_else(pc.equal(host, ""), pa.scalar(None, pa.string()), host)
    if scope == "host":
        return host
    scheme = pc.struct_field(pc.extract_regex(trimmed, pattern=r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"), "scheme")
    scheme = pc.utf8_lower(scheme)
    return pc.binary_join_element_wise(scheme, "://", host, pc.struct_field(parts, "port"), "")
