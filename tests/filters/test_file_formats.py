"""Formats by name and by contents, and patterns of paths."""

import random

import pytest
from hexapla.filters.file_formats import PathPattern, format_of, read_file, source_of
from hexapla.filters.parsed_units import FormatError, Source


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("fr.po", b"", "po"), ("x.gmo", b"", "mo"), ("x", b"\xde\x12\x04\x95....", "mo"), ("a.xlf.gz", b"", "xliff"),
        ("a.xml", b'<?xml version="1.0"?>\n<xliff version="2.0">', "xliff"), ("a", b"<tmx version='1.4'>", "tmx"),
        ("a.xml", b"<!DOCTYPE book []><book>", "manual"), ("a.xml", b"<cesDoc>", "verses"), ("a.xml", b'<osis xmlns="x">', "verses"),
        ("a.txt", b"\xef\xbb\xbfWEBVTT\n", "vtt"), ("a.txt", b"1\r\n00:00:01,0 --> 00:00:02,0\r\n", "srt"),
        ("de.txt", b"GEN 1:1\tAm", "verses"), ("a.txt", b'# x\nmsgid ""\nmsgstr ""\n', "po"), ("fra_Latn.dev", b"Bonjour\n", "lines"),
        ("corpus.en", b"Chapter 1:1 says so\n", "lines"),
    ],
)  # fmt: skip
def test_formats(path, content, kind):
    assert format_of(path, content) == kind


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("{document}/{language}.po", "a/b/fr.po", ("fr", "a/b")), ("*.{language}.srt", "x/t.pt-BR.srt", ("pt-BR", "")),
        ("{language}/{document}.page", "manual/de/index.page", ("de", "index")), ("{document}.{language}", "c.en.gz", ("en", "c")),
        ("{language}.po", "a/b.txt", None),
    ],
)  # fmt: skip
def test_patterns(pattern, path, found):
    assert PathPattern(pattern).find(path) == found


@pytest.mark.parametrize("pattern", ["*.po", "{lang}.po", "{language}/{language}.po", "{document}.{document}.{language}"])
def test_patterns_that_cannot_be_meant(pattern):
    with pytest.raises(ValueError, match="language"):
        PathPattern(pattern)


def test_where_the_language_is_looked_for():
    assert source_of("a/fr.po", None, "", "eng_Latn", False) == (Source("a/fr.po", "fra_Latn"), "a")
    assert source_of("a/fr.po", None, "deu_Latn", "eng_Latn", False)[0].language == "deu_Latn"
    with pytest.raises(FormatError, match="does not fit"):
        source_of("a/fr.po", PathPattern("{language}.srt"), "", "eng_Latn", False)
    with pytest.raises(FormatError, match="'klingonish'"):
        source_of("klingonish.po", PathPattern("{language}.po"), "", "eng_Latn", False)


def test_read_as_it_is_named():
    assert read_file(b"WEBVTT", Source("x.vtt"), "lines").units[0].text == "WEBVTT"
    with pytest.raises(FormatError):
        read_file(b"Bonjour", Source("x.txt"), "tmx")


SAMPLES = {
    "po": [b'msgid ""\nmsgstr "Language: ru\\nPlural-Forms: nplurals=2; plural=n>1;\\n"\n\n#, fuzzy\nmsgctxt "m"\nmsgid "_O %s"\n'
           b'msgid_plural "x"\nmsgstr[0] "\\303\xd0\xb1"\nmsgstr[1] "b"\n'],
    "mo": [b"\xde\x12\x04\x95\0\0\0\0\1\0\0\0\x1c\0\0\0\x24\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\x2c\0\0\0\1\0\0\0\x2e\0\0\0a\0b\0"],
    "xliff": [b'<xliff version="1.2"><file source-language="en" target-language="ar"><body><trans-unit id="1"><source>a<x id="1"/>'
              b"</source><target>\xd9\x87</target></trans-unit></body></file></xliff>"],
    "tmx": [b'<tmx><body><tu><tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="am"><seg>\xe1\x8c\xa5</seg></tuv></tu></body></tmx>'],
    "srt": [b"1\n00:00:01,000 --> 00:00:02,500\n<i>\xd0\xb1</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n"],
    "vtt": [b"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\n<v Bob>a &amp; b\n"],
    "manual": [b'<!DOCTYPE a [<!ENTITY x "y">]><page xml:lang="sv"><title>&x;</title><p id="i">b<em>c</em></p></page>'],
    "verses": [b"GEN 1:1\tx\n1 SAM 2:3-4:5 t\n", b"\\id GEN\n\\c 1\n\\v 1 a \\w b|c\\w*\n\\v 2-3 d\n", b'<osis><verse sID="G.1.1"/>a</osis>'],
    "tsv": [b"en\tfr\na\tb\n"],
}  # fmt: skip
PIECES = (b"9999999999", b"<a>", b"&x;", b'"', b"\\", b"\0", b"[99]", b"\xe2\x80\x8f", b"-->", b"{\\", b"99:99:99,999", b"\xff")


@pytest.mark.parametrize("kind", SAMPLES)
def test_damaged_files_are_units_or_an_error_that_says_where(kind):
    chance, read = random.Random(kind), 0
    for _ in range(300):
        content = bytearray(chance.choice(SAMPLES[kind]))
        for _ in range(chance.choice([1, 2, 5])):
            place = chance.randrange(len(content) + 1)
            content[place : place + chance.choice([0, 0, 1, 8])] = chance.choice([*PIECES, bytes([chance.randrange(256)]), b""])
        try:
            units = read_file(bytes(content), Source("x", "fra_Latn"), chance.choice([kind, "auto"])).units
        except FormatError:
            continue
        read += 1
        assert all(unit.text.strip() and isinstance(unit.key, str) for unit in units)
    assert read
