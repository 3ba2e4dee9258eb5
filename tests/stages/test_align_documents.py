"""Documents of a crawl in groups of one content: evidence of each kind, conflicts, copies, and any order of files."""

import random

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.stages.align_documents import AlignDocuments
from stages.step_runner import cut, run_steps

HREFLANG = pa.list_(pa.struct([("lang", pa.string()), ("url", pa.string())]))
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("uid", "url", "title", "text", "language", "declared_language")]
    + [("hreflang", HREFLANG)]
)


def page(url, language, text="", links=(), **more):
    """A page; links are "tag address" pairs."""
    targets = [dict(zip(("lang", "url"), link.split(), strict=True)) for link in links]
    return {"url": url, "language": language, "text": text or f"{language} {url}", "hreflang": targets} | more


def table(pages):
    return pa.Table.from_pylist([{"uid": f"{n:04}"} | one for n, one in enumerate(pages)], SCHEMA)


def groups(pages, **config):
    """The addresses of each group, sorted."""
    found = run_steps(AlignDocuments(**config), [table(pages)]).kept.to_pylist()
    together = {}
    for row in found:
        if row["doc_languages"] > 1:
            together.setdefault(row["doc_key"], []).append(row["url"])
        else:
            assert row["doc_key"] == row["uid"]
            assert row["doc_key_score"] is None
            assert row["doc_key_method"] is None
    return sorted(sorted(one) for one in together.values())


A, B, C = "https://a.org/haus", "https://a.org/house", "https://b.org/maison"
VERSIONS = (f"de {A}", f"en {B}", f"fr {C}", f"x-default {B}")


def test_mutual_links():
    pages = [
        page(A, "deu_Latn", links=VERSIONS),
        page(B, "eng_Latn", links=VERSIONS),
        page(C, "fra_Latn", links=VERSIONS),
    ]
    found = run_steps(AlignDocuments(), [table(pages)]).kept
    assert len(set(found.column("doc_key").to_pylist())) == 1
    assert found.column("doc_key_score").to_pylist() == [1.0] * 3
    assert found.column("doc_key_method").to_pylist() == ["hreflang"] * 3
    assert found.column("doc_languages").to_pylist() == [3] * 3


def test_one_sided_links_and_targets_that_were_not_crawled():
    assert groups([page(A, "deu_Latn", links=VERSIONS), page(B, "eng_Latn")]) == [[A, B]]
    away = [f"en {B}"]
    assert groups([page(A, "deu_Latn", links=away), page(C, "fra_Latn", links=away)]) == [[A, C]]


def test_pages_that_all_link_to_one_home_page_are_no_versions_of_it():
    home, away = "https://a.org/fr/", ["fr https://a.org/fr/"]
    pages = [page(f"https://a.org/story-{n}", "eng_Latn", links=away) for n in range(5)]
    pages += [page(f"https://a.org/geschichte-{n}", "deu_Latn", links=away) for n in range(5)]
    assert groups(pages, evidence=["hreflang"]) == []
    assert groups([*pages, page(home, "fra_Latn")], evidence=["hreflang"]) == []
    answered = page(home, "fra_Latn", links=["en https://a.org/story-3"])
    assert groups([*pages, answered], evidence=["hreflang"]) == [[home, "https://a.org/story-3"]]


def test_addresses_with_the_default_language_unmarked():
    pages = [
        page("https://a.org/about", "eng_Latn"),
        page("https://a.org/fr/about", "fra_Latn"),
        page("https://zh.a.org/about", "cmn_Hani"),
        page("https://a.org/fr/other", "fra_Latn"),
        page("https://c.org/about", "eng_Latn"),
    ]
    assert groups(pages) == [sorted(one["url"] for one in pages[:3])]
    scores = run_steps(AlignDocuments(), [table(pages)]).kept.column("doc_key_score").to_pylist()
    assert scores == pytest.approx([0.75, 0.85, 0.85, None, None])


def test_words_that_look_like_codes_make_no_groups():
    pages = [page("https://a.org/it/news", "eng_Latn"), page("https://a.org/news", "deu_Latn")]
    assert groups(pages, evidence=["url"]) == []


def test_a_language_once_and_the_page_before_its_print_view():
    pages = [
        page("https://a.org/de/x?print=1", "deu_Latn", text="Eins zwei. Drucken"),
        page("https://a.org/de/x", "deu_Latn", text="Eins zwei."),
        page("https://a.org/en/x", "eng_Latn", text="One two."),
        page("https://a.org/en/x?print=1", "eng_Latn", text="One two. Print"),
        page("https://a.org/en/x?utm_source=y", "eng_Latn", text="One two."),
    ]
    result = run_steps(AlignDocuments(without_counterpart="remove"), [table(pages)])
    assert sorted(result.kept.column("url").to_pylist())[0] == "https://a.org/de/x"
    assert result.kept.num_rows == 2
    assert "print" not in "".join(result.kept.column("url").to_pylist())
    assert set(result.removed.column("reason").to_pylist()) == {"language_repeated"}
    assert result.removed.num_rows == 3


def test_the_page_that_is_in_the_language_that_it_declares_wins():
    links = ["hr https://a.org/1", "bs https://a.org/2", "en https://a.org/3"]
    pages = [
        page("https://a.org/2", "hrv_Latn", declared_language="bs", links=links),
        page("https://a.org/3", "eng_Latn", declared_language="en", links=links),
        page("https://a.org/1", "hrv_Latn", declared_language="hr", links=links),
    ]
    # the same family: both are as good, and one of them wins whatever the order
    assert len(groups(pages)[0]) == 2
    pages[0]["language"] = "hrv_Latn"
    pages[0]["declared_language"] = "de"
    assert groups(pages) == [["https://a.org/1", "https://a.org/3"]]


