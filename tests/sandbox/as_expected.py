"""Rooms filled as if everything had been pushed and written back just as the manifest says."""

from __future__ import annotations

import csv
import io
from typing import Any

from sandbox.comparison.told import FILE_COLUMNS
from sandbox.launch import RunningSandbox
from sandbox.seed.channel import make_channel
from sandbox.seed.plan import make_plan

OUR_ID = "A" + "0" * 24


def push_all(sandbox: RunningSandbox) -> None:
    """Make in every org and tenant the records that the pushes must make, and change the known ones."""
    number = 0
    orgs = {**make_plan().orgs, **make_channel().orgs}
    for name, org in orgs.items():
        for object_ in ("Lead", "Contact"):
            rows, tasks = [], []
            wanted = [one for one in org.records if one.object == object_ and one.origin == "created"]
            for one in wanted:
                number += 1
                values = {key: value for key, value in one.fields.items() if value is not None}
                rows.append(values | {"OwnerId": one.owner, "Leadline_Id__c": f"{OUR_ID}{number:07}"})
            ids = sandbox.control.act(name, "insert", object=object_, rows=rows)
            for one, id_ in zip(wanted, ids, strict=True):
                tasks += [{"WhoId": id_, "Subject": "Event", "Status": "Completed"}] * one.tasks
            sandbox.control.act(name, "insert", object="Task", rows=tasks)
        _change_known(sandbox, name, org.records)
    for name, tenant in make_channel().tenants.items():
        number = _push_tenant(sandbox, name, tenant, number)


def _change_known(sandbox: RunningSandbox, name: str, records: list[Any]) -> None:
    for object_ in ("Lead", "Contact"):
        there = {row.get("Email"): row for row in sandbox.control.records(name, object_)}
        for one in records:
            if (
                one.object == object_
                and one.origin != "created"
                and one.why not in ("same_phone", "converted")
            ):
                row = there.get(one.fields["Email"])
                if row is None:
                    continue
                values = {key: value for key, value in one.fields.items() if value is not None}
                sandbox.control.act(name, "update", id=row["Id"], values=values)
                tasks = [{"WhoId": row["Id"], "Subject": "Event", "Status": "Completed"}] * one.tasks
                sandbox.control.act(name, "insert", object="Task", rows=tasks)


def _push_tenant(sandbox: RunningSandbox, name: str, tenant: Any, number: int) -> int:
    vendor, control = tenant.partner.vendor, sandbox.control
    ours: dict[str, Any] = {"as": "appuser"} if vendor == "dynamics" else {}
    made: dict[str, list[str]] = {}
    for table in ("lead", "contact"):
        wanted = [one for one in tenant.records if (one.table, one.origin) == (table, "created")]
        rows = []
        for one in wanted:
            number += 1
            key = {"saleslink": "ExternalId", "dynamics": "ll_leadlineid"}[vendor]
            rows.append(_set(one.fields) | {key: f"{OUR_ID}{number:07}"})
        object_ = "Lead" if vendor == "saleslink" else table
        made[table] = control.do(vendor, name, "insert", object=object_, rows=rows, **ours) if rows else []
        if vendor == "dynamics":
            notes = [
                {"objectid": [table, id_], "subject": "Note"}
                for one, id_ in zip(wanted, made[table], strict=True)
                for _ in range(one.activities)
            ]
            control.do(vendor, name, "insert", object="annotation", rows=notes, **ours)
    for one in tenant.records:
        if one.origin in ("updated", "linked"):
            wanted_mail = {"emailaddress1": one.fields["emailaddress1"]}
            (row,) = control.do(vendor, name, "find", object=one.table, values=wanted_mail)
            id_ = row[f"{one.table}id"]
            told = {"object": one.table, "id": id_, "values": _set(one.fields)}
            control.do(vendor, name, "update", **told, **ours)
            notes = [{"objectid": [one.table, id_], "subject": "Note"}] * one.activities
            control.do(vendor, name, "insert", object="annotation", rows=notes, **ours)
    return number


def _set(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def tell_all(sandbox: RunningSandbox) -> None:
    """Write back to the suppliers with records and files what they must be told after the distribution."""
    suppliers = sandbox.control.manifest()["suppliers"]
    _tell_marketo(sandbox, suppliers["initech"]["write_back"])
    _tell_eloqua(sandbox, suppliers["umbrella"]["write_back"])
    for supplier in ("acme", "hooli"):
        columns = FILE_COLUMNS[supplier]
        sheet = io.StringIO()
        names = ("file", "line", "sequence", "status", "partner", "not_routed")
        writer = csv.writer(sheet, delimiter=";" if supplier == "hooli" else ",")
        writer.writerow([columns[name] for name in names])
        for one in suppliers[supplier]["write_back"]:
            label, routed = one["status"].capitalize(), "Not routed" if one["not_routed"] else ""
            writer.writerow([one["file"], one["line"], 1, label, one["partner"] or "", routed])
        sandbox.control.put_file("/outbox/status_1.csv", sheet.getvalue(), account=supplier)


def _told(one: dict[str, Any], status: str, partner: str, not_routed: str) -> dict[str, Any]:
    if not one["leads"]:
        return {}
    last = one["leads"][-1]
    label = "Not routed" if last["not_routed"] else None
    return {status: last["status"].capitalize(), partner: last["partner"], not_routed: label}


def _tell_marketo(sandbox: RunningSandbox, expected: list[dict[str, Any]]) -> None:
    leads = sandbox.control.do("marketo", "initech", "rows", object="lead")
    for lead, one in zip(leads, expected, strict=True):
        values = _told(one, "llDistributionStatus", "llPartner", "llNotRouted")
        if values:
            sandbox.control.do("marketo", "initech", "update", object="lead", id=lead["id"], values=values)


def _tell_eloqua(sandbox: RunningSandbox, expected: list[dict[str, Any]]) -> None:
    contacts = sandbox.control.do("eloqua", "umbrella", "rows", object="contact")
    for contact, one in zip(contacts, expected, strict=True):
        values = _told(one, "C_LL_Status1", "C_LL_Partner1", "C_LL_Not_Routed1")
        if values:
            told = {"object": "contact", "id": contact["id"], "values": values}
            sandbox.control.do("eloqua", "umbrella", "update", **told)


__all__ = ["OUR_ID", "push_all", "tell_all"]
