"""Programs of the asset API, their channels and tags, and who is in them.

Source: developer.adobe.com/marketo-apis, "Programs", "Program members", "Smart campaigns".
"""

from __future__ import annotations

from datetime import timedelta

from .calls import Answer, Call, no_assets, result, skipped
from .config import CHANNELS, MEMBER_FIELDS, TAG_TYPES
from .cursors import page_of
from .errors import Refused
from .leads import shown as shown_leads
from .stamps import read
from .store import Record, asset_stamp, shown
from .values import stored

MOST_ASSETS = 200


def browse(call: Call) -> Answer:
    """Answer `programs.json`: paged by offset, without tags; the end is an answer without `result`."""
    size = call.number("maxReturn", 20, MOST_ASSETS)
    offset = int(call.value("offset") or 0)
    rows = sorted(call.tenant.store.table("program").values(), key=lambda entry: int(entry["id"]))
    for name, keeps in (("earliestUpdatedAt", 1), ("latestUpdatedAt", -1)):
        if text := call.value(name):
            bound = read(text)
            rows = [one for one in rows if (read(one["updatedAt"]) - bound).total_seconds() * keeps >= 0]
    page = rows[offset : offset + size]
    return result([_listed(entry) for entry in page]) if page else no_assets()


def one(call: Call, program_id: str) -> Answer:
    """Answer `program/{id}.json`, with its tags."""
    found = call.tenant.store.table("program").get(program_id)
    return result([shown(found)]) if found else no_assets()


def by_name(call: Call) -> Answer:
    """Answer `program/byName.json`."""
    name = call.wanted("name")
    found = [entry for entry in call.tenant.store.table("program").values() if entry["name"] == name]
    return result([shown(entry) for entry in found]) if found else no_assets()


def channels(call: Call) -> Answer:  # noqa: ARG001
    """Answer `channels.json`."""
    return result(
        [
            {
                "id": number,
                "name": name,
                "applicableProgramType": "program",
                "progressionStatuses": [
                    {"name": status, "step": step, "success": success, "hidden": False, "type": None}
                    for status, step, success in statuses
                ],
            }
            for number, (name, statuses) in enumerate(CHANNELS.items(), start=1)
        ]
    )


def tag_types(call: Call) -> Answer:
    """Answer `tagTypes.json`."""
    rows = call.tenant.store.table("program").values()
    names = sorted({tag["tagType"] for row in rows for tag in row["tags"]} | set(TAG_TYPES))
    return result(
        [{"tagType": name, "applicableProgramTypes": "program", "required": False} for name in names]
    )


def members(call: Call, program_id: str) -> Answer:
    """Answer `programs/{id}/members.json`."""
    program = _known(call, program_id)
    kind = call.wanted("filterType")
    rows = _members(call, program)
    if kind == "updatedAt":
        start, end = read(call.wanted("startAt")), read(call.wanted("endAt"))
        if end - start > timedelta(days=7):
            raise Refused("1003", "The range of updatedAt exceeds 7 days")
        rows = [row for row in rows if start <= read(row["updatedAt"]) <= end]
    else:
        values = set(call.values("filterValues"))
        if kind not in {"leadId", "statusName", "reachedSuccess", *MEMBER_FIELDS} or not values:
            raise Refused("1003", f"Invalid filterType '{kind}'")
        rows = [row for row in rows if str(row.get(kind)) in values]
    page, token = page_of(call, rows)
    names = call.values("fields")
    default = ("leadId", "programId", "reachedSuccess", "acquiredBy", "membershipDate")
    return result(
        [
            {"seq": number, **{name: row.get(name) for name in (*default, *names)}}
            for number, row in enumerate(page)
        ],
        nextPageToken=token,
        moreResult=token is not None,
    )


def describe_members(call: Call) -> Answer:  # noqa: ARG001
    """Answer `programs/members/describe.json`."""
    return result(
        [
            {
                "name": "API Program Membership",
                "dedupeFields": ["leadId", "programId"],
                "searchableFields": [["leadId"], ["statusName"], ["reachedSuccess"]],
                "fields": [
                    {
                        "name": name,
                        "displayName": name,
                        "dataType": "string",
                        "length": 255,
                        "updateable": True,
                    }
                    for name in ("statusName", *MEMBER_FIELDS)
                ],
            }
        ]
    )


