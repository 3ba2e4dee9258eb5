"""Bloom filters (Bloom 1970): sets of keys in few bits, which may claim a key that they do not have.

Every hash is a mix of its own, not a multiple of two (Kirsch and Mitzenmacher 2006), so that small filters keep their
rate.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .compile import inlined, kernel
from .unicode import mix

Bits = npt.NDArray[np.uint64]
Keys = npt.NDArray[np.uint64]

MOST_BITS = 1 << 31


@inlined
def _place(one, other, number, size):
    """The bit of a key for the hash of a number."""
    mixed = mix(other + np.uint64(number) * np.uint64(0x9E3779B97F4A7C15) ^ one)
    return ((mixed >> np.uint64(32)) * size) >> np.uint64(32)


@kernel("void(uint64[:,::1], uint64[::1], int64)")
def _add(keys: Keys, bits: Bits, hashes: int) -> None:
    """Set the bits of keys."""
    size = np.uint64(bits.shape[0]) * np.uint64(64)
    for row in range(keys.shape[0]):
        for number in range(hashes):
            place = _place(keys[row, 0], keys[row, 1], number, size)
            bits[place >> np.uint64(6)] |= np.uint64(1) << (place & np.uint64(63))


@kernel("void(uint64[:,::1], uint64[::1], int64, boolean[::1])")
def _find(keys: Keys, bits: Bits, hashes: int, out: npt.NDArray[np.bool_]) -> None:
    """See whether all bits of a key are set."""
    size = np.uint64(bits.shape[0]) * np.uint64(64)
    for row in range(keys.shape[0]):
        out[row] = True
        for number in range(hashes):
            place = _place(keys[row, 0], keys[row, 1], number, size)
            if not (bits[place >> np.uint64(6)] >> (place & np.uint64(63))) & np.uint64(1):
                out[row] = False
                break


def add(keys: Keys, bits: Bits, hashes: int) -> None:
    """Put keys into a filter.

    Args:
        keys: n x 2, 128 random bits each.
        bits: the filter, changed in place.
        hashes: bits per key.
    """
    _add(np.require(keys, np.uint64, ["C", "W"]), bits, hashes)


def contains(keys: Keys, bits: Bits, hashes: int) -> npt.NDArray[np.bool_]:
    """Whether each key has been put into a filter; wrongly true for a few that have not.

    Args:
        keys: n x 2.
        bits: the filter.
        hashes: bits per key.
    """
    out = np.empty(len(keys), np.bool_)
    _find(np.require(keys, np.uint64, ["C", "W"]), np.require(bits, np.uint64, ["C", "W"]), hashes, out)
    return out


def shape_for(keys: float, rate: float) -> tuple[int, int]:
    """The smallest filter that holds so many keys at a rate of false positives.

    Args:
        keys: how many.
        rate: between 0 and 1.

    Returns:
        64-bit words, and hashes per key.

    Raises:
        ValueError: there are too many for one filter.
    """
    size = max(512.0, keys * -math.log(rate) / math.log(2) ** 2)
    if size > MOST_BITS:
        raise ValueError(f"{keys:.0f} keys are too many for a filter of {MOST_BITS} bits")
    return math.ceil(size / 64), max(1, math.ceil(-math.log2(rate)))
