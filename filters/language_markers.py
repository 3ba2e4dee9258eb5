"""Language codes and names in addresses: which part of an address says the language, and what is left without it.

Every convention counts: a code in the host (`fr.example.org`), in the path (`/fr/`, `/pt-BR/`, `/page.fr.html`,
`/index_fr.html`, `/page-fra.html`, `/index-f.html`), in the query (`?lang=fr`), a name (`/english/`), a country that
sites use as a language (`/jp/`), and no code at all for the default language. A word that only looks like a code ("no",
"it", "in") is none unless the document's own language says so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hosts import registered_domains
from .language_codes import LEGACY_TAGS, canonical, language
from .urls import canonical_urls

UNMARKED, GUESSED, AGREED = 0, 1, 2

CONFUSABLE = {
    "srp": "hbs", "hrv": "hbs", "bos": "hbs", "cnr": "hbs", "nob": "nor", "nno": "nor", "pes": "fas", "prs": "fas",
    "tgl": "fil", "quz": "que", "quy": "que", "ind": "msa", "zsm": "msa", "glg": "glg", "zho": "cmn", "yue": "cmn",
    "wuu": "cmn", "hsn": "cmn", "nan": "cmn", "arz": "arb", "apc": "arb", "ary": "arb", "acm": "arb", "lvs": "lav",
    "ltg": "lav", "als": "sqi", "aln": "sqi", "pbt": "pus", "pbu": "pus", "uzn": "uzb", "uzs": "uzb", "azj": "aze",
    "azb": "aze", "kmr": "kur", "ckb": "ckb", "ydd": "yid", "swh": "swa", "plt": "mlg", "npi": "nep", "ory": "ori",
    "khk": "mon", "ekk": "est", "gug": "grn", "ayr": "aym", "dyu": "man", "bam": "man", "twi": "aka", "fat": "aka",
}  # fmt: skip
"""Languages that detectors or sites take for one another, under one name: for agreement, never to name a document."""

COUNTRIES = {
    "jp": "jpn", "cz": "ces", "gr": "ell", "kr": "kor", "cn": "cmn", "tw": "cmn", "hk": "cmn", "ua": "ukr", "se": "swe",
    "dk": "dan", "br": "por", "at": "deu", "us": "eng", "uk": "eng", "gb": "eng", "au": "eng", "ie": "eng", "vn": "vie",
    "mx": "spa", "ar": "spa", "cl": "spa", "co": "spa", "il": "heb", "ir": "fas", "rs": "srp", "si": "slv", "ee": "ekk",
    "al": "als", "ge": "kat", "am": "hye", "by": "bel", "kz": "kaz", "in": "hin", "my": "zsm", "ph": "fil",
    "cat": "cat", "cym": "cym", "iw": "heb", "ji": "ydd", "jw": "jav", "mo": "ron", "sp": "spa", "ger": "deu",
    "chs": "cmn", "cht": "cmn", "zhs": "cmn", "zht": "cmn", "esp": "spa", "deu": "deu", "ptg": "por", "ptb": "por",
    "csy": "ces", "dan": "dan", "ell": "ell", "esn": "spa", "fin": "fin", "hun": "hun", "jap": "jpn", "kaz": "kaz",
    "sve": "swe",
    "trk": "tur", "rom": "ron", "slo": "slv", "cro": "hrv", "gre": "ell", "chn": "cmn", "val": "cat", "eng": "eng",
}  # fmt: skip
"""Codes of countries, withdrawn codes and Windows' three letters, as sites use them for languages."""

LETTERS = {
    "e": "eng", "f": "fra", "s": "spa", "d": "deu", "g": "deu", "i": "ita", "p": "por", "r": "rus", "c": "cmn",
    "a": "arb", "n": "nld", "j": "jpn", "k": "kor",
}  # fmt: skip
"""One letter at the end of a file's name: `index-f.html`, `trips_e.htm`."""

