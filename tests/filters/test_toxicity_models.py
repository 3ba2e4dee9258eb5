"""Classifiers by language: who is served, null where none serves, the worst line, and labels that are not there."""

from pathlib import Path

import pyarrow as pa
import pytest
from hexapla.filters.language_choice import by_language
from hexapla.filters.toxicity_models import ModelChoice, model_scores
from toxic_fasttext import train

TEXTS = ["shit fuck cunt", "a calm day by the sea", "a calm day\n\nshit fuck cunt shit\nby the sea", "shit", "", None]
LANGUAGES = ["eng_Latn", "eng_Latn", "eng_Latn", "kat_Geor", "eng_Latn", None]


@pytest.fixture(scope="module")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("model"))


def scores(file: Path, key: str, **options: object) -> list[float | None]:
    choices = {key: ModelChoice(str(file), ("toxic",))}
    found = model_scores(pa.array(TEXTS).fill_null(""), pa.array(LANGUAGES), choices, **options)  # type: ignore[arg-type]
    return found.to_pylist()  # type: ignore[no-any-return]


def test_languages_have_their_own_model_or_the_one_for_any() -> None:
    own, other = ModelChoice("a", ("x",)), ModelChoice("b", ("x",))
    assert by_language({"eng": own, "eng_Latn": own, "default": other}) == {
        "eng": own,
        "eng_Latn": own,
        "default": other,
    }
    assert by_language({"iw_Hebr": own}) == {"heb_Hebr": own}


def test_rows_of_other_languages_are_null(fasttext_file: Path) -> None:
    found = scores(fasttext_file, "eng_Latn")
    assert found[0] is not None and found[1] is not None and found[0] > 0.5 > found[1]
    assert found[3] is None and found[5] is None
    everywhere = scores(fasttext_file, "default")
    assert everywhere[:3] == found[:3] and everywhere[3] is not None


def test_the_worst_line_counts_when_asked(fasttext_file: Path) -> None:
    whole, lines = scores(fasttext_file, "eng_Latn"), scores(fasttext_file, "eng_Latn", by="line")
    assert lines[0] == whole[0] and lines[1] == whole[1]
    assert lines[2] is not None and whole[2] is not None and lines[2] > whole[2]
    assert lines[4] is None, "a document without a line has no answer"


def test_batch_borders_mean_nothing(fasttext_file: Path) -> None:
    whole = scores(fasttext_file, "default")
    choices = {"default": ModelChoice(str(fasttext_file), ("toxic",))}
    texts, languages = pa.array(TEXTS).fill_null(""), pa.array(LANGUAGES)
    each = [model_scores(texts.slice(n, 1), languages.slice(n, 1), choices)[0].as_py() for n in range(len(TEXTS))]
    assert each == whole


def test_a_label_that_a_model_lacks_is_named(fasttext_file: Path) -> None:
    for label, words in (("toxi", "did you mean 'toxic'"), ("zzz", "it has")):
        with pytest.raises(ValueError, match=words):
            model_scores(pa.array(["a"]), pa.array(["x"]), {"default": ModelChoice(str(fasttext_file), (label,))})
