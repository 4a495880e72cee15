"""Reading the opportunities of one CRM account, each partner's as far as it shares them."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from sqlalchemy import Row

from leadline.cursors import cursor, keep_reading, move_cursor, position_of
from leadline.hub import Hub, now_us
from leadline.hub.keys import is_assignment_id
from leadline.mapping.model import SupplierMapping
from leadline.opportunities.keeping import Origin, keep_opportunities
from leadline.partner_events import keep_activities
from leadline.partners import CrmAccount, Opportunities, load_partners
from leadline.ports import CrmOpportunity, KnownRecord, PartnerCrm
from leadline.runs import RunContext, to_us
from leadline.turns import Turn, sole_sender

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Policy = Literal["originating", "contact_match"]
POLICIES: tuple[Policy, ...] = ("originating", "contact_match")
OBJECTS: Mapping[str, str] = {
    "salesforce": "Opportunity",
    "dynamics": "opportunity",
    "saleslink": "Opportunity",
}
"""What each CRM type calls an opportunity: activities on them are asked for by it (W8)."""
OVERLAP = timedelta(minutes=60)
ASK_RECORDS, STORE_ROWS = 10_000, 500


@dataclass(frozen=True)
class OpportunityCounts:
    """What one reading of an account did: opportunities read, created, changed, deleted; events on them."""

    read: int = 0
    created: int = 0
    changed: int = 0
    deleted: int = 0
    events: int = 0


def read_opportunities(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account: CrmAccount,
    crm: PartnerCrm,
    *,
    since: datetime | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> OpportunityCounts:
    """Read and keep the opportunities that this account's partners share; return counts.

    A partner that shares none is not even asked about. A record that carries a lead since the last reading,
    or whose partner began to share, is asked about from the beginning. Repeating it changes nothing.

    Args:
        since: Read further back, from here; a later moment than the last reading's changes nothing.

    Raises:
        LeadlineError: A whole call failed. What was kept by then stays, the rest is read again.
    """
    ctx = replace(ctx, actor=f"crm:{account.id}")
    with sole_sender(hub, f"opportunities:{ctx.supplier}:{account.id}", sleep=sleep) as still_ours:
        counts = _read(hub, ctx, mapping, account, crm, since, still_ours)
    logger.info("%s: opportunities of %s: %s", ctx.supplier, account.id, counts)
    return counts


def _read(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account: CrmAccount,
    crm: PartnerCrm,
    since: datetime | None,
    still_ours: Turn,
) -> OpportunityCounts:
    counts: Counter[str] = Counter()
    with hub.reading() as connection:
        shared = {
            one.id: one.opportunities.value
            for one in load_partners(hub, connection, ctx.supplier)
            if one.opportunities is not Opportunities.NONE
        }
        rows = hub.run(connection, "opportunity_origins", supplier=ctx.supplier, account_id=account.id).all()
    for policy in POLICIES:
        ours = [row for row in rows if shared.get(row.partner_id) == policy]
        if not ours:
            continue
        # By policy: who begins to share more is asked about from the beginning.
        feed = f"opportunities:{account.id}" if policy == "originating" else f"opp_match:{account.id}"
        position = cursor(hub, ctx.supplier, feed, OVERLAP, since)
        # Stamps are by the CRM's clock; when a record was linked is by ours.
        asked_at = cursor(hub, ctx.supplier, f"{feed}:asked", OVERLAP)
        started_at = now_us()
        stamps: list[str | None] = []
        origins = _origins(ours)
        for known, start in _asked(ours, position, asked_at):
            for first in range(0, len(known), ASK_RECORDS):
                chunk = known[first : first + ASK_RECORDS]
                pulled = _allowed(crm.pull_opportunities(chunk, policy, start), policy)
                for page in _pages(pulled):
                    stamps += [one.stamp for one in page if not one.deleted]
                    counts["read"] += len(page)
                    still_ours()
                    page = _without_others(hub, ctx, page)
                    counts += keep_opportunities(hub, ctx, mapping, account.id, page, origins)
        keep_reading(hub, ctx, account.id, counts["read"])
        _advance(hub, ctx, feed, position_of(stamps, started_at))
        _advance(hub, ctx, f"{feed}:asked", started_at)
    wanted = mapping.write_back.opportunities
    if wanted is not None and wanted.events:
        counts["events"] += _read_events(hub, ctx, account, crm, since)
    return OpportunityCounts(**counts)


def _asked(
    rows: Sequence[Row[Any]], position: datetime | None, asked_at: datetime | None
) -> Iterator[tuple[list[KnownRecord], datetime | None]]:
    """Yield records and from when they are asked about: those linked since then from the start."""
    known = {
        row.record_id: KnownRecord(row.record_id, row.object, row.assignment_id, row.email_key)
        for row in rows
    }
    if position is None or asked_at is None:
        yield list(known.values()), None
        return
    line = to_us(asked_at)
    late = {row.record_id for row in rows if max(row.linked_at, row.assigned_at) >= line}
    yield [one for key, one in known.items() if key in late], None
    yield [one for key, one in known.items() if key not in late], position


def _origins(rows: Sequence[Row[Any]]) -> dict[str, list[Origin]]:
    origins: dict[str, list[Origin]] = {}
    for row in rows:
        one = Origin(row.assignment_id, row.lead_id, row.partner_id, row.assigned_at)
        origins.setdefault(row.record_id, []).append(one)
    return origins


def _allowed(found: Iterable[CrmOpportunity], policy: Policy) -> Iterator[CrmOpportunity]:
    """Yield what the partner shares: by origin only, unless it shares those of matching contacts too."""
    for one in found:
        if policy == "contact_match" or one.by == "originating":
            yield one


def _without_others(hub: Hub, ctx: RunContext, page: Sequence[CrmOpportunity]) -> list[CrmOpportunity]:
    """Leave out what came from leads of other suppliers only, whoever it names as its contact.

    Suppliers that share a partner have leads of the same people. Conversions put them onto one contact,
    and an e-mail leads to all that this contact buys.
    """
    named = {key: one for one in page for key in one.came_from if is_assignment_id(key)}
    if not named:
        return list(page)
    with hub.reading(loads=True) as connection:
        hub.load(connection, "assignment", ["assignment_id"], ((one,) for one in sorted(named)))
        rows = hub.run(connection, "assignment_ours", supplier=ctx.supplier)
        ours = {row.assignment_id for row in rows}
    others = named.keys() - ours
    return [one for one in page if one.came_from & ours or not one.came_from & others]


def _read_events(
    hub: Hub, ctx: RunContext, account: CrmAccount, crm: PartnerCrm, since: datetime | None
) -> int:
    """Keep activities on opportunities that the hub has, with their leads (W8)."""
    with hub.reading() as connection:
        rows = hub.run(
            connection, "opportunity_of_account", supplier=ctx.supplier, account_id=account.id
        ).all()
    object_ = OBJECTS.get(account.type)
    if object_ is None or not rows:
        return 0
    feed = f"opp_events:{account.id}"
    start = cursor(hub, ctx.supplier, feed, OVERLAP, since)
    started_at, new = now_us(), 0
    stamps: list[str | None] = []
    places = {row.record_id: [(row.lead_id, row.opportunity_id)] for row in rows}
    line = None if start is None else to_us(start)
    late = [row for row in rows if line is not None and row.first_seen_at >= line]
    late_ids = {row.record_id for row in late}
    for group, begin in ((late, None), ([row for row in rows if row.record_id not in late_ids], start)):
        known = [KnownRecord(row.record_id, object_, row.opportunity_id, row.email_key) for row in group]
        for first in range(0, len(known), ASK_RECORDS):
            for page in _pages(crm.pull_activities(known[first : first + ASK_RECORDS], begin)):
                stamps += [one.stamp for one in page]
                new += keep_activities(hub, ctx, account.id, page, places)
    _advance(hub, ctx, feed, position_of(stamps, started_at))
    return new


def _advance(hub: Hub, ctx: RunContext, feed: str, position_at: int | None) -> None:
    if position_at is not None:
        with hub.transaction(ctx.supplier) as connection:
            move_cursor(hub, connection, ctx, feed, position_at)


def _pages(items: Iterable[Item]) -> Iterator[list[Item]]:
    part: list[Item] = []
    for item in items:
        part.append(item)
        if len(part) == STORE_ROWS:
            yield part
            part = []
    if part:
        yield part