NAMES = {
    "english": "eng", "anglais": "eng", "ingles": "eng", "inglese": "eng", "englisch": "eng", "engels": "eng",
    "french": "fra", "francais": "fra", "français": "fra", "frances": "fra", "franzoesisch": "fra", "german": "deu",
    "deutsch": "deu", "allemand": "deu", "aleman": "deu", "tedesco": "deu", "spanish": "spa", "espanol": "spa",
    "español": "spa", "castellano": "spa", "espagnol": "spa", "italian": "ita", "italiano": "ita", "italien": "ita",
    "portuguese": "por", "portugues": "por", "português": "por", "portugais": "por", "dutch": "nld",
    "nederlands": "nld", "flemish": "nld", "vlaams": "nld", "catalan": "cat", "catala": "cat", "català": "cat",
    "valencia": "cat", "galego": "glg", "galician": "glg", "euskara": "eus", "euskera": "eus", "basque": "eus",
    "welsh": "cym", "cymraeg": "cym", "irish": "gle", "gaeilge": "gle", "gaelic": "gla", "gaidhlig": "gla",
    "breton": "bre", "brezhoneg": "bre", "swedish": "swe", "svenska": "swe", "danish": "dan", "dansk": "dan",
    "norwegian": "nob", "norsk": "nob", "bokmal": "nob", "bokmål": "nob", "nynorsk": "nno", "finnish": "fin",
    "suomi": "fin", "suomeksi": "fin", "icelandic": "isl", "islenska": "isl", "íslenska": "isl", "estonian": "ekk",
    "eesti": "ekk", "latvian": "lvs", "latviesu": "lvs", "latviešu": "lvs", "lithuanian": "lit", "lietuviu": "lit",
    "lietuvių": "lit", "polish": "pol", "polski": "pol", "czech": "ces", "cesky": "ces", "čeština": "ces",
    "cestina": "ces", "slovak": "slk", "slovencina": "slk", "slovenčina": "slk", "slovensky": "slk",
    "slovenian": "slv", "slovene": "slv", "slovenscina": "slv", "slovenščina": "slv", "hungarian": "hun",
    "magyar": "hun", "croatian": "hrv", "hrvatski": "hrv", "serbian": "srp", "srpski": "srp", "српски": "srp",
    "bosnian": "bos", "bosanski": "bos", "romanian": "ron", "romana": "ron", "română": "ron", "bulgarian": "bul",
    "български": "bul", "macedonian": "mkd", "македонски": "mkd", "albanian": "als", "shqip": "als", "greek": "ell",
    "ellinika": "ell", "ελληνικά": "ell", "turkish": "tur", "turkce": "tur", "türkçe": "tur", "maltese": "mlt",
    "malti": "mlt", "russian": "rus", "russkij": "rus", "русский": "rus", "ukrainian": "ukr", "українська": "ukr",
    "belarusian": "bel", "беларуская": "bel", "georgian": "kat", "ქართული": "kat", "armenian": "hye",
    "հայերեն": "hye", "azerbaijani": "azj", "kazakh": "kaz", "қазақ": "kaz", "қазақша": "kaz", "uzbek": "uzn",
    "arabic": "arb", "العربية": "arb", "عربي": "arb", "hebrew": "heb", "עברית": "heb", "persian": "fas", "farsi": "fas",
    "فارسی": "fas", "urdu": "urd", "اردو": "urd", "hindi": "hin", "हिन्दी": "hin", "हिंदी": "hin", "bengali": "ben",
    "bangla": "ben", "বাংলা": "ben", "tamil": "tam", "தமிழ்": "tam", "telugu": "tel", "తెలుగు": "tel",
    "marathi": "mar", "मराठी": "mar", "gujarati": "guj", "ગુજરાતી": "guj", "punjabi": "pan", "ਪੰਜਾਬੀ": "pan",
    "malayalam": "mal", "മലയാളം": "mal", "kannada": "kan", "ಕನ್ನಡ": "kan", "sinhala": "sin", "සිංහල": "sin",
    "nepali": "npi", "नेपाली": "npi", "thai": "tha", "ไทย": "tha", "lao": "lao", "ລາວ": "lao", "khmer": "khm",
    "ខ្មែរ": "khm", "burmese": "mya", "မြန်မာ": "mya", "vietnamese": "vie", "tieng-viet": "vie", "indonesian": "ind",
    "bahasa": "ind", "indonesia": "ind", "malay": "zsm", "melayu": "zsm", "tagalog": "fil", "filipino": "fil",
    "chinese": "cmn", "zhongwen": "cmn", "中文": "cmn", "简体中文": "cmn", "繁體中文": "cmn", "简体": "cmn",
    "繁體": "cmn",
    "japanese": "jpn", "nihongo": "jpn", "日本語": "jpn", "korean": "kor", "한국어": "kor", "mongolian": "khk",
    "монгол": "khk", "tibetan": "bod", "amharic": "amh", "አማርኛ": "amh", "somali": "som", "swahili": "swh",
    "kiswahili": "swh", "hausa": "hau", "yoruba": "yor", "igbo": "ibo", "zulu": "zul", "afrikaans": "afr",
    "xhosa": "xho", "esperanto": "epo", "latin": "lat", "kreyol": "hat", "tiếng việt": "vie", "ქართულად": "kat",
    "polszczyzna": "pol", "по-русски": "rus", "oʻzbekcha": "uzn", "o‘zbekcha": "uzn", "кыргызча": "kir",
    "bahasa indonesia": "ind", "bahasa melayu": "zsm", "føroyskt": "fao", "lëtzebuergesch": "ltz", "rumantsch": "roh",
    "azərbaycan": "azj", "azərbaycanca": "azj", "türkmen": "tuk", "тоҷикӣ": "tgk", "татарча": "tat", "ئۇيغۇرچە": "uig",
    "پښتو": "pbt", "کوردی": "ckb", "kurdî": "kmr", "kinyarwanda": "kin", "isizulu": "zul", "isixhosa": "xho",
    "sesotho": "sot", "setswana": "tsn", "malagasy": "plt", "gàidhlig": "gla", "occitan": "oci", "corsu": "cos",
    "asturianu": "ast", "aragonés": "arg", "sardu": "srd", "frysk": "fry", "kreyòl ayisyen": "hat", "ትግርኛ": "tir",
    "සිංහලෙන්": "sin", "བོད་ཡིག": "bod", "தமிழில்": "tam", "日本": "jpn", "français canadien": "fra",
}  # fmt: skip
"""Names of languages as addresses and language menus have them, in the language itself or another."""

