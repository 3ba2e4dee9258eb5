"""What detectors see of texts: bounded, cleaned samples in normal form C, and their scripts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.script import CODES, text_samples
from ..kernels.unicode import SCRIPT, SCRIPT_NUMBERS

HEAD_BYTES: Final = 1024
MIDDLE_BYTES: Final = 512
"""The sample. Figures on other sizes are in `docs/language-identification.md`."""

_WINDOW: Final = HEAD_BYTES
"""Characters that are looked at as one when a text is searched for a script."""

_WRITTEN_IN: Final = {"Jpan": ("Hira", "Kana", "Hani"), "Hani": ("Hani", "Bopo")}
"""Scripts of single characters that make up a script of texts."""


@dataclass(frozen=True)
class Samples:
    """Samples of n texts.

    Attributes:
        buffer: UTF-8 without line ends and controls, one sample after the other.
        offsets: n + 1 int64, where each begins.
        script_numbers: n uint8, dominant scripts as indices into `kernels.script.CODES`.
        script_share: n float32, the dominant script's part of the letters.
    """

    buffer: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    script_numbers: npt.NDArray[np.uint8]
    script_share: npt.NDArray[np.float32]

    @property
    def scripts(self) -> list[str]:
        """ISO 15924 codes, "Zyyy" without letters."""
        return [CODES[number] for number in self.script_numbers.tolist()]

    def pieces(self) -> list[bytes]:
        """The samples, as UTF-8."""
        whole = self.buffer[: self.offsets[-1]].tobytes()
        places = self.offsets.tolist()
        return [whole[start:stop] for start, stop in pairwise(places)]


def samples_of(texts: pa.Array) -> Samples:
    """Take samples: the first `HEAD_BYTES` bytes of each text and `MIDDLE_BYTES` from its middle on.

    The script is that of the whole text. Where the sample has another one (a page in Tibetan under an English menu and
    licence), it is taken from where the text's script is densest instead.
    """
    seen = text_samples(texts, head=HEAD_BYTES, middle=MIDDLE_BYTES)
    scripts, shares = seen.script.copy(), seen.share.copy()
    changed = {row: _composed(seen.sample(row)) for row in np.flatnonzero(seen.denormal).tolist()}
    for row, script, share in _other_scripts(texts, seen.script):
        scripts[row], shares[row] = script, share
        changed[row] = _composed(_densest(texts[row].as_py(), CODES[script]))
    found = Samples(seen.buffer, seen.offsets, scripts, shares)
    if not changed:
        return found
    pieces = found.pieces()
    for row, piece in changed.items():
        pieces[row] = piece
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    return Samples(np.frombuffer(b"".join(pieces) + b"\0", np.uint8).copy(), offsets, scripts, shares)


def _composed(sample: bytes) -> bytes:
    """In normal form C: detectors were trained on composed letters."""
    return unicodedata.normalize("NFC", sample.decode("utf-8", "ignore")).encode()


def _other_scripts(texts: pa.Array, sampled: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int, float]]:
    """(Row, script, its share of the letters) of the texts whose dominant script is not that of their sample."""
    lengths = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(lengths > HEAD_BYTES + MIDDLE_BYTES)
    if not len(rows):
        return
    # short texts are read again rather than long ones copied
    all_rows = 2 * int(lengths[rows].sum()) > int(lengths.sum())
    whole = text_samples(texts if all_rows else texts.take(pa.array(rows)), copy=False)
    script, share = (whole.script[rows], whole.share[rows]) if all_rows else (whole.script, whole.share)
    for place in np.flatnonzero(script != sampled[rows]).tolist():
        yield int(rows[place]), int(script[place]), float(share[place])


def _densest(text: str, script: str) -> bytes:
    """The piece of a text, as long as a sample, that has most letters of a script; the first of several."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    numbers = [SCRIPT_NUMBERS[code] for code in _WRITTEN_IN.get(script, (script,))]
    letters = np.concatenate([[0], np.cumsum(np.isin(SCRIPT[points], numbers))])
    starts = np.arange(0, max(1, len(points) - _WINDOW // 2), _WINDOW // 2)
    inside = letters[np.minimum(starts + _WINDOW, len(points))] - letters[starts]
    start = int(starts[int(inside.argmax())])
    piece = text[start : start + _WINDOW].encode("utf-8", "ignore")[: HEAD_BYTES + MIDDLE_BYTES]
    cleaned = text_samples(pa.array([piece.decode("utf-8", "ignore")], pa.string()))
    return cleaned.sample(0)
