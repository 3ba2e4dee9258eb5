"""Addresses that lead to the same page have one form."""

import pyarrow as pa
import pytest
from hexapla.filters.urls import canonical_urls


def form(url):
    return canonical_urls(pa.array([url], pa.string())).to_pylist()[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://Example.org/a/B", "http://example.org/a/B/", "https://www.example.org:443/a/B", "//example.org/a/B",
        "http://example.org:80/a/B#comments", "https://user@example.org/a/B?utm_source=x&utm_medium=rss",
        "https://example.org/a/B?fbclid=1", " https://example.org/a/B\n", "https://example.org./a/B?",
    ],
)  # fmt: skip
def test_differences_that_lead_to_the_same_page(url):
    assert form(url) == "example.org/a/B"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/?id=1", "https://example.org/?id=2"),
        ("https://example.org:8080/", "https://example.org/"),
        ("https://example.org/#!/a", "https://example.org/#!/b"),
        ("https://fr.example.org/", "https://example.org/"),
        ("urn:a:1", "urn:a:2"),
        ("https://例え.jp/い", "https://例え.jp/ろ"),
    ],
)
def test_differences_that_matter(one, other):
    assert form(one) != form(other)


def test_tracking_parameters_leave_the_others_in_place():
    assert form("https://a.b/c?utm_campaign=x&id=7&gclid=9&q=%20") == "a.b/c?id=7&q=%20"


@pytest.mark.parametrize("nothing", [None, "", "  ", "https://"])
def test_no_address(nothing):
    assert form(nothing) is None


def test_whole_columns_and_none_at_all():
    urls = pa.array(["http://a/", None, "a b", "https://a"]).slice(1)
    assert canonical_urls(urls).to_pylist() == [None, "a b", "a"]
    assert canonical_urls(pa.array([], pa.string())).to_pylist() == []
