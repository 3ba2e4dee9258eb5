"""Which files an input consists of: folders, globs, URLs and lists of paths, without reading a body."""

from __future__ import annotations

import gzip
import logging
import os
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from fsspec.utils import glob_translate

from ..errors import ConfigError, HexaplaError, RetryableError
from .config import InputConfig, compression_of, format_by_name, format_of
from .source import filesystem_of, is_local, open_source

LOG = logging.getLogger(__name__)
_MAGIC = re.compile(r"[*?\[]")
_TAGS = ("ETag", "etag", "blob_id", "oid", "md5Hash", "md5", "content_hash", "checksum", "version_id", "generation")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
_WORKERS = 16


@dataclass(frozen=True)
class InputFile:
    """One input file.

    Attributes:
        path: absolute local path or full URL.
        relative: path relative to the input root, with `/` and without `..`; what ids and `file_path` are made of.
        size: in bytes; -1 when the store does not say.
        identity: changes when the file changes: size and modification time (local), ETag and size (remote).
        beside: files whose lines belong to those of this one, in order; `relative`, `size` and `identity` are then
            those of all.
    """

    path: str
    relative: str
    size: int
    identity: str
    beside: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> InputFile:
        """From a JSON object."""
        return cls(**{**value, "beside": tuple(value.get("beside", ()))})


@dataclass(frozen=True)
class _Found:
    """A file with the root that its relative path starts from."""

    path: str
    root: str
    size: int
    identity: str
    relative: str | None = None


def list_files(config: InputConfig) -> list[InputFile]:
    """All input files, sorted by relative path; files of other formats in a folder are left out and logged.

    Raises:
        ConfigError: nothing matches, a listed file is not there, or the formats are mixed.
        RetryableError: the store does not answer.
    """
    if config.format == "hf" or (config.format is None and _is_hub_name(config)):
        from .hub import hub_files

        return hub_files(config)
    found: list[_Found] = []
    for path in config.paths:
        found += _listed(config, path) if config.listed else _expand(config, path)
    unique = {entry.path: entry for entry in found}
    if not unique:
        looked = ", ".join(repr(path) for path in config.paths)
        raise ConfigError(f"no input files: nothing matches {looked}", where="input.path", hint=_wanted(config))
    files = _with_relative_paths(list(unique.values()))
    _one_format(config, files)
    files.sort(key=lambda file: file.relative)
    return _side_by_side(config, files) if config.format == "moses" else files


def ending_of(path: str) -> str:
    """What a file's name ends with after its last full stop, compression aside: `fr` of `news.en-fr.fr.gz`."""
    return _uncompressed(posixpath.basename(path)).rpartition(".")[2]


def _uncompressed(name: str) -> str:
    return name.removesuffix(".gz").removesuffix(".zst")


def _side_by_side(config: InputConfig, files: list[InputFile]) -> list[InputFile]:
    """Files whose names differ in their endings only, as one input each; files with other endings are left out.

    Raises:
        ConfigError: a file has none to belong to, or one that is mapped is missing.
    """
    wanted = list(config.columns.values())
    stems: dict[str, dict[str, InputFile]] = {}
    for file in files:
        stem, ending = _uncompressed(file.relative).rpartition(".")[0], ending_of(file.relative)
        if wanted and ending not in wanted:
            LOG.warning("%s is left out: no column is mapped to its ending", file.relative)
        elif ending in stems.setdefault(stem, {}):
            raise ConfigError(f"there are two files {stem}.{ending}", where=file.path)
        else:
            stems[stem][ending] = file
    together = []
    for stem, sides in stems.items():
        order = wanted or sorted(sides)
        missing = [ending for ending in order if ending not in sides]
        if missing or len(order) < 2:
            raise ConfigError(
                f"no file {stem}.{missing[0]} belongs to {', '.join(file.relative for file in sides.values())}"
                if missing
                else f"no file belongs to {stem}.{order[0]}",
                where="input.path",
                hint="moses are files whose names differ in their endings only, such as news.en and news.fr",
            )
        ordered = [sides[ending] for ending in order]
        identity = "|".join(file.identity for file in ordered)
        size = sum(file.size for file in ordered)
        together.append(InputFile(ordered[0].path, stem, size, identity, tuple(file.path for file in ordered[1:])))
    return together


def _is_hub_name(config: InputConfig) -> bool:
    return all(path.startswith("hf://datasets/") and format_by_name(path) is None for path in config.paths)


