"""What the pages of `hexapla review` and `hexapla view` share: templates, one script each, texts in any direction."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..engine import report as run_report
from ..engine.report.samples import browser_language, marked
from ..engine.report.words import number, percent
from ..engine.visible import visible_line

_HERE = Path(__file__).parent
_RIGHT_TO_LEFT = frozenset(
    {"Adlm", "Arab", "Aran", "Armi", "Avst", "Chrs", "Cprt", "Elym", "Hatr", "Hebr", "Hung", "Khar", "Lydi",
     "Mand", "Mani", "Mend", "Merc", "Mero", "Narb", "Nbat", "Nkoo", "Orkh", "Ougr", "Palm", "Phli", "Phlp", "Phnx",
     "Prti", "Rohg", "Samr", "Sarb", "Sogd", "Sogo", "Syrc", "Syre", "Syrj", "Syrn", "Thaa", "Yezi"}
)  # fmt: skip


def direction(language: str) -> str:
    """The value of HTML's `dir` for a language: `rtl`, `ltr`, or `auto` where the code says nothing of the script."""
    script = language.rpartition("_")[2]
    if len(script) != 4 or not script.istitle() or script in ("Zxxx", "Zyyy", "Zzzz"):
        return "auto"
    return "rtl" if script in _RIGHT_TO_LEFT else "ltr"


def render_page(template: str, /, **content: Any) -> str:
    """Fill `TEMPLATE.html.j2`; the page runs the script TEMPLATE.js and no other.

    Args:
        template: its name.
        content: what it shows; everything is escaped but `Markup`.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        {"line": visible_line, "number": number, "percent": percent, "marked": marked},
        direction=direction,
        html_lang=browser_language,
    )
    script = (_HERE / f"{template}.js").read_text(encoding="utf-8")
    css = (Path(run_report.__file__).parent / "page.css").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page: str = environment.get_template(f"{template}.html.j2").render(
        css=Markup(css), script=Markup(script), allowed=f"sha256-{allowed}", **content
    )
    return page
