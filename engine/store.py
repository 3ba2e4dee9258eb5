"""Where outputs live: any fsspec URL behind six calls, each of which either happens whole or not at all."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa

from .errors import ConfigError, HexaplaError, RetryableError

LOG = logging.getLogger(__name__)
SPOOL = ".spool"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FOR_GOOD = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}
)
_OF_THE_DISK = _FULL | {errno.EROFS, errno.EIO, errno.ESTALE}
"""What goes wrong with a disk and with nothing else that a task does."""


class Store:
    """A folder on a file system or object store.

    Args:
        root: a path or fsspec URL (`curated/`, `s3://bucket/curated`).

    Raises:
        ConfigError: no store is known by that protocol, or its library is missing.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        try:
            self.filesystem, path = fsspec.core.url_to_fs(root)
        except (ImportError, ValueError) as error:
            raise ConfigError(
                f"the output cannot be reached: {error}", where=root, hint="a folder, or a URL such as s3://bucket/folder"
            ) from error
        self.path = str(path).rstrip("/") or "/"
        self.is_local = "file" in _protocols(self.filesystem)

    def full(self, name: str) -> str:
        """The file system's path of `name`, which must stay below the root."""
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or "\0" in name:
            raise ValueError(f"{name!r} does not stay inside the output folder")
        return f"{self.path}/{name}" if name else self.path

    @contextmanager
    def spool(self) -> Iterator[Path]:
        """A local scratch folder, on the same file system as a local root so that a rename puts files in place.

        Raises:
            RetryableError: the disk is full or fails.
        """
        parent = os.path.join(self.path, SPOOL) if self.is_local else None
        try:
            if parent is not None:
                os.makedirs(parent, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
        except OSError as error:
            raise cannot_write(error, parent or tempfile.gettempdir()) from error
        try:
            yield folder
        except OSError as error:
            if error.errno in _OF_THE_DISK:
                raise cannot_write(error, str(folder)) from error
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, local: Path, name: str) -> None:
        """Move a finished local file to `name`, replacing what is there."""
        target = self.full(name)
        with self._writing(target):
            if self.is_local:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(local, "rb") as handle:
                    os.fsync(handle.fileno())
                os.replace(local, target)
            else:
                self.filesystem.put_file(str(local), target)
                local.unlink()

    def put_bytes(self, data: bytes, name: str) -> None:
        """Write a small file."""
        target = self.full(name)
        with self._writing(target):
            if not self.is_local:
                self.filesystem.pipe_file(target, data)
                return
            temporary = f"{target}.{uuid.uuid4().hex}.part"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(temporary, "wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(temporary, target)

    def append(self, text: str, name: str) -> None:
        """Add lines to a file of a local root."""
        path = self.full(name)
        with self._writing(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "a", encoding="utf-8") as handle:
                handle.write(text)

    @contextmanager
    def _writing(self, target: str) -> Iterator[None]:
        """Make one of our errors of what goes wrong; libraries of object stores have errors of every kind."""
        try:
            yield
        except HexaplaError:
            raise
        except Exception as error:
            if self.is_local and not isinstance(error, OSError):
                raise
            raise cannot_write(error, target) from error

    def put_json(self, value: Any, name: str) -> None:
        """Write a value as JSON with sorted keys, so that equal values give equal bytes."""
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
        self.put_bytes(text.encode() + b"\n", name)

    def get_bytes(self, name: str) -> bytes | None:
        """Read a small file; None when there is none."""
        path = self.full(name)
        try:
            return bytes(self.filesystem.cat_file(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:
            raise RetryableError(f"cannot be read: {error!r}", where=path, hint="the same command resumes") from error

    def get_json(self, name: str) -> Any:
        """Read a JSON file; None when there is none or it is not JSON."""
        data = self.get_bytes(name)
        if data is None:
            return None
        try:
            return json.loads(data)
        except ValueError:
            return None

    def open(self, name: str) -> Any:
        """Open a file for reading at any position.

        Raises:
            RetryableError: it is gone, or the store fails.
        """
        path = self.full(name)
        try:
            return pa.OSFile(path, "rb") if self.is_local else self.filesystem.open(path, "rb")
        except Exception as error:
            raise RetryableError(f"cannot be read: {error!r}", where=path, hint="the same command resumes") from error

    def exists(self, name: str) -> bool:
        """Whether the file or folder is there."""
        return bool(self.filesystem.exists(self.full(name)))

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Keep other runs out while this one works, as long as the file system has locks; they end with the process.

        Raises:
            RetryableError: another run is at work.
        """
        if not self.is_local:
            yield
            return
        import fcntl

        path = self.full(name)
        with self._writing(path):
            handle = open(path, "ab")  # noqa: SIM115
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                hint = "wait until it ends, or choose another output"
                raise RetryableError("another run is at work on this output", where=self.root, hint=hint) from error
            except OSError as error:
                LOG.debug("%s has no locks: %s", path, error)
            yield

    def size(self, name: str) -> int:
        """Size of a file in bytes; -1 when there is none."""
        try:
            return os.path.getsize(self.full(name)) if self.is_local else int(self.filesystem.size(self.full(name)))
        except OSError:
            return -1

    def files(self, folder: str = "") -> list[str]:
        """All files below a folder, relative to the root, sorted."""
        base = self.full(folder)
        if not self.filesystem.exists(base):
            return []
        self.filesystem.invalidate_cache()
        skip = len(self.path) + 1
        return sorted(str(path)[skip:] for path in self.filesystem.find(base))

    def top_names(self) -> list[str]:
        """Names of what lies directly in the root."""
        if not self.filesystem.exists(self.path):
            return []
        return [str(path).rstrip("/").rpartition("/")[2] for path in self.filesystem.ls(self.path, detail=False)]

    def link(self, source: str, target: str) -> None:
        """Make `target` the same file as `source`: a hard link where the file system can, else a copy."""
        if not self.is_local:
            self.filesystem.copy(self.full(source), self.full(target))
            return
        old, new = self.full(source), self.full(target)
        with self._writing(new):
            os.makedirs(os.path.dirname(new), exist_ok=True)
            if os.path.exists(new) and os.path.samefile(old, new):
                return
            # not beside the target: what a killed run leaves there would look published
            os.makedirs(os.path.join(self.path, SPOOL), exist_ok=True)
            temporary = os.path.join(self.path, SPOOL, f"{uuid.uuid4().hex}.part")
            try:
                os.link(old, temporary)
            except OSError:
                shutil.copyfile(old, temporary)
            os.replace(temporary, new)
            Path(temporary).unlink(missing_ok=True)  # a rename onto the same file does nothing

    def delete(self, name: str) -> None:
        """Delete a file or folder; nothing happens when it is not there."""
        path = self.full(name)
        if self.is_local:
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else Path(path).unlink(missing_ok=True)
        elif self.filesystem.exists(path):
            self.filesystem.rm(path, recursive=True)

    def prune_empty(self, folder: str) -> None:
        """Delete the empty folders below `folder` (object stores have none)."""
        if self.is_local:
            for path, _, _ in os.walk(self.full(folder), topdown=False):
                if path != self.path:
                    try:
                        os.rmdir(path)
                    except OSError:
                        continue


def cannot_write(error: Exception, where: str) -> HexaplaError:
    """The error that a failed write is: exit code 2 where trying again cannot help, else 75."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _FOR_GOOD or isinstance(error, PermissionError | NotImplementedError):
        hint = "choose another output, or change what is there or its permissions"
        return ConfigError(f"cannot write: {error}", where=where, hint=hint)
    if number in _FULL:
        return RetryableError("the disk is full", where=where, hint="make room; the same command resumes")
    shown = error if isinstance(error, OSError) else repr(error)
    return RetryableError(f"cannot write: {shown}", where=where, hint="the same command resumes")


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
