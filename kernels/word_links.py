"""Texts cut into tokens that can be written down, and links between the tokens of two texts."""

# mypy: allow-untyped-calls

from __future__ import annotations

import numpy as np

from .compile import inlined, kernel
from .unicode import CONTROL, DIGIT, LETTER, MARK, NEWLINE, SPACE, UNSPACED, next_code_point

INTERSECTION, UNION, GROW_DIAG = 0, 1, 2
"""How the links of both directions become one set (Koehn, Och and Marcu 2003, section 3.1; Och and Ney 2003)."""
BAR = ord("|")
"""Never two in one token: `|||` stands between source and target where both are on a line."""
TENSION = 2.0
"""How strongly links keep to the diagonal: half of where fast_align begins (Dyer, Chahuneau and Smith 2013).

That parts equal words of one text; with more, texts of another order of words lose links that the words make sure.
"""


@kernel("int64(uint8[::1], int64[::1], uint8[::1], uint8[::1], int64[::1], int64[::1])")
def written_tokens(buffer, offsets, classes, out, token_starts, starts):  # type: ignore[no-untyped-def]
    """Cut texts into tokens, all of which but white space is kept: runs of letters, of digits, of one sign.

    A letter of a script without spaces is a token with its marks. Marks and control characters belong to what is in
    front of them; control characters with nothing in front are left out.

    Args:
        buffer: bytes of n texts, valid UTF-8.
        offsets: n + 1, where each text begins.
        classes: class of each code point (`kernels.unicode.CLASS`).
        out: output, the tokens, one after the other; as long as the texts.
        token_starts: output, where each token begins in `out`, and the end; one longer than the texts.
        starts: output, n + 1: text i has the tokens `starts[i]` to `starts[i + 1]`.

    Returns:
        How many tokens there are.
    """
    count, size = 0, 0
    for row in range(offsets.shape[0] - 1):
        starts[row] = count
        position, end = offsets[row], offsets[row + 1]
        while position < end:
            first, after = next_code_point(buffer, position)
            group = classes[first]
            if group == SPACE or group == NEWLINE or group == CONTROL:
                position = after
                continue
            begin = position
            position = after
            while position < end:
                point, after = next_code_point(buffer, position)
                other = classes[point]
                if group == LETTER or group == MARK:
                    more = other == LETTER or other == MARK or other == CONTROL
                elif group == DIGIT:
                    more = other == DIGIT
                elif group == UNSPACED:
                    more = other == MARK
                else:
                    more = (point == first and first != BAR) or other == MARK or other == CONTROL
                if not more:
                    break
                position = after
            token_starts[count] = size
            count += 1
            for place in range(begin, position):
                out[size] = buffer[place]
                size += 1
    starts[offsets.shape[0] - 1] = count
    token_starts[count] = size
    return count


@inlined
def _chance(starts, columns, values, row, column):  # type: ignore[no-untyped-def]
    """The entry of a sparse table whose columns ascend in each row; 0 for none, and for rows beyond it."""
    if row >= starts.shape[0] - 1:
        return 0.0
    low, high = starts[row], starts[row + 1]
    while low < high:
        middle = (low + high) // 2
        if columns[middle] < column:
            low = middle + 1
        else:
            high = middle
    return np.float64(values[low]) if low < starts[row + 1] and columns[low] == column else 0.0


