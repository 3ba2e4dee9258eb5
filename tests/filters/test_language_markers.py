"""What says the language in an address, in the conventions of real sites."""

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.language_markers import AGREED, GUESSED, UNMARKED, neutral_urls, site_domains


def neutral(*pages):
    found = neutral_urls(
        pa.array([url for url, _ in pages], pa.string()), pa.array([tag for _, tag in pages], pa.string())
    )
    return found.neutral.to_pylist()


CONVENTIONS = {
    "host": ["fr.site.org/a/b|fr", "de.site.org/a/b|de", "www.site.org/a/b|en", "pt-br.site.org/a/b|pt", "zh.m.site.org/a/b|zh"],
    "polylang": ["site.org/fr/about-us/|fr", "site.org/about-us/|en", "site.org/pt-br/about-us|pt", "site.org/zh_TW/about-us|zh"],
    "drupal": ["site.org/node/17|en", "site.org/es/node/17|es", "site.org/zh-hant/node/17|zh", "site.org/sr-latn/node/17|sr"],
    "mediawiki translate": ["w.org/wiki/Help:Editing|en", "w.org/wiki/Help:Editing/de|de", "w.org/wiki/Help:Editing/pt-br|pt"],
    "europa": ["site.eu/about/contact_en|en", "site.eu/about/contact_fr|fr", "site.eu/about/contact_mt|mt"],
    "europa old": ["site.eu/index_en.htm|en", "site.eu/index_fr.htm|fr", "site.eu/|bg"],
    "canada": ["canada.ca/en/taxes/income-eng.html|en", "canada.ca/fr/taxes/income-fra.html|fr"],
    "canada old": ["site.gc.ca/pub/index-e.html|en", "site.gc.ca/pub/index-f.html|fr"],
    "wto": ["wto.org/english/news_e/n1_e.htm|en", "wto.org/french/news_f/n1_f.htm|fr", "wto.org/spanish/news_s/n1_s.htm|es"],
    "un": ["un.org/en/about|en", "un.org/zh/about|zh", "un.org/ar/about|ar", "un.org/ru/about|ru"],
    "query": ["s.jp/p?id=3&lang=ja|ja", "s.jp/p?lang=en&id=3|en", "s.jp/p?id=3|ko", "s.jp/p?id=3&hl=zh-CN|zh"],
    "locale": ["s.org/p?locale=nb_NO|no", "s.org/p?locale=uk|uk", "s.org/p|en"],
    "gnome": ["help.site.org/users/x/index.html.de|de", "help.site.org/users/x/index.html.pt_BR|pt"],
    "apache": ["s.org/docs/howto.html.fr|fr", "s.org/docs/howto.html.en|en", "s.org/docs/howto.html|ja"],
    "debian": ["s.org/intro/about.de.html|de", "s.org/intro/about.zh-cn.html|zh", "s.org/intro/about.html|en"],
    "names": ["s.org/english/a|en", "s.org/cymraeg/a|cy", "s.org/a|ga", "s.org/русский/a|ru", "s.org/中文/a|zh"],
    "docs": ["docs.s.io/en/latest/x.html|en", "docs.s.io/zh-cn/latest/x.html|zh", "docs.s.io/ja/latest/x.html|ja"],
    "countries": ["s.com/jp/shop|ja", "s.com/cz/shop|cs", "s.com/en-us/shop|en", "s.com/de-at/shop|de", "s.com/kr/shop|ko"],
    "iso 639-3": ["s.org/swh/a|sw", "s.org/quy/a|qu", "s.org/hau/a|ha"],
    "print": ["s.org/fr/a?print=1|fr", "s.org/en/print/a|en", "s.org/de/a|de"],
}  # fmt: skip


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_conventions(convention):
    pages = [tuple(("https://" + page).rsplit("|", 1)) for page in CONVENTIONS[convention]]
    found = neutral(*pages)
    assert len(set(found)) == 1, found
    assert None not in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("https://s.org/about-us", "en"), ("https://s.org/about", "en")),
        (("https://d.org/de/en/Wort", "de"), ("https://d.org/de/fr/Wort", "de")),
        (("https://s.org/fr/a", "fr"), ("https://s.org/fr/b", "fr")),
        (("https://s.org/fr-tours", "fr"), ("https://s.org/fr-cars", "fr")),
        (("https://s.org/a?id=1&lang=fr", "fr"), ("https://s.org/a?id=2&lang=en", "en")),
        (("https://a.org/fr/x", "fr"), ("https://b.org/en/x", "en")),
        (("https://a.co.uk/x", "en"), ("https://b.co.uk/x", "en")),
        (("https://la-casa.org/x", "es"), ("https://casa.org/x", "es")),
    ],
)
def test_what_stays_apart(one, other):
    assert len(set(neutral(one, other))) == 2


def test_marks():
    urls = [
        "https://s.org/fr/a",
        "https://s.org/fr/a",
        "https://s.org/a",
        "https://s.org/x/y?lang=sv",
        None,
        "urn:isbn:1",
    ]
    found = neutral_urls(pa.array(urls), pa.array(["fra_Latn", "deu_Latn", "fra_Latn", "und_Latn", "fra_Latn", None]))
    assert found.mark.tolist() == [AGREED, GUESSED, UNMARKED, GUESSED, UNMARKED, UNMARKED]
    assert found.neutral.to_pylist() == ["s.org/a", "s.org/a", "s.org/a", "s.org/x/y", None, "urn:isbn:1"]
    assert found.page.to_pylist()[0] == "s.org/fr/a"


def test_a_second_opinion_on_the_language_counts():
    urls = pa.array(["https://s.org/hr/a"] * 2)
    found = neutral_urls(urls, pa.array(["und_Latn", "eng_Latn"]), pa.array(["hr", "hr-HR"]))
    assert found.mark.tolist() == [AGREED, AGREED]


def test_confusable_languages_agree():
    urls = pa.array(["https://s.org/bs/a", "https://s.org/no/a", "https://s.org/tl/a", "https://s.org/zh-yue/a"])
    found = neutral_urls(urls, pa.array(["hrv_Latn", "nno_Latn", "fil_Latn", "cmn_Hani"]))
    assert found.mark.tolist() == [AGREED] * 4


def test_rows_do_not_depend_on_each_other():
    pages = [tuple(("https://" + page).rsplit("|", 1)) for pages in CONVENTIONS.values() for page in pages]
    whole = neutral(*pages)
    assert whole == [neutral(page)[0] for page in pages]
    order = np.random.default_rng(3).permutation(len(pages))
    assert neutral(*[pages[place] for place in order]) == [whole[place] for place in order]


def test_domains_of_sites():
    urls = [
        "https://a.b.example.co.uk/",
        "http://fr.rights.example/",
        "http://rights.example",
        "http://10.0.0.1:8/x",
        "x",
    ]
    assert site_domains(pa.array(urls)).to_pylist()[:4] == [
        "example.co.uk",
        "rights.example",
        "rights.example",
        "10.0.0.1",
    ]
