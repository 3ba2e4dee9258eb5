"""Sentence pairs of which about half break some rule: real ones, damaged in the ways that rules look for."""

from __future__ import annotations

import random
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Pair = tuple[str, str, str, str]
"""Source, target, and their languages."""


def real_pairs(path: str, rows: int, seed: int, script: str = "") -> list[Pair]:
    """Translations of the same line in two languages, drawn from a table with `lang`, `text`, `doc_id` and `seg`.

    Both are in languages of one script, where that is given.
    """
    table = pq.read_table(path, columns=["lang", "text", "doc_id", "seg"])
    table = table.filter(pc.greater(pc.utf8_length(table["text"]), 0))
    lines: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for row in table.to_pylist():
        if not row["lang"].endswith(script):
            continue
        lines.setdefault((row["doc_id"], row["seg"]), []).append((row["lang"], row["text"].rstrip()))
    draw = random.Random(seed)
    keys = sorted(key for key, texts in lines.items() if len(texts) > 1)
    found: list[Pair] = []
    while len(found) < rows:
        (one, source), (other, target) = draw.sample(lines[draw.choice(keys)], 2)
        found.append((source, target, one, other))
    return found


def _words(text: str, draw: random.Random, low: int, high: int) -> str:
    words = text.split() or ["x"]
    return " ".join(draw.choice(words) for _ in range(draw.randint(low, high)))


def _insert(text: str, what: str, draw: random.Random) -> str:
    place = draw.randint(0, len(text))
    return text[:place] + what + text[place:]


def _glue(text: str, draw: random.Random) -> str:
    return text.replace(" ", "", draw.randint(1, 12))


def _tag(text: str, draw: random.Random) -> str:
    pieces = [
        "<b>",
        "</b>",
        "<br/>",
        "< b>",
        "<3",
        "<!--",
        "-->",
        "<a href='x'>",
        '<a href="',
        "&lt;b&gt;",
        "<![x",
        "<i",
        ">",
    ]
    for _ in range(draw.randint(1, 3)):
        text = _insert(text, draw.choice(pieces), draw)
    return text


def _marks(text: str, draw: random.Random) -> str:
    return text + "".join(draw.choice(".?!…. ") for _ in range(draw.randint(0, 14)))


def _numerals(text: str, draw: random.Random) -> str:
    for _ in range(draw.randint(1, 8)):
        text = _insert(text, draw.choice(["1", "2", "30", "4567", " 2020 ", "9"]), draw)
    return text


def _common(source: str, target: str, draw: random.Random) -> tuple[str, str]:
    cut = max(0, len(source) - draw.randint(0, 20))
    return source, source[:cut] + target[: draw.randint(0, 12)]


def _repeat(text: str, draw: random.Random) -> str:
    start = draw.randint(0, max(0, len(text) - 4))
    piece = text[start : start + draw.randint(2, 25)]
    return text[:start] + draw.choice(["", " ", "  "]).join([piece] * draw.randint(2, 4)) + text[start:]


def _symbols(text: str, draw: random.Random) -> str:
    drawn = draw.uniform(0, 1.2)
    return "".join(draw.choice("0123 -_%&/()=.,;") if draw.random() < drawn else letter for letter in text)


def _foreign(text: str, draw: random.Random) -> str:
    letters = draw.choice(["абвгде", "αβγδ", "ابتث", "中文字", "אבגד", "abcd"])
    drawn = draw.uniform(0, 0.3)
    return "".join(draw.choice(letters) if draw.random() < drawn else letter for letter in text)


def _noise(text: str, draw: random.Random) -> str:
    pieces = [
        " - ", " / ", " : ", " » ", " | ", "→", "•", "*", "<", ">", "(", ")", "[", "]", "{", "}", "Re:", "%s", "+++",
        "***", '="', "\\u00e9", "\\x41", "Ã©", "Â", "éèàü", "àéèüöäß", " a b c d e ", " a 1 b c d ",
        "www.example.com", "x.org/y", "fooBarBaz", "JaNein", "ja ja ja ja",
        " the same thing the same thing ", "hahahahaha", "Ж", "中", "123456",
    ]  # fmt: skip
    for _ in range(draw.randint(1, 5)):
        text = _insert(text, draw.choice(pieces), draw)
    return text


def _one_side(change: Callable[[str, random.Random], str]) -> Callable[[str, str, random.Random], tuple[str, str]]:
    def changed(source: str, target: str, draw: random.Random) -> tuple[str, str]:
        return (change(source, draw), target) if draw.random() < 0.5 else (source, change(target, draw))

    return changed


def _short(text: str, draw: random.Random) -> str:
    return "" if draw.random() < 0.1 else _words(text, draw, 1, 4)


def _long(text: str, draw: random.Random) -> str:
    return _words(text, draw, 40, 260)


def _title(source: str, target: str, draw: random.Random) -> tuple[str, str]:
    return source.title(), target.title() if draw.random() < 0.8 else target.capitalize()


def _copy(source: str, target: str, draw: random.Random) -> tuple[str, str]:
    copy = draw.choice([str.upper, str.lower, str.title, lambda text: text + " 1.", lambda text: text + "x"])(source)
    return (source, copy) if draw.random() < 0.5 else (copy, source)


