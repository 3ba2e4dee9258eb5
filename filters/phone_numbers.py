"""Telephone numbers in running text: international form everywhere, national forms whose shape gives them away, any
number that a word such as "tel." announces, and national forms of the countries that a document hints at.

Country codes are those of ITU-T Recommendation E.164 with the shortest and longest national number in use. A number
without `+`, without a telling shape and without an announcing word is left alone: years, prices, ISBNs, versions, dates
and coordinates outnumber telephone numbers by far.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from .phone_numbers_regional import regional_span

_NATIONAL_LENGTHS: Final = """
1:10 7:10 20:8-10 27:9 30:10 31:9 32:8-9 33:9 34:9 36:8-9 39:6-11 40:9 41:9 43:7-13 44:9-10 45:8 46:7-10 47:8 48:9
49:6-11 51:8-9 52:10-11 53:6-8 54:10-11 55:10-11 56:8-9 57:8-10 58:10 60:8-10 61:9 62:8-12 63:8-10 64:8-10 65:8 66:8-9
81:9-10 82:8-11 84:9-10 86:9-11 90:10 91:10 92:9-10 93:9 94:9 95:7-10 98:10 211:9 212:9 213:8-9 216:8 218:8-9 220:7
221:9 222:8 223:8 224:8-9 225:8-10 226:8 227:8 228:8 229:8-10 230:7-8 231:7-9 232:8 233:9 234:8-10 235:8 236:8 237:8-9
238:7 239:7 240:9 241:7-8 242:9 243:9 244:9 245:7-9 246:7 248:7 249:9 250:9 251:9 252:7-9 253:8 254:9-10 255:9 256:9
257:8 258:8-9 260:9 261:9 262:9 263:8-10 264:7-9 265:7-9 266:8 267:7-8 268:8 269:7 291:7 297:7 298:6 299:6 350:8 351:9
352:6-11 353:7-9 354:7 355:8-9 356:8 357:8 358:6-11 359:7-9 370:8 371:8 372:7-8 373:8 374:8 375:9 376:6-9 377:8-9
378:6-10 380:9 381:8-9 382:8 383:8 385:8-9 386:8 387:8 389:8 420:9 421:9 423:7 500:5 501:7 502:8 503:8 504:8 505:8
506:8 507:7-8 508:6 509:8 590:9 591:8 592:7 593:8-9 594:9 595:9 596:9 597:6-7 598:8 599:7-8 670:7-8 672:6 673:7 674:7
675:7-8 676:5-7 677:5-7 678:5-7 679:7 680:7 681:6 682:5 685:5-7 686:5-8 687:6 688:5-6 689:6-8 691:7 692:7 800:8 808:8
850:8-10 852:8 853:8 855:8-9 856:8-10 870:9 880:8-10 881:8-9 882:7-12 883:7-12 886:8-9 960:7 961:7-8 962:8-9 963:8-9
964:8-10 965:8 966:8-9 967:7-9 968:8 970:8-9 971:8-9 972:8-9 973:8 974:8 975:7-8 976:8 977:8-10 992:9 993:8 994:9
995:9 996:9 998:9
"""


def _lengths() -> dict[str, tuple[int, int]]:
    table = {}
    for entry in _NATIONAL_LENGTHS.split():
        code, _, lengths = entry.partition(":")
        shortest, _, longest = lengths.partition("-")
        table[code] = (int(shortest), int(longest or shortest))
    return table


NATIONAL_LENGTHS: Final = _lengths()
"""Country code -> fewest and most digits of a national number, without a trunk zero."""

_GROUP: Final = re.compile(r"\d+")

_SHAPES: Final = re.compile(
    r"""
      \(0\d{1,5}\)[ ]?[-/]?[ ]?\d{2,8}(?:[ -]\d{2,6}){0,3}                # (030) 1234 5678: Germany, Austria, Italy ...
    | \(\d{2}\)[ ]?9?\d{4}[- ]?\d{4}                                      # (11) 91997-7296: Brazil
    | (?:1[-. ])?\([2-9]\d\d\)[ ]?[2-9]\d\d[-. ]\d{4}                     # (212) 555-0166: North America
    | (?:1-)?[2-9]\d\d-[2-9]\d\d-\d{4}
    | (?:1\.)?[2-9]\d\d\.[2-9]\d\d\.\d{4}
    | 1[ ]8[0-9]{2}[ ][2-9]\d\d[ ]\d{4}
    | 8[ -]?\(\d{3,5}\)[ ]?\d{1,3}[ -]\d\d[ -]\d\d                        # 8 (495) 356-17-80: Russia
    | 8[ -]\d{3}[ -]\d{3}[ -]\d\d[ -]\d\d
    | \(\d{3,5}\)[ ]?\d{1,3}-\d\d-\d\d
    | 0[1-9](?P<same>[ .-])\d\d(?:(?P=same)\d\d){3}                       # 01 23 45 67 89: France
    | 0[1-9]\d{0,3}-\d{1,4}-\d{4}                                         # 03-1234-5678: Japan, Korea
    | 0[1-9]\d{1,3}[/-]\d{5,8}                                            # 030/12345678: Germany, Iran
    | 0[1-9]\d{0,3}[ ]\d{3,4}[ ]\d{3,4}                                   # 020 7946 0958: United Kingdom
    | 0[1-9]\d{3}[ ]\d{6}                                                 # 01632 960001
    | 1[3-9]\d[ -]\d{4}[ -]\d{4}                                          # 138 1234 5678: China
    """,
    re.VERBOSE,
)
_FEWEST_DIGITS: Final = 9
"""Digits that a national shape must have; a date such as 01-02-2024 has eight. Bracketed ones need only eight."""

_MOST_DIGITS: Final = 13

_ANNOUNCED: Final = re.compile(
    r"""(?:(?<!\w)(?:
      tel|tél|tel[eé]ph?on[eoi]?|t[eé]l[eé]phone|telefon(?:nummer|szám|as|s|u)?|telf|tfno|tlf|tlfn|telp|phones?|fon
      |mobile|mobil|móvil|m[oó]bil
      |celular|cellphone|cell[ ]phone|handy|gsm|fax|faks|t[eé]l[eé]copie|hotline|helpline
      |whatsapp|whats[ ]?app|viber|puhelin|puh|síma?númer
      |simu|sími|điện[ ]thoại|đt|sđt|тел|телефоны?|телефону|моб|мобильный|факс|τηλ|τηλέφωνο|φαξ|κιν
      |טל|טלפון|נייד|פקס|هاتف|جوال|موبايل|فاكس
      |تلفن|تلفون|همراه|فاکس|ٹیلی[ ]?فون|फ़ोन|फोन|दूरभाष|मोबाइल|ফোন|মোবাইল|தொலைபேசி|ఫోన్|ഫോൺ|ફોન|ਫ਼ੋਨ|տել|ტელ|ስልክ
      )|電話|电话|手机|手機|传真|傳真|热线|熱線|座机|携帯|ファックス|フリーダイヤル
      |전화(?:번호)?|팩스|휴대폰|핸드폰|연락처|โทร|โทรศัพท์|แฟกซ์|ໂທ|ទូរស័ព្ទ|ဖုန်း)
      [\s.:;,：／()\[\]*#№-]{0,6}(?:n[or°º]{0,2}\.?|number|nummer|номер|番号|号码|號碼|is)?[\s.:：(=-]{0,4}$""",
    re.VERBOSE | re.IGNORECASE,
)

