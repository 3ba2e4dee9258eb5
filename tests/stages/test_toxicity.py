"""The stage scores; it removes by limits that are set, and says what it did not screen."""

from pathlib import Path

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.toxicity import Toxicity
from pydantic import ValidationError
from toxic_fasttext import train

TEXTS = ["fuck you, motherfucker, you stupid cunt", "one shit in " + "many clean words " * 300, "ok", "fuck fuck fuck"]
LANGUAGES = ["eng_Latn", "eng_Latn", "eng_Latn", "kat_Geor"]


@pytest.fixture(scope="module")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("model"))


def batch() -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"uid": list("abcd"), "text": TEXTS, "language": LANGUAGES})


def test_nothing_is_removed_by_default() -> None:
    outcome = Toxicity().map_shard(batch())
    assert outcome.removed is None
    assert outcome.kept["toxicity_worst"].to_pylist() == [2, 2, 0, None]
    assert outcome.kept["toxicity_severity"].to_pylist()[0] == pytest.approx(1.0)
    assert outcome.kept.schema.names[3:] == [
        "toxicity_score", "toxicity_hits", "toxicity_severity", "toxicity_worst",
    ]  # fmt: skip


def test_dense_documents_are_removed_with_their_score() -> None:
    stage = Toxicity(max_density=0.01)
    outcome = stage.map_shard(batch())
    assert outcome.kept["uid"].to_pylist() == ["b", "c", "d"]
    assert outcome.kept["toxicity_hits"].to_pylist() == [1, 0, None]
    assert outcome.kept["toxicity_score"][2].as_py() is None
    assert outcome.kept.schema == stage.output_schema(batch().schema)
    assert outcome.removed is not None
    assert outcome.removed["reason"].to_pylist() == ["toxicity_density"]
    assert outcome.removed["reasons"].to_pylist() == [[{"rule": "toxicity_density", "value": 0.5}]]
    assert outcome.counters == {
        "toxicity_screened": 3, "toxicity_not_screened": 1, "toxicity_hits": 4,
        "toxicity_documents_with_hits": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("config", "removed"),
    [
        ({}, []),
        ({"max_density": 0.01, "min_hits": 4}, []),
        ({"max_density": 0.5}, ["a"]),
        ({"max_density": 0.51}, []),
        ({"max_density": 0.002, "min_hits": 1}, ["a"]),
        ({"max_density": 0.0, "min_hits": 1}, ["a", "b"]),
        ({"max_density": 0.01, "also": ["eng_Latn"]}, ["a", "d"]),
        ({"max_severity": 0.9}, ["a"]),
        ({"max_severity": 1.1}, []),
    ],
)
def test_thresholds_decide(config: dict[str, object], removed: list[str]) -> None:
    outcome = Toxicity.model_validate(config).map_shard(batch())
    assert (outcome.removed["uid"].to_pylist() if outcome.removed else []) == removed


def test_selection_needs_no_text() -> None:
    stage = Toxicity()
    scored = stage.score(batch())
    assert scored.schema == stage.scored_schema(batch().schema)
    assert Toxicity(max_density=0.01, min_hits=9).select(scored).removed is None
    assert stage.select(scored).kept.equals(stage.map_shard(batch()).kept)


def test_a_second_run_replaces_the_columns() -> None:
    once = Toxicity(max_density=None).map_shard(batch()).kept
    assert Toxicity(max_density=None).map_shard(once).kept.equals(once)


def test_own_lists_replace_or_extend(tmp_path: Path) -> None:
    (tmp_path / "kat_Geor.txt").write_text("fuck\n", encoding="utf-8")
    own = Toxicity(lists=str(tmp_path), max_density=None).map_shard(batch()).kept
    assert own["toxicity_hits"].to_pylist() == [None, None, None, 3]
    both = Toxicity(lists=str(tmp_path), extend=True, max_density=None)
    assert both.map_shard(batch()).kept["toxicity_hits"].to_pylist() == [3, 1, 0, 3]
    assert str(tmp_path / "kat_Geor.txt") in both.resource_files() and len(both.resource_files()) > 20


