"""Quality models learn, repeat themselves, and leave alone what they do not serve."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from hexapla.filters.embeddings import EncoderPlan, as_column, from_column, load_encoder
from hexapla.filters.language_choice import by_language
from hexapla.filters.quality import (
    Documents,
    Mlp,
    ScoringPlan,
    evidence_of,
    load_model,
    score_documents,
    spaced,
)
from hexapla.filters.quality_metrics import area_under_curve, binary_metrics
from hexapla.filters.quality_samples import Collector, Samples
from hexapla.filters.quality_training import FastTextSettings, MlpSettings, Training, fit_mlp, train
from hexapla.filters.windows import WindowPlan
from tiny_models import CLEAN, MESSY, documents, save_network

GOOD, BAD = (list(dict.fromkeys(documents(lines, 140, 1)))[:120] for lines in (CLEAN, MESSY))
NEW_GOOD, NEW_BAD = documents(CLEAN, 30, 11), documents(MESSY, 30, 12)


def collect(good: list[str] = GOOD, bad: list[str] = BAD, languages: tuple[str, ...] = ("eng_Latn",), **options: int) -> Samples:
    collector = Collector(options.pop("cap", 1000), options.pop("seed", 0))
    for texts, label in ((good, 1), (bad, 0)):
        names = [languages[row % len(languages)] for row in range(len(texts))]
        collector.add(pa.array(texts), pa.array(names), label)
    return collector.finish(**options)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> EncoderPlan:
    return EncoderPlan(save_network(tmp_path_factory.mktemp("encoder"), initializer_range=0.2), windows=WindowPlan(64))


@pytest.fixture(scope="module")
def mlp_folder(encoder: EncoderPlan, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("quality") / "mlp"
    train(collect(languages=("eng_Latn", "fra_Latn")), Training(MlpSettings(encoder, epochs=60, rate=3e-3), joint=True), folder)
    return str(folder)


@pytest.fixture(scope="module")
def fasttext_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("quality") / "fasttext"
    train(collect(), Training(FastTextSettings(dim=10)), folder)
    return str(folder)


def scores(folder: str, texts: list[str], languages: list[str | None] | None = None) -> list[float | None]:
    given = pa.array(languages, pa.string()) if languages else pa.array(["eng_Latn"] * len(texts))
    return score_documents(Documents(pa.array(texts, pa.string()), given), {"default": folder}, ScoringPlan()).to_pylist()


@pytest.mark.parametrize("kind", ["fasttext_folder", "mlp_folder"])
def test_new_text_is_told_apart(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    found = np.array(scores(folder, NEW_GOOD + NEW_BAD))
    assert area_under_curve(found, np.repeat([1, 0], 30)) > 0.95
    assert found[:30].mean() > 0.7 and found[30:].mean() < 0.3
    config = json.loads((Path(folder) / "quality.json").read_text())
    assert config["metrics"]["eng_Latn"]["auc"] > 0.9 and config["metrics"]["eng_Latn"]["calibration"]
    assert config["versions"]["hexapla"] and config["labels"] == ["negative", "positive"]


@pytest.mark.parametrize("kind", ["fasttext_folder", "mlp_folder"])
def test_odd_text_has_a_score_between_nought_and_one_wherever_it_stands(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    odd = ["", "x", " \n", "ภาษาไทย" * 50, "中文" * 400, "a" * 100_000, "__label__positive", "\U0010ffff", *NEW_GOOD[:5]]
    found = scores(folder, odd)
    assert all(score is not None and 0 <= score <= 1 for score in found)
    assert [scores(folder, [text])[0] for text in odd] == found


def test_a_language_without_a_model_has_no_score(fasttext_folder: str, mlp_folder: str) -> None:
    found = scores(fasttext_folder, NEW_GOOD[:4], ["eng_Latn", "deu_Latn", None, "en"])
    assert found[1] is None and found[2] is None and found[0] is not None and found[3] is not None
    assert None not in scores(mlp_folder, NEW_GOOD[:3], ["eng_Latn", "deu_Latn", None])
    models = {"fra_Latn": mlp_folder, "eng": fasttext_folder}
    texts, names = pa.array(NEW_GOOD[:3]), pa.array(["fra_Latn", "eng_Latn", "deu_Latn"])
    mixed = score_documents(Documents(texts, names), models, ScoringPlan()).to_pylist()
    assert mixed == [scores(mlp_folder, NEW_GOOD[:1])[0], scores(fasttext_folder, NEW_GOOD[1:2])[0], None]
    assert score_documents(Documents(texts), models, ScoringPlan()).null_count == 3


def test_the_evidence_is_what_was_held_out(fasttext_folder: str, mlp_folder: str, encoder: EncoderPlan) -> None:
    served, figures = evidence_of(fasttext_folder, "eng_Latn")
    assert served == "own" and figures is not None and figures["rows"] == 24
    assert evidence_of(fasttext_folder, "deu_Latn") == ("none", None)
    assert evidence_of(mlp_folder, "deu_Latn") == ("default", None)
    assert evidence_of(mlp_folder, "fra_Latn")[1] is not None
    assert evidence_of(encoder.model, "fra_Latn") == ("default", None)


def test_training_twice_leaves_the_same_bytes(encoder: EncoderPlan, tmp_path: Path) -> None:
    backwards = collect(GOOD[::-1], BAD[::-1] + BAD[:7])
    for name, settings in (("f", FastTextSettings(dim=10, epochs=2)), ("m", MlpSettings(encoder, epochs=2))):
        train(collect(), Training(settings, seed=3), tmp_path / f"{name}1")
        train(backwards, Training(settings, seed=3), tmp_path / f"{name}2")
        train(collect(), Training(settings, seed=4), tmp_path / f"{name}3")
        weights = [next(path for path in (tmp_path / f"{name}{n}").iterdir() if path.suffix != ".json") for n in (1, 2, 3)]
        assert weights[0].read_bytes() == weights[1].read_bytes() != weights[2].read_bytes()
    with pytest.raises(ValueError, match="not empty"):
        train(collect(), Training(FastTextSettings()), tmp_path / "f1")


def test_no_text_is_in_two_splits_or_under_both_labels() -> None:
    samples = collect([*GOOD, *[text.upper() for text in GOOD[:50]], BAD[0]], [*BAD, BAD[1] + "  \n"])
    assert samples.duplicates == 51 and samples.contradictions == 1
    plain = {name: {" ".join(row.text.lower().split()) for row in rows} for name, rows in samples.splits.items()}
    assert not plain["train"] & plain["test"] and not plain["train"] & plain["validation"] and not plain["test"] & plain["validation"]
    sizes = {name: len(rows) for name, rows in samples.splits.items()}
    assert sizes == {"train": 190, "validation": 24, "test": 24} and samples.taken == {("eng_Latn", 1): 119, ("eng_Latn", 0): 119}
    assert sum(row.label for row in samples.splits["test"]) == 12


def test_caps_choose_by_text_and_seed_alone() -> None:
    taken = lambda samples: {row.text for rows in samples.splits.values() for row in rows}  # noqa: E731
    few = taken(collect(cap=40))
    assert len(few) == 80 and few == taken(collect(GOOD[::-1], BAD[::-1], cap=40)) != taken(collect(cap=40, seed=1))
    unequal = collect(GOOD, BAD[:30], balance=False)
    assert unequal.taken == {("eng_Latn", 1): 120, ("eng_Latn", 0): 30}
    with pytest.raises(ValueError, match=r"no language has 10 .*eng_Latn \+ 120"):
        collect(GOOD, BAD[:5])


def test_figures_of_a_classifier() -> None:
    labels = np.array([1, 1, 0, 0])
    assert area_under_curve(np.array([0.9, 0.8, 0.2, 0.1]), labels) == 1.0
    assert area_under_curve(np.array([0.5, 0.5, 0.5, 0.5]), labels) == 0.5
    assert area_under_curve(np.array([0.9, 0.1, 0.5, 0.0]), labels) == 0.75
    assert np.isnan(area_under_curve(np.array([0.5]), np.array([1])))
    found = binary_metrics(np.array([0.95, 0.45, 0.55, 0.05]), labels)
    assert (found["precision"], found["recall"], found["f1"], found["accuracy"]) == (0.5, 0.5, 0.5, 0.5)
    assert found["calibration_error"] == pytest.approx((0.05 + 0.55 + 0.55 + 0.05) / 4)
    assert binary_metrics(np.array([0.3]), np.array([0]))["auc"] is None


def test_the_network_learns_what_no_line_can_tell_apart(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(300, 20)).astype(np.float32)
    labels = (vectors[:, 0] * vectors[:, 1] > 0).astype(np.float32)
    plan = MlpSettings(EncoderPlan("unused"), epochs=200, rate=3e-3, batch=32)
    network, losses = fit_mlp((vectors[:200], labels[:200]), (vectors[200:], labels[200:]), plan, seed=1)
    assert len(losses) == 200 and min(losses) < 0.6 and losses[-1] > min(losses)
    found = network.scores(vectors)
    assert area_under_curve(found[200:], labels[200:]) > 0.75
    network.save(tmp_path / "w.npz")
    again = Mlp.load(str(tmp_path / "w.npz"))
    assert np.array_equal(again.scores(vectors), found)
    assert np.array_equal(np.concatenate([again.scores(vectors[row : row + 7]) for row in range(0, 300, 7)]), found)


def test_stored_vectors_are_those_of_the_encoder(encoder: EncoderPlan) -> None:
    vectors = load_encoder(encoder).embed(pa.array(NEW_GOOD))
    made_by = pa.array([encoder.label()] * 30)
    assert np.array_equal(from_column(as_column(vectors, pa.float32()), made_by, encoder), vectors)
    half = from_column(as_column(vectors, pa.float16()).slice(3, 5), made_by.slice(3, 5), encoder)
    assert np.allclose(half, vectors[3:8], atol=1e-2) and half.shape == (5, 32)
    for other in (EncoderPlan(encoder.model, "first", encoder.windows), EncoderPlan(encoder.model)):
        assert not np.array_equal(load_encoder(other).embed(pa.array(NEW_GOOD[:4])), vectors[:4]) or other.windows.tokens == 512
        with pytest.raises(ValueError, match="was made by"):
            from_column(as_column(vectors, pa.float32()), made_by, other)


def test_a_model_refuses_another_encoder(mlp_folder: str, tmp_path: Path) -> None:
    folder = shutil.copytree(mlp_folder, tmp_path / "copy")
    config = json.loads((folder / "quality.json").read_text())
    config["encoder"]["model"] = save_network(tmp_path / "other", seed=9)
    (folder / "quality.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="was trained on the encoder"):
        scores(str(folder), NEW_GOOD[:1])
    (folder / "default.npz").unlink()
    with pytest.raises(ValueError, match=r"not there: default\.npz"):
        scores(str(folder), NEW_GOOD[:1])
    (folder / "quality.json").write_text("{}")
    with pytest.raises(ValueError, match="broken"):
        load_model(str(folder), ScoringPlan())


def test_letters_of_scripts_without_spaces_are_words() -> None:
    assert spaced(pa.array(["今日は good", "กิน ข้าว"])).to_pylist() == [" 今  日  は  good", " กิ  น   ข้  า  ว "]
    lines, other = [text * 3 for text in ("我们今天讨论历史", "研究表明森林")], [text * 3 for text in ("点击下载免费", "立即购买优惠")]
    good = [f"{lines[row % 2]}{row}{chr(0x4E00 + row)}" for row in range(40)]
    bad = [f"{other[row % 2]}{row}{chr(0x4E00 + row)}" for row in range(40)]
    assert collect(good, bad, ("cmn_Hani",)).taken["cmn_Hani", 1] == 40


def test_keys_of_a_users_table() -> None:
    assert by_language({"fr": "a", "fas": "b", "cmn_Hans": "c", "default": "d"}) == {"fra": "a", "fas": "b", "cmn_Hani": "c", "default": "d"}


def test_what_was_left_out_is_said_when_nothing_remains():
    with pytest.raises(ValueError, match=r"either label \(read: .*; left out: 12 negatives that are positives as well\)"):
        collect([f"text {n}" for n in range(12)], [f"text {n}" for n in range(12)])
