"""Scores of toxicity classifiers, one model per language or one for all, over whole documents or their worst line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .classifiers import Classifier, Device, load_classifier
from .language_choice import canonical_languages, model_for


class ModelChoice(NamedTuple):
    """A classifier, and which of its labels mean toxic.

    Attributes:
        model: a fastText file, a folder of transformers, or a hub id.
        labels: labels whose highest score is the document's, in any case.
        lowercase: fastText: lower-case the text first.
    """

    model: str
    labels: tuple[str, ...]
    lowercase: bool = False


def model_scores(
    text: pa.Array,
    language: pa.Array,
    choices: Mapping[str, ModelChoice],
    *,
    by: Literal["document", "line"] = "document",
    device: Device = "auto",
) -> pa.FloatArray:
    """The score of each document by its language's model.

    Args:
        text: n strings.
        language: n language codes; null counts as a language that is not named.
        choices: language ("fra_Latn", "fra") or "default" -> model, with the keys of `by_language`.
        by: "line" gives a document the highest score of its lines that are not blank.
        device: where transformers compute.

    Returns:
        n scores; null where no model serves the language or the model has no answer.

    Raises:
        ValueError: a model cannot be loaded or does not have a label.
    """
    scores = np.full(len(text), np.nan, np.float32)
    served: dict[ModelChoice, list[int]] = {}
    for row, code in enumerate(canonical_languages(language)):
        chosen = model_for(choices, code)
        if chosen is not None:
            served.setdefault(chosen, []).append(row)
    for chosen, rows in served.items():
        classifier = load_classifier(chosen.model, device=device, lowercase=chosen.lowercase)
        columns = _label_columns(classifier, chosen)
        scores[rows] = _scores(classifier, columns, text.take(pa.array(rows)), by)
    return pa.array(scores, pa.float32(), mask=np.isnan(scores))


def _scores(classifier: Classifier, columns: Sequence[int], texts: pa.Array, by: str) -> npt.NDArray[np.float32]:
    """The highest score over labels, and over lines when asked; NaN for no answer."""
    if by == "document":
        return np.asarray(classifier.scores(texts)[:, list(columns)].max(axis=1), np.float32)
    lines = pc.split_pattern(texts, "\n")
    document = pc.list_parent_indices(lines).to_numpy(zero_copy_only=False)
    each = pc.list_flatten(lines)
    written = pc.invert(pc.match_substring_regex(each, r"^\s*$")).to_numpy(zero_copy_only=False)
    found = np.full(len(texts), np.nan, np.float32)
    if written.any():
        values = classifier.scores(each.filter(pa.array(written)))[:, list(columns)].max(axis=1)
        # fmax passes over NaN: a line without an answer does not hide the others
        np.fmax.at(found, document[written], values.astype(np.float32))
    return found


def _label_columns(classifier: Classifier, chosen: ModelChoice) -> list[int]:
    folded = [label.casefold() for label in classifier.labels]
    columns = []
    for label in chosen.labels:
        if label.casefold() not in folded:
            near = difflib.get_close_matches(label.casefold(), folded, n=1)
            has = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(classifier.labels[:20])}"
            raise ValueError(f"the model {chosen.model} has no label {label!r}; {has}")
        columns.append(folded.index(label.casefold()))
    return columns
