"""What a pipeline file names has to be there when the file is read: exit 2 with file, line and key; nothing is fetched."""

import json
import socket

import pytest
from hexapla.engine.errors import ConfigError
from hexapla.pipelines.load import load_pipeline

MISSING = [
    ("language: {model: gone/glotlid.bin}", "language.model", "neither a file nor a hub id"),
    ("language: {model: ./glotlid}", "language.model", "neither a file nor a hub id"),
    ("language: {model: s3://bucket/glotlid.bin}", "language.model", "neither a file nor a hub id"),
    ("quality: {model: gone.bin}", "quality.model", "neither a file"),
    ("quality: {model: {fra_Latn: owner/model, deu: gone/de/model}}", "quality.model.deu", "neither a file"),
    ("quality: {model: ''}", "quality.model", "neither a file"),
    ("perplexity: {model: gone}", "perplexity.model", "there is no file or folder 'gone'"),
    ("perplexity: {model: {fra_Latn: gone.npz}}", "perplexity.model.fra_Latn", "there is no file 'gone.npz'"),
    ("embed: {model: encoders/gone/here}", "embed.model", "neither a file"),
    ("contamination: {words: gone.tsv}", "contamination.words", "there is no file 'gone.tsv'"),
    ("contamination: {words: folder}", "contamination.words", "is a folder, not a file"),
    ("toxicity: {lists: gone}", "toxicity.lists", "there is no file or folder 'gone'"),
    ("toxicity: {adult_hosts: gone}", "toxicity.adult_hosts", "there is no file or folder 'gone'"),
    ("toxicity: {model: gone.bin}", "toxicity.model.default.path", "neither a file"),
    ("toxicity: {model: {rus_Cyrl: {path: gone.bin}}}", "toxicity.model.rus_Cyrl.path", "neither a file"),
    ("token_count: {tokenizer: tokenizer.json}", "token_count.tokenizer", "neither a file nor a hub id"),
    ("token_count: {tokenizer: owner/name/more}", "token_count.tokenizer", "neither a file nor a hub id"),
    ("url_filter: {block: {adult: gone}}", "url_filter.block.adult", "there is no file or folder 'gone'"),
    ("url_filter: {words: {bad: gone.txt}}", "url_filter.words.bad", "there is no file 'gone.txt'"),
    ("url_filter: {allow: {good: gone}}", "url_filter.allow.good", "there is no file or folder 'gone'"),
]


def mistake(stage, folder):
    """What is said of a pipeline with one stage on line 4 and below."""
    path = folder / "p.yaml"
    path.write_text(f"name: p\ninput: {{path: in, format: parquet}}\nstages:\n  - {stage}\noutput: out\n")
    with pytest.raises(ConfigError) as caught:
        load_pipeline(str(path))
    assert caught.value.exit_code == 2
    return str(caught.value), path


