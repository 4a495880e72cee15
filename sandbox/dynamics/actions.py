"""Functions and actions: who am I, many rows at once, lists, and what `sales` does.

Source: Microsoft Learn, Web API reference: WhoAmI, CreateMultiple, UpdateMultiple, UpsertMultiple,
AddMemberList, AddListMembersList, RemoveMemberList, RetrieveUserPrivileges.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from . import records
from .calls import PRIVILEGE_NAMES, Answer, Call
from .entities import add_member, change_row, existing, insert
from .errors import bad_payload, no_segment
from .faults import row_error
from .sales import close_opportunity, merge, qualify
from .schema import NAMESPACE, Table, metadata_id
from .values import KEYED, read_body


def who_am_i(call: Call) -> Answer:
    """Return the caller's ids."""
    unit = next(iter(call.store.tables["businessunit"]), "")
    organization = next(iter(call.store.tables["organization"]), "")
    body = {
        "@odata.context": f"{call.api}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse",
        "BusinessUnitId": unit,
        "UserId": call.user_id,
        "OrganizationId": organization,
    }
    return Answer(200, body)


def languages(call: Call) -> Answer:
    """Return the languages of the environment."""
    return Answer(200, {"@odata.context": f"{call.api}/$metadata", "LocaleIds": [1033]})


def version(call: Call) -> Answer:
    """Return the version of the service."""
    return Answer(200, {"@odata.context": f"{call.api}/$metadata", "Version": "9.2.26103.00146"})


def privileges(call: Call) -> Answer:
    """Return the privileges of the caller."""
    missing = {str(one).lower() for one in call.store.note("config", "missing_privileges") or []}
    names = sorted(
        f"prv{right}{PRIVILEGE_NAMES.get(table, table.capitalize())}"
        for table in call.schema.tables
        for right in ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign")
    )
    granted = [
        {"Depth": "Global", "PrivilegeId": metadata_id("privilege", name), "PrivilegeName": name}
        for name in dict.fromkeys(names)
        if name.lower() not in missing
    ]
    return Answer(
        200, {"@odata.context": f"{call.api}/$metadata", "RolePrivileges": granted}, rows=len(granted)
    )


def many(call: Call, table: Table, name: str) -> Answer:
    """Create, change or upsert rows, all of them or none."""
    targets = call.json.get("Targets")
    if not isinstance(targets, list) or not targets:
        raise bad_payload("The parameter 'Targets' is missing.")
    ids = []
    for number, target in enumerate(targets, start=1):
        if (
            not isinstance(target, Mapping)
            or target.get("@odata.type", "").lstrip("#") != f"{NAMESPACE}{table.name}"
        ):
            raise bad_payload("The property '@odata.type' is missing or names another type.")
        if refused := row_error(call.trouble.get("row_error"), number, target):
            raise refused
        body = {key: value for key, value in target.items() if not key.startswith("@")}
        if name == "CreateMultiple":
            call.need("Create", table.name)
            ids.append(insert(call, table, body))
        elif name == "UpdateMultiple":
            call.need("Write", table.name)
            record_id = str(body.pop(table.id_column, ""))
            records.update(call.store, table, record_id, read_body(call.store, table, body), call.writer)
        else:
            _upsert(call, table, target, body)
    if name == "CreateMultiple":
        context = f"{call.api}/$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"
        return Answer(200, {"@odata.context": context, "Ids": ids}, rows=len(targets))
    return Answer(204, rows=len(targets))


def _upsert(call: Call, table: Table, target: Mapping[str, Any], body: dict[str, Any]) -> None:
    found = KEYED.match(str(target.get("@odata.id", "")).rsplit("/", 1)[-1])
    key = found["key"] if found else str(body.pop(table.id_column, ""))
    if not key:
        keys = next(iter((call.store.note("keys", table.name) or {}).values()), {"columns": ["?"]})["columns"]
        key = ",".join(f"{name}='{str(body.get(name, '')).replace(chr(39), chr(39) * 2)}'" for name in keys)
    headers = {name: value for name, value in call.headers.items() if not name.startswith("if-")} | {
        "prefer": ""
    }
    change_row(replace(call, method="PATCH", body=json.dumps(body).encode(), headers=headers), table, key)


def member_of_list(call: Call, key: str, name: str) -> Answer:
    """Put a row on a list, or take it off."""
    table = call.schema.tables["list"]
    listed = existing(call, table, key)
    member_id = str(call.json.get("EntityId", "")).lower()
    if name == "RemoveMemberList":
        for one in list(call.store.find("listmember", "listid", listed["_id"])):
            if one["entityid"][1] == member_id:
                records.delete(call.store, call.schema.tables["listmember"], one["_id"])
        return Answer(204, rows=1)
    kind = {1: "account", 2: "contact", 4: "lead"}[int(listed["createdfromcode"])]
    existing(call, call.schema.tables[kind], member_id)
    made = add_member(call, listed, [kind, member_id])
    return Answer(
        200, {"@odata.context": f"{call.api}/$metadata#{NAMESPACE}AddMemberListResponse", "Id": made}, rows=1
    )


def members_of_list(call: Call) -> Answer:
    """Put several rows on a list."""
    listed = existing(call, call.schema.tables["list"], str((call.json.get("List") or {}).get("listid")))
    members = call.json.get("Members") or []
    for member in members:
        kind = str(member.get("@odata.type", "")).rsplit(".", 1)[-1]
        if kind not in call.schema.tables:
            raise bad_payload("A member has no '@odata.type'.")
        row = existing(call, call.schema.tables[kind], str(member.get(call.schema.tables[kind].id_column)))
        add_member(call, listed, [kind, str(row["_id"])])
    return Answer(204, rows=len(members))


_UNBOUND: Mapping[str, Callable[[Call], Answer]] = {
    "WhoAmI": who_am_i,
    "RetrieveAvailableLanguages": languages,
    "RetrieveVersion": version,
    "WinOpportunity": lambda call: close_opportunity(call, won=True),
    "LoseOpportunity": lambda call: close_opportunity(call, won=False),
    "Merge": merge,
    "AddListMembersList": members_of_list,
}


def unbound(name: str) -> Callable[[Call], Answer] | None:
    """Return the function or action of this name that is bound to nothing."""
    return _UNBOUND.get(name.removesuffix("()").removeprefix(NAMESPACE))


def bound(call: Call, table: Table, key: str | None, name: str) -> Answer:
    """Carry out an action on a set or a row."""
    name = name.removeprefix(NAMESPACE).split("(", 1)[0]
    if key is None and name in ("CreateMultiple", "UpdateMultiple", "UpsertMultiple"):
        return many(call, table, name)
    if key is not None and (table.name, name) == ("lead", "QualifyLead"):
        return qualify(call, table, key)
    if key is not None and table.name == "list" and name in ("AddMemberList", "RemoveMemberList"):
        return member_of_list(call, key, name)
    if key is not None and (table.name, name) == ("systemuser", "RetrieveUserPrivileges"):
        return privileges(call)
    raise no_segment(f"{NAMESPACE}{name}")
