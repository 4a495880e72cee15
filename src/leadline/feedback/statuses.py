"""A CRM's word for a status, in ours: the account's own table first, then what its CRM type usually says.

Source: domain terms, "status mapping"; a word that nobody mapped changes nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from leadline.lifecycle import SalesStatus
from leadline.partners import CrmAccount

_S = SalesStatus

USUAL: Mapping[str, Mapping[str, SalesStatus]] = {
    "salesforce": {
        "Open - Not Contacted": _S.OPEN,
        "Working - Contacted": _S.CONTACTED,
        "Closed - Converted": _S.QUALIFIED,
        "Closed - Not Converted": _S.UNQUALIFIED,
    },
    "dynamics": {
        "New": _S.OPEN,
        "Contacted": _S.CONTACTED,
        "Qualified": _S.QUALIFIED,
        "Lost": _S.UNQUALIFIED,
        "Cannot Contact": _S.UNQUALIFIED,
        "No Longer Interested": _S.UNQUALIFIED,
        "Canceled": _S.UNQUALIFIED,
    },
    "saleslink": {},
}

OTHERWISE: Mapping[str, SalesStatus] = {"saleslink": _S.QUALIFIED}
"""Where any word at all says something: Saleslink has a status only once there is an opportunity."""

_SPELLINGS = {
    _S.OPEN: ("open", "not contacted", "open/not contacted"),
    _S.CONTACTED: ("contacted",),
    _S.NURTURE: ("nurture",),
    _S.QUALIFIED: ("qualified", "converted opportunity", "qualified/converted opportunity", "converted"),
    _S.UNQUALIFIED: ("unqualified", "invalid", "unqualified/invalid"),
}


def folded(word: str) -> str:
    """Return a word so that case, spaces and dashes of any kind make no difference."""
    text = unicodedata.normalize("NFKC", word).casefold()
    return "".join(
        one
        for one in text
        if not one.isspace() and one not in "_\u2212" and unicodedata.category(one) != "Pd"
    )


_OURS = {folded(spelling): status for status, spellings in _SPELLINGS.items() for spelling in spellings}
_USUAL = {kind: {folded(word): status for word, status in table.items()} for kind, table in USUAL.items()}


def our_status(name: str) -> SalesStatus | None:
    """Return the status that a person means by this name; None if it is none of the five."""
    return _OURS.get(folded(name))


def status_problems(words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each word of an account's table that cannot hold, with why.

    One that means none of our statuses would change nothing, and take its usual meaning from the CRM's own.
    """
    allowed = ", ".join(SalesStatus)
    first: dict[str, str] = {}
    for word, ours in words.items():
        if our_status(ours) is None:
            yield (
                word,
                f"status_mapping: '{word}' means '{ours}', which is no sales status; allowed: {allowed}",
            )
        other = first.setdefault(folded(word), word)
        if our_status(words[other]) != our_status(ours):
            yield word, f"status_mapping: '{word}' and '{other}' are one word, and mean different statuses"


def sales_status(account: CrmAccount, word: str | None) -> SalesStatus | None:
    """Return what a CRM's status means, None if it means nothing to us (or the CRM has none)."""
    if word is None or not folded(word):
        return None
    own = {folded(name): our_status(ours) for name, ours in account.status_mapping.items()}
    key = folded(word)
    if key in own:
        return own[key]
    return _USUAL.get(account.type, {}).get(key) or OTHERWISE.get(account.type)
