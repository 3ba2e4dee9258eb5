"""Names of languages in each other, from CLDR."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hexapla.filters.language_names import languages_with_names, name, names


@pytest.mark.parametrize(
    ("label", "inside", "called"),
    [
        ("fra_Latn", "eng_Latn", "French"),
        ("cmn_Hani", "eng_Latn", "Chinese"),
        ("deu_Latn", "fra_Latn", "allemand"),
        ("eng_Latn", "cmn_Hani", "英语"),
        ("srp_Latn", "srp_Latn", "srpski"),
        ("srp_Cyrl", "srp_Cyrl", "српски"),
        ("arb_Arab", "arb_Arab", "العربية"),
        ("quy_Latn", "fra_Latn", "Ayacucho Quechua"),  # CLDR has no name: the registry's in English
        ("fra_Latn", "xyz_Latn", "French"),
        ("xyz_Latn", "eng_Latn", "xyz_Latn"),
    ],
)
def test_names(label, inside, called):
    assert name(label, inside) == called


def test_columns_of_names():
    labels = pa.array(["fra_Latn", "deu_Latn", "fra_Latn"])
    assert names(labels).to_pylist() == ["French", "German", "French"]
    assert names(labels, "own").to_pylist() == ["français", "Deutsch", "français"]
    assert names(labels, pa.array(["deu_Latn", "fra_Latn", "eng_Latn"])).to_pylist() == [
        "Französisch", "allemand", "French",
    ]  # fmt: skip


def test_every_language_of_the_table_names_itself():
    assert len(languages_with_names()) > 300
    assert all(name(label, label) for label in languages_with_names())
