"""Deterministic keys: a step that runs again writes the same rows, not more of them.

Every key is a BLAKE2b hash of its parts. Parts are length-prefixed, so that ("a", "bc") and ("ab", "c")
never meet.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import idna


def digest(*parts: object) -> str:
    """Return 32 hex digits that depend on every part and on where one ends and the next begins.

    `None` differs from the empty string; other values count by their `str`.
    """
    text = "".join(["-" if part is None else f"{len(part)}:{part}" for part in map(_text, parts)])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def lead_id(supplier: str, key: str) -> str:
    """Return the id of the lead that this identity, or merge key, stands for: `L` and 32 hex digits."""
    return "L" + digest(supplier, key)


def lead_ids(supplier: str, identities: Iterable[str]) -> list[str]:
    """Return `lead_id` of each identity, or merge key, in order: for whole batches."""
    start = f"{len(supplier)}:{supplier}"
    return [
        "L" + blake2b(f"{start}{len(one)}:{one}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        for one in identities
    ]


def assignment_id(supplier: str, lead: str, attempt: int) -> str:
    """Return the id of a lead's n-th assignment, its external id at the vendor: `A` and 32 hex digits."""
    return "A" + digest(supplier, lead, attempt)


def delivery_id(supplier: str, assignment: str, sequence: int) -> str:
    """Return the id of an assignment's n-th delivery (1: the first push): `D` and 32 hex digits."""
    return "D" + digest(supplier, assignment, sequence)


def assignment_ids(supplier: str, attempts: Iterable[tuple[str, int]]) -> list[str]:
    """Return `assignment_id` of each (lead, attempt), in order: for whole batches."""
    start = f"{len(supplier)}:{supplier}"
    return [
        "A"
        + blake2b(
            f"{start}{len(lead)}:{lead}{len(str(attempt))}:{attempt}".encode(), digest_size=16
        ).hexdigest()
        for lead, attempt in attempts
    ]


def first_delivery_ids(supplier: str, assignments: Iterable[str]) -> list[str]:
    """Return `delivery_id` of each assignment's first push, in order: for whole batches."""
    start = f"{len(supplier)}:{supplier}"
    return [
        "D" + blake2b(f"{start}{len(one)}:{one}1:1".encode(), digest_size=16).hexdigest()
        for one in assignments
    ]


def history_id(*parts: object) -> str:
    """Return the id of a history line: `H` and 32 hex digits. Name what makes the event this one."""
    return "H" + digest(*parts)


def merge_key(email: str, campaign_key: str | None, *, by_campaign: bool) -> str:
    """Return what Salesforce leads merge by: e-mail and campaign, or e-mail alone (S10).

    Args:
        email: Normalised by `email_key`.
        campaign_key: The campaign's id; no campaign is a value of its own.
        by_campaign: False: by e-mail only.
    """
    return digest("email+campaign", email, campaign_key) if by_campaign else digest("email", email)


def email_key(email: str) -> str:
    """Return an address in the form that equal mailboxes share: trimmed, NFKC, folded, domain in IDNA.

    The local part is folded too: no receiver that leads come from tells cases apart.
    A domain that IDNA refuses is kept as it was folded; whether it is allowed is for the checks to say.
    """
    if email.isascii():
        return email.strip().lower()
    folded = unicodedata.normalize("NFKC", email).strip().casefold()
    local, at, domain = folded.rpartition("@")
    return f"{local}{at}{_ascii_domain(domain)}"


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain


def _text(part: object) -> str | None:
    return None if part is None else str(part)
