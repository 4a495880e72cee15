"""The story of what comes back: each partner's CRM is read, kept, and told to the supplier (W10).

Each function is one task of a feedback or an opportunities run. It joins steps that do not know each other
and returns references and counts. Any of them may be repeated at any time.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from leadline import delivery, feedback, opportunities
from leadline.crm_logins import deactivated_accounts, noting_login
from leadline.distribution import CrmFactory
from leadline.errors import ConfigurationError, FormRefused
from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Opportunities, load_accounts, load_partners
from leadline.ports import PartnerCrm
from leadline.preflight import keep_findings
from leadline.runs import RunContext

logger = logging.getLogger(__name__)

Counts = dict[str, Any]


def feedback_accounts(hub: Hub, ctx: RunContext, named: Collection[str] = ()) -> list[str]:
    """Return the CRM accounts that hold leads of this supplier, or those of them that are named.

    A deactivated account is left out until somebody names it: that tests it, and a login that succeeds
    switches it on again.

    Raises:
        FormRefused: One that is named is no account of this supplier, or holds no lead of it.
    """
    with hub.reading() as connection:
        rows = hub.run(connection, "feedback_accounts", supplier=ctx.supplier).all()
        known = [one.id for one in load_accounts(hub, connection, ctx.supplier)]
    if unknown := sorted(set(named).difference(known)):
        there = ", ".join(known) or "none"
        raise FormRefused(f"{ctx.supplier} has no CRM account '{unknown[0]}'; there are: {there}")
    _require_all(named, [row.account_id for row in rows], "holds no lead")
    off = set(deactivated_accounts(hub, ctx.supplier))
    for row in rows:
        if row.account_id in off and row.account_id not in named:
            logger.warning("%s: account %s is deactivated and not read", ctx.supplier, row.account_id)
    return sorted(
        row.account_id for row in rows if (row.account_id in named if named else row.account_id not in off)
    )


def opportunity_accounts(hub: Hub, ctx: RunContext, named: Collection[str] = ()) -> list[str]:
    """Return those of the accounts of `feedback_accounts` with a partner that shares opportunities.

    Raises:
        FormRefused: As there, or no partner of one that is named shares any.
    """
    with hub.reading() as connection:
        partners = load_partners(hub, connection, ctx.supplier)
    sharing = {one.crm for one in partners if one.opportunities is not Opportunities.NONE}
    found = feedback_accounts(hub, ctx, named)
    _require_all(named, [one for one in found if one in sharing], "has no partner that shares opportunities")
    return [one for one in found if one in sharing]


def _require_all(named: Collection[str], readable: Collection[str], why_not: str) -> None:
    """Refuse an account that is named for nothing: a run that reads none is green, and nobody is told."""
    if idle := sorted(set(named).difference(readable)):
        there = ", ".join(sorted(readable)) or "none"
        raise FormRefused(
            f"CRM account '{idle[0]}' {why_not}: there is nothing to read; accounts with something: {there}"
        )


def read_feedback(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account_id: str,
    crm_factory: CrmFactory,
    *,
    since: datetime | None = None,
    believe_gone: bool = False,
) -> Counts:
    """Read one account back and keep what its partners did; list what an operator should look at.

    Raises:
        LeadlineError: The account could not be read, or not be believed; the others go on.
    """
    account = _account(hub, ctx, account_id)
    try:
        with _opened(hub, ctx, mapping, account, crm_factory) as crm:
            counts = feedback.read_account(
                hub,
                ctx,
                mapping,
                account,
                crm,
                since=since,
                believe_gone=believe_gone,
                queue_first=delivery.queue_first,
            )
        return asdict(counts)
    finally:
        found = feedback.findings_of(hub, ctx.supplier, account_id)
        keep_findings(hub, ctx.supplier, ctx.run_id, {f"feedback:{account_id}": found})


def read_opportunities(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account_id: str,
    crm_factory: CrmFactory,
    *,
    since: datetime | None = None,
) -> Counts:
    """Read the opportunities that one account's partners share; return counts."""
    account = _account(hub, ctx, account_id)
    with _opened(hub, ctx, mapping, account, crm_factory) as crm:
        counts = opportunities.read_opportunities(hub, ctx, mapping, account, crm, since=since)
    return asdict(counts)


def _account(hub: Hub, ctx: RunContext, account_id: str) -> CrmAccount:
    with hub.reading() as connection:
        found: Sequence[CrmAccount] = load_accounts(hub, connection, ctx.supplier)
    for one in found:
        if one.id == account_id:
            return one
    raise ConfigurationError(f"{ctx.supplier} has no CRM account '{account_id}'")


@contextmanager
def _opened(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, account: CrmAccount, crm_factory: CrmFactory
) -> Iterator[PartnerCrm]:
    """Yield the account's CRM, and mark what the block shows of the login there."""
    with (
        noting_login(hub, ctx.supplier, mapping, account.id, ctx.run_id),
        crm_factory(account, mapping) as crm,
    ):
        yield crm
