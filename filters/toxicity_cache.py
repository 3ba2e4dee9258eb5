"""Compiled word lists kept from process to process, beside the compiled kernels.

Giving every term its endings takes half a second, in every worker that screens. What comes of it depends on the lists,
the endings, the code and Python's tables of characters, so a file is named by a hash of these; one that does not load
is made again. Where nothing can be written, lists are compiled each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from ..kernels.compile import CACHE_FOLDER
from ..kernels.terms import SIEVE_WORDS
from .file_stamps import Stamp, stamps
from .toxicity_lists import ENDINGS_FILE, read_term_list
from .toxicity_trie import WordLists, compile_lists

FOLDER: Final = CACHE_FOLDER / "word_lists"
_CODE: Final = ("toxicity_cache.py", "toxicity_lists.py", "toxicity_trie.py")
_ARRAYS: Final = {"keys": np.uint64, "targets": np.int32, "sieve": np.uint64, "weights": np.uint8}


def load_lists(paths: tuple[str, ...], also: tuple[str, ...] = (), inflect: bool = True) -> WordLists:
    """Read and compile the files of word lists, again when one has changed; see `compile_lists`.

    Raises:
        ValueError: a file cannot be read, or `also` names a language without a list.
    """
    return _loaded(paths, also, inflect, stamps(paths))


@lru_cache(maxsize=4)
def _loaded(paths: tuple[str, ...], also: tuple[str, ...], inflect: bool, version: Stamp) -> WordLists:
    return compiled_files(paths, also, inflect)


def compiled_files(paths: Sequence[str], also: Sequence[str] = (), inflect: bool = True) -> WordLists:
    """Read and compile the files of word lists, or load what was compiled of the same files before.

    Args:
        paths: files of word lists.
        also: see `compile_lists`.
        inflect: see `compile_lists`.

    Raises:
        ValueError: a file cannot be read, or `also` names a language without a list.
    """
    try:
        place = FOLDER / f"{_key(paths, also, inflect)}.npz"
    except OSError:
        return compile_lists([read_term_list(Path(path)) for path in paths], also, inflect)
    found = _load(place)
    if found is None:
        found = compile_lists([read_term_list(Path(path)) for path in paths], also, inflect)
        _save(found, place)
    return found


def _key(paths: Sequence[str], also: Sequence[str], inflect: bool) -> str:
    """Hash of everything that the compiled lists depend on; the kernels' sources are in the folder's name."""
    versions = [*sys.version_info[:2], unicodedata.unidata_version, np.__version__]
    digest = hashlib.sha256(json.dumps([versions, list(also), inflect]).encode())
    for path in (*(Path(__file__).with_name(name) for name in _CODE), ENDINGS_FILE, *map(Path, paths)):
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _load(place: Path) -> WordLists | None:
    """What a file holds (its checksums are looked at); None where there is none, or a damaged one."""
    try:
        with np.load(place, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
            about = json.loads(stored["about"].tobytes())
        found = WordLists(dict(about["roots"]), frozenset(about["own"]), int(about["fallback"]), **arrays)
        return found if _is_sound(found) else None
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def _is_sound(lists: WordLists) -> bool:
    """Whether no lookup can leave the arrays: kernels do not check."""
    size, nodes = len(lists.keys), len(lists.weights)
    starts = [*lists.roots.values(), max(lists.fallback, 0)]
    return (
        all(getattr(lists, name).dtype == kind and getattr(lists, name).ndim == 1 for name, kind in _ARRAYS.items())
        and size & (size - 1) == 0
        and len(lists.targets) == size
        and len(lists.sieve) == SIEVE_WORDS
        and bool((lists.keys == 0).any())
        and all(0 <= start < nodes for start in starts)
        and 0 <= int(lists.targets.min()) <= int(lists.targets.max()) < nodes
    )


def _save(lists: WordLists, place: Path) -> None:
    """Leave a file for others, whole or not at all."""
    about = {"roots": dict(lists.roots), "own": sorted(lists.own), "fallback": lists.fallback}
    header = np.frombuffer(json.dumps(about).encode(), np.uint8)
    arrays = {name: getattr(lists, name) for name in _ARRAYS}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as sink:
                np.savez(sink, about=header, **arrays)
            os.replace(temporary, place)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError:
        return
