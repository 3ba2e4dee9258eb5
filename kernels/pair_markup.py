"""Whether a tolerant parser of HTML finds a tag in a text: what OpusFilter's HtmlTagFilter asks of its parser.

The state machine follows the behaviour of Python 3.11's `html.parser` under Beautiful Soup 4 (character references left
to the builder, feeding and closing): start tags with their attributes, end tags, comments, declarations, marked
sections, processing instructions, script and style contents, references, and what each does when it is not closed. A
text that the parser refuses has no tag.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import FLAGS, SPLITS, code_points, longest_text

REFUSED: Final = -2
"""The parser gives up."""

LONG: Final = 10_000
"""Characters from which on nothing is looked for behind the last `>`: what stands there can hold no tag."""

SCRIPT_NAME: Final = np.array([ord(letter) for letter in "script"], np.int32)
STYLE_NAME: Final = np.array([ord(letter) for letter in "style"], np.int32)
SECTIONS: Final = np.array(
    [[ord(letter) for letter in name.ljust(7, "\0")] for name in ("temp", "cdata", "ignore", "include", "rcdata")],
    np.int32,
)
OFFICE_SECTIONS: Final = np.array(
    [[ord(letter) for letter in name.ljust(7, "\0")] for name in ("if", "else", "endif")], np.int32
)
DOCTYPE: Final = np.array([ord(letter) for letter in "doctype"], np.int32)


@inlined
def _letter(point):  # type: ignore[no-untyped-def]
    lower = point | 32
    return lower >= 97 and lower <= 122


@inlined
def _alphanumeric(point):  # type: ignore[no-untyped-def]
    return _letter(point) or (point >= 48 and point <= 57)


@inlined
def _hexadecimal(point):  # type: ignore[no-untyped-def]
    lower = point | 32
    return (point >= 48 and point <= 57) or (lower >= 97 and lower <= 102)


@inlined
def _white(point, flags):  # type: ignore[no-untyped-def]
    return flags[point] & SPLITS != 0


@inlined
def _find(points, count, wanted, start):  # type: ignore[no-untyped-def]
    """The first place of a code point from `start` on; -1 for none."""
    for place in range(max(start, 0), count):
        if points[place] == wanted:
            return place
    return -1


@inlined
def _skip_white(points, count, place, flags):  # type: ignore[no-untyped-def]
    while place < count and _white(points[place], flags):
        place += 1
    return place


@inlined
def _tag_name_end(points, count, place):  # type: ignore[no-untyped-def]
    """Behind a tag's name that begins at `place`."""
    while place < count:
        point = points[place]
        if (
            point == 9
            or point == 10
            or point == 13
            or point == 12
            or point == 32
            or point == 47
            or point == 62
            or point == 0
        ):
            break
        place += 1
    return place


@inlined
def _skip_between(points, count, place, flags):  # type: ignore[no-untyped-def]
    """Behind white space and slashes that do not stand before `>`."""
    while place < count:
        point = points[place]
        if _white(point, flags):
            place += 1
        elif point == 47 and not (place + 1 < count and points[place + 1] == 62):
            place += 1
        else:
            break
    return place


@inlined
def _bare_end(points, count, place, flags):  # type: ignore[no-untyped-def]
    while place < count and points[place] != 62 and not _white(points[place], flags):
        place += 1
    return place


@inlined
def _value_end(points, count, place, flags, last):  # type: ignore[no-untyped-def]
    """Behind `= value` at `place`; -1 where there is none."""
    signs = _skip_white(points, count, place, flags)
    after = signs
    while after < count and points[after] == 61:
        after += 1
    if after == signs:
        return -1
    start = _skip_white(points, count, after, flags)
    if start < count and (points[start] == 39 or points[start] == 34):
        # a quote that is never closed is not looked for again and again
        is_there = last[0 if points[start] == 39 else 1] > start
        closing = _find(points, count, points[start], start + 1) if is_there else -1
        if closing >= 0:
            return closing + 1
        if start > after:
            return start - 1  # a bare value without a character, before the last white space
        if after - signs > 1:
            return _bare_end(points, count, after - 1, flags)
        return -1
    return _bare_end(points, count, start, flags)


