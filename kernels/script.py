"""The dominant script of a text, and a short clean sample of it for a language detector, in one pass over the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .unicode import CLASS, COMPOSING, LETTER, MARK, SCRIPT, SCRIPT_CODES, SCRIPT_NUMBERS, UNSPACED, next_code_point

CODES: Final = (*SCRIPT_CODES, "Jpan")
"""Names of script numbers: those of the character tables and "Jpan" (kana with or without Han)."""

NUMBERS: Final = np.array(
    [SCRIPT_NUMBERS[code] for code in ("Zyyy", "Zinh", "Zzzz", "Hani", "Bopo", "Hira", "Kana", "Hang")]
    + [len(SCRIPT_CODES)],
    np.int64,
)

WHOLE: Final = 1 << 62
"""`head` for looking at whole texts."""


@dataclass(frozen=True)
class TextSamples:
    """What a detector needs of n texts.

    Attributes:
        buffer: the cleaned samples' bytes, one after the other (empty unless asked for).
        offsets: n + 1 int64, where each sample starts in `buffer`.
        script: n uint8, the dominant script as an index into `CODES`; that of "Zyyy" when there are no letters.
        letters: n int32, letters of any script, ideographs, kana and Hangul syllables counted twice.
        share: n float32 in [0, 1], the dominant script's part of `letters`; 0 without letters.
        denormal: n booleans, whether the sample has a character that NFC may change.
    """

    buffer: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    script: npt.NDArray[np.uint8]
    letters: npt.NDArray[np.int32]
    share: npt.NDArray[np.float32]
    denormal: npt.NDArray[np.bool_]

    def sample(self, row: int) -> bytes:
        """The sample of one row, as UTF-8."""
        return self.buffer[self.offsets[row] : self.offsets[row + 1]].tobytes()


@inlined
def _refused(point):  # type: ignore[no-untyped-def]
    """Whether detectors stop at a code point or refuse the text: controls, line ends, noncharacters."""
    return (
        point < 32
        or (0x7F <= point < 0xA0)
        or (point & 0xFFFE) == 0xFFFE
        or (0xFDD0 <= point < 0xFDF0)
        or (0xD800 <= point < 0xE000)
        or (0x2028 <= point < 0x202A)
    )


@inlined
def dominant_script(counts, numbers):  # type: ignore[no-untyped-def]
    """(script, letters of it, letters of all) from counts by script; Han and kana are put together."""
    han, bopomofo, hiragana, katakana = numbers[3], numbers[4], numbers[5], numbers[6]
    hangul, japanese = numbers[7], numbers[8]
    for number in numbers[:3]:
        counts[number] = 0
    kana = 2 * (counts[hiragana] + counts[katakana])
    ideographs = 2 * (counts[han] + counts[bopomofo])
    counts[hangul] *= 2
    counts[bopomofo] = 0
    counts[hiragana] = 0
    counts[katakana] = 0
    is_japanese = kana > 0 and kana * 20 >= ideographs
    counts[japanese] = kana + ideographs if is_japanese else 0
    counts[han] = 0 if is_japanese else kana + ideographs
    total = np.int64(0)
    most = np.int64(0)
    best = numbers[0]
    for number in range(256):
        total += counts[number]
        if counts[number] > most:
            most = counts[number]
            best = number
    return best, most, total


_ASCII_LETTER = ord("a")


@kernel(
    "void(uint8[::1], int64[::1], uint8[::1], uint8[::1], uint8[::1], int64[::1], int64, int64, boolean,"
    " uint8[::1], int64[::1], uint8[::1], int32[::1], float32[::1], boolean[::1])"
)
def sample_rows(  # type: ignore[no-untyped-def]
    buffer, offsets, classes, scripts, composing, numbers, head, middle, copy,
    out, out_offsets, script, letters, share, denormal,
):  # fmt: skip
    """See `text_samples`. `out` has room for all samples when `copy` is true, and is not touched otherwise."""
    counts = np.zeros(256, np.int64)
    used = np.int64(0)
    out_offsets[0] = 0
    for row in range(offsets.shape[0] - 1):
        start, end = offsets[row], offsets[row + 1]
        counts[:] = 0
        denormal[row] = False
        latin = np.int64(0)
        bounded = end - start > head + middle
        for window in range(2 if bounded and middle > 0 else 1):
            position = start
            stop = start + head if bounded else end
            if window == 1:
                position = max(stop, start + (end - start) // 2)
                stop = min(end, position + middle)
                while position < stop and buffer[position] & 0xC0 == 0x80:
                    position += 1
                if copy:
                    out[used] = 32
                    used += 1
            while position < stop:
                before = position
                point, position = next_code_point(buffer, position)
                if position > end:
                    break
                if point < 0x80:
                    latin += classes[point] == LETTER
                else:
                    kind = classes[point]
                    if kind == LETTER or kind == UNSPACED or kind == MARK:
                        counts[scripts[point]] += 1
                    if composing[point] == 255:
                        denormal[row] = True
                if copy and _refused(point):
                    out[used] = 32
                    used += 1
                elif copy:
                    for index in range(before, position):
                        out[used] = buffer[index]
                        used += 1
        out_offsets[row + 1] = used
        counts[scripts[_ASCII_LETTER]] += latin
        best, most, total = dominant_script(counts, numbers)
        script[row] = best
        letters[row] = min(total, np.int64(2147483647))
        share[row] = most / total if total > 0 else 0.0


def text_samples(texts: pa.Array, *, head: int = WHOLE, middle: int = 0, copy: bool = True) -> TextSamples:
    """Clean and bound texts for a language detector, and name their scripts.

    A sample is the first `head` bytes of a text and, where the text is longer than both windows together, a space and
    `middle` bytes from its middle on (whole characters). Line ends, controls and noncharacters become spaces: detectors
    stop at them or refuse the text. The script is that of the sample.

    Args:
        texts: n strings.
        head: bytes from the start; `WHOLE` for all of each text.
        middle: bytes from the middle of longer texts.
        copy: whether to make the samples, or only name the scripts.
    """
    buffer, offsets = text_buffers(texts)
    rows = len(offsets) - 1
    lengths = np.diff(offsets)
    room = int(np.minimum(lengths, head + middle + 5).sum()) + 4 * rows if copy else 0
    out = np.empty(room, np.uint8)
    out_offsets = np.zeros(rows + 1, np.int64)
    script = np.empty(rows, np.uint8)
    letters = np.empty(rows, np.int32)
    share = np.empty(rows, np.float32)
    denormal = np.zeros(rows, np.bool_)
    sample_rows(
        buffer, offsets, CLASS, SCRIPT, COMPOSING, NUMBERS, head, middle, copy,
        out, out_offsets, script, letters, share, denormal,
    )  # fmt: skip
    return TextSamples(out, out_offsets, script, letters, share, denormal)


def dominant_scripts(texts: pa.Array) -> pa.StringArray:
    """The ISO 15924 code of each text's dominant script ("Latn", "Jpan", "Hani" ...), "Zyyy" without letters."""
    found = text_samples(texts, copy=False)
    return pa.DictionaryArray.from_arrays(pa.array(found.script), pa.array(CODES)).cast(pa.string())
