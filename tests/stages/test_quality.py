"""The stages `embed` and `quality`, alone and in a run."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

sys.path.insert(0, str(Path(__file__).parents[1]))
from hexapla.engine.errors import ConfigError
from hexapla.engine.fingerprint import stage_parts
from hexapla.engine.prepare import RunRequest
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.run import run_pipeline
from hexapla.filters.embeddings import EncoderPlan
from hexapla.filters.quality_samples import Collector
from hexapla.filters.quality_training import FastTextSettings, MlpSettings, Training, train
from hexapla.filters.windows import WindowPlan
from hexapla.stages.embed import Embed
from hexapla.stages.quality import Quality
from tiny_models import CLEAN, MESSY, documents, save_fasttext, save_network

TEXTS = [*documents(CLEAN, 15, 21), *documents(MESSY, 15, 22)]
LANGUAGES = ["eng_Latn", "fra_Latn", "deu_Latn"] * 10


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    encoder = save_network(folder / "encoder", initializer_range=0.2)
    collector = Collector(100, 0)
    for lines, label in ((CLEAN, 1), (MESSY, 0)):
        collector.add(pa.array(documents(lines, 60, 5)), pa.array(["eng_Latn", "fra_Latn"] * 30), label)
    samples = collector.finish()
    plan = EncoderPlan(encoder, windows=WindowPlan(64))
    train(samples, Training(MlpSettings(plan, epochs=40, rate=3e-3), joint=True), folder / "mlp")
    train(samples, Training(FastTextSettings(dim=10)), folder / "fasttext")
    return {
        "encoder": encoder, "mlp": str(folder / "mlp"), "fasttext": str(folder / "fasttext"),
        "foreign": save_fasttext(folder / "foreign.bin"), "head": save_network(folder / "head", seed=5),
    }  # fmt: skip


def batch(**more: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"uid": [f"{row:032d}" for row in range(30)], "text": TEXTS, "language": LANGUAGES, **more})


@pytest.mark.parametrize("kind", ["mlp", "fasttext", "foreign", "head"])
def test_each_kind_of_model_gives_one_column(models: dict[str, str], kind: str) -> None:
    stage = Quality(model=models[kind], window=64)
    outcome = stage.map_shard(batch())
    assert outcome.removed is None and outcome.kept.schema == stage.output_schema(batch().schema)
    assert outcome.kept.schema.names == ["uid", "text", "language", "quality_score"]
    score = outcome.kept["quality_score"]
    served = 20 if kind == "fasttext" else 30
    assert outcome.counters == {"quality_score_scored": served, "quality_score_not_scored": 30 - served}
    assert [row for row in range(30) if not score[row].is_valid] == ([] if served == 30 else list(range(2, 30, 3)))
    if kind != "head":
        known = [row for row in range(30) if score[row].is_valid]
        assert min(score[row].as_py() for row in known if row < 15) > max(score[row].as_py() for row in known if row >= 15)
    parts = [stage.map_shard(batch().slice(start, 7)).kept for start in range(0, 30, 7)]
    assert pa.Table.from_batches(parts).combine_chunks().to_batches()[0].equals(outcome.kept)


def test_several_scores_beside_each_other_and_a_second_run_replaces(models: dict[str, str]) -> None:
    rows = Quality(model=models["mlp"]).map_shard(batch()).kept
    both = Quality(model=models["head"], column="edu_score", window=64).map_shard(rows).kept
    assert both.schema.names[-2:] == ["quality_score", "edu_score"]
    assert Quality(model=models["mlp"]).map_shard(both).kept.select(rows.schema.names).equals(rows)
    assert Quality(model="o/x").adds == Quality.adds and Quality(model="o/x", column="c").adds == {"c": pa.float32()}


def test_scores_below_the_least_of_the_language_are_removed(models: dict[str, str]) -> None:
    stage = Quality(model=models["mlp"], min_score={"fr": 0.0, "default": 0.5})
    scored = stage.score(batch())
    outcome = stage.select(scored)
    assert outcome.removed is not None
    gone = set(outcome.removed["uid"].to_pylist())
    wanted = {
        row["uid"] for row in scored.to_pylist() if row["quality_score"] < 0.5 and row["language"] != "fra_Latn"
    }
    assert gone == wanted and len(wanted) == 10
    reasons = outcome.removed["reasons"].to_pylist()
    assert all(reason[0]["rule"] == "min_score" and reason[0]["value"] < 0.5 for reason in reasons)
    unserved = Quality(model=models["fasttext"], min_score=1.0).map_shard(batch())
    assert unserved.kept["language"].unique().to_pylist() == ["deu_Latn"]


def test_stored_vectors_are_used_and_give_nearly_the_same_scores(models: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = np.array(Quality(model=models["mlp"]).map_shard(batch()).kept["quality_score"])
    embed = Embed(model=models["encoder"], window=64)
    stored = embed.map_shard(batch()).kept
    assert stored.schema == embed.output_schema(batch().schema) and stored["embedding"][0].values.type == pa.float16()
    monkeypatch.setattr("hexapla.filters.quality.load_encoder", lambda *_: pytest.fail("the encoder ran again"))
    again = np.array(Quality(model=models["mlp"]).map_shard(stored).kept["quality_score"])
    assert np.abs(fresh - again).max() < 0.01
    exact = Embed(model=models["encoder"], window=64, precision="float32").map_shard(batch()).kept
    assert np.array_equal(np.array(Quality(model=models["mlp"]).map_shard(exact).kept["quality_score"]), fresh)
    other = Embed(model=models["encoder"], window=32).map_shard(batch()).kept
    with pytest.raises(ConfigError, match="the column embedding was made by encoder"):
        Quality(model=models["mlp"]).map_shard(other)


def test_what_backs_a_language(models: dict[str, str]) -> None:
    trained = Quality(model={"default": models["fasttext"], "deu_Latn": models["head"]})
    levels = {code: trained.backing(code).level for code in ("eng_Latn", "fra_Latn", "deu_Latn", "ewe_Latn")}
    assert levels == {"eng_Latn": "measured", "fra_Latn": "measured", "deu_Latn": "proxy", "ewe_Latn": "none"}
    assert "AUC" in trained.backing("eng_Latn").by
    assert Quality(model={"fra": models["head"]}).backing("eng_Latn").level == "none"


def test_the_fingerprint_follows_the_models(models: dict[str, str], tmp_path: Path) -> None:
    stage = Quality(model=models["mlp"])
    assert set(stage_parts(stage)["resources"]) == {"mlp", "encoder"}
    assert stage_parts(stage, "score") == stage_parts(Quality(model=models["mlp"], min_score=0.9), "score")
    assert stage.device in ("cpu", "cuda") and Quality(model="o/x", device="cuda").gpus() == 1.0
    assert stage.holds_model() and Embed(model=models["encoder"], device="cpu").gpus() == 0.0
    save_network(tmp_path / "m", seed=1)
    before = stage_parts(Embed(model=str(tmp_path / "m")))["resources"]
    save_network(tmp_path / "m", seed=2)
    assert stage_parts(Embed(model=str(tmp_path / "m")))["resources"] != before


def test_mistakes_are_named(models: dict[str, str], tmp_path: Path) -> None:
    for config, words in (
        ({"model": {}}, "model: is empty"), ({"model": ""}, "neither a file"), ({"model": "o/x", "column": "text"}, "another column"),
        ({"model": "o/x", "column": "a b"}, "pattern"), ({"model": "o/x", "window": 2}, "window"), ({}, "model"),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match=words):
            Quality.model_validate(config)
    with pytest.raises(ConfigError, match="no column 'language'"):
        Quality(model={"fra_Latn": "o/x"}).output_schema(pa.schema([("text", pa.string())]))
    with pytest.raises(ValidationError, match="neither a file"):
        Quality(model=str(tmp_path / "gone"))
    with pytest.raises(ConfigError, match=r"labels are (hq, cc|cc, hq)"):
        Quality(model=models["foreign"], label="excellent").map_shard(batch())
    with pytest.raises(ValidationError, match="a model of fasttext"):
        Embed(model=models["foreign"])


def test_a_run_leaves_the_same_bytes_however_it_is_cut(models: dict[str, str], tmp_path: Path) -> None:
    table = pa.table({"text": TEXTS * 4, "language": LANGUAGES * 4})
    stages = [("embed", Embed(model=models["encoder"], window=64)), ("quality", Quality(model=models["mlp"], min_score=0.5))]
    left = []
    for name, rows in (("whole", 120), ("cut", 17)):
        source = tmp_path / name
        source.mkdir()
        for start in range(0, 120, rows):
            pq.write_table(table.slice(start, rows), source / f"part-{start:04}.parquet")
        request = RunRequest(
            name="q", stages=tuple((title, stage, "") for title, stage in stages), executor="local",
            input=InputConfig(path=str(source)), output=str(tmp_path / f"out-{name}"),
        )  # fmt: skip
        run_pipeline(request)
        files = sorted((tmp_path / f"out-{name}" / "stages" / "02-quality" / "data").glob("*.parquet"))
        kept = pa.concat_tables([pq.read_table(file) for file in files]).select(["text", "quality_score", "embedding", "embedding_by"])
        left.append(kept.sort_by([("text", "ascending"), ("quality_score", "ascending")]).to_pylist())
    assert left[0] == left[1] and len(left[0]) == 60


def test_codes_in_the_configuration_are_checked():
    with pytest.raises(ValidationError, match="'frnch' is no language code"):
        Quality(model={"frnch": "some/where"})
    with pytest.raises(ValidationError, match="'french' is no language code"):
        Quality(model="some/where", min_score={"french": 0.5, "default": 0.1})
