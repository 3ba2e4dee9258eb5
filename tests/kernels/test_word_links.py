"""Tokens that are written down and links between them, against plain Python."""

import math

import numpy as np
import pyarrow as pa
from hexapla.kernels.arrow import text_buffers
from hexapla.kernels.unicode import CLASS, CONTROL
from hexapla.kernels.word_links import (
    GROW_DIAG,
    INTERSECTION,
    TENSION,
    UNION,
    best_links,
    symmetrized,
    written_tokens,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def tokens(texts):
    buffer, offsets = text_buffers(pa.array(texts, pa.string()))
    room = int(offsets[-1] - offsets[0])
    out, borders, starts = np.empty(room, np.uint8), np.empty(room + 1, np.int64), np.empty(len(texts) + 1, np.int64)
    count = written_tokens(buffer, offsets, CLASS, out, borders, starts)
    every = [bytes(out[borders[place] : borders[place + 1]]).decode() for place in range(count)]
    return [every[starts[row] : starts[row + 1]] for row in range(len(texts))]


def test_texts_of_many_scripts_are_cut():
    cases = {
        "It's 2,500 km... (ca.)": ["It", "'", "s", "2", ",", "500", "km", "...", "(", "ca", ".", ")"],
        "Он сказал:\u00a0«Нет»!": ["Он", "сказал", ":", "«", "Нет", "»", "!"],
        "東京で3月": ["東", "京", "で", "3", "月"],
        "ที่นี่": ["ที่", "นี่"],
        "हिन्दी में": ["हिन्दी", "में"],
        "می‌خواهم؟": ["می‌خواهم", "؟"],
        "안녕 하세요": ["안녕", "하세요"],
        "\ufeff\u2028 \t": [],
        "": [],
    }
    assert tokens(list(cases)) == list(cases.values())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=4))
def test_tokens_hold_everything_but_white_space(texts):
    found = tokens(texts)
    for text, own in zip(texts, found, strict=True):
        kept = "".join(text.split()).replace("\u200b", "")
        assert _bare("".join(own)) == _bare(kept)
        assert " ".join(own).split() == own
    assert [tokens([text])[0] for text in texts] == found


def _bare(text):
    return "".join(sign for sign in text if CLASS[ord(sign)] != CONTROL)


WORDS = 4
numbers = st.lists(st.integers(-1, WORDS), max_size=6)


def flat(lists):
    starts = np.concatenate([[0], np.cumsum([len(words) for words in lists])]).astype(np.int64)
    return np.array([word for words in lists for word in words], np.int32), starts


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4), st.integers(0, 999))
def test_best_links_are_those_of_plain_python(texts, seed):
    random = np.random.default_rng(seed)
    table = (random.random((WORDS, WORDS)) * (random.random((WORDS, WORDS)) < 0.7)).astype(np.float32)
    rows, columns = np.nonzero(table)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=WORDS))]).astype(np.int64)
    shares = np.append(random.random(WORDS), 0).astype(np.float32)
    alone = np.append(random.random(WORDS), 0).astype(np.float32)
    same = np.array([-1, 2, -1, 0, 4], np.int32)
    surely = random.random(WORDS + 1).astype(np.float32)
    given_words, given_starts = flat([one for one, _ in texts])
    told_words, told_starts = flat([other for _, other in texts])
    out = np.empty(len(told_words), np.int32)
    best_links(
        given_words, given_starts, told_words, told_starts, starts, columns.astype(np.int32), table[rows, columns],
        shares, alone, same, surely, out,
    )  # fmt: skip
    assert out.tolist() == [
        _best(one, word, place, len(other), table, shares, alone, same, surely)
        for one, other in texts
        for place, word in enumerate(other)
    ]


def _best(one, word, place, size, table, shares, alone, same, surely):
    if word < 0:
        return -1
    weights = {
        left: math.exp(-TENSION * abs((2 * left + 1) * size - (2 * place + 1) * len(one)) / (2 * len(one) * size))
        for left, other in enumerate(one)
        if other >= 0
    }
    chances = {}
    for left, weight in weights.items():
        chance = float(table[one[left], word]) if one[left] < WORDS and word < WORDS else 0.0
        chances[left] = weight * (max(chance, float(surely[one[left]])) if same[one[left]] == word else chance)
    left = max(chances, key=lambda each: (chances[each], -each), default=-1)
    if left < 0 or not chances[left]:
        return -1
    one_of = (1 - alone[word]) * chances[left] / sum(weights.values())
    return left if one_of > alone[word] * shares[word] else -1


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_directions_are_joined_as_in_plain_python(data):
    texts = []
    for _ in range(data.draw(st.integers(1, 3))):
        lefts, rights = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5))
        back = data.draw(st.lists(st.integers(-1, rights - 1), min_size=lefts, max_size=lefts))
        ahead = data.draw(st.lists(st.integers(-1, lefts - 1), min_size=rights, max_size=rights))
        texts.append((back, ahead))
    back, left_starts = flat([one for one, _ in texts])
    ahead, right_starts = flat([other for _, other in texts])
    for how in (INTERSECTION, UNION, GROW_DIAG):
        links, starts = np.empty((len(back) + len(ahead), 2), np.int32), np.empty(len(texts) + 1, np.int64)
        count = symmetrized(back, left_starts, ahead, right_starts, how, links, starts)
        assert starts[-1] == count
        for number, (one, other) in enumerate(texts):
            found = [tuple(link) for link in links[starts[number] : starts[number + 1]].tolist()]
            assert found == sorted(_joined(one, other, how))


def _joined(back, ahead, how):
    first = {(left, right) for left, right in enumerate(back) if right >= 0}
    second = {(left, right) for right, left in enumerate(ahead) if left >= 0}
    if how == UNION:
        return first | second
    found, before = first & second, None
    while how == GROW_DIAG and found != before:
        before = set(found)
        for left in range(len(back)):
            for right in range(len(ahead)):
                if (left, right) not in found:
                    continue
                for near in ((left + down, right + across) for down in (-1, 0, 1) for across in (-1, 0, 1)):
                    free = near[0] not in {one for one, _ in found} or near[1] not in {other for _, other in found}
                    if near in first | second and free:
                        found.add(near)
    return found
