"""E-mail addresses and web addresses, judged by maintained libraries."""

from __future__ import annotations

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from pydantic import HttpUrl, TypeAdapter, ValidationError

# An unquoted ASCII local part (RFC 5322, dot-atom) of at most 64 characters: nothing to judge in it.
_PLAIN_LOCAL = re.compile(
    r"(?=.{1,64}\Z)[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*"
)
_MAX_ADDRESS = 254  # RFC 5321, errata 1690
_HOST = re.compile(r"(?:[^\s.]+\.)+[^\s.]+\.?")
_HOST_ALONE = re.compile(r"(?:[^\s.]+\.)+[^\s.]{2,}\.?")  # "n.a" is no host
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_URLS = TypeAdapter(HttpUrl)


def is_email(text: str) -> bool:
    """Return whether email-validator takes this for an address; no look-up is made.

    Its defaults hold: special-use domains such as `.test` and `.invalid` are refused.
    """
    local, _, domain = text.rpartition("@")
    if text.isascii() and len(text) <= _MAX_ADDRESS and _PLAIN_LOCAL.fullmatch(local):
        # The library takes 25 microseconds; of addresses without oddities only the domain needs it.
        return _is_mail_domain(domain)
    return _judge(text)


@lru_cache(maxsize=100_000)
def _is_mail_domain(domain: str) -> bool:
    return _judge(f"a@{domain}")


def _judge(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def is_url(text: str) -> bool:
    """Return whether this is the address of a web page; the scheme may be missing, the host needs a dot."""
    if any(character.isspace() for character in text):
        return False
    with_scheme = _SCHEME.match(text) is not None
    try:
        url = _URLS.validate_python(text if with_scheme else f"https://{text}")
    except ValidationError:
        return False
    if not with_scheme and (url.username is not None or url.password is not None):
        return False  # "mailto:…" or an e-mail address
    host = _HOST if with_scheme else _HOST_ALONE
    return host.fullmatch(url.host or "") is not None
