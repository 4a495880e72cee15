"""What is expected of hooli, initech and umbrella, keyed by file and line, or by e-mail and campaign."""

from __future__ import annotations

from sandbox.seed.channel import Channel
from sandbox.seed.channel_partners import HOOLI
from sandbox.seed.handovers import HandedPerson, HandedSource
from sandbox.seed.outcomes import Json, counts_of, dropped, files_write_back, lead_json, status_json
from sandbox.seed.tenant_records import TenantRecord


def channel_manifest(channel: Channel) -> dict[str, Json]:
    """Return the expectations by supplier."""
    told = {HOOLI: dropped([channel.promotions], channel.files, channel.leads[HOOLI])}
    told[HOOLI]["write_back"] = files_write_back(channel.leads[HOOLI])
    for name, source in channel.sources.items():
        told[name] = _handed(channel, source)
    return told


def tenants_manifest(channel: Channel) -> dict[str, dict[str, list[Json]]]:
    """Return the records that must stand in each Dynamics and Saleslink, by vendor and tenant."""
    told: dict[str, dict[str, list[Json]]] = {}
    for name, tenant in channel.tenants.items():
        told.setdefault(tenant.partner.vendor, {})[name] = [_record(one) for one in tenant.records]
    return told


def _record(one: TenantRecord) -> Json:
    email = one.fields.get("emailaddress1") or one.fields.get("Email")
    return {
        "table": one.table,
        "email": email,
        "origin": one.origin,
        "why": one.why,
        "made_by": one.made_by,
        "external_id": "set" if one.origin == "created" else None,
        "activities": one.activities,
        "fields": one.fields,
    }


def _handed(channel: Channel, source: HandedSource) -> Json:
    handovers = []
    for one in source.handovers:
        outcome, reasons = source.outcome(one.person)
        told = {**_person(one.person), "campaign": one.campaign.name, "place": one.place}
        handovers.append({**told, "outcome": outcome, "reasons": [list(reason) for reason in reasons]})
    leads = channel.leads[source.supplier]
    by_place = {one.where[1]: one for one in leads}
    status: dict[int, list[Json]] = {}
    for one in source.handovers:
        if one.place in by_place:
            status.setdefault(one.person.number, []).append(status_json(by_place[one.place]))
    return {
        "campaigns": [
            {"number": one.number, "name": one.name, "theme": one.theme, "shared": one.shared}
            for one in source.campaigns
        ],
        "handovers": handovers,
        "not_handed": [_person(one) for one in source.people if one.kind == "not_handed"],
        "leads": [lead_json(one) for one in leads],
        "write_back": [{**_person(one), "leads": status.get(one.number, [])} for one in source.people],
        "counts": counts_of([one["outcome"] for one in handovers], leads),
    }


def _person(one: HandedPerson) -> Json:
    return {
        "number": one.number,
        "email": one.written["email"],
        "last_name": one.written["last_name"],
        "kind": one.kind,
    }
