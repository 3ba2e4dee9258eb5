"""What `substring_dedup` has to find, in plain Python: all windows of all texts in one dictionary."""

import unicodedata
from collections import defaultdict
from itertools import pairwise

import numpy as np
from hexapla.kernels.unicode import CLASS, FOLD

LETTER, DIGIT, MARK, UNSPACED, CONTROL, PUNCTUATION = 3, 4, 5, 6, 7, 2
STACKS = {0x1039, 0x17D2, 0x1A60, 0x1B44, 0xA9C0, 0x11133}
BEFORE = {*range(0x0E40, 0x0E45), *range(0x0EC0, 0x0EC5)}
AM = {0x0E33, 0x0EB3}


def raw_tokens(text):
    """(folded characters, weight, first character, character behind) of every token."""
    found, open_kind, last, base = [], None, 0, None
    for place, character in enumerate(text):
        kind = CLASS[ord(character)]
        if kind == CONTROL:
            continue
        joins = ord(text[last - 1]) in STACKS | BEFORE if open_kind else False
        more = (open_kind and kind == MARK) or (open_kind == "word" and kind in (LETTER, DIGIT))
        more = more or (open_kind == "letter" and kind == UNSPACED and (joins or ord(character) in AM))
        if not more:
            open_kind = {UNSPACED: "letter", LETTER: "word", DIGIT: "word", MARK: "word"}.get(kind)
            if open_kind:
                weight = 4 if open_kind == "word" else 2 if ord(character) >= 0x2E80 else 1
                found.append(["", weight, base if kind == MARK and base is not None else place, place])
        if open_kind:
            found[-1][0] += chr(FOLD[ord(character)])
            last = found[-1][3] = place + 1
        base = place if kind == PUNCTUATION else None
    return [tuple(token) for token in found]


def tokens(text):
    """As `raw_tokens`, with the characters in NFC."""
    own = raw_tokens(text)
    composed = raw_tokens(unicodedata.normalize("NFC", text))
    return [(c[0], c[1], o[2], o[3]) for c, o in zip(composed, own, strict=True)] if len(own) == len(composed) else own


def windows(found, size):
    """(start, stop) of the windows of `size` words' weight."""
    for start in range(len(found)):
        stop, weight = start, 0
        while stop < len(found) and weight < 4 * size:
            weight += found[stop][1]
            stop += 1
        if weight >= 4 * size:
            yield start, stop


def copies_of(places, groups, within):
    """Groups of occurrences (document, start, stop) in survivor order, each group one copy."""
    found = []
    for document, start, stop in places:
        own = groups[document]
        for copy in found:
            if own is not None and groups[copy[0][0]] == own:
                copy.append((document, start, stop))
                break
            if copy[0][0] == document and copy is found[-1] and (not within or start < copy[0][2]):
                copy.append((document, start, stop))
                break
        else:
            found.append([(document, start, stop)])
    return found


def marked_tokens(texts, size, *, most=1, keep="first", within=True, scopes=None, groups=None, always=None):
    """For each text, in survivor order, the set of its tokens that have to go; and which document has a window first."""
    scopes, groups = scopes or [None] * len(texts), groups or [None] * len(texts)
    places = defaultdict(list)
    for document, text in enumerate(texts):
        found = tokens(text)
        for start, stop in windows(found, size):
            places[scopes[document], tuple(token[0] for token in found[start:stop])].append((document, start, stop))
    marked, first = [set() for _ in texts], [{} for _ in texts]
    for occurrences in places.values():
        copies = copies_of(occurrences, groups, within)
        gone = copies[most:] if keep == "first" else copies if len(copies) > most else []
        for copy in gone:
            for document, start, stop in copy:
                if always is not None and groups[document] == always:
                    continue
                marked[document].update(range(start, stop))
                source = occurrences[0] if (document, start) != occurrences[0][:2] else copies[1][0]
                first[document][start] = source[0]
    return marked, first


def spans(marked):
    """Runs of consecutive numbers."""
    numbers = sorted(marked)
    breaks = [0, *(place + 1 for place, (a, b) in enumerate(pairwise(numbers)) if b > a + 1), len(numbers)]
    return [numbers[a:b] for a, b in pairwise(breaks) if a < b]


def suffix_array(numbers):
    """Suffixes of a sequence in order, by prefix doubling, and what each has in common with the one before it.

    Manber and Myers, 1993; Kasai et al., 2001.
    """
    numbers = np.asarray(numbers, np.int64)
    count, step = len(numbers), 1
    _, rank = np.unique(numbers, return_inverse=True)
    while True:
        behind = np.concatenate([rank[step:] + 1, np.zeros(min(step, count), np.int64)])
        order = np.lexsort((behind, rank))
        new = np.append(0, np.cumsum((np.diff(rank[order]) != 0) | (np.diff(behind[order]) != 0)))
        rank = np.empty(count, np.int64)
        rank[order] = new
        step *= 2
        if new[-1] == count - 1 or step >= 2 * count:
            break
    common, length = np.zeros(count, np.int64), 0
    for place in range(count):
        if rank[place] == 0:
            length = 0
            continue
        other = order[rank[place] - 1]
        while max(place, other) + length < count and numbers[place + length] == numbers[other + length]:
            length += 1
        common[rank[place]] = length
        length = max(0, length - 1)
    return order, common


def repeated_tokens(texts, size):
    """For each text the tokens that stand in a run of `size` tokens that occurs twice, by a suffix array of all texts."""
    names, numbers, borders = {}, [], [0]
    for document, text in enumerate(texts):
        numbers += [names.setdefault(token[0], len(names)) for token in tokens(text)]
        numbers.append(-1 - document)  # ends every common run
        borders.append(len(numbers))
    order, common = suffix_array(numbers)
    long = common >= size
    starts = np.unique(np.concatenate([order[long], order[np.flatnonzero(long) - 1]]))
    inside = np.zeros(len(numbers) + 1, np.int64)
    np.add.at(inside, starts, 1)
    np.add.at(inside, starts + size, -1)
    covered = np.cumsum(inside)[:-1] > 0
    return [set(np.flatnonzero(covered[a : b - 1]).tolist()) for a, b in pairwise(borders)]
