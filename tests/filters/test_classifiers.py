"""Foreign classifiers give one score per label, whatever the batch that a text is in."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from hexapla.filters.classifiers import best_label, device_type, load_classifier, one_line
from hexapla.filters.fasttext_training import train_supervised
from hexapla.filters.models import find_model
from hexapla.filters.windows import WindowPlan
from tiny_models import CLEAN, MESSY, documents, save_fasttext, save_network

TEXTS = ["", "a", None, "the council met", *documents(CLEAN, 20, 3, longest=12), "x" * 60_000, "д" * 50, "สวัสดี"]


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_network(tmp_path_factory.mktemp("head"))


@pytest.fixture(scope="module")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_fasttext(tmp_path_factory.mktemp("fasttext") / "model.bin")


def test_a_score_does_not_depend_on_the_rows_beside_it(head: str) -> None:
    classifier = load_classifier(head)
    together = classifier.scores(pa.array(TEXTS))
    assert together.shape == (len(TEXTS), 1) and together.dtype == np.float32 and np.isfinite(together).all()
    assert len(np.unique(together)) > 15
    one_by_one = np.concatenate([classifier.scores(pa.array([text], pa.string())) for text in TEXTS])
    assert np.array_equal(together, one_by_one)
    order = np.random.default_rng(0).permutation(len(TEXTS))
    assert np.array_equal(together[order], classifier.scores(pa.array([TEXTS[row] for row in order])))
    assert np.array_equal(together[3:9], classifier.scores(pa.array(TEXTS).slice(3, 6)))


def test_scores_are_those_of_transformers_itself(head: str) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    network, tokenizer = AutoModelForSequenceClassification.from_pretrained(head), AutoTokenizer.from_pretrained(head)
    short = [text for text in documents(CLEAN, 8, 4, longest=2) if len(tokenizer(text)["input_ids"]) < 64]
    assert len(short) > 4
    logits = [network(**tokenizer(text, return_tensors="pt")).logits.item() for text in short]
    found = load_classifier(head).scores(pa.array(short))[:, 0]
    assert np.allclose(found, logits, atol=1e-5)
    sigmoid = load_classifier(head, activation="sigmoid").scores(pa.array(short))[:, 0]
    assert np.allclose(sigmoid, 1 / (1 + np.exp(-np.array(logits))), atol=1e-5)


def test_the_end_of_a_document_is_seen_unless_the_first_window_is_asked_for(head: str) -> None:
    begin = " ".join(CLEAN[:6])
    texts = pa.array([begin + " the river", begin + " casino bonus"])
    every, first = load_classifier(head), load_classifier(head, plan=WindowPlan(64, "first"))
    assert every.scores(texts)[0] != every.scores(texts)[1]
    assert first.scores(texts)[0] == first.scores(texts)[1]
    highest = load_classifier(head, aggregation="max").scores(texts)
    assert (highest >= every.scores(texts)).all() and (highest > every.scores(texts)).any()


def test_several_labels_are_probabilities(tmp_path: Path) -> None:
    names = {0: "low", 1: "HQ", 2: "spam"}
    folder = save_network(tmp_path, labels=3, id2label=names, label2id={name: number for number, name in names.items()})
    classifier = load_classifier(folder)
    assert classifier.labels == ("low", "HQ", "spam") and best_label(classifier.labels, ("hq",)) == 1
    assert np.allclose(classifier.scores(pa.array(TEXTS[:8])).sum(1), 1, atol=1e-6)


def test_fasttext_sees_lines_as_words_and_gives_all_labels(fasttext_file: str) -> None:
    classifier = load_classifier(fasttext_file)
    assert set(classifier.labels) == {"hq", "cc"} and classifier.device == "cpu"
    texts = [*documents(CLEAN, 10, 9), *documents(MESSY, 10, 9)]
    scores = classifier.scores(pa.array(texts))
    assert np.allclose(scores.sum(1), 1, atol=1e-3)
    hq = scores[:, classifier.labels.index("hq")]
    assert hq[:10].min() > hq[10:].max()
    spaces = classifier.scores(pa.array([text.replace("\n", " ") for text in texts]))
    assert np.array_equal(scores, spaces)
    assert classifier.scores(pa.array([], pa.string())).shape == (0, 2)
    assert np.isfinite(classifier.scores(pa.array(["__label__hq", "\0 a\n"]))).all()


def test_fasttext_scores_are_those_of_fasttext(fasttext_file: str) -> None:
    """The same within 1e-6, but that a word </s> does not end the text; and an empty text is one line end to both."""
    import fasttext

    model = fasttext.load_model(fasttext_file)
    classifier = load_classifier(fasttext_file)
    texts = ["", " \n ", *TEXTS, " ".join(filter(None, TEXTS)) * 20]
    names, values = model.f.multilinePredict([f"{text}\n" for text in one_line(pa.array(texts)).to_pylist()], 9, 0.0, "strict")
    found = classifier.scores(pa.array(texts))
    for row, (labels, scores) in enumerate(zip(names, values, strict=True)):
        own = dict(zip(labels, scores, strict=True))
        assert np.allclose(found[row], [min(own[f"__label__{name}"], 1) for name in classifier.labels], atol=1e-6)
    assert np.isfinite(found).all() and (found[0] == found[1]).all()
    ended, whole = classifier.scores(pa.array([f"{CLEAN[0]} </s> {MESSY[0]}", f"{CLEAN[0]} {MESSY[0]}"]))
    assert (ended == whole).all() and (ended != classifier.scores(pa.array([CLEAN[0]]))).any()


def test_what_a_fasttext_model_knows_nothing_of_has_no_score(tmp_path: Path) -> None:
    """Without n-grams of characters and without the end of a line, as in models that were made from other tools' words."""
    (tmp_path / "train.txt").write_text("__label__a one here\n__label__b two there\n" * 20)
    train_supervised(tmp_path / "train.txt", dim=4, minn=0, maxn=0).save_model(str(tmp_path / "m.bin"))
    content = (tmp_path / "m.bin").read_bytes()
    (tmp_path / "m.bin").write_bytes(content.replace(b"</s>\0", b"<-s>\0"))
    found = load_classifier(str(tmp_path / "m.bin")).scores(pa.array(["one", "", "three", None, " \n"]))
    assert np.isfinite(found[0]).all() and np.isnan(found[1:]).all()