def _wanted(config: InputConfig) -> str:
    return f"looked for files of the format {config.format}" if config.format else "looked for every known format"


def _one_format(config: InputConfig, files: list[InputFile]) -> None:
    kinds = {format_of(config, file.path): file.relative for file in reversed(files)}
    if len(kinds) > 1:
        examples = ", ".join(f"{kind} ({name})" for kind, name in sorted(kinds.items()))
        raise ConfigError(f"inputs of several formats: {examples}", where="input.format", hint="choose one with format")


def _listed(config: InputConfig, path: str) -> list[_Found]:
    """The files that a list names, one a line; blank lines and lines that start with `#` are skipped."""
    with open_source(path, config.storage_options) as handle:
        data = handle.read()
    if compression_of(path) == "gzip" or data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise ConfigError(f"the path list cannot be unpacked: {error}", where=path) from error
    lines = [line.strip() for line in data.decode("utf-8", "surrogateescape").splitlines()]
    names = [line for line in lines if line and not line.startswith("#")]
    base = config.prefix or ("" if not is_local(path) else os.path.dirname(os.path.abspath(path)) + "/")

    def find(name: str) -> _Found:
        whole = name if "://" in name or (name.startswith("/") and not config.prefix) else base + name.lstrip("/")
        entry = _one_file(config, whole)
        if entry is None:
            raise ConfigError(f"{whole!r} is not there", where=path, hint="the list names it")
        relative = None if whole == name else _clean(name)
        return _Found(entry.path, entry.root, entry.size, entry.identity, relative)

    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(find, names))


def _expand(config: InputConfig, path: str) -> list[_Found]:
    """The files that a path, folder or glob stands for."""
    if is_local(path):
        local = os.path.abspath(os.path.expanduser(path))
        if os.path.isfile(local):
            return [_local(local, os.path.dirname(local))]
        if os.path.isdir(local):
            return _of_known_format(config, path, _walk(local, None), lambda name: _local(name, local))
        if _MAGIC.search(local):
            return _local_glob(config, local)
        return []
    return _expand_remote(config, path)


def _local(path: str, root: str) -> _Found:
    status = os.stat(path)
    return _Found(path, root, status.st_size, f"{status.st_size}-{status.st_mtime_ns}")


def check_unchanged(file: InputFile) -> None:
    """See that a local file is still the one that was planned; of remote files the store is not asked again.

    Raises:
        ConfigError: it is gone.
        RetryableError: it has changed: a new plan is needed.
    """
    if not is_local(file.path):
        return
    try:
        now = "|".join(_local(path, "").identity for path in (file.path, *file.beside))
    except OSError as error:
        raise ConfigError("the input is not there (any more)", where=file.path) from error
    if now != file.identity:
        raise RetryableError("the input has changed since the run was planned", where=file.path, hint="run again")


def _local_glob(config: InputConfig, pattern: str) -> list[_Found]:
    fixed = pattern[: _MAGIC.search(pattern).start()].rpartition("/")[0]  # type: ignore[union-attr]
    root = fixed or "/"
    depth = None if "**" in pattern else pattern[len(fixed) :].strip("/").count("/")
    matches = re.compile(glob_translate(pattern)).match
    return [_local(name, root) for name in _walk(root, depth) if matches(name)]


def _walk(root: str, depth: int | None) -> Iterator[str]:
    """Files below a folder; hidden names, names that begin with `_` and folders already seen are skipped."""
    seen: set[tuple[int, int]] = set()
    waiting = [(root, 0)]
    while waiting:
        folder, level = waiting.pop()
        try:
            status = os.stat(folder)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            LOG.warning("%s is left out: %s", folder, error)
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in entries:
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_dir():
                if depth is None or level < depth:
                    waiting.append((entry.path, level + 1))
            elif entry.is_file():
                yield entry.path
            else:
                LOG.warning("%s is left out: not a file that can be read", entry.path)


def _of_known_format(
    config: InputConfig, path: str, names: Iterator[str], make: Callable[[str], _Found]
) -> list[_Found]:
    """Those of a folder's files whose names stand for the configured format, or for any when none is configured."""
    found, ignored = [], []
    for name in names:
        kind = format_by_name(name)
        if config.format in ("files", "moses") or (kind is not None and config.format in (None, kind)):
            found.append(make(name))
        else:
            ignored.append(name)
    if ignored:
        kinds = Counter(posixpath.splitext(name)[1] or posixpath.basename(name) for name in ignored)
        named = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common(5))
        LOG.warning("%s: %d files are left out, their names stand for no input: %s", path, len(ignored), named)
    return found


