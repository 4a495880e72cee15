"""Deterministic keys: a step that runs again writes the same rows, not more of them.

A key is a BLAKE2b hash of its parts. Parts are length-prefixed, so that ("a", "bc") and ("ab", "c") never
meet. The ids of a lead, its assignments and their deliveries share their first 26 digits, the lead's place;
two digits follow that count assignments, and four that count deliveries.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import idna

REJECTION, FIELD = "rejection:", "field:"
"""What names of rejection fields (W2) and lead fields (W11) start with in the body of a write-back."""

_LENGTH = 33  # of an id: a letter and 32 hex digits
_PLACE = 26
_OF_LEAD, _OF_ASSIGNMENT = "000000", "0000"
_LAST_ATTEMPT, _LAST_SEQUENCE = 0xFF, 0xFFFF  # what lies beyond has a hash for its id


def digest(*parts: object) -> str:
    """Return 32 hex digits that depend on every part and on where one ends and the next begins.

    `None` differs from the empty string; other values count by their `str`.
    """
    text = "".join(["-" if part is None else f"{len(part)}:{part}" for part in map(_text, parts)])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def lead_id(supplier: str, key: str) -> str:
    """Return the id of the lead that this identity, or merge key, stands for: `L` and 32 hex digits."""
    return lead_ids(supplier, [key])[0]


def lead_ids(supplier: str, identities: Iterable[str]) -> list[str]:
    """Return `lead_id` of each identity, or merge key, in order: for whole batches.

    Leads of one file have ids in the order of its records, so that a batch is written to neighbouring pages
    of every index by lead: at a million leads, hashes alone touch a page a row. A record is told from others
    of its file by its number, a file from all others by 18 digits. A resend's identity has a hash.
    """
    files: dict[str, str] = {}
    found = []
    for identity in identities:
        # As good as always `file:<sha256>:<number>`, and a batch is of one file.
        origin, _, number = identity.rpartition(":")
        file = files.get(origin)
        if file is None and origin.startswith("file:") and origin.count(":") == 1:
            file = files[origin] = "L" + digest(supplier, origin)[: _PLACE - 8]
        if file is not None and _counts(number):
            found.append(f"{file}{int(number):08x}{_OF_LEAD}")
        else:
            found.append(f"L{digest(supplier, identity)[:_PLACE]}{_OF_LEAD}")
    return found


def assignment_id(supplier: str, lead: str, attempt: int) -> str:
    """Return the id of a lead's n-th assignment, its external id at the vendor: `A` and 32 hex digits.

    It begins with the digits of its lead, and so does a delivery's with those of its assignment: what belongs
    together stands together, in indexes and before people.
    """
    if 0 <= attempt <= _LAST_ATTEMPT and len(lead) == _LENGTH and lead.endswith(_OF_LEAD):
        return f"A{lead[1 : 1 + _PLACE]}{attempt:02x}{_OF_ASSIGNMENT}"
    return "A" + digest(supplier, lead, attempt)


def delivery_id(supplier: str, assignment: str, sequence: int) -> str:
    """Return the id of an assignment's n-th delivery (1: the first push): `D` and 32 hex digits."""
    if 0 <= sequence <= _LAST_SEQUENCE and len(assignment) == _LENGTH and assignment.endswith(_OF_ASSIGNMENT):
        return f"D{assignment[1:-4]}{sequence:04x}"
    return "D" + digest(supplier, assignment, sequence)


def is_assignment_id(text: str) -> bool:
    """Tell whether a text looks like `assignment_id`: in a CRM, what some supplier's push wrote."""
    return len(text) == _LENGTH and text[0] == "A" and not text[1:].strip("0123456789abcdef")


def assignment_ids(supplier: str, attempts: Iterable[tuple[str, int]]) -> list[str]:
    """Return `assignment_id` of each (lead, attempt), in order: for whole batches."""
    return [assignment_id(supplier, lead, attempt) for lead, attempt in attempts]


def first_delivery_ids(supplier: str, assignments: Iterable[str]) -> list[str]:
    """Return `delivery_id` of each assignment's first push, in order: for whole batches."""
    return [delivery_id(supplier, one, 1) for one in assignments]


def within_lead(lead: str, id_: str) -> str:
    """Return what tells an assignment's or delivery's id from others of its lead: its last digits.

    For keys that name the lead besides: an index of history is a third smaller so. An id that is a hash is
    returned whole.
    """
    return id_[1 + _PLACE :] if id_.startswith(lead[1 : 1 + _PLACE], 1) else id_


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


def _counts(number: str) -> bool:
    # Plain digits, without a leading zero: two texts of one number would be one lead.
    return number.isascii() and number.isdigit() and number[0] != "0" and len(number) < 10


def _text(part: object) -> str | None:
    return None if part is None else str(part)
