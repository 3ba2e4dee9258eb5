"""Placeholders, tags and accelerators."""

import pytest
from hexapla.filters.message_checks import accelerator, compared, placeholders, tags, without_accelerator


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        ("%s has %d", "%2$d bei %1$s", ""), ("100%% of %s", "%s の 100%%", ""), ("%(user)s", "%(user)s さん", ""),
        ("%(user)s", "%(usuario)s", "placeholders"), ("{0} of {1}", "{1} में {0}", ""), ("{count}", "", "placeholders"),
        ("%1 of %2", "%2 / %1", ""), ("50% off", "50 % de réduction", ""), ("a < b", "a < b", ""), ("<b>x</b>", "<b>х", "tags"),
        ("<br/>", "<br>", ""),
    ],
)  # fmt: skip
def test_what_is_compared(source, target, problem):
    assert compared(source, target) == problem


def test_what_is_found():
    assert placeholders("%-5.2f %ld %s") == {"%-5.2f": 1, "%ld": 1, "%s": 1}
    assert tags("<a href='x'>y</a>") == {"<a": 1, "</a": 1}


@pytest.mark.parametrize(
    ("text", "mark", "plain"),
    [
        ("_Open", "_", "Open"), ("Save &As…", "&", "Save As…"), ("R&&D", "", "R&&D"), ("snake_case_name", "", "snake_case_name"),
        ("Tom & Jerry", "", "Tom & Jerry"), ("&lt;", "", "&lt;"), ("_Файл", "_", "Файл"), ("Plain", "", "Plain"),
    ],
)  # fmt: skip
def test_accelerators(text, mark, plain):
    assert accelerator(text) == mark
    assert without_accelerator(text, mark) == (plain, True)


def test_accelerators_of_a_script_without_keys():
    assert without_accelerator("ファイル(_F)", "_") == ("ファイル", True)
    assert without_accelerator("文件（&F）", "&") == ("文件", True)
    assert without_accelerator("ملف", "_") == ("ملف", False)


def test_hostile_messages_are_checked_in_linear_time():
    assert compared("%" + "0" * 1_000_000, "%" + "0" * 1_000_000) == ""
    assert without_accelerator("_Open" + " " * 1_000_000 + "x", "_")[1]
