"""Deciding, row by row, what each accepted row is: new, known, updated or filtered.

Pure: it changes the `World` it is given, which `storing` read from the hub and writes back. Rows are taken in
order, so that a batch may hold the same record, or the same merge key, any number of times.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadline.hub import keys
from leadline.ports import text_of
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
    partner_changes: str | None = None


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

    Rows that found a link or a lead stay rows until a later row of the batch is about the same one: most
    batches bring nothing but new leads, and a million small objects cost more than all the rest.

    Attributes:
        links: By identity; `leads` by id: at least those that a row may change; `by_merge_key`: lead ids.
        records: Identities by the vendor's record id, for survivors of merges.
        taken: Ids of leads that stand where a merge key of this batch would found one.
        link_founders: By identity, the first row of each new link, and its lead; `lead_founders`: by id,
            the first row of each new lead.
        changed_links: Identities; `changed_leads`: ids, with the names of the fields that changed.
        bereft: Leads that lost a source record to a deletion or a merge; `revived`: those one came back to.
    """

    links: dict[str, Link] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    by_merge_key: dict[str, str] = field(default_factory=dict)
    records: dict[str, list[str]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    link_founders: dict[str, tuple[Row, str]] = field(default_factory=dict)
    lead_founders: dict[str, Row] = field(default_factory=dict)
    changed_links: set[str] = field(default_factory=set)
    changed_leads: dict[str, set[str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    bereft: set[str] = field(default_factory=set)
    revived: set[str] = field(default_factory=set)

    def link(self, identity: str) -> Link | None:
        """Return the link of this identity, which may be new in this batch; None if there is none."""
        found = self.links.get(identity)
        if found is None and identity in self.link_founders:
            row, lead_id = self.link_founders[identity]
            found = Link(lead_id, row.record_id, row.campaign_key, row.fingerprint, row.stamp)
            self.links[identity] = found
        return found

    def lead(self, lead_id: str) -> Lead:
        """Return the lead of this id, which may be new in this batch."""
        found = self.leads.get(lead_id)
        if found is None:
            row = self.lead_founders[lead_id]
            found = Lead(
                lead_id,
                row.merge_key,
                row.email,
                row.email_key,
                row.campaign_key,
                row.preassigned,
                row.attributes,
                row.fingerprint,
            )
            self.leads[lead_id] = found
        return found


class Verdict(NamedTuple):
    """What one row is, and of which lead; a filtered row is of none."""

    outcome: str
    lead_id: str | None
    founds_link: bool = False
    founds_lead: bool = False


def decide(rows: Sequence[Row], world: World, supplier: str) -> list[Verdict]:
    """Return a verdict per row, in order, and leave in `world` what must be written."""
    watches_records = any(row.merged_into for row in rows)
    return [_decide(row, world, supplier, watches_records) for row in rows]


def _decide(row: Row, world: World, supplier: str, watches_records: bool) -> Verdict:
    identity = row.identity
    if identity in world.links or identity in world.link_founders:
        return _seen(row, world)
    if row.deleted or row.merged_into:
        return Verdict(FILTERED, None)  # gone before we ever saw it
    if watches_records and row.record_id is not None:
        world.records.setdefault(row.record_id, []).append(identity)
    merged = world.by_merge_key.get(row.merge_key) if row.merge_key else None
    if merged is None:
        lead_id = _found(row, world, supplier)
        world.link_founders[identity] = (row, lead_id)
        return Verdict(NEW, lead_id, True, True)
    world.link_founders[identity] = (row, merged)
    world.events.append(Event(merged, "source_linked", row.row, {}, {"identity": identity}))
    world.revived.add(merged)
    changed = _update(row, world.lead(merged), world)
    return Verdict(UPDATED if changed else KNOWN, merged, True)


def _found(row: Row, world: World, supplier: str) -> str:
    lead_id = row.lead_id
    if row.merge_key:
        if lead_id in world.taken:  # its founder moved on to another merge key
            lead_id = keys.lead_id(supplier, row.identity)
        world.taken.add(lead_id)
        world.by_merge_key[row.merge_key] = lead_id
    world.lead_founders[lead_id] = row
    return lead_id


def _seen(row: Row, world: World) -> Verdict:
    link = world.link(row.identity)
    if link is None:
        raise KeyError(row.identity)
    lead_id = link.lead_id  # a merge moves the link; the receipt stays with the lead it was about
    return Verdict(_compared(row, link, world), lead_id)


def _compared(row: Row, link: Link, world: World) -> str:
    if row.stamp and link.stamp and row.stamp < link.stamp:
        return KNOWN  # an older state of the record, from a replay or a re-read
    if row.stamp and row.stamp != link.stamp:
        link.stamp = row.stamp
        world.changed_links.add(row.identity)
    if row.record_id and row.record_id != link.record_id and row.identity.split(":", 2)[1:2] == [""]:
        # The hand-over alone is the identity: whose record stands for it may change.
        link.record_id = row.record_id
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
    changed = _update(row, world.lead(link.lead_id), world, into=world.events[-1] if revived else None)
    return UPDATED if changed or revived else KNOWN


def _update(row: Row, lead: Lead, world: World, into: Event | None = None) -> bool:
    """Make the lead what the row says; return whether any of its fields changed."""
    if lead.fingerprint == row.fingerprint:
        return False
    before, after = json.loads(lead.attributes), json.loads(row.attributes)
    attributes, email = row.attributes, row.email
    if lead.partner_changes:
        _keep_partner_changes(lead, after)
        attributes = json.dumps(after, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        email = after.get("email") or row.email
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    lead.fingerprint, lead.attributes = row.fingerprint, attributes
    lead.email, lead.campaign_key = email, row.campaign_key
    lead.email_key = row.email_key if email == row.email else keys.email_key(email)
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


def _keep_partner_changes(lead: Lead, after: dict[str, Any]) -> None:
    """Leave what the partner changed in the record's values `after`, until the source changes it too.

    A source that still has what it held, or was told since, has not heard of the last change; one that has
    the partner's value was told. Any other value is the source's own, and newer.
    """
    kept = {}
    for name, (value, *sources) in json.loads(lead.partner_changes or "{}").items():
        now = after.get(name)
        if now == value:
            kept[name] = [value, value]
        elif text_of(now) in map(text_of, sources):
            kept[name] = [value, *sources]
            after[name] = value
            if value is None:
                del after[name]
    lead.partner_changes = json.dumps(kept, separators=(",", ":"), ensure_ascii=False) if kept else None


def _delete(row: Row, link: Link, world: World) -> str:
    if link.deleted:
        return KNOWN
    link.deleted = True
    world.changed_links.add(row.identity)
    world.bereft.add(link.lead_id)
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
        world.records.setdefault(row.merged_into or "", []).append(row.identity)
    elif survivor != loser:
        link.lead_id = survivor
        after["lead_id"] = survivor
        world.bereft.add(loser)
        world.revived.add(survivor)
        world.events.append(Event(survivor, "source_linked", row.row, {}, {"identity": row.identity}))
    world.events.append(Event(loser, "source_merged", row.row, {}, after))
    return UPDATED


def _survivor(row: Row, world: World) -> str | None:
    # Other hand-overs of the same record went there with this one: each stays a lead of its own.
    own = row.identity.split(":", 2)[1]
    others = [one for one in world.records.get(row.merged_into or "", ()) if one.split(":", 2)[1] != own]
    found = [link for one in others if (link := world.link(one)) is not None]
    same = [link for link in found if link.campaign_key == row.campaign_key]
    return (same or found)[0].lead_id if found else None
