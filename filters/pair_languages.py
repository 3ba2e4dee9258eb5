"""How sure a detector is that a text is in the language that its label names, as OpusFilter's filters ask it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa

from ..kernels.arrow import text_buffers
from .file_stamps import Stamp, stamp
from .language import detector, identify
from .language_codes import canonical
from .language_fasttext import model_file
from .pair_signals import Numbers, Texts


def cld2_confidence(texts: Texts, languages: tuple[str, ...]) -> Numbers:
    """cld2's share of each text in its language; 0 where cld2 names another first, 1 for an empty text.

    Args:
        texts: m texts.
        languages: cld2's codes of sources and targets; none: each text's own language.

    Raises:
        ValueError: pycld2 is not installed.
    """
    try:
        import pycld2
    except ImportError as error:
        raise ValueError("pycld2 is not installed: name a fastText model instead of cld2") from error
    expected = _expected(texts, languages)
    found = np.zeros(len(texts.texts), np.float64)
    for row, text in enumerate(texts.texts.to_pylist()):
        if not text:
            found[row] = 1.0
            continue
        try:
            _, code, percent, _ = pycld2.detect(text)[2][0]
        except pycld2.error:
            continue
        if expected(row, code):
            found[row] = round(percent / 100, 2)
    return found


def fasttext_confidence(texts: Texts, path: str, languages: tuple[str, ...]) -> Numbers:
    """A fastText model's probability of its first label; 0 where that is another language, 1 for an empty text.

    Args:
        texts: m texts.
        path: the model, a path or hub id.
        languages: the model's labels of sources and targets; none: each text's own language.
    """
    file = model_file(path)
    model = _model(file, stamp(file))
    best, score = model.best(*text_buffers(texts.texts))
    expected = _expected(texts, languages)
    labels = [label.removeprefix("__label__") for label in model.labels]
    found = np.zeros(len(best), np.float64)
    empty = texts.counts()["characters"] == 0
    for row, label in enumerate(best.tolist()):
        if empty[row]:
            found[row] = 1.0
        elif label >= 0 and expected(row, labels[label]):
            found[row] = float(score[row])
    return found


@lru_cache(maxsize=2)
def _model(path: str, version: Stamp):  # type: ignore[no-untyped-def]
    from .fasttext_model import FastTextModel

    return FastTextModel(path)


def _expected(texts: Texts, languages: tuple[str, ...]) -> Callable[[int, str], bool]:
    """Whether a detector's code is the one that is expected of a text."""
    if languages:
        if texts.side is None:
            raise ValueError("a list of two languages is for sources and targets; leave `languages` out for groups")
        side = texts.side
        return lambda row, code: code == languages[side[row]]
    names = texts.languages.dictionary.to_pylist()
    indices = texts.languages.indices.to_numpy(zero_copy_only=False)
    return lambda row, code: _same(names[indices[row]], code)


@lru_cache(maxsize=65_536)
def _same(label: str, code: str) -> bool:
    """Whether a detector's code names the language of a canonical label, whatever script it thinks of."""
    return canonical(code).partition("_")[0] == label.partition("_")[0]


def wrong_languages(texts: Texts, model: str) -> Numbers:
    """1 where the detector names another language with certainty, else 0; what it leaves unnamed is not wrong.

    Args:
        texts: m texts.
        model: cld2, or a fastText model: a path or hub id.
    """
    found = identify(texts.texts.cast(pa.string()), detector(model))
    named, known = found.language.to_pylist(), found.known.to_pylist()
    labels = texts.languages.dictionary.to_pylist()
    indices = texts.languages.indices.to_numpy(zero_copy_only=False)
    wrong = [sure and not _same(labels[indices[row]], named[row]) for row, sure in enumerate(known)]
    return np.array(wrong, np.float64)
