"""How the steps of `align` number their partitions: by documents, by language, by pair of languages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Whole = npt.NDArray[np.int64]

_LANGUAGE = 24
_PAIR = 2 * _LANGUAGE
_LETTERS = 3


def languages_as_numbers(languages: Sequence[str]) -> Whole:
    """A number of 24 bits for each language: three letters, which keep them in alphabetical order, and a hash.

    Two languages may have the same number (once in 512 pairs of scripts of one language): they share partitions then,
    and whoever reads one looks at the names.
    """
    from ..kernels.hashing import value_hashes

    hashes = value_hashes(pa.array(languages, pa.string()))
    numbers = np.zeros(len(languages), np.int64)
    for place, name in enumerate(languages):
        for letter in name[:_LETTERS].lower().ljust(_LETTERS, "`"):
            numbers[place] = (numbers[place] << 5) | min(31, max(0, ord(letter) - ord("`")))
    return (numbers << 9) | (hashes >> np.uint64(55)).astype(np.int64)


def document_shares(partitions: int) -> int:
    """Into how many shares documents are split: one for a small input, as each costs a call per pair of languages."""
    return 1 if partitions <= 4 else partitions


def shares_of(keys: pa.Array, shares: int) -> Whole:
    """The share of each document, from the high bits of its key's hash: shares in order are documents in hash order."""
    from ..kernels.hashing import value_hashes

    bits = np.uint64(64 - (shares.bit_length() - 1))
    hashes = value_hashes(keys)
    return (hashes >> bits).astype(np.int64) if shares > 1 else np.zeros(len(hashes), np.int64)


def of_language(share: Whole | int, language: Whole | int) -> Whole:
    """Partitions of the segments of a language in a share of the documents."""
    found: Whole = (np.asarray(share, np.int64) << _LANGUAGE) | np.asarray(language, np.int64)
    return found


def of_pair(share: Whole | int, source: Whole | int, target: Whole | int) -> Whole:
    """Partitions of a pair of languages in a share of the documents."""
    low = (np.asarray(source, np.int64) << _LANGUAGE) | np.asarray(target, np.int64)
    found: Whole = (np.asarray(share, np.int64) << _PAIR) | low
    return found


def of_pair_as_whole(partition: Whole | int) -> Whole:
    """The partition of a pair of languages over all shares, from that of any of its shares: below 0."""
    found: Whole = -1 - (np.asarray(partition, np.int64) & ((1 << _PAIR) - 1))
    return found


def is_pair(partition: int) -> bool:
    """Whether a partition is a pair of languages in one share."""
    return partition >= 0


def is_below_zero(partition: int) -> bool:
    """Whether a partition is a pair over all shares, or (in `consensus`) a share over all pairs."""
    return partition < 0


# what a call reads of earlier steps, from its own number and the partitions that there are


def both_languages(partition: int, there: Sequence[int]) -> Iterable[int]:
    """The segments of both languages of a pair in its share."""
    share, low = partition >> _PAIR, partition & ((1 << _PAIR) - 1)
    wanted = {low >> _LANGUAGE, low & ((1 << _LANGUAGE) - 1)}
    return [(share << _LANGUAGE) | language for language in sorted(wanted)]


def both_languages_everywhere(partition: int, there: Sequence[int]) -> Iterable[int]:
    """The segments of both languages of a pair, share by share."""
    low = -1 - partition
    shares = (there[-1] >> _LANGUAGE) + 1 if there else 0
    return [found for share in range(shares) for found in both_languages((share << _PAIR) | low, there)]


def every_share(partition: int, there: Sequence[int]) -> Iterable[int]:
    """A pair in all shares."""
    shares = (there[-1] >> _PAIR) + 1 if there else 0
    return [(share << _PAIR) | (-1 - partition) for share in range(shares)]


def pair_as_whole(partition: int, there: Sequence[int]) -> Iterable[int]:
    """A pair over all shares, from one of them."""
    return [int(of_pair_as_whole(partition))]


def all_pairs(share: int, there: Sequence[int]) -> Iterable[int]:
    """All pairs of a share."""
    return there[bisect_left(there, share << _PAIR) : bisect_left(there, (share + 1) << _PAIR)]


def all_languages(partition: int, there: Sequence[int]) -> Iterable[int]:
    """The segments of all languages of the share that the call `-1 - share` is for."""
    share = -1 - partition
    return there[bisect_left(there, share << _LANGUAGE) : bisect_left(there, (share + 1) << _LANGUAGE)]
