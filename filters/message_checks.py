"""What must be the same in a message and its translation: placeholders, accelerators, tags."""

from __future__ import annotations

import re
from collections import Counter

_PRINTF = re.compile(
    r"%(?:%|(?:\d{1,3}\$|\([A-Za-z_]\w*\))?[-+#0]{0,5}(?:\d{1,9}|\*)?(?:\.\d{1,9})?"
    r"(?:hh|h|ll|l|L|z|j|t|q)?[diouxXeEfFgGaAcspnS@])"
)
_BRACES = re.compile(r"\$?\{[A-Za-z_]?[\w.]*(?:![rsa])?(?::[^{}]*)?\}|%L?\d{1,2}(?![\d$])|%\{\w+\}")
_TAG = re.compile(r"(</?)([A-Za-z][\w:.-]*)(?:\s[^<>]*)?/?>")
_BRACKETED = re.compile(r"(?<!\s)\s*[(（][_&][A-Za-z0-9][)）]")
_MARK = {"_": re.compile(r"(?<![\w_])_(?=[^\W_])|(?<=[^\W_])_(?=[^\W_])"), "&": re.compile(r"&(?=[^\W_])(?!#?\w+;)")}


def placeholders(text: str) -> Counter[str]:
    """The placeholders of printf, Python, Qt and ICU's simple arguments, without their order."""
    found = Counter(re.sub(r"^%\d+\$", "%", match) for match in _PRINTF.findall(text) if match != "%%")
    found.update(_BRACES.findall(text))
    return found


def tags(text: str) -> Counter[str]:
    """The names of tags."""
    return Counter(mark + name for mark, name in _TAG.findall(text))


def accelerator(text: str) -> str:
    """The mark before the letter that a key press chooses, "_" (GTK) or "&" (Qt, Windows); "" without exactly one."""
    for mark, pattern in _MARK.items():
        if text.count(mark) == 1 and pattern.search(text) and not re.search(r"[\w]_[\w]*_|\w\.\w", text):
            return mark
    return ""


def without_accelerator(text: str, mark: str) -> tuple[str, bool]:
    """A message without the mark ("(_F)" as a whole), and whether it was there."""
    if not mark:
        return text, True
    bracketed = _BRACKETED.sub("", text)
    if bracketed != text:
        return bracketed, True
    return text.replace(mark, "", 1), mark in text


def compared(source: str, target: str) -> str:
    """What differs between a message and its translation: "placeholders", "tags" or ""."""
    if placeholders(source) != placeholders(target):
        return "placeholders"
    return "tags" if tags(source) != tags(target) else ""
