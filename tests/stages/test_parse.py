"""Files of many formats become rows; one that is broken does not stop the others."""

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.join import Join
from hexapla.stages.parse import Parse
from pydantic import ValidationError
from stages.step_runner import cut, run_steps

SCHEMA = pa.schema([("uid", pa.string()), ("id", pa.string()), ("file_path", pa.string()), ("content", pa.binary())])


def files(**contents):
    """Files by path, with "/" and "." written as they are in the keys of a mapping."""
    rows = [
        {"uid": f"{place:032x}", "id": path, "file_path": path, "content": text if isinstance(text, bytes) else text.encode()}
        for place, (path, text) in enumerate(contents.items())
    ]
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def catalogue(language, *messages):
    head = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n\n'
    return head + "\n".join(f'msgid "{one}"\nmsgstr "{other}"\n' for one, other in messages)


PO = {
    "po/ka.po": catalogue("ka", ("Open", "გახსნა"), ("Close", "დახურვა"), ("%s lost", "დაიკარგა")),
    "po/vi.po": catalogue("vi", ("Open", "Mở"), ("Close", "")),
    "po/bad.po": "garbage\n",
    "po/el.po": catalogue("el", ("Close", "")),
    "notes.po": catalogue("", ("Open", "Abrir")),
}


def test_catalogues():
    outcome = Parse().map_shard(files(**PO))
    rows = outcome.kept.to_pylist()
    assert [(row["doc_key"], row["key"], row["language"], row["text"], row["index"], row["problem"]) for row in rows] == [
        ("po", "Open", "eng_Latn", "Open", 0, None), ("po", "Open", "kat_Geor", "გახსნა", 0, None),
        ("po", "Close", "eng_Latn", "Close", 1, None), ("po", "Close", "kat_Geor", "დახურვა", 1, None),
        ("po", "%s lost", "eng_Latn", "%s lost", 2, None), ("po", "%s lost", "kat_Geor", "დაიკარგა", 2, "placeholders"),
        ("po", "Open", "eng_Latn", "Open", 0, None), ("po", "Open", "vie_Latn", "Mở", 0, None),
    ]  # fmt: skip
    assert {row["file_path"]: (row["reason"], row["parse_error"]) for row in outcome.removed.to_pylist()} == {
        "po/bad.po": ("broken_file", "po/bad.po: line 1: no quoted string after 'garbage'"),
        "po/el.po": ("no_units", None),
        "notes.po": ("no_language", None),
    }
    assert outcome.counters == {"not_translated": 2, "placeholders_differ": 1}
    assert (outcome.consumed, outcome.created) == (2, 8)
    assert len({row["uid"] for row in rows}) == 8
    assert outcome.kept.schema == Parse().output_schema(SCHEMA)
    assert outcome.removed.schema.names == [*Parse().removed_schema(SCHEMA).names, "reason", "reasons"]
    assert Parse(problems="skip").map_shard(files(**PO)).kept.num_rows == 7


def test_parse_and_join():
    kept = pa.Table.from_batches([Parse().map_shard(files(**PO)).kept])
    result = run_steps(Join(), cut(kept, 3))
    texts = {row["key"]: {part["lang"]: part["text"] for part in row["segments"]} for row in result.kept.to_pylist()}
    assert texts["Open"] == {"eng_Latn": "Open", "kat_Geor": "გახსნა", "vie_Latn": "Mở"}
    assert [row["reason"] for row in result.removed.to_pylist()] == ["text_repeated"]


def test_lines_of_many_languages():
    lines = {"eng_Latn": "One\n\nThree\n", "amh_Ethi": "አንድ\nሁለት\nሶስት\n", "jpn_Jpan": "一\r\n二\r\n三"}
    batch = files(**{f"flores/{name}.devtest": text for name, text in lines.items()})
    outcome = Parse().map_shard(batch)
    assert outcome.removed is None and outcome.counters == {"empty": 1}
    groups = run_steps(Join(), cut(pa.Table.from_batches([outcome.kept]), 4)).kept.to_pylist()
    assert [(row["key"], [part["text"] for part in row["segments"]]) for row in groups] == [
        ("0", ["አንድ", "One", "一"]), ("2", ["ሶስት", "Three", "三"]), ("1", ["ሁለት", "二"]),
    ]  # fmt: skip