def test_mistakes_are_named(tmp_path: Path) -> None:
    for config, words in (
        ({"lists": str(tmp_path / "gone")}, "gone"),
        ({"also": ["eng"]}, "eng"),
        ({"max_density": -1}, "max_density"),
        ({"max_model_score": 0.5}, "needs a model"),
        ({"remove_adult": "listed"}, "adult_hosts"),
        ({"adult_hosts": str(tmp_path / "gone")}, "gone"),
    ):
        with pytest.raises(ValidationError, match=words):
            Toxicity.model_validate(config)
    with pytest.raises(ConfigError, match="language"):
        Toxicity().output_schema(pa.schema([("text", pa.string())]))


def with_urls() -> pa.RecordBatch:
    urls = ["https://a.bad.example/x", "http://www.hot-porn.example/", "https://essex.example/", None]
    return batch().append_column("url", pa.array(urls))


def test_adult_hosts_are_a_column_and_a_rule(tmp_path: Path) -> None:
    (tmp_path / "adult").mkdir()
    (tmp_path / "adult" / "domains").write_text("bad.example\n")
    stage = Toxicity(adult_hosts=str(tmp_path))
    outcome = stage.map_shard(with_urls())
    assert outcome.removed is None and outcome.kept["url_adult"].to_pylist() == [2, 1, 0, None]
    assert outcome.kept.schema == stage.output_schema(with_urls().schema)
    assert str(tmp_path / "adult" / "domains") in stage.resource_files()
    for rule, gone in (("listed", ["a"]), ("named", ["a", "b"])):
        removing = Toxicity.model_validate({"adult_hosts": str(tmp_path), "remove_adult": rule})
        removed = removing.map_shard(with_urls()).removed
        assert removed is not None and removed["uid"].to_pylist() == gone
        assert set(removed["reason"].to_pylist()) == {"url_adult"}
    assert Toxicity(adult_hosts="names").score(with_urls())["url_adult"].to_pylist() == [0, 1, 0, None]
    assert Toxicity(adult_hosts="names").score(batch())["url_adult"].null_count == 4


def test_all_broken_rules_are_named() -> None:
    removed = Toxicity(max_density=0.01, max_severity=0.1).map_shard(batch()).removed
    assert removed is not None
    assert [each["rule"] for each in removed["reasons"].to_pylist()[0]] == ["toxicity_density", "toxicity_severity"]


def test_classifiers_score_their_languages(fasttext_file: Path) -> None:
    config = {"model": {"eng_Latn": {"path": str(fasttext_file), "labels": ["Toxic"]}}}
    stage = Toxicity.model_validate(config | {"max_model_score": 0.5})
    assert stage.holds_model() and str(fasttext_file) in stage.resource_files()
    scored = stage.score(batch())
    assert scored.schema == stage.scored_schema(batch().schema)
    values = scored["toxicity_model"].to_pylist()
    assert values[3] is None and values[0] > 0.5 > values[2]
    outcome = stage.select(scored)
    assert outcome.removed is not None and "a" in outcome.removed["uid"].to_pylist()
    backing = stage.backing("eng_Latn")
    assert backing is not None and str(fasttext_file) in backing.by and backing.level == "measured"
    wrong = Toxicity.model_validate({"model": {"default": {"path": str(fasttext_file), "labels": ["toxik"]}}})
    with pytest.raises(ConfigError, match="did you mean 'toxic'"):
        wrong.score(batch())


def test_backing_is_read_from_the_lists() -> None:
    found = [Toxicity().backing(code) for code in ("deu_Latn", "kat_Geor")]
    assert [each.level for each in found if each] == ["measured", "none"]


def test_empty_batches_pass() -> None:
    assert Toxicity().map_shard(batch().slice(0, 0)).kept.num_rows == 0
