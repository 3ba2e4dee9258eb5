"""Personal data with a recognisable form, found and replaced: e-mail, IP, telephone, IBAN, card and identity numbers.

`kernels.pii_candidates` finds the few windows of a batch that could hold any; rules in Python decide on those only.
A window's digits and signs are read in ASCII whatever their script (Arabic-Indic, Devanagari, full-width ...). Where
finds overlap the longest stays, so nothing is replaced twice; placeholders are never found again, and replacing goes on
until nothing is found, so a second run changes nothing.

Definitions: e-mail after RFC 5322 and RFC 6531 (the parts that occur in running text); IP as in FineWeb (Penedo et al.
2024, appendix): public addresses only; IBAN after ISO 13616 with its check digits (ISO 7064 mod 97-10) and length; card
numbers after ISO/IEC 7812 with the Luhn digit, issuer ranges and lengths; telephone numbers: `phone_numbers`; identity
numbers: `national_ids`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.arrow import text_buffers
from ..kernels.pii_candidates import AT, BYTES, CODE, COLON, IBAN, NUMBER, find_candidates
from ..kernels.splice import replace_spans
from ..kernels.unicode import CLASS, DIGIT
from .national_ids import id_spans
from .phone_numbers import phone_spans
from .pii_regions import regions_of
from .pii_rules import card_spans, email_spans, iban_spans, ipv4_spans, ipv6_spans

KINDS: Final = ("email", "ip", "phone", "iban", "card", "id")
PLACEHOLDERS: Final[Mapping[str, str]] = {kind: f"<{kind}>" for kind in KINDS}

AUTO: Final = "auto"

_PRIORITY: Final = {kind: place for place, kind in enumerate(("iban", "card", "ip", "email", "id", "phone"))}
_BEFORE: Final = 64
_AFTER: Final = 8
"""Bytes of context around a window."""
_SHORT: Final = 256
_MOST_PASSES: Final = 8
"""Replacing one find can bare another one; each pass looks at the rows that the last one changed."""


class Find(NamedTuple):
    """One piece of personal data: its row, its place in the batch's buffer (bytes), its kind and the rule's name."""

    row: int
    start: int
    end: int
    kind: str
    rule: str


class Redaction(NamedTuple):
    """What became of n texts.

    Attributes:
        text: n strings with placeholders (the array given where nothing was found).
        counts: n structs, one int32 per kind of `KINDS`.
        rules: n lists of (rule, count), ordered by rule.
        totals: finds per kind.
    """

    text: pa.Array
    counts: pa.StructArray
    rules: pa.ListArray
    totals: Mapping[str, int]


COUNTS: Final = pa.struct([(kind, pa.int32()) for kind in KINDS])
RULES: Final = pa.list_(pa.struct([("rule", pa.string()), ("count", pa.int32())]))


class Hints(NamedTuple):
    """What tells the country of a document, for national forms of telephone and identity numbers.

    Attributes:
        language: n language codes, or None.
        url: n addresses, or None.
        regions: `AUTO` for the country of the address, else those of the language; or ISO 3166 codes for all rows.
    """

    language: pa.Array | None = None
    url: pa.Array | None = None
    regions: Sequence[str] | str = AUTO

    def of(self, row: int) -> tuple[str, ...]:
        """The countries of a row."""
        if self.regions != AUTO:
            return tuple(self.regions)
        language = self.language[row].as_py() if self.language is not None else None
        return regions_of(language, self.url[row].as_py() if self.url is not None else None)

    def take(self, rows: pa.Array) -> Hints:
        """The hints of some rows."""
        taken = [None if each is None else each.take(rows) for each in (self.language, self.url)]
        return Hints(taken[0], taken[1], self.regions)


NO_HINTS: Final = Hints(regions=())


@lru_cache(maxsize=1)
def _ascii_signs() -> dict[int, str]:
    """Digits of all scripts, full-width signs, dashes and fixed-width spaces, to ASCII, one character for one."""
    digits = np.flatnonzero(CLASS == DIGIT)[10:].tolist()
    signs = {code: str(unicodedata.decimal(chr(code))) for code in digits if chr(code).isdecimal()}
    signs |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    signs |= dict.fromkeys([0xA0, 0x202F, 0x3000, *range(0x2000, 0x2010), *range(0x202A, 0x202F)], " ")
    signs |= dict.fromkeys(range(0x2010, 0x2014), "-") | {0x3002: "."}
    return signs


def find_personal_data(
    text: pa.Array,
    kinds: Collection[str] = KINDS,
    *,
    public_ips_only: bool = True,
    hints: Hints = NO_HINTS,
    placeholders: Collection[str] = (),
) -> list[Find]:
    """Personal data in n texts, in order and without overlaps.

    Args:
        text: n strings.
        kinds: which of `KINDS` to look for.
        public_ips_only: leave IP addresses that are not globally reachable.
        hints: what tells each document's country.
        placeholders: strings that are no finds, whatever they look like.

    Returns:
        finds whose places are bytes in the buffer that `text_buffers(text)` gives.
    """
    buffer, offsets = text_buffers(text)
    finds: list[Find] = []
    for row, start, end, what in _candidates(buffer, offsets).tolist():
        if _WINDOW_KINDS[what].isdisjoint(kinds):
            continue
        raw = buffer[start:end].tobytes()
        original = raw.decode("utf-8", "surrogateescape")
        window = original if len(original) == len(raw) else original.translate(_ascii_signs())
        before = _context(buffer, max(int(offsets[row]), start - _BEFORE), start)
        after = _context(buffer, end, min(int(offsets[row + 1]), end + _AFTER))
        place = _byte_places(original, len(raw))
        regions = hints.of(row) if what in (NUMBER, CODE) else ()
        for left, right, kind, rule in _spans(window, before, after, what, public_ips_only, regions):
            if kind in kinds:
                # an identity number may end in letters behind the window, which are ASCII
                beyond = max(0, right - len(window))
                finds.append(Find(row, start + place(left), start + place(right - beyond) + beyond, kind, rule))
    return _without_overlaps(_without_placeholders(finds, buffer, offsets, placeholders))


_WINDOW_KINDS: Final = {
    AT: frozenset({"email"}),
    NUMBER: frozenset({"ip", "phone", "card", "id"}),
    COLON: frozenset({"ip"}),
    IBAN: frozenset({"iban"}),
    CODE: frozenset({"id"}),
}


def _spans(
    window: str, before: str, after: str, what: int, public_only: bool, regions: Sequence[str]
) -> Iterator[tuple[int, int, str, str]]:
    """What the rules find in one window, with characters for places: start, end, kind, rule."""
    if what == AT:
        yield from ((*span, "email", "email") for span in email_spans(window))
    elif what == COLON:
        yield from ((*span, "ip", "ipv6") for span in ipv6_spans(window, before, after, public_only))
    elif what == IBAN:
        yield from ((*span, "iban", "iban") for span in iban_spans(window))
    else:
        if what == NUMBER:
            yield from ((*span, "ip", "ipv4") for span in ipv4_spans(window, before, after, public_only))
            yield from ((*span, "card", "card") for span in card_spans(window, before, after))
            for start, end, rule in phone_spans(window, before, after, regions):
                yield start, end, "phone", rule
        for start, end, rule in id_spans(window, before, after, regions):
            yield start, end, "id", f"id_{rule}"


def _candidates(buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Run `find_candidates` with enough room."""
    room = 4096
    while True:
        found = np.zeros((room, 4), np.int64)
        total = find_candidates(buffer, offsets, CLASS, BYTES, found)
        if total <= room:
            return found[:total]
        room = total


