"""What the people of a subscription do, and what tests need to ask: actions by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .config import CHANNELS, OPPORTUNITY, ROLE
from .errors import Refused
from .people import NOT_A_MEMBER
from .stamps import read
from .store import Record, asset_stamp, shown, stamp

if TYPE_CHECKING:
    from .tenant import Subscription

Values = Mapping[str, Any]


def _insert(tenant: Subscription, object: str, rows: Sequence[Values]) -> list[Any]:
    """Add leads, lists, programs, or rows of an object; return their ids."""
    return [_INSERTS.get(object, _insert_object)(tenant, object, dict(row)) for row in rows]


def _insert_lead(tenant: Subscription, object: str, row: Record) -> int:  # noqa: ARG001
    """Add a lead; `list`, `program` (with `status`) and `at` hand it over at once."""
    at, list_id, program_id = row.pop("at", None), row.pop("list", None), row.pop("program", None)
    status = row.pop("status", "Member")
    lead = _known(lambda: tenant.people.create(row))
    if list_id is not None:
        tenant.people.join_list(list_id, lead["id"], _stamp(at))
    if program_id is not None:
        program = tenant.store.table("program")[str(program_id)]
        tenant.people.set_status(program, lead["id"], status, _stamp(at))
    return int(lead["id"])


def _insert_list(tenant: Subscription, object: str, row: Record) -> int:  # noqa: ARG001
    number, now = tenant.store.next("list", 1_001), stamp(tenant.store.now())
    entry = {"name": f"List {number}", "workspaceName": "Default", **row}
    tenant.store.put("list", str(number), {"id": number, **entry, "createdAt": now, "updatedAt": now})
    return number


def _insert_program(tenant: Subscription, object: str, row: Record) -> int:  # noqa: ARG001
    """Add a program; `tags` is a mapping of tag type to value."""
    number, now = tenant.store.next("program", 1_001), asset_stamp(tenant.store.now())
    tags = [{"tagType": name, "tagValue": value} for name, value in dict(row.pop("tags", {})).items()]
    entry = {
        "name": f"Program {number}",
        "description": "",
        "createdAt": now,
        "updatedAt": now,
        "url": f"https://app.example/#PG{number}A1",
        "type": "Default",
        "channel": next(iter(CHANNELS)),
        "folder": {"type": "Folder", "value": 17, "folderName": "Partner Programs"},
        "status": "",
        "workspace": "Default",
        "headStart": False,
        **row,
        "tags": tags,
        "costs": [],
    }
    tenant.store.put("program", str(number), {"id": number, **entry})
    return number


def _insert_object(tenant: Subscription, object: str, row: Record) -> str:
    """Add a row of a custom object, an opportunity or a role as it stands."""
    kinds = {"opportunity": OPPORTUNITY, "role": ROLE}
    kind: Any = kinds.get(object) or tenant.store.table("custom_object").get(object)
    if kind is None:
        raise LookupError(f"no object {object}")
    number, now = tenant.store.next("guid"), stamp(tenant.store.now())
    guid = f"00000000-0000-4000-8000-{number:012d}"
    body = {"marketoGUID": guid, **row, "createdAt": now, "updatedAt": now}
    tenant.store.put(f"object:{kind['name']}", guid, body)
    return guid


_INSERTS: dict[str, Callable[[Subscription, str, Record], Any]] = {
    "lead": _insert_lead,
    "list": _insert_list,
    "program": _insert_program,
}
_TABLES = {
    "lead": "lead",
    "list": "list",
    "program": "program",
    "member": "member",
    "list_member": "list_member",
    "activity": "activity",
    "job": "job",
    "opportunity": "object:opportunity",
    "role": "object:opportunityRole",
}


def _rows(tenant: Subscription, object: str, deleted: bool = False) -> list[Record]:  # noqa: ARG001
    """Return the rows of an object; what is deleted is gone for good here."""
    if object not in _TABLES and object not in tenant.store.table("custom_object"):
        raise LookupError(f"no object {object}; there are {', '.join(_TABLES)} and the custom objects")
    table = tenant.store.table(_TABLES.get(object, f"object:{object}"))
    return [shown(row) for row in table.values()]


def _update(tenant: Subscription, object: str, id: Any, values: Values) -> None:
    if object == "lead":
        _known(lambda: tenant.people.update(tenant.people.lead(id), values, "User edit"))
        return
    table = _TABLES.get(object, f"object:{object}")
    known = tenant.store.table(table)[str(id)]
    stamps = {"updatedAt": asset_stamp(tenant.store.now())} if object == "program" else {}
    changed = dict(values)
    if object == "program" and "tags" in changed:
        tags = [{"tagType": name, "tagValue": value} for name, value in changed["tags"].items()]
        changed["tags"] = tags
    tenant.store.put(table, str(id), {**known, **changed, **stamps})


def _delete(tenant: Subscription, object: str, id: Any) -> None:
    if object == "lead":
        _known(lambda: tenant.people.delete(id))
        return
    if tenant.store.drop(_TABLES.get(object, f"object:{object}"), str(id)) is None:
        raise LookupError(f"no {object} {id}")


def _merge(tenant: Subscription, winner: int, losers: Sequence[int]) -> None:
    _known(lambda: tenant.people.merge(winner, losers))


def _add_to_list(tenant: Subscription, list_id: int, lead_ids: Sequence[int], at: str | None = None) -> int:
    """Put leads on a list, at a time of one's own choice; return how many are new on it."""
    return sum(tenant.people.join_list(list_id, lead_id, _stamp(at)) for lead_id in lead_ids)


