"""Verdicts against a plain-Python reference, templates, and signatures that are clear."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hexapla.kernels.minhash import Scheme, shingle_sets, signatures
from hexapla.stages.dedup_scope import ALWAYS
from hexapla.stages.minhash_dedup import MinhashDedup
from hexapla.stages.minhash_verdicts import CERTAIN, TEMPLATE_SIZE
from stages.step_runner import cut, run_steps

LETTERS = {
    "Latn": "abcdefghijklmnopqrstuvwxyz",
    "Cyrl": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "Deva": "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "Arab": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Hang": "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허",
    "Hani": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后",
    "Thai": "กขคงจชซญดตถทธนบปผพฟภมยรลวศสหอฮ",
}
UNSPACED = ("Hani", "Thai")


def words(script, chance, count):
    """Words of a script; in unspaced ones letters, to be joined without spaces."""
    letters = LETTERS[script]
    length = 1 if script in UNSPACED else 4
    return ["".join(chance.choices(letters, k=length)) for _ in range(count)]


def joined(script, parts):
    return ("" if script in UNSPACED else " ").join(parts)


def cloud(seed, families=12, script="Latn"):
    """Documents around centres: copies, editions, excerpts, pages of templates, and strangers."""
    chance = random.Random(seed)
    texts = template_pages(script, 45, 80, 14, seed) + template_pages(script, 12, 80, 13, seed)
    for _ in range(families):
        base = words(script, chance, chance.randrange(30, 120))
        for _ in range(chance.choice([1, 2, 3, 8, 25])):
            parts = list(base)
            kind = chance.random()
            if kind < 0.5:
                for _ in range(chance.choice([0, 1, 2, 5])):
                    parts[chance.randrange(len(parts))] = words(script, chance, 1)[0]
            elif kind < 0.8:
                parts += words(script, chance, chance.randrange(1, len(base) // 4))
            else:
                parts = parts[: chance.randrange(2, len(parts))]
            texts.append(joined(script, parts))
    chance.shuffle(texts)
    return texts


def as_table(texts, file="a", **columns):
    uids = [f"{file}{number:05}" for number in range(len(texts))]
    return pa.table({"uid": uids, "id": uids, "text": texts, "file_path": [file] * len(texts)} | columns)


class Reference:
    """The rules in words: documents in order, leaders by key, templates by what nearly nobody else has."""

    def __init__(self, stage, texts, order, protected):
        found = signatures(pa.array(texts), stage.scheme())
        values, borders = shingle_sets(pa.array(texts), stage.scheme(), found.shingles)
        self.sets = [set(values[a:b].tolist()) for a, b in pairwise(borders)]
        self.keys = [set(row) for row in found.keys.tolist()]
        self.stage, self.order, self.protected = stage, order, protected
        self.place = {document: place for place, document in enumerate(order)}

    def similarity(self, one, other):
        common = len(one & other)
        if self.stage.measure == "containment":
            return common / min(len(one), len(other)) if one and other else 0.0
        return common / len(one | other) if one | other else 0.0

    def lead(self, order, keys, accepts):
        known, leader = {}, {}
        for document in order:
            candidates = {found for key in keys[document] for found in known.get(key, [])}
            if self.protected[document] == ALWAYS:
                candidates = set()
            best = (-1.0, 0, document)
            for other in candidates:
                if self.protected[document] and self.protected[document] == self.protected[other]:
                    continue
                found = self.similarity(self.sets[document], self.sets[other])
                if found >= self.stage.threshold and accepts(document, other, found):
                    best = max(best, (found, -self.place[other], other))
            leader[document] = best[2]
            for key in keys[document]:
                there = known.setdefault(key, [])
                if best[2] not in there and len(there) < self.stage.max_leaders:
                    there.append(best[2])
        return leader

    def components(self):
        """Connected groups of documents with common keys."""
        group = list(range(len(self.sets)))
        for one in self.order:
            for other in self.order:
                if group[one] != group[other] and self.keys[one] & self.keys[other]:
                    old, new = group[one], group[other]
                    group = [new if name == old else name for name in group]
        return group

    def frames(self, leader):
        """What a fifth of each template's members has, by its first document; and who is in any large cluster."""
        frames, large = {}, set()
        for first in [document for document in self.order if leader[document] == document]:
            members = [document for document in self.order if leader[document] == first]
            doubtful = [m for m in members if self.similarity(self.sets[m], self.sets[first]) < CERTAIN]
            if len(members) < TEMPLATE_SIZE or not doubtful:
                continue
            assert len(members) <= 256
            large |= set(members)
            counts = Counter(value for member in members for value in self.sets[member])
            common = {value for value, count in counts.items() if count >= 0.2 * len(members)}
            if any(len(self.sets[m] - common) >= max(1, 0.1 * len(self.sets[m])) for m in members):
                frames[first] = common
        return frames, large

    def pages(self, leader, frames, large):
        """The template of each document that has one."""
        found = {document: leader[document] for document in self.order if leader[document] in frames}
        components = self.components() if frames else {}
        for document in set(self.order) - large if frames else ():
            head = leader[document]
            near = [first for first in self.order if first in frames and components[first] == components[head]][:16]
            inside = [(len(self.sets[head] & frames[first]), -self.place[first], first) for first in near]
            if inside and max(inside)[0] >= 0.5 * len(self.sets[head]):
                found[document] = max(inside)[2]
        return found

    def clusters(self):
        leader = self.lead(self.order, self.keys, lambda *_: True)
        if not self.stage.templates or self.stage.threshold >= CERTAIN:
            return leader
        frames, large = self.frames(leader)
        frame = self.pages(leader, frames, large)
        own = {document: self.sets[document] - frames[first] for document, first in frame.items()}
        keys = dict(enumerate(self.keys))
        for document, values in own.items():
            keys[document] = keys[document] | {("own", value) for value in sorted(values)[:8]}

        def accepts(document, other, found):
            if found >= CERTAIN:
                return True
            if frame[document] != frame[other]:
                return False
            if len(own[document]) < 0.1 * len(self.sets[document]):
                return True
            return self.similarity(own[document], own[other]) >= 0.5

        return leader | self.lead([document for document in self.order if document in own], keys, accepts)