@pytest.mark.parametrize(("stage", "key", "what"), MISSING)
def test_what_is_not_there_is_named_with_file_line_and_key(stage, key, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    text, path = mistake(stage, tmp_path)
    name, _, rest = key.partition(".")
    shown = f"stages.{name}.{rest}"
    # a key that a short form stands for has no line of its own; its parent's is named
    assert text.startswith((f"{path}:4: {shown}: ", f"{path}:4: {shown.removesuffix('.default.path')}: "))
    assert what in text
    assert "expected" not in text  # the kind of the value is right; only that is not there is said


def test_each_list_has_its_own_line(tmp_path):
    text, path = mistake("url_filter:\n      block:\n        mine: [a.example]\n        theirs: gone/list", tmp_path)
    assert text.startswith(f"{path}:7: stages.url_filter.block.theirs: ")


def test_ids_of_the_hub_are_not_asked_for(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "p.yaml"
    path.write_text(
        "input: {path: in, format: parquet}\noutput: out\nstages:\n"
        "  - language: {model: cis-lmu/glotlid@v3}\n  - quality: {model: {default: owner/a.model-1.5}}\n"
        "  - embed: {model: intfloat/multilingual-e5-small@refs/pr/2}\n  - token_count: {tokenizer: gpt2}\n"
        "  - toxicity: {model: {default: {path: owner/toxic, labels: [t]}, rus_Cyrl: other/model}}\n"
    )
    assert [entry.name for entry in load_pipeline(str(path)).stages] == [
        "language", "quality", "embed", "token_count", "toxicity",
    ]  # fmt: skip


def test_folders_and_files_that_hold_something_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"PK\x03\x04")
    (tmp_path / "empty").mkdir()
    (tmp_path / "fasttext").mkdir()
    (tmp_path / "fasttext" / "model.bin").write_bytes((793712314).to_bytes(4, "little"))
    for stage, what in (
        ("quality: {model: weights.bin}", "is not a fastText model; of a transformers model, name the folder"),
        ("quality: {model: empty}", "holds no model"),
        ("language: {model: empty}", "holds no fastText model"),
        ("embed: {model: fasttext}", "is no encoder but a model of fasttext"),
    ):
        assert what in mistake(stage, tmp_path)[0]


def test_files_that_cannot_be_opened(tmp_path, monkeypatch):
    """As for a user without the right to: this test may run as one who has every right."""
    from pathlib import Path

    (tmp_path / "words.tsv").write_text("x")
    opened = Path.open

    def refuse(self, *given, **named):
        if self.name == "words.tsv":
            raise PermissionError(13, "Permission denied")
        return opened(self, *given, **named)

    monkeypatch.setattr(Path, "open", refuse)
    text, _ = mistake(f"contamination: {{words: {tmp_path}/words.tsv}}", tmp_path)
    assert "stages.contamination.words: " in text and "cannot be read: Permission denied" in text


def test_limits_that_no_score_can_reach(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.bin").write_bytes((793712314).to_bytes(4, "little"))
    for name, config in (("head", {"num_labels": 3}), ("edu", {"id2label": {"0": "score"}})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(config))
    wrong = [
        ("quality: {model: m.bin, min_score: 5}", "quality.min_score: 5 is outside [0, 1]"),
        ("quality: {model: m.bin, min_score: -0.1}", "quality.min_score: -0.1 is outside [0, 1]"),
        ("quality: {model: head, min_score: 5}", "quality.min_score: 5 is outside [0, 1]"),
        ("quality: {model: o/m, activation: sigmoid, min_score: 2}", "quality.min_score: 2 is outside [0, 1]"),
        ("quality: {model: {fra_Latn: m.bin, eng: edu}, min_score: {fra_Latn: 3, eng: 3}}",
         "quality.min_score.fra_Latn: 3 is outside [0, 1]"),
        ("quality: {model: m.bin, min_score: .nan}", "finite"),
        ("toxicity: {model: {default: m.bin}, max_model_score: 5}", "toxicity.max_model_score: 5 is outside [0, 1]"),
        ("toxicity: {max_density: 2}", "toxicity.max_density: "),
        ("toxicity: {max_severity: 3.5}", "toxicity.max_severity: "),
        ("toxicity: {max_model_score: 0.5}", "toxicity.max_model_score: needs a model"),
        ("language: {min_score: {fra_Latn: 1.2}}", "language.min_score.fra_Latn: "),
        ("perplexity: {model: n, min_perplexity: {fra_Latn: 90}, max_perplexity: 50}",
         "perplexity.min_perplexity: 90 is above max_perplexity 50 of fra_Latn"),
        ("select: {by: language_score, keep: 30}", "select.keep: "),
        ("heuristics: {rules: {max_bullet_lines: 90}}", "heuristics.rules.max_bullet_lines: 90 is not possible"),
        ("heuristics: {languages: {deu_Latn: {max_duplicate_lines: -1}}}",
         "heuristics.languages.deu_Latn.max_duplicate_lines: -1 is not possible"),
        ("heuristics: {preset: gopher, rules: {min_words: -5}}", "heuristics.rules.min_words: -5 is not possible"),
        ("heuristics: {preset: gopher, rules: {max_words: .inf}}", "heuristics.rules.max_words: inf is not possible"),
        ("heuristics: {preset: gopher, rules: {max_words: .nan}}", "heuristics.rules.max_words: nan is not possible"),
        ("heuristics: {preset: gopher, rules: {min_words: 200000}}",
         "heuristics: min_words 200000 is above max_words 100000: every document breaks one"),
        ("heuristics: {preset: gopher, languages: {Thai: {min_words: 9, max_words: 3}}}",
         "heuristics: min_words 9 is above max_words 3 for Thai"),
        ("trim: {rules: {code: 40}}", "trim.rules.code: 40 is not possible; the signal code is a share: 0 to 1"),
    ]  # fmt: skip
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "fra_Latn.npz").write_bytes(b"")
    for stage, what in wrong:
        text, _ = mistake(stage, tmp_path)
        assert f": stages.{what}" in text or (what == "finite" and what in text), text
    # a regression head's scores have no range, nor has what is on the hub
    for stage in ("quality: {model: edu, min_score: 2.5}", "quality: {model: owner/edu, min_score: 3}"):
        path = tmp_path / "right.yaml"
        path.write_text(f"input: {{path: in, format: parquet}}\nstages:\n  - {stage}\noutput: out\n")
        assert load_pipeline(str(path)).stages[0].name == "quality"


@pytest.mark.parametrize(
    ("stage", "old", "new"),
    [
        ("quality: {models: owner/model}", "models", "model"),
        ("perplexity: {models: gone}", "models", "model"),
        ("perplexity: {model: gone, min: 3}", "min", "min_perplexity"),
        ("perplexity: {model: gone, max: 3}", "max", "max_perplexity"),
        ("perplexity: {model: gone, max_line: 3}", "max_line", "max_line_perplexity"),
        ("toxicity: {models: {default: {path: owner/model}}}", "models", "model"),
        ("toxicity: {max_model: 0.5}", "max_model", "max_model_score"),
        ("toxicity: {model: {default: {model: owner/model}}}", "model", "path"),
    ],
)
def test_former_names_of_keys_are_refused_with_the_present_ones(stage, old, new, tmp_path):
    text, _ = mistake(stage, tmp_path)
    assert f"unknown key {old!r}\n  it is called {new!r} now" in text
