"""Where a connection may lead: its own origin, and hosts that somebody allowed by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from leadline.errors import NotAllowed

Origin = tuple[str, str, int]

_READ_IN_TWO_WAYS = re.compile(r"[\x00-\x1f\x7f]|^[^/]*//[^/?#]*\\")
"""Who connects may end a host's name at a backslash, and keep a line break; who checks does neither."""


def origin(url: str) -> Origin:
    """Return scheme, host and port of a URL; two URLs of one origin give equal values.

    Raises:
        NotAllowed: It is no URL; the text does not quote it.
    """
    try:
        if _READ_IN_TWO_WAYS.search(url):
            raise ValueError
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        raise NotAllowed("an address that was given, or a link in an answer, is no URL") from None
    # In lower case, not folded: folding makes one name of two, where a sharp s is in one of them.
    return parts.scheme, (parts.hostname or "").lower(), port


def stay(url: str, own: str, allowed_hosts: frozenset[str]) -> None:
    """Refuse a URL out of an answer that leads away from our own, unless by https to an allowed host.

    Raises:
        NotAllowed: It leads elsewhere, or is no URL.
    """
    scheme, host, _ = origin(url)
    if origin(url) != origin(own) and not (scheme == "https" and host in allowed_hosts):
        raise NotAllowed(f"an answer points to the host {host!r}, which this connection does not allow")


def host_names(named: str | Iterable[str] | None) -> frozenset[str]:
    """Return host names in lower case, of a list or of a text with commas between them."""
    hosts = named.split(",") if isinstance(named, str) else named or ()
    return frozenset(host.strip().lower() for host in hosts if host.strip())
