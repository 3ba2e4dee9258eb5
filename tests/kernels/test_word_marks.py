"""Words between marks: the kernel against the rules in plain Python, and what single languages do."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.word_breaks import word_borders, word_styles
from hexapla.kernels.arrow import text_buffers
from hexapla.kernels.segmentation import LETTER_WORD, NO_BORDERS, OTHER_WORD, SYMBOL, properties, segment
from hypothesis import given, settings
from hypothesis import strategies as st

CUT_OFF = ",!?()\"…:;«»'*_#"


def cut(text, language=None):
    """The tokens of a text without format characters, as strings, and their kinds."""
    buffer, offsets = text_buffers(pa.array([text]))
    size = len(buffer) + 1
    hashes, lengths = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    kinds, starts = np.zeros(size, np.uint8), np.zeros(2, np.int64)
    styles = word_styles(pa.array([language], pa.string()), 1)
    borders = word_borders(buffer, offsets)
    count = segment(buffer, offsets, properties(), borders, hashes, lengths, kinds, starts, styles)
    words, position = [], 0
    for length in lengths[:count].tolist():
        while text[position].isspace():
            position += 1
        words.append(text[position : position + length])
        position += length
    assert not text[position:].strip()
    return words, kinds[:count].tolist()


def keeps_stop(word):
    """Whether the full stop behind what is left of a word belongs to it."""
    last = word[-1]
    if not last.isalpha():
        return False
    if len(word) > 2 and word[-2] == ".":
        return True
    return (len(word) < 2 or not word[-2].isupper()) if last.isupper() else len(word) == 1


def peel(chunk):
    """What stands between two spaces: marks in front, the word, marks behind."""
    front, behind = [], []
    while chunk and (found := re.match(rf"\.\.+|[{re.escape(CUT_OFF)}]", chunk)):
        front.append(found[0])
        chunk = chunk[found.end() :]
    while chunk:
        found = re.search(rf"(\.\.+|[{re.escape(CUT_OFF)}])$", chunk)
        if not found and len(chunk) > 1 and chunk[-1] == "." and not keeps_stop(re.split(r"-|,", chunk[:-1])[-1]):
            found = re.search(r"\.$", chunk)
        if not found:
            break
        behind.insert(0, found[0])
        chunk = chunk[: found.start()]
    return front, chunk, behind


def reference(text):
    """The rules that `kernels/segmentation.py` tells, for letters of one case, digits and some marks."""
    tokens = []
    for chunk in text.split():
        front, word, behind = peel(chunk)
        inside = re.split(
            r"(\.\.+|…|(?<=[a-zéж]),(?=[a-zéж])|(?<=[a-zéж])[:](?=[a-zéж])|(?<=[a-zéж])-+(?=[a-zéж]))", word
        )
        tokens += [*front, inside[0]]
        for mark, rest in zip(inside[1::2], inside[2::2], strict=True):
            tokens += [mark, rest]
        tokens += behind
    return [token for token in tokens if token]


pieces = st.lists(
    st.sampled_from(["a", "bé", "жa", "12", "the", "(", ")", ",", "!", '"', "-", "…", " ", "  ", "\n"]), max_size=14
)


@settings(deadline=None, max_examples=150)
@given(pieces)
def test_against_plain_python(parts):
    text = "".join(parts)
    # digits beside dashes have a rule of their own
    text = re.sub(r"(?<=\d)-+|-+(?=\d)", " ", text)
    assert cut(text)[0] == reference(text)


STOPS = [".", "..", "...", ".)", '."', ". "]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["wort", "ex", "B", "q", "É", "42"]), st.sampled_from(STOPS))))
def test_full_stops_against_plain_python(parts):
    text = " ".join(word + end for word, end in parts)
    assert cut(text)[0] == reference(text)


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        (None, "don't l'homme well-known John's", "don't l'homme well - known John 's"),
        (None, "U.S. 3.14 10:30 1,000.5", "U.S. 3.14 10:30 1,000.5"),
        (None, "(see http://a.org/b?c=d), x@y.org.", "( see http://a.org/b?c=d ) , x@y.org ."),
        (None, "and/or A&B foo_bar file.txt C++ ©x", "and / or A&B foo_bar file.txt C++ © x"),
        (None, "50% $5 --- ==", "50 % $ 5 --- = ="),
        (None, "end.Next EU. Mr.", "end . Next EU . Mr ."),
        ("eng_Latn", "don't I'm they've", "do n't I 'm they 've"),
        ("fra_Latn", "l'homme d’accord", "l' homme d’ accord"),
        ("deu_Latn", "E-Mail am 3. Mai, Wort(e)", "E-Mail am 3. Mai , Wort ( e )"),
        ("pol_Latn", "tak... --all", "tak . . . - - all"),
        ("deu_Latn", "z.B. usw. (bzw. 5km/h)", "z.B. usw. ( bzw. 5km / h )"),
        ("deu_Latn", "1/2 und/oder 10-12 'x'", "1 / 2 und / oder 10 - 12 ' x '"),
        ("ell_Grek", "5.4. 12. α-β 25%", "5.4 . 12. α-β 25%"),
        ("ell_Grek", "-- ----- α- --foo a--", "-- ----- α - --foo a--"),
        ("ell_Grek", "1) 2). (1) 12) x)", "1) 2) . ( 1) 12 ) x )"),
        ("ell_Grek", "'μάθε' '%1' 'abc' '12 'foo", "'μάθε' ' % 1' ' ab c' '12 ' foo"),
        ("pol_Latn", "31-letni r. :)", "31 - letni r . :)"),
        ("ind_Latn", "--force-confdef orang-orang 5/10", "--force - confdef orang-orang 5/10"),
        ("hun_Latn", "5-ös 12. szeretne-e URL.", "5-ös 12. szeretne -e URL."),
        ("dan_Latn", "5. maj 1962. f.eks.", "5. maj 1962 . f.eks."),
        ("swe_Latn", "A1:B2 EU:s", "A1 : B2 EU:s"),
        ("ces_Latn", "f(x); f(x): a:* a:** =[] (:) [:a", "f(x ) ; f(x ): a :* a :* * =[ ] ( :) [: a"),
        ("eng_Latn", "32kB 32KB 2G 15h 1.5s 7km", "32kB 32 KB 2 G 15h 1.5s 7 km"),
        ("spa_Latn", "a-b@c.org,d-e@f.net,g (a,b)", "a-b@c.org , d-e@f.net , g ( a , b )"),
        ("cat_Latn", "a-b@c.org,,d-e@f.net. a@b.org/x@y :-).", "a-b@c.org,,d-e@f.net . a@b.org/x@y :-) ."),
        ("deu_Latn", "(z.B. (etc.) (Dr.", "( z.B. ( etc. ) ( Dr."),
        ("por_Latn", "R$10 US$5, %1$s %2$d. A$", "R$ 10 US$ 5 , % 1$ s % 2$ d. A$"),
        ("por_Latn", "x=\"a-b-c\" guarda-chuva 2020-21 --no-dev", "x=\" a-b-c \" guarda-chuva 2020-21 -- no-dev"),
        ("ita_Latn", "un po' po’, ('90) va'", "un po' po’ , ( '90 ) va '"),
        ("fra_Latn", "etc., '90", "etc. , ' 90"),
        ("bul_Cyrl", "5 млн. лв.", "5 млн . лв."),
        ("ron_Latn", "Ți-ai e-mail S-a", "Ți- ai e- mail S- a"),
        ("ces_Latn", "např. 20km +25", "např . 20 km +25"),
        ("ltz_Latn", "d'Hoffnung", "d' Hoffnung"),
        ("kat_Geor", "სიტყვა. ახალი, (და)", "სიტყვა. ახალი , ( და )"),
        ("hye_Armn", "բառ։ և", "բառ։ և"),
        ("bul_Cyrl", "см. т.е. д-р", "см . т.е. д - р"),
        ("fin_Latn", "EU:n linja-auto", "EU:n linja-auto"),
        ("hin_Deva", "राज्य/संघ 3.5।", "राज्य / संघ 3.5 ।"),
        ("ell_Grek", "μας. τους;", "μας . τους ;"),
        ("arb_Arab", "نعم، ١٢.٥", "نعم ، ١٢.٥"),
        ("heb_Hebr", "צה\"ל אמר", "צה\"ל אמר"),
        ("amh_Ethi", "ሰላም፡ዓለም።", "ሰላም ዓለም ።"),
    ],
)  # fmt: skip
def test_words_of_languages(language, text, words):
    found, _ = cut(text.replace("፡", " "), language)
    assert found == words.split()


def test_a_format_character_hides_the_mark_beside_it_from_the_end_of_a_word():
    text = "\u200f(ACPI) Apache،\u200f \u200f"
    buffer, offsets = text_buffers(pa.array([text]))
    hashes, lengths = np.zeros(len(buffer), np.uint64), np.zeros(len(buffer), np.int32)
    kinds, starts = np.zeros(len(buffer), np.uint8), np.zeros(2, np.int64)
    styles = word_styles(pa.array(["arb_Arab"]), 1)
    count = segment(buffer, offsets, properties(), NO_BORDERS, hashes, lengths, kinds, starts, styles)
    assert lengths[:count].tolist() == [len("(ACPI"), len(")"), len("Apache،")]
    assert kinds[:count].tolist() == [LETTER_WORD, SYMBOL, LETTER_WORD]


def test_kinds():
    words, kinds = cut("ab 12 -- 3d http://a.org/ ۽ ۾ !")
    assert dict(zip(words, kinds, strict=True)) == {
        "ab": LETTER_WORD, "12": OTHER_WORD, "--": SYMBOL, "3d": LETTER_WORD, "http://a.org/": LETTER_WORD,
        "۽": LETTER_WORD, "۾": LETTER_WORD, "!": SYMBOL,
    }  # fmt: skip


@pytest.mark.parametrize("unit", ["'", "a'", "a-", "a.", "(", "5%", "x=y", "http://", "'a", "a..", "-", "@", "1-"])
def test_long_runs_take_linear_time(unit):
    words, _ = cut(unit * (400_000 // len(unit)), "eng_Latn")
    assert sum(map(len, words)) == len(unit) * (400_000 // len(unit))


@settings(deadline=None)
@given(st.text("aB1é'’-.,:/@ …(\n", max_size=40), st.sampled_from(["eng_Latn", "fra_Latn", "pol_Latn", "deu_Latn"]))
def test_nothing_is_lost_and_lines_are_independent(text, language):
    words, _ = cut(text, language)
    assert "".join(words) == "".join(text.split())
    assert words == [word for line in text.split("\n") for word in cut(line, language)[0]]