PARAMETERS = frozenset(
    [
        "lang",
        "language",
        "hl",
        "locale",
        "loc",
        "l",
        "lg",
        "ln",
        "lng",
        "lan",
        "langid",
        "lang_id",
        "langcode",
        "languagecode",
        "lang_code",
        "setlang",
        "set_lang",
        "uselang",
        "setlanguage",
        "language_id",
        "idioma",
        "idiom",
        "langue",
        "lingua",
        "sprache",
        "taal",
        "kieli",
        "sprak",
        "jazyk",
        "jezik",
        "lingvo",
        "il",
        "clang",
        "ilang",
        "slang",
        "uilang",
        "ui_lang",
        "mkt",
        "market",
        "setlocale",
        "i18n",
        "wp_lang",
        "pll_lang",
        "trp-lang",
        "edition",
        "lang_sel",
        "newlang",
    ]
)
"""Names of query parameters that choose a language."""

_SCRIPTS = (
    "hans hant latn cyrl arab deva hebr grek adlm tfng mong beng guru latin cyrillic simplified traditional simp trad"
)
_PART = rf"(?:[a-z]{{2}}|[0-9]{{3}}|[0-9][a-z0-9]{{3}}|{'|'.join(_SCRIPTS.split())}|polyton|monotonic|valencia|tarask)"
_LEGACY = "|".join(sorted(tag for tag in LEGACY_TAGS if "-" in tag))
_TAG = re.compile(rf"([a-z]{{2,3}})((?:[-_\x03]{_PART})*)")
_COMPOUND = rf"([/._-])([a-z]{{2,3}})[-_]({_PART})([/.?_]|$)"
_VIEW = (
    r"\x00[&;](?:print|printable|printer|printversion|printerfriendly|amp|mobile)(?:=[^\x00]*)?"
    r"|\x00[&;](?:output|view|format|type|mode|action|display|tmpl|version|media)=(?:print|printable|amp|mobile)"
)
_VIEW_PATH = r"\x00[/._-](?:print|printable|print-view|printview|printer-friendly|amp)(\x00[/.]|$)"
_INDEX = r"\x00/(?:index|default)(?:\x00\.[a-z0-9]{2,5})?(\x00&|$)"


class Neutral(NamedTuple):
    """Addresses without what says the language.

    Attributes:
        page: n strings: the canonical address in lower case without what only changes the view (print, AMP, mobile).
        neutral: n strings: the same without the language; null where there is no address.
        mark: n numbers: `UNMARKED`, `GUESSED` (the document's language does not confirm the code) or `AGREED`.
    """

    page: pa.StringArray
    neutral: pa.StringArray
    mark: npt.NDArray[np.uint8]


