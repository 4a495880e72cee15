"""The manifest: the expected outcomes as JSON, keyed by e-mail, campaign, file and line, never by our ids."""

from __future__ import annotations

from sandbox.seed.channel import make_channel
from sandbox.seed.channel_manifest import channel_manifest, tenants_manifest
from sandbox.seed.globex_org import FAULTS, SourceMember
from sandbox.seed.outcomes import Json, counts_of, dropped, files_write_back, lead_json
from sandbox.seed.plan import NUMBER, Plan, make_plan
from sandbox.seed.records import ExpectedRecord
from sandbox.seed.week_manifest import week_manifest


def make_manifest() -> Json:
    """Return the manifest of the seed data."""
    plan, channel = make_plan(), make_channel()
    orgs = {**plan.orgs, **channel.orgs}
    return {
        "seed": NUMBER,
        "suppliers": {"acme": _acme(plan), "globex": _globex(plan), **channel_manifest(channel)},
        "orgs": {name: [_record(one) for one in org.records] for name, org in orgs.items()},
        "tenants": tenants_manifest(channel),
        "week": week_manifest(),
    }


def _acme(plan: Plan) -> Json:
    told = dropped(plan.campaign_files, plan.files, plan.acme_leads)
    return {**told, "write_back": files_write_back(plan.acme_leads)}


def _globex(plan: Plan) -> Json:
    pulled = plan.pulled()
    members = []
    seen: set[tuple[str, str]] = set()
    for member in pulled:
        key = (member.lead.lead["email"], member.campaign.name)
        outcome, reasons = "new", []
        if member.lead.kind in FAULTS:
            outcome, reasons = "quarantined", [list(FAULTS[member.lead.kind])]
        elif member.lead.kind == "excluded":
            outcome = "filtered"
        elif key in seen:
            outcome = "updated"
        seen.add(key)
        members.append({**_member(member), "outcome": outcome, "reasons": reasons, "kind": member.lead.kind})
    leads = list(plan.globex_leads.values())
    chosen = [one for one in plan.globex.campaigns if one.chosen]
    return {
        "campaigns": [{"name": one.name, "theme": one.theme, "shared": one.shared} for one in chosen],
        "members": members,
        "not_pulled": [_member(one) for one in plan.globex.members if one not in pulled],
        "leads": [lead_json(one) for one in leads],
        "write_back": [_write_back(plan, member) for member in plan.globex.members],
        "counts": counts_of([one["outcome"] for one in members], leads),
    }


def _member(member: SourceMember) -> Json:
    return {
        "email": member.lead.written["Email"],
        "last_name": member.lead.written["LastName"],
        "campaign": member.campaign.name,
    }


def _write_back(plan: Plan, member: SourceMember) -> Json:
    """Return what must stand on a member; nothing on those that never became a lead."""
    values: Json = dict.fromkeys(
        ("LL_Distribution_Status__c", "LL_Status_At__c", "LL_Not_Routed__c", "LL_Partner__c")
    )
    one = plan.globex_leads.get((member.lead.written["Email"] or "", member.campaign.name))
    distributed = one is not None and member.lead.kind not in FAULTS and not member.lead.converted
    if one is not None and distributed and member.lead.kind != "excluded":
        values["LL_Distribution_Status__c"] = one.status.capitalize()
        values["LL_Status_At__c"] = "set"
        if one.partner is None:
            values["LL_Not_Routed__c"] = "Not routed"
        else:
            values["LL_Partner__c"] = one.partner.name
    return {**_member(member), "values": values}


def _record(one: ExpectedRecord) -> Json:
    return {
        "object": one.object,
        "email": one.fields["Email"],
        "origin": one.origin,
        "why": one.why,
        "external_id": "set" if one.external_id else None,
        "owner": one.owner,
        "tasks": one.tasks,
        "fields": one.fields,
    }
