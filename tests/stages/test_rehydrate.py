"""The stage adds a weight and nothing else."""

import json

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.rehydrate import Rehydrate
from pydantic import ValidationError

ROWS = pa.RecordBatch.from_pydict(
    {
        "text": ["ein Satz", "一句话", "ประโยค", "une phrase", "x", ""],
        "language": pa.array(["deu_Latn", "cmn_Hani", "tha_Thai", "fra_Latn", "deu_Latn", None]),
        "minhash_cluster_size": pa.array([1, 4, 120, 5, None, 2000], pa.int32()),
    }
)


def weights(**config):
    stage = Rehydrate(**config)
    outcome = stage.map_shard(ROWS)
    assert outcome.removed is None
    assert outcome.kept.schema == stage.output_schema(ROWS.schema)
    assert outcome.kept.select(ROWS.schema.names).equals(ROWS)
    return outcome.kept["rehydration_weight"].to_pylist(), outcome.counters


def test_the_published_table_is_the_default():
    assert weights() == ([1, 3, 8, 5, None, 1], {"not_weighted": 1, "weight_above_1": 3})


def test_a_table_and_others_for_single_languages():
    found, _ = weights(weights={1: 1, "2-4": 2}, languages={"fr": {1: 7}, "deu_Latn": {"1+": 0.5}})
    assert found == [0.5, 2, 1, 7, None, 1]


def test_a_file_by_language_leaves_others_without_a_weight(tmp_path):
    path = tmp_path / "weights.json"
    path.write_text(json.dumps({"tha_Thai": {"1": 1, "100": 6}}))
    assert weights(weights=str(path)) == ([None, None, 6, None, None, None], {"not_weighted": 5, "weight_above_1": 1})
    stage = Rehydrate(weights=str(path))
    assert stage.resource_files() == (str(path),)
    assert [stage.backing(code).level for code in ("tha_Thai", "fra_Latn")] == ["proxy", "none"]
    assert Rehydrate().backing("fra_Latn").by == "one table for all"


def test_a_weight_in_place_of_an_old_one_and_another_column():
    rows = pa.RecordBatch.from_pydict({"n": pa.array([3], pa.int64()), "rehydration_weight": ["old"]})
    assert Rehydrate(sizes="n").map_shard(rows).kept["rehydration_weight"].to_pylist() == [3.0]
    assert Rehydrate().map_shard(ROWS.slice(0, 0)).kept.num_rows == 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"weights": {"x": 1}}, "no cluster size"),
        ({"weights": "no-such-file.json"}, "no file"),
        ({"languages": {"french": {1: 1}}}, "no language code"),
        ({"languages": {"fra_Latn": {}}}, "at least one cluster size"),
    ],
)
def test_keys_that_cannot_be_meant(config, message):
    with pytest.raises(ValidationError, match=message):
        Rehydrate(**config)


def test_columns_that_are_not_there():
    with pytest.raises(ConfigError, match="put it after minhash_dedup"):
        Rehydrate().output_schema(pa.schema([("text", pa.string())]))
    with pytest.raises(ConfigError, match="not whole numbers"):
        Rehydrate(sizes="text").output_schema(ROWS.schema)
    with pytest.raises(ConfigError, match="need the column 'language'"):
        Rehydrate(languages={"fra_Latn": {1: 1}}).output_schema(ROWS.schema.remove(1))