@inlined
def _attribute_end(points, count, place, flags, last):  # type: ignore[no-untyped-def]
    """Behind an attribute at `place` with what stands between it and the next; -1 where there is none."""
    if place >= count or points[place] == 47 or points[place] == 62 or _white(points[place], flags):
        return -1
    before = points[place - 1]
    if not (before == 39 or before == 34 or before == 47 or _white(before, flags)):
        return -1
    place += 1
    while place < count:
        point = points[place]
        if point == 47 or point == 61 or point == 62 or _white(point, flags):
            break
        place += 1
    value = _value_end(points, count, place, flags, last)
    return _skip_between(points, count, place if value < 0 else value, flags)


@inlined
def _whole_start_tag(points, count, start, flags, last):  # type: ignore[no-untyped-def]
    """The end of a start tag that begins at `start`; -1 where it is not closed."""
    place = _tag_name_end(points, count, start + 1)
    while place < count and (points[place] == 47 or _white(points[place], flags)):
        place += 1
    while True:
        found = _attribute_end(points, count, place, flags, last)
        if found < 0:
            break
        place = found
    place = _skip_white(points, count, place, flags)
    if place >= count:
        return -1
    following = points[place]
    if following == 62:
        return place + 1
    if following == 47:
        return place + 2 if place + 1 < count and points[place + 1] == 62 else -1
    if following == 61 or _letter(following):
        return -1
    return place


@inlined
def _equal_name(points, start, end, name):  # type: ignore[no-untyped-def]
    """Whether ASCII letters, whatever their case, are `name` (filled up with zeros)."""
    length = 0
    while length < name.shape[0] and name[length] != 0:
        length += 1
    if end - start != length:
        return False
    for place in range(length):
        if (points[start + place] | 32) != name[place] or not _letter(points[start + place]):
            return False
    return True


@inlined
def _start_tag(points, count, start, flags, last):  # type: ignore[no-untyped-def]
    """(end or -1, whether it is a tag, 1 for a script and 2 for a style that contents follow)."""
    end = _whole_start_tag(points, count, start, flags, last)
    if end < 0:
        return end, False, 0
    name_end = _tag_name_end(points, count, start + 1)
    place = _skip_between(points, count, name_end, flags)
    while place < end:
        found = _attribute_end(points, count, place, flags, last)
        if found < 0:
            break
        place = found
    last = end
    while last > place and _white(points[last - 1], flags):
        last -= 1
    while place < last and _white(points[place], flags):
        place += 1
    if last - place == 1 and points[place] == 62:
        kind = 0
        if _equal_name(points, start + 1, name_end, SCRIPT_NAME):
            kind = 1
        elif _equal_name(points, start + 1, name_end, STYLE_NAME):
            kind = 2
        return end, True, kind
    return end, last - place == 2 and points[place] == 47 and points[place + 1] == 62, 0


@inlined
def _end_tag(points, count, start, flags, raw):  # type: ignore[no-untyped-def]
    """(end or -1, whether raw contents go on)."""
    closing = _find(points, count, 62, start + 1)
    if closing < 0:
        return -1, raw
    place = _skip_white(points, count, start + 2, flags)
    name = place
    if place < count and _letter(points[place]):
        while place < count and (
            _alphanumeric(points[place]) or points[place] == 45 or points[place] == 46 or points[place] == 58
            or points[place] == 95
        ):  # fmt: skip
            place += 1
        after = _skip_white(points, count, place, flags)
        if after < count and points[after] == 62:
            if raw == 1 and not _equal_name(points, name, place, SCRIPT_NAME):
                return after + 1, raw
            if raw == 2 and not _equal_name(points, name, place, STYLE_NAME):
                return after + 1, raw
            return after + 1, 0
    if raw != 0:
        return closing + 1, raw
    if start + 2 < count and _letter(points[start + 2]):
        behind = _skip_between(points, count, _tag_name_end(points, count, start + 2), flags)
        return _find(points, count, 62, behind) + 1, raw
    if points[start + 2] == 62:
        return start + 3, raw
    return _find(points, count, 62, start + 2) + 1, raw


