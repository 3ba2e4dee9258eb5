"""Names the language and the script of texts: columns in, columns out.

A detector sees a bounded, cleaned sample (`language_samples`) in Unicode normal form C. What every detector shares:

* A script in which one language writes names it (`language_codes.SOLE_LANGUAGE`), whatever the detector says.
* A language that is not written in the text's dominant script is not believed: the text is `und_<Script>`.
* A detector's macrolanguage becomes the member that `language_codes` says: cld2 tells no Quechua from another, and each
  is `quz_Latn`.
* What is not known stays `und_<Script>`, so that nothing is lost or mixed with other scripts; no letters: `und_Zyyy`.

Detectors: cld2 with checks of our own (`language_cld2`), the default, and fastText models (`language_fasttext`). What
was measured is in `docs/language-identification.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from . import language_codes as codes
from .file_stamps import Stamp, stamp
from .language_cld2 import Cld2Detector
from .language_fasttext import FastTextDetector, model_file
from .language_samples import Samples, samples_of

CLD2: Final = "cld2"
LEAST_DIGITS: Final = 8
MARK_DIGITS: Final = 16


@dataclass(frozen=True)
class Identified:
    """What was found out about n texts.

    Attributes:
        language: n strings, "fra_Latn", or "und_Ethi" where the language is not known.
        score: n float32 in [0, 1], null where the language is not known. cld2: the sample's share in it;
            fastText: the label's probability; a script that names its language: the script's share of the letters.
        script: n strings, the ISO 15924 code of the dominant script, "Zyyy" without letters.
        known: n booleans, whether the language was named.
    """

    language: pa.StringArray
    score: pa.FloatArray
    script: pa.StringArray
    known: pa.BooleanArray


class Detector(Protocol):
    """Names the languages of samples.

    Attributes:
        default_min_score: least score for a name where nothing is said for the language.
    """

    default_min_score: float

    def name(self, samples: Samples) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Name n samples.

        Returns:
            n labels with scripts, "" where the language is not known; n scores in [0, 1].
        """
        ...


def detector(model: str) -> Detector:
    """The detector for "cld2" or a fastText model (see `model_file`).

    Loaded once per process, and again when its file has changed.
    """
    path = CLD2 if model == CLD2 else model_file(model)
    return _loaded(path, () if path == CLD2 else stamp(path))


@lru_cache(maxsize=2)
def _loaded(path: str, version: Stamp) -> Detector:
    return Cld2Detector() if path == CLD2 else FastTextDetector(path)


def is_model(model: str, named: str) -> bool:
    """Whether `named` ("cld2", or the first digits of a file's SHA-256) is the detector `model`.

    Raises:
        ValueError: `named` is neither, or `model` is no model.
    """
    if named != CLD2 and (len(named) < LEAST_DIGITS or not set(named) <= set("0123456789abcdef")):
        raise ValueError(f"{named!r} is neither cld2 nor the first {LEAST_DIGITS} or more digits of a SHA-256")
    if CLD2 in {model, named}:
        return model == named
    path = model_file(model)
    return _digest(path, stamp(path)).startswith(named)


def model_mark(model: str) -> str:
    """What a model is known by in `min_score_model`: "cld2", or the first digits of its file's SHA-256.

    Args:
        model: cld2, a fastText model (see `model_file`), or such digits, which stay.

    Raises:
        ValueError: it is none of these.
    """
    if model == CLD2 or (len(model) >= LEAST_DIGITS and set(model) <= set("0123456789abcdef")):
        return model
    path = model_file(model)
    return _digest(path, stamp(path))[:MARK_DIGITS]


@lru_cache(maxsize=8)
def _digest(path: str, version: Stamp) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def identify(texts: pa.Array, found_by: Detector, *, min_score: Mapping[str, float] | None = None) -> Identified:
    """Name the language and script of each text.

    Args:
        texts: n strings; null reads as empty.
        found_by: the detector.
        min_score: least score in [0, 1] by canonical label ("fra_Latn") or language ("fra"); "default" for all others.

    Returns:
        See `Identified`; a row depends on its own text only.
    """
    least = {"default": found_by.default_min_score, **(min_score or {})}
    samples = samples_of(texts)
    scripts = samples.scripts
    labels, scores = found_by.name(samples)
    needed = {label: least.get(label, least.get(label[:3], least["default"])) for label in set(labels)}
    needed[""] = 2.0
    known = scores >= np.array([needed[label] for label in labels], np.float32)
    for row, script in enumerate(scripts):
        if script in codes.SOLE_LANGUAGE:
            labels[row], scores[row], known[row] = (
                f"{codes.SOLE_LANGUAGE[script]}_{script}",
                samples.script_share[row],
                True,
            )
        elif script == codes.NO_SCRIPT:
            known[row] = False
    named = known.tolist()
    languages = [
        label if sure else f"{codes.UNKNOWN}_{script}"
        for label, sure, script in zip(labels, named, scripts, strict=True)
    ]
    return Identified(
        language=pa.array(languages, pa.string()),
        score=pa.array(scores, pa.float32(), mask=~known),
        script=pa.array(scripts, pa.string()),
        known=pa.array(known),
    )


__all__ = [
    "CLD2",
    "Cld2Detector",
    "Detector",
    "FastTextDetector",
    "Identified",
    "detector",
    "identify",
    "is_model",
    "model_file",
    "model_mark",
]