DAMAGES: dict[str, Callable[[str, str, random.Random], tuple[str, str]]] = {
    "short": _one_side(_short),
    "long": _one_side(_long),
    "glued": _one_side(_glue),
    "tags": _one_side(_tag),
    "marks": _one_side(_marks),
    "numerals": _one_side(_numerals),
    "common": _common,
    "repeated": _one_side(_repeat),
    "symbols": _one_side(_symbols),
    "foreign": _one_side(_foreign),
    "noise": _one_side(_noise),
    "titles": _title,
    "copies": _copy,
    "letters": lambda source, target, draw: (" ".join(source.replace(" ", "")[: draw.randint(4, 80)]), target),
}
"""Ways to damage a pair, drawn at random strength, so that many end up near a threshold."""


def damaged(pairs: list[Pair], share: float, seed: int) -> list[Pair]:
    """The pairs, that share of them damaged once or twice."""
    draw = random.Random(seed)
    found = []
    for clean_source, clean_target, one, other in pairs:
        source, target = clean_source, clean_target
        if draw.random() < share:
            for kind in draw.sample(sorted(DAMAGES), draw.choice([1, 1, 2])):
                source, target = DAMAGES[kind](source, target, draw)
        # readers of line files see no line feeds and no white space at the end
        found.append((source.replace("\n", " ").rstrip(), target.replace("\n", " ").rstrip(), one, other))
    return found


def as_table(pairs: list[Pair]) -> pa.RecordBatch:
    """Pairs as the stage reads them."""
    columns = list(zip(*pairs, strict=True))
    names = ("src", "tgt", "src_lang", "tgt_lang")
    return pa.RecordBatch.from_pydict(
        {name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)}
    )


def _resized(source: str, target: str, draw: random.Random) -> tuple[str, str]:
    """One side about a third as long as the other."""
    wanted = max(1, int(len(source) / draw.uniform(2, 4.5)))
    cut = target[:wanted] if len(target) >= wanted else target
    return (source, cut) if draw.random() < 0.5 else (cut, source)


def _long_word(text: str, draw: random.Random) -> str:
    letters = "".join(letter for letter in text if letter.isalpha()) or "x"
    word = "".join(draw.choice(letters) for _ in range(draw.randint(36, 46)))
    return _insert(text, f" {word} ", draw)


def _word_lengths(text: str, draw: random.Random) -> str:
    """Words of two letters on average, or of twenty."""
    glued = text.replace(" ", "") or "x"
    size = draw.choice([1, 1, 1, 2, 3, 19, 22, 24, 30])
    pieces = [glued[start : start + size] for start in range(0, len(glued), size)]
    return " ".join(piece + draw.choice(["", "", " "]) for piece in pieces)


def _many_words(text: str, draw: random.Random) -> str:
    return "" if draw.random() < 0.2 else _words(text, draw, 90, 112)


def _few_foreign(text: str, draw: random.Random) -> str:
    letters = draw.choice(["ж", "ω", "ث", "中", "ש", "é", "ñ", "ª", "ǅ", "Ⅻ", "1", "।"])
    return _insert(text, letters, draw)


def _many_marks(text: str, draw: random.Random) -> str:
    return text + "".join(draw.choice(".?!…") for _ in range(draw.randint(1, 9)))


def _nearly_equal(source: str, target: str, draw: random.Random) -> tuple[str, str]:
    size = max(1, len(source))
    place = min(size, draw.choice([int(size * draw.uniform(0.82, 1)), int(size * draw.uniform(0, 0.15))]))
    return source, source[:place] + draw.choice(["", "x", " ", "…", "中"]) + source[place + draw.randint(0, 2) :]


def _thrice(text: str, draw: random.Random) -> str:
    start = draw.randint(0, max(0, len(text) - 4))
    piece = text[start : start + draw.choice([2, 3, 3, 5, 12, 40, 99, 101, 102])]
    return text[:start] + draw.choice(["", " ", "  "]).join([piece] * draw.randint(2, 4)) + text[start + len(piece) :]


TARGETED: dict[str, Callable[[str, str, random.Random], tuple[str, str]]] = {
    "LengthFilter": _one_side(_many_words),
    "LengthRatioFilter": _resized,
    "LongWordFilter": _one_side(_long_word),
    "HtmlTagFilter": lambda source, target, draw: (_tag(source, draw), _tag(target, draw)),
    "AverageWordLengthFilter": _one_side(_word_lengths),
    "CharacterScoreFilter": _one_side(_few_foreign),
    "TerminalPunctuationFilter": _one_side(_many_marks),
    "NonZeroNumeralsFilter": lambda source, target, draw: (_numerals(source, draw), _numerals(target, draw)),
    "LongestCommonSubstringFilter": _nearly_equal,
    "RepetitionFilter": _one_side(_thrice),
}
"""Ways to damage a pair that one of OpusFilter's rules looks for, near its default threshold on both sides of it."""


def one_way_damaged(
    pairs: list[Pair], change: Callable[[str, str, random.Random], tuple[str, str]], share: float, seed: int
) -> list[Pair]:
    """The pairs, that share of them damaged in one way."""
    draw = random.Random(seed)
    found = []
    for source, target, one, other in pairs:
        sides = change(source, target, draw) if draw.random() < share else (source, target)
        found.append((*(side.replace("\n", " ").rstrip() for side in sides), one, other))
    return found
