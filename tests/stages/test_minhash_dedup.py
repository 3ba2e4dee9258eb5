"""MinHash dedup, step by step in memory."""

import json
import random
import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster
from datatrove.utils.hashing import HashConfig
from hexapla.engine.readers.config import InputConfig
from hexapla.engine.run import RunRequest, run_pipeline
from hexapla.kernels import minhash
from hexapla.kernels.minhash import Scheme, shingle_sets, signatures
from hexapla.stages.export import Export
from hexapla.stages.minhash_dedup import MinhashDedup
from pydantic import ValidationError
from stages.step_runner import cut, run_steps

SENTENCES = {
    "tha": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิต่างมีเหตุผลและมโนธรรม",
    "khm": "មនុស្សទាំងអស់កើតមកមានសេរីភាពនិងភាពស្មើៗគ្នាក្នុងសេចក្ដីថ្លៃថ្នូរនិងសិទ្ធិ",
    "lao": "ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີສິດທິເສລີພາບແລະຄວາມສະເໝີພາບເທົ່າທຽມກັນ",
    "mya": "လူတိုင်းသည်တူညီလွတ်လပ်သောဂုဏ်သိက္ခာဖြင့်လည်းကောင်းတူညီလွတ်လပ်သောအခွင့်အရေးများဖြင့်လည်းကောင်း",
    "cmn": "人人生而自由在尊严和权利上一律平等他们赋有理性和良心并应以兄弟关系的精神相对待",
    "jpn": "すべての人間は生れながらにして自由でありかつ尊厳と権利とについて平等である",
    "eng": "all human beings are born free and equal in dignity and rights they are endowed with reason and conscience",
    "amh": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው የተፈጥሮ ማስተዋልና ሕሊና ስላለው",
}


def table(texts, file="a", **columns):
    names = [f"{file}{number:05}" for number in range(len(texts))]
    return pa.table(
        {"uid": names, "id": names, "text": pa.array(texts, pa.string()), "file_path": [file] * len(texts)} | columns
    )


def dedup(texts, **config):
    return run_steps(MinhashDedup(**config), [table(texts)])


def random_texts(seed, families, copies):
    """Families of texts that differ in a few words, in random order."""
    chance = random.Random(seed)
    texts = []
    for family in range(families):
        words = [f"w{chance.randrange(4000)}" for _ in range(chance.randrange(60, 200))]
        for _ in range(copies):
            changed = list(words)
            for _ in range(chance.choice([0, 1, 1, 3, 9, 30])):
                changed[chance.randrange(len(changed))] = f"x{chance.randrange(10**6)}"
            texts.append(" ".join([*changed, f"family{family}"]))
    chance.shuffle(texts)
    return texts


def jaccard(texts):
    found = signatures(pa.array(texts), Scheme())
    values, borders = shingle_sets(pa.array(texts), Scheme(), found.shingles)
    sets = [set(values[a:b].tolist()) for a, b in pairwise(borders)]
    return lambda one, other: len(sets[one] & sets[other]) / len(sets[one] | sets[other])


@pytest.mark.parametrize("verify", [0.75, 0.5, "exact"])
def test_every_removal_is_true_and_nearly_every_duplicate_is_found(verify):
    texts = random_texts(11, 40, 6)
    result = run_steps(MinhashDedup(verify=verify), cut(table(texts), 50))
    threshold = 0.75 if verify == "exact" else verify
    similar = jaccard(texts)
    place = {uid: number for number, uid in enumerate(table(texts).column("uid").to_pylist())}
    kept = [place[uid] for uid in result.kept.column("uid").to_pylist()]
    for row in result.removed.to_pylist():
        leader = place[row["duplicate_of"]]
        assert leader in kept
        assert row["cluster_id"] == row["duplicate_of"]
        assert row["reason"] == "minhash_duplicate"
        assert row["similarity"] == pytest.approx(similar(place[row["uid"]], leader), abs=1e-6)
        assert row["similarity"] >= threshold
        assert len(row["text"]) <= len(texts[leader])
    alike = [(a, b) for a in kept for b in kept if a < b and similar(a, b) >= 0.85]
    assert alike == []
    assert result.removed.num_rows > 60