def verdicts(result):
    return {row["uid"]: row["duplicate_of"] for row in result.removed.to_pylist()}


CONFIGS = [
    {},
    {"verify": 0.5},
    {"threshold": 0.9, "survivor": ["shortest"]},
    {"templates": False, "max_leaders": 2},
    {"measure": "containment", "threshold": 0.8},
    {"survivor": ["rank asc"], "buckets": 30, "rows": 4},
    {"shingles": "characters", "shingle": 7},
    {"shingles": "words", "shingle": 2, "protect": "work"},
    {"protect": "frozen", "max_leaders": 3, "buckets": 25, "rows": 4, "threshold": 0.6},
]


@pytest.mark.parametrize("script", LETTERS)
@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_clouds_of_documents_are_judged_as_the_rules_say(script, config):
    texts = cloud(f"{script}7", script=script)
    chance = random.Random(3)
    works = [chance.choice([None, "a", "b"]) for _ in texts]
    frozen = [chance.random() < 0.2 for _ in texts]
    ranks = [chance.randrange(9) for _ in texts]
    stage = MinhashDedup(**config)
    rows = as_table(texts, work=works, frozen=frozen, rank=ranks)
    protected = [0] * len(texts)
    if stage.protect == "work":
        protected = [0 if work is None else ord(work) for work in works]
    elif stage.protect == "frozen":
        protected = [ALWAYS if one else 0 for one in frozen]
    order = order_of(stage, rows, ranks, protected)
    leader = Reference(stage, texts, order, protected).clusters()
    expected = {f"a{one:05}": f"a{other:05}" for one, other in leader.items() if one != other}
    result = run_steps(stage, cut(rows, chance.randrange(5, 60)), partitions=chance.choice([1, 3, 8]), batch=17)
    assert verdicts(result) == expected
    assert len(expected) > 5


def order_of(stage, rows, ranks, protected):
    """The survivor order by sorting; contents as the kernel hashes them."""
    from hexapla.kernels.hashing import content_hashes

    contents = content_hashes(rows.combine_chunks().to_batches()[0]).tolist()
    lengths = [len(text) for text in rows.column("text").to_pylist()]
    by = {("longest",): [-n for n in lengths], ("shortest",): lengths, ("rank asc",): ranks}[stage.survivor]
    return sorted(range(len(by)), key=lambda n: (protected[n] != ALWAYS, by[n], contents[n], n))