def test_subtitles_of_two_frame_rates():
    def srt(words, speed):
        times = [(n * 7 + n % 3, n * 7 + n % 3 + 2 + n % 2) for n in range(60)]
        stamp = lambda s: f"00:{int(s * speed) // 60:02}:{int(s * speed) % 60:02},{round(s * speed % 1 * 1000) % 1000:03}"  # noqa: E731
        return "\n\n".join(f"{n}\n{stamp(a)} --> {stamp(b)}\n{words} {n}" for n, (a, b) in enumerate(times))

    batch = files(**{"f/a.en.srt": srt("line", 1.0), "f/a.th.srt": srt("บรรทัด", 25 / 23.976)})
    kept = pa.Table.from_batches([Parse().map_shard(batch).kept])
    groups = run_steps(Join(keys=("doc_key",), times={}), cut(kept, 50)).kept.to_pylist()
    numbers = [{part["text"].split()[-1] for part in row["segments"]} for row in groups]
    assert len(groups) == 60 and all(len(found) == 1 for found in numbers)


def test_verses_of_two_bibles():
    batch = files(**{
        "bible/de.txt": "GEN 1:1\tAm Anfang\nGEN 1:2-3\tUnd die Erde\n", "bible/hi.txt": "GEN 1:1\tआदि में\nGEN 1:2\tपृथ्वी\nGEN 1:3\tप्रकाश\n",
    })  # fmt: skip
    kept = pa.Table.from_batches([Parse().map_shard(batch).kept])
    groups = run_steps(Join(keys=("doc_key",), span=("start", "end")), cut(kept, 50)).kept.to_pylist()
    assert [[part["text"] for part in row["segments"]] for row in groups] == [["Am Anfang", "आदि में"], ["Und die Erde", "पृथ्वी प्रकाश"]]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_same_rows_however_files_are_cut(size):
    batch = files(**PO)
    whole = Parse().map_shard(batch)
    parts = [Parse().map_shard(batch.slice(start, size)) for start in range(0, batch.num_rows, size)]
    assert pa.Table.from_batches([part.kept for part in parts]).to_pylist() == whole.kept.to_pylist()


def test_translations_of_the_hub():
    schema = pa.struct([("en", pa.string()), ("zh", pa.string()), ("ar", pa.string())])
    values = pa.array([{"en": "Hi", "zh": "你好", "ar": None}, {"en": "", "zh": None, "ar": "  "}, None], schema)
    batch = pa.RecordBatch.from_pydict({"uid": ["a", "b", "c"], "translation": values})
    outcome = Parse(format="translation").map_shard(batch)
    assert [(row["key"], row["language"], row["text"]) for row in outcome.kept.to_pylist()] == [
        ("a", "eng_Latn", "Hi"), ("a", "cmn_Hani", "你好"),
    ]  # fmt: skip
    assert [row["reason"] for row in outcome.removed.to_pylist()] == ["no_units", "no_units"]
    extra = pa.RecordBatch.from_pydict({"uid": ["a", "b"], "extra": ['{"translation": {"sw": "Habari", "en": "News"}}', "[1"]})
    lists = pa.RecordBatch.from_pydict({"uid": ["a", "b"], "extra": ["[1, 2]", "[" * 100_000]})
    outcome = Parse(format="translation", column="extra").map_shard(extra)
    assert [row["language"] for row in outcome.kept.to_pylist()] == ["swh_Latn", "eng_Latn"]
    assert [row["reason"] for row in outcome.removed.to_pylist()] == ["broken_file"]
    outcome = Parse(format="translation", column="extra").map_shard(lists)
    assert [row["reason"] for row in outcome.removed.to_pylist()] == ["broken_file", "broken_file"]


