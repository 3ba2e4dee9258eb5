"""Samples of kept and removed rows."""

import json

import pytest


def rows(result):
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_same_seed_draws_the_same_rows_and_another_seed_others(call, fake_run):
    output, _ = fake_run
    options = ("sample", "--output", output, "--stage", "heuristics", "-n", "10", "--json")
    once, again, other = rows(call(*options)), rows(call(*options)), rows(call(*options, "--seed", "7"))
    assert once == again
    assert len(once) == 10
    assert {row["uid"] for row in once} != {row["uid"] for row in other}


def test_a_sample_is_spread_over_all_rows(call, fake_run):
    """Each row is drawn about equally often over many seeds."""
    output, documents = fake_run
    kept = {one["uid"] for one in documents if not one["removed"]}
    drawn = set()
    for seed in range(30):
        drawn |= {
            row["uid"] for row in rows(call("sample", "--output", output, "-n", "15", "--seed", str(seed), "--json"))
        }
    assert drawn <= kept
    assert len(drawn) > 0.9 * len(kept)


def test_reason_and_language_choose_rows(call, fake_run):
    output, documents = fake_run
    wanted = {
        one["uid"]
        for one in documents
        if one["removed"] and one["removed"][1] == "gopher_word_count" and one["language"] == "eng_Latn"
    }
    assert wanted
    found = rows(
        call(
            "sample",
            "--output",
            output,
            "--reason",
            "gopher_word_count",
            "--language",
            "eng_Latn",
            "-n",
            "999",
            "--json",
        )
    )
    assert {row["uid"] for row in found} == wanted
    assert {row["removed_by"] for row in found} == {"heuristics"}


def test_text_output_shows_values_and_text_without_control_characters(call, fake_run):
    result = call("sample", "--output", fake_run[0], "--removed", "-n", "60")
    assert "reason: " in result.stdout
    assert "<U+202E>evil" in result.stdout
    assert not {"\x1b", "\x00", "\u202e"} & set(result.stdout)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--stage", "heuristic"), "did you mean 'heuristics'?"),
        (("--reason", "gopher_words_count"), "did you mean 'gopher_word_count'?"),
        (("--stage", "toxicity", "--removed", "--language", "eng_Lat"), "did you mean 'eng_Latn'?"),
        (("--stage", "pii", "--removed"), "the stage removed no rows"),
        (("--stage", "pii"), "the next rows on disk are those of --stage export"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest_name(call, fake_run, options, message):
    result = call("sample", "--output", fake_run[0], *options)
    assert result.exit_code == 1
    assert message in str(result.exception)
    assert result.exception.exit_code == 2


def test_a_record_that_could_not_be_read_shows_its_bytes():
    from hexapla.cli.sample import _lines

    row = {"uid": "0", "file_path": "a.gz", "position": 12, "raw": b'{"text": "\xff\x1b', "reason": "bad_json"}
    assert _lines(row, full=False)[-1] == '  | {"text": "\\xff<U+001B>'
    assert "(text not kept)" in _lines(row | {"raw": None}, full=False)[-1]


def test_pairs_show_both_texts():
    from hexapla.cli.sample import _lines

    row = {"uid": "0", "src_lang": "eng_Latn", "tgt_lang": "amh_Ethi", "src": "Peace\nto all", "tgt": "ሰላም\x1b", "score": 0.5}
    lines = _lines(row, full=False)
    assert lines[-5:] == ["  src (eng_Latn):", "  | Peace", "  | to all", "  tgt (amh_Ethi):", "  | ሰላም<U+001B>"]
    assert lines.count("  | Peace") == 1 and not any("src: " in line for line in lines)
    assert _lines(row | {"tgt": None}, full=False)[-1] == "  (text not kept)"
