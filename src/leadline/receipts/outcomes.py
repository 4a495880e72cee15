"""Deciding, row by row, what each accepted row is: new, known, updated or filtered.

Pure: it changes the `World` it is given, which `storing` read from the hub and writes back. Rows are taken in
order, so that a batch may hold the same record, or the same merge key, any number of times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leadline.hub import keys
from leadline.receipts.rows import Row

NEW, KNOWN, UPDATED, FILTERED, QUARANTINED = "new", "known", "updated", "filtered", "quarantined"
OUTCOMES = (QUARANTINED, FILTERED, KNOWN, UPDATED, NEW)


@dataclass(slots=True)
class Link:
    """One source record and the lead that it stands for."""

    lead_id: str
    record_id: str | None
    campaign_key: str | None
    fingerprint: str
    stamp: str | None
    deleted: bool = False
    merged_into: str | None = None


@dataclass(slots=True)
class Lead:
    """A lead as far as a received row can change it."""

    lead_id: str
    merge_key: str | None
    email: str
    email_key: str
    campaign_key: str | None
    preassigned: str | None
    attributes: str
    fingerprint: str


@dataclass(slots=True)
class Event:
    """One history line to be; `row` is the receipt that caused it."""

    lead_id: str
    kind: str
    row: int
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass
class World:
    """What the hub holds of these rows, then what it shall hold.

    Attributes:
        links: By identity; `leads` by id: at least those that a row may change; `by_merge_key`: lead ids.
        records: Identities by the vendor's record id, for survivors of merges.
        taken: Lead ids that exist.
        new_links, changed_links: Identities; `new_leads`, `changed_leads`: ids, with the names that changed.
        bereft: Leads that lost a source record to a deletion or a merge, with the row that told;
            `revived`: those one came back to.
    """

    links: dict[str, Link] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    by_merge_key: dict[str, str] = field(default_factory=dict)
    records: dict[str, list[str]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    new_links: set[str] = field(default_factory=set)
    changed_links: set[str] = field(default_factory=set)
    new_leads: set[str] = field(default_factory=set)
    changed_leads: dict[str, set[str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    bereft: dict[str, int] = field(default_factory=dict)
    revived: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one row is, and of which lead; a filtered row is of none."""

    outcome: str
    lead_id: str | None
    founds_lead: bool = False
    founds_link: bool = False


def decide(rows: Iterable[Row], world: World, supplier: str) -> list[Verdict]:
    """Return a verdict per row, in order, and leave in `world` what must be written."""
    return [_decide(row, world, supplier) for row in rows]


def _decide(row: Row, world: World, supplier: str) -> Verdict:
    link = world.links.get(row.identity)
    if link is not None:
        lead_id = link.lead_id  # a merge moves the link; the receipt stays with the lead it was about
        return Verdict(_seen(row, link, world), lead_id)
    if row.deleted or row.merged_into:
        return Verdict(FILTERED, None)  # gone before we ever saw it
    merged = world.by_merge_key.get(row.merge_key) if row.merge_key else None
    founds_lead = merged is None
    lead_id = _found(row, world, supplier) if merged is None else merged
    world.links[row.identity] = Link(lead_id, row.record_id, row.campaign_key, row.fingerprint, row.stamp)
    world.new_links.add(row.identity)
    if row.record_id is not None:
        world.records.setdefault(row.record_id, []).append(row.identity)
    if founds_lead:
        return Verdict(NEW, lead_id, founds_lead=True, founds_link=True)
    world.events.append(Event(lead_id, "source_linked", row.row, {}, {"identity": row.identity}))
    world.revived.add(lead_id)
    changed = _update(row, world.leads[lead_id], world)
    return Verdict(UPDATED if changed else KNOWN, lead_id, founds_link=True)


def _found(row: Row, world: World, supplier: str) -> str:
    lead_id = keys.lead_id(supplier, row.merge_key or row.identity)
    if lead_id in world.taken:  # its founder moved on to another merge key
        lead_id = keys.lead_id(supplier, row.identity)
    world.taken.add(lead_id)
    world.new_leads.add(lead_id)
    world.leads[lead_id] = Lead(
        lead_id,
        row.merge_key,
        row.email,
        row.email_key,
        row.campaign_key,
        row.preassigned,
        row.attributes,
        row.fingerprint,
    )
    if row.merge_key:
        world.by_merge_key[row.merge_key] = lead_id
    return lead_id