def _context(buffer: npt.NDArray[np.uint8], start: int, end: int) -> str:
    """Text between two places; a character cut at either end is left out."""
    raw = buffer[start:end].tobytes()
    return raw.decode("ascii") if raw.isascii() else raw.decode("utf-8", "ignore").translate(_ascii_signs())


def _byte_places(text: str, size: int) -> Callable[[int], int]:
    """How many bytes the first so many characters of a text of `size` bytes take."""
    if len(text) == size:
        return int
    if len(text) <= _SHORT:
        return lambda characters: len(text[:characters].encode("utf-8", "surrogateescape"))
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    undecoded = (codes >= 0xDC80) & (codes <= 0xDCFF)
    widths = 1 + ((codes >= 0x80) & ~undecoded) + ((codes >= 0x800) & ~undecoded) + (codes >= 0x10000)
    ends = np.concatenate(([0], np.cumsum(widths)))
    return lambda characters: int(ends[characters])


def _without_placeholders(
    finds: list[Find], buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], placeholders: Collection[str]
) -> list[Find]:
    """Finds that touch no placeholder."""
    signs = [
        each.encode() for each in sorted(set(placeholders)) if any(sign.isdigit() or sign in "@＠:" for sign in each)
    ]
    if not signs:
        return finds
    return [find for find in finds if not any(_touches(find, sign, buffer, offsets) for sign in signs)]


