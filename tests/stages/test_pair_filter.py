"""`pair_filter`: rules on pairs, on beads, and on the languages of groups."""

import logging

import pyarrow as pa
import pytest
import yaml
from hexapla.engine.errors import ConfigError
from hexapla.filters.pair_rules import KINDS, load_rules, preset_names
from hexapla.filters.parallel_tables import SEGMENTS
from hexapla.stages.pair_filter import PairFilter
from pydantic import ValidationError


def pairs(*rows: tuple[str, str, str, str], **columns: list) -> pa.RecordBatch:
    names = ("src_lang", "tgt_lang", "src", "tgt")
    named = {
        name: pa.array(list(column), pa.string()) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    return pa.RecordBatch.from_pydict({"uid": [str(row) for row in range(len(rows))], **named, **columns})


def groups(*rows: dict[str, str], **columns: list) -> pa.RecordBatch:
    segments = [[{"lang": lang, "text": text, "index": [0]} for lang, text in sorted(row.items())] for row in rows]
    return pa.RecordBatch.from_pydict(
        {
            "uid": [str(row) for row in range(len(rows))], "doc_key": ["d"] * len(rows),
            "segments": pa.array(segments, SEGMENTS), "parallelism": pa.array([len(row) for row in rows], pa.int32()),
            "agreement": pa.array([1.0] * len(rows), pa.float32()), **columns,
        }
    )  # fmt: skip


def reasons(outcome) -> dict[str, list[str]]:
    rows = outcome.removed.to_pylist() if outcome.removed is not None else []
    return {row["uid"]: [found["rule"] for found in row["reasons"]] for row in rows}


GOOD = ("eng_Latn", "fra_Latn", "The river is wide today.", "Le fleuve est large aujourd'hui.")
GREEK = ("ell_Grek", "rus_Cyrl", "Το ποτάμι είναι πλατύ σήμερα.", "Река сегодня широкая и тихая.")
CHINESE = ("cmn_Hani", "jpn_Jpan", "今天这条河很宽。", "今日は川がとても広いです。")


@pytest.mark.parametrize("preset", preset_names())
def test_good_pairs_pass_every_preset_and_no_rule_is_broken_by_a_null(preset):
    rows = pairs(GOOD, GREEK, labse_similarity=[0.95, None], bicleaner_score=[0.9, None])
    outcome = PairFilter(preset=preset).map_shard(rows)
    assert outcome.kept.num_rows == 2, reasons(outcome)


@pytest.mark.parametrize(
    ("pair", "rule"),
    [
        (("eng_Latn", "fra_Latn", "", "Rien du tout."), "no_empty"),
        (("eng_Latn", "fra_Latn", "Ok then", "D'accord alors"), "not_too_short"),
        (("eng_Latn", "fra_Latn", "word " * 300, "mot " * 300), "not_too_long"),
        (("eng_Latn", "fra_Latn", "One two three four five six seven", "un deux tr"), "length_ratio"),
        (("eng_Latn", "fra_Latn", "Totally the same here", "totally The same, here 7"), "no_identical"),
        (("eng_Latn", "fra_Latn", "Re: the letter of May", "Votre lettre de mai, la voici"), "no_literals"),
        (("eng_Latn", "fra_Latn", "-- 12 34 -- -- 56 x", "la liste des numéros, quoi"), "no_only_symbols"),
        (("eng_Latn", "fra_Latn", "123456 7890 abc d", "voici les numéros de là"), "no_only_numbers"),
        (("eng_Latn", "fra_Latn", "Home - News - Our Work - x | y | z", "Accueil, nouvelles et travail"), "no_breadcrumbs"),
        (("eng_Latn", "fra_Latn", "We like HouseOfBooks very much", "Nous aimons beaucoup les livres"), "no_glued_words"),
        (("eng_Latn", "fra_Latn", "it was very long very long ago", "il y a fort longtemps de cela"), "no_repeated_words"),
        (("eng_Latn", "fra_Latn", "The text was broken àéè by it", "Le texte a été cassé par cela"), "no_unicode_noise"),
        (("eng_Latn", "fra_Latn", "W e l c o m e to the town", "Bienvenue dans la petite ville"), "no_space_noise"),
        (("eng_Latn", "fra_Latn", "One (two [three four five six", "Un deux trois quatre cinq six"), "no_paren"),
        (("eng_Latn", "fra_Latn", "The caf\\u00e9 is closed today", "Le petit café est fermé hier"), "no_escaped_unicode"),
        (("eng_Latn", "deu_Latn", "It is a nice city over there", "Es ist eine schÃne Stadt dort"), "no_bad_encoding"),
        (("eng_Latn", "fra_Latn", "The Long Road Home", "La Longue Route Vers La Maison"), "no_titles"),
    ],
)  # fmt: skip
def test_each_hard_rule_says_its_name(pair, rule):
    stage = PairFilter(preset="bicleaner_hard", rules={"no_wrong_language": False})
    outcome = stage.map_shard(pairs(GOOD, pair))
    assert outcome.kept["uid"].to_pylist() == ["0"]
    assert rule in reasons(outcome)["1"]


def test_chinese_counts_characters_in_the_hard_rules():
    assert PairFilter(preset="bicleaner_hard").map_shard(pairs(CHINESE)).kept.num_rows == 1


@pytest.mark.parametrize(
    ("rules", "broken"),
    [
        ({"LengthFilter": {"max_length": 4}}, True),
        ({"LengthFilter": {"max_length": [5, 100]}}, False),
        ({"LengthFilter": {"max_length": [4, 100]}}, True),
        ({"LengthFilter": {"max_length": {"fra_Latn": 4, "default": 100}}}, True),
        ({"LengthFilter": {"max_length": {"fr": 40, "default": 100}}}, False),
        ({"LengthFilter.char": {"unit": "char", "max_length": 32}}, False),
        ({"LengthFilter.char": {"unit": "char", "max_length": 31}}, True),
        ({"LengthRatioFilter": {"unit": "char", "threshold": 32 / 24}}, True),
        ({"LengthRatioFilter": {"unit": "char", "threshold": 1.34}}, False),
        ({"CharacterScoreFilter": {"scripts": ["Latin", "Cyrillic"]}}, True),
        ({"CharacterScoreFilter": {}}, False),
        ({"RegExpFilter": {"regexps": "aujourd"}}, True),
        ({"RegExpFilter": {"regexps": [r"^\p{Lu}", r"\d"], "accept_match": False}}, True),
        ({"RegExpFilter": {"regexps": r"\.$", "accept_match": True}}, False),
        ({"LanguageIDFilter": {"thresholds": [0.1, 0.1]}}, False),
        ({"Cld2Filter": {"languages": ["en", "de"]}}, True),
        ({"no_urls": True}, False),
        ({"no_script_inconsistencies": True}, False),
        ({"fine": {"column": "comet", "min": 0.7}}, False),
        ({"fine": {"column": "comet", "above": 0.7}}, True),
    ],
)  # fmt: skip
def test_parameters_are_those_of_opusfilter(rules, broken):
    rows = pairs(GOOD, comet=pa.array([0.7], pa.float64()))
    assert (PairFilter(preset="", rules=rules).map_shard(rows).kept.num_rows == 0) == broken


def test_rules_of_ones_own_and_columns_that_are_missing(caplog):
    rows = pairs(GOOD, GOOD, comet=[0.9, 0.2])
    outcome = PairFilter(own={"qe": "comet < 0.7"}).map_shard(rows)
    assert reasons(outcome) == {"1": ["qe"]}
    with caplog.at_level(logging.WARNING):
        kept = PairFilter(preset="", rules={"x": {"column": "never_there", "min": 1}}).map_shard(rows).kept
    assert kept.num_rows == 2
    assert kept.schema == rows.schema


def test_a_threshold_selects_anew_from_what_was_measured():
    rows = pairs(GOOD, GREEK)
    scored = PairFilter().score(rows)
    strict = PairFilter(thresholds={"LengthFilter": {"max_length": 4}})
    assert strict.score(rows) == scored
    assert strict.select(scored).kept.num_rows == 0
    with pytest.raises(ValidationError, match="depends on 'unit'"):
        PairFilter(thresholds={"LengthFilter": {"unit": "char"}})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "opusfilter"}, "there is no preset"),
        ({"rules": {"LenghtFilter": {}}}, "LengthFilter"),
        ({"rules": {"LengthFilter": {"max": 3}}}, "no parameter 'max'"),
        ({"rules": {"LengthFilter": {"unit": "bytes"}}}, "word, char"),
        ({"rules": {"CharacterScoreFilter": {"scripts": ["Latin", "Klingon"]}}}, "no script"),
        ({"rules": {"LanguageIDFilter": {"id_method": "langid"}}}, "cld2 or fasttext"),
        ({"rules": {"RegExpFilter": {"regexps": "("}}}, "RegExpFilter"),
        ({"rules": {"RegExpFilter": {}}}, "needs the parameter"),
        ({"rules": {"x": {"column": "a"}}}, "a rule on a column"),
        ({"own": {"LengthFilter": "score < 1"}}, "is a rule already"),
        ({"preset": ""}, "there is no rule"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        PairFilter(**options)


def test_neither_documents_nor_texts_in_a_bounded_column():
    with pytest.raises(ConfigError, match="sentence pairs are needed"):
        PairFilter().scored_schema(pa.schema([("uid", pa.string()), ("text", pa.string())]))
    with pytest.raises(ConfigError, match="which is string"):
        PairFilter(rules={"x": {"column": "uid", "min": 1}}).scored_schema(pairs(GOOD).schema)


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("kind", ["pairs", "groups"])
def test_schemas_are_those_that_were_declared_and_cuts_mean_nothing(preset, kind):
    hostile = ("und_Zzzz", "zzz", "\u0000\ufffe<b" + "a" * 3000, "￿<!--" * 50)
    if kind == "pairs":
        rows = pairs(GOOD, GREEK, CHINESE, ("eng_Latn", "fra_Latn", "", ""), hostile)
        rows = pa.RecordBatch.from_pydict(
            {**dict(zip(rows.schema.names, rows.columns, strict=True)), "tgt": [*rows["tgt"].to_pylist()[:-1], None]}
        )
    else:
        rows = groups(
            {"eng_Latn": GOOD[2], "fra_Latn": GOOD[3]}, {}, {"ell_Grek": GREEK[2]}, {"eng_Latn": "", "jpn_Jpan": "<b>"}
        )
    stage = PairFilter(preset=preset)
    outcome = stage.map_shard(rows)
    assert outcome.kept.schema == stage.output_schema(rows.schema)
    assert outcome.removed.schema.names[:-2] == stage.removed_schema(rows.schema).names
    single = [stage.map_shard(rows.slice(row, 1)) for row in range(rows.num_rows)]
    assert pa.Table.from_batches([found.kept for found in single]).to_pylist() == outcome.kept.to_pylist()
    gone = [row for found in single if found.removed is not None for row in found.removed.to_pylist()]
    assert str(gone) == str(outcome.removed.to_pylist())
    created = sum(outcome.created.values()) if outcome.created else 0
    assert outcome.kept.num_rows - created + outcome.removed.num_rows == rows.num_rows
    nothing = stage.map_shard(rows.slice(0, 0))
    assert nothing.kept.num_rows == 0


TEXTS = {
    "deu_Latn": "Der Fluss ist heute breit.", "ell_Grek": "Το ποτάμι είναι πλατύ σήμερα.", "eng_Latn": "The river is wide today.",
    "fra_Latn": "Le fleuve est large ici.", "rus_Cyrl": "Река сегодня широкая и тихая.",
}  # fmt: skip


def test_a_bad_column_drops_the_language_and_not_the_group():
    outcome = PairFilter().map_shard(groups({**TEXTS, "fra_Latn": "Le <b>fleuve</b> est large ici."}, TEXTS))
    kept, (removed,) = outcome.kept.to_pylist(), outcome.removed.to_pylist()
    assert [row["parallelism"] for row in kept] == [4, 5]
    assert [segment["lang"] for segment in kept[0]["segments"]] == sorted(set(TEXTS) - {"fra_Latn"})
    assert (removed["reason"], removed["parallelism"]) == ("HtmlTagFilter", 1)
    assert removed["dropped"] == [{"lang": "fra_Latn", "reason": "HtmlTagFilter"}]
    assert outcome.created == {"mul": 1}


def test_pairs_decide_by_majority_or_with_the_pivot():
    numbered = {language: f"{text} 1234 5678 9" for language, text in TEXTS.items()}
    rows = groups({**numbered, "rus_Cyrl": TEXTS["rus_Cyrl"]}, {**numbered, "eng_Latn": TEXTS["eng_Latn"]})
    rules = {"NonZeroNumeralsFilter": {}}
    by_majority = PairFilter(preset="", rules=rules).map_shard(rows)
    assert [[found["lang"] for found in row["dropped"]] for row in by_majority.removed.to_pylist()] == [
        ["rus_Cyrl"],
        ["eng_Latn"],
    ]
    by_pivot = PairFilter(preset="", rules=rules, pivot="eng_Latn").map_shard(rows)
    assert [row["parallelism"] for row in by_pivot.kept.to_pylist()] == [4]
    assert [row["parallelism"] for row in by_pivot.removed.to_pylist()] == [1, 5]


def test_a_group_of_one_language_ends():
    outcome = PairFilter().map_shard(
        groups({"eng_Latn": "<b>The river</b>", "fra_Latn": TEXTS["fra_Latn"]}, {"eng_Latn": TEXTS["eng_Latn"]})
    )
    assert outcome.kept.num_rows == 0
    found = outcome.removed.to_pylist()
    assert [row["reason"] for row in found] == ["HtmlTagFilter", "too_few_languages"]
    assert found[0]["dropped"][1] == {"lang": "fra_Latn", "reason": "too_few_languages"}


def test_columns_judge_a_group_as_a_whole():
    rows = groups(TEXTS, TEXTS, comet=[0.1, 0.9])
    outcome = PairFilter(own={"qe": "comet < 0.7"}).map_shard(rows)
    assert [row["uid"] for row in outcome.kept.to_pylist()] == ["1"]
    assert outcome.removed["reason"].to_pylist() == ["qe"]
    assert {found["reason"] for found in outcome.removed["dropped"].to_pylist()[0]} == {"qe"}


def test_every_rule_of_every_preset_is_known():
    for preset in preset_names():
        assert all(rule.kind is None or rule.kind.name in KINDS for rule in load_rules(preset, {}, {}))


def test_a_preset_from_a_file_that_extends_another(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("extends: llammas\nrules:\n  LongWordFilter: null\n  no_urls: true\n", "utf-8")
    names = [rule.name for rule in load_rules(str(path), {}, {})]
    assert "LongWordFilter" not in names
    assert names[-1] == "no_urls"
    assert PairFilter(preset=str(path)).resource_files() == (str(path),)


JAPANESE = ("eng_Latn", "jpn_Jpan", "All human beings are born free and equal in dignity and rights, everywhere.",
            "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等であるとどこでも言われる。")  # fmt: skip


@pytest.mark.parametrize("preset", ["llammas", "opusfilter_usual"])
def test_the_head_of_a_preset_has_parameters_for_languages_without_spaces(preset):
    from hexapla.filters.pair_rules import preset_file

    rows = pairs(GOOD, JAPANESE)
    reasons = PairFilter(preset=preset).map_shard(rows).removed.to_pylist()[0]["reasons"]
    assert "LengthRatioFilter.word" in [broken["rule"] for broken in reasons]
    head = [line[1:] for line in preset_file(preset).read_text("utf-8").splitlines() if line.startswith("#   ")]
    given = yaml.safe_load("\n".join(head))["pair_filter"]
    assert PairFilter(**given).map_shard(rows).kept.num_rows == 2


def test_parameters_by_language_script_and_writing_without_spaces():
    def kept(**parameters) -> list[bool]:
        rows = pairs(GOOD, GREEK, JAPANESE)
        texts = PairFilter(preset="", rules={"LengthFilter": parameters}).map_shard(rows).kept.column("tgt").to_pylist()
        return [text in texts for text in rows.column("tgt").to_pylist()]

    assert kept(max_length=100) == [True, True, True]
    assert kept(max_length={"Jpan": 0, "default": 100}) == [True, True, False]
    assert kept(max_length={"unspaced": 0, "Grek": 0, "default": 100}) == [True, False, False]
    assert kept(max_length={"unspaced": 0, "jpn_Jpan": 100, "default": 100}) == [True, True, True]
    assert kept(unit={"unspaced": "char"}, min_length={"jpn_Jpan": 30, "default": 1}) == [True, True, True]
    assert kept(unit={"eng_Latn": "char"}, min_length={"jpn_Jpan": 30, "default": 1}) == [True, True, False]
    with pytest.raises(ValueError, match="word, char or character"):
        PairFilter(preset="", rules={"LengthFilter": {"unit": {"Thai": "letters"}}})
    with pytest.raises(ValueError, match="one for all"):
        PairFilter(preset="", rules={"SimilarityFilter": {"unit": {"Thai": "char"}}})
