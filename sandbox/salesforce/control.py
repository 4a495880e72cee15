"""What the control pages may ask of an org: actions by name, with JSON arguments and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import conversion, identifiers, records, reports, seeding
from .config import CustomField
from .org import Org
from .records import Writing
from .soql.selection import select


def act(org: Org, action: str, arguments: dict[str, Any]) -> Any:
    """Do one action and return what it tells.

    Raises:
        KeyError: There is no such action.
        Refused: The org says no.
    """
    with org.store.lock:
        return ACTIONS[action](org, **arguments)


def _insert(org: Org, object: str, rows: list[dict[str, Any]]) -> list[str]:
    return seeding.insert(org, object, rows)


def _rows(org: Org, object: str, deleted: bool = False) -> list[dict[str, Any]]:
    return seeding.rows(org, object, deleted=deleted)


def _query(org: Org, soql: str, deleted: bool = False) -> list[Any]:
    selection = select(org.store, soql, deleted=deleted)
    return [selection.write(row, "/services/data/v62.0") for row in selection.rows]


def _counts(org: Org) -> dict[str, int]:
    tables = org.store.tables
    return {name: sum(not row["IsDeleted"] for row in table.values()) for name, table in tables.items()}


def _update(org: Org, id: str, values: dict[str, Any], by: str | None = None) -> None:
    """Change a record by hand; `by` is the id of the user who does it, else the integration's."""
    sobject = org.store.schema.by_prefix(identifiers.normal(id))
    if sobject is None:
        raise KeyError(id)
    with org.store.transaction():
        records.update(org.store, sobject, id, values, _hand(org, by))


def _delete(org: Org, id: str) -> None:
    sobject = org.store.schema.by_prefix(identifiers.normal(id))
    if sobject is None:
        raise KeyError(id)
    with org.store.transaction():
        records.delete(org.store, sobject, id, _hand(org))


def _hand(org: Org, by: str | None = None) -> Writing:
    user = by or next(iter(org.user_ids.values()))
    return Writing(user, org.store.stamp(), assignment=False, allow_duplicates=True)


def _add_field(org: Org, **field: Any) -> None:
    for name in ("picklist", "reference_to"):
        field[name] = tuple(field.get(name, ()))
    org.store.schema.add_field(CustomField(**field))
    org.store.schema_changed()


def _drop_field(org: Org, object: str, name: str) -> None:
    org.store.schema.drop_field(object, name)
    org.store.schema_changed()


def _set_picklist(org: Org, object: str, name: str, values: list[str]) -> None:
    org.store.schema.set_picklist(object, name, values)
    org.store.schema_changed()


def _activate_assignment(org: Org, active: bool) -> None:
    with org.store.transaction():
        for rule in list(org.store.tables["AssignmentRule"].values()):
            org.store.put("AssignmentRule", {**rule, "Active": active})


def _set_user_active(org: Org, username: str, active: bool) -> None:
    with org.store.transaction():
        user = org.store.tables["User"][org.user_ids[username]]
        org.store.put("User", {**user, "IsActive": active, "SystemModstamp": org.store.stamp()})


def _end_sessions(org: Org) -> None:
    with org.store.transaction():
        org.sessions.clear()


def _set_usage(org: Org, used: int | None = None, maximum: int | None = None) -> dict[str, Any]:
    org.usage.set(used=used, maximum=maximum)
    return {"used": org.usage.used, "maximum": org.usage.maximum}


def _set_page_rows(org: Org, rows: int) -> None:
    org.page_rows = org.bulk_query_rows = rows


def _add_report(org: Org, name: str, object: str, columns: list[str], **more: str) -> str:
    return reports.add(org, name, object, columns, **more)


def _set_report_rows(org: Org, rows: int) -> None:
    org.report_rows = rows


def _expire_cursors(org: Org) -> None:
    org.cursors.expire()


def _convert(org: Org, lead_id: str, **options: Any) -> dict[str, str | None]:
    return conversion.convert(org, lead_id, **options)


def _merge(org: Org, object: str, master_id: str, lesser_ids: list[str]) -> None:
    conversion.merge(org, object, master_id, *lesser_ids)


def _undelete(org: Org, id: str) -> None:
    conversion.undelete(org, id)


def _reset(org: Org) -> None:
    org.reset()


ACTIONS: dict[str, Callable[..., Any]] = {
    "insert": _insert,
    "rows": _rows,
    "query": _query,
    "counts": _counts,
    "update": _update,
    "delete": _delete,
    "undelete": _undelete,
    "convert": _convert,
    "merge": _merge,
    "add_field": _add_field,
    "drop_field": _drop_field,
    "set_picklist": _set_picklist,
    "activate_assignment": _activate_assignment,
    "set_user_active": _set_user_active,
    "end_sessions": _end_sessions,
    "set_usage": _set_usage,
    "set_page_rows": _set_page_rows,
    "add_report": _add_report,
    "set_report_rows": _set_report_rows,
    "expire_cursors": _expire_cursors,
    "reset": _reset,
}