def _touches(find: Find, sign: bytes, buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> bool:
    """Whether a placeholder stands where a find does, or overlaps it."""
    first = max(int(offsets[find.row]), find.start - len(sign) + 1)
    last = min(int(offsets[find.row + 1]), find.end + len(sign) - 1)
    return sign in buffer[first:last].tobytes()


def _without_overlaps(finds: list[Find]) -> list[Find]:
    """Of finds that overlap the longest stays, of equally long ones the one whose rule proves more, then the first."""
    kept: list[Find] = []
    for find in sorted(finds, key=lambda each: (each.row, each.start, -each.end, _PRIORITY[each.kind], each.rule)):
        if not kept or kept[-1].row != find.row or find.start >= kept[-1].end:
            kept.append(find)
        elif find.end - find.start > kept[-1].end - kept[-1].start:
            kept[-1] = find
    return kept


def redact(
    text: pa.Array,
    placeholders: Mapping[str, str] = PLACEHOLDERS,
    *,
    public_ips_only: bool = True,
    replace: bool = True,
    hints: Hints = NO_HINTS,
) -> Redaction:
    """Replace personal data by placeholders; doing it again changes nothing.

    Args:
        text: n strings without nulls.
        placeholders: what takes the place of each kind; only these kinds are looked for.
        public_ips_only: leave IP addresses that are not globally reachable.
        replace: False counts only.
        hints: what tells each document's country.
    """
    signs, names = tuple(placeholders.values()), list(placeholders)
    found: list[Find] = []
    done, part, rows = text, text, np.arange(len(text))
    for _ in range(_MOST_PASSES):
        finds = find_personal_data(
            part, names, public_ips_only=public_ips_only, hints=hints, placeholders=signs
        )  # fmt: skip
        found += (find._replace(row=int(rows[find.row])) for find in finds)
        if not finds or not replace:
            break
        spans = np.array([(row, start, end, names.index(kind)) for row, start, end, kind, _ in finds], np.int64)
        changed = np.unique(spans[:, 0])
        redacted = replace_spans(part, spans, signs)
        part = redacted.take(pa.array(changed))
        if len(changed) == len(rows) == len(text):
            done = part
        else:
            done = redacted if len(rows) == len(text) else _put(done, rows[changed], part)
        rows, hints = rows[changed], hints.take(pa.array(changed))
    return Redaction(done, *_counted(found, len(text)))


def _put(text: pa.Array, rows: npt.NDArray[np.int64], new: pa.Array) -> pa.Array:
    """The texts with some rows exchanged."""
    places = np.arange(len(text))
    places[rows] = len(text) + np.arange(len(rows))
    return pa.concat_arrays([text, new]).take(pa.array(places))


def _counted(finds: Sequence[Find], rows: int) -> tuple[pa.StructArray, pa.ListArray, dict[str, int]]:
    """Finds per row and kind, per row and rule, and per kind."""
    counts = np.zeros((len(KINDS), rows), np.int32)
    number = {kind: place for place, kind in enumerate(KINDS)}
    rules: dict[tuple[int, str], int] = {}
    for find in finds:
        counts[number[find.kind], find.row] += 1
        rules[find.row, find.rule] = rules.get((find.row, find.rule), 0) + 1
    table = pa.StructArray.from_arrays([pa.array(each) for each in counts], fields=list(COUNTS))
    ordered = sorted(rules)
    ends = np.zeros(rows + 1, np.int32)
    np.add.at(ends, np.array([row + 1 for row, _ in ordered], np.int64), 1)
    pairs = pa.StructArray.from_arrays(
        [
            pa.array([rule for _, rule in ordered], pa.string()),
            pa.array([rules[each] for each in ordered], pa.int32()),
        ],
        fields=list(RULES.value_type),
    )
    lists = pa.ListArray.from_arrays(pa.array(np.cumsum(ends), pa.int32()), pairs).cast(RULES)
    return table, lists, {kind: int(each.sum()) for kind, each in zip(KINDS, counts, strict=True)}
