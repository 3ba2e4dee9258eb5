"""How well an encoder sees two languages as one: the share of translations that are each other's nearest (MEXA)."""

from __future__ import annotations

import numpy as np

from ..kernels.neighbours import Neighbourhood
from ..kernels.vectors import Whole, squared_lengths


def alignment_score(source: Whole, target: Whole) -> float:
    """The share of n pairs whose cosine is above every other of both of its sides (Kargaran et al. 2024, MEXA).

    Args:
        source: n x d vectors of sentences (`kernels.vectors.quantise`); zeros are right of nobody.
        target: n x d vectors of their translations, in the same order.

    Returns:
        0 to 1; NaN without sentences. A tie is not above.

    Raises:
        ValueError: the sides differ in their number.
    """
    if len(source) != len(target):
        raise ValueError(f"{len(source)} sentences and {len(target)} translations")
    if not len(source):
        return float("nan")
    found = Neighbourhood(source, target, 2)
    found.compare()
    lengths = [np.sqrt(squared_lengths(side).astype(np.float64)) for side in (source, target)]
    places = np.arange(len(source))
    best = np.ones(len(source), np.bool_)
    sides = (
        (found.forward, found.forward_products, lengths[0], lengths[1]),
        (found.backward, found.backward_products, lengths[1], lengths[0]),
    )
    for numbers, products, own, others in sides:
        with np.errstate(invalid="ignore", divide="ignore"):
            cosines = products / (own[:, np.newaxis] * others[numbers])
        best &= (numbers[:, 0] == places) & (own > 0) & (others[numbers[:, 0]] > 0)
        if cosines.shape[1] > 1:
            best &= ~(cosines[:, 1] >= cosines[:, 0])
    return float(best.mean())