@inlined
def _comment_end(points, count, start, flags):  # type: ignore[no-untyped-def]
    """Behind `--`, white space and `>`; -1 for none."""
    for place in range(start, count - 2):
        if points[place] == 45 and points[place + 1] == 45:
            after = _skip_white(points, count, place + 2, flags)
            if after < count and points[after] == 62:
                return after + 1
    return -1


@inlined
def _section_end(points, count, start, flags, brackets):  # type: ignore[no-untyped-def]
    """Behind one or two closing brackets and `>`, white space between them; -1 for none."""
    for place in range(start, count):
        if points[place] != 93:
            continue
        after = _skip_white(points, count, place + 1, flags)
        if brackets == 2:
            if after >= count or points[after] != 93:
                continue
            after = _skip_white(points, count, after + 1, flags)
        if after < count and points[after] == 62:
            return after + 1
    return -1


@inlined
def _declaration_end(points, count, start, flags, unclosed):  # type: ignore[no-untyped-def]
    """The end of what begins with `<!` and is no comment; -1 where it is not closed, `REFUSED`.

    unclosed: whether sections that end with one or two brackets were looked for in vain: no later one ends, either.
    """
    if start + 2 < count and points[start + 2] == 91:
        place = start + 3
        if place == count:
            return -1
        if not _letter(points[place]):
            return REFUSED
        while place < count and (
            _alphanumeric(points[place]) or points[place] == 45 or points[place] == 46 or points[place] == 95
        ):
            place += 1
        name_end = place
        if _skip_white(points, count, place, flags) == count:
            return -1
        for row in range(SECTIONS.shape[0]):
            if _equal_name(points, start + 3, name_end, SECTIONS[row]):
                end = -1 if unclosed[1] else _section_end(points, count, start + 3, flags, 2)
                unclosed[1] = end < 0
                return end
        for row in range(OFFICE_SECTIONS.shape[0]):
            if _equal_name(points, start + 3, name_end, OFFICE_SECTIONS[row]):
                end = -1 if unclosed[0] else _section_end(points, count, start + 3, flags, 1)
                unclosed[0] = end < 0
                return end
        return REFUSED
    is_type = start + 9 <= count and _equal_name(points, start + 2, start + 9, DOCTYPE)
    return _find(points, count, 62, start + (9 if is_type else 2)) + 1 or -1


@inlined
def _reference_end(points, count, start):  # type: ignore[no-untyped-def]
    """Behind a numeric or named reference at `start`; -1 where it is none (yet)."""
    place = start + 1
    if place < count and points[place] == 35:
        place += 1
        if place < count and (points[place] | 32) == 120:
            digits = place + 1
            place = digits
            while place < count and _hexadecimal(points[place]):
                place += 1
            if place == digits or place >= count:
                return -1
        else:
            digits = place
            while place < count and points[place] >= 48 and points[place] <= 57:
                place += 1
            if place == digits or place >= count or _hexadecimal(points[place]):
                return -1
    else:
        if place >= count or not _letter(points[place]):
            return -1
        while place < count and (_alphanumeric(points[place]) or points[place] == 45 or points[place] == 46):
            place += 1
        if place >= count:
            place -= 1
            while place > start + 1 and _alphanumeric(points[place]):
                place -= 1
            if place <= start + 1:
                return -1
    return place + 1 if points[place] == 59 else place


@inlined
def _raw_end(points, count, start, flags, raw):  # type: ignore[no-untyped-def]
    """Where the end tag of a script or style begins; -1 for none."""
    for place in range(start, count - 1):
        if points[place] == 60 and points[place + 1] == 47:
            name = _skip_white(points, count, place + 2, flags)
            length = 6 if raw == 1 else 5
            after = name + length
            if after <= count and _equal_name(points, name, after, SCRIPT_NAME if raw == 1 else STYLE_NAME):
                closing = _skip_white(points, count, after, flags)
                if closing < count and points[closing] == 62:
                    return place
    return -1


