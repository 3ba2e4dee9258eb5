"""Files as they are: one row per file with its bytes, for stages that know what is in them."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from .files import InputFile
from .rows import ReadBatch, RowBuffer, UidMaker
from .streams import Line

FILES_SCHEMA = pa.schema(
    [("uid", pa.string()), ("id", pa.string()), ("file_path", pa.string()), ("content", pa.binary())]
)


def read_whole(file: InputFile, contents: Iterator[Line]) -> Iterator[ReadBatch]:
    """The row of a file, or why its bytes could not be had; compressed files are unpacked, `id` is the path.

    Args:
        file: the file.
        contents: its bytes, one record.
    """
    uids = UidMaker(file.relative)
    buffer = RowBuffer(FILES_SCHEMA, file.relative, uids)
    for content in contents:
        if content.problem:
            value = float(content.size) if content.problem == "record_too_large" else None
            buffer.add_broken(content.offset, content.problem, content.data, size=content.size, value=value)
        elif not content.data:
            buffer.consume("empty_file")
        else:
            row = (uids.at(content.offset, content.data), file.relative, file.relative, content.data)
            buffer.add(row, len(content.data))
    if buffer:
        yield buffer.take()
