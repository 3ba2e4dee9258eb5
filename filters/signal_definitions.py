"""What every signal of a document is: names, kinds, definitions and sources. `signals.py` measures them.

The definitions are the public ones; each signal names its source, with the public name in square brackets:

* Gopher: Rae et al. 2021 (arXiv 2112.11446), section A.1.1 and table A1.
* C4: Raffel et al. 2020 (JMLR 21), section 2.2, with the line filters of its published code.
* FineWeb: Penedo et al. 2024 (arXiv 2406.17557), section 3.6.
* RedPajama-v2: Weber et al. 2024 (arXiv 2411.12372), table of quality signals; their published code.
* CaText: Armengol-Estapé et al. 2021 (Findings of ACL), document filters of the published cleaner.
* FinGPT: Luukkonen et al. 2023 (arXiv 2311.05640), heuristic filters of the published tools.
* Polyglot-Ko: Ko et al. 2023 (arXiv 2306.02254), Korean job of the published code (EleutherAI/dps).

Decisions where definitions leave room or the usual code goes astray:

* Text is measured in NFC; the text itself is not changed.
* Combining marks belong to their word; words of scripts without spaces are those of a dictionary, or pieces of word
  size (see `word_breaks.py` and `kernels/segmentation.py`).
* Lines end at a line feed. "Text lines" are those with a visible character; only these count as lines for duplicates,
  terminal marks and shortness, and a line without one separates paragraphs.
* Tokens are cut as the tokenizers cut them that thresholds were made with, by habits of the language
  (`word_breaks.py`).
* Where no n-gram occurs twice, the most frequent one is the first, as in the published code of datatrove: shares of top
  n-grams mean little for a few dozen words.
* Distinct stop words are counted in small letters; the share of stop words takes capitals as well.
* C4 removes lines and then judges what is left. Here documents are judged as C4 would judge them after its line
  filters, and no line is removed; `c4_lines` says how much C4 would have kept. In languages written in Latin, Cyrillic,
  Greek, Hebrew or Hangul only the marks of its code (. ! ? " ') end a line, elsewhere those of all scripts.
* A line of unspaced letters has a word for every two of them where C4 counts words between spaces; its word limit of
  1,000 characters does not apply to them. Words that are counted for `capital_words` likewise.
* Words that differ in case are different words (RedPajama-v2 folds case). A sentence of `marked_sentences` does not end
  at a full stop between letters or digits (3.14, example.com), and any script's marks end it.
* What RedPajama-v2 says of each line is the share of such lines, or the mean over lines, here.
* Letters include combining marks: Indic and Thai vowel signs are no symbols.
* A ratio whose denominator is 0 is null; so are stop words in a language without a list, and link density where no
  page was read. Rules ignore nulls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from ..kernels.ngrams import DUPLICATE_LENGTHS, TOP_LENGTHS


@dataclass(frozen=True)
class Signal:
    """What one signal is.

    Attributes:
        kind: "count" (int32), "ratio" (float32) or "name" (string).
        meaning: definition.
        source: where it comes from, with its public name in square brackets.
    """

    kind: str
    meaning: str
    source: str

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole, in [0, 1]; other ratios (entropy, code points per word) have no limit."""
        of_lines = self.meaning.startswith(("lines that", "text lines", "paragraphs that"))
        return self.kind == "ratio" and (of_lines or " of all" in self.meaning.replace("of all occ", ""))


def repetition_signals() -> Iterator[tuple[str, Signal]]:
    """The signals of `kernels.ngrams`, in the order of its columns."""
    for n in TOP_LENGTHS:
        yield (
            f"top_{n}_gram",
            Signal(
                "ratio",
                f"characters of all occurrences of the most frequent {n}-gram of tokens, of all",
                f"Gopher [rps_doc_frac_chars_top_{n}gram]",
            ),
        )
    for n in DUPLICATE_LENGTHS:
        yield (
            f"duplicate_{n}_grams",
            Signal(
                "ratio",
                f"characters in {n}-grams of tokens that occurred before, of all",
                f"Gopher [rps_doc_frac_chars_dupe_{n}grams]",
            ),
        )


_TOKENS_AND_LINES = {
    "script": Signal(
        "name", "ISO 15924 code of the script of most letters (Jpan: with kana); null without letters", "-"
    ),
    "characters": Signal("count", "code points", "Gopher [ccnet_length]"),
    "words": Signal("count", "tokens with a letter or digit", "Gopher [rps_doc_word_count]"),
    "word_characters": Signal("count", "code points in words", "-"),
    "mean_word_length": Signal("ratio", "code points per word", "Gopher [rps_doc_mean_word_length]"),
    "alphabetic_words": Signal(
        "ratio",
        "tokens with a letter, of all tokens (symbols included)",
        "Gopher [1 - rps_doc_frac_no_alph_words, there of the letters a to z]",
    ),
    "stop_words": Signal(
        "count", "distinct stop words of the language that occur in small letters; null without a list", "Gopher"
    ),
    "hashes": Signal("ratio", "number signs per token", "Gopher"),
    "ellipses": Signal("ratio", "'...' and '…' per token", "Gopher"),
    "bullet_lines": Signal("ratio", "lines that begin with • or -", "Gopher"),
    "ellipsis_lines": Signal(
        "ratio", "lines that end with an ellipsis", "Gopher [rps_doc_frac_lines_end_with_ellipsis]"
    ),
    "duplicate_lines": Signal("ratio", "text lines that occurred before", "Gopher"),
    "duplicate_line_characters": Signal("ratio", "characters in text lines that occurred before, of all", "Gopher"),
    "duplicate_paragraphs": Signal("ratio", "paragraphs that occurred before", "Gopher"),
    "duplicate_paragraph_characters": Signal(
        "ratio", "characters in paragraphs that occurred before, of all", "Gopher"
    ),
}

