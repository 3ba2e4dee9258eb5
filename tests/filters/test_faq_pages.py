"""FAQ pages in every form of markup, and dumps of them."""

import json

import lxml.html
import pytest
from hexapla.filters.faq_pages import questions_of_page, questions_of_quads


def pairs(page):
    return [(one.question, one.answer, one.source) for one in questions_of_page(lxml.html.document_fromstring(page))]


def json_page(*blocks):
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    return f"<html><head>{scripts}</head><body><p>…</p></body></html>"


def question(name, text, **more):
    return {"@type": "Question", "name": name, "acceptedAnswer": {"@type": "Answer", "text": text}} | more


FAQ = {"@context": "https://schema.org", "@type": "FAQPage"}
HOW = question("Wie geht das?", "So &amp; <b>so</b>.")
WHERE = question("どこですか。", "ここです。")
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


MICRODATA = """<html><body itemscope itemtype="https://schema.org/FAQPage">
<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question">
 <h3 itemprop="name">Kiedy <i>otwieracie</i>?</h3>
 <div itemprop="acceptedAnswer" itemscope itemtype="https://schema.org/Answer">
  <div itemprop="text"><p>O ósmej.</p> <p>W niedzielę nie.</p></div></div></div>
<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question"><meta itemprop="name" content="Ile?">
 <div itemprop="acceptedAnswer" itemscope itemtype="https://schema.org/Answer" itemref="far"></div></div>
<p id="far"><span itemprop="text">Pięć.</span></p></body></html>"""


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


QUADS = r"""_:p <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/FAQPage> <https://a.example/1>   .
_:p <http://schema.org/mainEntity> _:q <https://a.example/1>   .
_:q <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://schema.org/Question> <https://a.example/1>   .
_:q <https://schema.org/name> "Was ist \"das\"?"@de <https://a.example/1>   .
_:q <http://schema.org/acceptedAnswer> _:a <https://a.example/1>   .
_:a <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Answer> <https://a.example/1>   .
_:a <http://schema.org/text> "Erstens.\nZweitens \u00fc. <p>Drei</p>" <https://a.example/1> .
no quad at all
_:q <http://schema.org/name> "Of another page" <https://b.example/>   .
"""


def test_quads():
    assert [(page, *one) for page, one in questions_of_quads(QUADS.splitlines(keepends=True))] == [
        ("https://a.example/1", 'Was ist "das"?', "Erstens.\nZweitens ü. <p>Drei</p>", "n-quads")
    ]
