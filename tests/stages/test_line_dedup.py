"""Line dedup, step by step in memory and through the engine."""

import json
import random
import re
from collections import defaultdict

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.run import RunRequest, run_pipeline
from hexapla.kernels.unicode import (
    CLASS,
    COMPOSING,
    CONTROL,
    DIGIT,
    FOLD,
    LETTER,
    MARK,
    NEWLINE,
    PUNCTUATION,
    SPACE,
    UNSPACED,
)
from hexapla.stages.line_dedup import LineDedup
from pydantic import ValidationError
from stages.step_runner import cut, run_steps

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("uid", "text", "url", "date", "language", "work")] + [("keep_all", pa.bool_())]
)
MENUS = [
    ["Home page", "About", "Contact us", "Privacy policy and terms of use"],
    ["首页", "关于我们", "联系方式", "版权所有 未经许可 不得转载"],
    ["หน้าแรก", "ติดต่อเรา", "นโยบายความเป็นส่วนตัว"],
    ["الرئيسية", "من نحن", "اتصل بنا", "للإعلان", "سياسة الخصوصية وشروط الاستخدام"],
    ["मुख्य पृष्ठ", "हमारे बारे में", "गोपनीयता नीति और उपयोग के नियम"],
]
STORIES = [
    "A story that nobody else tells, number",
    "这是没有别人讲过的故事",
    "เรื่องที่ไม่มีใครเล่า",
    "حكاية لا يرويها أحد",
    "ऐसी कहानी जो कोई और नहीं कहता",
]


def table(records, file="a"):
    rows = [{"uid": f"{file}{n:05}", "language": "eng_Latn"} | record for n, record in enumerate(records)]
    return pa.Table.from_pylist(rows, SCHEMA)


def dedup(texts, **config):
    records = [{"text": text} if isinstance(text, str) else text for text in texts]
    return run_steps(LineDedup(**config), [table(records)])


def kept(result):
    return dict(zip(result.kept.column("uid").to_pylist(), result.kept.column("text").to_pylist(), strict=True))


def normal(line):
    """A line as it is compared, and its letters; by single characters."""
    words, letters, spaced = "", 0, False
    for character in line:
        kind = CLASS[ord(character)]
        if kind == MARK:
            letters += spaced and COMPOSING[ord(character)] in (0, 255)
        elif kind not in (SPACE, NEWLINE, CONTROL):
            spaced = kind == LETTER
        if kind in (SPACE, NEWLINE):
            words += " "
        elif kind not in (CONTROL, PUNCTUATION):
            letters += (kind == LETTER) + 2 * (kind == UNSPACED)
            words += "0" if kind == DIGIT else chr(FOLD[ord(character)])
    return " ".join(words.split()), letters


def contexts(lines, least):
    """What is looked up: (side, lines as they are compared) and the lines that it speaks of."""
    normals = [normal(line) for line in lines]
    for place, own in enumerate(normals):
        if own[1] >= least:
            yield ("alone", own[0]), [place]
            continue
        for side, window in (("forward", range(place, len(lines))), ("backward", range(place, -1, -1))):
            for count in range(1, 1 + min(8, len(window))):
                if sum(normals[other][1] for other in window[:count]) >= least:
                    short = [other for other in window[:count] if normals[other][1] < least]
                    yield (side, *(normals[other][0] for other in window[:count])), short
                    break


def reference(records, *, max_copies=5, keep="first", least=20):
    """Lines that stay of each record (uid: lines), in plain Python; there is no cap."""
    lines = {
        record["uid"]: [line for line in re.split("\r\n|[\n\r\v\f\x85\u2028\u2029]", record["text"]) if visible(line)]
        for record in records
    }
    holders = defaultdict(list)
    for record in sorted(records, key=lambda record: (record["date"] is None, record["date"])):
        for key in {key for key, _ in contexts(lines[record["uid"]], least)}:
            holders[key].append(record["uid"])
    left = {}
    for uid, own in lines.items():
        gone = set()
        for key, places in contexts(own, least):
            if len(holders[key]) > max_copies and not (keep == "first" and holders[key][0] == uid):
                gone.update(places)
        left[uid] = [line for place, line in enumerate(own) if place not in gone]
    return left


