"""Functions and actions: who am I, many rows at once, qualifying, closing, merging, lists.

Source: Microsoft Learn, Web API reference: WhoAmI, CreateMultiple, UpdateMultiple, UpsertMultiple,
QualifyLead,
WinOpportunity, LoseOpportunity, Merge, AddMemberList, AddListMembersList, RemoveMemberList,
RetrieveUserPrivileges.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from . import records
from .calls import PRIVILEGE_NAMES, Answer, Call
from .entities import add_member, change_row, existing, insert
from .errors import Refused, bad_payload, no_segment
from .faults import row_error
from .schema import Table, metadata_id
from .values import GUID, KEYED, read_body

NAMESPACE = "Microsoft.Dynamics.CRM."


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


def qualify(call: Call, table: Table, key: str) -> Answer:
    """Qualify a lead: it becomes an account, a contact and an opportunity, as asked."""
    call.need("Write", "lead")
    lead, body = existing(call, table, key), call.json
    made = qualify_lead(call, lead, body)
    context = f"{call.api}/$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)"
    value = [
        {"@odata.type": f"#{NAMESPACE}{name}", call.schema.tables[name].id_column: record_id}
        for name, record_id in made.items()
    ]
    return Answer(200, {"@odata.context": context, "value": value}, rows=len(value))


def qualify_lead(call: Call, lead: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, str]:
    """Return what a qualified lead became: table -> id."""
    store, tables = call.store, call.schema.tables
    if lead.get("statecode") != 0:
        raise Refused("0x80040265", "The lead is already closed.", 400)
    status = int(body.get("Status", -1))
    reason = tables["lead"].states[1][1][0] if status == -1 else status
    made: dict[str, str] = {}
    copied = (
        "emailaddress1",
        "telephone1",
        "address1_line1",
        "address1_city",
        "address1_country",
        "description",
    )
    shared = {name: lead[name] for name in copied if name in lead}
    owner = {"ownerid": lead["ownerid"], "originatingleadid": ["lead", lead["_id"]]}
    if body.get("CreateAccount") and lead.get("companyname"):
        account = {name: value for name, value in shared.items() if name in tables["account"].columns}
        made["account"] = records.create(
            store, tables["account"], account | owner | {"name": lead["companyname"]}, call.writer
        )
    if body.get("CreateContact"):
        person = {
            name: lead[name] for name in ("firstname", "lastname", "jobtitle", "mobilephone") if name in lead
        }
        parent = {"parentcustomerid": ["account", made["account"]]} if "account" in made else {}
        made["contact"] = records.create(
            store, tables["contact"], shared | person | owner | parent, call.writer
        )
    changes: dict[str, Any] = {"statecode": 1, "statuscode": reason}
    if body.get("CreateOpportunity"):
        made["opportunity"] = _opportunity(call, lead, made, owner)
        changes["qualifyingopportunityid"] = ["opportunity", made["opportunity"]]
    if "contact" in made:
        changes["parentcontactid"] = ["contact", made["contact"]]
    if "account" in made:
        changes["parentaccountid"] = ["account", made["account"]]
    row = {name: value for name, value in lead.items() if not name.startswith("_")} | changes
    # In one step: a qualified lead takes no other change.
    row |= {"modifiedon": store.stamp(), "modifiedby": ["systemuser", call.user_id]}
    row["versionnumber"] = store.count("version")
    store.put("lead", str(lead["_id"]), row)
    return made


def _opportunity(
    call: Call, lead: Mapping[str, Any], made: Mapping[str, str], owner: Mapping[str, Any]
) -> str:
    values: dict[str, Any] = dict(owner) | {
        "name": lead.get("subject") or lead.get("fullname") or "Opportunity"
    }
    currency = next(iter(call.store.tables["transactioncurrency"]), None)
    if currency:
        values["transactioncurrencyid"] = ["transactioncurrency", currency]
    if "estimatedamount" in lead:
        values["estimatedvalue"] = lead["estimatedamount"]
    if "contact" in made:
        values |= {
            "parentcontactid": ["contact", made["contact"]],
            "customerid": ["contact", made["contact"]],
        }
    if "account" in made:
        values |= {
            "parentaccountid": ["account", made["account"]],
            "customerid": ["account", made["account"]],
        }
    return records.create(call.store, call.schema.tables["opportunity"], values, call.writer)


def close_opportunity(call: Call, won: bool) -> Answer:
    """Close an opportunity as won or lost."""
    body = call.json
    close = body.get("OpportunityClose") or {}
    reference = str(close.get("opportunityid@odata.bind") or "")
    found = KEYED.match(reference.rsplit("/", 1)[-1]) or GUID.search(
        str((close.get("opportunityid") or {}).get("opportunityid", ""))
    )
    if not found:
        raise bad_payload("The parameter 'OpportunityClose' names no opportunity.")
    key = found["key"] if "key" in found.re.groupindex else found[0]
    row = existing(call, call.schema.tables["opportunity"], key)
    close_as(call, row, won, int(body.get("Status", -1)), close.get("actualrevenue"))
    return Answer(204, rows=1)


def close_as(call: Call, row: Mapping[str, Any], won: bool, status: int, revenue: Any = None) -> None:
    """Close an opportunity."""
    table = call.schema.tables["opportunity"]
    if row.get("statecode") != 0:
        raise Refused("0x80040265", "The opportunity is already closed.", 400)
    state = 1 if won else 2
    reason = table.states[state][1][0] if status == -1 else status
    changes = {"statecode": state, "statuscode": reason, "actualclosedate": call.store.stamp()[:10]}
    changes["actualvalue"] = revenue if revenue is not None else row.get("estimatedvalue") or 0
    changes["closeprobability"] = 100 if won else 0
    records.update(call.store, table, str(row["_id"]), changes, call.writer)


def merge(call: Call) -> Answer:
    """Merge two leads, contacts or accounts."""
    target, loser = call.json.get("Target") or {}, call.json.get("Subordinate") or {}
    name = str(target.get("@odata.type", "")).rsplit(".", 1)[-1]
    table = call.schema.tables.get(name)
    if table is None or "masterid" not in table.columns:
        raise bad_payload("The parameter 'Target' names nothing that can be merged.")
    content = call.json.get("UpdateContent") or {}
    changes = {
        key: value for key, value in content.items() if not key.startswith("@") and key != table.id_column
    }
    winner = existing(call, table, str(target.get(table.id_column)))
    lost = existing(call, table, str(loser.get(table.id_column)))
    merge_rows(call, table, str(winner["_id"]), str(lost["_id"]), read_body(call.store, table, changes))
    return Answer(204, rows=2)


def merge_rows(call: Call, table: Table, winner: str, loser: str, changes: Mapping[str, Any]) -> None:
    """Leave the loser inactive, pointing to the winner."""
    if changes:
        records.update(call.store, table, winner, changes, call.writer)
    state = 2 if table.name == "lead" else 1
    values: dict[str, Any] = {"statecode": state, "statuscode": table.states[state][1][0]}
    values |= {"merged": True, "masterid": [table.name, winner]}
    row = {
        name: value
        for name, value in (call.store.get(table.name, loser) or {}).items()
        if not name.startswith("_")
    }
    row |= values | {"modifiedon": call.store.stamp(), "modifiedby": ["systemuser", call.user_id]}
    row["versionnumber"] = call.store.count("version")
    call.store.put(table.name, loser, row)


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
