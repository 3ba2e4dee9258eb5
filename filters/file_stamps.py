"""What tells whether files have changed, so that what was read of them is read again: for the keys of caches."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[tuple[str, int, int, int, int], ...]
"""Path, size in bytes, times of change of the contents and of the entry in nanoseconds, and inode of each file.

Size and first time alone miss a file that another of the same size replaces, with its time kept (`cp -p`, archives,
file systems that count whole seconds).
"""


def stamp(path: str | Path) -> Stamp:
    """The state of a file, or of the files in a folder; nothing for what is not there."""
    place = Path(path)
    return stamps(sorted(place.iterdir()) if place.is_dir() else [place])


def stamps(paths: Iterable[str | Path]) -> Stamp:
    """The states of files; what is no file is left out."""
    found = []
    for path in paths:
        if Path(path).is_file():
            status = Path(path).stat()
            found.append((str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
    return tuple(found)
