"""Alignment of whole documents: made translations in several scripts, hostile documents, determinism."""

import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.sentence_alignment import REASONS, Corpus, Model, Settings, align, train

ALPHABETS = {
    "Latn": "abcdefghijklmnoprstuvz", "Cyrl": "абвгдежзиклмнопрстуфхцч", "Arab": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Deva": "कखगघचछजझटठडढतथदधनपफबभम", "Hani": "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏", "Thai": "กขคงจชซญดตถทนบปผพฟมยรลวสหอ",
}  # fmt: skip


def lists(documents):
    return pa.array(documents, pa.list_(pa.string()))


def language(script, seed, size=250):
    source = random.Random(f"{script}{seed}")
    short = script in ("Hani",)
    return [
        "".join(source.choice(ALPHABETS[script]) for _ in range(source.randint(1, 2) if short else source.randint(3, 8)))
        for _ in range(size)
    ]


def corpus(one, other, documents=30, segments=14, seed=0, changes=0.05):
    """Documents in a made language and its word-by-word translation, with deletions and merges: corpus and gold."""
    source = random.Random(seed)
    words, others = language(one, 1), language(other, 2)
    gaps = ["" if script in ("Hani", "Thai") else " " for script in (one, other)]
    texts, gold = ([], []), []
    for _ in range(documents):
        sides, beads, places = ([], []), [], [0, 0]
        for number in range(segments):
            chosen = [min(int(source.expovariate(0.02)), 249) for _ in range(source.randint(4, 16))]
            pair = [gaps[0].join(words[k] for k in chosen), gaps[1].join(others[k] for k in chosen)]
            missing = source.randint(0, 1) if source.random() < changes else None
            merged = source.random() < 0.1 and number and beads and None not in beads[-1]
            if merged and missing is None:
                side = source.randint(0, 1)
                sides[side][-1] += gaps[side] + pair[side]
                sides[1 - side].append(pair[1 - side])
                places[1 - side] += 1
                last = beads.pop()
                beads.append(tuple((last[k][0], places[k]) for k in (0, 1)))
                continue
            bead = []
            for side in (0, 1):
                if missing == side:
                    bead.append(None)
                else:
                    sides[side].append(pair[side])
                    bead.append((places[side], places[side] + 1))
                    places[side] += 1
            beads.append(tuple(bead))
        for side in (0, 1):
            texts[side].append(sides[side])
        gold.append({bead for bead in beads if None not in bead})
    return Corpus(lists(texts[0]), lists(texts[1])), gold


def found(beads, documents):
    out = [set() for _ in range(documents)]
    rows = zip(*(getattr(beads, name).tolist() for name in ("document", "src_start", "src_stop", "tgt_start", "tgt_stop")),
               strict=True)  # fmt: skip
    for document, first, last, start, stop in rows:
        if last > first and stop > start:
            out[document].add(((first, last), (start, stop)))
    return out


def f1(gold, test):
    right = sum(len(one & other) for one, other in zip(gold, test, strict=True))
    return 2 * right / (sum(map(len, gold)) + sum(map(len, test)))


def covers(beads, given):
    """Whether every segment of every document is in exactly one bead, in order."""
    for document in range(len(given)):
        chosen = beads.document == document
        for first, last, column in ((beads.src_start, beads.src_stop, given.src), (beads.tgt_start, beads.tgt_stop, given.tgt)):
            starts, stops = first[chosen], last[chosen]
            segments = [place for start, stop in zip(starts, stops, strict=True) for place in range(start, stop)]
            if segments != list(range(len(column[document].as_py() or []))):
                return False
    return True


@pytest.mark.parametrize(("one", "other"), [("Latn", "Cyrl"), ("Arab", "Hani"), ("Thai", "Deva")])
def test_made_translations_are_found(one, other):
    given, gold = corpus(one, other)
    model = train(given, f"aaa_{one}", f"bbb_{other}")
    beads = align(given, model)
    assert f1(gold, found(beads, len(given))) > 0.95
    assert covers(beads, given)
    assert set(beads.reason) == {""}
    assert set(beads.method) == {"lexical"}
    assert beads.document_score.min() > 0.6
    lengths = align(given, train(given, f"aaa_{one}", f"bbb_{other}", settings=Settings(passes=0)))
    assert f1(gold, found(beads, len(given))) > f1(gold, found(lengths, len(given)))


def test_documents_that_are_no_translations_are_called_so():
    given, _ = corpus("Latn", "Cyrl")
    model = train(given, "aaa_Latn", "bbb_Cyrl")
    others = given.tgt.to_pylist()
    unrelated = align(Corpus(given.src, lists(others[1:] + others[:1])), model)
    assert unrelated.document_score.max() < 0.3
    assert unrelated.reason.count("unrelated") > 25
    foreign = align(Corpus(given.src, corpus("Latn", "Arab")[0].tgt), model)
    both = (foreign.src_stop > foreign.src_start) & (foreign.tgt_stop > foreign.tgt_start)
    assert foreign.document_score.max() < 0.3
    assert np.median(foreign.score[both]) < 0.3


def test_what_little_there_is_is_learned_from_twice_as_often_and_its_beads_cost_less():
    given, gold = corpus("Latn", "Cyrl", documents=4)
    model = train(given, "aaa_Latn", "bbb_Cyrl")
    few = model.settings.few
    assert 20 < model.beads < few
    often = train(given, "aaa_Latn", "bbb_Cyrl", settings=Settings(passes=6, few=1.0))
    assert replace(often, settings=model.settings).to_bytes() == model.to_bytes()
    cheap = Settings(price=model.settings.price * model.beads / few, few=1.0)
    beads, priced = align(given, model), align(given, model, cheap)
    assert found(beads, 4) == found(priced, 4)
    assert beads.score.tobytes() == priced.score.tobytes()
    assert f1(gold, found(beads, 4)) > 0.9
    enough = train(corpus("Latn", "Cyrl", documents=40)[0], "aaa_Latn", "bbb_Cyrl")
    once = train(corpus("Latn", "Cyrl", documents=40)[0], "aaa_Latn", "bbb_Cyrl", settings=Settings(few=1.0))
    assert enough.beads > few
    assert replace(once, settings=enough.settings).to_bytes() == enough.to_bytes()


