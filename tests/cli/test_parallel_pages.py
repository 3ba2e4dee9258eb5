"""What pages with parallel text share."""

import pytest
from hexapla.cli.parallel_pages import direction


@pytest.mark.parametrize(
    ("language", "found"),
    [("arb_Arab", "rtl"), ("heb_Hebr", "rtl"), ("div_Thaa", "rtl"), ("ful_Adlm", "rtl"), ("uig_Arab", "rtl"),
     ("mon_Mong", "ltr"), ("eng_Latn", "ltr"), ("kaz_Cyrl", "ltr"), ("und", "auto"), ("en", "auto"), ("", "auto"),
     ("zxx_Zxxx", "auto"), ("x_ARAB", "auto")],
)  # fmt: skip
def test_scripts_have_directions(language, found):
    assert direction(language) == found