@lru_cache(maxsize=65_536)
def family(label: str) -> str:
    """What a language is called where confusable ones share a name: "hrv_Latn" -> "hbs"; "" for an unknown one."""
    found = language(label) if label else None
    if found is None:
        return ""
    return CONFUSABLE.get(found.code, found.code)


@lru_cache(maxsize=65_536)
def marked_languages(word: str, *, countries: bool = True) -> frozenset[str]:
    """The languages (see `family`) that a part of an address may stand for; none for an ordinary word.

    Args:
        word: in lower case: "fr", "pt-br", "zh_hant", "english".
        countries: whether a country's code of two letters counts ("us" in /us/, but not in /about-us).
    """
    if word in NAMES:
        return frozenset({family(NAMES[word])})
    found = _TAG.fullmatch(word)
    if found is None:
        return frozenset()
    code = word.replace("_", "-").replace("\x03", "-")
    if code in LEGACY_TAGS:
        return frozenset({family(LEGACY_TAGS[code])})
    meant = {family(canonical(found[1]))} if language(found[1]) else set()
    if found[1] in COUNTRIES and not found[2] and (countries or len(word) > 2):
        meant.add(family(COUNTRIES[found[1]]))
    return frozenset(meant - {""})


@lru_cache(maxsize=65_536)
def _letter(word: str) -> frozenset[str]:
    return frozenset({family(LETTERS[word])}) if word in LETTERS else frozenset()


def neutral_urls(urls: pa.Array, *languages: pa.Array) -> Neutral:
    """Take out of n addresses what says the language, so that versions of a page in other languages become equal.

    Args:
        urls: n strings, possibly null.
        languages: columns of n codes of any kind, possibly null: what a document's language may be. A part of an
            address that one of them confirms is taken out wherever it stands; without any such part one that stands
            where languages usually stand is.
    """
    tokens = _tokens(urls)
    parents = pc.list_parent_indices(tokens).to_numpy()
    flat = pc.list_flatten(tokens)
    flat = flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat
    words = flat.dictionary_encode()
    kinds = _words(words.dictionary)
    number = words.indices.to_numpy()
    after = _after(parents, np.array([ord(kind.sign) for kind in kinds], np.int32), number)
    agreed, replaced = _agreed(kinds, number, parents, after, languages)
    guessed = _guessed(kinds, number, parents, after, agreed)
    mark = np.full(len(urls), UNMARKED, np.uint8)
    mark[parents[guessed]] = GUESSED
    mark[parents[agreed]] = AGREED
    vocabulary = pa.concat_arrays([words.dictionary, pa.array([kind.rest for kind in kinds], pa.string())])
    chosen = np.where(replaced, number + len(kinds), number)
    keep = ~(agreed | guessed) | replaced
    neutral = _joined(vocabulary.take(pa.array(chosen[keep])), parents[keep], len(urls))
    page = _joined(flat, parents, len(urls))
    known = pc.is_valid(urls)
    null = pa.scalar(None, pa.string())
    return Neutral(pc.if_else(known, page, null), pc.if_else(known, neutral, null), mark)


class _Word(NamedTuple):
    r"""One piece of an address: the sign before it and the word; its languages by position.

    Attributes:
        sign: "\x01" for a label of the host, "\x02" for the domain, else the separator.
        languages: what the whole word may mean.
        codes: the same where countries do not count.
        letter: what it means as the last letter of a file's name.
        end: what its last part alone may mean ("faq-fr"), with `rest`, what is left then.
        rest: see `end`.
        usual: whether a language stands there by convention, if it is one: a parameter of a known name.
    """

    sign: str
    languages: frozenset[str]
    codes: frozenset[str]
    letter: frozenset[str]
    end: frozenset[str]
    rest: str
    usual: bool

    @classmethod
    def of(cls, token: str) -> _Word:
        sign, word = token[:1] or "\x02", token[1:]
        if sign == "&":
            name, _, value = word.partition("=")
            meant = marked_languages(value)
            return cls(sign, meant, meant, frozenset(), frozenset(), "", name in PARAMETERS)
        first, _, last = word.rpartition("\x03")
        end = marked_languages(last, countries=False) if first else frozenset()
        return cls(
            sign,
            marked_languages(word),
            marked_languages(word, countries=False),
            _letter(word),
            end,
            sign + first,
            False,
        )


