"""Write `language_names.tsv.gz` anew from CLDR, by way of the package babel (for developers).

    pip install babel==2.18.0                                     # BSD-3-Clause; its data are CLDR 47, Unicode-3.0
    python -m hexapla.filters.language_names_generate > filters/language_names.tsv.gz

A line holds one language's name in one language: the label of the language that the name is in ("fra_Latn"), the code
of the language that is named ("eng"), the name ("anglais"). CLDR's names by region are left out.
"""

from __future__ import annotations

import gzip
import sys

from .language_codes import canonical, language, split


def names() -> dict[str, dict[str, str]]:
    """Names by the label of the language that they are in, and by the code of the language that they name."""
    from babel import Locale, localedata  # type: ignore[import-not-found,import-untyped,unused-ignore]

    found: dict[str, dict[str, str]] = {}
    for identifier in sorted(localedata.locale_identifiers(), key=lambda name: (len(name), name)):
        parts = identifier.split("_")
        if parts[0] == "root" or len(parts) > 2 or (len(parts) == 2 and len(parts[1]) != 4):
            continue
        label = canonical(identifier)
        if "_" not in label or label in found:
            continue
        named: dict[str, str] = {}
        for tag, name in sorted(Locale.parse(identifier).languages.items()):
            entry = language(tag)
            if "_" in tag or entry is None:
                continue
            if tag == entry.bcp47 or entry.code not in named:
                named[entry.code] = " ".join(str(name).split())
        if split(label)[0] in named:  # CLDR knows what the language calls itself
            found[label] = named
    return found


def main() -> None:
    """Print the table."""
    lines = [
        f"{label}\t{code}\t{name}\n" for label, named in sorted(names().items()) for code, name in sorted(named.items())
    ]
    sys.stdout.buffer.write(gzip.compress("".join(lines).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
