"""Custom activities: their types, and adding to them; once added they stay as they are.

Source: developer.adobe.com/marketo-apis, "Custom activities".
"""

from __future__ import annotations

from typing import Any

from .calls import Answer, Call, result
from .errors import Refused
from .stamps import read
from .store import Record, shown, stamp
from .values import stored


def external_types(call: Call) -> Answer:
    """Answer `activities/external/types.json`."""
    return result([shown(kind) for kind in call.tenant.store.table("custom_type").values()])


def describe_type(call: Call, api_name: str) -> Answer:
    """Answer `activities/external/type/{apiName}/describe.json`."""
    return result([shown(_by_name(call, api_name))])


def create_type(call: Call) -> Answer:
    """Answer `activities/external/type.json`: a draft until it is approved."""
    body = call.json
    for name in ("apiName", "name", "triggerName", "filterName", "primaryAttribute"):
        if not body.get(name):
            raise Refused("1002", f"Missing value for the required parameter '{name}'")
    number = call.tenant.store.next("custom_type", 100_002)
    kind = {"attributes": [], **body, "id": number, "status": "draft"}
    call.tenant.store.put("custom_type", str(number), kind)
    return result([shown(kind)])


def approve_type(call: Call, api_name: str) -> Answer:
    """Answer `activities/external/type/{apiName}/approve.json`."""
    kind = _by_name(call, api_name)
    kept = call.tenant.store.put("custom_type", str(kind["id"]), {**kind, "status": "approved"})
    return result([shown(kept)])


def add(call: Call) -> Answer:
    """Answer `activities/external.json`: a refused row tells its reason in `errors`, not in `reasons`."""
    results: list[dict[str, Any]] = []
    for number, row in enumerate(call.inputs(), start=1):
        try:
            if fault := call.row_fault(number, row):
                raise fault
            results.append(_add(call, row))
        except Refused as refused:
            results.append({"status": "skipped", "errors": [refused.error()]})
    return result(results)


def _add(call: Call, row: Record) -> dict[str, Any]:
    for name in ("leadId", "activityDate", "activityTypeId"):
        if row.get(name) in (None, ""):
            raise Refused("1002", f"Missing value for the required parameter '{name}'")
    kind = call.tenant.store.table("custom_type").get(str(row["activityTypeId"]))
    if kind is None or kind["status"] != "approved":
        raise Refused("1003", f"Invalid activity type '{row['activityTypeId']}'")
    lead = call.tenant.people.lead(row["leadId"])
    primary = row.get("primaryAttributeValue")
    if primary in (None, ""):
        raise Refused("1002", "Missing value for the required parameter 'primaryAttributeValue'")
    known = {entry["apiName"]: entry for entry in kind["attributes"]}
    attributes: dict[str, Any] = {}
    for entry in row.get("attributes") or ():
        found = known.get(str(entry.get("apiName") or entry.get("name")))
        if found is None:
            raise Refused("1006", f"Attribute '{entry.get('apiName')}' not found")
        length = 2_000 if found["dataType"] == "text" else 255
        attributes[found["name"]] = stored(found["name"], found["dataType"], length, entry.get("value"))
    activity = call.tenant.people.log(
        int(kind["id"]),
        lead["id"],
        primary=(None, str(primary)),
        attributes=attributes,
        at=stamp(read(str(row["activityDate"]))),
    )
    return {"id": activity["id"], "marketoGUID": activity["marketoGUID"], "status": "added"}


def _by_name(call: Call, api_name: str) -> Record:
    for kind in call.tenant.store.table("custom_type").values():
        if kind["apiName"] == api_name:
            return kind
    raise Refused("1013", f"Custom activity type '{api_name}' not found")
