"""The stage `language`."""

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.language import Language
from pydantic import ValidationError

FRENCH = "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison."
EWE = "Wodzi amegbetɔwo katã ablɔɖeviwoe eye wodzena bubu kple gomekpɔkpɔ sɔsɔe. Susu kple dzitsinya le wo si."
SANTALI = "ᱡᱚᱛᱚ ᱦᱚᱲ ᱜᱮ ᱢᱟᱱ ᱟᱨ ᱟᱹᱭᱫᱟᱹᱨᱤ ᱨᱮ"


def rows(**more):
    texts = [FRENCH, EWE, SANTALI, ""]
    return pa.record_batch(
        {"uid": list("abcd"), "text": texts, **{k: pa.array(v, pa.string()) for k, v in more.items()}}
    )


def test_nothing_is_lost_by_default():
    outcome = Language().map_shard(rows())
    assert outcome.removed is None
    assert outcome.kept["language"].to_pylist() == ["fra_Latn", "und_Latn", "sat_Olck", "und_Zyyy"]
    assert outcome.kept["language_script"].to_pylist() == ["Latn", "Latn", "Olck", "Zyyy"]
    assert [score is None for score in outcome.kept["language_score"].to_pylist()] == [False, True, False, True]
    assert outcome.kept.schema == Language().output_schema(rows().schema)
    assert outcome.counters == {"language_known": 2, "language_unknown": 2}


def test_unknown_can_be_removed_with_a_reason():
    outcome = Language(on_unknown="remove").map_shard(rows())
    assert outcome.kept["uid"].to_pylist() == ["a", "c"]
    assert outcome.removed["uid"].to_pylist() == ["b", "d"]
    assert outcome.removed["reason"].to_pylist() == ["language_unknown"] * 2
    assert outcome.removed["language"].to_pylist() == ["und_Latn", "und_Zyyy"]


def test_assume_detects_nothing():
    stage = Language(assume="ee", model="no-such/model")
    assert not stage.holds_model()
    outcome = stage.map_shard(rows())
    assert outcome.kept["language"].to_pylist()[:2] == ["ewe_Latn"] * 2
    assert outcome.kept["language_score"].null_count == 4


def test_trust_believes_what_the_table_knows_and_detects_the_rest():
    given = rows(declared_language=["fr-CA", "ee", None, "klingonese"])
    outcome = Language(trust="declared_language").map_shard(given)
    assert outcome.kept["language"].to_pylist() == ["fra_Latn", "ewe_Latn", "sat_Olck", "und_Zyyy"]
    assert outcome.kept["declared_language"].to_pylist() == ["fr-CA", "ee", None, "klingonese"]


def test_an_existing_language_column_can_be_trusted_and_is_replaced():
    outcome = Language(trust="language").map_shard(rows(language=["fr", "und", "qqq_Latn", ""]))
    assert outcome.kept["language"].to_pylist() == ["fra_Latn", "und_Latn", "qqq_Latn", "und_Zyyy"]


def test_scores_below_the_least_make_a_language_unknown():
    outcome = Language(min_score={"fr": 1.0}).map_shard(rows())
    assert outcome.kept["language"].to_pylist()[0] == "und_Latn"


def test_batches_may_be_cut_anywhere():
    whole = pa.Table.from_batches([Language().map_shard(rows()).kept])
    parts = pa.Table.from_batches([Language().map_shard(rows().slice(i, 1)).kept for i in range(4)])
    assert whole.equals(parts.combine_chunks())
    assert Language().map_shard(rows().slice(0, 0)).kept.num_rows == 0


def test_mistakes_are_named():
    with pytest.raises(ConfigError, match="declared_lang"):
        Language(trust="declared_lang").output_schema(rows(declared_language=[None] * 4).schema)
    with pytest.raises(ValidationError, match="neither a file nor a hub id"):
        Language(model="missing.bin")
    with pytest.raises(ValidationError):
        Language(min_score={"fra_Latn": 7})
    with pytest.raises(ValidationError):
        Language(assume="fr", trust="language")


def test_a_fasttext_model_is_a_resource(tmp_path):
    import fasttext

    train = tmp_path / "train.txt"
    train.write_text(f"__label__fra_Latn {FRENCH}\n__label__ewe_Latn {EWE}\n" * 30, encoding="utf-8")
    model = tmp_path / "model.bin"
    fasttext.train_supervised(str(train), dim=10, bucket=100, epoch=50, lr=0.2, thread=10, verbose=0).save_model(
        str(model)
    )
    stage = Language(model=str(model))
    assert stage.holds_model()
    assert str(model) in stage.resource_files()
    assert stage.map_shard(rows()).kept["language"].to_pylist() == ["fra_Latn", "ewe_Latn", "sat_Olck", "und_Zyyy"]


def test_lines_are_named_on_request():
    stage = Language(lines=True)
    outcome = stage.map_shard(rows())
    assert outcome.kept.schema == stage.output_schema(rows().schema)
    assert outcome.kept["line_languages"].to_pylist() == [["fra_Latn"], ["und_Latn"], ["sat_Olck"], [None]]
    assert outcome.kept["language_mixing"].to_pylist() == [0.0, None, 0.0, None]
    assert stage.map_shard(rows().slice(0, 0)).kept.schema == outcome.kept.schema
    assert "language_shares" not in Language().output_schema(rows().schema).names


def test_thresholds_belong_to_a_model(tmp_path):
    fitted = Language(min_score={"fra": 0.5}, min_score_model="cld2")
    assert fitted.map_shard(rows()).kept["language"].to_pylist()[0] == "fra_Latn"
    for wrong in ("0123456789abcdef", "cld", "GlotLID"):
        stage = Language(min_score={"fra": 0.5}, min_score_model=wrong)
        with pytest.raises(ConfigError, match=r"min_score was fitted to|neither cld2 nor"):
            stage.resource_files()
        with pytest.raises(ConfigError, match=r"min_score was fitted to|neither cld2 nor"):
            stage.map_shard(rows())


def test_backing_is_that_of_the_detector():
    assert Language().backing("fra_Latn").level == "measured"
    assert Language().backing("ewe_Latn").level == "none"
    assert Language(assume="ewe_Latn").backing("ewe_Latn") is None


def test_codes_in_the_configuration_are_checked():
    with pytest.raises(ValidationError, match=r"'frnch' is no language code .* did you mean fra_Latn"):
        Language(min_score={"frnch": 0.4, "default": 0.1})
    with pytest.raises(ValidationError, match="'klingon' is no language code"):
        Language(assume="klingon")
