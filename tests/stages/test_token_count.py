"""The column is added, the counters say by what."""

import huggingface_hub
import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.fingerprint import stage_parts
from hexapla.stages.token_count import TokenCount
from pydantic import ValidationError
from tokenizers import Tokenizer, models


def batch():
    return pa.RecordBatch.from_pydict({"text": ["a" * 416, ""], "language": ["eng_Latn", None], "token_count": [7, 7]})


def test_estimates_are_the_default():
    stage = TokenCount()
    outcome = stage.map_shard(batch())
    assert outcome.kept["token_count"].to_pylist() == [100, 0]
    assert outcome.kept.schema == stage.output_schema(batch().schema)
    assert outcome.counters == {"tokens_estimate_bpe128k_v1": 100}
    assert not stage.holds_model()


def test_what_a_language_rests_on():
    assert TokenCount().backing("eng_Latn").level == "measured"
    assert TokenCount().backing("ewe_Latn").level == "measured"
    assert TokenCount().backing("kab_Latn").level == "proxy"
    assert TokenCount().backing("kyu_Kali").level == "none"
    assert TokenCount(tokenizer="x").backing("eng_Latn") is None


def test_a_file_that_is_no_tokenizer(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text("{")
    stage = TokenCount(tokenizer=str(path))
    assert stage.resource_files() == (str(path),)
    with pytest.raises(ConfigError, match=r"token_count.tokenizer: the tokenizer"):
        stage.map_shard(batch())


def test_a_missing_file_is_not_looked_for_on_the_hub():
    for name in ("no.json", "models/no.model", "a/b/c"):
        with pytest.raises(ValidationError, match="neither a file nor a hub id"):
            TokenCount(tokenizer=name)
    assert TokenCount(tokenizer="gpt2").tokenizer == "gpt2"


def test_another_revision_of_a_hub_tokenizer_is_another_stage(tmp_path, monkeypatch):
    """What was counted before a repository moved on is not taken for what would be counted now."""

    def unreachable(*_, **__):
        raise OSError("no network")

    def cached(repository, name, revision=None):
        return str(tmp_path / revision / name)

    monkeypatch.setattr(huggingface_hub, "list_repo_files", unreachable)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", cached)
    found = []
    for revision, word in (("v1", "a"), ("v2", "b")):
        (tmp_path / revision).mkdir()
        Tokenizer(models.WordLevel({word: 0}, unk_token=word)).save(str(tmp_path / revision / "tokenizer.json"))
        stage = TokenCount(tokenizer=f"somebody/words-{tmp_path.name}@{revision}")
        assert stage.map_shard(batch()).kept["token_count"].to_pylist() == [1, 0]
        found.append(stage_parts(stage)["resources"])
    assert found[0] != found[1] and list(found[0]) == ["tokenizer.json"]
