"""Random choices that belong to a row: the same whatever the order of rows, the batches or the other rows.

A choice is drawn from the hash of (seed, what is chosen, `uid`). Rows that have a place in a document draw from the
hash of (seed, what is chosen, document, languages) and move on by an irrational step per place (a Kronecker sequence):
every single draw is as uniform as before, but a document's shares come out even, and so do those of a small corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hashing import combine_hashes, value_hashes
from .parallel_tables import mixed_bits

_STEPS = {
    "direction": 0x6A09E667F3BCC908, "template": 0xBB67AE8584CAA73B, "prefix": 0x3C6EF372FE94F82B,
    "separator": 0xA54FF53A5F1D36F1, "mark": 0x510E527FADE682D1, "brackets": 0x9B05688C2B3E6C1F,
    "names": 0x1F83D9ABFB41BD6B, "capitals": 0x5BE0CD19137E2179, "native": 0xCBBB9D5DC1059ED8,
    "languages": 0x629A292A367CD507, "shots": 0x9159015A3070DD17,
}  # fmt: skip
"""Every choice with its step: fractions of the square roots of the first primes (FIPS 180-4), which are independent."""


@dataclass(frozen=True)
class Draws:
    """What n rows draw from.

    Attributes:
        uid: n identities.
        document: n names of a document with its languages; null where the row has no place in one.
        place: n numbers of the row within its document, from 0; null where it has none.
        seed: of the whole stage.
    """

    uid: pa.Array
    document: pa.Array
    place: pa.Array
    seed: int

    def uniform(self, what: str) -> npt.NDArray[np.uint64]:
        """One number below 2^64 for every row.

        Args:
            what: the name of the choice, one of `_STEPS`; choices of different names are independent.
        """
        rows = len(self.uid)
        own = pc.if_else(pc.is_valid(self.place), self.document, self.uid)
        named = pa.array([f"{self.seed}\t{what}"], pa.string())
        start = combine_hashes([value_hashes(own), np.repeat(value_hashes(named), rows)], rows)
        step = np.uint64(_STEPS[what])
        places = pc.fill_null(self.place, 0).to_numpy(zero_copy_only=False).astype(np.uint64)
        drawn: npt.NDArray[np.uint64] = mixed_bits(start) + places * step
        return drawn

    def choice(self, what: str, weights: Sequence[float] | int) -> npt.NDArray[np.int64]:
        """The number of the chosen one for every row.

        Args:
            what: the name of the choice.
            weights: of those to choose from, not negative, or their number where all have the same.
        """
        shares = np.ones(weights) if isinstance(weights, int) else np.asarray(weights, np.float64)
        borders = (np.cumsum(shares) / shares.sum() * float(1 << 32)).astype(np.uint64)[:-1]
        chosen: npt.NDArray[np.int64] = np.searchsorted(
            borders, self.uniform(what) >> np.uint64(32), side="right"
        ).astype(np.int64)
        return chosen
