"""Formats by name and by contents, and patterns of paths."""

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
