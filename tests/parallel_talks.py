"""Documents in many languages and scripts whose every segment is known: dictionaries stand for translators.

A language is a one-to-one dictionary from numbers to words of its script, with its own word order; so an aligner has to
learn the words, and nothing else gives the counterpart away but the lengths.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pyarrow as pa

ALPHABETS = {
    "eng_Latn": "abcdefghijklmnopqrstuvwxyz",
    "ell_Grek": "αβγδεζηθικλμνξοπρστυφχψω",
    "rus_Cyrl": "абвгдежзиклмнопрстуфхцчшы",
    "kat_Geor": "აბგდევზთიკლმნოპჟრსტუფქღყ",
    "hye_Armn": "աբգդեզէըթժիլխծկհձղճմյնշո",
    "amh_Ethi": "ሀለሐመሠረሰሸቀበተቸኀነኘአከኸወዐዘዠየደ",
    "heb_Hebr": "אבגדהוזחטיכלמנסעפצקרשת",
    "hin_Deva": "कखगघचछजझटठडढतथदधनपफबभमयर",
}
SCHEMA = pa.schema([(name, pa.string()) for name in ("uid", "doc_key", "language", "text", "title")])


@dataclass(frozen=True)
class Version:
    """A document in one language.

    Attributes:
        lines: its segments.
        said: for each the numbers of what it says.
    """

    lines: list[str]
    said: list[tuple[int, ...]]


def word(number: int, language: str) -> str:
    """The word of a language for a number."""
    chance = random.Random(f"{language}/{number}")
    return "".join(chance.choices(ALPHABETS[language], k=chance.randint(3, 8)))


def talks(
    languages: list[str], documents: int = 12, length: int = 30, *, deleted: float = 0.05, merged: float = 0.1,
    seed: int = 1,
) -> dict[str, dict[str, Version]]:
    """Documents by key, each by language: the same sentences, some left out and some in one line with the next."""
    found: dict[str, dict[str, Version]] = {}
    for document in range(documents):
        chance = random.Random(f"{seed}/{document}")
        sentences = [[int(chance.paretovariate(0.6)) % 700 for _ in range(chance.randint(4, 16))] for _ in range(length)]
        found[f"talk-{document:03}"] = {
            language: _version(sentences, language, random.Random(f"{seed}/{document}/{language}"), deleted, merged)
            for language in languages
        }
    return found


def _version(
    sentences: list[list[int]], language: str, chance: random.Random, deleted: float, merged: float
) -> Version:
    lines, said, place = [], [], 0
    while place < len(sentences):
        if chance.random() < deleted:
            place += 1
            continue
        size = 2 if place + 1 < len(sentences) and chance.random() < merged else 1
        texts = []
        for sentence in sentences[place : place + size]:
            words = [word(number, language) for number in sentence]
            texts.append(" ".join(words[::-1] if language in ("hin_Deva", "kat_Geor") else words) + ".")
        lines.append(" ".join(texts))
        said.append(tuple(range(place, place + size)))
        place += size
    return Version(lines, said)


def rows(documents: dict[str, dict[str, Version]]) -> list[dict[str, str]]:
    """The documents as rows, language by language."""
    languages = sorted({language for versions in documents.values() for language in versions})
    return [
        {
            "uid": f"{number:02}{key[-3:]}", "doc_key": key, "language": language,
            "text": "\n".join(documents[key][language].lines), "title": f"{key} {language}",
        }
        for number, language in enumerate(languages)
        for key in sorted(documents)
        if language in documents[key]
    ]  # fmt: skip


def true_groups(versions: dict[str, Version]) -> set[frozenset[tuple[str, int]]]:
    """The groups of a document: segments that say something in common, directly or through others."""
    members: dict[int, set[tuple[str, int]]] = {}
    for language, version in versions.items():
        for place, said in enumerate(version.said):
            for number in said:
                members.setdefault(number, set()).add((language, place))
    found: list[set[tuple[str, int]]] = []
    for number in sorted(members):
        if found and any(segment in found[-1] for segment in members[number]):
            found[-1] |= members[number]
        else:
            found.append(set(members[number]))
    return {frozenset(group) for group in found}