def template_pages(script, pages, frame, own, seed=1, copies=1):
    """Pages with one frame and contents of their own, each `copies` times with one word changed."""
    chance = random.Random(f"{script}{seed}")
    head, foot = words(script, chance, frame // 2), words(script, chance, frame // 2)
    texts = []
    for _ in range(pages):
        content = words(script, chance, own)
        for _ in range(copies):
            texts.append(joined(script, [*head, *content, *foot]))
            content = [*content[:-1], *words(script, chance, 1)]
    return texts


@pytest.mark.parametrize("script", LETTERS)
def test_pages_of_a_template_stay_and_their_copies_go(script):
    texts = template_pages(script, 60, 280, 40)
    merged = run_steps(MinhashDedup(templates=False), [as_table(texts)])
    assert merged.removed.num_rows > 30
    result = run_steps(MinhashDedup(), [as_table(texts)])
    assert result.removed.num_rows == 0
    ids = result.kept.column("template_id").to_pylist()
    named = [one for one in ids if one is not None]
    assert len(named) > 30
    assert set(named) <= set(result.kept.column("uid").to_pylist())
    twice = template_pages(script, 60, 280, 40, copies=2)
    result = run_steps(MinhashDedup(), [as_table(twice)])
    assert result.kept.num_rows == 60
    for row in result.removed.to_pylist():
        assert int(row["uid"][1:]) // 2 == int(row["duplicate_of"][1:]) // 2


@pytest.mark.parametrize("seed", range(6))
def test_templates_never_keep_a_pair_that_is_certain(seed):
    """Whatever the frame: who has a document of similarity .85 before it in its template does not stay beside it."""
    chance = random.Random(seed)
    frame = words("Latn", chance, 300)
    texts = []
    for _ in range(120):
        parts = list(frame)
        for _ in range(chance.choice([0, 2, 5, 10])):
            parts[chance.randrange(300)] = words("Latn", chance, 1)[0]
        texts.append(" ".join([*parts, *words("Latn", chance, chance.choice([0, 5, 30, 60]))]))
    plain = run_steps(MinhashDedup(templates=False, max_leaders=200), [as_table(texts)])
    result = run_steps(MinhashDedup(max_leaders=200), [as_table(texts)])
    similar = dict(zip(plain.removed["uid"].to_pylist(), plain.removed["similarity"].to_pylist(), strict=True))
    kept = result.kept.column("uid").to_pylist()
    assert [uid for uid in kept if similar.get(uid, 0) >= CERTAIN] == []
    assert set(plain.kept.column("uid").to_pylist()) <= set(kept)
    assert all(row["similarity"] >= 0.75 for row in result.removed.to_pylist())


def test_editions_of_one_text_are_no_template():
    chance = random.Random(4)
    parts = words("Latn", chance, 500)
    texts = []
    for _ in range(150):
        for _ in range(chance.choice([0, 1])):
            parts[chance.randrange(500)] = words("Latn", chance, 1)[0]
        texts.append(" ".join(parts))
    result = run_steps(MinhashDedup(), [as_table(texts)])
    without = run_steps(MinhashDedup(templates=False), [as_table(texts)])
    assert max(without.kept.column("minhash_cluster_size").to_pylist()) > TEMPLATE_SIZE
    assert min(without.removed.column("similarity").to_pylist()) < CERTAIN
    assert verdicts(result) == verdicts(without)
    assert result.kept.column("template_id").null_count == result.kept.num_rows


@pytest.mark.parametrize("threshold", [0.6, 0.75, 0.9])
def test_what_signatures_decide_is_what_texts_would(threshold):
    texts = cloud(5, families=60)
    config = {"threshold": threshold, "buckets": 20, "rows": 6}
    exact = run_steps(MinhashDedup(**config), cut(as_table(texts), 100))
    fast = run_steps(MinhashDedup(**config, verify="fast"), cut(as_table(texts), 100))
    assert fast.kept.column("uid").to_pylist() == exact.kept.column("uid").to_pylist()
    found = signatures(pa.array(texts), Scheme())
    values, borders = shingle_sets(pa.array(texts), Scheme(), found.shingles)
    sets = [set(values[a:b].tolist()) for a, b in pairwise(borders)]
    for row in fast.removed.to_pylist():
        one, other = sets[int(row["uid"][1:])], sets[int(row["duplicate_of"][1:])]
        assert len(one & other) / len(one | other) >= threshold


def test_templates_are_found_behind_clear_signatures():
    texts = template_pages("Latn", 60, 280, 40)
    assert run_steps(MinhashDedup(verify="fast"), [as_table(texts)]).removed.num_rows == 0
    copies = run_steps(MinhashDedup(verify="fast"), [as_table([texts[0]] * 50)])
    assert copies.removed.num_rows == 49
    assert set(copies.removed.column("similarity").to_pylist()) == {1.0}


def test_fast_verification_reads_no_text_where_signatures_are_clear():
    chance = random.Random(2)
    texts = [" ".join(words("Latn", chance, 80)) for _ in range(50)] * 2
    stage = MinhashDedup(verify="fast")
    read = []
    steps = {step.name: step for step in stage.steps()}
    plain = stage._texts
    object.__setattr__(stage, "_texts", lambda given: (read.append(found) or found for found in plain(given)))
    assert run_steps(stage, [as_table(texts)]).removed.num_rows == 50
    assert (read, steps["texts"].slices) == ([], ("screen",))
    edited = [" ".join([*text.split()[:70], *words("Latn", chance, 14)]) for text in texts[:3]]
    assert run_steps(stage, [as_table([*texts, *edited])]).kept.num_rows >= 50
    assert 2 <= sum(batch.num_rows for batch in read) < 20


def test_protected_rows_in_unchecked_groups():
    texts = ["one two three four five six seven"] * 4
    rows = as_table(texts, work=["a", "a", "b", None])
    result = run_steps(MinhashDedup(verify="off", protect="work", survivor=["work asc"]), [rows])
    assert result.kept.column("work").to_pylist() == ["a", "a"]
    assert np.unique(result.removed.column("duplicate_of").to_pylist()).size == 1
