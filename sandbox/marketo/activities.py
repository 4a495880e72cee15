"""The activity feed: types, paging tokens, activities, changes, deleted leads.

Source: developer.adobe.com/marketo-apis, "Activities" and "Paging tokens".
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from .calls import LARGEST_BATCH, Answer, Call
from .config import ACTIVITY_TYPES
from .cursors import decode, encode
from .errors import Refused
from .stamps import read
from .store import Record, shown, stamp

MOST_TYPES = 10
MOST_LEADS = 30


def custom_types(call: Call) -> list[Record]:
    """Return the custom activity types of the tenant."""
    return list(call.tenant.store.table("custom_type").values())


def types(call: Call) -> Answer:
    """Answer `activities/types.json`: standard and approved custom types."""
    own = [
        {
            "id": kind["id"],
            "name": kind["name"],
            "description": kind.get("description"),
            "apiName": kind["apiName"],
            "primaryAttribute": kind["primaryAttribute"],
            "attributes": kind["attributes"],
        }
        for kind in custom_types(call)
        if kind["status"] == "approved"
    ]
    entries: list[Any] = [*ACTIVITY_TYPES, *own]
    return Answer({"result": entries}, rows=len(entries))


def paging_token(call: Call) -> Answer:
    """Answer `activities/pagingtoken.json`."""
    since = read(call.wanted("sinceDatetime"))
    return Answer({"nextPageToken": encode({"at": stamp(since), "id": 0})})


def feed(call: Call) -> Answer:
    """Answer `activities.json`."""
    kinds = _ids(call, "activityTypeIds")
    if not kinds:
        raise Refused("1002", "Missing value for the required parameter 'activityTypeIds'")
    if len(kinds) > MOST_TYPES:
        raise Refused("1003", f"Too many activityTypeIds: at most {MOST_TYPES}")
    leads, assets, lists = _ids(call, "leadIds"), _ids(call, "assetIds"), _ids(call, "listId")
    if len(leads) > MOST_LEADS:
        raise Refused("1003", f"Too many leadIds: at most {MOST_LEADS}")
    members: set[int] | None = None
    if lists:
        rows = call.tenant.store.table("list_member").values()
        members = {row["leadId"] for row in rows if row["listId"] in lists}
        if len(members) >= call.tenant.store.setting("list_feed_members", 10_000):
            raise Refused("1003", "The list has too many members")

    def fits(entry: Record) -> bool:
        return (
            entry["activityTypeId"] in kinds
            and (not leads or entry["leadId"] in leads)
            and (not assets or entry["primaryAttributeValueId"] in assets)
            and (members is None or entry["leadId"] in members)
        )

    return _page(call, fits, shown)


def lead_changes(call: Call) -> Answer:
    """Answer `activities/leadchanges.json`: new leads and changes of the named fields."""
    names = call.values("fields")
    if not names:
        raise Refused("1002", "Missing value for the required parameter 'fields'")
    known = call.tenant.people.fields
    for name in names:
        if name not in known:
            raise Refused("1006", f"Field '{name}' not found")
    leads = _ids(call, "leadIds")

    def fits(entry: Record) -> bool:
        return (
            entry["activityTypeId"] == 12 or (entry["activityTypeId"] == 13 and entry["_field"] in names)
        ) and (not leads or entry["leadId"] in leads)

    def change(entry: Record) -> Record:
        values = {one["name"]: one["value"] for one in entry["attributes"]}
        body = {
            name: entry[name]
            for name in ("id", "marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId")
        }
        fields = []
        if entry["activityTypeId"] == 13:
            fields.append(
                {
                    "id": entry["primaryAttributeValueId"],
                    "name": entry["_field"],
                    "newValue": values.get("New Value"),
                    "oldValue": values.get("Old Value"),
                }
            )
        kept = [one for one in entry["attributes"] if one["name"] in ("Reason", "Source", "Source Type")]
        return {**body, "fields": fields, "attributes": kept}

    return _page(call, fits, change)


def deleted_leads(call: Call) -> Answer:
    """Answer `activities/deletedleads.json`."""
    return _page(call, lambda entry: entry["activityTypeId"] == 37, shown)


def _page(call: Call, fits: Callable[[Record], bool], show: Callable[[Record], Record]) -> Answer:
    state = decode(call.wanted("nextPageToken"))
    position = (str(state["at"]), int(state["id"]))
    if call.trouble("empty_page") is not None:  # no row, and more to come: the token goes on all the same
        body: dict[str, Any] = {"nextPageToken": encode(state), "moreResult": True}
        return Answer(body if call.trouble("empty_page").get("missing") else {**body, "result": []})  # type: ignore[union-attr]
    size = call.number("batchSize", LARGEST_BATCH, LARGEST_BATCH)
    size = min(size, int(call.tenant.store.setting("page_rows") or size))
    horizon = stamp(call.tenant.store.now() - timedelta(seconds=call.tenant.store.setting("lag_seconds", 0)))
    rows = sorted(
        (
            (entry["activityDate"], entry["id"], entry)
            for entry in call.tenant.store.table("activity").values()
            if fits(entry) and (entry["activityDate"], entry["id"]) > position and entry["_seen"] <= horizon
        ),
        key=lambda one: one[:2],
    )
    page, more = rows[:size], len(rows) > size
    after = {"at": page[-1][0], "id": page[-1][1]} if page else state
    body = {"nextPageToken": encode(after), "moreResult": more}
    if page:
        body["result"] = [show(entry) for _, _, entry in page]
    elif not call.tenant.store.setting("missing_result", True):
        body["result"] = []
    return Answer(body, rows=len(page))


def _ids(call: Call, name: str) -> Collection[int]:
    texts = call.values(name)
    if any(not text.isdigit() for text in texts):
        raise Refused("1003", f"Invalid value for '{name}'")
    return {int(text) for text in texts}
