"""What the steps of the stage `align_documents` hand on; loads without compiled code."""

from __future__ import annotations

import pyarrow as pa

SIGNS = pa.schema(
    [
        ("key", pa.uint64()),
        ("kind", pa.uint8()),
        ("node", pa.uint64()),
        ("language", pa.uint64()),
        ("family", pa.uint64()),
        ("order", pa.uint64()),
        ("neutral", pa.uint64()),
        ("rank", pa.uint8()),
        ("mark", pa.uint8()),
        ("size", pa.int32()),
        ("unit", pa.int32()),
        ("row", pa.int32()),
    ]
)
"""What a document shows under one key. `order` breaks ties by content; `rank` is 0 for what is most surely itself."""

LINKS = pa.schema(
    [
        ("first", pa.uint64()),
        ("second", pa.uint64()),
        ("first_language", pa.uint64()),
        ("score", pa.uint8()),
        ("method", pa.uint8()),
    ]
)
"""Edges between nodes; a score is in hundredths. With the method HREFLANG the first links to the second."""

GROUPED = pa.schema(
    [
        ("row", pa.int32()),
        ("doc_key", pa.string()),
        ("score", pa.float32()),
        ("method", pa.string()),
        ("languages", pa.int32()),
        ("repeated", pa.bool_()),
    ]
)
"""The group of each document that has one, or that lost its place in one (`repeated`, without a key)."""
