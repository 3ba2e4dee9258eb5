"""FAQ pages in each form of markup, and a dump of one."""


def json_page(*blocks):
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    return f"<html><head>{scripts}</head><body><p>…</p></body></html>"


def question(name, text, **more):
    return {"@type": "Question", "name": name, "acceptedAnswer": {"@type": "Answer", "text": text}} | more


FAQ = {"@context": "https://schema.org", "@type": "FAQPage"}
HOW = question("Wie geht das?", "So &amp; <b>so</b>.")
WHERE = question("どこですか。", "ここです。")

MICRODATA = """<html><body itemscope itemtype="https://schema.org/FAQPage">
<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question">
 <h3 itemprop="name">Kiedy <i>otwieracie</i>?</h3>
 <div itemprop="acceptedAnswer" itemscope itemtype="https://schema.org/Answer">
  <div itemprop="text"><p>O ósmej.</p> <p>W niedzielę nie.</p></div></div></div>
<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question"><meta itemprop="name" content="Ile?">
 <div itemprop="acceptedAnswer" itemscope itemtype="https://schema.org/Answer" itemref="far"></div></div>
<p id="far"><span itemprop="text">Pięć.</span></p></body></html>"""

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