_OTHER_NUMBER: Final = re.compile(
    r"(?:ISBN(?:-1[03])?|ISSN|EAN|DOI|PMID|ISO|DIN|RFC|ASIN|OCLC|LCCN|art(?:icle|\.)?|[§#№$€£¥₹=_%&~^<]|US)[\s:.-]{0,3}$",
    re.IGNORECASE,
)
"""What announces a number of another kind."""

_NUMBERED: Final = re.compile(r"(?:[./=*+_×-]|\d\s?|\b(?:n[or°º]?\.?|nr\.?|id|code|№))[ ]?$", re.IGNORECASE)
"""What shows before a number that it is a part, a continuation or a label of something else."""

_REACH: Final = 16
"""No match of `_OTHER_NUMBER` or `_NUMBERED` is longer, with the character before it."""

_LONGEST_ANNOUNCEMENT: Final = 40
"""No match of `_ANNOUNCED` is longer, with the character before it."""

_DATE: Final = re.compile(r"(?:1[89]|20)\d\d[-/. ]\d\d?[-/. ]\d\d?|\d\d?[-/. ]\d\d?[-/. ](?:1[89]|20)\d\d")


INTERNATIONAL: Final = "phone_international"
ANNOUNCED: Final = "phone_announced"
SHAPED: Final = "phone_shape"
REGIONAL: Final = "phone_"
"""Names of the rules; that of a regional one ends in the country's code."""