def visible(line):
    return any(CLASS[ord(character)] not in (SPACE, NEWLINE, CONTROL) for character in line)


PIECES = [line for menu in MENUS for line in menu] + ["}", "1", "22 33", "***", "a", "Nó", "é", "x y", "\u200d", "ok."]
BLOCKS = [
    *([piece] for piece in PIECES[::4]),
    *(menu[:-1] for menu in MENUS),
    ["a", "1", "Nó"],
    ["ok page", "x", "one two"],
    ["ok.", "1", "é", "}", "ok."],
]
ENDS = ["\n", "\n", "\n\n", "\r\n", "\r", "\u2028"]


def shared_blocks(chance):
    """Texts that share blocks of lines, among lines of their own."""
    blocks = chance.sample(BLOCKS, chance.randrange(1, 6))
    records = []
    for n in range(chance.randrange(10)):
        lines = []
        for _ in range(chance.randrange(6)):
            lines += [chr(0x3B1 + n) * 20] if chance.random() < 0.4 else chance.choice(blocks)
        records.append({"text": "".join(line + chance.choice(ENDS) for line in lines), "date": f"2024-{n}"})
    return records


@pytest.mark.parametrize("seed", range(100))
def test_against_plain_python(seed):
    chance = random.Random(seed)
    records = shared_blocks(chance)
    max_copies, keep = chance.randrange(1, 4), chance.choice(["first", "none"])
    least, size = chance.choice([0, 3, 12, 20]), chance.randrange(1, 12)
    rows = table(records)
    stage = LineDedup(max_copies=max_copies, keep=keep, min_characters=least, cap=None, remove_empty=False)
    result = run_steps(stage, cut(rows, size), batch=3)
    expected = reference(rows.to_pylist(), max_copies=max_copies, keep=keep, least=least)
    for row, source in zip(result.kept.to_pylist(), rows.to_pylist(), strict=True):
        found = [line for line in re.split("\r\n|[\n\r\u2028]", row["text"]) if visible(line)]
        assert found == expected[row["uid"]]
        if row["lines_removed"] == 0:
            assert row["text"] == source["text"]
            assert row["characters_removed"] == 0
        else:
            assert sum(map(len, found)) < len(source["text"])


