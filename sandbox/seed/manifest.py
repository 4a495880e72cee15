"""The manifest: the expected outcomes as JSON, keyed by e-mail, campaign, file and line, never by our ids."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from sandbox.seed.globex_org import FAULTS, SourceMember
from sandbox.seed.plan import NUMBER, Distributed, Plan, make_plan
from sandbox.seed.records import ExpectedRecord

Json = dict[str, Any]


def make_manifest() -> Json:
    """Return the manifest of the seed data."""
    plan = make_plan()
    return {
        "seed": NUMBER,
        "suppliers": {"acme": _acme(plan), "globex": _globex(plan)},
        "orgs": {name: [_record(one) for one in org.records] for name, org in plan.orgs.items()},
    }


def _acme(plan: Plan) -> Json:
    files: list[Json] = []
    for campaign_file in plan.campaign_files:
        files.append(
            {
                "name": campaign_file.name,
                "kind": "campaigns",
                "outcome": "read",
                "sha256": hashlib.sha256(campaign_file.content).hexdigest(),
                "rows": [
                    {
                        "line": row.line,
                        "outcome": "quarantined" if row.reasons else "new",
                        "reasons": [list(reason) for reason in row.reasons],
                        "campaign": row.campaign["code"],
                    }
                    for row in campaign_file.rows
                ],
            }
        )
    for file in plan.files:
        known = any(row.outcome == "known" for row in file.rows)
        outcome = "known" if known else "read" if file.fault is None else "unreadable"
        files.append(
            {
                "name": file.name,
                "kind": "leads",
                "outcome": outcome if file.marker else "left",
                "fault": file.fault,
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "rows": [
                    {
                        "line": row.line,
                        "outcome": row.outcome,
                        "kind": row.kind,
                        "reasons": [list(reason) for reason in row.reasons],
                        "email": row.lead["email"] if row.lead else None,
                    }
                    for row in file.rows
                ],
            }
        )
    rows = [
        row for file in files if file["kind"] == "leads" and file["outcome"] == "read" for row in file["rows"]
    ]
    campaigns = [row.campaign for file in plan.campaign_files for row in file.rows if not row.reasons]
    return {
        "files": files,
        "campaigns": campaigns,
        "leads": [_lead(one) for one in plan.acme_leads],
        "counts": _counts([row["outcome"] for row in rows], plan.acme_leads),
    }


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
        "leads": [_lead(one) for one in leads],
        "write_back": [_write_back(plan, member) for member in plan.globex.members],
        "counts": _counts([one["outcome"] for one in members], leads),
    }


def _member(member: SourceMember) -> Json:
    return {
        "email": member.lead.written["Email"],
        "last_name": member.lead.written["LastName"],
        "campaign": member.campaign.name,
    }


def _lead(one: Distributed) -> Json:
    return {
        "where": list(one.where),
        "email": one.lead["email"],
        "campaign": one.campaign["name"] if one.campaign else None,
        "supplier_ref": one.lead.get("supplier_ref"),
        "partner": one.partner.id if one.partner else None,
        "status": one.status,
        "why": one.why,
        "push": one.push,
        "code": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" if one.push == "refused" else None,
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


def _counts(outcomes: list[str], leads: list[Distributed]) -> Json:
    found = Counter(outcomes)
    return {
        "received": len(outcomes),
        **{name: found[name] for name in ("new", "quarantined", "filtered", "updated", "known")},
        **{
            name: sum(1 for one in leads if one.status == name)
            for name in ("unassigned", "pending", "accepted")
        },
        "pushed": sum(1 for one in leads if one.push in ("created", "updated", "linked")),
        "push_failed": sum(1 for one in leads if one.push == "refused"),
    }


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
