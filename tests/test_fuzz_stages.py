"""Every stage that looks at rows one by one, on text that nobody would write.

Stages are found by the registry: one that is new is tested without being named here, unless it needs keys
(`NEEDS_KEYS`). What must hold for each: no exception; rows kept and removed are the rows given; the columns are the
declared ones; the same rows cut into other batches have the same result.
"""

import functools
import inspect
import time
from itertools import pairwise

import pyarrow as pa
import pytest
from hexapla.engine.stage import MapStage
from hexapla.stages.registry import find_stage, stage_names
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

NEEDS_KEYS = {
    "filter": {"remove": {"foreign": "language_score < 0.5"}},
    "url_filter": {"block": {"mine": ("bad.example", "x.example/a")}, "words": {"w": ("casino",)}},
    "render": {"format": "alma"},
}
"""Keys of stages that have nothing to do without them."""

PAIRS = {"pair_filter", "render"}
"""Stages that read pairs of texts."""

MODELS = {"contamination", "datatrove", "embed", "perplexity", "quality"}
"""Stages that need a model, a table or a block that only their own tests make."""

HTML = {"extract", "faq", "parse", "select_groups", "terms"}
"""Stages that read pages, files of bytes, groups or a glossary, not documents."""

LONG = 5_000_000
SECONDS = 20
"""No stage may take longer for 5 MB of one character: a loop that is not linear takes hours."""

CHARACTERS = {
    "letter": "a", "line feed": "\n", "space": " ", "combining mark": "\u0301", "han": "漢", "joiner": "\u200d",
    "replacement": "\ufffd", "full stop": ".", "digit": "7", "at": "@", "capital": "A", "thai": "ก", "nul": "\0",
    "override": "\u202e", "line of one letter": "a\n", "words": "a ", "marks in wrong order": "e\u0301\u0316",
    "mojibake": "Ã©", "brackets": "([{", "quotes": ".\"", "hyphens": "a-\n", "dots and spaces": ". ",
}  # fmt: skip

ODD = [
    "", "a", "\n", " ", "\0", "a\0b", "\ufffd", "\\ud800 \\udfff", "\ufffd\ufffd", "\u202eabc\u202c", "\u2066\u2067",
    "\u200d\u200c", "\ufeff\ufeff", "\ufffe\uffff\U0010ffff", "\U000e0041", "e\u0301\u0316", "漢", "ก" * 300,
    "a" * 70_000, "\r\n\r\r\n\x0b\x0c\x1c\x85\u2028\u2029", "Ã©" * 50, "👨‍👩‍👧‍👦" * 20, "﷽" * 100, "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢" * 10,
    "𐏿𞤀𞤁𑄌", "١٢٣ ۱۲۳ १२३", "ا" * 500, "ﬁﬂ ﷺ ﻼ", "(" * 1000, "a-\nb" * 200, "1\n2\n3\n" * 50, "http://" * 100, "@" * 500,
    "+1 " * 200, "." * 999, "。" * 999, "<a>&amp;" * 99, "{}" * 300, "lorem ipsum javascript " * 30, "İıſßẞ" * 40,
    "The quick brown fox jumps over the lazy dog. " * 20, "Mme. la présidente a dit : « Non ! »\n" * 12,
]  # fmt: skip
CODES = [
    None,
    "",
    "und",
    "und_Latn",
    "eng_Latn",
    "tha_Thai",
    "cmn_Hani",
    "xx",
    "x" * 300,
    "eng_Latn\0",
    "fra-FR",
    "_",
    "漢字",
    "ENG_LATN",
]


@functools.cache
def stage(name):
    """A stage with its defaults, or with what `NEEDS_KEYS` gives it."""
    return find_stage(name)(**NEEDS_KEYS.get(name, {}))


def stages():
    """Names of the stages that take rows of documents one by one."""
    for name in stage_names():
        kind = find_stage(name)
        own = kind.__module__.startswith("hexapla.stages.")
        if own and issubclass(kind, MapStage) and not inspect.isabstract(kind) and name not in MODELS | HTML:
            yield name


NAMES = tuple(stages())


def rows(texts, languages=None, urls=None):
    """Documents with every column that a stage may ask for."""
    count = len(texts)
    languages = languages if languages is not None else [CODES[place % len(CODES)] for place in range(count)]
    urls = (
        urls
        if urls is not None
        else [None if place % 2 else f"https://h{place}.bad.example/casino" for place in range(count)]
    )
    columns = {
        "uid": pa.array([f"{place:032x}" for place in range(count)], pa.string()),
        "id": pa.array([f"{place}" for place in range(count)], pa.string()),
        "text": pa.array(texts, pa.string()),
        "question": pa.array(texts, pa.string()),
        "answer": pa.array(texts, pa.string()),
        "url": pa.array(urls, pa.string()),
        "date": pa.nulls(count, pa.string()),
        "dump": pa.nulls(count, pa.string()),
        "file_path": pa.array(["a.jsonl"] * count, pa.string()),
        "language": pa.array(languages, pa.string()),
        "language_script": pa.nulls(count, pa.string()),
        "language_score": pa.nulls(count, pa.float32()),
        "minhash_cluster_size": pa.array([place % 7 or None for place in range(count)], pa.int32()),
    }
    return pa.RecordBatch.from_pydict(columns)


