"""What the steps of `align` leave for each other, and its reasons."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

from ..filters.parallel_tables import BEADS

_NUMBERS = pa.list_(pa.int32())

Segmentation = Literal["lines", "sentences"]
Directions = Literal["all"] | str | tuple[tuple[str, str], ...]

NO_KEY, NO_LANGUAGE = "no_document_key", "no_language"
REPEATED, EMPTY, ALONE = "language_repeated", "no_segments", "no_counterpart"

SEGMENTS = pa.schema(
    [
        ("doc_key", pa.string()),
        ("language", pa.string()),
        ("content", pa.uint64()),
        ("segments", pa.list_(pa.string())),
        ("numbers", pa.list_(pa.int32())),
    ]
)
"""Documents without their places: what is made of these rows does not change when other files come or go."""

PLACES = pa.schema(
    [
        ("doc_key", pa.string()),
        ("language", pa.string()),
        ("uid", pa.string()),
        ("unit", pa.int32()),
        ("row", pa.int32()),
        ("content", pa.uint64()),
        ("filled", pa.int32()),
    ]
)
WORK = pa.schema(
    [
        ("doc_key", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("src_content", pa.uint64()),
        ("tgt_content", pa.uint64()),
    ]
)
REMOVALS = pa.schema([("row", pa.int32()), ("reason", pa.string())])
MODELS = pa.schema([("source", pa.string()), ("target", pa.string()), ("model", pa.binary())])
PAIRWISE = pa.schema(
    [
        ("doc_key", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("src_content", pa.uint64()),
        ("tgt_content", pa.uint64()),
        ("src_count", pa.int32()),
        ("tgt_count", pa.int32()),
        ("src_start", _NUMBERS),
        ("src_stop", _NUMBERS),
        ("tgt_start", _NUMBERS),
        ("tgt_stop", _NUMBERS),
        ("score", pa.list_(pa.float32())),
        ("method", pa.list_(pa.string())),
        ("document_score", pa.float32()),
        ("document_reason", pa.string()),
    ]
)
"""One row for each pair of documents, its beads as lists of ranges of segments that are not blank."""
CONSENSUS = pa.schema(
    [
        ("doc_key", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("src_content", pa.uint64()),
        ("tgt_content", pa.uint64()),
        ("unit", pa.int32()),
        ("src_labels", _NUMBERS),
        ("tgt_labels", _NUMBERS),
        ("scores", pa.list_(pa.float32())),
        ("as_given", pa.list_(pa.uint8())),
    ]
)
"""For a pair of documents the bead of each segment on both sides, and the beads' scores; for a document (`target` is
null) the group of each segment and that group's agreement."""

BEAD_ROWS = pa.schema([*BEADS, ("document_score", pa.float32()), ("document_reason", pa.string())])
