"""Published files that are no Parquet: written piece by piece, and kept under the hash of their bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xxhash

from .errors import HexaplaError
from .records import Part, UnitRecord
from .stage import FilePiece
from .store import Store

_KEY = "file:"


class PublishedFiles:
    """The files of one call of a publishing step.

    Args:
        spool: a local scratch folder.
    """

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._open: dict[str, tuple[Path, Any, Any]] = {}

    def add(self, piece: FilePiece) -> None:
        """Append a piece to its file.

        Raises:
            HexaplaError: the path lies outside of `data/`.
        """
        if not piece.path.startswith("data/") or ".." in piece.path.split("/"):
            raise HexaplaError("a published file lies below data/", where=piece.path)
        if piece.path not in self._open:
            path = self._spool / f"published-{len(self._open)}"
            self._open[piece.path] = (path, path.open("wb"), xxhash.xxh3_128())
        _, handle, digest = self._open[piece.path]
        handle.write(piece.data)
        digest.update(piece.data)

    def commit(self, store: Store, folder: str) -> dict[str, list[Part]]:
        """Put the files into `folder`, named by their content; returns the parts of the record, by published path."""
        parts = {}
        for name, (path, handle, digest) in self._open.items():
            handle.close()
            size, content = path.stat().st_size, digest.hexdigest()
            kept = f"{folder}/{content}"
            store.put(path, kept)
            parts[_KEY + name] = [Part(kept, 0, size, content)]
        return parts


def published_files(record: UnitRecord) -> dict[str, Part]:
    """The files that a call of a publishing step left, by the path that they are published under."""
    return {name.removeprefix(_KEY): parts[0] for name, parts in record.parts.items() if name.startswith(_KEY)}