def _expand_remote(config: InputConfig, path: str) -> list[_Found]:
    filesystem, inner = filesystem_of(path, config.storage_options)
    try:
        if _MAGIC.search(inner) and not filesystem.exists(inner):
            root = inner[: _MAGIC.search(inner).start()].rpartition("/")[0]  # type: ignore[union-attr]
            infos = _visible(filesystem.glob(inner, detail=True), root)
            return [_remote(filesystem, name, info, root) for name, info in infos.items()]
        if not path.endswith("/"):
            info = filesystem.info(inner)  # first of all: to ask whether it is a folder may fetch a whole file
            if info.get("type") == "file":
                return [_remote(filesystem, inner, info, posixpath.dirname(inner))]
        if filesystem.isdir(inner):
            root = inner.rstrip("/")
            infos = _visible(filesystem.find(inner, detail=True), root)
            return _of_known_format(config, path, iter(infos), lambda n: _remote(filesystem, n, infos[n], root))
    except HexaplaError:
        raise
    except PermissionError as error:
        raise ConfigError(f"the input must not be listed: {error}", where=path) from error
    except FileNotFoundError:
        return []
    except Exception as error:
        raise RetryableError(f"the input cannot be listed: {error!r}", where=path) from error
    return []


def _visible(infos: dict[str, Any], root: str) -> dict[str, dict[str, Any]]:
    """The files of a listing below `root` of which no part of the path is hidden."""
    return {
        str(name): info
        for name, info in infos.items()
        if info.get("type", "file") == "file"
        and not any(part.startswith((".", "_")) for part in str(name)[len(root) :].split("/") if part)
    }


def _remote(filesystem: Any, name: str, info: dict[str, Any], root: str) -> _Found:
    size = info.get("size")
    size = -1 if size is None else int(size)
    tag = next((str(info[key]).strip('"') for key in _TAGS if info.get(key)), None)
    if tag is None:
        changed = next((str(info[key]) for key in _TIMES if info.get(key) is not None), None)
        tag = changed if changed is not None else str(filesystem.ukey(name))
    whole, base = str(filesystem.unstrip_protocol(name)), str(filesystem.unstrip_protocol(root or name[:0]))
    return _Found(whole, base.rstrip("/"), size, f"{tag}-{size}")


def _one_file(config: InputConfig, path: str) -> _Found | None:
    """The file at exactly this path; None when there is none."""
    if is_local(path):
        local = os.path.abspath(path)
        return _local(local, os.path.dirname(local)) if os.path.isfile(local) else None
    filesystem, inner = filesystem_of(path, config.storage_options)
    try:
        return _remote(filesystem, inner, filesystem.info(inner), posixpath.dirname(inner))
    except FileNotFoundError:
        return None
    except Exception as error:
        raise RetryableError(f"the store does not answer: {error!r}", where=path) from error


def _clean(path: str) -> str:
    """A relative path that stays below its root, whatever was written: no `..`, no empty parts, valid UTF-8."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    name = "/".join(parts)
    return name.encode("utf-8", "backslashreplace").decode()


def _with_relative_paths(found: list[_Found]) -> list[InputFile]:
    """Name files relative to the folder that all of them share; files of equal names keep their whole path."""
    roots = sorted({entry.root for entry in found if entry.relative is None})
    shared = _common_folder(roots)
    names = [
        entry.relative if entry.relative is not None else _clean(entry.path[len(shared) :])
        for entry in found
    ]
    counts = Counter(names)
    return [
        InputFile(entry.path, name if counts[name] == 1 else _clean(entry.path), entry.size, entry.identity)
        for entry, name in zip(found, names, strict=True)
    ]


def _common_folder(roots: list[str]) -> str:
    """The longest path, in whole parts, that all roots begin with."""
    if not roots:
        return ""
    shared = roots[0].rstrip("/").split("/")
    for root in roots[1:]:
        parts = root.rstrip("/").split("/")
        same = 0
        while same < min(len(parts), len(shared)) and parts[same] == shared[same]:
            same += 1
        shared = shared[:same]
    return "/".join(shared)
