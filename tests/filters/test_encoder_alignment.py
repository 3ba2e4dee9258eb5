"""Alignment of whole corpora by an encoder: planted alignments, against the aligner without weights, and tiny networks."""

import random
import re
import zlib

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.embeddings import EncoderPlan, load_encoder
from hexapla.filters.encoder_alignment import EncoderModel, align, run_vectors, train
from hexapla.filters.sentence_alignment import Corpus
from hexapla.filters.sentence_alignment import align as align_words
from hexapla.filters.sentence_alignment import train as train_words
from passages import ARTICLES, passages
from tiny_models import save_network

SIZE = 96
LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "вгзаджбйклмнопрстуфхцчшщыэ")


def in_other_letters(text):
    """The text in words of another language, which an encoder understands and nobody else."""
    words = [f"{word[::-1]}ъ".translate(LETTERS) for word in re.findall(r"\w+", text.lower())]
    random.Random(len(words)).shuffle(words)
    return " ".join(words) + "."


BACK = {
    f"{word[::-1]}ъ".translate(LETTERS): word for word in re.findall(r"\w+", ARTICLES["eng_Latn"].lower())
}


def embed(texts):
    """Vectors of words, whatever language they are in, with noise by text: what an encoder of many languages makes."""
    found = np.zeros((len(texts), SIZE), np.float32)
    for row, text in enumerate(texts.to_pylist()):
        words = re.findall(r"\w+", text.lower())
        for word in words:
            known = BACK.get(word, word)
            found[row] += np.random.default_rng(zlib.crc32(known.encode())).normal(size=SIZE)
        found[row] /= max(1, len(words)) ** 0.5
        found[row] += 0.5 + 0.5 * np.random.default_rng(zlib.crc32(text.encode())).normal(size=SIZE)
    return found


def sentences():
    return sorted({line for text in passages("eng_Latn", 80) for line in text.split("\n")})


def corpus(documents, length, seed=0):
    """Documents of both languages: segments without counterpart, and joined ones; with the beads as they were made."""
    chance, pool = random.Random(seed), sentences()
    sides, beads = ([], []), []
    for _ in range(documents):
        one, other, made = [], [], []
        for text in chance.sample(pool, length):
            kind = chance.random()
            if kind < 0.05:
                one.append(text)
            elif kind < 0.1:
                other.append(in_other_letters(text))
            elif kind < 0.2:
                words = text.split()
                made.append((len(one), len(one) + 2, len(other), len(other) + 1))
                one += [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]
                other.append(in_other_letters(text))
            else:
                made.append((len(one), len(one) + 1, len(other), len(other) + 1))
                one.append(text)
                other.append(in_other_letters(text))
        for side, segments in zip(sides, (one, other), strict=True):
            side.append(segments)
        beads.append(made)
    return Corpus(*(pa.array(side, pa.list_(pa.string())) for side in sides)), beads


def by_document(found, count):
    beads = [set() for _ in range(count)]
    for document, *bead in zip(
        *(np.asarray(value).tolist() for value in (found.document, found.src_start, found.src_stop, found.tgt_start, found.tgt_stop)),
        strict=True,
    ):
        beads[document].add(tuple(bead))
    return beads


def f1(found, wanted):
    given = [{bead for bead in beads if bead[1] > bead[0] and bead[3] > bead[2]} for beads in by_document(found, len(wanted))]
    hits = sum(len(one & set(other)) for one, other in zip(given, wanted, strict=True))
    return 2 * hits / (sum(map(len, given)) + sum(map(len, wanted)))


def test_planted_alignments_are_found_where_words_alone_know_little():
    many, beads = corpus(4, 30)
    found = align(many, train(many, "eng_Latn", "rus_Cyrl", embed), embed)
    assert f1(found, beads) > 0.96
    assert set(found.method) == {"encoder"}
    assert found.document_score.min() > 0.4 and set(found.reason) == {""}
    by_vectors, by_words = [], []
    for seed in range(12):
        one, beads = corpus(1, 6, seed)
        by_vectors.append(f1(align(one, train(one, "eng_Latn", "rus_Cyrl", embed), embed), beads))
        by_words.append(f1(align_words(one, train_words(one, "eng_Latn", "rus_Cyrl")), beads))
    assert np.mean(by_vectors) > 0.85
    assert np.mean(by_vectors) > np.mean(by_words) + 0.05


