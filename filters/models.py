"""Where a model is: a file or folder on this machine, or a repository of the Hugging Face hub, brought here when asked.

What is found says what it is, by its files: a fastText file, a folder of transformers (`config.json`), or a folder that
`hexapla train quality` wrote (`quality.json`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from .file_stamps import Stamp, stamp

FASTTEXT_FILES: Final = (
    "model.bin", "lid.bin", "model.ftz", "lid.176.ftz", "lid.176.bin", "lid201-model.bin", "model_quantized.bin",
)  # fmt: skip
"""Names under which folders and repositories keep their fastText file, in order of preference."""

FASTTEXT_ENDINGS: Final = (".bin", ".ftz")
FASTTEXT_MAGIC: Final = (793712314).to_bytes(4, "little")
"""The first four bytes of a fastText file: a transformers weight file may end in `.bin` as well."""

TRANSFORMERS_CONFIG: Final = "config.json"
QUALITY_CONFIG: Final = "quality.json"

HUB_ID: Final = re.compile(r"[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*(@[\w][\w./-]*)?", re.ASCII)
"""The form of a hub id: owner/name, with a revision or without."""

FILE_ENDINGS: Final = (
    ".bin", ".ftz", ".npz", ".json", ".model", ".safetensors", ".txt", ".tsv", ".gz", ".arpa", ".onnx", ".pt", ".zip",
)  # fmt: skip
"""What ends like this is meant to be a file, and the hub is not asked for it."""

Kind = Literal["fasttext", "transformers", "quality"]


@dataclass(frozen=True)
class FoundModel:
    """A model on this machine.

    Attributes:
        kind: what it is.
        path: the file (fasttext) or the folder (transformers, quality).
        name: as the user called it.
    """

    kind: Kind
    path: str
    name: str


def find_model(model: str) -> FoundModel:
    """Find a model, and bring it here when it is a hub id.

    Args:
        model: a file, a folder, or a hub id ("owner/name", "owner/name@revision").

    Raises:
        ValueError: there is no such thing, or it holds no model that is known.
    """
    return local_model(model) or _in_folder(_from_hub(model), model)


def local_model(model: str) -> FoundModel | None:
    """Find a model on this machine; None for a hub id. Nothing is fetched or loaded.

    Raises:
        ValueError: it is neither a file, nor a folder, nor of the form of a hub id; or it cannot be read, or holds no
            model that is known.
    """
    path = os.path.expanduser(model)
    if os.path.isfile(path):
        return _in_file(Path(path), model)
    if os.path.isdir(path):
        return _in_folder(Path(path), model)
    if not is_hub_id(model):
        raise ValueError(f"{model!r} is neither a file, nor a folder, nor a hub id (owner/name)")
    return None


def is_hub_id(model: str, *, bare: bool = False) -> bool:
    """Whether a name has the form of a hub id, and not the ending of a file.

    Args:
        model: the name.
        bare: ids without an owner pass, too, as some old ones have none ("gpt2").
    """
    form = f"x/{model}" if bare and "/" not in model.partition("@")[0] else model
    return HUB_ID.fullmatch(form) is not None and not model.endswith(FILE_ENDINGS)


def check_readable(path: str | Path) -> None:
    """See that a file can be opened, or a folder listed.

    Raises:
        ValueError: it cannot; with the reason.
    """
    place = Path(path)
    try:
        if place.is_dir():
            next(place.iterdir(), None)
        else:
            place.open("rb").close()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error


def _is_regression(folder: str) -> bool:
    """Whether the head of a folder of transformers gives one number without bounds, by its `config.json`.

    Raises:
        ValueError: the file cannot be read.
    """
    path = Path(folder) / TRANSFORMERS_CONFIG
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        labels = said["id2label"] if "id2label" in said else range(said.get("num_labels", 2))
        return len(labels) == 1 or said.get("problem_type") == "regression"
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def score_range(model: str, activation: str = "auto") -> tuple[float, float] | None:
    """The range of a model's scores, as far as it can be told without loading or fetching it; None when it cannot.

    Args:
        model: a path or hub id.
        activation: what is made of a head's logits; those of a regression, or raw ones, have no range.

    Raises:
        ValueError: there is no such model.
    """
    found = local_model(model)
    if activation in ("sigmoid", "softmax") or (found is not None and found.kind != "transformers"):
        return 0.0, 1.0
    if found is None or activation == "none":
        return None
    return None if _is_regression(found.path) else (0.0, 1.0)


def check_limit(key: str, limit: float | None, models: Iterable[str], activation: str = "auto") -> None:
    """Refuse a limit that no score of some models can reach.

    Args:
        key: where the limit was given, for the message.
        limit: None passes.
        models: those whose scores are held against it; a model without a known range makes any limit possible.
        activation: see `score_range`.

    Raises:
        ValueError: the limit is outside the range of all of them.
    """
    ranges = [score_range(model, activation) for model in models]
    if limit is not None and ranges and None not in ranges and not 0.0 <= limit <= 1.0:
        raise ValueError(f"{key}: {limit:g} is outside [0, 1], the range of the model's scores")


def _in_file(path: Path, model: str) -> FoundModel:
    if path.name == QUALITY_CONFIG:
        return FoundModel("quality", str(path.parent), model)
    check_readable(path)
    with path.open("rb") as handle:
        if handle.read(4) != FASTTEXT_MAGIC:
            raise ValueError(f"{model} is not a fastText model; of a transformers model, name the folder")
    return FoundModel("fasttext", str(path), model)


def _in_folder(path: Path, model: str) -> FoundModel:
    check_readable(path)
    if (path / QUALITY_CONFIG).is_file():
        return FoundModel("quality", str(path), model)
    if (path / TRANSFORMERS_CONFIG).is_file():
        return FoundModel("transformers", str(path), model)
    named = [path / name for name in FASTTEXT_FILES]
    others = sorted(file for ending in FASTTEXT_ENDINGS for file in path.glob(f"*{ending}"))
    for file in [*named, *(others if len(others) == 1 else ())]:
        if file.is_file():
            return FoundModel("fasttext", str(file), model)
    raise ValueError(
        f"{model} holds no model: no {QUALITY_CONFIG}, no {TRANSFORMERS_CONFIG}, no fastText file "
        f"({', '.join(FASTTEXT_FILES[:3])} ...)"
    )


@lru_cache(maxsize=64)
def _from_hub(model: str) -> Path:
    """The folder of a repository's files in huggingface_hub's cache; weights only in one format."""
    from huggingface_hub import list_repo_files, snapshot_download

    repository, _, revision = model.partition("@")
    offline = _hub_errors()
    try:
        files = list_repo_files(repository, revision=revision or None)
    except offline:
        files = None
    try:
        return Path(
            snapshot_download(
                repository,
                revision=revision or None,
                allow_patterns=None if files is None else _wanted(files),
                local_files_only=files is None,
            )
        )
    except offline as error:
        raise ValueError(f"{model} cannot be fetched from the hub, and is not in its cache: {error}") from error


def _hub_errors() -> tuple[type[Exception], ...]:
    """What asking the hub fails with: from 1.0 on its library speaks through httpx, whose errors are no `OSError`."""
    from huggingface_hub import get_session
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    known: tuple[type[Exception], ...] = (HfHubHTTPError, LocalEntryNotFoundError, OSError)
    speaks_through = sys.modules[type(get_session()).__module__.partition(".")[0]]  # httpx, httpx2 or requests
    error = getattr(speaks_through, "HTTPError", None)
    return known if error is None else (*known, error)


@lru_cache(maxsize=16)
def hub_file(model: str, names: tuple[str, ...], what: str) -> str:
    """One file of a hub repository, fetched now, or found in the cache where the hub cannot be asked.

    Args:
        model: a hub id ("owner/name", "owner/name@revision").
        names: what the file may be called, in order of preference.
        what: what it holds, for messages.

    Returns:
        Its path on this machine. Its contents, not the id, tell one revision from another.

    Raises:
        ValueError: it cannot be fetched and is not in the cache, or the repository has no such file.
    """
    from huggingface_hub import hf_hub_download, list_repo_files, try_to_load_from_cache

    repository, _, revision = model.partition("@")
    try:
        files = set(list_repo_files(repository, revision=revision or None))
        for file_name in names:
            if file_name in files:
                return str(hf_hub_download(repository, file_name, revision=revision or None))
    except _hub_errors() as error:
        for file_name in names:
            found = try_to_load_from_cache(repository, file_name, revision=revision or None)
            if isinstance(found, str):
                return found
        raise ValueError(f"the {what} of {model} cannot be fetched from the hub: {error}") from error
    raise ValueError(f"the hub repository {repository} holds no {what} (looked for {', '.join(names)})")


def _wanted(files: list[str]) -> list[str]:
    """The files of a repository that are needed: one fastText file, or tokenizer and weights in one format."""
    if TRANSFORMERS_CONFIG not in files and QUALITY_CONFIG not in files:
        return [next((name for name in FASTTEXT_FILES if name in files), "*.bin")]
    small = [name for name in files if "/" not in name and name.endswith((".json", ".txt", ".model", ".npz"))]
    weights = [name for name in files if "/" not in name and name.endswith(".safetensors")]
    if not weights or QUALITY_CONFIG in files:
        weights += [name for name in files if "/" not in name and name.endswith(".bin")]
    pooling = [name for name in files if name.endswith("_Pooling/config.json")]
    return [*small, *weights, *pooling]


def content_hash(folder: str) -> str:
    """What makes a model itself: hash of its configuration, tokenizer and weights, 12 hex digits.

    Args:
        folder: of transformers. The same files under another name have the same hash.
    """
    return _content_hash(folder, stamp(folder))


@lru_cache(maxsize=16)
def _content_hash(folder: str, version: Stamp) -> str:
    import xxhash

    state = xxhash.xxh3_64()
    for path in sorted(Path(folder).iterdir()):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".bin", ".txt", ".model"}:
            state.update(path.name.encode() + b"\0")
            with path.open("rb") as handle:
                while chunk := handle.read(1 << 20):
                    state.update(chunk)
    return str(state.hexdigest()[:12])
