"""Catalogues: messages, contexts, plurals, what is passed over, and files that are broken."""

import struct

import pytest
from hexapla.filters.gettext_format import CONTEXT, parse_mo, parse_po
from hexapla.filters.parsed_units import FormatError, Source

HEADER = """# a catalogue
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset={charset}\\n"
"Plural-Forms: {plural}\\n"

"""
RUSSIAN = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)


def po(body, language="ru", charset="UTF-8", plural=RUSSIAN):
    return (HEADER.format(language=language, charset=charset, plural=plural) + body).encode(charset)


def read(content, **known):
    found = parse_po(content, Source("po/x.po", **known))
    return {(unit.key, unit.language): unit.text for unit in found.units}, found


def test_messages_with_their_contexts():
    texts, found = read(po('#: a.c:1\nmsgctxt "menu"\nmsgid "_Open"\nmsgstr "_Открыть"\n\nmsgid "Open"\nmsgstr "Открыто"\n'))
    assert texts == {
        (f"menu{CONTEXT}_Open", "eng_Latn"): "Open", (f"menu{CONTEXT}_Open", "rus_Cyrl"): "Открыть",
        ("Open", "eng_Latn"): "Open", ("Open", "rus_Cyrl"): "Открыто",
    }  # fmt: skip
    assert not found.counters


def test_what_is_not_translated_is_counted():
    body = (
        '#, fuzzy, c-format\nmsgid "a"\nmsgstr "б"\n\nmsgid "c"\nmsgstr ""\n\n'
        '#~ msgid "old"\n#~ msgstr "старое"\n\n#| msgid "was"\nmsgid "is"\nmsgstr "есть"\n'
    )
    texts, found = read(po(body))
    assert texts == {("is", "eng_Latn"): "is", ("is", "rus_Cyrl"): "есть"}
    assert found.counters == {"fuzzy": 1, "not_translated": 1, "obsolete": 1}


def test_messages_without_empty_lines_between_them_and_in_pieces():
    body = 'msgid "Two "\n"lines\\n"\n"with \\"quotes\\"\\t\\\\"\nmsgstr "Две "\n"строки\\n"\nmsgid "b"\nmsgstr "\\101"\n'
    texts, _ = read(po(body))
    assert texts['Two lines\nwith "quotes"\t\\', "eng_Latn"] == 'Two lines\nwith "quotes"\t\\'
    assert texts['Two lines\nwith "quotes"\t\\', "rus_Cyrl"] == "Две строки"
    assert texts["b", "rus_Cyrl"] == "A"


@pytest.mark.parametrize(
    ("language", "rule", "forms", "expected"),
    [
        ("ru", RUSSIAN, ["файл", "файла", "файлов"], {1: "файл", 2: "файла", 5: "файлов"}),
        ("fr", "nplurals=2; plural=n>1;", ["fichier", "fichiers"], {1: "fichier", 2: "fichiers"}),
        ("ja", "nplurals=1; plural=0;", ["ファイル"], {1: "ファイル", 2: "ファイル"}),
        ("ar", "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
         ["صفر", "ملف", "ملفان", "ملفات", "ملفا", "ملف"], {1: "ملف", 2: "ملفان", 5: "ملفات"}),
        ("de", "nplurals=2; plural=__import__('os');", ["Datei", "Dateien"], {1: "Datei", 2: "Dateien"}),
        ("de", "nplurals=2; plural=n/0;", ["Datei", "Dateien"], {1: "Datei", 2: "Dateien"}),
    ],
)  # fmt: skip
def test_forms_meet_by_the_numbers_that_take_them(language, rule, forms, expected):
    body = 'msgid "%d file"\nmsgid_plural "%d files"\n' + "".join(
        f'msgstr[{place}] "%d {form}"\n' for place, form in enumerate(forms)
    )
    texts, found = read(po(body, language, plural=rule))
    own = next(unit.language for unit in found.units if unit.language != "eng_Latn")
    assert {key: text for (key, name), text in texts.items() if name == own} == {
        f"%d file[{number}]": f"%d {form}" for number, form in expected.items()
    }
    assert texts["%d file[1]", "eng_Latn"] == "%d file" and texts["%d file[2]", "eng_Latn"] == "%d files"