_LIKELY = (
    rf"^(?:&|\x01|[/._-](?:[a-z]{{1,3}}|[^\x03]*[^\x00-\x7f].*|{'|'.join(sorted(filter(str.isascii, NAMES)))})$)|\x03"
)


def _words(dictionary: pa.StringArray) -> list[_Word]:
    """What each different piece may mean; most cannot mean a language and are not looked at more closely."""
    likely = pc.match_substring_regex(dictionary, _LIKELY).to_pylist()
    nothing = frozenset[str]()
    return [
        _Word.of(word) if may else _Word(word[:1] or "\x02", nothing, nothing, nothing, nothing, "", False)
        for word, may in zip(dictionary.to_pylist(), likely, strict=True)
    ]


def _tokens(urls: pa.Array) -> pa.ListArray:
    """The pieces of each address, each with the sign before it."""
    lower = pc.utf8_lower(canonical_urls(urls))
    parts = pc.extract_regex(lower, pattern=r"^(?P<host>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?$")
    host, path, query, fragment = (pc.struct_field(parts, name) for name in ("host", "path", "query", "fragment"))
    domain = pc.coalesce(site_domains(urls), host)
    labels = pc.replace_substring_regex(host, r"(^|\.)(?:www|m|mobile|amp)\.", r"\1")
    length = pc.subtract(pc.utf8_length(labels), pc.utf8_length(domain))
    sub = _before(labels, length)
    sub = pc.replace_substring_regex(sub, r"\.$", "")
    sub = pc.replace_substring_regex(pc.replace_substring_regex(sub, r"([^.]+)", "\x00\x01\\1"), r"\.", "")
    path = pc.replace_substring_regex(path, rf"([/._-])({_LEGACY.replace('-', '[-_]')})([/.]|$)", "\\1\\2\\3")
    for _ in range(2):  # neighbours share a separator
        path = pc.replace_substring_regex(path, _COMPOUND, "\\1\\2\x03\\3\\4")
    path = pc.replace_substring_regex(path, r"([/._,~+-])", "\x00\\1")
    query = pc.replace_substring_regex(query, r"[?&;]", "\x00&")
    whole = pc.binary_join_element_wise(
        sub, pc.binary_join_element_wise("\x00\x02", domain, ""), path, query, fragment, ""
    )
    whole = pc.replace_substring_regex(whole, _VIEW, "")
    whole = pc.replace_substring_regex(whole, _VIEW_PATH, r"\1")
    whole = pc.replace_substring_regex(pc.coalesce(whole, ""), "^\x00", "")
    return pc.split_pattern(whole, "\x00")


def site_domains(urls: pa.Array) -> pa.StringArray:
    """The registered domain of each of n addresses; the last two labels where no suffix of the host is a public one."""
    domains = registered_domains(urls)
    coded = domains.dictionary_encode()
    names = coded.dictionary
    # with one more label a domain that somebody can register stays what it is
    longer = registered_domains(pc.binary_join_element_wise("//x.", names, ""))
    numbered = pc.match_substring_regex(names, r"^[0-9.]+$|[\[:]")
    made_up = pc.and_(pc.not_equal(longer, names), pc.invert(numbered))
    short = pc.if_else(made_up, pc.replace_substring_regex(names, r"^.*\.([^.]+\.[^.]+)$", r"\1"), names)
    return short.take(coded.indices)


def _before(texts: pa.Array, lengths: pa.Array) -> pa.Array:
    """The first characters of each text."""
    made = [
        text[: max(0, length)] if text else ""
        for text, length in zip(texts.to_pylist(), lengths.to_pylist(), strict=True)
    ]
    return pa.array(made, pa.string())


