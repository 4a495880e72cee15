"""Both sides of a distribution as plain rows: what the hub holds, and what stands in the vendors' systems.

Left out is what no repeat could or need give again: moments, numbers of attempts, and vendors' own ids,
for which the record's e-mail stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from leadline.hub import Hub
from leadline.hub.schema import metadata
from tests.crashes.rooms import Rooms

Rows = dict[str, list[str]]

_ANYTIME = frozenset(
    {
        "created_at", "updated_at", "first_seen_at", "decided_at", "started_at", "settled_at", "landed_at",
        "completed_at", "received_at", "queued_at", "sent_at", "assigned_at", "accepted_at", "ended_at",
        "linked_at", "at", "deleted_at", "attempts", "not_before", "job_id", "written_hash", "body_hash",
        "uri", "manifest_uri", "expires_at", "lead_at", "looked_at", "revision",
    }
)  # fmt: skip
_OF_A_RUN = frozenset(
    {"run_id", "first_run", "first_batch", "first_row", "updated_run", "batch_id", "task", "details", "stamp"}
)
_LEFT_OUT = frozenset({"mapping_version"})
_BY_RUN = frozenset({"run", "pull", "batch", "receipt", "source_file", "watermark"})
_ORG_STAMPS = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "LastActivityDate")
_LINKS = ("WhoId", "WhatId", "AccountId", "LeadId", "ContactId", "CampaignId")
_OBJECTS = ("Lead", "Contact", "Task", "CampaignMember", "Campaign")


def hub_side(hub: Hub, names: Mapping[str, str], *, runs_apart: bool) -> Rows:
    """Return the hub's rows by table, sorted, each as JSON.

    Args:
        names: Vendor id -> who it is.
        runs_apart: Which run did what counts too. Else rows of runs, batches and receipts are left out;
            but who became a lead, was filtered or quarantined is told all the same.
    """
    found: Rows = {}
    with hub.reading() as connection:
        for name, table in metadata.tables.items():
            if name in _LEFT_OUT or (name in _BY_RUN and not runs_apart):
                continue
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
            if name == "crm_job":  # how many plans and jobs there were is no matter, one to be resumed is
                rows = [row for row in rows if row["plan"] is not None]
            found[name] = _sorted(_hub_row(name, row, names, runs_apart) for row in rows)
        if not runs_apart:
            receipts = connection.execute(select(metadata.tables["receipt"])).all()
            found["outcomes"] = sorted(
                {
                    json.dumps([row.identity, row.outcome, row.lead_id, row.reasons])
                    for row in receipts
                    if row.outcome in ("new", "filtered", "quarantined")
                }
            )
    return found


def _hub_row(table: str, row: dict[str, Any], names: Mapping[str, str], runs_apart: bool) -> dict[str, Any]:
    left_out = _ANYTIME if runs_apart else _ANYTIME | _OF_A_RUN
    kept: dict[str, Any] = {}
    for column, value in row.items():
        if column in left_out:
            if column not in ("attempts", "not_before") and column not in _OF_A_RUN:
                kept[column] = value is not None
        elif column == "record_id" and table in ("crm_record", "event_delivery"):
            kept[column] = names.get(value or "", value)
        else:
            kept[column] = value
    kept.pop("job_id", None)
    if table == "history":  # `after` names records, batches and moments
        kept = {name: kept[name] for name in ("supplier", "lead_id", "kind", "actor")}
    if table == "writeback" and kept["body"]:
        kept["body"] = json.loads(kept["body"])
        kept["body"].pop("distribution_status_at", None)
    if table == "delivery" and kept["decision"]:
        kept["decision"] = json.loads(kept["decision"])
        decided = kept["decision"]["record_id"]
        kept["decision"]["record_id"] = names.get(decided or "", decided)
    return kept


def vendor_side(rooms: Rooms, orgs: Iterable[str], account: str) -> Rows:
    """Return the orgs' records by org and object, and the account's files."""
    found: Rows = {}
    names = vendor_names(rooms, orgs)
    for org in orgs:
        found[f"{org} counts"] = [json.dumps(rooms.counts(org), sort_keys=True)]
        for object_ in _OBJECTS:
            found[f"{org} {object_}"] = _sorted(_org_row(row, names) for row in rooms.rows(org, object_))
    found["files"] = _sorted(
        {"path": one["path"], "size": one["size"]}
        | ({} if one["path"].endswith(".error.txt") else {"sha256": one["sha256"], "mtime": one["mtime"]})
        for one in rooms.control.files(account)
    )
    return found


def vendor_names(rooms: Rooms, orgs: Iterable[str]) -> dict[str, str]:
    """Return who each id of the orgs is: object, e-mail or subject, and our own id if it has one."""
    names = {}
    for org in orgs:
        for object_ in _OBJECTS:
            for row in rooms.rows(org, object_):
                said = row.get("Email") or row.get("Subject") or row.get("Name")
                names[row["Id"]] = f"{org} {object_} {said} {row.get('Leadline_Id__c')}"
    return names


def _org_row(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in _ORG_STAMPS}
    for name in _LINKS:
        if kept.get(name):
            kept[name] = names.get(kept[name], kept[name])
    if "LL_Status_At__c" in kept:
        kept["LL_Status_At__c"] = True
    if str(kept.get("Leadline_Id__c", "")).startswith("D"):
        kept.pop("ActivityDate", None)  # of a note: the day on which its record was pushed
    return kept


def differences(expected: Rows, found: Rows) -> list[str]:
    """Return every row that one of them has and the other has not, as often as it has it."""
    told = []
    for table in sorted(expected.keys() | found.keys()):
        must, are = list(expected.get(table, ())), list(found.get(table, ()))
        for row in list(must):
            if row in are:
                must.remove(row)
                are.remove(row)
        told += [f"{table}: lacks {row}" for row in must] + [f"{table}: has besides {row}" for row in are]
    return told


def _sorted(rows: Iterable[Any]) -> list[str]:
    return sorted(json.dumps(row, default=str, sort_keys=True, ensure_ascii=False) for row in rows)
