"""Rooms filled as if everything had been pushed and written back just as the manifest says."""

from __future__ import annotations

from typing import Any

from sandbox.launch import RunningSandbox
from sandbox.orgs import OWNER_ID
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
            if one.object == object_ and one.origin != "created" and one.why not in ("same_phone", "converted"):
                row = there.get(one.fields["Email"])
                if row is None:
                    continue
                values = {key: value for key, value in one.fields.items() if value is not None}
                sandbox.control.act(name, "update", id=row["Id"], values=values)
                tasks = [{"WhoId": row["Id"], "Subject": "Event", "Status": "Completed"}] * one.tasks
                sandbox.control.act(name, "insert", object="Task", rows=tasks)


def _push_tenant(sandbox: RunningSandbox, name: str, tenant: Any, number: int) -> int:
    vendor, control = tenant.partner.vendor, sandbox.control
    for one in tenant.records:
        values = {key: value for key, value in one.fields.items() if value is not None}
        if one.origin == "created":
            number += 1
            if vendor == "saleslink":
                row = values | {"ExternalId": f"{OUR_ID}{number:07}", "Source": "Leadline"}
                (made,) = control.do(vendor, name, "insert", object="Lead", rows=[row])
            else:
                row = values | {"ll_leadlineid": f"{OUR_ID}{number:07}"}
                told = {"object": one.table, "rows": [row], "as": "appuser"}
                (made,) = control.do(vendor, name, "insert", **told)
        elif one.origin in ("updated", "linked"):
            email = one.fields["emailaddress1"]
            (row,) = control.do(vendor, name, "find", object=one.table, values={"emailaddress1": email})
            made = row[f"{one.table}id"]
            told = {"object": one.table, "id": made, "values": values, "as": "appuser"}
            control.do(vendor, name, "update", **told)
        else:
            continue
        if vendor == "dynamics":
            for _ in range(one.activities):
                note = {"objectid": [one.table, made], "subject": "Note"}
                control.do(vendor, name, "insert", object="annotation", rows=[note], **{"as": "appuser"})
    return number


__all__ = ["OUR_ID", "OWNER_ID", "push_all"]
