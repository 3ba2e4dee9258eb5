"""What a supervised fastText model says of texts: dictionary, hashed n-grams, mean of rows, output layer, in one pass.

The same answers as fastText's C++ (Joulin et al. 2016; file format and arithmetic as in version 0.9.2) without a Python
string per text, and quicker: the sum of a word's rows (itself and its character n-grams) is kept in a table, and words
repeat. A word's sum is computed the same way whether it is found there or not, so that the table's state, and with it
the order of texts, makes no difference. Sums are of words first, hence differences to C++ in the last digits.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .compile import inlined, kernel
from .unicode import mix

SOFTMAX: Final = 0
SIGMOIDS: Final = 1
TREE: Final = 2
"""Output layers: one probability for all labels, one for each (ova, ns), hierarchical softmax."""

FLOOR: Final = 1e-5
"""fastText adds it before each logarithm, so that a certain label has a probability of 1.00001."""


ROOM: Final = 1024
"""Rows of a word that are added at a time: a word of megabytes takes no more memory than that."""


@inlined
def _looked_up(value):  # type: ignore[no-untyped-def]
    """The logistic function as fastText's table has it: 512 steps from -8 to 8, 0 and 1 beyond."""
    if value < np.float32(-8):
        return 0.0
    if value > np.float32(8):
        return 1.0
    step = np.int64((value + np.float32(8)) * np.float32(512) / np.float32(8) / np.float32(2))
    return 1.0 / (1.0 + np.exp(-(np.float64(step) / 32 - 8)))


@inlined
def _step(value, byte):  # type: ignore[no-untyped-def]
    """One byte of fastText's FNV-1a, which takes bytes for signed numbers."""
    wide = np.uint32(byte) | np.uint32(0xFFFFFF00) if byte >= 128 else np.uint32(byte)
    return np.uint32((value ^ wide) * np.uint32(16777619))


@inlined
def _is_separator(byte):  # type: ignore[no-untyped-def]
    """Whether a byte ends a word; line ends are spaces here."""
    return byte == 32 or (9 <= byte <= 13) or byte == 0


@inlined
def _bucket_row(bucket, words, kept):  # type: ignore[no-untyped-def]
    """The row of an n-gram's bucket (`kept`: where pruned models have it), -1 when it was pruned."""
    if kept.shape[0] > 0:
        row = np.int64(kept[bucket])
        return words + row if row >= 0 else np.int64(-1)
    return words + np.int64(bucket)


@inlined
def _add_rows(rows, chosen, count, total):  # type: ignore[no-untyped-def]
    """Add `count` rows to `total`, eight at a time: memory is asked for the next one before the last is there."""
    full = count - count % 8
    for first in range(0, full, 8):
        a, b, c, d = rows[chosen[first]], rows[chosen[first + 1]], rows[chosen[first + 2]], rows[chosen[first + 3]]
        e, f, g, h = rows[chosen[first + 4]], rows[chosen[first + 5]], rows[chosen[first + 6]], rows[chosen[first + 7]]
        for column in range(total.shape[0]):
            total[column] += ((a[column] + b[column]) + (c[column] + d[column])) + (
                (e[column] + f[column]) + (g[column] + h[column])
            )
    for index in range(full, count):
        a = rows[chosen[index]]
        for column in range(total.shape[0]):
            total[column] += a[column]


@inlined
def _word_number(word, length, value, slots, texts, starts):  # type: ignore[no-untyped-def]
    """The number of a word of the dictionary, -1 when it is not there."""
    last = slots.shape[0] - 1
    slot = np.int64(value) & last
    while slots[slot] >= 0:
        start = starts[slots[slot]]
        if starts[slots[slot] + 1] - start == length:
            same = True
            for index in range(length):
                if texts[start + index] != word[index]:
                    same = False
                    break
            if same:
                return np.int64(slots[slot])
        slot = (slot + 1) & last
    return np.int64(-1)


@inlined
def _add_word(word, length, number, limits, kept, rows, chosen, total):  # type: ignore[no-untyped-def]
    """Add the rows of a word to `total`, and return how many; `word` is the word between < and >.

    `chosen` has room for `ROOM` rows, a multiple of eight: where a word has more, the sums are the same as at once.
    """
    words, buckets, shortest, longest = limits[0], np.uint32(limits[1]), limits[2], limits[3]
    count = 0
    before = 0
    if number >= 0:
        chosen[0] = number
        count = 1
    size = length + 2
    if buckets == 0 or longest == 0 or (kept.shape[0] == 0 and limits[5] == 0):
        size = 0
    for start in range(size):
        if word[start] & 0xC0 == 0x80:
            continue
        value = np.uint32(2166136261)
        stop = start
        for taken in range(1, longest + 1):
            if stop >= size:
                break
            value = _step(value, word[stop])
            stop += 1
            while stop < size and word[stop] & 0xC0 == 0x80:
                value = _step(value, word[stop])
                stop += 1
            if taken >= shortest and not (taken == 1 and (start == 0 or stop == size)):
                row = _bucket_row(np.uint32(value % buckets), words, kept)
                if row >= 0:
                    chosen[count] = row
                    count += 1
                    if count == chosen.shape[0]:
                        _add_rows(rows, chosen, count, total)
                        before += count
                        count = 0
    _add_rows(rows, chosen, count, total)
    return before + count


