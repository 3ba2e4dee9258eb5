"""Tables of joining by key: members of groups to be, what they say of languages, groups, how subtitles were fitted."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from .parallel_tables import GROUPS

MEMBERS = pa.schema(
    [
        ("document", pa.string()),
        ("key", pa.string()),
        ("number", pa.int64()),
        ("language", pa.string()),
        ("text", pa.string()),
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("track", pa.string()),
        ("counts", pa.bool_()),
        ("tie", pa.uint64()),
        ("unit", pa.int32()),
        ("row", pa.int32()),
    ]
)
"""A text in one language with its key. `number`: its place in its document and language as far as that is known;
`start` and `end`: seconds, or the first and last verse; `track`: which of several texts of one document in the language
it belongs to; `counts`: false for what comes along with another member of the same row (the pivot); `tie`: decides
between members that are equal in all else."""

JOINED = pa.schema(
    [
        *GROUPS,
        ("key", pa.string()),
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("method", pa.string()),
    ]
)
"""Groups with the key that they have in common, and the range that they cover where keys are ranges."""

EVIDENCE = pa.schema(
    [
        ("one", pa.string()),
        ("other", pa.string()),
        ("both", pa.int64()),
        ("equal", pa.int64()),
        ("shared", pa.int64()),
        ("words", pa.int64()),
    ]
)

TOTAL = pa.schema([("rows", pa.int64())])

FITS = pa.schema(
    [
        ("doc_key", pa.string()),
        ("language", pa.string()),
        ("track", pa.string()),
        ("reference", pa.string()),
        ("first", pa.int32()),
        ("stop", pa.int32()),
        ("speed", pa.float64()),
        ("shift", pa.float64()),
        ("matched", pa.float32()),
        ("residual", pa.float32()),
        ("fitted", pa.bool_()),
    ]
)
"""How a file of subtitles was fitted, a row for each of its pieces: cues `first` to `stop` (without) have the
reference's time after `time * speed + shift`; `matched` is the share of cues that begin together with one of the
reference, `residual` the median of how many seconds these lie apart, over the whole file."""

_FIT = pa.struct(list(FITS))

FOUND = pa.schema([("row", pa.int32()), ("reason", pa.string()), *JOINED, ("fit", pa.list_(_FIT))])
"""One of three: a row that is removed and its reason; a group and its first row; how subtitles were fitted."""


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; "" for what there is not.

    Attributes:
        keys: rows with equal ones belong together.
        document: whose numbers the segments get.
        language: codes of languages.
        text: what is joined.
        index: number of the segment within its document and language.
        start: seconds, or the first verse.
        end: seconds, or the last verse.
        span: ranges as text, in place of start and end.
        track: tells several texts of one document and language apart.
    """

    keys: tuple[str, ...]
    document: str
    language: str
    text: str
    index: str = ""
    start: str = ""
    end: str = ""
    span: str = ""
    track: str = ""
