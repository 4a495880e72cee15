"""What comes back from a partner's CRM: records, activities, opportunities, lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class KnownRecord:
    """A CRM record that carries a lead of ours, as the hub knows it.

    `seen` is the stamp with which it was last read; None: never read back.
    """

    record_id: str
    object: str
    external_id: str
    email: str
    seen: str | None = None


@dataclass(frozen=True)
class CrmUser:
    """Who owns a record in the CRM: the sales rep that is written back (W4)."""

    user_id: str
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class CrmRecord:
    """One record as the CRM has it now (W10).

    Attributes:
        status: The CRM's own word or code for its status; the account's status mapping translates it.
        distribution: Where the lead stands with the partner; only from CRMs that tell it (Saleslink).
        reason: Why it was rejected or closed, in the CRM's words.
        values: The fields that were asked for, by CRM field name.
        deleted: The CRM says so; what is merely not to be found is `missing`.
        merged_into: The record that survived a merge.
        converted_to: The contact it was converted to.
        opportunity_id: The opportunity that the conversion made.
        by_us: The last change was our own write; only from CRMs that tell who changed a record.
    """

    record_id: str
    object: str
    stamp: str | None = None
    status: str | None = None
    distribution: Literal["pending", "accepted", "rejected"] | None = None
    reason: str | None = None
    owner: CrmUser | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)
    deleted: bool = False
    missing: bool = False
    merged_into: str | None = None
    converted_to: str | None = None
    opportunity_id: str | None = None
    by_us: bool = False


@dataclass(frozen=True)
class CrmActivity:
    """One activity on a record in the CRM; `key` is ours where we made it, so that it is skipped."""

    activity_id: str
    record_id: str
    type: str
    subject: str | None
    body: str | None
    occurred_at: datetime | None
    key: str | None = None
    stamp: str | None = None


@dataclass(frozen=True)
class CrmOpportunity:
    """One opportunity of a partner.

    Attributes:
        origin: `KnownRecord.record_id` of the record it came from, or whose e-mail its contact has.
        by: How it was found: from its origin, or by a contact's e-mail.
        probability: Percent from 0 to 100 as the CRM has it; None where it has none.
        is_won: Closed does not mean won.
        amount: Digits, in `currency`.
        created_at: When it was made: one that is older than its origin's assignment did not come from it.
        came_from: The external ids of the leads that the CRM says it came from, whoever's they are.
    """

    record_id: str
    origin: str
    by: Literal["originating", "contact_match"]
    name: str | None = None
    stage: str | None = None
    probability: float | None = None
    amount: str | None = None
    currency: str | None = None
    close_date: str | None = None  # YYYY-MM-DD
    is_closed: bool = False
    is_won: bool = False
    owner: CrmUser | None = None
    stamp: str | None = None
    deleted: bool = False
    created_at: datetime | None = None
    came_from: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ContactList:
    """One list of people in the CRM (P9): a report, a campaign's members, a marketing list."""

    list_id: str
    name: str
    kind: str


@dataclass(frozen=True)
class ListMember:
    """One person on a list."""

    record_id: str
    object: str
    email: str | None
    name: str | None = None
