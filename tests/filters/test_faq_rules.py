"""WebFAQ's rules on pairs at and beside every bound, and the text of markup."""

import hashlib

import pytest
from hexapla.filters.emoji import without_emoji
from hexapla.filters.faq_rules import REASONS, pair_id, pair_text, plain_text, webfaq_clean

Q, A = "What is it for?", "It is for nothing that anybody knows of."


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        (Q, A, None),
        ("", A, "empty"),
        (Q, "", "empty"),
        (Q, A + "?", "question_in_answer"),
        (Q, "？" + A, None),
        (Q, "x\n" * 9 + A, None),
        (Q, "x\n" * 10 + A, "too_many_newlines"),
        ("123456789", A, "question_too_short"),
        ("1234567890", A, None),
        ("這是什麼東西呢", A, "question_too_short"),
        (Q, "x" * 29, "answer_too_short"),
        (Q, "x" * 30, None),
        ("\U0001f600" * 10, A, "nothing_left"),
    ],
)
def test_every_rule_at_its_bound(question, answer, reason):
    assert webfaq_clean(question, answer, "a.example").reason == reason
    assert reason is None or reason in REASONS


def test_a_page_without_a_host():
    assert webfaq_clean(Q, A, None).reason == "bad_url"


@pytest.mark.parametrize(
    ("question", "answer", "clean"),
    [
        ("Q: " + Q, "A: " + A, (Q, A)),
        ("Question:\n" + Q, "Answer:  " + A, (Q, A)),
        ("A: " + Q, "Q: " + A, ("A: " + Q, "Q: " + A)),
        ("Q:" + Q, A, ("Q:" + Q, A)),
        ("12. " + Q, "3.4 " + A, (Q, A)),
        ("3) " + Q, "2024 " + A, ("3) " + Q, "2024 " + A)),
        ("Q: 1. " + Q, A, (Q, A)),
        (f'"{Q}"', f"„{A}“", (Q, A)),
        (f'“"{Q}"”', f"„{A}”", (f'"{Q}"', A)),
        ("\U0001f449\U0001f3fd " + Q, A + " \u2764\ufe0f", (Q, A)),
    ],
)
def test_what_is_taken_off(question, answer, clean):
    found = webfaq_clean(question, answer, "a.example")
    assert (found.question, found.answer) == clean


def test_identity():
    text = pair_text("Wer?", "Ich\nund du")
    assert text == "Wer? Ich und du"
    assert pair_id(text) == hashlib.md5(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a &amp;amp; b", "a & b"),
        ("&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two   x&lt;/p&gt;", "One Two x"),
        ("a<br>b<br/>c", "a b c"),
        ("one\\r\\n \\n two\r\n\r\nthree\\tfour", "one\ntwo\nthree four"),
        ("<ul><li>x</li><li>y</li></ul>z", "x y z"),
        ("<script>x</script>q<style>k</style><button>b</button>", "q"),
        ("<strong>Ja</strong>, es<span> ist</span>.", "Ja, es ist."),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ('say \\"so\\"', 'say "so"'),
        ("a\u00a0b", "a\u00a0b"),
        ("<p>a</p>\n<p>b</p>", "a\nb"),
        ("<div>" * 200 + "deep" + "</div>" * 200, "deep"),
    ],
)
def test_plain_text(value, text):
    assert plain_text(value) == text


def test_emoji():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    for text, left in (
        (f"a{family}b", "ab"),
        ("1\ufe0f\u20e3 one", " one"),
        ("\U0001f1eb\U0001f1f7x", "x"),
        ("© 2020 ™", " 2020 "),
        ("#1 * 10", "#1 * 10"),
        ("日本語 नमस्ते", "日本語 नमस्ते"),
    ):
        assert without_emoji(text) == left


def test_hostile_values_are_plain_in_linear_time():
    assert plain_text("a" + "\u00a0" * 1_000_000 + "b").startswith("a\u00a0")
    assert plain_text("a\u00a0\n\u3000\n b \n") == "a\nb"
