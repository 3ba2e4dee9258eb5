"""Rows of one key in many languages become groups: by key, by range, by time, by a language in common."""

import random

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.join import Join
from pydantic import ValidationError
from stages.step_runner import cut, run_steps

RIGHTS = {
    "eng_Latn": "All human beings are born free and equal in dignity and rights.",
    "fra_Latn": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "rus_Cyrl": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "arb_Arab": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "cmn_Hani": "人人生而自由，在尊严和权利上一律平等。",
    "jpn_Jpan": "すべての人間は、生まれながらにして自由である。",
    "tha_Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน",
    "amh_Ethi": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።",
    "hin_Deva": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है।",
}


def table(rows, **types):
    names = {name: None for row in rows for name in row}
    columns = {name: pa.array([row.get(name) for row in rows], types.get(name)) for name in names}
    columns.setdefault("uid", pa.array([f"{place:032x}" for place in range(len(rows))]))
    return pa.table(columns)


def groups(result):
    """doc_key, key -> language -> text."""
    return {
        (row["doc_key"], row["key"]): {part["lang"]: part["text"] for part in row["segments"]}
        for row in result.kept.to_pylist()
    }


def reasons(result):
    return sorted((row["language"], row["text"], row["reason"]) for row in result.removed.to_pylist())


def catalogue(count=40):
    return [
        {"doc_key": "d", "key": f"k{number}", "language": language, "text": f"{text} {number}"}
        for number in range(count)
        for language, text in RIGHTS.items()
        if (number + len(language) + len(text)) % 7
    ]


