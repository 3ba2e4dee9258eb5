"""Blocks of manuals have the same path in every language."""

from hexapla.filters.manual_format import parse_manual
from hexapla.filters.parsed_units import Source

MALLARD = """<page xmlns="http://projectmallard.org/1.0/" id="i" xml:lang="{lang}">
<info><desc>{0}</desc><credit><name>A B</name></credit></info><title>{1} <em>x</em></title>
<p>{2}</p><list><item><p>{3}</p></item><item><p>{0}</p></item></list><section id="s"><p>{1}</p><code> </code></section></page>"""
DOCBOOK = """<!DOCTYPE book [<!ENTITY app "Kate">]><book lang="{lang}"><bookinfo><author><surname>X</surname></author></bookinfo>
<chapter id="c"><title>{0}</title><para>{1} &app;<indexterm><primary>no</primary></indexterm><footnote><para>{2}</para></footnote></para></chapter></book>"""
WORDS = {
    "sv": ("Slå på", "Titel", "Ett stycke", "Punkt"), "ta": ("இயக்கு", "தலைப்பு", "ஒரு பத்தி", "புள்ளி"),
    "zh-CN": ("打开", "标题", "一段", "点"),
}  # fmt: skip


def blocks(page, lang):
    content = page.format(*WORDS[lang], lang=lang).encode()
    return {unit.key: (unit.language, unit.text) for unit in parse_manual(content, Source("x.page")).units}


def test_mallard():
    assert blocks(MALLARD, "sv") == {
        "/info[1]/desc[1]": ("swe_Latn", "Slå på"), "/title[1]": ("swe_Latn", "Titel x"), "/p[1]": ("swe_Latn", "Ett stycke"),
        "/list[1]/item[1]/p[1]": ("swe_Latn", "Punkt"), "/list[1]/item[2]/p[1]": ("swe_Latn", "Slå på"),
        "/section#s/p[1]": ("swe_Latn", "Titel"),
    }  # fmt: skip


def test_docbook():
    assert blocks(DOCBOOK, "ta") == {
        "/chapter#c/title[1]": ("tam_Taml", "இயக்கு"), "/chapter#c/para[1]": ("tam_Taml", "தலைப்பு Kateஒரு பத்தி"),
    }  # fmt: skip


def test_the_same_paths_in_every_language():
    for page in (MALLARD, DOCBOOK):
        assert len({tuple(blocks(page, lang)) for lang in WORDS}) == 1
