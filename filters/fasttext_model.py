"""Reads supervised fastText models (.bin and .ftz) and applies them to columns of text, without fastText itself.

The file format is that of fastText 0.9.2 (version 12; Joulin et al. 2016, "Bag of Tricks for Efficient Text
Classification"; "FastText.zip" for quantized ones). Product-quantized matrices are expanded when they are read: such
models are small. Compared with fastText's own `predict` the best label is the same and its probability within 1e-5
(tests; below 1e-6 unless training drove the weights far), but for two deliberate differences: a line end inside a text
is a space and does not end it, and the word </s> is left out and does not end it either.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.arrow import text_buffers
from ..kernels.fasttext import (
    SIGMOIDS,
    SOFTMAX,
    TREE,
    dictionary_entries,
    dictionary_table,
    label_rows,
    mean_rows,
)

Floats = npt.NDArray[np.float32]

MAGIC: Final = 793712314
VERSION: Final = 12
LAYERS: Final = {1: TREE, 2: SIGMOIDS, 3: SOFTMAX, 4: SIGMOIDS}
SUPERVISED: Final = 3
CENTROIDS: Final = 256
TABLE_BYTES: Final = 1 << 25
"""Most memory for sums of words that were seen."""

ENTRY_BYTES: Final = 10
"""Least bytes of an entry of the dictionary."""

END_OF_LINE: Final = b"</s>"


def word_hash(word: bytes) -> int:
    """The hash that fastText gives a word: FNV-1a of 32 bits over signed bytes."""
    value = 2166136261
    for byte in word:
        value = ((value ^ (byte | 0xFFFFFF00 if byte >= 128 else byte)) * 16777619) & 0xFFFFFFFF
    return value


@dataclass(frozen=True)
class Dictionary:
    """A model's words and labels.

    Attributes:
        texts: the words' bytes, one after the other.
        starts: where each word begins, by number, and where the last ends.
        slots: numbers of the words by fastText's hash (see `kernels.fasttext.mean_rows`).
        labels: as written in the model ("__label__fra_Latn"), by number.
        counts: how often each label was seen in training.
        pruned: rows of the buckets that are left of a pruned model, None for whole ones.
    """

    texts: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]
    labels: list[str]
    counts: list[int]
    pruned: npt.NDArray[np.int32] | None

    def number(self, word: bytes) -> int:
        """The number of a word, -1 when it is not there."""
        for place in np.flatnonzero(np.diff(self.starts) == len(word)).tolist():
            if self.texts[self.starts[place] : self.starts[place + 1]].tobytes() == word:
                return place
        return -1


class FastTextModel:
    """A supervised model, ready to be applied; one instance serves one thread (it keeps a table of words seen)."""

    def __init__(self, path: str | Path) -> None:
        """Read a model.

        Raises:
            ValueError: the file is no supervised fastText model of a known version, or cut short, or holds numbers that
                are not finite.
        """
        try:
            with Path(path).open("rb") as file:
                self._read(file)
        except (EOFError, MemoryError, UnicodeDecodeError, OverflowError) as error:
            raise ValueError(f"{path} is not a whole fastText model: {error}") from error
        except ValueError as error:
            raise ValueError(f"{path} is not a fastText model: {error}") from error
        self.path = str(path)

    def _read(self, file: BinaryIO) -> None:
        magic, version = _numbers(file, "i4", 2).tolist()
        if magic != MAGIC:
            raise ValueError("it does not begin like one")
        dimension, _, _, _, _, word_ngrams, loss, kind, buckets, shortest, longest, _ = _numbers(
            file, "i4", 12
        ).tolist()
        _numbers(file, "f8", 1)
        if kind != SUPERVISED or loss not in LAYERS or version not in {VERSION, VERSION - 1}:
            raise ValueError("only supervised models of format 11 and 12 have labels")
        longest = 0 if version < VERSION else longest  # such models have no character n-grams in supervised mode
        known = _dictionary(file, buckets)
        self.labels: tuple[str, ...] = tuple(known.labels)
        self.dimension: int = dimension
        quantized = bool(_numbers(file, "u1", 1)[0])
        self._rows = _quantized(file) if quantized else _dense(file)
        output = _quantized(file) if _numbers(file, "u1", 1)[0] and quantized else _dense(file)
        for name, matrix in (("input", self._rows), ("output", output)):
            if not np.isfinite(matrix).all():
                raise ValueError(f"its {name} matrix holds numbers that are not finite: train it again")
        self._columns = np.ascontiguousarray(output.T)
        self._layer = LAYERS[loss]
        inner = huffman(known.counts) if self._layer == TREE else np.zeros((0, 2), np.int32)
        self._tree = inner
        self._prepare(known, buckets, shortest, longest, word_ngrams)

    def _prepare(self, known: Dictionary, buckets: int, shortest: int, longest: int, word_ngrams: int) -> None:
        """What the kernel needs, checked against the matrices."""
        words = len(known.starts) - 1
        has_buckets = known.pruned is None
        needed = words + (buckets if has_buckets and (longest > 0 or word_ngrams > 1) else 0)
        if self._rows.shape[0] < needed or self._rows.shape[1] != self.dimension or not self.labels:
            raise ValueError("its matrices do not fit its dictionary")
        if self._columns.shape != (self.dimension, len(self.labels)):
            raise ValueError("its output matrix does not fit its labels")
        self._kept = known.pruned if known.pruned is not None else np.zeros(0, np.int32)
        if len(self._kept) and words + int(self._kept.max()) >= self._rows.shape[0]:
            raise ValueError("its pruned n-grams do not fit its matrix")
        self._texts, self._starts, self._slots = known.texts, known.starts, known.slots
        end = known.number(END_OF_LINE)
        signed = word_hash(END_OF_LINE) - (1 << 32) if word_hash(END_OF_LINE) >= 1 << 31 else word_hash(END_OF_LINE)
        self._limits = np.array(
            [words, max(0, buckets), shortest, longest, word_ngrams, has_buckets, end, signed], np.int64
        )
        places = 1 << max(8, min(18, (TABLE_BYTES // (4 * self.dimension)).bit_length() - 1))
        self._seen = np.zeros(places, np.uint64)
        self._seen_counts = np.zeros(places, np.int32)
        self._seen_sums = np.zeros((places, self.dimension), np.float32)

    def _means(
        self, buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]
    ) -> tuple[Floats, npt.NDArray[np.int32]]:
        """The mean rows of n texts."""
        rows = len(offsets) - 1
        mean, counts = np.zeros((rows, self.dimension), np.float32), np.zeros(rows, np.int32)
        mean_rows(
            buffer, offsets, self._limits, self._slots, self._texts, self._starts, self._kept, self._rows,
            self._seen, self._seen_counts, self._seen_sums, mean, counts,
        )  # fmt: skip
        return mean, counts

    def best(
        self, buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int32], Floats]:
        """The likeliest label of each text.

        Args:
            buffer: n texts in UTF-8, one after the other.
            offsets: n + 1 int64, where each begins (see `kernels.arrow.text_buffers`).

        Returns:
            n indices into `labels`, -1 where nothing of the text is in the model; n probabilities.
        """
        mean, counts = self._means(buffer, offsets)
        best, score = np.zeros(len(counts), np.int32), np.zeros(len(counts), np.float32)
        label_rows(mean, counts, self._columns, self._layer, self._tree, best, score, np.zeros((0, 0), np.float32))
        return best, score

    def scores(self, texts: pa.Array) -> Floats:
        """The probabilities of all labels.

        Args:
            texts: n strings.

        Returns:
            n x labels in [0, 1]; NaN where nothing of the text is in the model. Most models know the end of a line and
            have an answer for an empty text, as in fastText: what they say of any text without a known word.
        """
        mean, counts = self._means(*text_buffers(texts))
        best, score = np.zeros(len(counts), np.int32), np.zeros(len(counts), np.float32)
        scores = np.zeros((len(counts), len(self.labels)), np.float32)
        label_rows(mean, counts, self._columns, self._layer, self._tree, best, score, scores)
        np.minimum(scores, 1.0, out=scores)
        scores[counts == 0] = np.nan
        return scores


def _numbers(file: BinaryIO, kind: str, count: int) -> npt.NDArray[np.generic]:
    """So many little-endian numbers from the file."""
    size = np.dtype(kind).itemsize * count
    if count < 0 or size > 1 << 40:
        raise ValueError(f"it speaks of {count} numbers")
    found = np.fromfile(file, np.dtype(kind).newbyteorder("<"), count)
    if len(found) < count:
        raise EOFError("the file ends too early")
    return found


def _dictionary(file: BinaryIO, buckets: int) -> Dictionary:
    """Words, labels and pruned buckets."""
    size, words_count, labels_count = (int(number) for number in _numbers(file, "i4", 3))
    _, pruned_count = (int(number) for number in _numbers(file, "i8", 2))
    if size != words_count + labels_count or words_count < 0 or labels_count < 0:
        raise ValueError("its dictionary does not add up")
    begin = file.tell()
    if begin + max(size, 1) * ENTRY_BYTES > os.fstat(file.fileno()).st_size:
        raise EOFError("the file ends in its dictionary")
    content = np.memmap(file, np.uint8, "c", begin)
    places, lengths = np.zeros(size, np.int64), np.zeros(size, np.int32)
    counts, kinds = np.zeros(size, np.int64), np.zeros(size, np.uint8)
    end = dictionary_entries(content, places, lengths, counts, kinds)
    if end < 0:
        raise EOFError("the file ends in its dictionary")
    file.seek(begin + end)
    labels = [content[places[at] : places[at] + lengths[at]].tobytes().decode() for at in np.flatnonzero(kinds)]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths[kinds == 0], dtype=np.int64)])
    texts = np.zeros(starts[-1] + 1, np.uint8)
    slots = np.full(1 << max(4, (2 * len(starts)).bit_length()), -1, np.int32)
    dictionary_table(content, places[kinds == 0], starts, texts, slots)
    pruned = None
    if pruned_count >= 0:
        pairs = _numbers(file, "i4", 2 * pruned_count).reshape(-1, 2)
        pruned = np.full(max(1, buckets), -1, np.int32)
        pruned[pairs[:, 0]] = pairs[:, 1]
    return Dictionary(texts, starts, slots, labels, counts[kinds != 0].tolist(), pruned)


def _dense(file: BinaryIO) -> Floats:
    """A matrix as written."""
    rows, columns = (int(number) for number in _numbers(file, "i8", 2))
    return _numbers(file, "f4", rows * columns).astype(np.float32, copy=False).reshape(rows, columns)


def _quantized(file: BinaryIO) -> Floats:
    """A product-quantized matrix (FastText.zip), expanded."""
    has_norms = bool(_numbers(file, "u1", 1)[0])
    rows, columns = (int(number) for number in _numbers(file, "i8", 2))
    codes = _numbers(file, "u1", int(_numbers(file, "i4", 1)[0])).reshape(rows, -1)
    matrix = _expanded(codes, *_centroids(file))
    if matrix.shape != (rows, columns):
        raise ValueError("its quantized matrix does not add up")
    if has_norms:
        norm_codes = _numbers(file, "u1", rows).reshape(rows, 1)
        matrix *= _expanded(norm_codes, *_centroids(file))
    return matrix


def _centroids(file: BinaryIO) -> tuple[int, int, Floats]:
    """Width of the parts, width of the last part, centroids of a product quantizer."""
    dimension, _, width, last = (int(number) for number in _numbers(file, "i4", 4))
    return width, last, _numbers(file, "f4", dimension * CENTROIDS).astype(np.float32, copy=False)


def _expanded(codes: npt.NDArray[np.generic], width: int, last: int, centroids: Floats) -> Floats:
    """Rows from the codes of their parts."""
    parts = codes.shape[1]
    pieces = []
    for part in range(parts):
        own = last if part == parts - 1 else width
        first = part * CENTROIDS * width
        pieces.append(centroids[first : first + CENTROIDS * own].reshape(CENTROIDS, own)[codes[:, part]])
    return np.ascontiguousarray(np.concatenate(pieces, axis=1))


def huffman(counts: list[int]) -> npt.NDArray[np.int32]:
    """The tree of hierarchical softmax, as fastText builds it from the labels' frequencies (most frequent first).

    Returns:
        labels - 1 inner nodes: left and right child; labels are numbered first, inner nodes after them.
    """
    labels = len(counts)
    weights = [*counts, *([10**15] * max(0, labels - 1))]
    children = np.zeros((max(0, labels - 1), 2), np.int32)
    leaf, node = labels - 1, labels
    for inner in range(labels - 1):
        for side in (0, 1):
            if leaf >= 0 and weights[leaf] < weights[node]:
                children[inner, side], leaf = leaf, leaf - 1
            else:
                children[inner, side], node = node, node + 1
        weights[labels + inner] = sum(weights[child] for child in children[inner].tolist())
    return children