@kernel(
    "void(int32[::1], int64[::1], int32[::1], int64[::1], int64[::1], int32[::1], float32[::1], float32[::1],"
    " float32[::1], int32[::1], float32[::1], int32[::1])"
)
def best_links(given, given_starts, told, told_starts, starts, columns, values, shares, alone, same, surely, out):  # type: ignore[no-untyped-def]
    """For each told token the telling token that it most likely comes from, or -1 where none is likelier.

    The chance of a link is that of the words times that of the places, which falls off from the diagonal as in
    fast_align; of equal chances the first is taken.

    Args:
        given: words of the tokens of n texts that tell, text after text; -1 for tokens that say nothing.
        given_starts: n + 1, where each text begins in `given`.
        told: words of the tokens that are told; likewise.
        told_starts: n + 1, likewise.
        starts: where the row of each telling word begins in `columns` (words that are told, ascending) and `values`
            (their chances); words beyond the rows have none.
        columns: see `starts`.
        values: see `starts`.
        shares: share of each told word in all text.
        alone: chance of each told word to have no counterpart.
        same: for each telling word the told word of the same spelling, or -1.
        surely: for each telling word the least chance to be told by the word of the same spelling.
        out: output, for each told token the place of the telling one in its text, or -1.
    """
    for text in range(given_starts.shape[0] - 1):
        first, lefts = given_starts[text], given_starts[text + 1] - given_starts[text]
        begin, rights = told_starts[text], told_starts[text + 1] - told_starts[text]
        for right in range(rights):
            word = told[begin + right]
            out[begin + right] = -1
            if word < 0:
                continue
            best, found, weights = 0.0, -1, 0.0
            for left in range(lefts):
                other = given[first + left]
                if other < 0:
                    continue
                # whole numbers up to the division: places as far before as behind are equally far
                apart = abs((2 * left + 1) * rights - (2 * right + 1) * lefts) / (2.0 * lefts * rights)
                weight = np.exp(-TENSION * apart)
                weights += weight
                chance = _chance(starts, columns, values, other, word)
                if same[other] == word:
                    chance = max(chance, np.float64(surely[other]))
                if chance * weight > best:
                    best, found = chance * weight, left
            if found >= 0 and (1.0 - alone[word]) * best / weights > alone[word] * shares[word]:
                out[begin + right] = found


@kernel("int64(int32[::1], int64[::1], int32[::1], int64[::1], int64, int32[:,::1], int64[::1])")
def symmetrized(back, left_starts, ahead, right_starts, how, links, starts):  # type: ignore[no-untyped-def]
    """Make one set of links of those of both directions; of each text they ascend.

    Args:
        back: for each left token the place of the right one that it comes from, or -1.
        left_starts: n + 1, where each text begins in `back`.
        ahead: for each right token the place of the left one that it comes from, or -1.
        right_starts: n + 1, likewise.
        how: `INTERSECTION`, `UNION` or `GROW_DIAG`.
        links: output, places on the left and on the right; as many rows as there are tokens on both sides.
        starts: output, n + 1: text i has the links `starts[i]` to `starts[i + 1]`.

    Returns:
        How many links there are.
    """
    count = 0
    for text in range(left_starts.shape[0] - 1):
        starts[text] = count
        first, lefts = left_starts[text], left_starts[text + 1] - left_starts[text]
        begin, rights = right_starts[text], right_starts[text + 1] - right_starts[text]
        seen = np.zeros((lefts, rights), np.uint8)
        for left in range(lefts):
            if back[first + left] >= 0:
                seen[left, back[first + left]] += 1
        for right in range(rights):
            if ahead[begin + right] >= 0:
                seen[ahead[begin + right], right] += 1
        least = 1 if how == UNION else 2
        if how == GROW_DIAG:
            _grow(seen)
        for left in range(lefts):
            for right in range(rights):
                if seen[left, right] >= least:
                    links[count, 0], links[count, 1] = left, right
                    count += 1
    starts[left_starts.shape[0] - 1] = count
    return count


@inlined
def _grow(seen):  # type: ignore[no-untyped-def]
    """Take links of one direction (1) in (2) beside those that are, where a token of theirs has none yet."""
    lefts, rights = seen.shape
    left_linked, right_linked = np.zeros(lefts, np.bool_), np.zeros(rights, np.bool_)
    for left in range(lefts):
        for right in range(rights):
            if seen[left, right] == 2:
                left_linked[left] = True
                right_linked[right] = True
    grown = True
    while grown:
        grown = False
        for left in range(lefts):
            for right in range(rights):
                if seen[left, right] != 2:
                    continue
                for one in range(max(left - 1, 0), min(left + 2, lefts)):
                    for other in range(max(right - 1, 0), min(right + 2, rights)):
                        if seen[one, other] == 1 and not (left_linked[one] and right_linked[other]):
                            seen[one, other] = 2
                            left_linked[one] = True
                            right_linked[other] = True
                            grown = True
