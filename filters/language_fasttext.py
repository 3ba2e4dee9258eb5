"""fastText models that name languages (lid.176, GlotLID, OpenLID, your own): files, folders and hub ids."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..kernels.script import CODES
from . import language_codes as codes
from .fasttext_model import FastTextModel
from .language_samples import Samples
from .models import FASTTEXT_FILES as MODEL_FILES
from .models import check_readable, hub_file, is_hub_id


class FastTextDetector:
    """A supervised fastText model whose labels are languages ("__label__fra_Latn", "__label__fr")."""

    default_min_score = 0.5

    def __init__(self, path: str) -> None:
        """Load a model.

        Raises:
            ValueError: the file is no fastText model.
        """
        self._model = FastTextModel(path)
        self.labels = tuple(codes.from_model_labels(list(self._model.labels)))
        self._in_script: dict[int, str] = {}

    def _reconciled(self, key: int) -> str:
        """The label of a pair of label and script (see `name`), "" when they contradict."""
        label, script = divmod(key, len(CODES))
        found = codes.in_script(self.labels[label], CODES[script]) if label >= 0 else codes.UNKNOWN
        return "" if found.startswith(codes.UNKNOWN) else found

    def name(self, samples: Samples) -> tuple[list[str], npt.NDArray[np.float32]]:
        """See `language.Detector`."""
        best, scores = self._model.best(samples.buffer, samples.offsets)
        keys = (best.astype(np.int64) * len(CODES) + samples.script_numbers).tolist()
        known = self._in_script
        for key in set(keys).difference(known):
            known[key] = self._reconciled(key)
        return [known[key] for key in keys], np.minimum(scores, np.float32(1))


def model_file(model: str) -> str:
    """The local path of a fastText model.

    Args:
        model: a file, a folder with one of `MODEL_FILES`, or a hub id ("cis-lmu/glotlid", "owner/name@revision"), which
            is downloaded (or taken from huggingface_hub's cache) now.

    Raises:
        ValueError: there is no such file, or the repository holds no fastText model.
    """
    return local_model_file(model) or hub_file(model, MODEL_FILES, "fastText model")


def local_model_file(model: str) -> str | None:
    """The same of a model on this machine; None for a hub id. Nothing is fetched or loaded.

    Raises:
        ValueError: it is neither a file, nor a folder with a model, nor of the form of a hub id; or cannot be read.
    """
    path = os.path.expanduser(model)
    if os.path.isdir(path):
        check_readable(path)
        path = next((str(Path(path, name)) for name in MODEL_FILES if Path(path, name).is_file()), "")
        if not path:
            raise ValueError(f"the folder {model} holds no fastText model (looked for {', '.join(MODEL_FILES)})")
    if os.path.isfile(path):
        check_readable(path)
        return path
    if not is_hub_id(model):
        raise ValueError(f"{model!r} is neither a file nor a hub id (owner/name)")
    return None
