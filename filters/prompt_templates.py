"""Templates of prompts as data: what they are made of, how a file of them is read, and what is wrong with it.

A template has a `prompt` and a `completion` with fields in braces. `{src}` and `{tgt}` are the texts; `{src_name}`,
`{tgt_name}`, `{src_code}` and `{tgt_code}` the languages; `{shots}`, `{context}`, `{terms}` and `{sources}` blocks that
repeat their `item`. `{{` and `}}` are braces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import yaml

from . import language_codes

BANKS: Final = Path(__file__).with_name("prompt_banks")
TEXT_FIELDS: Final = frozenset({"src", "tgt"})
LANGUAGE_FIELDS: Final = frozenset({"src_name", "tgt_name", "src_code", "tgt_code"})
BLOCKS: Final = {
    "shots": frozenset({"src", "tgt"}) | LANGUAGE_FIELDS,
    "context": frozenset({"src", "tgt"}) | LANGUAGE_FIELDS,
    "terms": frozenset({"src", "tgt"}),
    "sources": frozenset({"text", "name", "code"}),
}
"""Blocks, and the fields that one item of each can have."""

KEYS: Final = {
    "id", "prompt", "completion", "system", "language", "names", "source_languages", "target_languages", "weight",
    "shots", "context", "terms", "sources", "source",
}  # fmt: skip
_FIELD: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_JINJA: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}|\{[%#]")
_JINJA_NAMES: Final = {
    "text_1": "src", "text_2": "tgt", "source": "src", "target": "tgt", "source_language": "src_name",
    "target_language": "tgt_name", "src_lang": "src_name", "tgt_lang": "tgt_name",
}  # fmt: skip
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:-]{0,119}")

Token = tuple[str, str]
"""A literal and "", or "" and the name of a field or block."""


@dataclass(frozen=True)
class Block:
    """How a list of things is written.

    Attributes:
        item: tokens of one thing.
        separator: what stands between two of them.
    """

    item: tuple[Token, ...]
    separator: str = ""


@dataclass(frozen=True)
class Template:
    """One template.

    Attributes:
        id: its name, recorded in `template_id`.
        prompt, completion: tokens.
        system: the system turn; "" for none.
        language: the language that the instruction is in, canonical.
        names: the language that names of languages are in: a label, or "own".
        source_languages, target_languages: codes of languages ("deu") that it is meant for; empty for all.
        weight: how often it is chosen, relative to others that fit.
        blocks: by name.
    """

    id: str
    prompt: tuple[Token, ...]
    completion: tuple[Token, ...]
    system: str = ""
    language: str = "eng_Latn"
    names: str = "eng_Latn"
    source_languages: frozenset[str] = frozenset()
    target_languages: frozenset[str] = frozenset()
    weight: float = 1.0
    blocks: Mapping[str, Block] = field(default_factory=dict)

    @property
    def needs(self) -> frozenset[str]:
        """The blocks that the prompt has."""
        return frozenset(name for _, name in self.prompt if name in BLOCKS)

    def fits(self, src_lang: str, tgt_lang: str) -> bool:
        """Whether it is meant for a direction."""
        src, tgt = language_codes.split(src_lang)[0], language_codes.split(tgt_lang)[0]
        return (not self.source_languages or src in self.source_languages) and (
            not self.target_languages or tgt in self.target_languages
        )


def tokens(text: str, known: Iterable[str]) -> tuple[Token, ...]:
    """Cut a text with fields in braces.

    Raises:
        ValueError: a brace stands alone, or a field is not known.
    """
    known, found, place = set(known), [], 0
    literal = ""
    for match in _FIELD.finditer(text):
        literal += text[place : match.start()]
        place = match.end()
        if match[0] in {"{{", "}}"}:
            literal += match[0][0]
        elif match[1] is None:
            raise ValueError(f"a single {match[0]!r} in {text!r}; write it twice for the character itself")
        elif match[1] not in known:
            raise ValueError(f"there is no field {{{match[1]}}}; there are {', '.join(sorted(known))}")
        else:
            found += [(literal, "")] if literal else []
            found.append(("", match[1]))
            literal = ""
    literal += text[place:]
    return tuple([*found, (literal, "")] if literal else found)


def template(entry: Mapping[str, Any]) -> Template:
    """A template from its keys.

    Raises:
        ValueError: names the key and what is wrong with it.
    """
    for key in entry:
        if key not in KEYS:
            raise ValueError(f"{key}: there is no such key; there are {', '.join(sorted(KEYS))}")
    for key in ("id", "prompt", "completion"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise ValueError(f"{key}: a text is needed")
    if not _ID.fullmatch(entry["id"]):
        raise ValueError(f"id: {entry['id']!r} is no name (letters, digits and _ . / : -)")
    blocks = {name: _block(name, entry[name]) for name in BLOCKS if name in entry}
    prompt = _tokens("prompt", entry["prompt"], {*TEXT_FIELDS, *LANGUAGE_FIELDS, *blocks} - {"tgt"})
    completion = _tokens("completion", entry["completion"], TEXT_FIELDS | LANGUAGE_FIELDS)
    fields = [name for _, name in (*prompt, *completion)]
    for name in ("src", "tgt"):
        if fields.count(name) != 1 and not (name == "src" and "sources" in fields):
            raise ValueError(f"{'prompt' if name == 'src' else 'completion'}: {{{name}}} is needed, once")
    _separated(list(prompt), blocks)
    return Template(
        entry["id"],
        prompt,
        completion,
        _text("system", entry.get("system", "")),
        _label("language", entry.get("language", "eng_Latn")),
        "own" if entry.get("names") == "own" else _label("names", entry.get("names", "eng_Latn")),
        _codes("source_languages", entry.get("source_languages", [])),
        _codes("target_languages", entry.get("target_languages", [])),
        _weight(entry.get("weight", 1.0)),
        {name: blocks[name] for name in blocks if name in fields},
    )


def _separated(found: list[Token], blocks: Mapping[str, Block]) -> None:
    """See that something stands between any two texts: otherwise nothing could say where one ends.

    Raises:
        ValueError: two texts touch.
    """
    texts = TEXT_FIELDS | set(BLOCKS)
    for (_, one), (_, other) in pairwise(found):
        if one in TEXT_FIELDS and other in texts and not (other in BLOCKS and not _open(blocks[other].item[0])):
            raise ValueError(f"prompt: something must stand between {{{one}}} and {{{other}}}")
    for name, block in blocks.items():
        inner = [other for _, other in block.item]
        for one, other in pairwise(inner):
            if _open(("", one)) and _open(("", other)):
                raise ValueError(f"{name}: something must stand between {{{one}}} and {{{other}}}")
        if _open(block.item[0]) and _open(block.item[-1]) and not block.separator:
            raise ValueError(f"{name}: something must stand between two items")


def _open(token: Token) -> bool:
    return token[1] in TEXT_FIELDS | {"text"}


def _tokens(key: str, text: str, known: Iterable[str]) -> tuple[Token, ...]:
    try:
        return tokens(text, known)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _block(name: str, entry: Any) -> Block:
    if isinstance(entry, str):
        entry = {"item": entry}
    if not isinstance(entry, Mapping) or not entry.get("item") or set(entry) - {"item", "separator"}:
        raise ValueError(f"{name}: a text is needed, or {{item: ..., separator: ...}}")
    found = _tokens(name, _text(name, entry["item"]), BLOCKS[name])
    if not any(_open(token) for token in found):
        raise ValueError(f"{name}: the item has no text in it")
    return Block(found, _text(name, entry.get("separator", "")))


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key}: a text is needed, not {value!r}")
    return value


def _label(key: str, value: Any) -> str:
    try:
        language_codes.check([_text(key, value)])
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
    return language_codes.canonical(value)


def _codes(key: str, value: Any) -> frozenset[str]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(f"{key}: a list of languages is needed, not {value!r}")
    return frozenset(language_codes.split(_label(key, each))[0] for each in value)


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"weight: a number above 0 is needed, not {value!r}")
    return float(value)


def read(path: str) -> list[Template]:
    """Read a file of templates.

    Args:
        path: `.yaml` or `.yml` (a list of templates, or a mapping of their names), `.jsonl` (one a line), or anything
            else: lines of `prompt ||| completion` with fields in double braces, as in promptsource.

    Raises:
        ValueError: names the file, the line and the key.
    """
    text = Path(path).read_text(encoding="utf-8")
    if path.endswith((".yaml", ".yml")):
        entries = _yaml_entries(text, path)
    elif path.endswith((".jsonl", ".json")):
        entries = _json_entries(text, path)
    else:
        entries = _jinja_entries(text, path)
    found: dict[str, Template] = {}
    for line, entry in entries:
        try:
            made = template(entry)
        except ValueError as error:
            key = str(error).split(":", 1)[0]
            at = entry.lines.get(key, line) if isinstance(entry, _Lined) else line
            raise ValueError(f"{path}, line {at}: {error}") from None
        if made.id in found:
            raise ValueError(f"{path}, line {line}: id: {made.id!r} is there twice")
        found[made.id] = made
    if not found:
        raise ValueError(f"{path}: there is no template in it")
    return list(found.values())


class _Lined(dict[str, Any]):
    """A mapping that knows the lines of its keys."""

    lines: dict[str, int]


def _yaml_entries(text: str, path: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        root, loaded = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from None
    if isinstance(root, yaml.MappingNode) and isinstance(loaded, dict):
        nodes = [value for _, value in root.value]
        values: list[Any] = [
            {"id": str(name), **value} if isinstance(value, dict) else value for name, value in loaded.items()
        ]
    elif isinstance(root, yaml.SequenceNode) and isinstance(loaded, list):
        nodes, values = root.value, loaded
    else:
        raise ValueError(f"{path}, line 1: a list of templates is needed, or a mapping of their names")
    entries: list[tuple[int, Mapping[str, Any]]] = []
    for node, value in zip(nodes, values, strict=True):
        line = node.start_mark.line + 1
        if not isinstance(value, dict) or not isinstance(node, yaml.MappingNode):
            raise ValueError(f"{path}, line {line}: a template has the keys id, prompt and completion")
        entry = _Lined(value)
        entry.lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
        entries.append((line, entry))
    return entries


def _json_entries(text: str, path: str) -> list[tuple[int, Mapping[str, Any]]]:
    entries: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {number}: no JSON: {error.msg}") from None
        if not isinstance(entry, dict):
            raise ValueError(f"{path}, line {number}: a template has the keys id, prompt and completion")
        entries.append((number, entry))
    return entries


def _jinja_entries(text: str, path: str) -> list[tuple[int, Mapping[str, Any]]]:
    entries: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        prompt, bar, completion = line.replace("\\n", "\n").partition("|||")
        if not bar:
            raise ValueError(f"{path}, line {number}: prompt: '|||' is needed between prompt and completion")
        try:
            parts = (_from_jinja(prompt.strip(" ")), " " + _from_jinja(completion.strip(" ")))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: prompt: {error}") from None
        name = f"{Path(path).stem}-{len(entries) + 1}"
        entries.append((number, {"id": name, "prompt": parts[0], "completion": parts[1]}))
    return entries


def _from_jinja(text: str) -> str:
    """Double braces to single ones; other characters of Jinja are refused.

    Raises:
        ValueError: something other than the name of a field stands in braces.
    """
    out, place = "", 0
    for match in _JINJA.finditer(text):
        if match[1] is None or not re.fullmatch(r"\w+", match[1]):
            raise ValueError(f"only {{{{ names }}}} of fields can stand in braces, not {match[0]!r}")
        out += text[place : match.start()].replace("{", "{{").replace("}", "}}")
        out += "{" + _JINJA_NAMES.get(match[1], match[1]) + "}"
        place = match.end()
    return out + text[place:].replace("{", "{{").replace("}", "}}")


@lru_cache(maxsize=8)
def bank(name: str) -> tuple[Template, ...]:
    """The templates of a shipped bank: "published" (those of other systems, word for word) or "own"."""
    return tuple(read(str(BANKS / f"{name}.yaml")))