@pytest.mark.parametrize(
    ("config", "word"),
    [({"language": "{lang}.po"}, "language"), ({"language": "frnch"}, "frnch"), ({"columns": ("english",)}, "english"),
     ({"source_language": "{language}"}, "source_language")],
)  # fmt: skip
def test_keys_that_cannot_be_meant(config, word):
    with pytest.raises(ValidationError, match=word):
        Parse(**config)


@pytest.mark.parametrize(
    ("config", "schema", "words"),
    [
        ({}, pa.schema([("text", pa.string())]), ("'content'", "format: files")),
        ({"format": "translation"}, SCHEMA, ("parse.column", "'translation'", "file_path")),
        ({"format": "translation", "column": "n"}, pa.schema([("n", pa.int64())]), ("parse.column", "'n'", "int64")),
    ],
)
def test_inputs_that_cannot_be_meant(config, schema, words):
    with pytest.raises(ConfigError) as error:
        Parse(**config).output_schema(schema)
    assert all(word in str(error.value) for word in words)


def test_large_and_empty_and_null_files():
    batch = files(**{"a.fr.srt": "x" * 100, "b.fr.srt": ""})
    assert [row["reason"] for row in Parse(max_bytes=50).map_shard(batch).removed.to_pylist()] == ["file_too_large", "broken_file"]
    assert Parse().map_shard(batch.slice(0, 0)).kept.num_rows == 0


def test_link_files_and_their_documents(tmp_path):
    from filters.test_links_format import DOCUMENTS, LINKS

    for name, content in DOCUMENTS.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    outside = LINKS.replace("en/2010", "../en/2010")
    batch = files(**{"en-ja.xml": LINKS, "lost.xml": LINKS.replace("ja/2010", "ko/2010"), "out.xml": outside})
    outcome = Parse(documents=str(tmp_path)).map_shard(batch)
    assert [(row["doc_key"], row["key"], row["text"]) for row in outcome.kept.to_pylist()] == [
        ("2010/x/eng_Latn-jpn_Jpan", "0", "Good morning ."), ("2010/x/eng_Latn-jpn_Jpan", "0", "おはよう。"),
        ("2010/x/eng_Latn-jpn_Jpan", "1", "Two parts and three"), ("2010/x/eng_Latn-jpn_Jpan", "1", "二つ"),
    ]  # fmt: skip
    errors = outcome.removed["parse_error"].to_pylist()
    assert "'ko/2010/x.xml.gz' is not in" in errors[0] and "not within" in errors[1]
    assert [path.removeprefix(str(tmp_path)) for path in Parse(documents=str(tmp_path)).resource_files()] == [
        "/en/2010/x.xml.gz", "/ja/2010/x.xml.gz",
    ]  # fmt: skip
    assert "documents" in Parse().map_shard(batch).removed["parse_error"].to_pylist()[0]


def test_memories_whose_names_happen_to_be_codes_of_languages_are_documents_of_their_own():
    unit = '<tu><tuv xml:lang="en"><seg>A {0}.</seg></tuv><tuv xml:lang="he"><seg>ב {0}.</seg></tuv></tu>'
    memory = '<tmx version="1.4"><header srclang="en"/><body>{}</body></tmx>'
    names = ("mem", "new", "one", "legal")
    contents = {f"{name}.tmx": memory.format(unit.format(name)).encode() for name in names}
    kept = Parse().map_shard(files(**contents)).kept
    assert sorted(set(kept["doc_key"].to_pylist())) == sorted(names)


def test_folders_of_small_languages_are_no_documents():
    po = {f"{code}/app.po": catalogue(code, ("Open", f"Open in {code}")) for code in ("fr", "kab", "ast", "de")}
    kept = Parse().map_shard(files(**po)).kept
    assert set(kept["doc_key"].to_pylist()) == {"app"}
    assert set(kept["language"].to_pylist()) == {"eng_Latn", "fra_Latn", "kab_Latn", "ast_Latn", "deu_Latn"}