def _after(
    parents: npt.NDArray[np.int64], signs: npt.NDArray[np.int32], number: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """The sign after each piece, 0 at the end of an address."""
    after = np.zeros(len(number), np.int32)
    if len(number) > 1:
        same = parents[1:] == parents[:-1]
        after[:-1][same] = signs[number[1:]][same]
    return after


def _agreed(
    kinds: list[_Word],
    number: npt.NDArray[np.int32],
    parents: npt.NDArray[np.int64],
    after: npt.NDArray[np.int32],
    languages: tuple[pa.Array, ...],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which pieces say a language of the document, and of which of these only the end does."""
    agreed, replaced = np.zeros(len(number), np.bool_), np.zeros(len(number), np.bool_)
    candidate = np.array([bool(kind.languages or kind.letter or kind.end) for kind in kinds], np.bool_)
    spots = np.flatnonzero(candidate[number]) if len(kinds) else np.zeros(0, np.int64)
    spoken = [_families(column) for column in languages]
    verdicts: dict[tuple[int, int, tuple[str, ...]], tuple[bool, bool]] = {}
    for spot in spots.tolist():
        row = parents[spot]
        key = (int(number[spot]), int(after[spot]), tuple(column[row] for column in spoken))
        if key not in verdicts:
            verdicts[key] = _verdict(kinds[key[0]], chr(key[1]) if key[1] else "", frozenset(key[2]) - {""})
        agreed[spot], replaced[spot] = verdicts[key]
    return agreed, replaced


def _families(column: pa.Array) -> list[str]:
    """The family of each code."""
    coded = column.cast(pa.string()).dictionary_encode()
    names = [family(canonical(code)) if code else "" for code in coded.dictionary.to_pylist()]
    return [names[place] if place is not None else "" for place in coded.indices.to_pylist()]


def _verdict(word: _Word, after: str, spoken: frozenset[str]) -> tuple[bool, bool]:
    """Whether a piece says one of the languages where it stands, and whether only its end does."""
    if word.sign in "\x02,~+#":
        return False, False
    ends = after in {"", "/", "&", "#", "."}
    if (word.sign in "\x01&" or (word.sign == "/" and ends)) and word.languages & spoken:
        return True, False
    if (ends or (word.sign == "/" and after in {"_", "-"})) and word.codes & spoken:
        return True, False
    if word.sign in "_-." and ends and word.letter & spoken:
        return True, False
    return (True, True) if ends and word.end & spoken else (False, False)


def _guessed(
    kinds: list[_Word],
    number: npt.NDArray[np.int32],
    parents: npt.NDArray[np.int64],
    after: npt.NDArray[np.int32],
    agreed: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """In addresses without any confirmed piece the first that stands where languages usually stand."""
    signs = np.array([ord(kind.sign) for kind in kinds], np.int32)[number]
    meant = np.array([bool(kind.languages) for kind in kinds], np.bool_)[number]
    usual = np.array([kind.usual for kind in kinds], np.bool_)[number]
    before = np.zeros(len(number), np.int32)
    before[1:] = np.where(parents[1:] == parents[:-1], signs[:-1], 0)
    first = (signs == ord("/")) & (before == 2) & np.isin(after, [0, ord("/"), ord("&")])
    suffix = np.isin(signs, [ord("_"), ord("-"), ord(".")]) & (after == ord("."))
    place = meant & (usual | (signs == 1) | first | suffix)
    with_agreed = np.zeros(int(parents.max(initial=-1)) + 1, np.bool_)
    with_agreed[parents[agreed]] = True
    spots = np.flatnonzero(place)
    spots = spots[~with_agreed[parents[spots]]]
    found = np.zeros(len(number), np.bool_)
    found[spots[np.unique(parents[spots], return_index=True)[1]]] = True
    return found


def _joined(pieces: pa.StringArray, parents: npt.NDArray[np.int64], rows: int) -> pa.StringArray:
    """The pieces of each of n addresses as one text."""
    borders = np.searchsorted(parents, np.arange(rows + 1)).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(borders), pieces)
    whole = pc.binary_join(lists, "\x00")
    whole = pc.replace_substring_regex(whole, _INDEX, r"\1")
    whole = pc.replace_substring_regex(whole, r"\x00/(\x00&|$)", r"\1")
    whole = pc.replace_substring_regex(whole, "^\x01", "")
    whole = pc.replace_substring_regex(whole, "(^|\x00)\x02", "\x02")
    whole = pc.replace_substring_regex(whole, "^\x02", "")
    whole = pc.replace_substring_regex(whole, "(\x00\x01|\x02)", ".")
    whole = pc.replace_substring(whole, "\x00", "")
    return pc.replace_substring_regex(whole, "\x03", "-")
