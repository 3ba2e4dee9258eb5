"""How many tokens texts have: by a tokenizer's file, or estimated from their bytes.

The estimate divides bytes by a rate of the language, or else of the script (`token_rates.tsv`, with how it was
measured). It stands for a multilingual byte-level BPE of 128,000 entries; how far other tokenizers are from it was not
measured. Scripts without a rate are counted as such a tokenizer counts scripts that it has not seen: about a
token per byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.arrow import text_buffers
from ..kernels.script import dominant_scripts
from .file_stamps import Stamp, stamp
from .language_codes import canonical
from .models import check_readable, hub_file, is_hub_id

ESTIMATOR: Final = "estimate_bpe128k_v1"
"""Name of the estimate; another table or formula gets another name."""

TABLE: Final = Path(__file__).with_name("token_rates.tsv")
UNSEEN: Final = 105
"""Bytes per token, in hundredths, of scripts that are not in the table (measured: 1.00 to 1.13 on eight of them)."""

LONGEST: Final = 100_000
"""Longer texts are given to a tokenizer in parts of about this many characters, cut behind white space."""

TOKENIZER: Final = "tokenizer.json"

Counter = Callable[[list[str]], list[int]]


@lru_cache(maxsize=1)
def rates() -> dict[str, int]:
    """Bytes per token in hundredths, by language and by script."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {key: int(value) for key, value, _ in rows}


def estimated_counts(texts: pa.Array, languages: pa.Array | None = None) -> pa.Array:
    """Estimated tokens of each text: its bytes by the rate of its language or script, rounded, at least 1 if not empty.

    Args:
        texts: n strings; nulls are read as empty.
        languages: n codes, nulls allowed, or None.

    Returns:
        n int32.
    """
    _, offsets = text_buffers(texts)
    sizes = np.diff(offsets)
    known = rates()
    scripts = dominant_scripts(texts.fill_null("")).dictionary_encode()
    table = np.array([known.get(code, UNSEEN) for code in scripts.dictionary.to_pylist()] or [UNSEEN], np.int64)
    rate = table[scripts.indices.to_numpy(zero_copy_only=False)] if len(texts) else np.zeros(0, np.int64)
    if languages is not None and len(texts):
        codes = languages.dictionary_encode()
        own = np.array([*(known.get(canonical(code), 0) for code in codes.dictionary.to_pylist()), 0], np.int64)
        found = own[codes.indices.fill_null(len(own) - 1).to_numpy(zero_copy_only=False)]
        # a language whose text is in another script than usual is counted by the script
        written = np.array([code[-4:] for code in codes.dictionary.to_pylist()] + [""])
        names = np.array(scripts.dictionary.to_pylist())[scripts.indices.to_numpy(zero_copy_only=False)]
        same = written[codes.indices.fill_null(len(own) - 1).to_numpy(zero_copy_only=False)] == names
        rate = np.where((found > 0) & same, found, rate)
    counts: npt.NDArray[np.int64] = (sizes * 200 + rate) // (2 * rate)
    return pa.array(np.where(sizes > 0, np.maximum(counts, 1), 0).astype(np.int32))


def exact_counts(texts: pa.Array, counter: Counter) -> pa.Array:
    """Tokens of each text by a tokenizer, without its special tokens.

    Args:
        texts: n strings; nulls are read as empty.
        counter: what `load_counter` returned.

    Returns:
        n int32.
    """
    parts = [(row, part) for row, text in enumerate(texts.to_pylist()) for part in _parts(text or "")]
    found = counter([part for _, part in parts])
    counts = np.zeros(len(texts), np.int64)
    np.add.at(counts, np.array([row for row, _ in parts], np.int64), np.array(found, np.int64))
    return pa.array(counts.astype(np.int32))


def _parts(text: str) -> Iterator[str]:
    """A text in parts that a tokenizer takes without slowing down, cut where no token crosses."""
    start = 0
    while len(text) - start > LONGEST:
        stop = -1
        for mark in ("\n", " "):
            stop = text.rfind(mark, start + LONGEST // 2, start + LONGEST)
            if stop > 0:
                break
        stop = stop if stop > 0 else start + LONGEST
        yield text[start:stop]  # white space begins the next part, as tokenizers join it to the word behind it
        start = stop
    if start < len(text):
        yield text[start:]


def tokenizer_file(model: str) -> str | None:
    """The path if it is a file; None for a hub id. Nothing is fetched or loaded.

    Raises:
        ValueError: it is neither, or cannot be read; the hub is not asked for what looks like a file that is not there.
    """
    path = os.path.expanduser(model)
    if os.path.isfile(path):
        check_readable(path)
        return path
    if not is_hub_id(model, bare=True):
        raise ValueError(f"{model!r} is neither a file nor a hub id (owner/name)")
    return None


def find_tokenizer(model: str) -> str:
    """The tokenizer's file on this machine, brought here when it is a hub id.

    Args:
        model: path of a `tokenizer.json`, path of a SentencePiece `.model`, or a hub id ("owner/name",
            "owner/name@revision") with a `tokenizer.json`.

    Raises:
        ValueError: there is no such file, or the repository cannot be reached and is not in the hub's cache.
    """
    return tokenizer_file(model) or hub_file(model, (TOKENIZER,), "tokenizer")


def load_counter(model: str) -> Counter:
    """A function that counts tokens; read again when the tokenizer's file has changed.

    Args:
        model: see `find_tokenizer`.

    Raises:
        ValueError: the file or repository cannot be read as a tokenizer.
    """
    path = find_tokenizer(model)
    return _load(path, stamp(path))


@lru_cache(maxsize=4)
def _load(path: str, version: Stamp) -> Counter:
    try:
        return _sentencepiece(path) if path.endswith(".model") else _tokenizers(path)
    except ImportError as error:
        raise ValueError(f"{path}: SentencePiece models need the extra `models`: {error}") from error
    except Exception as error:  # the libraries raise plain exceptions
        raise ValueError(f"the tokenizer {path!r} cannot be loaded: {error}") from error


def _tokenizers(path: str) -> Counter:
    # one worker has one core; the results do not depend on it
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
    return lambda texts: [len(found.ids) for found in encode(texts, add_special_tokens=False)]


def _sentencepiece(path: str) -> Counter:
    from sentencepiece import SentencePieceProcessor

    processor: Any = SentencePieceProcessor(model_file=path)
    return lambda texts: [len(found) for found in processor.encode(texts, num_threads=1)] if texts else []
