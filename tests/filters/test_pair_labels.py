"""Labels for thresholds are read as `hexapla review` reads them: verdicts, escapes, quotes, faults with their place."""

import pytest
from hexapla.cli.review_files import tsv_text
from hexapla.filters.pair_labels import Label, read_labels


def saved(tmp_path, text):
    path = tmp_path / "judged.tsv"
    path.write_bytes(text.encode())
    return str(path)


def test_a_review_is_read_with_its_uids_and_partial_pairs_count_as_told(tmp_path):
    rows = [{"uid": f"-{number}\t\\é", "src": "ሰላም\n", "tgt": '"x"', "weight": 2.5} for number in range(4)]
    head, *lines = tsv_text(rows).rstrip("\n").split("\n")
    verdicts = ("G", "partial", "bad", "s")
    text = "\ufeff" + "\r\n".join([head, *(line + one for line, one in zip(lines, verdicts, strict=True)), "", ""])
    path = saved(tmp_path, text)
    good, partial, bad, _ = (row["uid"] for row in rows)
    assert read_labels(path) == {good: Label(True, 2.5), partial: Label(False, 2.5), bad: Label(False, 2.5)}
    assert read_labels(path, partial_is_good=True)[partial].good


def test_a_plain_file_has_a_label_and_no_weight(tmp_path):
    found = read_labels(saved(tmp_path, "label\tuid\n1\ta\nFALSE\tb\n\tc\nyes\td\n"))
    assert found == {"a": Label(True, 1), "b": Label(False, 1), "d": Label(True, 1)}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("uid\tlabel\na\tmaybe\n", ":2: verdict: 'maybe'"), ("uid\n", "'verdict'"), ("", "'uid'"),
        ("uid\tlabel\na\t1\na\t0\n", ":3: uid: .*line 2 already"), ("uid\tlabel\tweight\na\t1\t-1\n", ":2: weight: '-1'"),
        ("uid\tlabel\na\t1\tb\n", "3 cells"),
    ],
)  # fmt: skip
def test_faults_have_a_place(tmp_path, text, what):
    with pytest.raises(ValueError, match=what):
        read_labels(saved(tmp_path, text))
