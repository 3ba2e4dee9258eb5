"""Hosts of addresses, and the domains that somebody has registered."""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

ADDRESS = (
    r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(?P<host>[^/?#:]*)(?P<port>:[0-9]*)?"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?$"
)
"""An address with a host, as a regular expression with its parts."""


def registered_domains(urls: pa.Array) -> pa.Array:
    """The registered domain of each address, by the Public Suffix List: `bbc.co.uk` of `https://www.bbc.co.uk/news`.

    Names under private suffixes (`a.github.io`) belong to the one who registered them (`github.io`). A host without a
    public suffix (`localhost`, an IP address) is its own domain.

    Args:
        urls: n strings, possibly null.

    Returns:
        n strings in lower case; null where the address is null or has no host.
    """
    hosts = pc.utf8_lower(pc.struct_field(pc.extract_regex(pc.utf8_trim_whitespace(urls), pattern=ADDRESS), "host"))
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
