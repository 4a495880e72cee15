"""The sales rep that a record's owner is (W4): a person with an address of its own, not a role or a queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from leadline.delivery.payload import owner_of
from leadline.feedback.world import Holder, Seen
from leadline.partners import Partner
from leadline.ports import CrmUser
from leadline.roles import is_role_address


def owner_seen(owner: CrmUser | None) -> list[str | None] | None:
    """Return an owner as it is kept."""
    return None if owner is None else [owner.user_id, owner.name, owner.email]


def rep_of(owner: CrmUser, exceptions: Iterable[str]) -> tuple[str | None, str] | None:
    """Return (name, e-mail) of the rep that an owner is; None: a queue, a role's address, nobody."""
    address = (owner.email or "").strip()
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain or is_role_address(address, exceptions):
        return None
    return owner.name, address


def assign_rep(
    seen: Seen, holder: Holder, owner: CrmUser, partner: Partner | None, exceptions: Iterable[str]
) -> dict[str, Any] | None:
    """Give the assignment the rep that its record's owner is; return what it had before if that changed.

    At first sight the owner whom we set ourselves, as the partner's default, is no rep that anybody chose.
    """
    if owner_seen(owner) == seen.owner:
        return None
    if not seen.known and partner is not None and _is_default(owner, partner):
        return None
    rep = rep_of(owner, exceptions)
    if rep is None and not seen.known:
        return None
    name, email = rep or (None, None)
    if (name, email) == (holder.rep_name, holder.rep_email):
        return None
    before = {"name": holder.rep_name, "email": holder.rep_email}
    holder.rep_name, holder.rep_email, holder.rep_changed = name, email, True
    return before


def _is_default(owner: CrmUser, partner: Partner) -> bool:
    default = owner_of(partner)
    known = {one.casefold() for one in (owner.user_id, owner.name, owner.email) if one}
    return default is not None and default.casefold() in known
