"""Substring dedup, step by step in memory, against a dictionary of all windows."""

import json
import random
import subprocess
import sys
import time
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.kernels.substrings import token_counts
from hexapla.stages import substring_dedup
from hexapla.stages.dedup_scope import ALWAYS, protections
from hexapla.stages.substring_dedup import SubstringDedup
from hexapla.stages.survivor import survivor_columns, survivor_order
from passages import ARTICLES
from pydantic import ValidationError
from stages.step_runner import cut, run_steps
from substring_reference import marked_tokens, repeated_tokens, spans, tokens

PIECES = [
    "a", "b", "c", "É", "e\u0301", "1", "x9", "ก", "กำ", "เก", "ក្ម", "ក", "你", "好", "が", "か\u3099", "한국", "हिं", "عرب",
    "\u2764\ufe0f", "\u200d", "\u17d2",
]  # fmt: skip
GAPS = [" ", " ", " ", "\n", ", ", "\r\n", ". ", " (", ") ", "“", "。", "", "\n\n", "\u200b", "-"]


def text_of(chance, pieces):
    return "".join(piece + chance.choice(GAPS) for piece in pieces)


def random_texts(seed):
    """Texts of few different pieces, with passages that they share."""
    chance = random.Random(seed)
    some = chance.sample(PIECES, chance.randrange(2, len(PIECES)))
    shared = [chance.choices(some, k=chance.randrange(1, 30)) for _ in range(4)]
    texts = []
    for _ in range(chance.randrange(1, 14)):
        pieces = []
        for _ in range(chance.randrange(4)):
            pieces += chance.choice(shared) if chance.random() < 0.6 else chance.choices(some, k=chance.randrange(12))
        texts.append(text_of(chance, pieces))
    return chance, texts


def table(texts, file="a", **columns):
    names = [f"{file}{number:05}" for number in range(len(texts))]
    return pa.table({"uid": names, "text": pa.array(texts, pa.string()), "file_path": [file] * len(texts)} | columns)


def dedup(texts, size=None, **config):
    rows = texts if isinstance(texts, pa.Table) else table(texts)
    return run_steps(SubstringDedup(**config), cut(rows, size or max(1, rows.num_rows)))


def everything(result):
    """All rows by uid, with the text that is left (None: removed)."""
    rows = {row["uid"]: row for row in result.kept.to_pylist()}
    return rows | {row["uid"]: row | {"text": None} for row in result.removed.to_pylist()}


def expected(rows, stage):
    """Tokens that have to go and first holders, by row."""
    batch = rows.combine_chunks().to_batches()[0]
    protected = protections(batch, stage.protect)
    order = survivor_order(pa.table(survivor_columns(batch, stage.survivor) | {"protected": protected}), stage.survivor)
    texts = [rows.column("text")[int(row)].as_py() for row in order]
    groups = [protected[int(row)].as_py() for row in order]
    scopes = None
    if stage.scope != "global":
        scopes = [rows.column(stage.scope.removeprefix("column: "))[int(row)].as_py() for row in order]
    marked, first = marked_tokens(
        texts, stage.tokens, most=stage.max_copies, keep=stage.keep, within=stage.within, scopes=scopes,
        groups=groups, always=ALWAYS,
    )  # fmt: skip
    back = np.argsort(order)
    holders = [{start: int(order[holder]) for start, holder in part.items()} for part in first]
    return [marked[place] for place in back], [holders[place] for place in back]