def pages(chance, count, language=0):
    """Pages of one site: a menu, a story of their own, a footer."""
    menu = MENUS[language]
    return [
        "\n".join(
            [*menu[:-1], f"{STORIES[language]} {'abcdefghijklmnopqrstuvwxyz'[n]}{n}x{chance.random()}", "", menu[-1]]
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("language", range(len(MENUS)))
def test_menus_and_footers_go_in_every_script(language):
    texts = pages(random.Random(1), 10, language)
    texts = [text.replace("0.", chr(0x3B1 + n) * 3) for n, text in enumerate(texts)]
    result = dedup(texts, cap=None)
    left = sorted(result.kept.column("text").to_pylist(), key=len)
    assert all("\n" not in text for text in left[:9])
    assert left[9] in texts  # in one page they stay
    assert result.kept.column("lines_removed").to_pylist().count(0) == 1
    gone = dedup(texts, cap=None, keep="none")
    assert all("\n" not in text for text in gone.kept.column("text").to_pylist())


def test_short_lines_in_legitimate_use_stay():
    words = ["ember", "falcon", "granite", "harbor", "indigo", "juniper", "kettle", "lantern", "meadow", "nutmeg"]
    texts = [
        f"Introduction\nThis is about the {word} and what is known of every {word}.\n"
        f"“Yes.”\n“And which {word} would that be, if I may ask?”\nNo.\nThen we take the {word} that nobody wants.\n"
        f"1\nIn the beginning there was the {word}.\n2\nAnd the {word} had no form at all.\n"
        f"function {word}_of_many() {{\n}}\n• one\nThe end of the {word} comes before you know it.\n---\n"
        for word in words
    ]
    result = dedup(texts, max_copies=1, cap=None)
    assert result.kept.column("text").to_pylist() == texts
    lonely = dedup(texts, max_copies=1, min_characters=0, cap=None)
    assert sum(lonely.kept.column("lines_removed").to_pylist()) == 72


def test_tables_of_numbers_stay():
    texts = [f"{n} {n * 7} 12.5\n" * 20 + f"the table of the year that is called {'abcdefgh'[n]}" for n in range(8)]
    assert dedup(texts, max_copies=1, cap=None).kept.column("text").to_pylist() == texts


def test_a_line_that_one_document_repeats_is_no_copy():
    refrain = "And the river flows down to the sea again"
    texts = ["\n".join([f"Verse {chr(97 + n)} sings of something else than others", refrain] * 6) for n in range(3)]
    assert dedup(texts, max_copies=3, cap=None).kept.column("text").to_pylist() == texts
    result = dedup(texts, max_copies=2, cap=None, keep="none")
    assert result.kept.column("lines_removed").to_pylist() == [6, 6, 6]


LINE = "The very same long line of text for everybody"


def test_the_survivor_keeps_the_line():
    records = [
        {"text": f"{LINE}\nown text of the record with letter {c}", "date": d}
        for c, d in zip("abcd", ["4", None, "2", "3"], strict=True)
    ]
    assert kept(dedup(records, max_copies=1, cap=None))["a00002"] == records[2]["text"]
    assert kept(dedup(records, max_copies=1, cap=None, survivor=["newest"]))["a00000"] == records[0]["text"]
    found = kept(dedup(records, max_copies=1, cap=None, survivor=["date == '3'"]))
    assert found.pop("a00003") == records[3]["text"]
    assert all(LINE not in text for text in found.values())


def test_a_document_of_which_nothing_is_left():
    records = [{"text": f"{LINE}\n", "date": str(n)} for n in range(3)]
    result = dedup(records, max_copies=1, cap=None)
    assert result.kept.column("uid").to_pylist() == ["a00000"]
    removed = result.removed.to_pylist()
    assert [row["text"] for row in removed] == [f"{LINE}\n"] * 2
    assert removed[0]["reason"] == "line_duplicates"
    assert removed[0]["reasons"] == [{"rule": "line_duplicates", "value": 1.0}]
    assert (removed[0]["lines_removed"], removed[0]["characters_removed"]) == (1, len(LINE))
    stays = dedup(records, max_copies=1, cap=None, remove_empty=False)
    assert stays.kept.column("text").to_pylist() == [f"{LINE}\n", "", ""]


def test_scopes():
    records = [
        {
            "text": f"{LINE}\nown line of number {'abcdef'[n]} of them all",
            "url": f"https://w{n}.site{n % 2}.com/",
            "language": f"l{n % 3}",
        }
        for n in range(6)
    ]

    def count(scope, most):
        return sum(dedup(records, max_copies=most, scope=scope, cap=None).kept.column("lines_removed").to_pylist())

    assert count("global", 5) == 5
    assert (count("domain", 2), count("domain", 3)) == (4, 0)
    assert (count("language", 1), count("language", 2)) == (3, 0)
    assert (count({"column": "language"}, 1), count("column: language", 2)) == (3, 0)


def test_a_share_of_the_scope():
    def site(name, count, common):
        return [
            {
                "text": (f"{LINE}\n" if n < common else "") + f"{name} {chr(0x3B1 + n) * 20}",
                "url": f"https://{name}.com/{n}",
            }
            for n in range(count)
        ]

    records = site("large", 20, 6) + site("small", 8, 6)
    result = dedup(records, scope="domain", max_share=0.5, max_copies=2, keep="none", cap=None)
    removed = [row["url"] for row in result.kept.to_pylist() if row["lines_removed"]]
    assert len(removed) == 6
    assert all("small" in url for url in removed)


def test_protection():
    own = "own words of this document and no other one:"
    records = [
        {"text": f"{LINE}\n{own} {c * 9}", "date": d, "work": w, "keep_all": k}
        for c, d, w, k in [
            ("a", "1", "w", False),
            ("b", "2", "w", False),
            ("c", "3", "w", True),
            ("d", "4", None, None),
            ("e", "5", "v", False),
        ]
    ]

    def removed(**config):
        rows = dedup(records, cap=None, **config).kept.to_pylist()
        return [row["uid"][-1] for row in rows if row["lines_removed"]]

    assert removed(max_copies=1) == ["1", "2", "3", "4"]
    # the works w, v and a document without one: three copies; the whole work of the first one keeps the line
    assert removed(max_copies=2, protect="work") == ["3", "4"]
    assert removed(max_copies=3, protect="work") == []
    assert removed(max_copies=2, protect="work", keep="none") == ["0", "1", "2", "3", "4"]
    assert removed(max_copies=1, protect="keep_all") == ["0", "1", "3", "4"]


def corpus(chance, count=60):
    made = []
    for n in range(count):
        language = chance.randrange(len(MENUS))
        menu = MENUS[language]
        lines = [line for line in menu if chance.random() < 0.7]
        lines += [f"{STORIES[language]} {chance.randrange(30) * 'ю'}"] * chance.randrange(3)
        chance.shuffle(lines)
        made.append(
            {
                "text": "\n".join(lines),
                "language": f"l{language}",
                "date": chance.choice(["1", "2", None]),
                "url": str(n),
            }
        )
    return made


@pytest.mark.parametrize("seed", range(4))
def test_neither_shards_nor_units_nor_batches_matter(seed):
    chance = random.Random(seed)
    records = corpus(chance)
    config = {
        "max_copies": chance.choice([1, 2, 4]),
        "cap": chance.choice([None, 0.3, 0.6]),
        "keep": chance.choice(["first", "none"]),
    }
    found = set()
    for number in range(5):
        chance.shuffle(records)
        units = cut(table(records, f"f{number}"), chance.randrange(1, 70))
        result = run_steps(
            LineDedup(**config), units, partitions=chance.choice([1, 4, 7]), batch=chance.randrange(1, 50)
        )
        rows = [
            (row["url"], row["text"], row["lines_removed"], "reason" in row)
            for row in result.kept.to_pylist() + result.removed.to_pylist()
        ]
        found.add(tuple(sorted(rows)))
    assert len(found) == 1


@pytest.mark.parametrize("cap", [0.0, 0.1, 0.25, 0.5, 0.9])
def test_the_cap_spares_the_rarest_lines_first(cap):
    common = [(f"{chr(97 + n) * 30} common line", 3 + 3 * n) for n in range(9)]
    records = []
    for n in range(30):
        lines = [line for line, count in common if n < count]
        records.append({"text": "\n".join([f"own {chr(0x3B1 + n) * 40}", *lines]), "language": "small"})
    records += [{"text": f"{LINE}\n{chr(0x431 + n) * 400}", "language": "large"} for n in range(30)]
    result = dedup(records, max_copies=2, cap=cap, keep="none", list_removed=True)
    rows = result.kept.to_pylist()
    for language in ("small", "large"):
        size = sum(len(record["text"].replace("\n", "")) for record in records if record["language"] == language)
        gone = sum(row["characters_removed"] for row in rows if row["language"] == language)
        assert gone <= cap * size
    gone = {line for row in rows if row["language"] == "small" for line in row["removed_lines"]}
    assert gone == {line for line, _ in sorted(common, key=lambda item: -item[1])[: len(gone)]}
    assert (0 < len(gone) < 9) == (0.2 < cap < 0.9)
    assert (sum(row["characters_removed"] for row in rows if row["language"] == "large") > 0) == (cap > 0.2)


def test_removed_lines_are_listed():
    records = [{"text": f"{LINE}\r\nown text of number {'abc'[n]} with more letters", "date": str(n)} for n in range(3)]
    rows = dedup(records, max_copies=1, cap=None, list_removed=True).kept.to_pylist()
    assert [row["removed_lines"] for row in rows] == [[], [LINE], [LINE]]
    assert [row["lines_removed"] for row in rows] == [0, 1, 1]


def test_sentences_and_paragraphs():
    shared = "This sentence stands in every one of the documents."
    texts = [
        f"Only here we read of the {word}. {shared} And the {word} is at the end of it."
        for word in ("apple", "pear", "plum")
    ]
    result = dedup(texts, unit="sentence", max_copies=1, cap=None, keep="none")
    assert result.kept.column("text").to_pylist() == [text.replace(f" {shared}", "") for text in texts]
    paragraph = "A paragraph of two lines\nthat belong together"
    texts = [f"{paragraph}\n\nOne of its own: {c * 20}\nA paragraph of two lines" for c in "abc"]
    result = dedup(texts, unit="paragraph", max_copies=1, cap=None, keep="none")
    assert result.kept.column("text").to_pylist() == [text.split("\n\n")[1] for text in texts]


def test_hostile_texts():
    huge = "x y" * 1_700_000
    texts = [
        "",
        None,
        " \n\r\n",
        "\u2028",
        "\x00\x00",
        "\n" * 50_000,
        huge,
        huge + "z",
        "a\r" * 10_000,
        "\ufeff" + LINE,
        LINE,
    ]
    result = dedup([{"text": text} for text in texts], max_copies=1, cap=None)
    assert result.kept.num_rows + result.removed.num_rows == len(texts)
    assert result.removed.num_rows == 1
    assert dedup([]).kept.num_rows == 0
    assert result.kept.column("text").to_pylist()[:8] == texts[:8]


def test_texts_that_are_not_in_nfc_are_compared_in_nfc_and_left_as_they_are():
    composed, apart = "Überall gleiche Zeilen für jede Seite", "U\u0308berall gleiche Zeilen fu\u0308r jede Seite"
    texts = [f"{composed}\nä eigener Text der ersten Seite", f"{apart}\na\u0308 eigener Text der zweiten Seite"]
    result = dedup(texts, max_copies=1, keep="none", cap=None)
    assert result.kept.column("text").to_pylist() == [text.split("\n")[1] for text in texts]


def test_a_missing_column_is_named():
    rows = pa.schema([("uid", pa.string()), ("text", pa.string())])
    for config in ({"scope": "domain"}, {"protect": "work"}, {"survivor": ["score"]}):
        with pytest.raises(ConfigError, match=r"line_dedup|score"):
            LineDedup(**config).output_schema(rows)
    assert LineDedup(list_removed=True).output_schema(rows).names[2:] == [
        "lines_removed",
        "characters_removed",
        "removed_lines",
    ]
    with pytest.raises(ValidationError):
        LineDedup(scope="galaxy")


def test_without_optional_columns():
    rows = pa.table({"uid": list("abcdefgh"), "text": [f"{LINE}\n{c * 25}" for c in "abcdefgh"]})
    assert sum(run_steps(LineDedup(cap=None), [rows]).kept.column("lines_removed").to_pylist()) == 7


def test_a_changed_threshold_or_cap_makes_no_keys_again(tmp_path):
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    records = corpus(random.Random(3), 90)
    for number in range(3):
        lines = [json.dumps(record) for record in records[number::3]]
        (crawl / f"{number}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def ran(output, **config):
        """Steps with tasks that ran, and what is left."""
        stages = (("line_dedup", LineDedup(**config), ""),)
        source = InputConfig(path=str(crawl), format="jsonl", columns={"language": "language"})
        events = []
        run_pipeline(RunRequest("test", stages, source, str(tmp_path / output), "local"), events.append)
        files = sorted((tmp_path / output / "stages/01-line_dedup/data").glob("*.parquet"))
        steps = {event["group"].split(".")[-1] for event in events if event["event"] == "unit"}
        return steps, [file.read_bytes() for file in files]

    everything, _ = ran("out", cap=0.2)
    assert {"keys", "verdicts", "shares", "apply"} <= everything
    for config in ({"cap": 0.9}, {"cap": None}, {"max_copies": 2}, {"max_copies": 2, "keep": "none"}):
        steps, left = ran("out", **config)
        assert "keys" not in steps
        assert "apply" in steps
        assert left == ran("fresh" + str(sorted(config)), **config)[1]