def test_rows_of_one_key_are_one_group_and_each_language_counts_once():
    rows = catalogue()
    result = run_steps(Join(), cut(table(rows), 100))
    expected = {}
    for row in rows:
        expected.setdefault((row["doc_key"], row["key"]), {})[row["language"]] = row["text"]
    assert groups(result) == expected
    for row in result.kept.to_pylist():
        names = [part["lang"] for part in row["segments"]]
        assert names == sorted(set(names)) and row["parallelism"] == len(names)
        assert (row["agreement"], row["method"]) == (1.0, "key")
    assert result.removed.num_rows == 0
    assert len(set(result.kept["uid"].to_pylist())) == len(expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("config", [{}, {"repeated": "join"}, {"pairs": "all"}])
def test_the_same_groups_whatever_the_order_and_the_cut(seed, config):
    chance = random.Random(seed)
    rows = [*catalogue(), *({**row, "text": row["text"] + "?"} for row in catalogue(5)), *catalogue(3)]
    for place, row in enumerate(rows):
        row["uid"] = f"{place:032x}"
    found = []
    for _ in range(3):
        chance.shuffle(rows)
        result = run_steps(
            Join(**config), cut(table(rows), chance.randrange(20, 400)), partitions=chance.choice([1, 3, 16]),
            batch=chance.randrange(1, 200),
        )  # fmt: skip
        beads = result.outputs.get("beads", pa.table({}))
        found.append([sorted(map(str, part.to_pylist())) for part in (result.kept, result.removed, beads)])
    assert found[0] == found[1] == found[2]


def test_a_repeated_key_overwrites_nothing():
    rows = [
        {"doc_key": "d", "key": "a", "language": "eng_Latn", "text": "Open the door", "index": 0},
        {"doc_key": "d", "key": "a", "language": "fra_Latn", "text": "Ouvrez la porte", "index": 0},
        {"doc_key": "d", "key": "a", "language": "fra_Latn", "text": "Ouvre la porte", "index": 7},
        {"doc_key": "d", "key": "a", "language": "jpn_Jpan", "text": "ドアを", "index": 0},
        {"doc_key": "d", "key": "a", "language": "jpn_Jpan", "text": "開けて", "index": 1},
    ]
    first = run_steps(Join(), cut(table(rows), 2))
    assert groups(first) == {("d", "a"): {"eng_Latn": "Open the door", "fra_Latn": "Ouvrez la porte", "jpn_Jpan": "ドアを"}}
    assert reasons(first) == [
        ("fra_Latn", "Ouvre la porte", "key_repeated"),
        ("jpn_Jpan", "開けて", "key_repeated"),
    ]
    both = run_steps(Join(repeated="join"), cut(table(rows), 2))
    (row,) = both.kept.to_pylist()
    assert [(part["text"], part["index"]) for part in row["segments"]] == [
        ("Open the door", [0]),
        ("Ouvrez la porte Ouvre la porte", [0, 7]),
        ("ドアを開けて", [0, 1]),
    ]
    assert (row["parallelism"], both.removed.num_rows) == (3, 0)


def test_what_cannot_be_joined_says_why():
    rows = [
        {"doc_key": "d", "key": "a", "language": "eng_Latn", "text": "alone"},
        {"doc_key": "d", "key": None, "language": "eng_Latn", "text": "without a key"},
        {"doc_key": "d", "key": "b", "language": None, "text": "without a language"},
        {"doc_key": "d", "key": "b", "language": "fra_Latn", "text": " \u3000\n"},
        {"doc_key": "d", "key": "b", "language": "fra_Latn", "text": None},
    ]
    result = run_steps(Join(), cut(table(rows), 2))
    assert result.kept.num_rows == 0
    assert [row["reason"] for row in result.removed.to_pylist()] == [
        "no_counterpart", "no_key", "no_language", "no_text", "no_text",
    ]  # fmt: skip
    alone = run_steps(Join(min_languages=1), cut(table(rows), 2))
    assert groups(alone) == {("d", "a"): {"eng_Latn": "alone"}}


def test_copies_of_another_language_leave_the_group():
    pages = {
        "eng_Latn": "the printer settings of user {} are on this page",
        "cat_Latn": "els paràmetres de la impressora del compte {} són en aquesta pàgina",
        "ell_Grek": "οι ρυθμίσεις εκτυπωτή του χρήστη {} είναι σε αυτή τη σελίδα",
        "nob_Latn": "innstillingene for skriveren til bruker {} er på denne siden",
        "dan_Latn": "indstillingerne for printeren til bruger {} er på denne side",
    }
    rows, copied = [], set()
    for number in range(60):
        for place, (language, text) in enumerate(pages.items()):
            copy = language in ("cat_Latn", "ell_Grek") and number % 3 == place % 3
            written = (pages["eng_Latn"] if copy else text).format(number)
            if language == "dan_Latn" and number % 5 == 0:
                written = pages["nob_Latn"].format(number)
            rows.append({"doc_key": "d", "key": str(number), "language": language, "text": written})
            if copy:
                copied.add((language, written, "untranslated"))
    result = run_steps(Join(), cut(table(rows), 50))
    assert set(reasons(result)) == copied
    assert all("eng_Latn" in texts and "dan_Latn" in texts for texts in groups(result).values())
    kept = run_steps(Join(untranslated="keep"), cut(table(rows), 50))
    assert kept.removed.num_rows == 0


def test_names_and_numbers_are_equal_rightly():
    rows = [
        {"doc_key": "d", "key": key, "language": language, "text": text}
        for key, text in {"1": "Bluetooth", "2": "5353/udp", "3": "Elite League: Dundee Stars 5-3 Belfast Giants"}.items()
        for language in ("eng_Latn", "deu_Latn", "swh_Latn")
    ]
    result = run_steps(Join(), cut(table(rows), 4))
    assert result.kept["parallelism"].to_pylist() == [3, 3, 3]


def test_documents_number_their_segments():
    rows = [
        {"page": page, "block": block, "language": language, "text": f"{language} {page} {block}"}
        for page in ("a", "b")
        for block in (10, 9, 30)
        for language in ("eng_Latn", "urd_Arab")
        if (block, language) != (10, "urd_Arab")
    ]
    result = run_steps(Join(keys=("page", "block")), cut(table(rows), 4))
    numbers = {(row["doc_key"], row["key"]): [part["index"] for part in row["segments"]] for row in result.kept.to_pylist()}
    assert numbers == {(page, key): places for page in "ab" for key, places in (("9", [[0], [0]]), ("30", [[2], [1]]))}
    assert [row["reason"] for row in result.removed.to_pylist()] == ["no_counterpart"] * 2


def test_beads_of_some_pairs():
    result = run_steps(Join(pairs=(("jpn_Jpan", "eng_Latn"),)), cut(table(catalogue(5)), 10))
    beads = result.outputs["beads"].to_pylist()
    assert {(row["src_lang"], row["tgt_lang"]) for row in beads} == {("jpn_Jpan", "eng_Latn")}
    both = [texts for texts in groups(result).values() if {"jpn_Jpan", "eng_Latn"} <= set(texts)]
    assert sorted((row["src"], row["tgt"]) for row in beads) == sorted((x["jpn_Jpan"], x["eng_Latn"]) for x in both)
    assert "beads" not in run_steps(Join(), cut(table(catalogue(2)), 10)).outputs


def test_verses_of_different_versifications():
    verses = [
        ("eng_Latn", "1", "In the beginning"), ("eng_Latn", "2", "And the earth"), ("eng_Latn", "3", "And God said"),
        ("deu_Latn", "1-2", "Am Anfang"), ("deu_Latn", "3", "Und Gott sprach"),
        ("hin_Deva", "१", "आदि में"), ("hin_Deva", "2–3", "और पृथ्वी"),
        ("kor_Hang", "4", "빛이"), ("eng_Latn", "4a", "And God saw"), ("eng_Latn", "x", "Title"), ("eng_Latn", "9-7", "No"),
        ("eng_Latn", "3", "And God said"),
    ]  # fmt: skip
    rows = [{"book": "GEN", "chapter": 1, "verse": v, "language": x, "text": t} for x, v, t in verses]
    result = run_steps(Join(keys=("book", "chapter"), span="verse"), cut(table(rows), 4))
    found = {(row["start"], row["end"]): row for row in result.kept.to_pylist()}
    assert set(found) == {(1.0, 3.0), (4.0, 4.0)}
    assert {part["lang"]: part["text"] for part in found[1.0, 3.0]["segments"]} == {
        "eng_Latn": "In the beginning And the earth And God said",
        "deu_Latn": "Am Anfang Und Gott sprach",
        "hin_Deva": "आदि में और पृथ्वी",
    }
    assert found[1.0, 3.0]["agreement"] == 1.0
    assert sorted(row["reason"] for row in result.removed.to_pylist()) == ["no_range", "no_range", "text_repeated"]


def test_bitext_with_a_language_in_common():
    def pair(source, target, english, other, score=1.0):
        return {"src_lang": source, "tgt_lang": target, "src": english, "tgt": other, "score": score}

    rows = [
        pair("eng_Latn", "fra_Latn", "Good morning", "Bonjour"),
        pair("deu_Latn", "eng_Latn", "Guten Morgen", "Good  morning "),
        pair("eng_Latn", "tha_Thai", "Good morning", "อรุณสวัสดิ์"),
        pair("eng_Latn", "fra_Latn", "Good morning", "Bonne matinée"),
        pair("eng_Latn", "fra_Latn", "Good night", "Bonne nuit"),
        pair("deu_Latn", "fra_Latn", "Hallo", "Salut"),
        pair("eng_Latn", "fra_Latn", "Nothing", ""),
    ]
    result = run_steps(Join(pivot="eng_Latn"), cut(table(rows), 2))
    found = [{part["lang"]: part["text"] for part in row["segments"]} for row in result.kept.to_pylist()]
    assert [sorted(texts) for texts in found] == [["deu_Latn", "eng_Latn", "fra_Latn", "tha_Thai"], ["eng_Latn", "fra_Latn"]]
    assert found[0]["deu_Latn"] == "Guten Morgen" and found[0]["fra_Latn"] in ("Bonjour", "Bonne matinée")
    assert sorted(row["reason"] for row in result.removed.to_pylist()) == ["key_repeated", "no_pivot", "no_text"]
    once = run_steps(Join(), cut(table(catalogue(6)), 10)).kept
    again = run_steps(Join(pivot="eng_Latn"), cut(once, 2))
    assert sorted(map(str, (row["segments"] for row in again.kept.drop_columns(["uid"]).to_pylist()))) == sorted(
        str([{**part, "index": [0]} for part in row["segments"]])
        for row in once.to_pylist()
        if any(part["lang"] == "eng_Latn" for part in row["segments"])
    )


def cues(talk, language, *lines, track=None):
    return [
        {"talk": talk, "language": language, "start": start, "end": end, "text": text, **({"track": track} if track else {})}
        for start, end, text in lines
    ]


TALK = [
    *cues("1", "eng_Latn", (0.0, 2.0, "Thank you so much."), (2.1, 5.0, "It is an honour"), (5.1, 8.0, "to come to this stage twice."), (9.0, 11.0, "I am grateful.")),
    *cues("1", "fra_Latn", (0.01, 2.01, "Merci beaucoup."), (2.11, 8.01, "C'est un honneur de venir deux fois sur cette scène."), (9.01, 11.0, "Je suis reconnaissant.")),
    *cues("1", "jpn_Jpan", (0.3, 2.2, "ありがとうございます。"), (2.4, 5.2, "光栄です"), (5.3, 8.2, "この舞台に二度立てるのは。"), (9.3, 10.0, "感謝"), (10.0, 11.3, "しています。")),
    *cues("1", "arb_Arab", (0.1, 2.1, "شكرا جزيلا."), (0.1, 2.1, "(تصفيق)"), (2.2, 5.1, "إنه لشرف"), (5.2, 8.1, "أن آتي مرتين."), (5.2, 8.1, "أن آتي مرتين.")),
]  # fmt: skip


def test_cues_of_a_talk_are_split_shifted_and_repeated_and_nothing_is_lost():
    result = run_steps(Join(keys=("talk",), times={}), cut(table(TALK), 3))
    rows = result.kept.to_pylist()
    assert [row["parallelism"] for row in rows] == [4, 4, 3]
    found = [{part["lang"]: part["text"] for part in row["segments"]} for row in rows]
    assert found[0] == {
        "arb_Arab": "شكرا جزيلا. (تصفيق)", "eng_Latn": "Thank you so much.", "fra_Latn": "Merci beaucoup.",
        "jpn_Jpan": "ありがとうございます。",
    } or found[0]["arb_Arab"] == "(تصفيق) شكرا جزيلا."  # fmt: skip
    assert found[1]["eng_Latn"] == "It is an honour to come to this stage twice."
    assert found[1]["jpn_Jpan"] == "光栄ですこの舞台に二度立てるのは。"
    assert found[2]["jpn_Jpan"] == "感謝しています。"
    assert reasons(result) == [("arb_Arab", "أن آتي مرتين.", "cue_repeated")]
    assert all(0.8 < row["agreement"] <= 1 for row in rows)
    assert result.outputs["fits"].num_rows == 4


def film(seed, count=300):
    chance, time, lines = random.Random(seed), 0.0, []
    for number in range(count):
        length = chance.uniform(1, 5)
        lines.append((time, time + length, number))
        time += length + max(0.05, chance.expovariate(0.8) - 0.4)
    return lines


@pytest.mark.parametrize(
    ("speed", "shift"), [(1.0, 0.2), (1.0, -37.5), (25 / (24000 / 1001), 0.0), (24000 / 1001 / 25, 3600.0), (1.004, 12.0)]
)
def test_shift_and_speed_are_found(speed, shift):
    lines = film(1)
    rows = cues("f", "eng_Latn", *((start, end, f"line {number}") for start, end, number in lines), track="a.srt")
    rows += cues(
        "f", "kat_Geor",
        *((start * speed + shift, end * speed + shift, f"ხაზი {number}") for start, end, number in lines if number % 9),
        track="b.srt",
    )  # fmt: skip
    result = run_steps(Join(keys=("talk",), times={}), cut(table(rows), 100))
    found = groups_by_number(result)
    right = sum(len(numbers) == 1 for numbers in found)
    assert right >= 0.97 * sum(1 for *_, number in lines if number % 9)
    fit = next(row for row in result.outputs["fits"].to_pylist() if row["language"] == "kat_Geor")
    assert fit["fitted"] and abs(fit["speed"] * speed - 1) < 1e-3 and fit["residual"] < 0.1
    times = [row[name] for row in result.kept.to_pylist() for name in ("start", "end")]
    assert times == [round(time, 6) for time in times] and "-0.0" not in map(str, times)


def groups_by_number(result):
    """For each group of two languages the numbers in its texts."""
    rows = [row["segments"] for row in result.kept.to_pylist() if row["parallelism"] == 2]
    return [{word for part in row for word in part["text"].split() if word.isdigit()} for row in rows]


def test_a_file_of_another_film_is_not_forced_onto_this_one():
    rows = cues("f", "eng_Latn", *((s, e, f"line {n}") for s, e, n in film(1)), track="a")
    rows += cues("f", "deu_Latn", *((s + 0.1, e, f"Zeile {n}") for s, e, n in film(1)), track="b")
    rows += cues("f", "fin_Latn", *((s, e, f"rivi {n}") for s, e, n in film(2)), track="c")
    result = run_steps(Join(keys=("talk",), times={}), cut(table(rows), 100))
    assert {row["reason"] for row in result.removed.to_pylist()} == {"times_do_not_fit"}
    assert {row["language"] for row in result.removed.to_pylist()} == {"fin_Latn"}


def test_a_second_file_of_a_language_fills_gaps_only():
    lines = film(3, 40)
    rows = cues("f", "eng_Latn", *((s, e, f"line {n}") for s, e, n in lines), track="a.en.srt")
    rows += cues("f", "fra_Latn", *((s, e, f"ligne {n}") for s, e, n in lines[:-4]), track="a.fr.srt")
    rows += cues("f", "fra_Latn", *((s + 0.1, e, f"réplique {n}") for s, e, n in lines[6:]), track="b.fr.srt")
    result = run_steps(Join(keys=("talk",), times={}), cut(table(rows), 30))
    assert result.kept["parallelism"].to_pylist() == [2] * 40
    assert {row["reason"] for row in result.removed.to_pylist()} == {"language_repeated"}
    assert result.removed.num_rows == 30


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"keys": ("nokey",)}, ("join.keys", "'nokey'")),
        ({"language": "lang"}, ("join.language", "'lang'")),
        ({"keys": ("score",)}, ("join.keys", "'score'", "double")),
        ({"text": "number"}, ("join.text", "'number'", "int64")),
        ({"index": "text"}, ("join.index", "'text'", "string")),
        ({"times": {}}, ("join.times.start", "'start'")),
        ({"span": "score"}, ("join.span", "'score'")),
        ({"pivot": "eng_Latn"}, ("join.pivot",)),
    ],
)
def test_columns_that_cannot_be_meant_are_named(config, words):
    schema = pa.schema(
        [("doc_key", pa.string()), ("key", pa.string()), ("language", pa.string()), ("text", pa.string()),
         ("score", pa.float64()), ("number", pa.int64())]
    )  # fmt: skip
    with pytest.raises(ConfigError) as error:
        Join(**config).output_schema(schema)
    assert all(word in str(error.value) for word in words)


def test_one_way_at_a_time():
    with pytest.raises(ValidationError, match="span and times"):
        Join(span="verse", times={})


def test_nothing_to_join():
    result = run_steps(Join(), cut(table(catalogue(1)).slice(0, 0), 10))
    assert (result.kept.num_rows, result.removed.num_rows) == (0, 0)