def _remove_from_list(tenant: Subscription, list_id: int, lead_ids: Sequence[int]) -> None:
    for lead_id in lead_ids:
        tenant.people.leave_list(list_id, lead_id)


def _set_status(
    tenant: Subscription, program_id: int, lead_ids: Sequence[int], status: str, at: str | None = None
) -> None:
    """Give leads a status in a program, as a flow step does: it may also go back."""
    program = tenant.store.table("program")[str(program_id)]
    for lead_id in lead_ids:
        _known(
            lambda lead_id=lead_id: tenant.people.set_status(  # type: ignore[misc]
                program, lead_id, status, _stamp(at), forward=False
            )
        )


def _remove_from_program(tenant: Subscription, program_id: int, lead_ids: Sequence[int]) -> None:
    _set_status(tenant, program_id, lead_ids, NOT_A_MEMBER)


def _log(
    tenant: Subscription,
    lead_id: int,
    type_id: int,
    value: str | None = None,
    attributes: Values | None = None,
    at: str | None = None,
) -> str:
    """Note an activity of a lead; return its GUID."""
    lead = tenant.people.lead(lead_id)
    entry = tenant.people.log(
        type_id, lead["id"], primary=(None, value), attributes=attributes, at=_stamp(at)
    )
    return str(entry["marketoGUID"])


def _set(tenant: Subscription, **settings: Any) -> None:
    """Set knobs: page_rows, missing_result, lag_seconds, rate_calls, rate_seconds, daily_quota, concurrency,
    denied, native_crm, unsupported_filters, bulk_bytes, list_feed_members, merge_moves_activities."""
    known = {
        "page_rows", "missing_result", "lag_seconds", "rate_calls", "rate_seconds", "daily_quota",
        "concurrency", "denied", "native_crm", "unsupported_filters", "bulk_bytes", "list_feed_members",
        "merge_moves_activities",
    }  # fmt: skip
    if unknown := sorted(set(settings) - known):
        raise ValueError(f"no knob {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    for name, value in settings.items():
        tenant.store.put("setting", name, {"value": value})


def _add_field(tenant: Subscription, **field: Any) -> None:
    added = [*tenant.store.setting("added_fields", []), {"id": 5_000, "label": field.get("name"), **field}]
    tenant.store.put("setting", "added_fields", {"value": added})


def _drop_field(tenant: Subscription, name: str) -> None:
    dropped = [*tenant.store.setting("dropped_fields", []), name]
    tenant.store.put("setting", "dropped_fields", {"value": dropped})


def _restore_field(tenant: Subscription, name: str) -> None:
    """Bring a dropped field back."""
    dropped = [one for one in tenant.store.setting("dropped_fields", []) if one != name]
    tenant.store.put("setting", "dropped_fields", {"value": dropped})


def _drop_object(tenant: Subscription, name: str) -> None:
    tenant.store.drop("custom_object", name)


def _drop_activity_type(tenant: Subscription, id: int) -> None:
    tenant.store.drop("custom_type", str(id))


def _age_jobs(tenant: Subscription, days: float) -> None:
    """Let export jobs be older by so many days."""
    for key, job in list(tenant.store.table("job").items()):
        older: Record = {
            name: stamp(read(job[name]) - timedelta(days=days))
            for name in ("createdAt", "queuedAt", "startedAt", "finishedAt")
            if name in job
        }
        tenant.store.put("job", key, {**job, **older})


def _set_usage(tenant: Subscription, used: int) -> None:
    tenant.limits.set_used(used)


def _expire_tokens(tenant: Subscription) -> None:
    tenant.tokens.expire()


def _counts(tenant: Subscription) -> dict[str, int]:
    return {name: len(tenant.store.table(table)) for name, table in _TABLES.items()}


def _stamp(at: str | None) -> str | None:
    return None if at is None else stamp(read(at))


def _known(do: Callable[[], Any]) -> Any:
    try:
        return do()
    except Refused as refused:
        raise LookupError(str(refused)) from None


ACTIONS: dict[str, Callable[..., Any]] = {
    "insert": _insert,
    "rows": _rows,
    "counts": _counts,
    "update": _update,
    "delete": _delete,
    "merge": _merge,
    "add_to_list": _add_to_list,
    "remove_from_list": _remove_from_list,
    "set_status": _set_status,
    "remove_from_program": _remove_from_program,
    "log": _log,
    "set": _set,
    "add_field": _add_field,
    "drop_field": _drop_field,
    "restore_field": _restore_field,
    "drop_object": _drop_object,
    "drop_activity_type": _drop_activity_type,
    "age_jobs": _age_jobs,
    "set_usage": _set_usage,
    "expire_tokens": _expire_tokens,
}