@pytest.mark.parametrize("seed", range(200))
def test_exactly_what_a_dictionary_of_all_windows_finds_is_cut(seed):
    chance, texts = random_texts(seed)
    config = {
        "tokens": chance.choice([2, 3, 5, 8]),
        "max_copies": chance.choice([1, 1, 1, 2, 3]),
        "keep": chance.choice(["first", "first", "none"]),
        "within": chance.random() < 0.7,
        "min_characters": 0,
        "protect": chance.choice([None, None, "work", "own"]),
        "scope": chance.choice(["global", "global", "column: kind"]),
    }
    columns = {
        "work": pa.array([chance.choice([None, "x", "y"]) for _ in texts], pa.string()),
        "own": pa.array([chance.choice([True, False, None]) for _ in texts], pa.bool_()),
        "kind": pa.array([chance.choice(["1", "2", None]) for _ in texts], pa.string()),
    }
    rows = table(texts, **columns)
    stage = SubstringDedup(**config)
    marked, holders = expected(rows, stage)
    units = cut(rows, chance.randrange(1, 8))
    found = everything(run_steps(stage, units, partitions=chance.choice([1, 4, 7]), batch=chance.randrange(1, 6)))
    for number, text in enumerate(texts):
        row = found[f"a{number:05}"]
        was = tokens(text)
        left = [token[0] for place, token in enumerate(was) if place not in marked[number]]
        assert row["substring_spans_removed"] == len(spans(marked[number]))
        if row["text"] is None:
            assert left == []
            assert row["substring_characters_removed"] == len(text)
            longest = max(spans(marked[number]), key=len)
            holder = holders[number][longest[0]]
            assert row["duplicate_of"] == (None if holder == number else f"a{holder:05}")
        else:
            assert [token[0] for token in tokens(row["text"])] == left
            assert row["substring_characters_removed"] == max(0, len(text) - len(row["text"]))
            assert marked[number] or row["text"] == text


def passage(code, words, seed):
    """So many words of an article in random order, or as many letters of an unspaced script as say the same."""
    draw = random.Random(f"{code} {seed}")
    if code in LETTERS_PER_WORD:
        return "".join(draw.choices(LETTERS[code], k=words * LETTERS_PER_WORD[code]))
    return " ".join(draw.choices(ARTICLES[code].replace(",", "").replace(".", "").split(), k=words))


LETTERS_PER_WORD = {"tha_Thai": 4, "khm_Khmr": 4, "mya_Mymr": 4, "cmn_Hani": 2, "jpn_Jpan": 2}
LETTERS = {
    "tha_Thai": ["ม", "นุ", "ย์", "ทั้", "ง", "ห", "ล", "า", "ย", "เกิ", "ด", "มี", "ทำ", "แล", "ะ"],
    "khm_Khmr": ["ម", "នុ", "ស្ស", "ទាំ", "ង", "អ", "ស់", "កើ", "ត", "សេ", "ក្ដី", "ថ្លៃ", "ថ្នូ", "រ"],
    "mya_Mymr": ["လူ", "တို", "င်း", "သ", "ည်", "တူ", "ညီ", "ဂု", "ဏ်", "သိ", "က္ခာ", "ဖြ", "င့်"],
    "cmn_Hani": list("人生而自由在尊严和权利上一律平等他们赋有理性良心"),
    "jpn_Jpan": ["す", "べ", "て", "の", "人", "間", "は", "生", "れ", "な", "が", "ら", "に", "し", "で", "あ", "り"],
}
SCRIPTS = [
    *LETTERS_PER_WORD, "kor_Hang", "arb_Arab", "hin_Deva", "tam_Taml", "heb_Hebr", "tir_Ethi", "rus_Cyrl", "ell_Grek",
    "sat_Olck", "csw_Cans", "eng_Latn", "vie_Latn",
]  # fmt: skip


@pytest.mark.parametrize("code", SCRIPTS)
def test_a_passage_that_two_documents_share_is_cut_in_every_script(code):
    shared, one, two = passage(code, 60, 0), passage(code, 55, 1), passage(code, 55, 2)
    first = f"{one}.\n\n{shared}.\n\n{two}."
    second = f"{passage(code, 45, 3)}.\n\n{shared}.\n\n{passage(code, 45, 4)}."
    result = dedup(table([first, second], date=["2020", "2021"]), size=1)
    kept = result.kept.to_pylist()
    assert kept[0]["text"] == first
    assert kept[1]["text"] == f"{passage(code, 45, 3)}.\n\n{passage(code, 45, 4)}."
    assert kept[1]["substring_spans_removed"] == 1
    assert kept[1]["substring_characters_removed"] == len(second) - len(kept[1]["text"])


@pytest.mark.parametrize("code", SCRIPTS)
def test_shorter_passages_stay_in_every_script(code):
    shared = passage(code, 40, 0)
    texts = [f"{passage(code, 40, n)}。\n{shared}。\n{passage(code, 40, -n)}" for n in range(1, 4)]
    result = dedup(texts)
    assert result.kept.column("text").to_pylist() == texts
    assert set(result.kept.column("substring_spans_removed").to_pylist()) == {0}


