"""How well two texts fit by their words: IBM model 1 (Brown et al. 1993), learned from the pairs themselves.

The score of a direction is by which share the words of one side lower the perplexity of the other: 1 - exp(-g), where g
is the mean gain of its words over their shares in all text. 0 says that the other side tells nothing, and that is what
unrelated texts have; the score of a pair is the mean of both directions.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.pair_lexical import gains
from .alignment_lexicon import Beads, learned_lexicon, same_words
from .alignment_model import Settings
from .alignment_texts import Words, side_of, tokens_of_texts, words_of

MODEL = pa.schema([("src_lang", pa.string()), ("tgt_lang", pa.string()), ("pairs", pa.int64()), ("model", pa.binary())])
"""Learned tables, as steps hand them on."""

_SEPARATE = 8


@dataclass(frozen=True)
class PairModel:
    """What is known of the words of two languages: of each its hash, and a table of chances in each direction."""

    left_hashes: npt.NDArray[np.uint64]
    right_hashes: npt.NDArray[np.uint64]
    left_kinds: npt.NDArray[np.uint8]
    right_kinds: npt.NDArray[np.uint8]
    left_counts: npt.NDArray[np.float64]
    right_counts: npt.NDArray[np.float64]
    left_alone: npt.NDArray[np.float32]
    right_alone: npt.NDArray[np.float32]
    ahead_starts: npt.NDArray[np.int64]
    ahead_columns: npt.NDArray[np.int32]
    ahead_values: npt.NDArray[np.float32]
    back_starts: npt.NDArray[np.int64]
    back_columns: npt.NDArray[np.int32]
    back_values: npt.NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """The model; equal models have equal bytes."""
        parts = [getattr(self, field.name) for field in fields(self)]
        head = np.array([len(part) for part in parts], np.int64).tobytes()
        return head + b"".join(part.tobytes().ljust(-(-part.nbytes // _SEPARATE) * _SEPARATE, b"\0") for part in parts)

    @classmethod
    def from_bytes(cls, content: bytes) -> PairModel:
        """What `to_bytes` made."""
        names = [field.name for field in fields(cls)]
        sizes = np.frombuffer(content, np.int64, len(names))
        place = sizes.nbytes
        found = {}
        for name, size in zip(names, sizes.tolist(), strict=True):
            kind = _TYPES[name.partition("_")[2]]
            found[name] = np.frombuffer(content, kind, size, place).copy()
            place += -(-found[name].nbytes // _SEPARATE) * _SEPARATE
        return cls(**found)

    def words(self) -> tuple[Words, Words]:
        """The words of both sides."""
        return (
            Words(self.left_hashes, self.left_kinds, self.left_counts),
            Words(self.right_hashes, self.right_kinds, self.right_counts),
        )


_TYPES: dict[str, type[np.generic]] = {
    "hashes": np.uint64, "kinds": np.uint8, "counts": np.float64, "alone": np.float32, "starts": np.int64,
    "columns": np.int32, "values": np.float32,
}  # fmt: skip


def learn(src: pa.Array, tgt: pa.Array, settings: Settings | None = None) -> PairModel:
    """Learn which words stand for each other from n pairs of texts; the same pairs in the same order give the same."""
    chosen = settings or Settings()
    sides, words = [], []
    for texts in (src, tgt):
        tokens = tokens_of_texts(texts, chosen.stem)
        words.append(words_of(tokens))
        borders = np.arange(len(texts) + 1, dtype=np.int64)
        sides.append(side_of(tokens, borders, words[-1], len(words[-1])))
    first = np.arange(len(src), dtype=np.int32)
    ranges = np.ascontiguousarray(np.stack([first, first + 1, first, first + 1], axis=1))
    beads = Beads(ranges, np.ones(len(src)))
    found = learned_lexicon(words[0], words[1], sides[0], sides[1], beads, chosen)
    return PairModel(
        words[0].hashes, words[1].hashes, words[0].kinds, words[1].kinds, words[0].counts, words[1].counts,
        found.left_alone, found.right_alone,
        found.ahead.starts, found.ahead.columns, found.ahead.values.astype(np.float32),
        found.back.starts, found.back.columns, found.back.values.astype(np.float32),
    )  # fmt: skip


def lexical_scores(
    src: pa.Array, tgt: pa.Array, model: PairModel, settings: Settings | None = None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """How well each side of n pairs is told by the other: target by source, source by target; NaN for no known word.

    Each pair's scores depend on that pair and the model alone.
    """
    stem = (settings or Settings()).stem
    known = model.words()
    words, sides = [], []
    for texts, side in zip((src, tgt), known, strict=True):
        tokens = tokens_of_texts(texts, stem)
        words.append(side.extended(tokens))
        sides.append(side_of(tokens, np.arange(len(texts) + 1, dtype=np.int64), words[-1], len(side)))
    ahead = (model.ahead_starts, model.ahead_columns, model.ahead_values)
    back = (model.back_starts, model.back_columns, model.back_values)
    found = []
    for given, told, table, alone in ((0, 1, ahead, model.right_alone), (1, 0, back, model.left_alone)):
        out = np.zeros(len(src), np.float64)
        gains(
            sides[given].words, sides[given].starts, sides[told].words, sides[told].starts, *table,
            known[told].shares(), alone, same_words(words[given], words[told]), out,
        )  # fmt: skip
        found.append((1.0 - np.exp(-np.maximum(out, 0.0))).astype(np.float32))
    return found[0], found[1]
