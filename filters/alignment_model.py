"""What the aligner knows of a pair of languages: lengths, shapes of beads, words and their translations; as bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .alignment_texts import Words

SHAPES = np.array(
    [(1, 1), (1, 0), (0, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3), (4, 1), (1, 4), (3, 3)], np.int32
)
"""Shapes of beads: segments on the left and on the right."""
TWO_SIDED = SHAPES.min(axis=1) > 0
FIRST_PRIORS = np.array([0.89, 0.005, 0.005, 0.0445, 0.0445, 0.011, 0.008, 0.008, 0.002, 0.002, 0.003, 0.003, 0.0005])
"""How common the shapes are held to be before anything is known."""

_MAGIC = b"hexapla-aligner-2\n"


@dataclass(frozen=True)
class Settings:
    """How the aligner learns and decides. The defaults are meant for all languages and corpora."""

    stem: int = 5
    """Letters of a word that count."""
    passes: int = 3
    """How often translations are learned from the latest alignment."""
    few: float = 400.0
    """A corpus with fewer sure beads is learned from twice as often (all beads help to find the others), and its beads
    cost in proportion less: how sure a bead is says little of it."""
    rounds: int = 5
    """Rounds of expectation and maximisation in each pass."""
    first_gate: float = 0.6
    """What a bead needs to be learned from when only lengths were compared."""
    gate: float = 0.1
    """What it needs in later passes."""
    most_letters: int = 10_000_000
    """Letters of both sides that are learned from at most; documents beyond are only aligned."""
    discount: float = 0.7
    """What is taken from every count of a pair of words: a pair seen in one bead says nothing of that bead."""
    alone: float = 0.35
    """The first guess of how many words have no counterpart."""
    alone_weight: float = 2.0
    """How many sights it takes to believe that a word without a known translation has none."""
    local: float = 0.4
    """Of the neighbourhood, beside all text, in what is expected of a word where nothing is translated."""
    reach: float = 30.0
    """Words after which a neighbour counts a third."""
    length_weight: float = 1.0
    """Of the length beside words."""
    word_weight: float = 1.0
    """Of the mean evidence of both directions."""
    variance: float = 6.8
    """First guess of the variance of lengths, per letter (Gale and Church 1993)."""
    price: float = 0.4
    """What a bead costs when the way with the largest expected number of right beads is chosen."""
    width: int = 30
    """Columns on both sides of an earlier way that are considered."""


@dataclass(frozen=True)
class Table:
    """Rows of translations: the words that a word may be, and their chances."""

    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float16]


@dataclass(frozen=True)
class Lexicon:
    """Translations of a pair in both directions."""

    left: Words
    right: Words
    ahead: Table
    """Left words to right words."""
    back: Table
    left_alone: npt.NDArray[np.float32]
    """Chance of each left word to have no counterpart; 1 for one of which nothing is known."""
    right_alone: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """All that `align` needs of a pair."""

    src_lang: str
    tgt_lang: str
    settings: Settings
    ratio: float
    """Target letters per source letter."""
    variance: float
    """Of the difference, per letter."""
    priors: tuple[float, ...]
    """Share of each of `SHAPES`."""
    spreads: tuple[float, float, float, float]
    """Of the letters of a segment: shape and scale of their gamma distribution, on both sides."""
    documents: int
    """How many documents were learned from."""
    beads: float
    """How many beads the translations rest on (the sum of their weights)."""
    typical: float
    """Evidence of words in the beads that were found, in nats per word; near 0 where nothing could be learned."""
    lexicon: Lexicon

    def to_bytes(self) -> bytes:
        """The model as bytes: equal models have equal bytes."""
        arrays, header = _arrays(self.lexicon), _header(self)
        header["arrays"] = [[name, array.dtype.str, len(array)] for name, array in arrays.items()]
        text = json.dumps(header, sort_keys=True).encode()
        body = b"".join([len(text).to_bytes(8, "little"), text, *(array.tobytes() for array in arrays.values())])
        packed: bytes = pa.compress(body, codec="zstd", asbytes=True)
        return _MAGIC + len(body).to_bytes(8, "little") + packed

    @staticmethod
    def from_bytes(data: bytes) -> Model:
        """The model that `to_bytes` wrote.

        Raises:
            ValueError: the bytes are not a model, or of another version.
        """
        if not data.startswith(_MAGIC):
            raise ValueError("these bytes are no alignment model of this version; train it again")
        place = len(_MAGIC)
        size = int.from_bytes(data[place : place + 8], "little")
        body = pa.decompress(data[place + 8 :], decompressed_size=size, codec="zstd", asbytes=True)
        end = 8 + int.from_bytes(body[:8], "little")
        header = json.loads(body[8:end])
        arrays: dict[str, npt.NDArray[Any]] = {}
        for name, kind, length in header.pop("arrays"):
            arrays[name] = np.frombuffer(body, kind, count=length, offset=end).copy()
            end += arrays[name].nbytes
        header["settings"] = Settings(**header["settings"])
        header["priors"], header["spreads"] = tuple(header["priors"]), tuple(header["spreads"])
        return Model(**header, lexicon=_lexicon(arrays))


def _header(model: Model) -> dict[str, Any]:
    header = {field.name: getattr(model, field.name) for field in fields(Model) if field.name != "lexicon"}
    header["settings"] = {field.name: getattr(model.settings, field.name) for field in fields(Settings)}
    return header


def _arrays(lexicon: Lexicon) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    for side, words in (("left", lexicon.left), ("right", lexicon.right)):
        arrays |= {f"{side}.{name}": getattr(words, name) for name in ("hashes", "kinds", "counts")}
    for way, table in (("ahead", lexicon.ahead), ("back", lexicon.back)):
        arrays |= {f"{way}.{name}": getattr(table, name) for name in ("starts", "columns", "values")}
    return arrays | {"left_alone": lexicon.left_alone, "right_alone": lexicon.right_alone}


def _lexicon(arrays: dict[str, npt.NDArray[Any]]) -> Lexicon:
    words = [
        Words(*(arrays[f"{side}.{name}"] for name in ("hashes", "kinds", "counts"))) for side in ("left", "right")
    ]
    tables = [
        Table(*(arrays[f"{way}.{name}"] for name in ("starts", "columns", "values"))) for way in ("ahead", "back")
    ]
    return Lexicon(words[0], words[1], tables[0], tables[1], arrays["left_alone"], arrays["right_alone"])
