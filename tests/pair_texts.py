"""Texts for tests of rules on pairs: real sentences in many scripts, and random ones in which much is repeated."""

import random
import string

import numpy as np
import pyarrow as pa

REAL = [
    "", " ", "Straße und Fluß.", "Die Würde des Menschen ist unantastbar.", "Всі люди народжуються вільними.", "人人生而自由,在尊严和权利上一律平等。",
    "すべての人間は、生れながらにして自由であり", "सभी मनुष्यों को गौरव और अधिकारों", "يولد جميع الناس أحرارا", "כל בני האדם נולדו", "มนุษย์ทั้งหลายเกิดมามีอิสระ",
    "የሰው ልጅ ሁሉ ሲወለድ", "ประชาชน 12 คน ๑๒", "e\u0301cole\u00a0no\u2009x", "😀 smile 👩‍👩‍👧", "a\x1db\x85c\u2028d",
]  # fmt: skip
LETTERS = [
    "a",
    "b",
    "ab",
    " ",
    "  ",
    "A",
    "ß",
    "é",
    "1",
    "2",
    "0",
    "\n",
    "I",
    "İ",
    "中",
    "文",
    "ا",
    ".",
    "Σ",
    "ς",
    "\u00a0",
    "_",
    "foo ",
    " Foo",
]


def texts(seed: int, count: int) -> list[str]:
    """Real sentences, and random ones from few letters, so that much is repeated; some longer than 200."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        letters = draw.choice(
            [LETTERS, ["a", "b", " "], list(string.digits + " "), list("abcdefgh ijk"), ["the ", "cat ", "sat "]]
        )
        made.append("".join(draw.choice(letters) for _ in range(draw.choice([1, 4, 12, 40, 250]))))
    return REAL + made


def paired(seed: int, count: int) -> tuple[list[str], list[str], pa.Array, np.ndarray, np.ndarray]:
    left, right = texts(seed, count), texts(seed + 1, count)
    right = [
        one[: len(one) // 2] + two if number % 3 == 0 else two
        for number, (one, two) in enumerate(zip(left, right, strict=True))
    ]
    places = np.arange(len(left), dtype=np.int64)
    return left, right, pa.array(left + right), places, places + len(left)
