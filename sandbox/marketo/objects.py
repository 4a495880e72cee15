"""Custom objects, opportunities and opportunity roles: one way to describe, read, write and delete them.

Source: developer.adobe.com/marketo-apis, "Custom objects", "Opportunities", "Opportunity roles",
"Lead database" (read-only with a native CRM: 1018).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from .calls import LARGEST_BATCH, Answer, Call, result, skipped
from .config import OPPORTUNITY, ROLE
from .cursors import page_of
from .errors import Refused
from .store import Record, stamp
from .values import stored

ACTIONS = ("createOnly", "updateOnly", "createOrUpdate")
Handler = Callable[..., Answer]


def custom_objects(call: Call) -> Answer:
    """Answer `customobjects.json`."""
    return result([_described(kind) for kind in _custom(call).values()])


def describe_custom(call: Call, name: str) -> Answer:
    """Answer `customobjects/{api}/describe.json`."""
    return result([_described(_custom_kind(call, name))])


def read_custom(call: Call, name: str) -> Answer:
    """Answer `customobjects/{api}.json`."""
    return _read(call, _custom_kind(call, name))


def write_custom(call: Call, name: str) -> Answer:
    """Answer `POST customobjects/{api}.json`."""
    return _write(call, _custom_kind(call, name))


def delete_custom(call: Call, name: str) -> Answer:
    """Answer `customobjects/{api}/delete.json`."""
    return _delete(call, _custom_kind(call, name))


def _crm(kind: Mapping[str, Any], do: Callable[[Call, Mapping[str, Any]], Answer]) -> Handler:
    def handle(call: Call) -> Answer:
        if call.tenant.store.setting("native_crm", False):
            raise Refused("1018")
        return do(call, kind)

    return handle


def _custom(call: Call) -> dict[str, Record]:
    return call.tenant.store.table("custom_object")


def _custom_kind(call: Call, name: str) -> Record:
    found = _custom(call).get(name)
    if found is None:
        raise Refused("1013", f"Object '{name}' not found")
    return found


def _described(kind: Mapping[str, Any]) -> dict[str, Any]:
    own = [
        {"name": name, "displayName": name, "dataType": data, "updateable": False}
        for name, data in (("marketoGUID", "string"), ("createdAt", "datetime"), ("updatedAt", "datetime"))
    ]
    shown = {name: value for name, value in kind.items() if not name.startswith("_")}
    return {**shown, "fields": [*own, *kind["fields"]]}


def _describe(call: Call, kind: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    return result([_described(kind)])


def _table(kind: Mapping[str, Any]) -> str:
    return f"object:{kind['name']}"


def _read(call: Call, kind: Mapping[str, Any]) -> Answer:
    rows = list(call.tenant.store.table(_table(kind)).values())
    if "json" in call.headers.get("content-type", "") and call.body.strip():
        body = call.json
        wanted, fields = str(body.get("filterType")), list(body.get("fields") or ())
        asked = call.inputs()
        names = kind["dedupeFields"] if wanted == "dedupeFields" else [wanted]
        found = [row for row in rows if any(_same(row, one, names) for one in asked)]
    else:
        wanted, values, fields = call.wanted("filterType"), call.values("filterValues"), call.values("fields")
        name = kind["idField"] if wanted == "idField" else wanted
        if wanted == "dedupeFields" and len(kind["dedupeFields"]) == 1:
            name = kind["dedupeFields"][0]
        if [name] not in [list(one) for one in kind["searchableFields"]]:
            raise Refused("1003", f"Invalid filterType '{wanted}'")
        if not values or len(values) > LARGEST_BATCH:
            raise Refused("1003", "filterValues not specified, or too many")
        found = [row for row in rows if str(row.get(name)) in set(values)]
    page, token = page_of(call, found)
    default = [kind["idField"], *kind["dedupeFields"], "createdAt", "updatedAt"]
    names = list(dict.fromkeys([*(fields or default)]))
    for name in names:
        if name not in {"marketoGUID", "createdAt", "updatedAt"} | {one["name"] for one in kind["fields"]}:
            raise Refused("1006", f"Field '{name}' not found")
    return result(
        [
            {"seq": seq, "marketoGUID": row["marketoGUID"], **{name: row.get(name) for name in names}}
            for seq, row in enumerate(page)
        ],
        nextPageToken=token,
    )  # fmt: skip


def _write(call: Call, kind: Mapping[str, Any]) -> Answer:
    action = str(call.json.get("action") or "createOrUpdate")
    by = str(call.json.get("dedupeBy") or "dedupeFields")
    if action not in ACTIONS:
        raise Refused("1003", f"Invalid action '{action}'")
    names = [kind["idField"]] if by in ("idField", kind["idField"]) else list(kind["dedupeFields"])
    if names == [kind["idField"]] and action != "updateOnly":
        raise Refused("1003", "dedupeBy 'idField' goes with 'updateOnly'")
    seen: set[tuple[str, ...]] = set()
    results = []
    for seq, row in enumerate(call.inputs()):
        try:
            if fault := call.row_fault(seq + 1, row):
                raise fault
            results.append({"seq": seq, **_write_row(call, kind, row, action, names, seen)})
        except Refused as refused:
            results.append(skipped(refused, seq=seq))
    return result(results)


def _write_row(
    call: Call,
    kind: Mapping[str, Any],
    row: Record,
    action: str,
    names: list[str],
    seen: set[tuple[str, ...]],
) -> dict[str, Any]:
    for name in names:
        if row.get(name) in (None, ""):
            raise Refused("1002", f"Missing value for the required parameter '{name}'")
    key = tuple(str(row[name]) for name in names)
    if key in seen:
        raise Refused("1036")
    seen.add(key)
    table = call.tenant.store.table(_table(kind))
    known = next((one for one in table.values() if _same(one, row, names)), None)
    if known is None and action == "updateOnly":
        raise Refused("1013", "Object not found")
    if known is not None and action == "createOnly":
        raise Refused("1005", "Object already exists")
    values = _clean(kind, {name: value for name, value in row.items() if name != kind["idField"]})
    if kind["name"] == "opportunity" and known is None and not values.get("name"):
        raise Refused("701", "name cannot be blank")
    if kind["name"] == "opportunityRole" and known is None:
        deals = call.tenant.store.table(_table(OPPORTUNITY)).values()
        if not any(deal["externalOpportunityId"] == values["externalOpportunityId"] for deal in deals):
            raise Refused("1013", "Opportunity not found")
    if values.get("leadId") is not None and str(values["leadId"]) not in call.tenant.people.leads:
        raise Refused("1004", f"Lead '{values['leadId']}' not found")
    now = stamp(call.tenant.store.now())
    if known is None:
        guid = str(uuid.uuid4())
        call.tenant.store.put(
            _table(kind), guid, {"marketoGUID": guid, **values, "createdAt": now, "updatedAt": now}
        )
        return {"status": "created", "marketoGUID": guid}
    call.tenant.store.put(_table(kind), known["_id"], {**known, **values, "updatedAt": now})
    return {"status": "updated", "marketoGUID": known["marketoGUID"]}


def _clean(kind: Mapping[str, Any], values: Mapping[str, Any]) -> Record:
    fields = {one["name"]: one for one in kind["fields"]}
    found = {}
    for name, value in values.items():
        if name not in fields:
            raise Refused("1006", f"Field '{name}' not found")
        field = fields[name]
        length = 2_000 if field["dataType"] == "text" else field.get("length")
        found[name] = stored(name, field["dataType"], length, value)
    return found


def _delete(call: Call, kind: Mapping[str, Any]) -> Answer:
    by = str(call.json.get("deleteBy") or "dedupeFields")
    names = [kind["idField"]] if by in ("idField", kind["idField"]) else list(kind["dedupeFields"])
    results = []
    for seq, row in enumerate(call.inputs()):
        table = call.tenant.store.table(_table(kind))
        known = next((one for one in table.values() if _same(one, row, names)), None)
        if known is None:
            results.append(skipped(Refused("1013", "Object not found"), seq=seq))
        else:
            call.tenant.store.drop(_table(kind), known["_id"])
            results.append({"seq": seq, "status": "deleted", "marketoGUID": known["marketoGUID"]})
    return result(results)


def _same(one: Mapping[str, Any], other: Mapping[str, Any], names: list[str]) -> bool:
    return all(str(one.get(name)) == str(other.get(name)) for name in names)


describe_opportunities = _crm(OPPORTUNITY, _describe)
read_opportunities = _crm(OPPORTUNITY, _read)
write_opportunities = _crm(OPPORTUNITY, _write)
delete_opportunities = _crm(OPPORTUNITY, _delete)
describe_roles = _crm(ROLE, _describe)
read_roles = _crm(ROLE, _read)
write_roles = _crm(ROLE, _write)
delete_roles = _crm(ROLE, _delete)
