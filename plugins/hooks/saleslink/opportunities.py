"""Opportunities of a dealer: by the lead they came from, or by their contact's e-mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from hooks.saleslink.client import SaleslinkClient, in_parts
from hooks.saleslink.states import stamp, statuses
from leadline.ports import CrmOpportunity, KnownRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def originating(
    client: SaleslinkClient, known: Sequence[KnownRecord], since: datetime | None
) -> Iterator[CrmOpportunity]:
    """Yield the opportunities of these leads that changed at or after `since`."""
    asked = dict.fromkeys(one.record_id for one in known)
    for some in in_parts(list(asked)):
        for one in client.pages("GetOpportunities", "Opportunity", LeadId=list(some)):
            if one.LeadId not in asked:
                continue  # the service would have to name each lead that it was not asked for
            if since is None or (stamp(one) or "") >= f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}":
                yield _opportunity(one, str(one.LeadId), "originating")


def contact_matches(
    client: SaleslinkClient, known: Sequence[KnownRecord], since: datetime | None
) -> Iterator[CrmOpportunity]:
    """Yield every opportunity whose contact has the e-mail of a known lead, once for each such lead."""
    leads: dict[str, list[str]] = {}
    for one in known:
        if email := one.email.strip().casefold():
            leads.setdefault(email, []).append(one.record_id)
    if not leads:
        return
    found = [
        (one, lead)
        for one in client.pages("GetOpportunities", "Opportunity", SinceUtc=since or _EPOCH)
        for lead in dict.fromkeys(leads.get((one.ContactEmail or "").strip().casefold(), ()))
    ]
    told = statuses(client, [str(one.LeadId) for one, _ in found if one.LeadId])
    for one, lead in found:
        external = told[str(one.LeadId)].ExternalId if one.LeadId else None
        yield _opportunity(one, lead, "contact_match", external)


def _opportunity(
    one: Any, origin: str, by: Literal["originating", "contact_match"], external_id: str | None = None
) -> CrmOpportunity:
    return CrmOpportunity(
        record_id=str(one.OpportunityId),
        origin=origin,
        by=by,
        name=one.Name,
        stage=one.Status,
        probability=None if one.ProbabilityPercent is None else float(one.ProbabilityPercent),
        amount=None if one.Amount is None else f"{one.Amount:f}",
        currency=one.Currency,
        close_date=None if one.CloseDate is None else one.CloseDate.isoformat(),
        is_closed=bool(one.IsClosed),
        is_won=bool(one.IsWon),
        stamp=stamp(one),
        came_from=frozenset({external_id} if external_id else ()),
    )
