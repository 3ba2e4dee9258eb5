"""fastText models are read and applied as fastText itself does it."""

import random
import resource
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.fasttext_model import FastTextModel, huffman, word_hash
from hexapla.kernels.arrow import text_buffers

TEXTS = [
    line.split("\t") for line in Path(__file__).with_name("udhr_articles.tsv").read_text(encoding="utf-8").splitlines()
]
SAMPLES = [
    *(text for _, _, text in TEXTS),
    "",
    "zzz",
    "a  b\tc",
    "Ünïcode наука 世界",
    "x" * 3000,
    "__label__x y",
]


def trained(folder, **options):
    """A model of fastText's own making, as (path, model)."""
    import fasttext

    chance = random.Random(3)
    lines = []
    for code, _, text in TEXTS:
        words = text.split()
        for _ in range(20):
            start = chance.randrange(max(1, len(words) - 10))
            lines.append(f"__label__{code} {' '.join(words[start : start + 10])}")
    chance.shuffle(lines)
    (folder / "train.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    chosen = {"dim": 10, "epoch": 8, "lr": 0.3, "minn": 2, "maxn": 4, "bucket": 3000, "thread": 10, "verbose": 0}
    model = fasttext.train_supervised(str(folder / "train.txt"), **(chosen | options))
    return model


def theirs(model, texts):
    """What fastText says: best labels and all probabilities by label."""
    labels, probabilities = model.f.multilinePredict([f"{text}\n" for text in texts], 1000, 0.0, "strict")
    return labels, [dict(zip(names, found, strict=True)) for names, found in zip(labels, probabilities, strict=True)]


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "softmax"},
        {"loss": "hs"},
        {"loss": "softmax", "wordNgrams": 3, "minn": 0, "maxn": 0},
        {"loss": "hs", "wordNgrams": 2, "minn": 1, "maxn": 3},
        {"loss": "softmax", "minn": 0, "maxn": 0, "bucket": 0},
    ],
)
def test_the_same_labels_and_probabilities(tmp_path, options):
    model = trained(tmp_path, **options)
    path = tmp_path / "model.bin"
    model.save_model(str(path))
    compare(model, FastTextModel(path), 1e-5)


@pytest.mark.parametrize("options", [{"cutoff": 600}, {"cutoff": 600, "qnorm": True}, {}])
def test_the_same_for_quantized_models(tmp_path, options):
    model = trained(tmp_path, loss="softmax")
    model.quantize(input=str(tmp_path / "train.txt"), retrain=False, thread=10, **options)
    model.save_model(str(tmp_path / "model.ftz"))
    compare(model, FastTextModel(tmp_path / "model.ftz"), 2e-5)


def compare(model, mine, tolerance):
    assert list(mine.labels) == model.get_labels()
    labels, probabilities = theirs(model, SAMPLES)
    scores = mine.scores(pa.array(SAMPLES))
    best, score = mine.best(*text_buffers(pa.array(SAMPLES)))
    for row, names in enumerate(labels):
        if not names:
            assert best[row] == -1
            assert np.isnan(scores[row]).all()
            continue
        expected = np.array([probabilities[row][name] for name in mine.labels])
        assert np.abs(scores[row] - np.minimum(expected, 1)).max() < tolerance
        assert abs(score[row] - probabilities[row][names[0]]) < tolerance
        assert abs(expected[best[row]] - expected.max()) < tolerance


@pytest.mark.parametrize("loss", ["ova", "ns"])
def test_logistic_layers_are_looked_up_as_in_fasttext(tmp_path, loss):
    model = trained(tmp_path, loss=loss)
    model.save_model(str(tmp_path / "model.bin"))
    mine = FastTextModel(tmp_path / "model.bin")
    compare(model, mine, 0.01)
    _, probabilities = theirs(model, SAMPLES)
    expected = np.array([[found.get(name, np.nan) for name in mine.labels] for found in probabilities])
    off = np.abs(mine.scores(pa.array(SAMPLES)) - np.clip(expected, 0, 1)) > 1e-6
    # where the last digits of a sum fall beside a step of the table, the score is a step apart
    assert off.mean() < 0.001


def test_a_word_of_megabytes_takes_no_memory_for_its_n_grams(tmp_path):
    """They were 8 bytes times 6 for each character at a time: 480 MB here."""
    model = trained(tmp_path, loss="softmax", maxn=6)
    model.save_model(str(tmp_path / "model.bin"))
    mine = FastTextModel(tmp_path / "model.bin")
    mine.scores(pa.array(["warm"]))
    text = pa.array(["x" * 10_000_000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert np.isfinite(mine.scores(text)).all()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_neither_order_nor_company_makes_a_difference(tmp_path):
    model = trained(tmp_path, loss="softmax")
    model.save_model(str(tmp_path / "model.bin"))
    whole = FastTextModel(tmp_path / "model.bin").scores(pa.array(SAMPLES))
    other = FastTextModel(tmp_path / "model.bin")
    other.scores(pa.array(SAMPLES[::-1]))
    for row, text in enumerate(SAMPLES):
        assert (other.scores(pa.array(["x", text]).slice(1))[0] == whole[row]).all()


def test_line_ends_are_spaces(tmp_path):
    model = trained(tmp_path, loss="softmax")
    model.save_model(str(tmp_path / "model.bin"))
    mine = FastTextModel(tmp_path / "model.bin")
    first, second = mine.scores(pa.array(["Tous les êtres\nhumains </s> naissent", "Tous les êtres humains naissent"]))
    assert (first == second).all()


def test_what_is_no_whole_model_is_refused(tmp_path):
    model = trained(tmp_path, loss="softmax")
    path = tmp_path / "model.bin"
    model.save_model(str(path))
    content = path.read_bytes()
    for cut in (0, 3, 30, 200, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        with pytest.raises(ValueError, match="fastText model"):
            FastTextModel(path)
    path.write_bytes(b"PK\x03\x04" + content[4:])
    with pytest.raises(ValueError, match="does not begin like one"):
        FastTextModel(path)
    path.write_bytes(content[:-4] + struct.pack("<f", float("nan")))
    with pytest.raises(ValueError, match="output matrix holds numbers that are not finite"):
        FastTextModel(path)


def test_hashes_take_bytes_for_signed_numbers():
    assert word_hash(b"") == 2166136261
    assert word_hash(b"a") == 0xE40C292C
    assert (
        word_hash("é".encode()) == (((2166136261 ^ 0xFFFFFFC3) * 16777619 & 0xFFFFFFFF) ^ 0xFFFFFFA9) * 16777619 % 2**32
    )


def test_the_tree_of_labels():
    assert huffman([5]).shape == (0, 2)
    assert huffman([5, 3]).tolist() == [[1, 0]]
    assert huffman([9, 4, 2, 1]).tolist() == [[3, 2], [4, 1], [5, 0]]
