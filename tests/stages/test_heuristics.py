"""The stage: two halves, its own column, errors in words."""

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.fingerprint import stage_parts
from hexapla.stages.heuristics import Heuristics
from pydantic import ValidationError

GOOD = (
    "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and "
    "should act towards one another in a spirit of brotherhood. Everyone has the right to life, liberty and security "
    "of person. No one shall be held in slavery or servitude, and the slave trade shall be prohibited in all forms. "
    "Everyone, as a member of society, has the right to social security and is entitled to the realisation of the rights "
    "that are indispensable for his dignity and the free development of his personality."
)


def rows(*texts, language="eng_Latn"):
    """A batch of documents."""
    return pa.record_batch(
        {"uid": [f"{n:032x}" for n in range(len(texts))], "text": texts, "language": [language] * len(texts)}
    )


def test_keeps_and_removes_with_all_reasons():
    stage = Heuristics()
    batch = rows(GOOD, "Short.", "")
    outcome = stage.map_shard(batch)
    assert outcome.kept["text"].to_pylist() == [GOOD]
    assert outcome.kept.schema == stage.output_schema(batch.schema)
    assert outcome.removed["reason"].to_pylist() == ["min_word_characters"] * 2
    assert [entry["rule"] for entry in outcome.removed["reasons"][0].as_py()] == [
        "min_word_characters",
        "min_alphabetic_words",
    ]


def test_kept_rows_have_their_signals_when_that_is_asked_for():
    batch = rows(GOOD, "Short.")
    plain, keeping = Heuristics().map_shard(batch), Heuristics(keep_signals=True).map_shard(batch)
    assert plain.kept.schema.names == batch.schema.names
    assert keeping.kept.schema.names == [*batch.schema.names, "signals"]
    assert keeping.kept["signals"][0].as_py()["words"] > 80
    assert plain.removed.schema == keeping.removed.schema
    assert plain.removed["signals"][0].as_py()["words"] == 1
    again = Heuristics(measured=True).map_shard(keeping.kept)
    assert again.kept.schema == keeping.kept.schema


def test_selection_alone_gives_the_same_as_both_halves():
    strict = Heuristics(rules={"min_word_characters": 10_000})
    scored = Heuristics().score(rows(GOOD, "Short."))
    assert strict.select(scored).removed.equals(strict.map_shard(rows(GOOD, "Short.")).removed)
    assert set(Heuristics.selection_fields) < set(Heuristics.model_fields)


def test_thresholds_by_rule_language_and_script():
    batch = rows("Short but it is the one.")
    assert Heuristics(rules={"min_word_characters": None}).map_shard(batch).removed is None
    assert Heuristics(languages={"Latn": {"min_word_characters": 5}}).map_shard(batch).removed is None
    assert Heuristics(languages={"fra_Latn": {"min_word_characters": 5}}).map_shard(batch).kept.num_rows == 0


def test_no_language_column_and_null_languages():
    batch = rows(GOOD)
    assert Heuristics().map_shard(batch.select(["uid", "text"])).removed is None
    assert Heuristics().map_shard(batch.set_column(2, "language", pa.nulls(1, pa.string()))).removed is None


def test_own_stop_words():
    outcome = Heuristics(stop_words={"eng_Latn": ("zebra", "yak")}).map_shard(rows(GOOD))
    assert outcome.removed["reason"].to_pylist() == ["min_stop_words"]
    outcome = Heuristics(stop_words={"eng_Latn": ()}).map_shard(rows(GOOD))
    assert outcome.removed is None
    assert outcome.counters["stop_words_not_screened"] == 1


def test_an_earlier_signals_column_is_replaced():
    scored = Heuristics().score(rows(GOOD))
    assert Heuristics().score(scored).equals(scored)


def test_own_preset(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("extends: gopher\nrules: {min_lines: {signal: lines, min: 2}}")
    stage = Heuristics(preset=str(path))
    assert stage.selection_files() == (str(path),)
    assert stage.map_shard(rows(GOOD)).removed["reason"].to_pylist() == ["min_lines"]
    assert Heuristics().selection_files() == ()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rules": {"max_bulet_lines": 0.9}}, "did you mean 'max_bullet_lines'"),
        ({"preset": "finewebb2"}, "did you mean 'fineweb2'"),
        ({"languages": {"deu_Latn": {"min_wordz": 1}}}, "no rule 'min_wordz'"),
        ({"languages": {"German": {"min_words": 1}}, "preset": "gopher"}, "neither a script"),
    ],
)
def test_mistakes_are_explained(config, message):
    with pytest.raises(ValidationError, match=message):
        Heuristics(**config)


def test_no_rows():
    assert Heuristics().map_shard(rows(GOOD).slice(0, 0)).kept.num_rows == 0