def test_unknown_languages_take_the_declared_one():
    pages = [
        page("https://a.org/ha/x", "und_Latn", declared_language="ha"),
        page("https://a.org/zu/x", "und_Latn", declared_language="zu"),
        page("https://a.org/ru/x", "und_Latn", declared_language="ru"),
    ]
    found = run_steps(AlignDocuments(), [table(pages)]).kept
    assert found.column("language").to_pylist() == ["hau_Latn", "zul_Latn", "und_Latn"]
    assert found.column("doc_languages").to_pylist() == [3, 3, 3]
    kept = run_steps(AlignDocuments(fill_language=False), [table(pages)]).kept
    assert kept.column("language").to_pylist() == ["und_Latn"] * 3


NEWS = {
    "eng_Latn": "On 14 March 1997 Anna Lindqvist opened the museum in Tartu with 1,250 visitors and {n} paintings.",
    "deu_Latn": "Am 14. März 1997 eröffnete Anna Lindqvist das Museum in Tartu mit 1.250 Gästen und {n} Gemälden.",
    "rus_Cyrl": "14 марта 1997 года Анна Линдквист открыла музей в Тарту для 1250 гостей, где {n} картин.",
    "arb_Arab": "في ١٤ مارس ١٩٩٧ افتتحت آنا ليندكفيست المتحف في تارتو بحضور ١٢٥٠ زائرًا و{arabic} لوحة.",
}


def news():
    pages = []
    for number in (311, 472, 598, 804, 913):
        arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
        for language, text in NEWS.items():
            told = text.format(n=number, arabic=arabic)
            pages.append(page(f"https://a.org/{abs(number * 7919 + len(told))}{language[0]}", language, text=told))
    return pages


def test_contents_alone():
    found = groups(news(), evidence=["content"])
    assert len(found) == 5
    assert {len(one) for one in found} == {4}
    assert groups(news(), evidence=["url"]) == []


def test_vectors_alone():
    chance = random.Random(5)
    rows = []
    for number in range(6):
        vector = [chance.gauss(0, 1) for _ in range(16)]
        for language in ("eng_Latn", "tha_Thai", "kat_Geor"):
            noisy = [value + chance.gauss(0, 0.1) for value in vector]
            rows.append(page(f"https://a.org/{language}/{number * 31}", language) | {"vector": noisy, "number": number})
    made = table(rows).append_column("vector", pa.array([row["vector"] for row in rows], pa.list_(pa.float32())))
    found = run_steps(AlignDocuments(evidence=["hreflang"], embedding="vector"), cut(made, 5)).kept.to_pylist()
    by_key = {}
    for row, known in zip(found, rows, strict=True):
        by_key.setdefault(row["doc_key"], set()).add(known["number"])
    assert len(by_key) == 6
    assert all(len(numbers) == 1 for numbers in by_key.values())
    assert {row["doc_key_method"] for row in found} == {"embedding"}


def crawl():
    """Pages with every kind of evidence, copies and conflicts."""
    chance, made = random.Random(11), news()
    for number in range(40):
        links = [f"{tag} https://x.net/{tag}/{number}" for tag in ("de", "en", "ja")] if number % 3 == 0 else []
        for tag, language in (("de", "deu_Latn"), ("en", "eng_Latn"), ("ja", "jpn_Jpan"), ("zh", "cmn_Hani")):
            if chance.random() < 0.8:
                made.append(page(f"https://x.net/{tag}/{number}", language, f"{language} text {number}", links))
            if chance.random() < 0.2:
                made.append(
                    page(f"https://x.net/{tag}/{number}?print=1", language, f"{language} text {number} p", links)
                )
            if chance.random() < 0.1:
                made.append(page(f"https://x.net/copy/{tag}/{number}", language, f"{language} text {number}", links))
    return made


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_files_makes_the_same_groups(seed):
    chance, made = random.Random(seed), crawl()
    found = []
    for _ in range(3):
        chance.shuffle(made)
        rows = table(made)
        result = run_steps(AlignDocuments(), cut(rows, chance.randrange(7, 90)), partitions=chance.choice([1, 3, 8]))
        by_key = {}
        for row in result.kept.to_pylist():
            if row["doc_languages"] > 1:
                score = round(row["doc_key_score"], 4)
                by_key.setdefault(row["doc_key"], []).append((row["url"], score, row["doc_key_method"]))
        found.append(sorted((key, sorted(rows)) for key, rows in by_key.items()))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 40


def test_no_group_has_a_language_twice():
    rows = run_steps(AlignDocuments(min_score=0.0), [table(crawl())]).kept.to_pylist()
    seen = [(row["doc_key"], row["language"]) for row in rows]
    assert len(seen) == len(set(seen))
    sizes = {}
    for row in rows:
        sizes[row["doc_key"]] = sizes.get(row["doc_key"], 0) + 1
    assert all(row["doc_languages"] == sizes[row["doc_key"]] for row in rows)


def test_rows_without_addresses_links_or_text():
    bare = pa.table({"uid": ["1", "2"], "text": ["a", None], "language": ["eng_Latn", None]})
    found = run_steps(AlignDocuments(), [bare]).kept
    assert found.column("doc_key").to_pylist() == ["1", "2"]
    empty = run_steps(AlignDocuments(), [table([])]).kept
    assert empty.num_rows == 0


def test_what_cannot_be_asked():
    with pytest.raises(ValueError, match="twice"):
        AlignDocuments(evidence=["url", "url"])
    with pytest.raises(ConfigError, match="vectors"):
        AlignDocuments(embedding="text").output_schema(SCHEMA)
