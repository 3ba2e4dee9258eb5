"""Reading back what a run has stored, and noticing when it is not what was written.

Every page of a stored file carries a checksum, which is verified as it is read; and every file is named by the hash of
its bytes, which decides whether a read that failed was the file's fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import xxhash

from .errors import DamagedFileError, HexaplaError
from .store import Store


@contextmanager
def open_part(store: Store, path: str) -> Iterator[Any]:
    """Open a stored Parquet file whose name is the hash of its bytes.

    Raises:
        DamagedFileError: reading failed and the bytes do not fit the name.
    """
    with store.open(path) as handle:
        try:
            yield handle
        except HexaplaError:
            raise
        except (OSError, pa.ArrowException, ValueError, MemoryError) as error:
            if is_damaged(store, path):
                raise DamagedFileError(path, where=store.full(path)) from error
            raise


def is_damaged(store: Store, path: str) -> bool:
    """Whether the file can be read as bytes and they do not fit its name."""
    digest = xxhash.xxh3_128()
    try:
        with store.open(path) as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return False
    return bool(digest.hexdigest() != path.rpartition("/")[2].partition(".")[0])