def test_columns_say_who_belongs_to_whom():
    texts = ["one two three four five six seven eight nine ten.", "lone words in a row here", ""]
    texts.insert(0, texts[0].replace(".", "").upper())
    result = dedup(texts)
    assert result.kept.schema.names == [
        "uid",
        "id",
        "text",
        "file_path",
        "cluster_id",
        "minhash_cluster_size",
        "is_canonical",
        "template_id",
    ]
    assert result.kept.select(["uid", "cluster_id", "minhash_cluster_size"]).to_pylist() == [
        {"uid": "a00001", "cluster_id": "a00001", "minhash_cluster_size": 2},
        {"uid": "a00002", "cluster_id": "a00002", "minhash_cluster_size": 1},
        {"uid": "a00003", "cluster_id": "a00003", "minhash_cluster_size": 1},
    ]
    (removed,) = result.removed.to_pylist()
    assert removed["duplicate_of"] == removed["cluster_id"] == "a00001"
    assert (removed["similarity"], removed["minhash_cluster_size"]) == (1.0, 2)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_records_in_other_files_leave_the_same_records(seed):
    chance = random.Random(seed)
    texts = random_texts(seed, 12, 5) + ["same text of some length in both"] * 3 + ["short one"] * 2 + ["ไทย"] * 2
    urls = [str(chance.randrange(50)) for _ in texts]
    made = list(zip(texts, urls, strict=True))
    kept = set()
    for number in range(4):
        chance.shuffle(made)
        half = chance.randrange(1, len(made))
        parts = [(made[:half], f"f{number}"), (made[half:], f"g{number}")]
        files = [table([t for t, _ in part], name, url=[u for _, u in part]) for part, name in parts]
        units = [unit for file in files for unit in cut(file, chance.randrange(5, 70))]
        stage = MinhashDedup()
        result = run_steps(stage, units, partitions=chance.choice([1, 4, 16]), batch=chance.randrange(1, 40))
        rows = result.kept.select(["text", "url", "minhash_cluster_size"]).to_pylist()
        kept.add(tuple(sorted(tuple(row.values()) for row in rows)))
    assert len(kept) == 1


def test_neither_units_nor_batches_nor_partitions_matter():
    rows = table(random_texts(5, 20, 5))
    plain = run_steps(MinhashDedup(), [rows])
    for size, partitions, batch in ((1, 1, 1), (7, 3, 2), (64, 16, 1000)):
        other = run_steps(MinhashDedup(), cut(rows, size), partitions=partitions, batch=batch)
        assert other.kept.equals(plain.kept)
        assert other.removed.equals(plain.removed)


@pytest.mark.parametrize("verify", [0.75, "off"])
def test_no_unique_document_is_lost_among_short_and_unspaced_texts(verify):
    texts = [
        "",
        "...",
        "—",
        "สวัสดี",
        "你好",
        "さようなら。",
        "သွားမယ်",
        "one two three",
        "deux mots",
        "три слова здесь",
        "a b c d",
    ]
    for sentence in SENTENCES.values():
        half = len(sentence) // 2
        texts += [sentence[:half], sentence[half:], sentence, sentence[:4], sentence[-4:]]
    assert len(set(texts)) == len(texts)
    result = dedup(texts, verify=verify)
    assert result.removed.num_rows == 0
    assert result.kept.num_rows == len(texts)


@pytest.mark.parametrize("language", SENTENCES)
def test_near_duplicates_are_found_in_every_script(language):
    sentence = SENTENCES[language]
    joined = " " if " " in sentence else ""
    parts = sentence.split() if joined else list(sentence)
    chance = random.Random(language)
    text = joined.join(joined.join(chance.sample(parts, len(parts))) for _ in range(8))
    edited = text.replace(parts[3], parts[5], 1)
    result = dedup(
        [text, f"«{edited}»", unicodedata.normalize("NFD", text), joined.join(chance.sample(parts, len(parts)))]
    )
    assert result.kept.num_rows == 2
    assert max(result.kept.column("minhash_cluster_size").to_pylist()) == 3


def test_short_texts_are_duplicates_of_equal_texts_only():
    result = dedup(["three word text", "three  word\ntext", "three word texts", "Three word text", "ไทย", "ไทย"])
    assert result.kept.num_rows == 4
    assert set(result.removed.column("similarity").to_pylist()) == {1.0}


def test_a_template_with_distinct_content_is_not_merged_wholesale():
    chance = random.Random(2)
    frame = [f"menu{number}" for number in range(60)]
    texts = [" ".join([*frame, *(f"w{chance.randrange(10**6)}" for _ in range(40))]) for _ in range(300)]
    assert dedup(texts, buckets=40, rows=2).removed.num_rows == 0
    unchecked = dedup(texts, buckets=40, rows=2, verify="off")
    assert unchecked.kept.num_rows < 5
    assert unchecked.removed.column("similarity").null_count == unchecked.removed.num_rows


