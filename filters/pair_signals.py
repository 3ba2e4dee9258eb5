"""What is measured of sentence pairs, each thing once however many rules ask for it.

Texts stand in one column and pairs are two numbers in it, so that the segments of a group in many languages are
measured once, not once per pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.pair_characters import SCRIPT_OF_NAME
from .language_codes import canonical
from .parallel_tables import UNSPACED_SCRIPTS

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

SCRIPTS_OF_CODE = {
    "Jpan": ("Hani", "Hira", "Kana"), "Hrkt": ("Hira", "Kana"), "Kore": ("Hang", "Hani"), "Hans": ("Hani",),
    "Hant": ("Hani",), "Aran": ("Arab",), "Latf": ("Latn",), "Syre": ("Syrc",), "Cyrs": ("Cyrl",),
}  # fmt: skip
"""The scripts whose letters text under a label's script code is written in, where that is not just itself."""


@dataclass
class Texts:
    """Texts in any number of languages, and pairs of them.

    Attributes:
        texts: m strings.
        languages: m canonical codes (fra_Latn), "" for unknown.
        left, right: n int64 each, the numbers of the two texts of each pair.
        side: m int8, 0 for a source and 1 for a target; None where texts have no side (groups).
    """

    texts: pa.Array
    languages: pa.DictionaryArray
    left: Places
    right: Places
    side: npt.NDArray[np.int8] | None
    _found: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of_pairs(cls, src: pa.Array, tgt: pa.Array, src_lang: pa.Array, tgt_lang: pa.Array) -> Texts:
        """Texts of n pairs: first all sources, then all targets."""
        rows = len(src)
        first = np.arange(rows, dtype=np.int64)
        kind = pa.large_string()
        texts = pa.concat_arrays([src.cast(kind), tgt.cast(kind)])
        languages = pa.concat_arrays([src_lang.cast(pa.string()), tgt_lang.cast(pa.string())])
        return cls(texts, encoded(languages), first, first + rows, np.repeat(np.array([0, 1], np.int8), rows))

    def once(self, key: Any, measure: Callable[[], Any]) -> Any:
        """What `measure` gives, asked for the first time only."""
        if key not in self._found:
            self._found[key] = measure()
        return self._found[key]

    def by_language(self, value: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
        """M values, one for each language that there is."""
        values = [value(language) for language in self.languages.dictionary.to_pylist()]
        found: npt.NDArray[Any] = np.array(values or [value("")], dtype)[
            self.languages.indices.to_numpy(zero_copy_only=False)
        ]
        return found

    def given(self, value: Any, dtype: Any = np.float64) -> Any:
        """A parameter for each text: one value for all, `[source, target]`, or by language (see `of_language`)."""
        if isinstance(value, Mapping):
            known = {canonical(str(key)): number for key, number in value.items()}
            return self.by_language(lambda language: of_language(known, language), dtype)
        if isinstance(value, list | tuple):
            if self.side is None:
                raise ValueError("a list of two is for sources and targets; for groups write {language: value}")
            return np.array(value, dtype)[self.side]
        return value

    def counts(self, scripts: tuple[tuple[str, ...], ...] = ()) -> dict[str, npt.NDArray[np.int32]]:
        """What `kernels.pair_sides.side_counts` counts.

        Args:
            scripts: names of the scripts of sources and of targets; none: those of each text's language.
        """
        from ..kernels.pair_sides import side_counts

        return self.once(("counts", scripts), lambda: side_counts(self.texts, *self._script_sets(scripts)))  # type: ignore[no-any-return]

    def _script_sets(self, scripts: tuple[tuple[str, ...], ...]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        """Sets of scripts as the kernel takes them, and which one is each text's."""
        if scripts:
            named: Sequence[tuple[str, ...]] = scripts
            chosen = np.zeros(len(self.texts), np.int32) if self.side is None else self.side.astype(np.int32)
        else:
            named = [scripts_of(language) for language in self.languages.dictionary.to_pylist()] or [()]
            chosen = self.languages.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        table = np.zeros((len(named), 256), np.uint8)
        for row, names in enumerate(named):
            # text in a language whose script is not known may have any
            table[row, [script_number(name) for name in names] if names else slice(None)] = 1
        return table, chosen

    def size(self, unit: str) -> npt.NDArray[np.int32]:
        """Words or characters of each text."""
        return self.counts()["words" if unit == "word" else "characters"]

    def tags(self) -> Flags:
        """Whether each text has an HTML tag."""
        from ..kernels.pair_markup import has_tags

        return self.once("tags", lambda: has_tags(self.texts))  # type: ignore[no-any-return]

    def noise(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Marks of noise and brackets of each text."""
        from ..kernels.pair_noise import noise

        return self.once("noise", lambda: noise(self.texts))  # type: ignore[no-any-return]

    def equality(self) -> tuple[Flags, Flags]:
        """Whether the sides of each pair have the same letters, and the same digits."""
        from ..kernels.pair_sequences import equal_letters_and_digits

        return self.once(  # type: ignore[no-any-return]
            "equality", lambda: equal_letters_and_digits(self.texts, self.left, self.right)
        )

    def shorter_than(self, most: int) -> pa.Array:
        """The texts, those with more than `most` characters replaced by empty ones."""
        fits = pa.array(self.counts()["characters"] <= most)
        return self.texts if fits.true_count == len(fits) else pc.if_else(fits, self.texts, "")


def of_language(known: Mapping[str, Any], language: str) -> Any:
    """The value for a language: its own, its script's (Thai), that of `unspaced` scripts, the `default`; else NaN.

    Args:
        known: values by canonical code of a language, code of a script, `unspaced` or `default`.
        language: a canonical code.
    """
    script = language.rpartition("_")[2]
    names = (language, script, "unspaced" if script in UNSPACED_SCRIPTS else "", "default")
    return next((known[name] for name in names if name in known), np.nan)


def encoded(languages: pa.Array) -> pa.DictionaryArray:
    """Codes in their canonical form, "" for null, each distinct one named once."""
    found = pc.dictionary_encode(pc.fill_null(languages, ""))
    names = pa.array([canonical(name) if name else "" for name in found.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(found.indices, names)


def scripts_of(language: str) -> tuple[str, ...]:
    """ISO 15924 codes of the scripts that a language's code stands for; none where it names no known script."""
    code = language.rpartition("_")[2]
    found = SCRIPTS_OF_CODE.get(code, (code,))
    return found if code in SCRIPTS_OF_CODE or code.lower() in SCRIPT_OF_NAME else ()


def script_number(name: str) -> int:
    """The number of a script by its name in Unicode ("Latin") or its ISO 15924 code.

    Raises:
        ValueError: there is no such script.
    """
    try:
        return SCRIPT_OF_NAME[name.lower().replace("_", "").replace(" ", "")]
    except KeyError:
        raise ValueError(
            f"there is no script {name!r}; names are Unicode's (Latin, Cyrillic, Han) or Latn ..."
        ) from None


def share(part: npt.NDArray[Any], whole: npt.NDArray[Any], empty: float) -> Numbers:
    """Quotients in double precision, `empty` where the whole is 0."""
    found = np.full(len(whole), empty, np.float64)
    np.divide(part, whole, out=found, where=whole != 0)
    return found
