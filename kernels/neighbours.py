"""The nearest neighbours between two sets of vectors in both directions, by products of whole numbers.

Every product is exact (see `kernels/vectors.py`), and of equally near vectors the one with the smaller number is the
nearer. So neighbours depend neither on the order in which vectors are compared nor on the machine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compile import Kernel, inlined, kernel
from .vectors import Whole, dot

Numbers = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

NONE = -1
"""Stands where there are fewer neighbours than places."""

LEAST = np.iinfo(np.int32).min
_BLOCK = 128
_SIGNATURE = (
    "void(int16[:,::1], int64[::1], int16[:,::1], int64[::1], int32[:,::1], int32[:,::1], int32[:,::1], int32[:,::1])"
)


@inlined
def _offer(numbers, products, row, candidate, product):
    """Put a candidate, at least as near as the last of the neighbours of a row, into its place among them."""
    place = numbers.shape[1] - 1
    if product == products[row, place] and candidate > numbers[row, place]:
        return
    while place > 0:
        before = products[row, place - 1]
        if before > product or (before == product and numbers[row, place - 1] < candidate):
            break
        products[row, place] = before
        numbers[row, place] = numbers[row, place - 1]
        place -= 1
    products[row, place] = product
    numbers[row, place] = candidate


@kernel(_SIGNATURE)
def _compare(
    source: Whole,
    source_rows: Places,
    target: Whole,
    target_rows: Places,
    forward: Numbers,
    forward_products: Numbers,
    backward: Numbers,
    backward_products: Numbers,
) -> None:
    """Compare some rows of one side with some of the other, block by block, and offer each pair to both sides."""
    last, last_back = forward.shape[1] - 1, backward.shape[1] - 1
    for first_row in range(0, len(source_rows), _BLOCK):
        for first in range(0, len(target_rows), _BLOCK):
            for number in range(first_row, min(first_row + _BLOCK, len(source_rows))):
                row = source_rows[number]
                for other in range(first, min(first + _BLOCK, len(target_rows))):
                    column = target_rows[other]
                    product = dot(source, row, target, column)
                    if product >= forward_products[row, last]:
                        _offer(forward, forward_products, row, np.int32(column), product)
                    if product >= backward_products[column, last_back]:
                        _offer(backward, backward_products, column, np.int32(row), product)


@kernel(_SIGNATURE)
def _compare_pairs(
    source: Whole,
    source_rows: Places,
    target: Whole,
    target_rows: Places,
    forward: Numbers,
    forward_products: Numbers,
    backward: Numbers,
    backward_products: Numbers,
) -> None:
    """As `_compare`, each row with the one at the same place of the other side only."""
    last, last_back = forward.shape[1] - 1, backward.shape[1] - 1
    for number in range(len(source_rows)):
        row, column = source_rows[number], target_rows[number]
        product = dot(source, row, target, column)
        if product >= forward_products[row, last]:
            _offer(forward, forward_products, row, np.int32(column), product)
        if product >= backward_products[column, last_back]:
            _offer(backward, backward_products, column, np.int32(row), product)


class Neighbourhood:
    """The nearest neighbours of n source and m target vectors among each other, as far as they have been compared.

    Args:
        source: n x d.
        target: m x d.
        count: how many neighbours of each vector are kept, at least 1.

    Attributes:
        forward, forward_products: n x min(count, m): of each source vector the numbers of its nearest target vectors,
            the nearest first, and the products with them; `NONE` where fewer were compared.
        backward, backward_products: m x min(count, n), the other way round.
    """

    def __init__(self, source: Whole, target: Whole, count: int) -> None:
        self._source, self._target = (np.require(side, np.int16, ["C", "W"]) for side in (source, target))
        shapes = (len(source), min(count, len(target))), (len(target), min(count, len(source)))
        self.forward, self.backward = (np.full(shape, NONE, np.int32) for shape in shapes)
        self.forward_products, self.backward_products = (np.full(shape, LEAST, np.int32) for shape in shapes)

    def compare(self, source_rows: Places | None = None, target_rows: Places | None = None) -> None:
        """Compare each of some source vectors with each of some target vectors (None: all); no pair twice."""
        rows, columns = (
            np.arange(len(side), dtype=np.int64) if chosen is None else chosen
            for side, chosen in ((self._source, source_rows), (self._target, target_rows))
        )
        if len(rows) and len(columns):
            self._run(_compare, rows, columns)

    def compare_pairs(self, source_rows: Places, target_rows: Places) -> None:
        """Compare source vectors with the target vectors at the same places; no pair twice."""
        if len(source_rows):
            self._run(_compare_pairs, source_rows, target_rows)

    def _run(self, kernel_of: Kernel, rows: Places, columns: Places) -> None:
        kernel_of(
            self._source, np.ascontiguousarray(rows, np.int64), self._target, np.ascontiguousarray(columns, np.int64),
            self.forward, self.forward_products, self.backward, self.backward_products,
        )  # fmt: skip
