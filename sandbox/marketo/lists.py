"""Static lists and who is on them. Both `list/…` and `lists/…` exist.

Source: developer.adobe.com/marketo-apis, "Static lists" and "List membership".
"""

from __future__ import annotations

from .calls import LARGEST_BATCH, Answer, Call, result, skipped
from .cursors import page_of
from .errors import Refused
from .leads import shown as shown_leads
from .store import Record, shown


def browse(call: Call) -> Answer:
    """Answer `lists.json`."""
    ids, names = call.values("id"), set(call.values("name"))
    rows = [
        entry
        for entry in call.tenant.store.table("list").values()
        if (not ids or str(entry["id"]) in ids) and (not names or entry["name"] in names)
    ]
    page, token = page_of(call, sorted(rows, key=lambda entry: int(entry["id"])))
    return result([shown(entry) for entry in page], nextPageToken=token)


def one(call: Call, list_id: str) -> Answer:
    """Answer `lists/{id}.json`."""
    return result([shown(_known(call, list_id))])


def members(call: Call, list_id: str) -> Answer:
    """Answer the members, with a token for the next page and no `moreResult`."""
    _known(call, list_id)
    rows = [
        call.tenant.people.lead(row["leadId"])
        for row in call.tenant.store.table("list_member").values()
        if row["listId"] == int(list_id)
    ]
    page, token = page_of(call, sorted(rows, key=lambda lead: int(lead["id"])))
    return result(shown_leads(call, page, call.values("fields")), nextPageToken=token)


def add(call: Call, list_id: str) -> Answer:
    """Put leads on a list."""
    return _each(call, list_id, join=True)


def remove(call: Call, list_id: str) -> Answer:
    """Take leads from a list."""
    return _each(call, list_id, join=False)


def is_member(call: Call, list_id: str) -> Answer:
    """Answer `ismember.json`."""
    _known(call, list_id)
    known = call.tenant.store.table("list_member")
    rows = []
    for lead_id in _lead_ids(call):
        if lead_id not in call.tenant.people.leads:
            rows.append(skipped(Refused("1004"), id=int(lead_id)))
        else:
            word = "memberof" if f"{list_id}:{lead_id}" in known else "notmemberof"
            rows.append({"id": int(lead_id), "status": word})
    return result(rows)


def _each(call: Call, list_id: str, *, join: bool) -> Answer:
    _known(call, list_id)
    rows = []
    for lead_id in _lead_ids(call):
        if lead_id not in call.tenant.people.leads:
            rows.append(skipped(Refused("1004"), id=int(lead_id)))
            continue
        if join:
            call.tenant.people.join_list(list_id, lead_id)
            rows.append({"id": int(lead_id), "status": "added"})
        elif call.tenant.people.leave_list(list_id, lead_id):
            rows.append({"id": int(lead_id), "status": "removed"})
        else:
            rows.append(skipped(Refused("1013", "Lead not in list"), id=int(lead_id)))
    return result(rows)


def _lead_ids(call: Call) -> list[str]:
    ids = call.values("id")
    if not ids and "json" in call.headers.get("content-type", ""):
        ids = [str(row.get("id")) for row in call.inputs()]
    if not ids:
        raise Refused("1002", "Missing value for the required parameter 'id'")
    if len(ids) > LARGEST_BATCH or any(not lead_id.isdigit() for lead_id in ids):
        raise Refused("1003", "Invalid value for 'id'")
    return ids


def _known(call: Call, list_id: str) -> Record:
    found = call.tenant.store.table("list").get(list_id)
    if found is None:
        raise Refused("1013", f"List '{list_id}' not found")
    return found