def _seen(row: Row, link: Link, world: World) -> str:
    if row.stamp and link.stamp and row.stamp < link.stamp:
        return KNOWN  # an older state of the record, from a replay or a re-read
    if row.stamp and row.stamp != link.stamp:
        link.stamp = row.stamp
        world.changed_links.add(row.identity)
    if row.merged_into:
        return _merge(row, link, world)
    if row.deleted:
        return _delete(row, link, world)
    revived = link.deleted
    if revived:
        link.deleted, link.merged_into = False, None
        world.changed_links.add(row.identity)
        world.revived.add(link.lead_id)
        world.events.append(Event(link.lead_id, "source_restored", row.row, {}, {"identity": row.identity}))
    if row.fingerprint == link.fingerprint:
        return UPDATED if revived else KNOWN
    link.fingerprint = row.fingerprint
    world.changed_links.add(row.identity)
    # One receipt has one line: what a returning record changed stands beside its return.
    changed = _update(row, world.leads[link.lead_id], world, into=world.events[-1] if revived else None)
    return UPDATED if changed or revived else KNOWN


def _update(row: Row, lead: Lead, world: World, into: Event | None = None) -> bool:
    """Make the lead what the row says; return whether any of its fields changed."""
    if lead.fingerprint == row.fingerprint:
        return False
    before, after = json.loads(lead.attributes), json.loads(row.attributes)
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    lead.fingerprint, lead.attributes = row.fingerprint, row.attributes
    lead.email, lead.email_key, lead.campaign_key = row.email, row.email_key, row.campaign_key
    lead.preassigned = row.preassigned
    if (
        row.merge_key != lead.merge_key
        and row.merge_key is not None
        and row.merge_key not in world.by_merge_key
    ):
        if lead.merge_key is not None:
            world.by_merge_key.pop(lead.merge_key, None)
        lead.merge_key = row.merge_key
        world.by_merge_key[row.merge_key] = lead.lead_id
    world.changed_leads.setdefault(lead.lead_id, set()).update(names)
    if not names:
        return False  # only what the fingerprint covers changed
    old, new = {name: before.get(name) for name in names}, {name: after.get(name) for name in names}
    if into is None:
        world.events.append(Event(lead.lead_id, "updated", row.row, old, new))
    else:
        into.before |= old
        into.after |= new
    return True


def _delete(row: Row, link: Link, world: World) -> str:
    if link.deleted:
        return KNOWN
    link.deleted = True
    world.changed_links.add(row.identity)
    world.bereft.setdefault(link.lead_id, row.row)
    world.events.append(Event(link.lead_id, "source_deleted", row.row, {}, {"identity": row.identity}))
    return UPDATED


def _merge(row: Row, link: Link, world: World) -> str:
    if link.merged_into == row.merged_into:
        return KNOWN
    link.merged_into, link.deleted = row.merged_into, False
    world.changed_links.add(row.identity)
    loser = link.lead_id
    survivor = _survivor(row, world)
    after: dict[str, Any] = {"identity": row.identity, "merged_into": row.merged_into}
    if survivor is None:
        # The survivor never came here: the lead stays, and what is written back goes to the survivor.
        link.record_id = row.merged_into
    elif survivor != loser:
        link.lead_id = survivor
        after["lead_id"] = survivor
        world.bereft.setdefault(loser, row.row)
        world.revived.add(survivor)
        world.events.append(Event(survivor, "source_linked", row.row, {}, {"identity": row.identity}))
    world.events.append(Event(loser, "source_merged", row.row, {}, after))
    return UPDATED


def _survivor(row: Row, world: World) -> str | None:
    found = [
        world.links[identity]
        for identity in world.records.get(row.merged_into or "", ())
        if identity != row.identity
    ]
    same = [link for link in found if link.campaign_key == row.campaign_key]
    return (same or found)[0].lead_id if found else None