def test_few_documents_are_no_reason_for_certainty():
    given, _ = corpus("Latn", "Cyrl", documents=1, segments=6)
    beads = align(given, train(given, "aaa_Latn", "bbb_Cyrl"))
    assert beads.reason[0] in ("few_documents", "unrelated")
    assert beads.document_score[0] < 0.8


def test_documents_of_one_or_two_segments_say_that_they_are_too_short():
    given, _ = corpus("Latn", "Cyrl")
    model = train(given, "aaa_Latn", "bbb_Cyrl")
    short = [text[:2] for text in given.src.to_pylist()[:6]], [text[:5] for text in given.tgt.to_pylist()[:6]]
    beads = align(Corpus(lists(short[0]), lists(short[1])), model)
    assert set(beads.reason) <= {"too_short", "unrelated"}
    assert "too_short" in beads.reason
    assert set(align(given, model).reason) == {""}


def test_seeds_and_a_lexicon_are_learned_from():
    given, gold = corpus("Latn", "Hani", documents=2)
    entries = pa.array(language("Latn", 1)), pa.array(language("Hani", 2))
    alone = align(given, train(given, "aaa_Latn", "bbb_Hani"))
    for named in ({"seeds": entries}, {"lexicon": entries}):
        helped = align(given, train(given, "aaa_Latn", "bbb_Hani", **named))
        assert f1(gold, found(helped, 2)) > max(0.9, f1(gold, found(alone, 2)))


def test_the_same_bytes_and_beads_however_the_documents_are_cut():
    given, _ = corpus("Arab", "Latn", documents=12)
    model = train(given, "aaa_Arab", "bbb_Latn")
    again = Model.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes() == train(given, "aaa_Arab", "bbb_Latn").to_bytes()
    whole = align(given, model)
    place = 0
    for first, count in ((0, 5), (5, 1), (6, 6)):
        part = align(Corpus(given.src.slice(first, count), given.tgt.slice(first, count)), again)
        rows = slice(place, place + len(part.document))
        for name in ("src_start", "src_stop", "tgt_start", "tgt_stop", "score"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows])
        np.testing.assert_array_equal(part.document_score, whole.document_score[first : first + count])
        place = rows.stop
    assert place == len(whole.document)


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ([], [], "no_segments"),
        (None, ["слово"], "no_segments"),
        (["word"], [], "no_segments"),
        (["", " "], ["слово"], "no_segments"),
        (["?"], ["!"], None),
        (["\u200b"], ["\u0300"], None),
        (["word"] * 300, ["слово"] * 3, "unrelated"),
        (["a" * 20_000], ["б"], None),
    ],
)
def test_hostile_documents(source, target, reason):
    given, _ = corpus("Latn", "Cyrl", documents=6)
    model = train(given, "aaa_Latn", "bbb_Cyrl")
    hostile = Corpus(lists([source]), lists([target]))
    for trained in (model, train(hostile, "aaa_Latn", "bbb_Cyrl")):
        beads = align(hostile, trained)
        assert covers(beads, hostile)
        assert beads.reason[0] in REASONS
        assert ((beads.score >= 0) & (beads.score <= 1)).all()
        assert beads.document_score[0] <= 0.7
    if reason is not None:
        assert align(hostile, model).reason == [reason]


def test_an_empty_segment_is_nobodys_counterpart():
    given, _ = corpus("Latn", "Cyrl", changes=0)
    source, target = given.src.to_pylist(), given.tgt.to_pylist()
    model = train(given, "aaa_Latn", "bbb_Cyrl")
    plain = found(align(given, model), len(given))
    source[0].insert(0, "")
    target[1].append(" \n")
    beads = align(Corpus(lists(source), lists(target)), model)
    shifted = {((a + 1, b + 1), other) for (a, b), other in plain[0]}
    assert found(beads, len(given)) == [shifted, *plain[1:]]
    assert covers(beads, Corpus(lists(source), lists(target)))


def test_a_long_document_is_aligned_around_what_is_rare_in_it():
    given, gold = corpus("Latn", "Cyrl", documents=60, segments=30)
    source = [f"{text} {number}" if number % 7 == 0 else text
              for number, text in enumerate(text for document in given.src.to_pylist() for text in document)]  # fmt: skip
    target = [text for document in given.tgt.to_pylist() for text in document]
    offsets = np.cumsum([0, *map(len, given.src.to_pylist())]), np.cumsum([0, *map(len, given.tgt.to_pylist())])
    joined = {
        ((a + offsets[0][d], b + offsets[0][d]), (x + offsets[1][d], y + offsets[1][d]))
        for d, beads in enumerate(gold)
        for (a, b), (x, y) in beads
    }
    cut = target[: len(target) // 2] + target[len(target) // 2 + 150 :]  # a chapter is missing
    model = train(given, "aaa_Latn", "bbb_Cyrl")
    whole = found(align(Corpus(lists([source]), lists([target])), model), 1)
    assert f1([joined], whole) > 0.95
    missing = align(Corpus(lists([source]), lists([cut])), model)
    kept = {bead for bead in joined if bead[1][1] <= len(target) // 2}
    assert len(kept & found(missing, 1)[0]) > 0.95 * len(kept)
    assert covers(missing, Corpus(lists([source]), lists([cut])))
