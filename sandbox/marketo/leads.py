"""Leads over REST: describe, read by filter, create and update, delete, merge.

Source: developer.adobe.com/marketo-apis, "Leads" (help/rest-api/leads.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .calls import LARGEST_BATCH, Answer, Call, result, skipped
from .cursors import page_of
from .errors import Refused
from .store import Record

DEFAULT_FIELDS = ("id", "email", "updatedAt", "createdAt", "firstName", "lastName")
MOST_MATCHES = 1_000
ACTIONS = ("createOnly", "updateOnly", "createOrUpdate", "createDuplicate")


def describe(call: Call) -> Answer:
    """Answer `leads/describe`."""
    return result(
        [
            {
                "id": field.id,
                "displayName": field.label,
                "dataType": field.type,
                **({"length": field.length} if field.length else {}),
                "rest": {"name": field.name, "readOnly": field.read_only},
                "soap": {"name": field.name[:1].upper() + field.name[1:], "readOnly": field.read_only},
            }
            for field in call.tenant.people.fields.values()
        ]
        # An entry that REST cannot use has no `rest`.
        + [{"id": 9_999, "displayName": "SOAP only", "dataType": "string", "soap": {"name": "Old"}}]
    )


def describe2(call: Call) -> Answer:
    """Answer `leads/describe2`."""
    fields = call.tenant.people.fields.values()
    return result(
        [
            {
                "name": "API Lead",
                "searchableFields": [[field.name] for field in fields if field.searchable],
                "fields": [
                    {
                        "name": field.name,
                        "displayName": field.label,
                        "dataType": field.type,
                        **({"length": field.length} if field.length else {}),
                        "updateable": not field.read_only,
                        "crmManaged": False,
                    }
                    for field in fields
                ],
            }
        ]
    )


def shown(call: Call, leads: Iterable[Record], names: Sequence[str] = ()) -> list[Record]:
    """Return leads with the wanted fields; a field without a value is null, one that is not there refused."""
    known = call.tenant.people.fields
    names = list(dict.fromkeys(names or DEFAULT_FIELDS))
    for name in names:
        if name not in known:
            raise Refused("1006", f"Field '{name}' not found")
    return [{"id": lead["id"], **{name: lead.get(name) for name in names}} for lead in leads]


def by_filter(call: Call) -> Answer:
    """Answer `leads.json`."""
    name, values = call.wanted("filterType"), call.values("filterValues")
    if not values:
        raise Refused("1003", "filterValues not specified")
    if len(values) > LARGEST_BATCH:
        raise Refused("1003", f"Too many values in filterValues: {len(values)}")
    people = call.tenant.people
    field = people.fields.get(name)
    if field is None or not field.searchable:
        raise Refused("1003", f"Invalid filterType '{name}'")
    found: dict[int, Record] = {}
    for value in dict.fromkeys(values):
        found |= {lead["id"]: lead for lead in people.find(name, value)}
    if len(found) > MOST_MATCHES:
        raise Refused("1003", "Too many results match the filter")
    page, token = page_of(call, sorted(found.values(), key=lambda lead: int(lead["id"])))
    return result(shown(call, page, call.values("fields")), nextPageToken=token)


def by_id(call: Call, lead_id: str) -> Answer:
    """Answer `lead/{id}.json`."""
    return result(shown(call, [call.tenant.people.lead(lead_id)], call.values("fields")))


def sync(call: Call) -> Answer:
    """Answer `POST leads.json`: one result per row, in order, without numbers."""
    action = str(call.json.get("action") or "createOrUpdate")
    key = str(call.json.get("lookupField") or "email")
    if action not in ACTIONS:
        raise Refused("1003", f"Invalid action '{action}'")
    people, rows = call.tenant.people, call.inputs()
    if key not in people.fields or not people.fields[key].searchable:
        raise Refused("1011", f"Lookup field '{key}' is not supported")
    seen: set[str] = set()
    results = []
    for number, row in enumerate(rows, start=1):
        try:
            if fault := call.row_fault(number, row):
                raise fault
            results.append(_sync_row(call, row, action, key, seen))
        except Refused as refused:
            found = people.leads.get(str(row.get("id")))
            results.append(skipped(refused, **({"id": found["id"]} if found else {})))
    return result(results)


def _sync_row(call: Call, row: Record, action: str, key: str, seen: set[str]) -> dict[str, Any]:
    people = call.tenant.people
    values = {name: value for name, value in row.items() if name != "id"}
    if "id" in row and (action != "updateOnly" or key != "id"):
        raise Refused("1003", "Field 'id' may be used with 'updateOnly' and lookupField 'id' only")
    if action in ("createOnly", "createDuplicate"):
        if action == "createOnly" and row.get(key) and people.find(key, row[key]):
            raise Refused("1005")
        return {"id": people.create(values)["id"], "status": "created"}
    wanted = row.get(key)
    if wanted in (None, ""):
        raise Refused("1002", f"Missing value for the required parameter '{key}'")
    if str(wanted).casefold() in seen:
        raise Refused("1036")
    seen.add(str(wanted).casefold())
    found = people.find(key, wanted)
    if len(found) > 1:
        raise Refused("1007")
    if found:
        people.update(found[0], values)
        return {"id": found[0]["id"], "status": "updated"}
    if action == "updateOnly":
        raise Refused("1004")
    return {"id": people.create(values)["id"], "status": "created"}


def delete(call: Call) -> Answer:
    """Answer `leads/delete.json`."""
    if "json" in call.headers.get("content-type", "") and call.body.strip():
        ids = [row.get("id") for row in call.inputs()]
    else:
        ids = list(call.values("id"))
    results = []
    for lead_id in ids:
        try:
            call.tenant.people.delete(lead_id)
            results.append({"id": int(str(lead_id)), "status": "deleted"})
        except Refused as refused:
            results.append(skipped(refused, id=lead_id))
    return result(results)


def merge(call: Call, lead_id: str) -> Answer:
    """Answer `leads/{id}/merge.json`."""
    losers = call.values("leadIds", "leadId")
    if not losers:
        raise Refused("1002", "Missing value for the required parameter 'leadId'")
    call.tenant.people.merge(lead_id, losers)
    return Answer({})


def partitions(call: Call) -> Answer:  # noqa: ARG001
    """Answer `leads/partitions.json`."""
    return result([{"id": 1, "name": "Default", "description": "Initial system lead partition"}])