def test_a_suffix_array_finds_the_same():
    codes = ("eng_Latn", "rus_Cyrl", "kor_Hang", "hin_Deva", "tir_Ethi", "ell_Grek")
    texts = [
        f"{passage(code, 30, f'{number} before')} {passage(code, 40, number % 5)} {passage(code, 30, f'{number} behind')}"
        for code in codes
        for number in range(12)
    ]
    for size in (12, 25):
        found = everything(dedup(texts, size=50, tokens=size, keep="none", min_characters=0))
        wanted = repeated_tokens(texts, size)
        assert sum(map(bool, wanted)) > 20
        for number, text in enumerate(texts):
            left = [token[0] for place, token in enumerate(tokens(text)) if place not in wanted[number]]
            row = found[f"a{number:05}"]
            assert ([token[0] for token in tokens(row["text"])] if row["text"] is not None else []) == left


@pytest.mark.parametrize("seed", range(4))
def test_the_same_records_in_other_files_leave_the_same_texts(seed):
    chance = random.Random(seed)
    texts = [text for number in range(3) for text in random_texts(seed * 10 + number)[1]] * 2
    left = set()
    for number in range(5):
        order = chance.sample(range(len(texts)), len(texts))
        half = chance.randrange(1, len(texts))
        parts = [(order[:half], f"f{number}"), (order[half:], f"g{number}")]
        files = [
            table([texts[n] for n in part], name, date=[str(n // 7) for n in part], url=[str(n) for n in part])
            for part, name in parts
        ]
        units = [unit for file in files for unit in cut(file, chance.randrange(1, 30))]
        stage = SubstringDedup(tokens=4, min_characters=5, survivor=["newest", "longest"])
        result = run_steps(stage, units, partitions=chance.choice([1, 4, 16]), batch=chance.randrange(1, 20))
        kept = [(row["url"], row["text"], row["substring_spans_removed"]) for row in result.kept.to_pylist()]
        left.add(tuple(sorted(kept)))
    assert len(left) == 1


@pytest.mark.parametrize("limit", [0, 2])
def test_frequent_fingerprints_change_nothing(limit, monkeypatch):
    texts = [text for seed in range(6) for text in random_texts(seed)[1]]
    plain = dedup(texts, size=9, tokens=4)
    monkeypatch.setattr(substring_dedup, "FREQUENT", limit)
    frequent = dedup(texts, size=9, tokens=4)
    assert frequent.kept.equals(plain.kept)
    assert frequent.removed.equals(plain.removed)


def test_a_passage_in_very_many_documents_reaches_its_partition_once_per_unit(monkeypatch):
    shared = passage("eng_Latn", 60, 0)
    rows = table([shared] * 3000)
    sent = []

    class Watched(SubstringDedup):
        def _copies(self, given):
            sent.append(given.tables["windows"].num_rows)
            yield from super()._copies(given)

    result = run_steps(Watched(), cut(rows, 1000))
    assert 3 <= sum(sent) <= 3 * 12
    assert result.removed.num_rows == 2999
    assert set(result.removed.column("duplicate_of").to_pylist()) == set(result.kept.column("uid").to_pylist())
    monkeypatch.setattr(substring_dedup, "FREQUENT", 100)
    sent.clear()
    short = passage("eng_Latn", 49, 0)
    texts = [f"{passage('deu_Latn', 20, n)} {short} {passage('deu_Latn', 20, -n)}" for n in range(1, 300)]
    run_steps(Watched(), cut(table(texts), 100))
    assert sum(sent) > 1000
    assert max(sent) < 0.4 * sum(sent)


def test_which_copies_stay():
    shared, other = passage("eng_Latn", 60, 0), passage("eng_Latn", 60, 1)
    texts = [f"{passage('fra_Latn', 30, n)}\n{shared}\n{passage('deu_Latn', 30, n)}" for n in range(4)] + [other]
    rows = table(texts, date=["2023", "2021", "2020", None, "2019"], work=["x", "y", "x", None, None])

    def who(**config):
        kept = dedup(rows, size=2, **config).kept
        return [uid[-1] for uid, text in zip(*(kept.column(n).to_pylist() for n in ("uid", "text")), strict=True)
                if shared in text]  # fmt: skip

    assert who() == ["2"]
    assert who(survivor=["newest"]) == ["0"]
    assert who(max_copies=2) == ["1", "2"]
    assert who(max_copies=4) == ["0", "1", "2", "3"]
    assert who(keep="none") == []
    assert who(keep="none", max_copies=4) == ["0", "1", "2", "3"]
    assert who(protect="work") == ["0", "2"]
    assert who(scope="column: work") == ["1", "2", "3"]
    assert who(tokens=61) == ["0", "1", "2", "3"]
    assert who(action="mark") == ["0", "1", "2", "3"]


def test_rows_that_are_never_removed_keep_everything():
    shared = passage("eng_Latn", 60, 0)
    rows = table([shared] * 4, date=["2020", "2021", "2022", "2023"], mine=[False, True, True, None])
    for keep in ("first", "none"):
        result = dedup(rows, size=1, protect="mine", keep=keep)
        assert result.kept.column("uid").to_pylist() == ["a00001", "a00002"]
        assert set(result.removed.column("duplicate_of").to_pylist()) <= {"a00001", "a00002"}


def test_what_is_left_decides_what_is_removed():
    shared, end = passage("eng_Latn", 60, 0), passage("deu_Latn", 20, 1)
    texts = [shared, f"{shared} {end}"]
    rows = table(texts, date=["1", "2"])
    assert dedup(rows).kept.column("text").to_pylist() == [shared, end]
    (gone,) = dedup(rows, min_characters=len(end) + 1).removed.to_pylist()
    assert (gone["text"], gone["reason"], gone["duplicate_of"]) == (texts[1], "substring_duplicate", "a00000")
    share = (len(texts[1]) - len(end)) / len(texts[1])
    assert gone["reasons"] == [{"rule": "substring_duplicate", "value": pytest.approx(share)}]
    assert dedup(rows, min_share=1 - share + 0.01).removed.num_rows == 1
    assert dedup(rows, min_share=1 - share - 0.01).removed.num_rows == 0
    kept = dedup(rows, action="remove").kept.to_pylist()
    assert [row["text"] for row in kept] == texts
    assert [row["substring_spans_removed"] for row in kept] == [0, 1]
    assert dedup(rows, action="remove", min_share=0.9).kept.column("text").to_pylist() == texts[:1]
    assert dedup(rows, action="mark", min_share=0.9).removed.num_rows == 0


def test_a_document_with_the_only_whole_copy_of_a_passage_is_not_removed():
    one, two = passage("eng_Latn", 90, 0), passage("deu_Latn", 50, 1)
    end = passage("fra_Latn", 200, 2)
    rows = table([one, f"{one}\n{two}", f"{end}\n{two}"], date=["1", "2", "3"])
    for size in (1, 2, 3):
        kept = dedup(rows, size=size, min_characters=5000).kept.column("text").to_pylist()
        assert kept == [one, two]
        assert dedup(rows, size=size, min_characters=900).kept.column("text").to_pylist() == [one, two, end]


def test_repeats_inside_a_document():
    verse, chorus = [f"{n} {passage('eng_Latn', 55, n)} {n}" for n in range(3)], passage("kor_Hang", 70, 9)
    song = "\n\n".join(part for text in verse for part in (text, chorus))
    (row,) = dedup([song]).kept.to_pylist()
    assert row["text"] == "\n\n".join([verse[0], chorus, *verse[1:]])
    assert row["substring_spans_removed"] == 2
    assert dedup([song], within=False).kept.column("text").to_pylist() == [song]
    assert dedup([song], max_copies=3).kept.column("text").to_pylist() == [song]


def test_forms_of_writing_make_no_difference_and_stay_as_they_are():
    shared = passage("vie_Latn", 60, 0)
    other = unicodedata.normalize("NFD", shared.upper()).replace(" ", "\r\n")
    start, end = passage("vie_Latn", 40, 1), unicodedata.normalize("NFD", passage("vie_Latn", 40, 2))
    rows = table([shared, f"{start}\r\n\r\n{other}\r\n\r\n{end}"], date=["1", "2"])
    assert dedup(rows).kept.column("text").to_pylist() == [shared, f"{start}\r\n\r\n{end}"]


def test_texts_without_anything():
    rows = table(["", None, " \n", "...", "\u0301", "a"] * 2)
    result = dedup(rows, size=5, tokens=2)
    assert result.kept.column("text").to_pylist() == rows.column("text").to_pylist()
    assert dedup([]).kept.num_rows == 0
    assert dedup([]).removed.schema.names[-3:] == ["duplicate_of", "reason", "reasons"]


@pytest.mark.parametrize("character", ["a", "ก", "漢", "a ", "กข", "\n", "\u0301", "\u200d", "ក្", "เ", "\u2764\ufe0f"])
def test_five_megabytes_of_one_character_take_seconds(character):
    text = character * (5_000_000 // len(character.encode()))
    dedup(["a b c"])
    begun = time.process_time()
    row = everything(dedup([text, "x"], min_characters=0))["a00000"]
    assert time.process_time() - begun < 15
    assert token_counts(pa.array([row["text"]]))[0] in (0, 1, 50, 100, 200)


def test_a_second_run_finds_nothing_but_what_cuts_have_joined():
    texts = [text for seed in range(40) for text in random_texts(seed)[1]]
    texts += [f"{passage('rus_Cyrl', 30, n % 5)}\n{passage('rus_Cyrl', 60, n % 7)}" for n in range(20)]
    once = dedup(texts, tokens=6, min_characters=0)
    assert sum(once.kept.column("substring_spans_removed").to_pylist()) > 50
    rows = once.kept.drop_columns(["substring_spans_removed", "substring_characters_removed"])
    whole = set(texts)
    untouched = rows.filter(pa.array([text in whole for text in rows.column("text").to_pylist()]))
    assert set(dedup(untouched, tokens=6).kept.column("substring_spans_removed").to_pylist()) == {0}
    left, right = passage("eng_Latn", 30, 0), passage("eng_Latn", 30, 1)
    one, two = passage("deu_Latn", 60, 0), passage("deu_Latn", 60, 1)
    rows = table([one, two, f"{left} {one} {right}", f"{left} {two} {right}"], date=["1", "2", "3", "4"])
    once = dedup(rows).kept
    assert once.column("text").to_pylist() == [one, two, f"{left} {right}", f"{left} {right}"]
    twice = dedup(once).kept.column("substring_spans_removed").to_pylist()
    assert sum(twice) <= 1 and twice[:2] == [0, 0]


def test_what_each_step_depends_on():
    steps = {step.name: step for step in SubstringDedup().steps()}
    ranking = {"max_copies", "keep", "within", "survivor", "protect"}
    limits = {"action", "min_characters", "min_share"}
    assert not (ranking | limits) & {*steps["fingerprints"].fields, *steps["repeated"].fields}
    assert not limits & {*steps["windows"].fields, *steps["copies"].fields}
    assert steps["apply"].fields is None


@pytest.mark.parametrize(
    "config", [{"tokens": 1}, {"max_copies": 0}, {"keep": "last"}, {"survivor": ["("]}, {"min_share": 2}]
)
def test_wrong_configurations_are_refused(config):
    with pytest.raises(ValidationError):
        SubstringDedup(**config)


def test_missing_columns_are_named():
    schema = pa.schema([("uid", pa.string()), ("text", pa.string())])
    with pytest.raises(ConfigError, match="language"):
        SubstringDedup(scope="language").output_schema(schema)
    with pytest.raises(ConfigError, match="quality"):
        SubstringDedup(survivor=["quality"]).output_schema(schema)


def test_local_and_ray_write_the_same_bytes(tmp_path):
    texts = [text for seed in range(10) for text in random_texts(seed)[1]]
    lines = [json.dumps({"text": text}) for text in texts]
    for number in range(3):
        (tmp_path / f"part-{number}.jsonl").write_text("\n".join(lines[number::3]) + "\n", encoding="utf-8")
    (tmp_path / "p.yaml").write_text("input: part-*.jsonl\nstages: [{substring_dedup: {tokens: 4}}]\noutput: out\n")
    names = []
    for executor in ("local", "ray"):
        command = [sys.executable, "-m", "hexapla", "run", "p.yaml", "--executor", executor, "--output", executor]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        home = tmp_path / executor / "stages" / "01-substring_dedup"
        names.append(sorted(str(path.relative_to(home)) for path in home.rglob("*.parquet")))
    assert names[0] == names[1]
    assert any("removed" in name for name in names[0])
