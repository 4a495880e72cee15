"""Parts that the manifests of all suppliers share: files with their rows, leads, counts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sandbox.seed.acme_campaigns import CampaignFile
from sandbox.seed.acme_files import DropFile
from sandbox.seed.plan import Distributed

Json = dict[str, Any]


def dropped(
    campaign_files: Sequence[CampaignFile], files: Sequence[DropFile], leads: Sequence[Distributed]
) -> Json:
    """Return what is expected of a supplier that drops files."""
    told = [_campaign_file(one) for one in campaign_files] + [_lead_file(one) for one in files]
    rows = [
        row for file in told if file["kind"] == "leads" and file["outcome"] == "read" for row in file["rows"]
    ]
    return {
        "files": told,
        "campaigns": [row.campaign for file in campaign_files for row in file.rows if not row.reasons],
        "leads": [lead_json(one) for one in leads],
        "counts": counts_of([row["outcome"] for row in rows], leads),
    }


def _campaign_file(file: CampaignFile) -> Json:
    return {
        "name": file.name,
        "kind": "campaigns",
        "outcome": "read",
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "rows": [
            {
                "line": row.line,
                "outcome": "quarantined" if row.reasons else "new",
                "reasons": [list(reason) for reason in row.reasons],
                "campaign": row.campaign["code"],
            }
            for row in file.rows
        ],
    }


def _lead_file(file: DropFile) -> Json:
    known = any(row.outcome == "known" for row in file.rows)
    outcome = "known" if known else "read" if file.fault is None else "unreadable"
    return {
        "name": file.name,
        "kind": "leads",
        "outcome": "left" if file.fault == "no_marker" else outcome,
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


def lead_json(one: Distributed) -> Json:
    """Return what is expected of one lead."""
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


def status_json(one: Distributed) -> Json:
    """Return what a supplier must be told of one lead once it was routed."""
    return {
        "status": one.status,
        "partner": one.partner.name if one.partner else None,
        "not_routed": one.partner is None,
    }


def files_write_back(leads: Sequence[Distributed]) -> list[Json]:
    """Return what a supplier of files must be told: a row of a status file per lead, by file and line."""
    return [{"file": one.where[0], "line": one.where[1], **status_json(one)} for one in leads]


def counts_of(outcomes: Sequence[str], leads: Sequence[Distributed]) -> Json:
    """Return the counts of one supplier's books."""
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
