"""Registered domains of addresses."""

import pyarrow as pa
import pytest
from hexapla.kernels.hosts import registered_domains


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.bbc.co.uk/news?x", "bbc.co.uk"),
        ("//NEWS.BBC.co.uk:443", "bbc.co.uk"),
        ("http://user@a.b.example.org./x", "example.org"),
        ("http://a.github.io/", "github.io"),
        ("http://www.пример.рф/", "пример.рф"),
        ("http://localhost:8000/", "localhost"),
        ("http://127.0.0.1/a", "127.0.0.1"),
        ("http://some.unknownsuffix/", "some.unknownsuffix"),
        ("http://a_b..c/", "a_b..c"),
        ("", None),
        ("http:///path", None),
        ("urn:isbn:1", None),
        (None, None),
    ],
)
def test_registered_domains(url, domain):
    assert registered_domains(pa.array([url], pa.string())).to_pylist() == [domain]


def test_registered_domains_of_no_addresses():
    assert registered_domains(pa.array([], pa.string())).to_pylist() == []