def test_rules_of_ones_own_come_after_those_of_the_preset():
    stage = Heuristics(own={"capitals": "capital_words > 0.5", "named": "language == 'eng_Latn' and words < 5"})
    outcome = stage.map_shard(rows(GOOD, "SHORT TEXT.", GOOD.upper()))
    assert outcome.kept["text"].to_pylist() == [GOOD]
    assert outcome.removed["reason"][0].as_py() == "min_word_characters"
    reasons = {entry["rule"]: entry["value"] for entry in outcome.removed["reasons"][0].as_py()}
    assert reasons["capitals"] == 1.0
    assert reasons["named"] is None
    assert "capitals" in [entry["rule"] for entry in outcome.removed["reasons"][1].as_py()]
    assert stage.select(Heuristics().score(rows(GOOD, "SHORT TEXT."))).removed.num_rows == 1


def test_stored_signals_are_selected_from_and_nothing_is_measured(monkeypatch):
    batch = rows(GOOD, "Short.", "")
    stored = Heuristics().score(batch)
    stage = Heuristics(measured=True)
    assert stage.output_schema(stored.schema) == stored.schema
    monkeypatch.setattr("hexapla.filters.signals.measure", None)
    assert stage.map_shard(stored).removed.equals(Heuristics().select(stored).removed)


@pytest.mark.parametrize("signals", [None, pa.array([{"words": 3}]), pa.array(["text"])])
def test_stored_signals_that_are_not_there(signals):
    batch = rows(GOOD) if signals is None else rows(GOOD).append_column("signals", signals)
    with pytest.raises(ConfigError, match="the rows lack"):
        Heuristics(measured=True).output_schema(batch.schema)


def test_rules_on_columns(tmp_path, caplog):
    path = tmp_path / "own.yaml"
    path.write_text("rules: {min_score: {column: language_score, min: 0.5}, max_digits: {signal: digits, max: 0.2}}")
    stage = Heuristics(preset=str(path), rules={"min_score": 0.65})
    scores = pa.array([0.6, 0.65, None], pa.float32())
    batch = rows(GOOD, "Fine.", "Unknown.").append_column("language_score", scores)
    outcome = stage.map_shard(batch)
    assert outcome.removed["reasons"].to_pylist() == [[{"rule": "min_score", "value": pytest.approx(0.6)}]]
    assert stage.map_shard(rows(GOOD)).removed is None
    stage.output_schema(rows(GOOD).schema)
    assert "no column 'language_score'" in caplog.text
    texts = rows(GOOD).append_column("language_score", pa.array(["high"]))
    with pytest.raises(ConfigError, match="bounds the column 'language_score', which is string"):
        stage.output_schema(texts.schema)


def test_mistakes_in_rules_of_ones_own():
    with pytest.raises(ValidationError, match="character 8"):
        Heuristics(own={"a": "digits = 3"})
    with pytest.raises(ValidationError, match="'max_hashes' is a rule of the preset"):
        Heuristics(own={"max_hashes": "hashes > 1"})
    with pytest.raises(ConfigError, match="did you mean 'digits'"):
        Heuristics(own={"a": "digit > 3"}).output_schema(rows(GOOD).schema)


def test_language_files_as_a_preset_and_as_stop_words(tmp_path):
    (tmp_path / "eng_Latn.yml").write_text(
        "dup_line_frac: 0.3\ntop_n_grams: [[2, 9.0], [3, 0.2], [4, 0.2]]\nstopwords: [zebra, yak]\nmin_avg_word_length: 3"
    )
    folder = str(tmp_path)
    stage = Heuristics(preset=folder, stop_words=folder)
    assert stage.map_shard(rows(GOOD)).removed["reason"].to_pylist() == ["min_stop_words"]
    assert Heuristics(preset=folder).map_shard(rows(GOOD)).removed is None
    assert stage.resource_files() == stage.selection_files() == (folder,)


def test_what_a_language_rests_on():
    assert Heuristics().backing("fin_Latn").level == "measured"
    assert Heuristics().backing("fin_Latn").by.startswith("thresholds of the language, ")
    assert Heuristics().backing("lao_Laoo").by == "thresholds of its script, no stop words"
    assert Heuristics().backing("roh_Latn").by == "thresholds of all languages, no stop words"
    assert Heuristics(preset="gopher").backing("fin_Latn").level == "proxy"
    assert Heuristics(stop_words={"fin_Latn": ("ja", "on")}).backing("fin_Latn").level == "proxy"


def test_an_edited_preset_scores_nothing_again(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("extends: gopher")
    before = stage_parts(Heuristics(preset=str(path)), "score"), stage_parts(Heuristics(preset=str(path)))
    path.write_text("extends: c4")
    assert stage_parts(Heuristics(preset=str(path)), "score") == before[0] == stage_parts(Heuristics(), "score")
    assert stage_parts(Heuristics(preset=str(path))) != before[1]
    assert stage_parts(Heuristics(segmentation="pieces"), "score") != before[0]
