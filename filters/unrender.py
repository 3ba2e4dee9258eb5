"""What a rendered row was made of: the other way of everything that the stage `render` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import render_instructions, render_pretraining
from .chat_layouts import Layout, prompt_and_completion
from .prompt_templates import Template, bank

DOCUMENT_FAMILIES = frozenset({"tab", "lucie", "tagged", "interlinear", "json-nway"})


def unrender(row: Mapping[str, Any], layout: Layout = "text", templates: Iterable[Template] = ()) -> dict[str, Any]:
    """Take one rendered row apart.

    Args:
        row: its columns: `template_id`, `direction`, and those of the layout.
        layout: the layout that it was rendered with.
        templates: those of the user's file, where it was made with one.

    Returns:
        `src_lang`, `tgt_lang`, `src`, `tgt`, and with examples, context, terms or sources lists of these; `segments` of
        (language, text) for documents in more than two languages or of many segments.

    Raises:
        ValueError: the row was not made by that template.
    """
    template_id, direction = row["template_id"], row["direction"]
    family = template_id.split("/")[0].split("#")[0]
    if family in DOCUMENT_FAMILIES and layout == "text":
        found = render_pretraining.unrender(template_id, direction, row["text"], row.get("spans"))
        if family not in {"tab", "lucie"}:
            return {"segments": found}
        (src_lang, src), (tgt_lang, tgt) = found
        return {"src_lang": src_lang, "tgt_lang": tgt_lang, "src": src, "tgt": tgt}
    known = {template.id: template for template in (*bank("published"), *bank("own"), *templates)}
    name = render_instructions.split_id(template_id)[0]
    if name not in known:
        raise ValueError(f"there is no template {name!r}")
    prompt, completion, answer = prompt_and_completion(row, layout, known[name].system)
    texts = render_instructions.unrender(known, template_id, direction, prompt, completion, answer=answer)
    src_lang, tgt_lang = direction.rsplit("-", 1)
    return {"src_lang": src_lang, "tgt_lang": tgt_lang, **texts}
