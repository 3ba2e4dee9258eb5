"""One table of language codes: BCP 47, ISO 639-1/2/3 and the detectors' labels, all onto `fra_Latn`, and back.

The canonical form is that of GlotLID (Kargaran et al. 2023) and FineWeb-2: ISO 639-3 + "_" + ISO 15924, with the
member of a macrolanguage where ISO 639-3 has members ("zh" -> `cmn_Hani`, "ar" -> `arb_Arab`, "ms" -> `zsm_Latn`,
"et" -> `ekk_Latn`; but "fa" -> `fas_Arab`, as they do). Simplified and traditional Han are one script, `Hani`. What
the table does not know passes through unchanged.

Which member a macrolanguage means is CLDR's choice, but for a few that GlotLID sees otherwise: "qu" is `quz_Latn`
(Cusco), not `quy_Latn` (Ayacucho, the Quechua of FLORES-200). FineWeb-2 has both, and so has GlotLID, which has no
label for the macrolanguage; a detector that has no other puts all members under that one name.

`language_codes.tsv` is made by `language_codes_generate.py` from CLDR 48.2 (Unicode License v3) and the IANA language
subtag registry of 2025-08-25 (CC0).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

TABLE: Final = Path(__file__).with_name("language_codes.tsv")
"""Columns: code, bcp47, scripts, aliases, name."""

UNKNOWN: Final = "und"
NO_SCRIPT: Final = "Zyyy"
"""ISO 15924 for text that holds no letter of any one script."""

SOLE_LANGUAGE: Final = {
    "Cakm": "ccp", "Cher": "chr", "Copt": "cop", "Gong": "wsg", "Goth": "got", "Java": "jav", "Kali": "kyu",
    "Lepc": "lep",
    "Limb": "lif", "Lisu": "lis", "Mroo": "mro", "Mtei": "mni", "Nkoo": "nqo", "Olck": "sat", "Osge": "osa",
    "Rjng": "rej", "Rohg": "rhg", "Saur": "saz", "Sylo": "syl", "Talu": "khb", "Thaa": "div", "Toto": "txo",
    "Vaii": "vai", "Wara": "hoc", "Wcho": "nnp", "Yiii": "iii",
}  # fmt: skip
"""Scripts in which practically all text is of one language (The Unicode Standard 16, chapters 7, 9, 13-20)."""

SCRIPT_ALIASES: Final = {
    "Hans": "Hani", "Hant": "Hani", "Kore": "Hang", "Hira": "Jpan", "Kana": "Jpan", "Hrkt": "Jpan", "Aran": "Arab",
}  # fmt: skip

CLD2_CODES: Final = {"xx-Bugi": "bug_Bugi", "xx-Goth": "got_Goth", "zzp": "zzp", "jw": "jav"}
"""cld2's own codes that are in no standard (zzp is Pig Latin)."""

WIKIPEDIA_CODES: Final = {"als": "gsw", "eml": "egl", "nah": "nhn", "bh": "bho", "cbk": "cbk", "no": "nob"}
"""Where models trained on Wikipedia without scripts in their labels (lid.176) mean another language than ISO 639-3."""

LEGACY_TAGS: Final = {
    "zh-classical": "lzh",
    "zh-min-nan": "nan",
    "zh-min": "nan",
    "bat-smg": "sgs",
    "fiu-vro": "vro",
    "be-tarask": "bel",
    "roa-rup": "rup",
    "roa-tara": "nap",
}
"""Tags of Wikipedia's editions that are no BCP 47."""

_FORM: Final = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}\Z")
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*\Z")


class Language(NamedTuple):
    """One line of the table.

    Attributes:
        code: ISO 639-3 ("cmn").
        bcp47: the shortest tag that means it ("zh").
        scripts: ISO 15924 codes of the scripts that it is written in, the default first; empty when unknown.
        name: in English, as in the IANA registry.
    """

    code: str
    bcp47: str
    scripts: tuple[str, ...]
    name: str


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, Language], dict[str, str]]:
    """Languages by code, and codes by every other name of theirs."""
    languages, others = {}, {}
    with TABLE.open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            code, bcp47, scripts, aliases, name = line.rstrip("\n").split("\t")
            languages[code] = Language(code, bcp47, tuple(scripts.split()), name)
            for alias in aliases.split():
                others[alias] = code
    return languages, others


def language(code: str) -> Language | None:
    """What the table has on a code in any form ("fr", "fre", "fra_Latn"), or None."""
    languages, others = _table()
    first = re.split(r"[-_]", code, maxsplit=1)[0].lower()
    return languages.get(others.get(first, first))


def check(codes: Iterable[str], *, also: Iterable[str] = ()) -> None:
    """Refuse what cannot be a language's code, as a user may have written it: "french", "frnch", "klingon".

    Codes of the table pass in any form, and so does everything of the form "xyz_Latn": models have labels of their own.

    Args:
        codes: codes or labels.
        also: other words that are allowed, such as "default".

    Raises:
        ValueError: names the first that is none, and the nearest code where there is one.
    """
    allowed = set(also)
    for code in codes:
        plain = code.removeprefix("__label__")
        if code in allowed or plain in CLD2_CODES or _FORM.match(plain) or plain.lower().startswith(UNKNOWN):
            continue
        if _TAG.match(plain) and language(plain):
            continue
        raise ValueError(f"{code!r} is no language code such as fra_Latn or fra{_nearest(plain)}")


