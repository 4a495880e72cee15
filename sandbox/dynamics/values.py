"""From the JSON of a body to the values of columns, refused as Dataverse refuses them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from .errors import Refused, bad_payload, no_record
from .schema import Column, Table
from .store import Store

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
KEYED = re.compile(r"(?P<set>\w+)\((?P<key>.*)\)\Z", re.DOTALL)
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^']|'')*)'|([^,']+))\s*(?:,|\Z)")


def read_body(store: Store, table: Table, body: Any) -> dict[str, Any]:
    """Return the columns that a body sets.

    Raises:
        Refused: A property is undeclared, or a value does not fit its column.
    """
    if not isinstance(body, Mapping):
        raise bad_payload("the body is not a JSON object")
    found: dict[str, Any] = {}
    hidden = store.note("hidden", table.name) or ()
    for name, value in body.items():
        if name.startswith("@") or ("@" in name and not name.endswith("@odata.bind")):
            continue
        if name.endswith("@odata.bind"):
            column, lookup = bind(store, table, name.removesuffix("@odata.bind"), value)
            found[column.name] = lookup
            continue
        column_ = table.columns.get(name)
        if column_ is None and name in table.navigation and value is None:
            found[table.navigation[name][0].name] = None
            continue
        if name in hidden or column_ is None or (column_.kind == "L" and value is not None):
            text = (
                "InnerException : Microsoft.OData.ODataException: An undeclared property"
                f" '{name}' which only has property annotations in the payload but no property value"
                " was found in the payload."
            )
            raise bad_payload(text)
        if column_.kind == "K" or column_.name in ("createdon", "modifiedon", "versionnumber"):
            continue  # ignored in a body, as far as anybody has seen
        found[name] = read_value(table, column_, value)
    return found


def bind(store: Store, table: Table, name: str, value: Any) -> tuple[Column, list[str] | None]:
    """Return the lookup that `<name>@odata.bind` sets, and the row it points to."""
    if name not in table.navigation:
        text = f"An undeclared property '{name}' which only has property annotations in the payload"
        raise bad_payload(f"{text} but no property value was found in the payload.")
    column, targets = table.navigation[name]
    if value is None:
        return column, None
    return column, resolve(store, str(value), targets)


def resolve(store: Store, reference: str, targets: tuple[str, ...]) -> list[str]:
    """Return `[table, id]` of `/contacts(<guid>)`, of a key in its place, or of the whole URL of one."""
    path = reference.split("/api/data/", 1)[-1]
    found = KEYED.match(path.rsplit("/", 1)[-1] if path.count("/") else path)
    table = store.schema.by_set.get(found["set"]) if found else None
    if found is None or table is None or (targets and table.name not in targets):
        raise bad_payload(f"'{reference}' is no reference to {' or '.join(targets) or 'a row'}")
    record_id = row_id(store, table, found["key"])
    if record_id is None or store.get(table.name, record_id) is None:
        raise no_record(table.name, record_id or found["key"])
    return [table.name, record_id]


def row_id(store: Store, table: Table, key: str) -> str | None:
    """Return the id that a key in parentheses names: a guid, or the values of an alternate key."""
    text = key.strip().strip("{}")
    if GUID.fullmatch(text):
        return text.lower()
    if text.startswith(f"{table.id_column}="):
        return text.split("=", 1)[1].strip().lower()
    row = keyed_row(store, table, read_key(store, table, key))
    return None if row is None else str(row["_id"])


def read_key(store: Store, table: Table, key: str) -> dict[str, Any]:
    """Return column -> value of an alternate key in a URL.

    Raises:
        Refused: It cannot be read, or is no active alternate key of the table.
    """
    values: dict[str, Any] = {}
    position = 0
    while position < len(key):
        found = _PAIR.match(key, position)
        if found is None:
            raise Refused("0x80060888", f"Bad Request - Error in query syntax: {key!r}")
        text = found[2].replace("''", "'") if found[2] is not None else found[3].strip()
        values[found[1]] = text
        position = found.end()
    for defined in (store.note("keys", table.name) or {}).values():
        if set(defined["columns"]) == set(values) and defined["state"] == "Active":
            return {
                name: read_value(table, table.columns[name], text, key=True) for name, text in values.items()
            }
    names = ", ".join(sorted(values))
    raise Refused(
        "0x80060890",
        f"The specified key attributes are not a defined key for the {table.name} entity: {names}",
    )


def keyed_row(store: Store, table: Table, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the row with these values of an alternate key, or None."""
    first, *rest = values.items()
    for row in store.find(table.name, *first):
        if all(str(row.get(name)).lower() == str(value).lower() for name, value in rest):
            return row
    return None


def read_value(table: Table, column: Column, value: Any, *, key: bool = False) -> Any:
    """Return a value as it is stored.

    Raises:
        Refused: The type, the length or the choice does not fit.
    """
    if value is None:
        return None
    match column.kind:
        case "S" | "M":
            return _text(table, column, value)
        case "I":
            return _integer(column, int(value) if key and str(value).isdigit() else value)
        case "P" | "s" | "r":
            number = _integer(column, value)
            if number not in column.options:
                raise Refused(
                    "0x8004431a",
                    f"A validation error occurred. The value {number} of '{column.name}' on record of type"
                    f" '{table.name}' is outside the valid range. Accepted Values:"
                    f" {','.join(str(one) for one in column.options)}",
                )
            return number
        case "X":
            return _choices(table, column, value)
        case "N" | "F":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _cannot(column, value, "Edm.Decimal")
            return round(value, 4)
        case "B":
            if not isinstance(value, bool):
                raise _cannot(column, value, "Edm.Boolean")
            return value
        case "D":
            return _date(column, value)
        case "T":
            return _moment(column, value)
    raise _cannot(column, value, column.type)


def _text(table: Table, column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise _cannot(column, value, "Edm.String")
    if column.length is not None and len(value.encode("utf-16-le")) // 2 > column.length:
        raise Refused(
            "0x80044331",
            f"A validation error occurred.  The length of the '{column.name}' attribute of the"
            f" '{table.name}' entity exceeded the maximum allowed length of '{column.length}'.",
        )
    return value


def _integer(column: Column, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _cannot(column, value, "Edm.Int32")
    if column.name == "closeprobability" and not 0 <= value <= 100:
        raise Refused(
            "0x80044331", f"A validation error occurred. The value of '{column.name}' is not 0 to 100."
        )
    return value


def _choices(table: Table, column: Column, value: Any) -> str:
    try:
        numbers = sorted({int(one) for one in str(value).split(",") if one.strip()})
    except ValueError:
        raise _cannot(column, value, "a list of choices") from None
    if unknown := [number for number in numbers if number not in column.options]:
        raise Refused(
            "0x8004431a",
            f"The value {unknown[0]} of '{column.name}' on {table.name} is outside the valid range.",
        )
    return ",".join(str(number) for number in numbers)


def _date(column: Column, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10] if "T" in str(value) else str(value)).isoformat()
    except ValueError:
        raise _cannot(column, value, "Edm.Date") from None


def _moment(column: Column, value: Any) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise _cannot(column, value, "Edm.DateTimeOffset") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cannot(column: Column, value: Any, kind: str) -> Refused:
    shown = type(value).__name__
    return bad_payload(
        f"InnerException : Microsoft.OData.ODataException: Cannot convert a value of type '{shown}'"
        f" of '{column.name}' to the expected target type '{kind}'."
    )
