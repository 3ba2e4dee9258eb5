"""The aligner's kernels in plain Python: same definitions, no arrays, no tricks."""

import math

SHAPES = [(1, 1), (1, 0), (0, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3), (4, 1), (1, 4), (3, 3)]


def gamma(value, shape, scale):
    value = max(value, 0.5)
    return (shape - 1) * math.log(value) - value / scale - math.lgamma(shape) - shape * math.log(scale)


def length_score(left, right, ratio, variance, spreads):
    """Lists of lengths: how much likelier as translations than alone, the mean of both directions."""
    one, other = sum(left), sum(right)
    spread = variance * max((one + other / ratio) / 2, 0.5)
    alone = gamma(one, len(left) * spreads[0], spreads[1]), gamma(other, len(right) * spreads[2], spreads[3])
    together = -((ratio * one - other) ** 2) / spread / 2 - math.log(2 * math.pi * spread) / 2
    return (together - alone[1] + together + math.log(ratio) - alone[0]) / 2


def shape_and_length(left, right, priors, ratio, variance, weight, floor, spreads):
    """{(i, j, shape): score} for lengths of segments on both sides."""
    scores = {}
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            for k, (a, b) in enumerate(SHAPES):
                if i >= a and j >= b:
                    fit = 0.0
                    if a and b:
                        fit = max(floor, length_score(left[i - a : i], right[j - b : j], ratio, variance, spreads))
                    scores[i, j, k] = priors[k] + weight * fit
    return scores


def local_shares(segments, shares, local, reach):
    """Share of each token, in the neighbourhood and in all text: lists like `segments`."""
    words = [word for segment in segments for word in segment]
    mixed = iter(
        (1 - local) * shares[word]
        + local / (2 * reach) * sum(
            math.exp(-abs(place - other) / reach)
            for other, same in enumerate(words) if same == word and other != place
        )
        for place, word in enumerate(words)
    )  # fmt: skip
    return [[next(mixed) for _ in segment] for segment in segments]


def side_evidence(words, shares, others, chances, alone):
    """Logarithm of how much likelier words are beside the others than without; `chances[other, word]`."""
    total = 0.0
    for word, share in zip(words, shares, strict=True):
        made = sum(chances.get((other, word), 0.0) for other in others) / len(others)
        total += math.log(alone[word] + (1 - alone[word]) * made / share)
    return total


def lexical(left, right, scores, ahead, back, left_share, right_share, left_alone, right_alone, weight, local, reach):
    """The scores with the evidence of words; `left` and `right` are lists of segments, lists of words."""
    found = dict(scores)
    left_shares, right_shares = (
        local_shares(left, left_share, local, reach), local_shares(right, right_share, local, reach)
    )  # fmt: skip
    for i, j, k in scores:
        a, b = SHAPES[k]
        lefts = [word for segment in left[i - a : i] for word in segment]
        rights = [word for segment in right[j - b : j] for word in segment]
        if lefts and rights:
            one = side_evidence(rights, [share for segment in right_shares[j - b : j] for share in segment], lefts, ahead, right_alone)
            other = side_evidence(lefts, [share for segment in left_shares[i - a : i] for share in segment], rights, back, left_alone)
            found[i, j, k] += weight * 0.5 * (one + other)
    return found


def forward_backward(scores, n, m):
    """Probability of each bead, and the logarithm of the sum over all ways."""

    def add(one, other):
        high, low = max(one, other), min(one, other)
        return high if low == -math.inf else high + math.log1p(math.exp(low - high))

    ahead = {(0, 0): 0.0}
    cells = [(i, j) for i in range(n + 1) for j in range(m + 1)]
    for i, j in cells:
        for k, (a, b) in enumerate(SHAPES):
            if (i, j, k) in scores:
                ahead[i, j] = add(ahead.get((i, j), -math.inf), ahead[i - a, j - b] + scores[i, j, k])
    back = {(n, m): 0.0}
    for i, j in reversed(cells):
        for k, (a, b) in enumerate(SHAPES):
            if (i, j, k) in scores:
                value = back.get((i, j), -math.inf) + scores[i, j, k]
                back[i - a, j - b] = add(back.get((i - a, j - b), -math.inf), value)
    whole = ahead[n, m]
    return {
        (i, j, k): math.exp(ahead[i - SHAPES[k][0], j - SHAPES[k][1]] + score + back[i, j] - whole)
        for (i, j, k), score in scores.items()
    }, whole


def best_way(gains, n, m):
    """The way with the largest sum of gains: (first and last + 1 of both sides, shape)."""
    best, chosen = {(0, 0): 0.0}, {}
    for i in range(n + 1):
        for j in range(m + 1):
            for k, (a, b) in enumerate(SHAPES):
                if (i, j, k) in gains:
                    value = best[i - a, j - b] + gains[i, j, k]
                    if value > best.get((i, j), -math.inf):
                        best[i, j], chosen[i, j] = value, k
    way, i, j = [], n, m
    while i or j:
        a, b = SHAPES[chosen[i, j]]
        way.append((i - a, i, j - b, j, chosen[i, j]))
        i, j = i - a, j - b
    return way[::-1]


def expected_counts(beads, weights, forward, backward, left_share, right_share, left_alone, right_alone):
    """One E step of model 1 on lists of (left words, right words): pairs forward, backward, and words without one."""
    ahead, back, alone_left, alone_right = {}, {}, {}, {}
    for (lefts, rights), weight in zip(beads, weights, strict=True):
        sides = (
            (lefts, rights, backward, left_share, left_alone, back, alone_left, False),
            (rights, lefts, forward, right_share, right_alone, ahead, alone_right, True),
        )
        for words, others, table, share, alone, counts, none, is_right in sides:
            for word in words:
                key = [(other, word) if is_right else (word, other) for other in others]
                made = [(1 - alone[word]) * table[pair] / len(others) for pair in key]
                total = sum(made) + alone[word] * share[word]
                none[word] = none.get(word, 0.0) + weight * alone[word] * share[word] / total
                for pair, chance in zip(key, made, strict=True):
                    counts[pair] = counts.get(pair, 0.0) + weight * chance / total
    return ahead, back, alone_left, alone_right
