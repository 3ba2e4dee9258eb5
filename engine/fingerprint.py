"""Fingerprints: what the result of a unit depends on, as named parts, so that `plan` can say which part changed."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

import xxhash

from .canonical import WRITER_VERSION
from .stage import ScoreStage, Stage

ROOT = __name__.split(".", maxsplit=1)[0]
OWN_ROOM = f"{ROOT}.engine"
READERS = f"{OWN_ROOM}.readers"

Part = Mapping[str, Any]


def digest(value: Any) -> str:
    """Hash of a JSON value, 32 hex digits."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=1024)
def file_hash(path: str, *state_of_file: int) -> str:
    """Hash of a file's bytes; its size, times and inode only key the cache."""
    state = xxhash.xxh3_128()
    with open(path, "rb") as handle:
        while chunk := handle.read(1 << 20):
            state.update(chunk)
    return str(state.hexdigest())


def resource_hash(path: str) -> str:
    """Hash of a model or word list on disk (a folder: of all its files); a hub id or missing path stands for itself."""
    if "://" in path:
        return f"id:{path}:{_state_of_remote(path)}"
    place = Path(path)
    if place.is_dir():
        files = sorted(path for path in place.rglob("*") if path.is_file())
        return digest({str(file.relative_to(place)): resource_hash(str(file)) for file in files})
    if place.is_file():
        status = place.stat()
        return file_hash(str(place), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return f"id:{path}"


def _state_of_remote(path: str) -> str:
    """What an object store says of a file: its size and tag or time; "" when there is no such file."""
    import fsspec

    try:
        filesystem, name = fsspec.core.url_to_fs(path)
        told = filesystem.info(name)
    except (OSError, ValueError, ImportError):
        return ""
    return digest([told.get("size"), *(str(told.get(key)) for key in ("ETag", "etag", "LastModified", "mtime"))])


_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)\)[ \t]*|([^\n(#]+))"
    rb"|import[ \t]+([^\n#]+))(?:#.*)?$",
    re.MULTILINE,
)
"""One import statement: dots, module, names in brackets, names without, names of a plain import."""


@lru_cache(maxsize=256)
def library_version(name: str) -> str:
    """Version of an installed distribution, or "absent"."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


@lru_cache(maxsize=256)
def code_hash(module_name: str) -> str:
    """Hash of a module's source and of every module and data file of ours that it imports, at any depth.

    The engine itself is left out: it moves rows and does not change them; `WRITER_VERSION` stands for what it writes.
    """
    seen: dict[str, str] = {}
    _collect(module_name, seen)
    return digest(seen)


def _collect(module_name: str, seen: dict[str, str]) -> None:
    if module_name in seen:
        return
    spec = _spec(module_name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return
    source = Path(spec.origin).read_bytes()
    seen[module_name] = hashlib.sha256(source + _named_data(Path(spec.origin), source)).hexdigest()
    package = module_name if spec.submodule_search_locations else module_name.rpartition(".")[0]
    top = module_name.split(".", maxsplit=1)[0]
    for name in imported_modules(source, package):
        inside_engine = name.startswith(OWN_ROOM) and not name.startswith(READERS)
        # of a stage of somebody else's: its own package, and what it takes from this one
        if name.split(".", maxsplit=1)[0] in (top, ROOT) and not inside_engine and _spec(name) is not None:
            _collect(name, seen)


def _named_data(module: Path, source: bytes) -> bytes:
    """Hashes of the data files and folders beside a module that its source names (word lists, tables, presets)."""
    named = [path for path in _data_files(module.parent) if f'("{path.name}")'.encode() in source]
    hashes = [f"{path.name}:{resource_hash(str(path))}" for path in named]
    return "\n".join(hashes).encode()


@lru_cache(maxsize=256)
def _data_files(folder: Path) -> tuple[Path, ...]:
    """What lies in a folder of modules and is no code, by name; listed once, not for each of its modules."""
    return tuple(
        path
        for path in sorted(folder.iterdir())
        if path.name[0] not in "._" and path.suffix not in (".py", ".pyc") and not (path / "__init__.py").exists()
    )


@lru_cache(maxsize=1024)
def imported_modules(source: bytes, package: str) -> tuple[str, ...]:
    """Absolute names of the modules that a source imports anywhere, relative imports resolved against `package`."""
    statements = _written_imports(source) if package.split(".", maxsplit=1)[0] == ROOT else _parsed_imports(source)
    found: list[str] = []
    for dots, module, names in statements:
        base = module
        if dots:
            parents = package.split(".")[: len(package.split(".")) - dots + 1]
            base = ".".join([*parents, module]) if module else ".".join(parents)
        if base:
            found.append(base)
        found += [f"{base}.{name}" if base else name for name in names]
    return tuple(dict.fromkeys(found))


def _parsed_imports(source: bytes) -> Iterator[tuple[int, str, list[str]]]:
    """The import statements of any source: (dots, module, names); an `import a` has no module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield 0, "", [alias.name for alias in node.names]


def _written_imports(source: bytes) -> Iterator[tuple[int, str, list[str]]]:
    """The same of a source in the style of this house, which puts each import on lines of its own.

    Parsing all files of ours took a tenth of a start. A test holds this against `_parsed_imports` for every file.
    """
    for dots, module, several, some, plain in _IMPORT.findall(source):
        names = re.sub(rb"#.*", b"", several or some or plain).decode().split(",")
        yield len(dots), module.decode(), [name.split()[0] for name in names if name.strip()]


@lru_cache(maxsize=4096)
def _spec(name: str) -> ModuleSpec | None:
    """Where a module is, None when the name is no module's; unlike `importlib.util.find_spec`, nothing is imported."""
    parent = name.rpartition(".")[0]
    try:
        if not parent:
            return importlib.util.find_spec(name)
        around = _spec(parent)
        if around is None or around.submodule_search_locations is None:
            return None
        return PathFinder.find_spec(name, around.submodule_search_locations)
    except (ImportError, ValueError, AttributeError):
        return None


def stage_parts(stage: Stage, half: str = "", fields: Sequence[str] | None = None, *, reads_files: bool = True) -> Part:
    """Everything that the result of a stage depends on besides its input.

    Args:
        stage: the configured stage.
        half: "score" leaves out what only the selection reads; "" takes all.
        fields: take only these configuration keys; None takes all.
        reads_files: whether the contents of `resource_files` count.
    """
    config = stage.model_dump(mode="json")
    if half == "score" and isinstance(stage, ScoreStage):
        config = {key: value for key, value in config.items() if key not in stage.selection_fields}
    files = stage.resource_files() if reads_files else ()
    if half != "score" and isinstance(stage, ScoreStage):
        files += stage.selection_files()
    if fields is not None:
        config = {key: value for key, value in config.items() if key in fields}
    return {
        "name": stage.stage_name(),
        "half": half,
        "config": config,
        "code": code_hash(type(stage).__module__),
        "libraries": {name: library_version(name) for name in stage.libraries},
        "resources": _resources(files),
        "writer": WRITER_VERSION,
    }


def _resources(paths: Sequence[str]) -> dict[str, str]:
    """Hashes of files by name, which moves with them; files of one name are numbered in the stage's order."""
    found: dict[str, str] = {}
    for path in paths:
        name, number = Path(path).name, 1
        while name in found:
            number += 1
            name = f"{Path(path).name} ({number})"
        found[name] = resource_hash(path)
    return found


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """What changed between two fingerprint parts, one line per changed leaf: `config.max_words: 5 -> 6`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        lines = []
        for key in sorted({*old, *new}, key=str):
            lines += differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
        return lines
    if old == new:
        return []
    if path.endswith("code"):
        return [f"{path}: the code of the stage has changed"]
    return [f"{path}: {_short(old)} -> {_short(new)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