def test_lost_placeholders_and_tags_are_named():
    body = (
        'msgid "%s of %d"\nmsgstr "%2$d из %1$s"\n\nmsgid "lost %s"\nmsgstr "нет"\n\n'
        'msgid "<b>bold</b>"\nmsgstr "жирный"\n\nmsgid "{name} &Save"\nmsgstr "{name} сохранить"\n'
    )
    _, found = read(po(body))
    problems = {unit.key: unit.problem for unit in found.units if unit.language == "rus_Cyrl"}
    assert problems == {"%s of %d": "", "lost %s": "placeholders", "<b>bold</b>": "tags", "{name} &Save": "accelerators"}
    assert found.counters == {"placeholders_differ": 1, "tags_differ": 1, "accelerators_differ": 1}


@pytest.mark.parametrize("charset", ["KOI8-R", "windows-1251", "UTF-8"])
def test_the_charset_of_the_header(charset):
    texts, _ = read(po('msgid "Yes"\nmsgstr "Да"\n', charset=charset))
    assert texts["Yes", "rus_Cyrl"] == "Да"


def test_the_path_knows_better_than_the_header():
    texts, _ = read(po('msgid "Yes"\nmsgstr "Da"\n'), language="srp_Latn")
    assert ("Yes", "srp_Latn") in texts


@pytest.mark.parametrize(
    ("body", "line"),
    [("garbage\n", 8), ('msgid "a"\nmsgstr unquoted\n', 9), ('msgid "a\nmsgstr "b"\n', 8), ('msgstr "b"\n', 8), ('msgfoo "b"\n', 8)],
)
def test_a_broken_line_is_named(body, line):
    with pytest.raises(FormatError) as error:
        read(po(body))
    assert error.value.line == line


def mo(pairs, order="<"):
    pairs = sorted(pairs.items())
    sides = [[one.encode() for one, _ in pairs], [other.encode() for _, other in pairs]]
    at, tables, data = 28 + 16 * len(pairs), [], b""
    for side in sides:
        for text in side:
            tables.append(struct.pack(f"{order}2I", len(text), at + len(data)))
            data += text + b"\0"
    head = struct.pack(f"{order}7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + b"".join(tables) + data


@pytest.mark.parametrize("order", "<>")
def test_compiled_catalogues_say_the_same(order):
    header = "Language: uk\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: " + RUSSIAN + "\n"
    content = mo({"": header, "menu\x04Open": "Відкрити", "%d file\0%d files": "%d файл\0%d файли\0%d файлів"}, order)
    found = parse_mo(content, Source("x.mo"))
    texts = {(unit.key, unit.language): unit.text for unit in found.units}
    assert texts[f"menu{CONTEXT}Open", "ukr_Cyrl"] == "Відкрити"
    assert [texts[f"%d file[{number}]", "ukr_Cyrl"] for number in (1, 2, 5)] == ["%d файл", "%d файли", "%d файлів"]


@pytest.mark.parametrize("change", [b"", b"\0" * 40, b"\xde\x12\x04\x95", b"\xde\x12\x04\x95" + b"\xff" * 60])
def test_no_compiled_catalogue(change):
    with pytest.raises(FormatError):
        parse_mo(change, Source("x.mo"))


@pytest.mark.parametrize("cut", range(30, 120, 7))
def test_a_compiled_catalogue_that_was_cut(cut):
    content = mo({"": "Language: uk\n", "Open": "Відкрити", "Close": "Закрити"})
    with pytest.raises(FormatError):
        parse_mo(content[: len(content) * cut // 140], Source("x.mo"))
