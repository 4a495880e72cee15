"""Deciding, row by row, what each accepted row is: new, known, updated or filtered.

Pure: it changes the `World` it is given, which `storing` read from the hub and writes back. Rows are taken in
order, so that a batch may hold the same record, or the same merge key, any number of times.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from leadline.hub import keys
from leadline.ports import text_of
from leadline.receipts.rows import Row
from leadline.receipts.world import Event, Lead, Link, World

NEW, KNOWN, UPDATED, FILTERED, QUARANTINED = "new", "known", "updated", "filtered", "quarantined"
OUTCOMES = (QUARANTINED, FILTERED, KNOWN, UPDATED, NEW)


class Verdict(NamedTuple):
    """What one row is, and of which lead; a filtered row is of none."""

    outcome: str
    lead_id: str | None
    founds_link: bool = False
    founds_lead: bool = False


def decide(rows: Sequence[Row], world: World, supplier: str) -> list[Verdict]:
    """Return a verdict per row, in order, and leave in `world` what must be written."""
    if not any(row.merged_into for row in rows):
        return [_decide(row, world, supplier, watches_records=False) for row in rows]
    early = {place: _decide(rows[place], world, supplier, True) for place in _before_survivors(rows, world)}
    return [early.get(place) or _decide(row, world, supplier, True) for place, row in enumerate(rows)]


def _before_survivors(rows: Sequence[Row], world: World) -> list[int]:
    """Return which rows tell that a record went into one that comes with them.

    If that one is new here, it joins their lead; if it is known, its values are the lead's from then on.
    """
    come = {row.record_id for row in rows if row.merge_key and not (row.deleted or row.merged_into)}
    return [
        place for place, row in enumerate(rows) if row.merged_into in come and row.identity in world.links
    ]


def _decide(row: Row, world: World, supplier: str, watches_records: bool) -> Verdict:
    identity = row.identity
    if identity in world.links or identity in world.link_founders:
        return _seen(row, world)
    if row.deleted or row.merged_into:
        return _gone_unseen(row, world)
    if watches_records and row.record_id is not None:
        world.records.setdefault(row.record_id, []).append(identity)
    forerunners = _forerunners(row, world) if row.merge_key else {}
    merged = world.by_merge_key.get(row.merge_key) if row.merge_key else None
    if merged is None and forerunners:
        merged = next(iter(forerunners.values())).lead_id
    if merged is None:
        lead_id = _found(row, world, supplier)
        world.link_founders[identity] = (row, lead_id)
        return Verdict(NEW, lead_id, True, True)
    for name, link in forerunners.items():
        if link.lead_id != merged:
            world.bereft.add(link.lead_id)
            link.lead_id = merged
            world.changed_links.add(name)
    world.link_founders[identity] = (row, merged)
    world.events.append(Event(merged, "source_linked", row.row, {}, {"identity": identity}))
    world.revived.add(merged)
    changed = _update(row, world.lead(merged), world)
    return Verdict(UPDATED if changed else KNOWN, merged, True)


def _forerunners(row: Row, world: World) -> dict[str, Link]:
    """Return the links, by identity, of records that went into this one before it came here itself."""
    others = [one for one in world.records.get(row.record_id or "", ()) if one != row.identity]
    known = {one: world.link(one) for one in others}
    return {
        one: link
        for one, link in known.items()
        if link is not None and link.merged_into == row.record_id and not link.deleted
    }


def _gone_unseen(row: Row, world: World) -> Verdict:
    """Take the end of a record that never came for the end of those that went into it, if there are any."""
    theirs = _forerunners(row, world)
    if not theirs:
        return Verdict(FILTERED, None)
    lead_id = next(iter(theirs.values())).lead_id
    world.link_founders[row.identity] = (row, lead_id)
    told = len(world.events)
    for identity in (*theirs, row.identity):
        if (link := world.link(identity)) is not None:
            ended = row._replace(identity=identity)
            _merge(ended, link, world) if row.merged_into else _delete(ended, link, world)
    # One receipt has one line, on its lead; that others lost their record is seen by how they stand.
    world.events[told:] = [
        event for event in world.events[told:] if event.kind == "source_linked" or event.lead_id == lead_id
    ]
    return Verdict(UPDATED, lead_id, True)


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
    if row.stamp and lead.stamp and row.stamp < lead.stamp:
        return False  # what another of its records says is newer
    before, after = json.loads(lead.attributes), json.loads(row.attributes)
    attributes, email = row.attributes, row.email
    if lead.partner_changes:
        _keep_partner_changes(lead, after)
        attributes = json.dumps(after, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        email = after.get("email") or row.email
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    lead.fingerprint, lead.stamp, lead.attributes = row.fingerprint, row.stamp, attributes
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

    A source that still has what it held, or was told since, has not heard of the last change; nor has one
    that holds what was sent to it and never confirmed. One that has the partner's value was told. Any other
    value is the source's own, and newer.
    """
    kept = {}
    for name, (value, *sources) in json.loads(lead.partner_changes or "{}").items():
        now = after.get(name)
        held = text_of(now)
        heard = held in map(text_of, sources)
        if now == value:
            kept[name] = [value, value]
        elif heard or held in lead.may_hold.get(name, ()):
            kept[name] = [value, *([] if heard else [now]), *sources]
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
    if survivor == loser:
        _leave(link, row, world)
    after: dict[str, Any] = {"identity": row.identity, "merged_into": row.merged_into}
    if survivor is None:
        # The survivor has not come here: the lead stays, and what is written back goes to the survivor,
        # whose lead it is should it come.
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


def _leave(link: Link, row: Row, world: World) -> None:
    """Have the survivor's values taken when it is read next, if their lead has those of the one that left."""
    lead = world.lead(link.lead_id)
    if lead.fingerprint != link.fingerprint:
        return
    lead.stamp = None
    for identity in world.records.get(row.merged_into or "", ()):
        other = world.link(identity)
        if other is not None and other.lead_id == lead.lead_id and other.fingerprint != lead.fingerprint:
            other.fingerprint = ""
            world.changed_links.add(identity)


def _survivor(row: Row, world: World) -> str | None:
    # Other hand-overs of the same record went there with this one: each stays a lead of its own.
    own = row.identity.split(":", 2)[1]
    others = [one for one in world.records.get(row.merged_into or "", ()) if one.split(":", 2)[1] != own]
    found = [link for one in others if (link := world.link(one)) is not None]
    same = [link for link in found if link.campaign_key == row.campaign_key]
    return (same or found)[0].lead_id if found else None