def test_without_verification_one_of_each_connected_group_stays():
    texts = random_texts(4, 15, 5)
    found = signatures(pa.array(texts), Scheme()).keys
    group = list(range(len(texts)))
    for one in range(len(texts)):
        for other in range(one):
            if np.any(found[one] == found[other]):
                old, new = group[one], group[other]
                group = [new if name == old else name for name in group]
    result = dedup(texts, verify="off")
    assert result.kept.num_rows == len(set(group))
    clusters = {row["uid"]: row["cluster_id"] for part in (result.kept, result.removed) for row in part.to_pylist()}
    names = [clusters[f"a{number:05}"] for number in range(len(texts))]
    assert len(set(zip(names, group, strict=True))) == len(set(group))
    longest = {name: max(len(t) for t, g in zip(texts, names, strict=True) if g == name) for name in set(names)}
    assert all(len(row["text"]) == longest[row["uid"]] for row in result.kept.to_pylist())


def test_nothing_in_nothing_out():
    result = dedup([])
    assert (result.kept.num_rows, result.removed.num_rows) == (0, 0)


def test_a_second_run_replaces_the_columns_of_the_first():
    once = dedup(random_texts(8, 5, 4)).kept
    twice = run_steps(MinhashDedup(), [once])
    assert twice.removed.num_rows == 0
    assert twice.kept.schema == once.schema
    assert set(twice.kept.column("minhash_cluster_size").to_pylist()) == {1}


@pytest.mark.parametrize("config", [{"verify": "on"}, {"verify": 0}, {"verify": 1.2}, {"buckets": 0}, {"bands": 14}])
def test_wrong_configurations_are_refused(config):
    with pytest.raises(ValidationError):
        MinhashDedup(**config)


def datatrove_clusters(folder, keys, units, documents, config):
    """The clusters that datatrove's second and third steps make of signatures.

    Args:
        keys: n x buckets x values of a bucket.
        units: the file of each of n documents.
        documents: its number there.
    """
    dtype = np.dtype([*[(f"k{n}", keys.dtype.newbyteorder("<")) for n in range(keys.shape[2])], ("document", "<u4")])
    for bucket in range(keys.shape[1]):
        (folder / f"sigs/bucket_{bucket:03d}").mkdir(parents=True)
        for unit in sorted(set(units.tolist())):
            mine = np.flatnonzero(units == unit)
            rows = np.zeros(len(mine), dtype)
            for number in range(keys.shape[2]):
                rows[f"k{number}"] = keys[mine, bucket, number]
            rows["document"] = documents[mine]
            rows.sort(order=dtype.names)
            (folder / f"sigs/bucket_{bucket:03d}/{unit:05d}.minhash.sig").write_bytes(rows.tobytes())
    for rank in range(keys.shape[1]):
        buckets = MinhashDedupBuckets(str(folder / "sigs"), str(folder / "dups"), config=config)
        buckets.run(None, rank, keys.shape[1])
    MinhashDedupCluster(str(folder / "dups"), str(folder / "out"), config=config, save_cluster_id=True).run(None, 0, 1)
    clusters = {}
    for path in (folder / "out").glob("*.clusters"):
        for document, cluster in np.frombuffer(path.read_bytes(), "<u4").reshape(-1, 2).tolist():
            clusters.setdefault(cluster, set()).add((int(path.stem), document))
    return {frozenset(found) for found in clusters.values()}


def own_clusters(result, units, documents):
    clusters = {}
    for row in [*result.kept.to_pylist(), *result.removed.to_pylist()]:
        number = int(row["uid"][1:])
        clusters.setdefault(row["cluster_id"], set()).add((int(units[number]), int(documents[number])))
    return {frozenset(found) for found in clusters.values() if len(found) > 1}