def _nearest(code: str) -> str:
    """The code of the language of that English name, or else of one with a similar name."""
    names = {entry.name.lower(): entry for entry in _table()[0].values()}
    close = difflib.get_close_matches(code.lower(), names, n=1, cutoff=0.7)
    if not close:
        return ""
    entry = names[close[0]]
    return f"; did you mean {canonical(entry.code)} ({entry.name})?"


def split(label: str) -> tuple[str, str]:
    """Language and script of a canonical label: "fra_Latn" -> ("fra", "Latn"), "fra" -> ("fra", "")."""
    code, _, script = label.partition("_")
    return code, script


def scripts_of(code: str) -> tuple[str, ...]:
    """The scripts that a language is written in, the default first; empty when the table does not know."""
    found = language(code)
    return found.scripts if found else ()


def default_script(code: str) -> str:
    """The script that a language is mostly written in, "" when the table does not know."""
    return next(iter(scripts_of(code)), "")


def _tag_script(parts: list[str]) -> str:
    """The ISO 15924 part of a BCP 47 tag, "" without one."""
    for part in parts:
        if len(part) == 4 and part.isalpha():
            return SCRIPT_ALIASES.get(part.title(), part.title())
    return ""


@lru_cache(maxsize=65_536)
def canonical(label: str, text_script: str = "") -> str:
    """The canonical form of a code or a detector's label.

    Args:
        label: "fr", "fre", "fra", "fr-CA", "sr-Latn", "zh_TW", "fra_Latn", "__label__fra_Latn" or "__label__fr".
        text_script: the script of the text; taken for a label without a script when the language is written in it.

    Returns:
        "fra_Latn"; "und_Ethi" for "und" with a script; `label` without "__label__" when the table does not know it.
    """
    label = label.removeprefix("__label__")
    known = CLD2_CODES.get(label) or LEGACY_TAGS.get(label.lower().replace("_", "-"), label)
    if not _TAG.match(known):
        return label
    parts = re.split(r"[-_]", known)
    if len(parts) > 1 and len(parts[1]) == 3 and parts[1].islower() and language(parts[1]):
        del parts[0]  # an extended language subtag (RFC 5646, 2.2.2): zh-yue is yue
    script = _tag_script(parts[1:])
    if parts[0].lower() == UNKNOWN:
        return f"{UNKNOWN}_{script or text_script or NO_SCRIPT}"
    if label.lower() in {"sh", "hbs"}:
        return f"hbs_{text_script or 'Latn'}"
    found = language(parts[0])
    if found is None:
        return label
    if not script:
        script = text_script if text_script in found.scripts else next(iter(found.scripts), text_script)
    return f"{found.code}_{script}" if script else found.code


def bcp47(label: str) -> str:
    """The BCP 47 tag of a canonical label, with the script where it is not the default: "sr-Latn", "zh", "und-Ethi".

    A region that a label has stays: "fra-CA_Latn" is "fr-CA".
    """
    code, script = split(label)
    if code == UNKNOWN:
        return f"{UNKNOWN}-{script}" if script else UNKNOWN
    found = language(code)
    if found is None:
        return label.replace("_", "-")
    tag = found.bcp47 if not script or script == next(iter(found.scripts), "") else f"{found.bcp47}-{script}"
    region = code.rpartition("-")[2] if "-" in code else ""
    return f"{tag}-{region}" if re.fullmatch(r"[A-Z]{2}|\d{3}", region) else tag


def iso639(label: str) -> str:
    """The ISO 639-1 code of a canonical label where there is one, else ISO 639-3: `language` in the Hub's cards."""
    return bcp47(label).split("-")[0]


def name(label: str) -> str:
    """The English name of a language, the label itself when the table does not know it."""
    found = language(label)
    return found.name if found else label


def in_script(label: str, text_script: str) -> str:
    """Reconcile what a detector says with the script of the text.

    Args:
        label: a canonical label, with or without a script.
        text_script: the dominant script of the text, `NO_SCRIPT` when it has no letters.

    Returns:
        The label with a script when the language is written in the text's; "und_<text_script>" when they contradict.
    """
    code, script = split(label)
    if text_script == NO_SCRIPT:
        return f"{UNKNOWN}_{NO_SCRIPT}"
    known = scripts_of(code)
    if script == text_script or text_script in known or (not known and not script):
        return f"{code}_{text_script}"
    return f"{UNKNOWN}_{text_script}"


def from_model_labels(labels: list[str]) -> list[str]:
    """Canonical labels for all labels of a model at once; without scripts they stay without ("fra"), for `in_script`.

    A model that knows both "als" and "sq" means Alemannic by the former, as Wikipedia does (lid.176).
    """
    bare = [label.removeprefix("__label__") for label in labels]
    wikipedia = {"als", "sq"} <= set(bare)
    result = []
    for own in bare:
        label = WIKIPEDIA_CODES.get(own, own) if wikipedia else own
        has_script = bool(_tag_script(re.split(r"[-_]", label)[1:]))
        full = canonical(label)
        result.append(full if has_script or not language(label) else split(full)[0])
    return result
