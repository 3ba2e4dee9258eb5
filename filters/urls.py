"""One form for addresses that lead to the same page."""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

_PARTS = (
    r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(?P<host>[^/?#:]*)(?P<port>:[0-9]*)?"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?$"
)
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
    parts = pc.extract_regex(trimmed, pattern=_PARTS)
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


def registered_domains(urls: pa.Array) -> pa.Array:
    """The registered domain of each address, by the Public Suffix List: `bbc.co.uk` of `https://www.bbc.co.uk/news`.

    Names under private suffixes (`a.github.io`) belong to the one who registered them (`github.io`). A host without a
    public suffix (`localhost`, an IP address) is its own domain.

    Args:
        urls: n strings, possibly null.

    Returns:
        n strings in lower case; null where the address is null or has no host.
    """
    hosts = pc.utf8_lower(pc.struct_field(pc.extract_regex(pc.utf8_trim_whitespace(urls), pattern=_PARTS), "host"))
    hosts = pc.replace_substring_regex(hosts, r"\.+$", "")
    found = pc.if_else(pc.equal(hosts, ""), pa.scalar(None, pa.string()), hosts).dictionary_encode()
    domains = pa.array([_registered_domain(host) for host in found.dictionary.to_pylist()], pa.string())
    return domains.take(found.indices)


@lru_cache(maxsize=1 << 16)
def _registered_domain(host: str) -> str:
    from tld import get_fld

    try:
        domain = get_fld(f"http://{host}", fail_silently=True, search_private=False)
    except ValueError:  # what cannot be a host
        domain = None
    return str(domain or host)
