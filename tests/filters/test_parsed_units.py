"""Languages and documents in paths, encodings, and XML that is meant to do harm."""

import pytest
from hexapla.filters.parsed_units import FormatError, decoded, language_of, place_of, xml_root


@pytest.mark.parametrize(
    ("path", "language", "document"),
    [
        ("po/fr.po", "fra_Latn", "po"), ("locale/pt_BR/LC_MESSAGES/app.mo", "por_Latn", "locale/LC_MESSAGES/app"),
        ("talk1.pt-BR.srt", "por_Latn", "talk1"), ("corpus.en", "eng_Latn", "corpus"), ("corpus.en-fr.fr", "fra_Latn", "corpus.en-fr"),
        ("fra_Latn.devtest", "fra_Latn", "devtest"), ("f/dev/amh_Ethi.dev", "amh_Ethi", "f/dev/dev"),
        ("newstest2019-ref.fra-CA.txt", "fra_Latn", "newstest2019-ref"), ("newstest2019-ref.sna-Latn.txt", "sna_Latn", "newstest2019-ref"),
        ("C/index.page", "", "C/index"), ("de/index.page", "deu_Latn", "index"), ("ted/fr/12.srt", "fra_Latn", "ted/12"),
        ("sr@latin.po", "srp_Latn", ""), ("talk.srt", "", "talk"), ("a/Movie.2010.720p.en.srt", "eng_Latn", "a/Movie.2010.720p"),
        ("app_de.xlf", "deu_Latn", "app"), ("messages-zh_TW.po", "cmn_Hani", "messages"), ("zh-Hant/x.vtt", "cmn_Hani", "x"),
        ("corpus.fr.gz", "fra_Latn", "corpus"), ("README.txt", "", "README"), ("ted/talk.hin_Latn.srt", "hin_Latn", "ted/talk"),
    ],
)  # fmt: skip
def test_paths(path, language, document):
    assert place_of(path) == (language, document)


@pytest.mark.parametrize(
    ("label", "plain", "regional"),
    [
        ("fr-CA", "fra_Latn", "fra-CA_Latn"), ("zh_TW", "cmn_Hani", "cmn-TW_Hani"), ("sr@latin", "srp_Latn", "srp_Latn"),
        ("ca@valencia", "cat_Latn", "cat_Latn"), ("pt_BR.UTF-8", "por_Latn", "por-BR_Latn"), ("es-419", "spa_Latn", "spa-419_Latn"),
        ("EN", "eng_Latn", "eng_Latn"), ("xyzzy", "", ""), ("", "", ""), ("../x", "", ""),
    ],
)  # fmt: skip
def test_labels(label, plain, regional):
    assert (language_of(label), language_of(label, True)) == (plain, regional)


@pytest.mark.parametrize(
    ("text", "codec", "language"),
    [
        ("이것은 자막", "cp949", "kor_Hang"), ("Это так", "cp1251", "rus_Cyrl"), ("これは字幕", "cp932", "jpn_Jpan"),
        ("זה כך", "cp1255", "heb_Hebr"), ("Çok güzel şey", "cp1254", "tur_Latn"), ("Über allem", "utf-8", "rus_Cyrl"),
    ],
)  # fmt: skip
def test_little_text_in_an_old_encoding(text, codec, language):
    assert decoded(text.encode(codec), language) == text


def test_entities_within_text():
    root = xml_root(b'<!DOCTYPE a [<!ENTITY x "one"><!ENTITY y "two">]><a>p &x; q <b/> r &y; s<c>&x;</c></a>')
    assert "".join(root.itertext()) == "p one q  r two sone"
    many = xml_root(b'<!DOCTYPE a [<!ENTITY x "1"><!ENTITY y "2">]><a><b/>' + b"&x;and&y;" * 100_000 + b"</a>")
    assert "".join(many.itertext()) == "1and2" * 100_000


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY x "1"><!ENTITY y "&x;&x;">]><a>&y;</a>', b"<a>&nbsp;</a>", b"<a><b></a>", b"", b"   ",
        b"<a>" * 400 + b"</a>" * 400, b'<?xml version="1.0" encoding="no-such"?><a/>',
    ],
)  # fmt: skip
def test_what_is_refused(document):
    with pytest.raises(FormatError):
        xml_root(document)


def test_words_of_three_letters_are_languages_only_where_the_file_says_so():
    said = {"eng_Latn", "ewe_Latn"}
    paths = ("tm/mem.tmx", "new.tmx.gz", "one.two.tmx", "ewe/app.xlf", "app.ewe.xlf", "eng/mem.ewe.xlf")
    documents = [place_of(path, said=said).document for path in paths]
    assert documents == ["tm/mem", "new", "one.two", "app", "app", "eng/mem"]
    assert place_of("kab/app.po", said={"kab_Latn"}) == ("kab_Latn", "app")
    assert place_of("fr/app.po", said={"eng_Latn", "fra_Latn"}) == ("fra_Latn", "app")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("kab/app.srt", ("kab_Latn", "app")), ("kab/mem.srt.gz", ("kab_Latn", "mem")), ("deu/app.vtt", ("deu_Latn", "app")),
        ("lij/log.tsv", ("lij_Latn", "log")), ("ted/kab.srt", ("kab_Latn", "ted")), ("ted/talk.fra.srt", ("fra_Latn", "ted/talk")),
        ("eng/talk.fra.srt", ("fra_Latn", "eng/talk")), ("eng/talk.quc.srt", ("quc_Latn", "eng/talk")), ("kab/web_app.srt", ("kab_Latn", "web_app")), ("sub/ast/one.srt", ("ast_Latn", "sub/one")),
        ("app.srt", ("app_Latn", "")), ("x/ted.app.srt", ("app_Latn", "x/ted")), ("fr/kab.srt", ("fra_Latn", "kab")),
    ],
)  # fmt: skip
def test_a_name_that_happens_to_be_a_code_gives_way_to_the_folder_of_a_usual_language(path, found):
    assert place_of(path) == found