def with_pairs(batch):
    """Documents as pairs of their texts with those of other documents."""
    texts = batch["text"]
    other = pa.array([text[::-1] if len(text) % 3 else text for text in texts.to_pylist()], pa.string())
    sides = {"src": texts, "tgt": other, "src_lang": batch["language"], "tgt_lang": batch["language"]}
    return pa.RecordBatch.from_pydict({name: batch[name] for name in batch.schema.names} | sides)


def total(counts):
    """Rows that were consumed or created, whether told by language or not."""
    return counts if isinstance(counts, int) else sum(counts.values())


def checked(name, batch):
    """The outcome on a batch, with the laws that hold for every one."""
    one = stage(name)
    batch = with_pairs(batch) if name in PAIRS else batch
    outcome = one.map_shard(batch)
    outcome.kept.validate(full=True)
    assert outcome.kept.schema.equals(one.output_schema(batch.schema))
    gone = 0
    if outcome.removed is not None:
        outcome.removed.validate(full=True)
        gone = outcome.removed.num_rows
        names = outcome.removed.schema.names
        assert names == [*one.removed_schema(batch.schema).names, "reason", "reasons"]
        assert outcome.removed["reason"].null_count == 0
    assert outcome.kept.num_rows + gone == batch.num_rows + total(outcome.created) - total(outcome.consumed)
    return outcome


def table(outcomes):
    """Kept and removed rows of several outcomes, and the sum of their counters."""
    kept = [row for outcome in outcomes for row in outcome.kept.to_pylist()]
    removed = [row for outcome in outcomes if outcome.removed is not None for row in outcome.removed.to_pylist()]
    counters = {}
    for outcome in outcomes:
        for key, value in outcome.counters.items():
            counters[key] = counters.get(key, 0) + value
    return repr(kept), repr(removed), counters


def same_whatever_the_cut(name, batch, cuts):
    whole = table([checked(name, batch)])
    borders = [0, *sorted(min(cut, batch.num_rows) for cut in cuts), batch.num_rows]
    parts = [checked(name, batch.slice(start, stop - start)) for start, stop in pairwise(borders)]
    assert table(parts) == whole


def test_stages_are_found():
    assert {"heuristics", "language", "normalize", "pii", "toxicity", "trim", "url_filter", "token_count"} <= set(NAMES)


@pytest.mark.parametrize("name", sorted(MODELS & set(stage_names())))
def test_stages_left_out_do_need_something(name):
    with pytest.raises(ValidationError):
        find_stage(name)()


@pytest.mark.parametrize("name", NAMES)
def test_odd_texts(name):
    same_whatever_the_cut(name, rows(ODD), [0, 1, 7, 20])


@pytest.mark.parametrize("name", NAMES)
def test_no_rows(name):
    checked(name, rows([]))
    checked(name, rows(ODD).slice(3, 0))


@pytest.mark.parametrize("name", NAMES)
def test_one_language_label_in_each_of_thousands_of_rows(name):
    codes = [f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676 % 26)}_X{n}" for n in range(10_000)]
    checked(name, rows(["Some text, nothing else."] * len(codes), codes))


@pytest.mark.parametrize("name", NAMES)
def test_five_megabytes_of_one_character(name):
    texts = {label: character * (LONG // len(character.encode())) for label, character in CHARACTERS.items()}
    slow = {}
    checked(name, rows(["warm up"]))
    for label, text in texts.items():
        begun = time.process_time()
        checked(name, rows([text], ["eng_Latn"], [None]))
        taken = time.process_time() - begun
        if taken > SECONDS:
            slow[label] = round(taken, 1)
    assert slow == {}


ANY = st.one_of(
    st.text(),
    st.text(st.sampled_from("aA1 .\n\t-@+:/<>{}()\"'«»é漢ก\u0301\u200d\u202e\ufffd\0")),
    st.lists(st.sampled_from(ODD).map(lambda text: text[:200]), max_size=4).map(" ".join),
)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(ANY, st.one_of(st.sampled_from(CODES), st.text(max_size=12)), st.one_of(st.none(), st.text())),
        max_size=8,
    ),
    st.lists(st.integers(0, 8), max_size=2),
)
def test_random_texts_in_any_cut(name, documents, cuts):
    texts, languages, urls = ([document[place] for document in documents] for place in range(3))
    same_whatever_the_cut(name, rows(texts, languages, urls), cuts)
