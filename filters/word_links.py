"""Which words of two texts are translations of each other, by learned tables: links in Pharaoh's form, and the tokens.

The tables are of stems, numbers, signs and letters (`kernels.alignment_tokens`); what is written and counted are tokens
that a reader sees: each has the first unit of the tables that is in it, or none.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.alignment_tokens import Tokens
from ..kernels.arrow import text_buffers
from ..kernels.unicode import CLASS
from ..kernels.word_links import GROW_DIAG, INTERSECTION, UNION, best_links, symmetrized, written_tokens
from .alignment_lexicon import same_chances, same_words
from .alignment_model import Settings
from .alignment_texts import Words, tokens_of_texts
from .lexical_scores import PairModel

Symmetrize = Literal["intersection", "union", "grow_diag"]
HOW = {"intersection": INTERSECTION, "union": UNION, "grow_diag": GROW_DIAG}
MOST_CELLS = 4_000_000
"""Tokens of one side times tokens of the other: a pair with more has no links."""


def tokens_of_sides(texts: pa.Array) -> pa.LargeListArray:
    """The tokens of n texts as they stand there; null is an empty text.

    Words are runs of letters, numbers runs of digits; every sign stands alone, equal ones in a row together, and so
    does every letter of a script without spaces. No token has white space in it.
    """
    buffer, offsets = text_buffers(texts)
    room = int(offsets[-1] - offsets[0])
    out, token_starts, starts = np.empty(room, np.uint8), np.empty(room + 1, np.int64), np.empty(len(offsets), np.int64)
    count = written_tokens(buffer, offsets, CLASS, out, token_starts, starts)
    borders = token_starts[: count + 1].copy()
    made = pa.LargeStringArray.from_buffers(count, pa.py_buffer(borders), pa.py_buffer(out[: borders[-1]].copy()))
    return pa.LargeListArray.from_arrays(pa.array(starts), made)


def spaced(tokens: pa.LargeListArray, texts: pa.Array) -> pa.Array:
    """The tokens of n texts with a space between each two; null where the text is."""
    joined = pc.binary_join(tokens, pa.scalar(" ", pa.large_string())).cast(pa.string())
    return pc.if_else(pc.is_valid(texts), joined, pa.scalar(None, pa.string()))


def word_links(
    src: pa.LargeListArray,
    tgt: pa.LargeListArray,
    model: PairModel,
    symmetrize: Symmetrize = "intersection",
    settings: Settings | None = None,
) -> pa.Array:
    """Links of n pairs of texts, `0-0 1-2`, ascending: places among the source's and the target's tokens, from 0.

    A pair's links depend on that pair and the model alone.

    Args:
        src: n lists of tokens (`tokens_of_sides`).
        tgt: the same of the other side.
        model: of the two languages.
        symmetrize: what is left of the best links in both directions.
        settings: those that the model was learned with.

    Returns:
        n strings, empty where no word is linked; null where a side has no token, or both are too long.
    """
    stem = (settings or Settings()).stem
    words, numbers, starts = [], [], []
    for side, known in zip((src, tgt), model.words(), strict=True):
        units = tokens_of_texts(side.flatten(), stem)
        words.append(known.extended(units))
        numbers.append(_numbers(units, words[-1], len(known)))
        starts.append((side.offsets.to_numpy() - side.offsets[0].as_py()).astype(np.int64))
    sizes = [np.diff(start) for start in starts]
    linked = (sizes[0] * sizes[1] > 0) & (sizes[0] * sizes[1] <= MOST_CELLS)
    numbers, starts = _of_rows(numbers, starts, linked)
    ahead = (model.ahead_starts, model.ahead_columns, model.ahead_values)
    back = (model.back_starts, model.back_columns, model.back_values)
    found = []
    for given, told, table, alone in ((0, 1, ahead, model.right_alone), (1, 0, back, model.left_alone)):
        # of words that no text had is no share known: what they are linked to is likelier than none
        more = np.zeros(len(words[told]) - len(alone), np.float32)
        shares = np.concatenate([model.words()[told].shares(), more])
        best = np.empty(len(numbers[told]), np.int32)
        best_links(
            numbers[given], starts[given], numbers[told], starts[told], *table, shares,
            np.concatenate([alone, more]), same_words(words[given], words[told]), same_chances(words[given]), best,
        )  # fmt: skip
        found.append(best)
    links, borders = np.empty((len(found[0]) + len(found[1]), 2), np.int32), np.empty(len(linked) + 1, np.int64)
    count = symmetrized(found[1], starts[0], found[0], starts[1], HOW[symmetrize], links, borders)
    return _written(links[:count], borders, linked)


def _numbers(units: Tokens, words: Words, known: int) -> npt.NDArray[np.int32]:
    """Of each token the number of the first unit in it; -1 for a token without one."""
    places = np.flatnonzero(np.diff(units.starts) > 0)
    values = units.values[units.starts[places]]
    low = np.minimum(np.searchsorted(words.hashes[:known], values), max(known - 1, 0))
    high = known + np.searchsorted(words.hashes[known:], values)
    found = np.full(len(units.starts) - 1, -1, np.int32)
    found[places] = np.where(words.hashes[low] == values, low, high) if len(places) else 0
    return found


def _of_rows(
    numbers: list[npt.NDArray[np.int32]], starts: list[npt.NDArray[np.int64]], chosen: npt.NDArray[np.bool_]
) -> tuple[list[npt.NDArray[np.int32]], list[npt.NDArray[np.int64]]]:
    """The same texts, empty where they are not chosen."""
    kept, borders = [], []
    for side, start in zip(numbers, starts, strict=True):
        sizes = np.diff(start)
        kept.append(np.ascontiguousarray(side[np.repeat(chosen, sizes)]))
        borders.append(np.concatenate([np.zeros(1, np.int64), np.cumsum(np.where(chosen, sizes, 0))]).astype(np.int64))
    return kept, borders


def _written(
    links: npt.NDArray[np.int32], borders: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]
) -> pa.Array:
    ends = [pa.array(np.ascontiguousarray(links[:, side])).cast(pa.large_string()) for side in (0, 1)]
    each = pc.binary_join_element_wise(*ends, pa.scalar("-", pa.large_string()))
    joined = pc.binary_join(pa.LargeListArray.from_arrays(pa.array(borders), each), pa.scalar(" ", pa.large_string()))
    return pc.if_else(pa.array(chosen), joined.cast(pa.string()), pa.scalar(None, pa.string()))
