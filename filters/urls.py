"""One form for addresses that lead to the same page."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.hosts import ADDRESS

_TRACKING = r"(?i)([?&])(?:utm_[a-z_]+|fbclid|gclid|dclid|gclsrc|msclkid|yclid|mc_cid|mc_eid|_ga|igshid)=[^&]*"


def canonical_urls(urls: pa.Array) -> pa.Array:
    """Addresses in one form, to be compared and never to be fetched.

    Left out: the scheme, user names, `www.`, ports 80 and 443, slashes at the end, parameters that only track visitors
    (utm_..., fbclid, gclid and the like) and the fragment, unless it is a route (`#!` or `#/`). The host is in lower
    case; path and query stay as they are. What has no `//` (urn:..., a bare word) is only trimmed.

    Args:
        urls: n strings, possibly null.

    Returns:
        n strings; null where the address is null or nothing is left of it.
    """
    trimmed = pc.utf8_trim_whitespace(urls)
    parts = pc.extract_regex(trimmed, pattern=ADDRESS)
    field = {name: pc.struct_field(parts, name) for name in ("host", "port", "path", "query", "fragment")}
    host = pc.replace_substring_regex(pc.utf8_lower(field["host"]), r"^www\.|\.$", "")
    port = pc.replace_substring_regex(field["port"], r"^:(?:80|443)?$", "")
    path = pc.replace_substring_regex(field["path"], r"/+$", "")
    query = pc.replace_substring_regex(field["query"], _TRACKING, r"\1")
    for pattern, short in ((r"&{2,}", "&"), (r"\?&+", "?"), (r"[?&]+$", "")):
        query = pc.replace_substring_regex(query, pattern, short)
    route = pc.match_substring_regex(field["fragment"], r"^#[!/]")
    fragment = pc.if_else(route, field["fragment"], "")
    whole = pc.binary_join_element_wise(host, port, path, query, fragment, "")
    found = pc.coalesce(whole, trimmed)
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)