@pytest.mark.parametrize("seed", range(3))
def test_without_verification_clusters_are_those_of_datatrove(seed, tmp_path):
    short = ["two words", "two words", "ไทย", "ไทย", "你好", "", "", "three short words", "lone"]
    texts = [*random_texts(seed, 25, 5), *SENTENCES.values(), *SENTENCES.values(), *short]
    random.Random(seed).shuffle(texts)
    size = 40
    units, documents = np.divmod(np.arange(len(texts)), size)
    result = run_steps(MinhashDedup(verify="off"), cut(table(texts), size))
    own = own_clusters(result, units, documents)
    found = signatures(pa.array(texts), Scheme())

    # its own format: eight 32-bit minima per bucket, and no signature of a document without a shingle
    long = np.flatnonzero(found.shingles > 0)
    config = MinhashConfig(num_buckets=14, hashes_per_bucket=8, hash_config=HashConfig(precision=32))
    minima = found.minima[long].reshape(len(long), 14, 8)
    theirs = datatrove_clusters(tmp_path / "minima", minima, units[long], documents[long], config)
    is_long = {(int(units[number]), int(documents[number])) for number in long}
    assert theirs == {cluster for cluster in own if cluster <= is_long}
    assert len(theirs) > 15

    # our band keys as its signatures, those of short texts among them
    config = MinhashConfig(num_buckets=14, hashes_per_bucket=1, hash_config=HashConfig(precision=64))
    keys = (found.keys & np.uint64((1 << 60) - 1))[:, :, np.newaxis]
    assert datatrove_clusters(tmp_path / "keys", keys, units, documents, config) == own
    assert len(own) > len(theirs)


def pipeline(folder, output, executor="local", **config):
    stages = (("minhash_dedup", MinhashDedup(**config), ""), ("export", Export(layout="single"), ""))
    given = InputConfig(path=str(folder), format="jsonl")
    return RunRequest("test", stages, given, str(output), executor, workers=2 if executor == "ray" else None)


