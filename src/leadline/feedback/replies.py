"""Accepting and rejecting through the CRM, where an adapter tells of it; what cannot be is listed."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from leadline import lifecycle
from leadline.feedback.world import Holder, Trouble
from leadline.lifecycle import DistributionStatus, Move, Reply
from leadline.mapping.model import SupplierMapping
from leadline.runs import RunContext

DISTRIBUTING = frozenset({"saleslink"})
"""CRM types that say where a lead stands in distribution: there, a record that is gone was rejected."""


def reply(
    connection: Connection,
    ctx: RunContext,
    mapping: SupplierMapping,
    holder: Holder,
    wanted: str,
    reason: str | None,
) -> tuple[Reply | None, Trouble | None]:
    """Make the move that the CRM reports for one assignment; an illegal one is returned as trouble.

    Args:
        wanted: pending, accepted or rejected.
        reason: Why it was rejected, in the CRM's words.
    """
    status = DistributionStatus(holder.status)
    if wanted == "pending":
        if status is DistributionStatus.REJECTED:
            return None, _refused(holder, "is open again in the CRM", status)
        return None, None  # accepted by portal or mail meanwhile, or still waiting
    if wanted == status:
        return None, None
    if not holder.active:
        if status is not DistributionStatus.REJECTED:
            return None, None  # somebody else has the lead by now; what the CRM says of it moves nothing
        return None, _refused(holder, f"was {wanted} in the CRM", status)
    if wanted == "accepted":
        made = lifecycle.accept(connection, ctx, holder.assignment_id, via="crm")
    else:
        reasons = rejection_reasons(mapping, reason)
        made = lifecycle.reject(connection, ctx, holder.assignment_id, via="crm", reasons=reasons)
    if made.move is Move.MADE:
        holder.status, holder.active = wanted, wanted == "accepted"
        return made, None
    if made.move is Move.REFUSED:
        return made, _refused(holder, f"was {wanted} in the CRM", made.status or status)
    return made, None


def rejection_reasons(mapping: SupplierMapping, reason: str | None) -> dict[str, str]:
    """Return a CRM's reason under the rejection field that can hold it; under `reason` if none can."""
    if not reason or not reason.strip():
        return {}
    for field in mapping.rejection_fields:
        for value in field.values:
            if value.casefold() == reason.strip().casefold():
                return {field.name: value}
    for field in mapping.rejection_fields:
        if field.type != "select":
            return {field.name: reason.strip()}
    return {"reason": reason.strip()}


def by_crm(ctx: RunContext, account_id: str) -> RunContext:
    """Return the context in which a partner's CRM is the actor."""
    return replace(ctx, actor=f"crm:{account_id}")


def _refused(holder: Holder, what: str, status: DistributionStatus) -> Trouble:
    message = (
        f"assignment {holder.assignment_id} {what} and is {status} here, which stays: "
        "assign the lead anew if the partner shall have it, or talk to the partner"
    )
    return "move_refused", holder.assignment_id, message, "warning"
