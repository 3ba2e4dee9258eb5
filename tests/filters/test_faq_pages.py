"""FAQ pages in every form of markup, and dumps of them."""

import json

import lxml.html
import pytest
from faq_markup import FAQ, HOW, MICRODATA, QUADS, WHERE, json_page, question
from hexapla.filters.faq_pages import questions_of_page, questions_of_quads


def pairs(page):
    return [(one.question, one.answer, one.source) for one in questions_of_page(lxml.html.document_fromstring(page))]


BOTH = [("Wie geht das?", "So &amp; <b>so</b>.", "json-ld"), ("どこですか。", "ここです。", "json-ld")]


@pytest.mark.parametrize(
    "made",
    [
        FAQ | {"mainEntity": [HOW, WHERE]},
        [{"@type": "WebSite"}, FAQ | {"mainEntity": [HOW, WHERE]}],
        {"@graph": [{"@type": ["WebPage", "FAQPage"], "mainEntity": [HOW, WHERE]}]},
        {"@type": "WebPage", "mainEntity": {"@type": "faqPage", "mainEntity": [HOW, WHERE]}},
        FAQ | {"mainEntity": {"@list": [HOW, WHERE]}},
        {"@type": "http://schema.org/FAQPage", "http://schema.org/mainEntity": [HOW, WHERE]},
        {"@type": "schema:FAQPage", "schema:mainEntity": [HOW, WHERE]},
        {"@graph": [FAQ | {"mainEntity": [{"@id": "#1"}, {"@id": "#2"}]}, HOW | {"@id": "#1"}, WHERE | {"@id": "#2"}]},
        FAQ | {"mainEntity": {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": HOW}, WHERE]}},
        FAQ
        | {"mainEntity": [question({"@value": "Wie geht das?", "@language": "de"}, ["So &amp; <b>so</b>."]), WHERE]},
    ],
)
def test_json_ld_in_all_its_shapes(made):
    assert pairs(json_page(json.dumps(made))) == BOTH


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: f"<!--{text}-->",
        lambda text: f"//<![CDATA[\n{text}\n//]]>",
        lambda text: text.replace("]}", ",]}").replace("}", ",}", 1),
        lambda text: text + ";",
        lambda text: text.replace("So ", "So\n").replace("Wie", "Wie"),
        lambda text: text + "\n" + '{"@type": "Thing"}',
    ],
)
def test_the_usual_faults_of_json_on_pages(spoil):
    found = pairs(json_page(spoil(json.dumps(FAQ | {"mainEntity": [HOW, WHERE]}, ensure_ascii=False))))
    assert [(q, " ".join(a.split()), s) for q, a, s in found] == BOTH


def test_broken_json_leaves_the_other_blocks():
    good = json.dumps(FAQ | {"mainEntity": HOW})
    assert pairs(json_page('{"@type": "FAQPage", "mainEntity": [', good)) == BOTH[:1]
    assert pairs(json_page("[" * 100_000 + '"FAQPage"', good)) == BOTH[:1]


def test_a_question_that_is_there_twice_has_its_last_answer():
    made = FAQ | {"mainEntity": [HOW, WHERE, question("Wie geht das?", "Anders.")]}
    assert [pair[:2] for pair in pairs(json_page(json.dumps(made)))] == [("Wie geht das?", "Anders."), BOTH[1][:2]]


def test_what_is_no_faq():
    alone = {"@type": "QAPage", "mainEntity": HOW}
    unanswered = FAQ | {"mainEntity": [{"@type": "Question", "name": "Wer?"}, question("Was?", "")]}
    assert pairs(json_page(json.dumps(alone), json.dumps(unanswered), json.dumps(HOW))) == []


def test_microdata():
    assert pairs(MICRODATA) == [
        ("Kiedy <i>otwieracie</i>?", "<p>O ósmej.</p> <p>W niedzielę nie.</p>", "microdata"),
        ("Ile?", "Pięć.", "microdata"),
    ]


@pytest.mark.parametrize("prefix", ["", "schema:", "http://schema.org/"])
def test_rdfa(prefix):
    page = """<html><body vocab="https://schema.org/" typeof="_FAQPage"><div property="_mainEntity" typeof="_Question">
    <h3 property="_name">متى تفتحون؟</h3><div property="_acceptedAnswer" typeof="_Answer">
    <div property="_text">في الثامنة.</div></div></div></body></html>""".replace("_", prefix)
    assert pairs(page) == [("متى تفتحون؟", "في الثامنة.", "rdfa")]


def test_quads():
    assert [(page, *one) for page, one in questions_of_quads(QUADS.splitlines(keepends=True))] == [
        ("https://a.example/1", 'Was ist "das"?', "Erstens.\nZweitens ü. <p>Drei</p>", "n-quads")
    ]


def test_hostile_markup_is_read_in_linear_time():
    script = '<script type="application/ld+json">{"@type": "FAQPage"} --> %s x</script>' % (" " * 1_000_000)
    assert pairs(f"<html><body>{script}</body></html>") == []
    hostile = ["_:a <b> " + '"' + part * (1_000_000 // len(part)) for part in ('"@', '"^^<', '" <')]
    assert list(questions_of_quads(hostile)) == []


def test_comments_around_json_are_taken_off():
    data = """{"@type": "FAQPage", "mainEntity": {"@type": "Question", "name": "Wie?",
    "acceptedAnswer": {"@type": "Answer", "text": "So."}}}"""
    for before, after in (("<!--", "-->"), ("//<![CDATA[", "// ]]>;"), (" /* <![CDATA[ */ <!--", " --> /* ]]> */ ")):
        page = f'<html><body><script type="application/ld+json">{before}{data}{after}</script></body></html>'
        assert pairs(page) == [("Wie?", "So.", "json-ld")], (before, after)
