"""Cues as they are in real files: byte order marks, line ends, styles, numbers that are missing or are text."""

import pytest
from hexapla.filters.parsed_units import FormatError, Source
from hexapla.filters.subtitle_format import parse_subtitles

SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\n<i>Bonjour</i> à\ntous\n\n2\n00:00:03,000 --> 00:00:04,000 X1:1\n"
    "{\\an8}Ça va ?\n3\n00:00:05,000 --> 00:00:06,000\n42\n\n4\n00:00:07,000 --> 00:00:08,000\n\n\n"
    '5\n00:00:10.5-->00:00:11,5\n<font color="#fff">Une ligne</font>\n\nune autre\n\n6\n00:00:13,000 --> 00:00:12,000\nfaux\n'
)
VTT = (
    "WEBVTT - t\nX-Y: z\n\nSTYLE\n::cue { color: red }\n\nNOTE c\n\nintro\n00:01.000 --> 00:02.500 align:start\n"
    "<v Bob>Hello <00:00:01.500><c.x>all</c> &amp; co\n\nNOTE x\ny\n\n01:00:03.000 --> 01:00:04.000\n- How are you?\n- 1 < 2\n"
)


def cues(content, language="fra_Latn"):
    return [(unit.start, unit.end, unit.text) for unit in parse_subtitles(content, Source("x", language)).units]


FRENCH = [
    (1.0, 2.5, "Bonjour à tous"), (3.0, 4.0, "Ça va ?"), (5.0, 6.0, "42"), (10.5, 11.5, "Une ligne une autre"),
]  # fmt: skip


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_subrip(codec, ends):
    assert cues(SRT.replace("\n", ends).encode(codec)) == FRENCH


def test_what_is_passed_over_is_counted():
    found = parse_subtitles(SRT.encode(), Source("x", "fra_Latn"))
    assert found.counters == {"empty": 1, "cues_without_time": 1}
    assert [unit.key for unit in found.units] == ["0", "1", "2", "3"]


def test_webvtt():
    assert cues(VTT.encode(), "eng_Latn") == [(1.0, 2.5, "Hello all & co"), (3603.0, 3604.0, "- How are you? - 1 < 2")]


def test_lines_are_joined_as_the_script_wants():
    text = "1\n00:00:01,000 --> 00:00:02,000\nこれは\n字幕です\n"
    assert cues(text.encode(), "jpn_Jpan") == [(1.0, 2.0, "これは字幕です")]
    assert cues(text.replace("これは", "이것은").replace("字幕です", "자막").encode("cp949"), "kor_Hang") == [(1.0, 2.0, "이것은 자막")]


def test_cues_in_the_wrong_order():
    text = "00:00:05,000 --> 00:00:06,000\nb\n\n00:00:01,000 --> 00:00:02,000\na\n"
    assert [cue[2] for cue in cues(text.encode())] == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"no cues\n", b"\x00\x01\x02", b"WEBVTT\n\nNOTE nothing\n"])
def test_no_cues(content):
    with pytest.raises(FormatError):
        cues(content)
