"""The lines, paragraphs or sentences of documents as keys that say which are the same, and texts without some of them.

How units are compared (`normalize: ccnet`) follows CCNet (Wenzek et al., CCNet: Extracting High Quality Monolingual
Datasets from Web Crawl Data, 2020, section 3.1): lower case, 0 for each digit, no punctuation. What differs:

* Accents and other marks stay. The paper takes them away (its code does not): without the combining marks, most vowels
  of Devanagari, Tamil, Thai or Hebrew are gone, and Vietnamese words run together. Texts are compared in NFC.
* All punctuation and symbols of Unicode are left out, not a list of 33; white space in a row is one space; control and
  format characters, which nobody sees, do not count.
* Compatibility forms are equal to what they stand for (full-width letters, Arabic presentation forms).
* A unit with few letters has no key of its own, see `kernels.line_keys.line_keys`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.arrow import text_buffers
from ..kernels.line_keys import find_lines, line_keys, line_properties, measure_lines
from ..kernels.lines import join_units
from ..kernels.nfc import compose
from ..kernels.unicode import CLASS
from .sentences import sentence_borders

Unit = Literal["line", "paragraph", "sentence"]
Normalize = Literal["ccnet", "exact"]
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LineUnits:
    """The units of n texts.

    Attributes:
        texts: n strings without nulls.
        first: n + 1: the units of text i are those from number `first[i]` on.
        spans: m x 2, the visible part of each unit as bytes of the texts' buffer; empty ones are part of the gaps.
        characters: m, code points of the visible part.
        keys: m x 2, under which units of different texts are the same; 0 for none.
        ends: m x 2, the units up to which the keys reach, see `kernels.line_keys.line_keys`.
    """

    texts: pa.Array
    first: Numbers
    spans: Numbers
    characters: npt.NDArray[np.int32]
    keys: Hashes
    ends: Numbers

    def rows(self) -> Numbers:
        """The text of each unit."""
        return np.repeat(np.arange(len(self.texts)), np.diff(self.first))

    def sums(self, values: npt.NDArray[np.generic]) -> Numbers:
        """For each text the sum of one number per unit."""
        total = np.zeros(len(values) + 1, np.int64)
        np.cumsum(values, out=total[1:], dtype=np.int64)
        return total[self.first[1:]] - total[self.first[:-1]]

    def without(self, removed: npt.NDArray[np.bool_]) -> pa.Array:
        """The texts without some units.

        Between two units that stay stands what stood between them or, where units are missing, the gap with the most
        line feeds. A text that loses nothing stays as it is, byte for byte.

        Args:
            removed: m.
        """
        if not removed.any():
            return self.texts
        buffer, offsets = text_buffers(self.texts)
        out, borders = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(len(self.texts) + 1, np.int32)
        join_units(buffer, offsets, self.first, self.spans, ~removed, out, borders)
        data = pa.py_buffer(out[: borders[-1]])
        return pa.Array.from_buffers(pa.string(), len(self.texts), [None, pa.py_buffer(borders), data])

    def strings(self, chosen: npt.NDArray[np.bool_]) -> pa.ListArray:
        """For each text those of its units that are chosen, in order.

        Args:
            chosen: m.
        """
        buffer, _ = text_buffers(self.texts)
        numbers = np.flatnonzero(chosen)
        values = pa.array([bytes(buffer[a:b]) for a, b in self.spans[numbers].tolist()], pa.binary()).cast(pa.string())
        return pa.ListArray.from_arrays(pa.array(np.searchsorted(numbers, self.first).astype(np.int32)), values)


def line_units(
    texts: pa.Array,
    languages: pa.Array | None = None,
    *,
    unit: Unit = "line",
    normalize: Normalize = "ccnet",
    least: int = 0,
    scopes: Hashes | None = None,
) -> LineUnits:
    """Cut texts into units and make their keys.

    A line ends at LF, CR, CR LF, VT, FF, NEL, U+2028 or U+2029, a paragraph where two lines end with nothing between
    them, a sentence by the rules of `filters/sentences.py`. What has no visible character is no unit.

    Args:
        texts: n strings; nulls are read as empty.
        languages: n codes that choose abbreviations for sentences, or None.
        unit: what is compared.
        normalize: `ccnet`, see above; `exact`: as it is, but for white space.
        least: letters (one of an unspaced script counts two) of a unit that is compared on its own; a shorter one
            is compared together with its neighbours.
        scopes: n hashes; units of texts with different ones never have equal keys.
    """
    texts = texts.fill_null("")
    buffer, offsets = text_buffers(texts)
    if unit == "sentence":
        first, marks, _ = sentence_borders(texts, languages)
        borders = marks.astype(np.int64)
    else:
        first = np.empty(len(texts) + 1, np.int64)
        borders = np.empty(int(offsets[-1] - offsets[0]) // 2 + len(texts) + 1, np.int64)
        count = find_lines(buffer, offsets, CLASS, 1 if unit == "line" else 2, first, borders)
        borders = borders[: count + 1].copy()
    m = len(borders) - 1
    spans, hashes, sizes = np.empty((m, 2), np.int64), np.empty(m, np.uint64), np.empty((m, 2), np.int32)
    measure_lines(buffer, borders, line_properties(normalize == "exact"), spans, hashes, sizes)
    characters = sizes[:, 0].copy()
    _compose(texts, first, spans, normalize, hashes, sizes)
    keys, ends = np.empty((m, 2), np.uint64), np.empty((m, 2), np.int64)
    scopes = np.zeros(len(texts), np.uint64) if scopes is None else scopes
    line_keys(first, spans, hashes, sizes, scopes, least, keys, ends)
    return LineUnits(texts, first, spans, characters, keys, ends)


def _compose(
    texts: pa.Array, first: Numbers, spans: Numbers, normalize: Normalize, hashes: Hashes, sizes: npt.NDArray[np.int32]
) -> None:
    """Hash and measure anew the units of texts that are not in NFC."""
    composed = compose(texts)
    if composed is texts:
        return
    changed = pc.not_equal(composed, texts).to_numpy(zero_copy_only=False)
    units = np.flatnonzero(np.repeat(changed, np.diff(first)))
    buffer, _ = text_buffers(texts)
    values = pa.array([bytes(buffer[a:b]) for a, b in spans[units].tolist()], pa.binary()).cast(pa.string())
    other, borders = text_buffers(compose(values))
    found, sized = np.empty(len(units), np.uint64), np.empty((len(units), 2), np.int32)
    unused = np.empty((len(units), 2), np.int64)
    measure_lines(other, borders, line_properties(normalize == "exact"), unused, found, sized)
    hashes[units], sizes[units] = found, sized