def test_lines_for_fasttext() -> None:
    given = pa.array(["Ein\nWort", "a\u2028b\x00c\t d", "__label__hq x", None, "İSTANBUL"])
    assert one_line(given).to_pylist() == ["Ein Wort", "a b c d", "label hq x", "", "İSTANBUL"]
    assert one_line(given, lowercase=True).to_pylist()[0] == "ein wort"


def test_what_is_no_classifier_is_refused(tmp_path: Path, head: str) -> None:
    (tmp_path / "weights.bin").write_bytes(b"PK\x03\x04 something else")
    (tmp_path / "empty").mkdir()
    for model, words in (
        ("gone.bin", "neither a file"), (str(tmp_path / "weights.bin"), "not a fastText"), (str(tmp_path / "empty"), "no model"),
        ("/nowhere/at/all", "neither a file"),
    ):
        with pytest.raises(ValueError, match=words):
            load_classifier(model)
    with pytest.raises(ValueError, match="hub"):
        find_model("nobody-here/no-such-model")
    with pytest.raises(ValueError, match="no room"):
        load_classifier(head, plan=WindowPlan(3))


def test_an_encoder_without_a_head_is_no_classifier(head: str, tmp_path: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    AutoModel.from_pretrained(head).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(head).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="no weights for classifier"):
        load_classifier(str(tmp_path))


def test_a_device_that_is_not_there_is_said(head: str) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a device")
    assert device_type("auto") == "cpu"
    with pytest.raises(ValueError, match="no such device"):
        load_classifier(head, device="cuda")


@pytest.mark.parametrize("dim", [10, 16, 50])
def test_fasttext_training_repeats_itself_and_stays_finite(tmp_path: Path, dim: int) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("".join(f"__label__{k} {w}\n" for k, ws in (("a", CLEAN), ("b", MESSY)) for w in ws), encoding="utf-8")
    rubbish = [np.full(size, 1e30, np.float32) for size in range(1000, 60_000, 1000)]
    first = train_supervised(lines, dim=dim, epoch=3, lr=0.3, bucket=500, wordNgrams=2)
    del rubbish
    again = train_supervised(lines, dim=dim, epoch=3, lr=0.3, bucket=500, wordNgrams=2)
    assert np.array_equal(first.get_input_matrix(), again.get_input_matrix())
    assert np.abs(first.get_input_matrix()).max() < 10
    with pytest.raises(ValueError, match="failed"):
        train_supervised(tmp_path / "gone.txt", dim=10)