@inlined
def _is_label(word, length):  # type: ignore[no-untyped-def]
    """Whether a word begins with __label__, or ends a line: fastText does not count it as a word."""
    if length == 4 and word[0] == 60 and word[1] == 47 and word[2] == 115 and word[3] == 62:
        return True
    return (
        length >= 9 and word[0] == 95 and word[1] == 95 and word[2] == 108 and word[3] == 97 and word[4] == 98
        and word[5] == 101 and word[6] == 108 and word[7] == 95 and word[8] == 95
    )  # fmt: skip


@kernel(
    "void(uint8[::1], int64[::1], int64[::1], int32[::1], uint8[::1], int64[::1], int32[::1], float32[:,::1],"
    " uint64[::1], int32[::1], float32[:,::1], float32[:,::1], int32[::1])"
)
def mean_rows(  # type: ignore[no-untyped-def]
    buffer, offsets, limits, slots, texts, starts, kept, rows, seen, seen_counts, seen_sums, mean, counts
):  # fmt: skip
    """The mean row of each text's words and n-grams, and how many there were.

    * buffer, offsets: n texts.
    * limits: words in the dictionary, buckets, least and most characters of an n-gram, most words of a word n-gram,
      whether the model has buckets at all (a pruned one may have none), the number of the end of line or -1, its hash.
    * slots: the dictionary's words by fastText's hash, open addressing, -1 is free, a power of two long.
    * texts, starts: their bytes.
    * kept: the row of each bucket, counted from the last word's, -1 for pruned ones; empty when all are there.
    * rows: the input matrix.
    * seen, seen_counts, seen_sums: the table of words (key, number of rows, sum of rows), a power of two long.
    * mean: n x dimension, written.
    * counts: n, written; 0 where nothing of the text is in the model.
    """
    longest = np.int64(0)
    for row in range(offsets.shape[0] - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    scratch = np.zeros(longest + 3, np.uint8)
    many = limits[4]
    chosen = np.zeros(ROOM, np.uint64)
    hashes = np.zeros(longest // 2 + 2 if many > 1 else 1, np.int32)
    last = np.uint64(seen.shape[0] - 1)
    dimension = rows.shape[1]
    total = np.zeros(dimension, np.float32)
    for row in range(offsets.shape[0] - 1):
        total[:] = 0
        count = np.int64(0)
        found = 0
        position, stop = offsets[row], offsets[row + 1]
        while position < stop:
            while position < stop and _is_separator(buffer[position]):
                position += 1
            start = position
            value = np.uint32(2166136261)
            key = np.uint64(0)
            while position < stop and not _is_separator(buffer[position]):
                value = _step(value, buffer[position])
                key = (key + np.uint64(buffer[position]) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
                key ^= key >> np.uint64(29)
                position += 1
            length = position - start
            if length == 0 or _is_label(buffer[start:position], length):
                continue
            key = mix(key) | np.uint64(1)
            slot = key & last
            if seen[slot] != key:
                scratch[0] = 60
                for index in range(length):
                    scratch[index + 1] = buffer[start + index]
                scratch[length + 1] = 62
                number = _word_number(scratch[1:], length, value, slots, texts, starts)
                sums = seen_sums[slot]
                sums[:] = 0
                seen_counts[slot] = _add_word(scratch, length, number, limits, kept, rows, chosen, sums)
                seen[slot] = key
            count += seen_counts[slot]
            sums = seen_sums[slot]
            for column in range(dimension):
                total[column] += sums[column]
            if many > 1:
                hashes[found] = np.int32(value)
                found += 1
        if limits[6] >= 0:
            count += 1
            end = rows[limits[6]]
            for column in range(dimension):
                total[column] += end[column]
        if many > 1 and limits[1] > 0 and (kept.shape[0] > 0 or limits[5] != 0):
            hashes[found] = np.int32(limits[7])
            found += 1
            for first in range(found):
                chain = np.uint64(np.int64(hashes[first]))
                for following in range(first + 1, min(found, first + many)):
                    chain = chain * np.uint64(116049371) + np.uint64(np.int64(hashes[following]))
                    bucket = _bucket_row(np.uint32(chain % np.uint64(limits[1])), limits[0], kept)
                    if bucket >= 0:
                        count += 1
                        gram = rows[bucket]
                        for column in range(dimension):
                            total[column] += gram[column]
        counts[row] = min(count, np.int64(2147483647))
        own = mean[row]
        for column in range(dimension):
            own[column] = total[column] * np.float32(1.0 / count) if count > 0 else np.float32(0)


@kernel(
    "void(float32[:,::1], int32[::1], float32[:,::1], int64, int32[:,::1], int32[::1], float32[::1], float32[:,::1])"
)
def label_rows(mean, counts, columns, layer, tree, best, score, scores):  # type: ignore[no-untyped-def]
    """The probabilities of the labels.

    * mean, counts: what `mean_rows` found for n texts.
    * columns: the output matrix transposed (dimension x labels, or inner nodes of the tree): the inner loop runs
      along labels, which the compiler can do several at a time without changing any sum.
    * layer: `SOFTMAX`, `SIGMOIDS` or `TREE`.
    * tree: left and right child of each inner node, leaves (labels) being numbered first, the root last.
    * best, score: n, written: the likeliest label (-1 for an empty text) and its probability.
    * scores: n x labels, written, or no rows at all.
    """
    outputs = columns.shape[1]
    labels = tree.shape[0] + 1 if layer == 2 else outputs
    raw = np.zeros(outputs, np.float32)
    found = np.zeros(2 * labels, np.float64)
    for row in range(mean.shape[0]):
        best[row] = -1
        score[row] = 0
        if counts[row] == 0:
            continue
        raw[:] = 0
        for column in range(columns.shape[0]):
            factor = mean[row, column]
            weights = columns[column]
            for output in range(outputs):
                raw[output] += factor * weights[output]
        if layer == 0:
            most = raw[0]
            for output in range(outputs):
                most = max(most, raw[output])
            total = 0.0
            for output in range(outputs):
                found[output] = np.exp(np.float64(raw[output] - most))
                total += found[output]
            for output in range(outputs):
                found[output] = found[output] / total + 1e-5
        elif layer == 1:
            for output in range(outputs):
                found[output] = _looked_up(raw[output]) + 1e-5
        else:
            found[2 * labels - 2] = 1.0
            for node in range(labels - 2, -1, -1):
                right = 1.0 / (1.0 + np.exp(-np.float64(raw[node])))
                found[tree[node, 0]] = found[labels + node] * (1.0 - right + 1e-5)
                found[tree[node, 1]] = found[labels + node] * (right + 1e-5)
        winner = 0
        for label in range(1, labels):
            if found[label] > found[winner]:
                winner = label
        best[row] = winner
        score[row] = found[winner]
        if scores.shape[0] > 0:
            for label in range(labels):
                scores[row, label] = found[label]


@kernel("int64(uint8[::1], int64[::1], int32[::1], int64[::1], uint8[::1])")
def dictionary_entries(buffer, starts, lengths, counts, kinds):  # type: ignore[no-untyped-def]
    """Find the entries of a model's dictionary, and return where they end; -1 when the bytes end before.

    * buffer: the file from the first entry on: word, zero byte, count (8 bytes), kind (a byte: 0 word, 1 label).
    * starts, lengths, counts, kinds: n, written: where each word begins, its bytes, how often it was seen, its kind.
    """
    place = np.int64(0)
    size = buffer.shape[0]
    for entry in range(starts.shape[0]):
        starts[entry] = place
        while place < size and buffer[place] != 0:
            place += 1
        if place + 10 > size:
            return np.int64(-1)
        lengths[entry] = place - starts[entry]
        count = np.int64(0)
        for byte in range(8):
            count |= np.int64(buffer[place + 1 + byte]) << (8 * byte)
        counts[entry] = count
        kinds[entry] = buffer[place + 9]
        place += 10
    return place


@kernel("void(uint8[::1], int64[::1], int64[::1], uint8[::1], int32[::1])")
def dictionary_table(buffer, places, starts, texts, slots):  # type: ignore[no-untyped-def]
    """Copy words together and put them into a table by fastText's hash.

    * buffer, places: where each of n words begins.
    * starts: n + 1, where each word is to begin in `texts`, which is written.
    * slots: -1 everywhere, at least 2 n of them, a power of two; the numbers of the words are written.
    """
    last = slots.shape[0] - 1
    for word in range(places.shape[0]):
        value = np.uint32(2166136261)
        for index in range(starts[word + 1] - starts[word]):
            byte = buffer[places[word] + index]
            texts[starts[word] + index] = byte
            value = _step(value, byte)
        slot = np.int64(value) & last
        while slots[slot] >= 0:
            slot = (slot + 1) & last
        slots[slot] = word
