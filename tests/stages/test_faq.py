"""The stages `faq` and `faq_clean` on pages as WARC files have them, and on a dump."""

import json

import pyarrow as pa
from faq_markup import FAQ, HOW, MICRODATA, QUADS, WHERE, json_page
from hexapla.stages.faq import Faq
from hexapla.stages.faq_clean import FaqClean

PAGE = pa.schema(
    [
        ("uid", pa.string()),
        ("id", pa.string()),
        ("url", pa.string()),
        ("content", pa.binary()),
        ("http_status", pa.int32()),
        ("content_type", pa.string()),
    ]
)


def pages(*rows):
    made = [
        {
            "uid": f"{n:032x}",
            "id": f"p{n}",
            "http_status": 200,
            "content_type": "text/html",
            "url": f"https://H{n}.example/a",
        }
        | row
        for n, row in enumerate(rows)
    ]
    return pa.RecordBatch.from_pylist(made, PAGE)


def test_pages_become_pairs():
    both = json_page(json.dumps(FAQ | {"mainEntity": [HOW, WHERE]}))
    rows = pages(
        {"content": both.encode()},
        {"content": b"<html><body>nothing</body></html>"},
        {"content": MICRODATA.encode("iso-8859-2"), "content_type": "text/html; charset=iso-8859-2"},
        {"content": both.encode(), "http_status": 404},
        {"content": b"%PDF-1.4 FAQPage", "content_type": "application/pdf"},
        {"content": both.encode("utf-16"), "content_type": "text/html"},
    )
    found = Faq().map_shard(rows)
    assert found.kept.schema.names == Faq().output_schema(PAGE).names
    assert found.kept.column("question").to_pylist() == [
        "Wie geht das?", "どこですか。", "Kiedy otwieracie?", "Ile?", "Wie geht das?", "どこですか。",
    ]  # fmt: skip
    assert found.kept.column("answer").to_pylist()[:3] == ["So & so.", "ここです。", "O ósmej. W niedzielę nie."]
    assert found.kept.column("host").to_pylist()[0] == "h0.example"
    assert found.kept.column("text").to_pylist()[0] == "Wie geht das? So & so."
    assert found.kept.column("id").to_pylist()[:2] == ["p0#0", "p0#1"]
    assert len(set(found.kept.column("uid").to_pylist())) == 6
    assert found.removed.column("reason").to_pylist() == ["no_faq", "http_status", "content_type"]
    assert (found.consumed, found.created) == (3, 6)
    assert rows.num_rows == found.consumed + found.removed.num_rows
    assert found.counters == {"from_json-ld": 4, "from_microdata": 2}


def test_batches_make_no_difference():
    rows = pages(
        *[{"content": json_page(json.dumps(FAQ | {"mainEntity": [HOW] * (n % 3)})).encode()} for n in range(9)]
    )
    whole = Faq().map_shard(rows)
    cut = [Faq().map_shard(rows.slice(start, 2)).kept for start in range(0, 9, 2)]
    assert pa.Table.from_batches(cut).equals(pa.Table.from_batches([whole.kept]))


def test_a_dump_of_quads():
    rows = pa.RecordBatch.from_pylist(
        [{"uid": "1", "content": QUADS.encode()}, {"uid": "2", "content": b"_:x <a> <b> <c> .\n"}],
        pa.schema([("uid", pa.string()), ("content", pa.binary())]),
    )
    found = Faq().map_shard(rows)
    assert found.kept.select(["url", "host", "question", "answer"]).to_pylist() == [
        {"url": "https://a.example/1", "host": "a.example", "question": 'Was ist "das"?',
         "answer": "Erstens.\nZweitens ü. Drei"}
    ]  # fmt: skip
    assert found.removed.column("reason").to_pylist() == ["no_faq"]


def test_hostile_pages_cost_a_reason_only():
    deep = b"<html><body>FAQPage" + b"<div>" * 10_000
    wide = b"<html><body>FAQPage" + b"<br>" * 200_000
    found = Faq().map_shard(
        pages({"content": deep}, {"content": wide}, {"content": b"<html>FAQPage" + b"x" * (6 << 20)})
    )
    assert found.removed.column("reason").to_pylist() == ["html_too_deep", "html_too_many_nodes", "html_too_large"]
    assert found.kept.num_rows == 0


def test_cleaning_names_its_rules():
    rows = pa.RecordBatch.from_pylist(
        [
            {"question": "Q: Wann geht es los?", "answer": "Um acht Uhr morgens, wie an jedem Tag.", "host": "h"},
            {"question": "Wann geht es los?", "answer": "Um acht Uhr morgens, wie an jedem Tag?", "host": "h"},
            {"question": "Wann?", "answer": None, "host": "h"},
        ]
    )
    found = FaqClean().map_shard(rows)
    assert found.kept.column("question").to_pylist() == ["Wann geht es los?"]
    assert found.kept.column("text").to_pylist() == ["Wann geht es los? Um acht Uhr morgens, wie an jedem Tag."]
    assert found.removed.column("reason").to_pylist() == ["question_in_answer", "empty"]
    assert set(found.removed.column("reason").to_pylist()) <= set(FaqClean.reasons)