def write_members(call: Call, program_id: str) -> Answer:
    """Answer `POST programs/{id}/members.json`: fields of members."""
    program = _known(call, program_id)
    results = []
    for number, row in enumerate(call.inputs()):
        try:
            if fault := call.row_fault(number + 1, row):
                raise fault
            known = call.tenant.store.table("member").get(f"{program['id']}:{row.get('leadId')}")
            if known is None:
                call.tenant.people.lead(row.get("leadId"))
                raise Refused("1013", "Membership not found")
            values = {name: value for name, value in row.items() if name != "leadId"}
            if unknown := sorted(set(values) - set(MEMBER_FIELDS)):
                raise Refused("1006", f"Field '{unknown[0]}' not found")
            clean = {name: stored(name, "string", 255, value) for name, value in values.items()}
            call.tenant.store.put("member", known["_id"], {**known, **clean})
            results.append({"seq": number, "status": "updated", "leadId": known["leadId"]})
        except Refused as refused:
            results.append(skipped(refused, seq=number, leadId=row.get("leadId")))
    return result(results)


def set_status(call: Call, program_id: str) -> Answer:
    """Answer `POST programs/{id}/members/status.json`."""
    return _set_status(call, program_id, call.json.get("statusName"), "leadId")


def set_status_of_old(call: Call, program_id: str) -> Answer:
    """Answer the older `POST leads/programs/{id}/status.json`."""
    return _set_status(call, program_id, call.json.get("status"), "id")


def _set_status(call: Call, program_id: str, status: object, key: str) -> Answer:
    program = _known(call, program_id)
    if not status:
        raise Refused("1002", "Missing value for the required parameter 'statusName'")
    results = []
    for number, row in enumerate(call.inputs()):
        place = {"seq": number, "leadId": row.get(key)} if key == "leadId" else {"id": row.get(key)}
        try:
            if fault := call.row_fault(number + 1, row):
                raise fault
            known = f"{program['id']}:{row.get(key)}" in call.tenant.store.table("member")
            call.tenant.people.set_status(program, row.get(key), str(status))
            results.append({**place, "status": "updated" if known else "created"})
        except Refused as refused:
            results.append(skipped(refused, **place))
    return result(results)


def leads_of(call: Call, program_id: str) -> Answer:
    """Answer the older `leads/programs/{id}.json`: leads with their membership."""
    rows = _members(call, _known(call, program_id))
    page, token = page_of(call, rows)
    names = call.values("fields")
    found = []
    for row in page:
        lead = shown_leads(call, [call.tenant.people.lead(row["leadId"])], names)[0]
        membership = {
            "progressionStatus": row["statusName"],
            "membershipDate": row["membershipDate"],
            "reachedSuccess": row["reachedSuccess"],
        }
        found.append({**lead, "membership": membership})
    return result(found, nextPageToken=token)


def campaigns(call: Call) -> Answer:
    """Answer `campaigns.json`: one smart campaign per program."""
    programs = sorted(call.tenant.store.table("program").values(), key=lambda entry: int(entry["id"]))
    rows = [
        {
            "id": 100_000 + program["id"],
            "name": f"{program['name']} run",
            "type": "batch",
            "programName": program["name"],
            "workspaceName": "Default",
            "createdAt": program["createdAt"].removesuffix("+0000"),
            "updatedAt": program["updatedAt"].removesuffix("+0000"),
            "active": False,
        }
        for program in programs
    ]
    page, token = page_of(call, rows)
    return result(page, nextPageToken=token)


def touch(program: Record, now: object) -> Record:
    """Return a program as changed now."""
    return {**program, "updatedAt": asset_stamp(now)}  # type: ignore[arg-type]


def _members(call: Call, program: Record) -> list[Record]:
    rows = call.tenant.store.table("member").values()
    found = [row for row in rows if row["programId"] == program["id"]]
    return sorted(found, key=lambda row: int(row["leadId"]))


def _listed(program: Record) -> Record:
    return {name: value for name, value in shown(program).items() if name not in ("tags", "costs")}


def _known(call: Call, program_id: str) -> Record:
    found = call.tenant.store.table("program").get(program_id)
    if found is None:
        raise Refused("1013", f"Program '{program_id}' not found")
    return found