@inlined
def _unclosed_end(points, count, start):  # type: ignore[no-untyped-def]
    """Where reading goes on behind something that is never closed."""
    closing = _find(points, count, 62, start + 1)
    if closing >= 0:
        return closing + 1
    following = _find(points, count, 60, start + 1)
    return following if following >= 0 else start + 1


@inlined
def _has_tag(points, count, flags, last, unclosed):  # type: ignore[no-untyped-def]
    """Whether the parser finds a tag; `last` and `unclosed` are room."""
    unclosed[:] = False
    found = False
    raw = 0
    place = 0
    last[:] = -1
    for where in range(count):
        if points[where] == 39:
            last[0] = where
        elif points[where] == 34:
            last[1] = where
        elif points[where] == 62:
            last[2] = where
    has_comment_end = True
    for closing in range(2):
        while place < count:
            if raw != 0:
                place_found = _raw_end(points, count, place, flags, raw)
                if place_found < 0:
                    break
                place = place_found
            else:
                while place < count and points[place] != 60 and points[place] != 38:
                    place += 1
            if place == count:
                break
            if points[place] == 60:
                if place > last[2] and count > LONG:
                    return found
                end = -1
                following = points[place + 1] if place + 1 < count else 0
                if _letter(following):
                    end, is_tag, kind = _start_tag(points, count, place, flags, last)
                    found |= is_tag
                    if kind != 0:
                        raw = kind
                elif following == 47 and place + 1 < count:
                    end, raw = _end_tag(points, count, place, flags, raw)
                elif place + 3 < count and following == 33 and points[place + 2] == 45 and points[place + 3] == 45:
                    end = _comment_end(points, count, place + 4, flags) if has_comment_end else -1
                    has_comment_end = end >= 0
                elif place + 1 < count and following == 63:
                    end = _find(points, count, 62, place + 2) + 1 or -1
                elif place + 1 < count and following == 33:
                    end = _declaration_end(points, count, place, flags, unclosed)
                    if end == REFUSED:
                        return False
                elif place + 1 < count:
                    end = place + 1
                else:
                    break
                if end < 0:
                    if closing == 0:
                        break
                    end = _unclosed_end(points, count, place)
                place = end
                continue
            end = _reference_end(points, count, place)
            if end >= 0:
                place = end
                continue
            following = points[place + 1] if place + 1 < count else 0
            if following == 35:
                if _find(points, count, 59, place) >= 0:
                    place += 2
                break
            if _letter(following):
                if closing == 1 and place + 2 == count:
                    place += 1
                break
            if place + 1 < count:
                place += 1
            else:
                break
    return found


@kernel("void(uint8[::1], int64[::1], uint16[::1], int64, int64[::1], boolean[::1])")
def tag_rows(buffer, offsets, flags, room, opened, out):  # type: ignore[no-untyped-def]
    """See `has_tags`; opened: where all `<` of all texts stand."""
    points = np.empty(room + 1, np.int32)
    last, unclosed = np.empty(3, np.int64), np.empty(2, np.bool_)
    row = done = np.int64(-1)
    for number in range(opened.shape[0]):
        place = opened[number]
        while place >= offsets[row + 1]:
            row += 1
        if row == done or place + 2 >= offsets[row + 1] or not _letter(np.int32(buffer[place + 1])):
            continue
        done = row
        count = code_points(buffer, offsets[row], offsets[row + 1], points)
        out[row] = _has_tag(points, count, flags, last, unclosed)


def has_tags(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether the parser finds a tag in each of n texts (null reads as empty)."""
    buffer, offsets = text_buffers(texts)
    out = np.zeros(len(offsets) - 1, np.bool_)
    opened = np.flatnonzero(buffer[offsets[0] : offsets[-1]] == ord("<")) + offsets[0]
    tag_rows(buffer, offsets, FLAGS, longest_text(offsets), opened, out)
    return out