def test_documents_of_others_have_a_lower_score():
    texts, _ = corpus(6, 25, seed=3)
    model = train(texts, "eng_Latn", "rus_Cyrl", embed)
    moved = Corpus(texts.src, pa.concat_arrays([texts.tgt.slice(1), texts.tgt.slice(0, 1)]))
    found, right = align(moved, model, embed), align(texts, model, embed)
    # all documents are made of the words of one article
    assert found.document_score.max() < right.document_score.min() - 0.1


def test_each_document_depends_on_itself_and_the_model():
    texts, _ = corpus(5, 12, seed=5)
    model = train(texts, "eng_Latn", "rus_Cyrl", embed)
    again = EncoderModel.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes() == train(texts, "eng_Latn", "rus_Cyrl", embed).to_bytes()
    whole = by_document(align(texts, model, embed), 5)
    for number in range(5):
        alone = Corpus(texts.src.slice(number, 1), texts.tgt.slice(number, 1))
        assert by_document(align(alone, again, embed), 1)[0] == whole[number]
    with pytest.raises(ValueError, match="train it again"):
        EncoderModel.from_bytes(b"something else")


def test_empty_documents_and_empty_segments():
    texts = Corpus(
        pa.array([[], ["one two three", "", "four five six"], None, ["a"]], pa.list_(pa.string())),
        pa.array([["x"], ["one two three", "four five six", " "], ["y"], []], pa.list_(pa.string())),
    )
    found = align(texts, train(texts, "eng_Latn", "fra_Latn", embed), embed)
    assert by_document(found, 4) == [
        {(0, 0, 0, 1)},
        {(0, 1, 0, 1), (1, 2, 1, 1), (2, 3, 1, 2), (3, 3, 2, 3)},
        {(0, 0, 0, 1)},
        {(0, 1, 0, 0)},
    ]
    assert [found.reason[place] for place in (0, 2, 3)] == ["no_segments"] * 3
    nothing = Corpus(texts.src.slice(0, 0), texts.tgt.slice(0, 0))
    assert len(align(nothing, train(nothing, "eng_Latn", "fra_Latn", embed), embed).document) == 0


def test_runs_are_joined_as_their_language_joins_them_and_never_across_documents():
    seen = []

    def listen(texts):
        seen.extend(texts.to_pylist())
        return np.ones((len(texts), 3), np.float32)

    documents = pa.array([["你好。", "再见。"], ["是。", "", "不。"]])
    runs = list(run_vectors(documents, "", 3, listen))
    assert sorted(seen) == sorted(["你好。", "再见。", "是。", "不。", "你好。再见。"])
    assert [run.shape for run in runs] == [(3, 2, 3), (3, 3, 3)]
    assert [run.any(axis=2).tolist() for run in runs] == [
        [[True, True], [False, True], [False, False]],
        [[True, False, True], [False] * 3, [False] * 3],
    ]


def test_a_network_gives_the_same_beads_however_documents_are_cut(tmp_path):
    encoder = load_encoder(EncoderPlan(save_network(tmp_path / "m")), "cpu")
    texts, _ = corpus(3, 10, seed=8)
    same = Corpus(texts.src, texts.src)
    model = train(same, "eng_Latn", "deu_Latn", encoder.embed)
    whole = by_document(align(same, model, encoder.embed), 3)
    for number, lines in enumerate(texts.src.to_pylist()):
        alone = Corpus(same.src.slice(number, 1), same.tgt.slice(number, 1))
        assert by_document(align(alone, model, encoder.embed), 1)[0] == whole[number]
        assert whole[number] == {(place, place + 1, place, place + 1) for place in range(len(lines))}