_LINES_OF_C4_AND_FINEWEB = {
    "lines": Signal("count", "text lines", "FineWeb [ccnet_nlines]"),
    "terminal_lines": Signal(
        "ratio",
        "text lines that end with a mark that ends sentences",
        "FineWeb [rps_lines_ending_with_terminal_punctution_mark]",
    ),
    "short_lines": Signal("ratio", "text lines of at most 30 columns (wide characters have two)", "FineWeb"),
    "character_duplicates": Signal("ratio", "characters in repeated text lines, of all but line feeds", "FineWeb"),
    "newlines": Signal("ratio", "line feeds per token", "FineWeb"),
    "sentences": Signal("count", "sentences in lines that pass C4's filters, but for terminal marks", "FineWeb"),
    "curly_lines": Signal("count", "such lines with a curly bracket", "FineWeb"),
    "c4_sentences": Signal("count", "sentences in lines that pass C4's filters, terminal marks included", "C4"),
    "c4_curly_lines": Signal("count", "such lines with a curly bracket", "C4"),
    "c4_lines": Signal("ratio", "text lines that C4 keeps", "C4"),
    "curly_brackets": Signal("count", "opening curly brackets", "C4"),
    "lorem_ipsum": Signal("count", "lines with 'lorem ipsum'", "C4 [rps_doc_lorem_ipsum, there per character]"),
    "javascript_lines": Signal(
        "count", "lines with a word that begins with 'javascript'", "C4 [rps_lines_javascript_counts]"
    ),
    "policy_lines": Signal("count", "lines with a phrase of cookie notices and policies", "C4"),
}

_COMPOSITION = {
    "letters": Signal("ratio", "letters and combining marks, of all characters", "-"),
    "digits": Signal("ratio", "digits, of all characters", "CaText"),
    "uppercase": Signal("ratio", "upper-case letters, of all characters", "CaText"),
    "punctuation": Signal("ratio", "punctuation marks and symbols, of all characters", "FinGPT"),
    "spaces": Signal("ratio", "white space, of all characters", "-"),
    "non_alphanumeric": Signal(
        "ratio", "characters that are no letters, combining marks or digits, of all (white space included)", "CaText"
    ),
    "curly_bracket_characters": Signal(
        "ratio", "curly brackets, of all characters", "RedPajama-v2 [rps_doc_curly_bracket]"
    ),
    "repeated_characters": Signal(
        "ratio", "characters in runs of at least four equal visible characters, of all characters", "-"
    ),
    "longest_repeat": Signal("count", "length of the longest run of one visible character", "FinGPT"),
    "script_share": Signal(
        "ratio",
        "letters of the dominant script, of all letters (ideographs, kana and Hangul count twice)",
        "CaText",
    ),
    "latin_letters": Signal("ratio", "letters of the Latin script, of all letters that have a script", "CaText"),
    "hangul_characters": Signal("ratio", "Hangul, of all characters but white space", "Polyglot-Ko"),
    "symbols": Signal("ratio", "number signs, '...' and '…' per word", "RedPajama-v2 [rps_doc_symbol_to_word_ratio]"),
    "unique_words": Signal("ratio", "different words, of all words", "RedPajama-v2 [rps_doc_frac_unique_words]"),
    "word_entropy": Signal(
        "ratio", "entropy of the distribution of the words, in nats", "RedPajama-v2 [rps_doc_unigram_entropy]"
    ),
    "stop_word_share": Signal(
        "ratio",
        "words that are stop words of the language, of all words; null without a list",
        "RedPajama-v2 [rps_doc_stop_word_fraction]",
    ),
    "capital_words": Signal(
        "ratio",
        "runs of letters and digits whose cased letters are all capitals, of all such runs",
        "RedPajama-v2 [rps_doc_frac_all_caps_words]",
    ),
    "marked_sentences": Signal(
        "count",
        "stretches of text with a letter or digit, up to a mark that ends sentences or the end",
        "RedPajama-v2 [rps_doc_num_sentences]",
    ),
    "mean_line_length": Signal("ratio", "characters without line feeds per text line", "-"),
    "mean_paragraph_length": Signal("ratio", "characters without line feeds per paragraph", "FinGPT"),
    "words_per_line": Signal("ratio", "words per text line", "RedPajama-v2 [mean of rps_lines_num_words]"),
    "numeric_lines": Signal(
        "ratio",
        "text lines whose visible characters are digits by half or more",
        "RedPajama-v2 [rps_lines_numerical_chars_fraction of at least 0.5]",
    ),
    "uppercase_lines": Signal(
        "ratio",
        "text lines whose letters are upper-case by half or more",
        "RedPajama-v2 [rps_lines_uppercase_letter_fraction of at least 0.5, there of all characters]",
    ),
    "list_lines": Signal(
        "ratio",
        "text lines that begin with one of • ‣ ▶ ◀ ◦ ■ □ ▪ ▫ – * · ‧ ㆍ -",
        "RedPajama-v2 and Polyglot-Ko [rps_lines_start_with_bulletpoint]",
    ),
    "link_density": Signal(
        "ratio", "characters in links of all of the page, as `extract` found them; null where it did not run", "-"
    ),
}

SIGNALS: dict[str, Signal] = {
    **_TOKENS_AND_LINES,
    **dict(repetition_signals()),
    **_LINES_OF_C4_AND_FINEWEB,
    **_COMPOSITION,
}
"""Every signal by name, in the order of the columns."""

_TYPES = {"count": pa.int32(), "ratio": pa.float32(), "name": pa.string()}
SIGNALS_TYPE = pa.struct([pa.field(name, _TYPES[signal.kind]) for name, signal in SIGNALS.items()])
"""Arrow type of all signals of a document."""
