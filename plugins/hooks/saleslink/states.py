"""What a lead's state in Saleslink says of its distribution, and when it must not be believed.

A lead is pending; with any opportunity status it is accepted; deleted, it is rejected. An opportunity wins
over deletion: dealers' conversions delete the lead. A lead that is not to be found is only missing, which
the domain believes at its second look. A service that has lost most of what it had is out of order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from hooks.saleslink.client import SaleslinkClient, in_parts
from hooks.saleslink.users import Users
from leadline.errors import ThresholdExceeded, VendorUnavailable
from leadline.ports import CrmRecord, CrmUser, KnownRecord

DELETED = "Deleted in Saleslink"


@dataclass(frozen=True)
class Guard:
    """More than `share` of the known leads gone at once, and at least `minimum`, is no news but an outage."""

    share: float = 0.5
    minimum: int = 3

    def refuse_mass(self, gone: int, known: int) -> None:
        """Refuse an answer in which too many leads are gone.

        Raises:
            ThresholdExceeded: Nothing of the answer may be used.
        """
        if gone >= self.minimum and gone > self.share * known:
            raise ThresholdExceeded(
                f"Saleslink says that {gone} of {known} leads are gone: nothing was changed. "
                "Ask the partner; if it is true, raise 'gone_share' or 'gone_minimum' in the connection"
            )


def statuses(
    client: SaleslinkClient,
    ids: Sequence[str],
    *,
    by: Literal["LeadId", "ExternalId"] = "LeadId",
    fields: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the state of every lead asked for, by the id that it was asked by.

    Raises:
        VendorUnavailable: The answer leaves a lead out.
    """
    told: dict[str, Any] = {}
    asked = list(dict.fromkeys(ids))
    for some in in_parts(asked):
        arguments = {by: list(some)} | ({"FieldName": list(fields)} if fields else {})
        answer = client.call("GetLeads", **arguments)
        told |= {str(getattr(one, by)): one for one in answer.LeadStatus or () if one and getattr(one, by)}
    if missing := len([one for one in asked if one not in told]):
        raise VendorUnavailable(f"GetLeads left out {missing} of {len(asked)} leads: nothing was changed")
    return told


def read_records(
    client: SaleslinkClient,
    users: Users,
    guard: Guard,
    known: Sequence[KnownRecord],
    fields: Sequence[str],
    since: datetime | None,
) -> list[CrmRecord]:
    """Return the known leads that changed at or after `since`, and all that are missing.

    All of them are asked for, since only that tells which are gone; nothing is returned before the whole
    answer is believed.
    """
    told = statuses(client, [one.record_id for one in known], fields=fields)
    gone = [lead for lead, one in told.items() if one.State in ("Deleted", "NotFound")]
    stands = _opportunities(client, gone)
    seen = {one.record_id: one.seen for one in known}
    fresh = [lead for lead in gone if lead not in stands and seen[lead] != (stamp(told[lead]) or "")]
    guard.refuse_mass(len(fresh), len(told))
    records = []
    for lead, one in told.items():
        changed = one.ModifiedUtc is None or since is None or _utc(one.ModifiedUtc) >= since
        if changed or one.State == "NotFound" or lead in stands:
            records.append(_record(lead, one, stands.get(lead), users.of(one.OwnerUserId)))
    return records


def _opportunities(client: SaleslinkClient, gone: Sequence[str]) -> dict[str, Any]:
    """Return the latest opportunity of each of these leads that has one."""
    latest: dict[str, Any] = {}
    for some in in_parts(gone):
        for one in client.pages("GetOpportunities", "Opportunity", LeadId=list(some)):
            before = latest.get(one.LeadId)
            if before is None or _utc(one.ModifiedUtc) >= _utc(before.ModifiedUtc):
                latest[str(one.LeadId)] = one
    return latest


def _record(lead_id: str, told: Any, opportunity: Any, owner: CrmUser | None) -> CrmRecord:
    state = told.State
    status = (opportunity.Status if opportunity is not None else None) or told.OpportunityStatus
    distribution: Literal["pending", "accepted", "rejected"] | None = "pending"
    deleted = missing = False
    reason = None
    if status or state == "Opportunity":
        distribution, status = "accepted", status or "Opportunity"
    elif state == "Deleted":
        distribution, deleted = "rejected", True
        reason = told.DeleteReason or DELETED
    elif state == "NotFound":
        distribution, missing, reason = None, True, DELETED
    return CrmRecord(
        record_id=lead_id,
        object="Lead",
        stamp=stamp(told),
        status=status or None,
        distribution=distribution,
        reason=reason,
        owner=owner,
        values={str(one.Name): one.Value for one in told.Field or ()},
        deleted=deleted,
        missing=missing,
        opportunity_id=str(opportunity.OpportunityId) if opportunity is not None else None,
    )


def stamp(told: Any) -> str | None:
    """Return when something was changed as text, UTC; None where the service does not say."""
    moment = told.ModifiedUtc
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment is not None else None


def _utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is in UTC, as its name says."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