def phone_spans(text: str, before: str, after: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int, str]]:
    """Telephone numbers in one run of digits and separators.

    Args:
        text: the run, in ASCII digits and signs, beginning with its plus sign or bracket where it has one.
        before: some characters of what stands before it.
        after: some characters of what stands after it.
        regions: countries whose national forms are known, too (`phone_numbers_regional`).

    Yields:
        start and end of each number in `text` and the rule that found it, in order.
    """
    if before and (before[-1].isalnum() or before[-1] in "_.@") and before[-1].isascii():
        return
    if text.startswith(("+", "(+")):
        span = _international(text, text.index("+") + 1)
        if span:
            bracketed = re.match(r"\(\+[^()]*\)", text[: span[1]])  # (+34) 912 345 678
            yield (0 if bracketed else text.index("+")), span[1], INTERNATIONAL
        return
    near = before[-_REACH:]
    if _OTHER_NUMBER.search(near):
        return
    if _ANNOUNCED.search(before[-_LONGEST_ANNOUNCEMENT:]):
        yield from ((*span, ANNOUNCED) for span in _announced(text))
        return
    found = False
    for span in _shaped(text, before, after):
        found = True
        yield *span, SHAPED
    if regions and not found and not _NUMBERED.search(near) and not re.match(r"[-.,/%°]?\w|[%°€$£]", after):
        regional = regional_span(text, regions)
        if regional:
            yield *regional[:2], REGIONAL + regional[2]


def _international(text: str, start: int) -> tuple[int, int] | None:
    """The longest run of whole groups from `start` that is a country code and a national number."""
    digits, best = "", 0
    for group in _GROUP.finditer(text, start):
        if group[0] == "0" and text[group.start() - 1 : group.end() + 1] == "(0)":
            continue
        digits += group[0]
        code = next((digits[:length] for length in (1, 2, 3) if digits[:length] in NATIONAL_LENGTHS), "")
        if not code and len(digits) >= 3:
            return None
        national = digits[len(code) :]
        fewest, most = NATIONAL_LENGTHS.get(code, (15, 15))
        zero = national.startswith("0") and code != "39"
        if fewest <= len(national) - zero <= most:
            best = group.end()
        if len(national) > most + 1:
            break
    return (start, best) if best else None


def _announced(text: str) -> Iterator[tuple[int, int]]:
    """Every part of the run that has as many digits as a telephone number."""
    start = 0
    for end, following in [*((gap.start(), gap.end()) for gap in re.finditer(r" [/-] |/ ", text)), (len(text), 0)]:
        part = text[start:end]
        groups = _GROUP.findall(part)
        decimal = len(groups) == 2 and "." in part
        if 6 <= sum(map(len, groups)) <= 15 and len(groups) <= 7 and not decimal and not _DATE.match(part.strip("( ")):
            lead = len(part) - len(part.lstrip(" "))
            yield start + lead, start + len(part.rstrip(" -./("))
        start = following


def _shaped(text: str, before: str, after: str) -> Iterator[tuple[int, int]]:
    """Numbers in a national shape, and those that begin with 00 and a country code."""
    position = 0
    for group in re.finditer(r"(?<![\d.,/-])00(?=[1-9])", text):
        span = _international(text, group.end())
        if span and len(_GROUP.findall(text[group.start() : span[1]])) > 1:
            yield group.start(), span[1]
            position = span[1]
    for match in _SHAPES.finditer(text, position):
        digits = sum(map(str.isdigit, match[0]))
        fewest = _FEWEST_DIGITS - 1 if match[0].startswith("(") else _FEWEST_DIGITS
        if fewest <= digits <= _MOST_DIGITS and _stands_free(text, match, before, after):
            yield match.span()


def _stands_free(text: str, match: re.Match[str], before: str, after: str) -> bool:
    """Whether a number in a national shape is not part of a longer number, a list of pairs, a fraction or a name."""
    start, end = match.span()
    left = text[start - 1] if start else before[-1:]
    right = text[end : end + 2] if end + 2 <= len(text) else (text[end:] + after)[:2]
    if left and (left.isdigit() or left in ".-="):
        return False
    if left and left in ":,/" and (start or before[-2:-1].isdigit()):
        return False
    same = match["same"]
    if same and (
        (right[:1] == same and right[1:].isdigit())
        or re.search(rf"\d{re.escape(same)}$", text[max(0, start - 2) : start])
    ):
        return False
    return not right[:1].isdigit() and not re.match(r"[-.,/]\d", right)
