"""What was read of a file is read again when the file changes."""

import os

import huggingface_hub
import pyarrow as pa
import pytest
from hexapla.engine import fingerprint
from hexapla.filters import line_filters, rule_files, token_counts, url_lists
from hexapla.filters.file_stamps import stamp, stamps
from hexapla.filters.language_fasttext import model_file
from hexapla.filters.toxicity_urls import load_hosts
from tokenizers import Tokenizer, models, pre_tokenizers


def test_a_stamp_changes_with_the_file_and_with_the_folder_around_it(tmp_path):
    path = tmp_path / "list.txt"
    assert stamp(path) == ()
    path.write_text("one")
    file, folder = stamp(path), stamp(tmp_path)
    path.write_text("three")
    (tmp_path / "other.txt").write_text("two")
    assert stamp(path) != file and len(stamp(tmp_path)) == 2 and stamp(tmp_path)[:1] != folder
    assert stamps([path, tmp_path / "missing"]) == stamp(path)


def replaced(path, content):
    """Put another file in the place of one, of the same size and the same time of change."""
    status = path.stat()
    other = path.with_name("other")
    other.write_text(content)
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (other.stat().st_size, other.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    os.replace(other, path)


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_read_again(tmp_path):
    """So does `cp -p`, and so does any second write on a file system that counts whole seconds."""
    preset = tmp_path / "lines.yaml"
    preset.write_text("rules: {code: {signal: code, max: 0.5}}")
    assert line_filters.load_preset(str(preset)).rules["code"].threshold == 0.5
    replaced(preset, "rules: {code: {signal: code, max: 0.7}}")
    assert line_filters.load_preset(str(preset)).rules["code"].threshold == 0.7

    preset.write_text("rules: {most: {signal: words, max: 50}}")
    assert rule_files.load_preset(str(preset)).rules[0].threshold == 50
    replaced(preset, "rules: {most: {signal: words, max: 70}}")
    assert rule_files.load_preset(str(preset)).rules[0].threshold == 70

    hosts = tmp_path / "hosts.txt"
    hosts.write_text("one.example\n")
    urls = pa.array(["http://two.example/"])
    assert url_lists.load_list("a", str(hosts))[0].find(urls).to_pylist() == [None]
    before = fingerprint.resource_hash(str(hosts))
    replaced(hosts, "two.example\n")
    assert url_lists.load_list("a", str(hosts))[0].find(urls).to_pylist() == ["two.example"]
    assert fingerprint.resource_hash(str(hosts)) != before

    tokenizer = tmp_path / "tokenizer.json"
    Tokenizer(models.WordLevel({"a": 0}, unk_token="a")).save(str(tokenizer))
    text = tokenizer.read_text()
    assert token_counts.load_counter(str(tokenizer))(["a b"]) == [1]
    splitting = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    splitting.pre_tokenizer = pre_tokenizers.Whitespace()
    longer = splitting.to_str()
    tokenizer.write_text(text + " " * (len(longer) - len(text)))
    assert token_counts.load_counter(str(tokenizer))(["a b"]) == [1]
    replaced(tokenizer, longer + " " * (len(text) - len(longer)))
    assert token_counts.load_counter(str(tokenizer))(["a b"]) == [2]


def test_a_list_that_was_edited_is_read_again(tmp_path):
    path = tmp_path / "domains"
    path.write_text("one.example\n")
    assert load_hosts(str(path)) == {"one.example"}
    path.write_text("one.example\ntwo.example\n")
    assert load_hosts(str(path)) == {"one.example", "two.example"}


def test_a_model_in_the_cache_needs_no_hub(monkeypatch):
    def unreachable(*_, **__):
        raise OSError("no network")

    def cached(repository, name, revision=None):
        return f"/cache/{repository}/{revision}/{name}" if name == "model.ftz" else None

    monkeypatch.setattr(huggingface_hub, "list_repo_files", unreachable)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", cached)
    assert model_file("somebody/cached-languages@v2") == "/cache/somebody/cached-languages/v2/model.ftz"
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)
    with pytest.raises(ValueError, match="cannot be fetched"):
        model_file("somebody/missing-languages")
