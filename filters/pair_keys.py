"""When two sentence pairs are the same, and when a pair is in an evaluation set."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import value_hashes
from ..kernels.pair_keys import text_keys
from .file_stamps import Stamp, stamps
from .pair_signals import encoded
from .parallel_tables import table_kind

Keys = npt.NDArray[np.uint64]
Compared = Literal["both", "src", "tgt"]
_ODD = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True)
class Sameness:
    """What counts as the same.

    Attributes:
        compare: both sides, or only one.
        lowercase: whether case makes no difference.
        letters_only: whether only letters count.
        letter_words_only: whether only words count that are nothing but letters.
    """

    compare: Compared = "both"
    lowercase: bool = False
    letters_only: bool = False
    letter_words_only: bool = False

    def texts(self, texts: pa.Array) -> Keys:
        """N x 2 uint64, keys of single texts."""
        return text_keys(texts, fold=self.lowercase, letters=self.letters_only, words=self.letter_words_only)

    def keys(self, rows: pa.RecordBatch) -> Keys:
        """N x 2 uint64, keys of pairs or groups: equal only within one pair of languages (one set of them)."""
        if table_kind(rows.schema) == "groups":
            return self._group_keys(rows.column("segments"))
        sides = [self.texts(rows.column(name)) for name in ("src", "tgt") if self.compare in ("both", name)]
        languages = [_language_hashes(rows.column(name)) for name in ("src_lang", "tgt_lang")]
        found = np.zeros((rows.num_rows, 2), np.uint64)
        for part in (*sides, *(np.stack([hashes, hashes * _ODD], axis=1) for hashes in languages)):
            found = _mixed(found ^ part)
        return found

    def _group_keys(self, segments: pa.ListArray) -> Keys:
        flat = pc.list_flatten(segments)
        keys = self.texts(flat.field("text"))
        sizes = pc.fill_null(pc.list_value_length(segments), 0).to_numpy(zero_copy_only=False)
        starts = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
        languages = encoded(flat.field("lang")).cast(pa.string())
        columns = []
        for half in (0, 1):
            named = pa.StructArray.from_arrays([languages, pa.array(keys[:, half])], ["lang", "key"])
            columns.append(value_hashes(pa.ListArray.from_arrays(starts, named)))
        return np.stack(columns, axis=1)


def _language_hashes(column: pa.Array) -> Keys:
    return value_hashes(encoded(column).cast(pa.string()))


def _mixed(state: Keys) -> Keys:
    state = (state ^ (state >> np.uint64(32))) * _ODD
    return state ^ (state >> np.uint64(29))


def in_evaluation(rows: pa.RecordBatch, files: Iterable[str], sameness: Sameness) -> npt.NDArray[np.bool_]:
    """Which rows have a side (a segment) that stands in one of the files, by the same measure of sameness."""
    paths = tuple(files)
    known = _evaluation_keys(paths, sameness, stamps(Path(path) for path in paths))
    if table_kind(rows.schema) == "groups":
        segments = rows.column("segments")
        owner = pc.list_parent_indices(segments).to_numpy()
        hits = np.isin(_single(sameness.texts(pc.list_flatten(segments).field("text"))), known)
        found: npt.NDArray[np.bool_] = np.bincount(owner, hits, rows.num_rows) > 0
        return found
    sides = [rows.column(name) for name in ("src", "tgt") if sameness.compare in ("both", name)]
    return np.any([np.isin(_single(sameness.texts(side)), known) for side in sides], axis=0)  # type: ignore[no-any-return]


def _single(keys: Keys) -> Keys:
    return _mixed(keys[:, 0]) ^ keys[:, 1]


@lru_cache(maxsize=4)
def _evaluation_keys(paths: tuple[str, ...], sameness: Sameness, version: Stamp) -> Keys:
    texts = [text for path in paths for text in evaluation_texts(path)]
    keys = _single(sameness.texts(pa.array(texts, pa.large_string())))
    # a text without a letter has the key of the empty text: it names nothing
    return np.setdiff1d(keys, _single(sameness.texts(pa.array([""]))))


def evaluation_texts(path: str) -> list[str]:
    """The sentences of an evaluation set: the cells of a .tsv, the text columns of a .parquet, else the lines.

    Raises:
        ValueError: the file cannot be read.
    """
    try:
        if path.endswith(".parquet"):
            return _parquet_texts(path)
        content = Path(path).read_bytes()
        lines = (gzip.decompress(content) if path.endswith(".gz") else content).decode("utf-8").split("\n")
    except (OSError, EOFError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise ValueError(f"the evaluation set {path} cannot be read: {error}") from error
    is_table = path.removesuffix(".gz").endswith(".tsv")
    return [cell for line in lines for cell in (line.rstrip("\r").split("\t") if is_table else [line.rstrip("\r")])]


def _parquet_texts(path: str) -> list[str]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    names = [
        field.name for field in table.schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]
    return [text for name in names for text in table[name].to_pylist() if text]