def write_crawl(folder, texts, files, chance):
    """The same documents in other files, in another order."""
    texts = list(texts)
    chance.shuffle(texts)
    folder.mkdir()
    for number in range(files):
        lines = [json.dumps({"text": text, "dump": f"d{len(text) % 3}"}) for text in texts[number::files]]
        (folder / f"{chance.randrange(10**6)}-{number}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def leftovers(output, stage="01-minhash_dedup"):
    """What was kept and removed, by its text."""
    removed = pq.read_table(output / "stages" / stage / "removed").to_pylist()
    kept = pq.read_table(output / "stages" / stage / "data").to_pylist()
    texts = {row["uid"]: row["text"] for row in kept}
    return (
        sorted((row["text"], row["minhash_cluster_size"]) for row in kept),
        sorted((row["text"], texts[row["duplicate_of"]], row["similarity"] or 0) for row in removed),
    )


@pytest.mark.parametrize("verify", ["exact", "fast", "off"])
def test_neither_executor_nor_files_nor_order_decide(verify, tmp_path):
    chance = random.Random(1)
    texts = [*random_texts(3, 25, 5), *SENTENCES.values(), *list(SENTENCES.values())[:3]]
    found = []
    for number, executor in enumerate(["local", "local", "ray"] if verify == "exact" else ["local", "local"]):
        crawl = tmp_path / f"crawl{number}"
        write_crawl(crawl, texts, chance.randrange(1, 6), chance)
        run_pipeline(pipeline(crawl, tmp_path / f"out{number}", executor, verify=verify))
        found.append(leftovers(tmp_path / f"out{number}"))
    assert found[0] == found[1] == found[-1]
    assert len(found[0][1]) > 50
    if verify == "exact":
        run_pipeline(pipeline(crawl, tmp_path / "again", "local"))
        parts = [
            {path.relative_to(output): path.read_bytes() for path in sorted(output.rglob("stages/**/*.parquet"))}
            for output in (tmp_path / "out2", tmp_path / "again")
        ]
        assert parts[0] == parts[1]


@pytest.mark.parametrize(
    ("before", "after", "reads"),
    [
        ({}, {"threshold": 0.85}, (0, 0)),
        ({}, {"verify": 0.85}, (0, 0)),
        ({}, {"max_leaders": 3}, (0, 0)),
        ({}, {"templates": False}, (0, 0)),
        ({}, {"measure": "containment"}, (0, 0)),
        ({}, {"survivor": ["dump asc", "shortest"]}, (0, 0)),
        ({}, {"protect": "dump"}, (0, 0)),
        ({}, {"verify": "off"}, (0, 0)),
        ({"verify": "off"}, {"verify": "off", "survivor": ["newest"]}, (0, 0)),
        ({}, {"scope": {"column": "dump"}}, (2, 1)),
        ({}, {"shingle": 4}, (2, 1)),
    ],
    ids=str,
)
def test_what_a_changed_setting_computes_again(before, after, reads, tmp_path, monkeypatch):
    """How often signatures (of all, and of candidates) and shingle sets (of candidates) are made again."""
    write_crawl(tmp_path / "crawl", random_texts(3, 10, 5), 1, random.Random(2))
    run_pipeline(pipeline(tmp_path / "crawl", tmp_path / "out", **before))
    calls = []
    for name in ("signatures", "shingle_sets"):
        plain = getattr(minhash, name)
        monkeypatch.setattr(minhash, name, lambda *a, plain=plain, name=name: calls.append(name) or plain(*a))
    run_pipeline(pipeline(tmp_path / "crawl", tmp_path / "out", **after))
    assert (calls.count("signatures"), calls.count("shingle_sets")) == reads


def test_scopes_and_protection():
    texts = random_texts(6, 10, 6)
    dumps = [f"d{number % 2}" for number in range(len(texts))]
    rows = table(texts, dump=dumps)
    by_uid = dict(zip(rows["uid"].to_pylist(), dumps, strict=True))
    everywhere = run_steps(MinhashDedup(), cut(rows, 20)).removed
    pairs = [(by_uid[row["uid"]], by_uid[row["duplicate_of"]]) for row in everywhere.to_pylist()]
    assert any(one != other for one, other in pairs)
    for verify in ("exact", "fast", "off"):
        within = run_steps(MinhashDedup(scope="dump", verify=verify), cut(rows, 20)).removed.to_pylist()
        assert within
        assert all(by_uid[row["uid"]] == by_uid[row["duplicate_of"]] for row in within)
        across = run_steps(MinhashDedup(protect="dump", verify=verify), cut(rows, 20)).removed.to_pylist()
        assert across
        assert all(by_uid[row["uid"]] != by_uid[row["duplicate_of"]] for row in across)


def test_a_scope_is_deduplicated_as_if_it_were_alone():
    texts = random_texts(9, 12, 6)
    dumps = [random.Random(number).choice("abc") for number in range(len(texts))]
    rows = table(texts, dump=dumps)
    together = run_steps(MinhashDedup(scope="dump"), cut(rows, 20)).kept["uid"].to_pylist()
    alone = []
    for dump in "abc":
        part = rows.filter(pa.compute.equal(rows["dump"], dump))
        alone += run_steps(MinhashDedup(), cut(part, 20)).kept["uid"].to_pylist()
    assert sorted(together) == sorted(alone)


def test_words_and_characters():
    cut_otherwise = ["สิทธิมนุษย ชนสากล เป็นของ ทุกคน ในโลกนี้ เสมอ", "สิทธิ มนุษยชน สากลเป็น ของทุก คนในโลก นี้เสมอ"]
    inflected = ["nations united charters rights peoples", "nation uniteds charter right people"]
    joined = ["seven eight nine ten", "seveneight nineten"]
    removed = {
        (unit, size): dedup(
            [*cut_otherwise, *inflected, *joined], shingles=unit, shingle=size, threshold=0.3, buckets=64, rows=1
        )
        .removed["uid"]
        .to_pylist()
        for unit, size in (("auto", 3), ("words", 3), ("characters", 3))
    }
    assert removed[("words", 3)] == []
    assert [uid in {"a00000", "a00001"} for uid in removed[("auto", 3)]] == [True]
    assert len(removed[("characters", 3)]) == 3


def test_a_number_is_the_threshold_and_off_is_a_word():
    assert MinhashDedup(verify=0.8) == MinhashDedup(threshold=0.8)
    assert MinhashDedup(verify=1).threshold == 1.0
    assert MinhashDedup(verify=False).verify == "off"
    with pytest.raises(ValidationError, match="another one in `threshold`"):
        MinhashDedup(verify=0.8, threshold=0.7)
    with pytest.raises(ValidationError, match="Jaccard"):
        MinhashDedup(verify="fast", measure="containment")


@pytest.mark.parametrize("verify", ["exact", "off"])
def test_however_many_partitions_there_are_the_same_rows_stay(verify):
    units = cut(table(random_texts(11, 12, 6)), 20)
    few = run_steps(MinhashDedup(verify=verify), units, partitions=1)
    assert few.removed.num_rows > 20
    for partitions in (4, 100):
        many = run_steps(MinhashDedup(verify=verify), units, partitions=partitions)
        assert many.kept.equals(few.kept)
        assert many.removed.equals(few.removed)
