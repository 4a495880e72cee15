"""What sales people do to leads and opportunities: qualify, win, lose, merge.

Source: Microsoft Learn, Web API reference: QualifyLead, WinOpportunity, LoseOpportunity, Merge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import records
from .calls import Answer, Call
from .entities import existing
from .errors import Refused, bad_payload
from .schema import NAMESPACE, Table
from .values import GUID, KEYED, read_body


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
