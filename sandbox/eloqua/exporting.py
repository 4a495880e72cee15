"""Export definitions and what their syncs stage.

Source: Oracle, "Export characteristics", "Exporting activities", "Bulk API limits".
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sandbox.eloqua import elements, stamps
from sandbox.eloqua.calls import bad_field
from sandbox.eloqua.filters import Filter
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

MOST_FIELDS = 250
MOST_CONTACT_FIELDS = 10  # of an activity export
_TYPE = "{{Activity.Type}}"


def check(state: State, element: str, body: Record) -> None:
    """Refuse a definition that cannot be run."""
    fields = body.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise bad_field("fields", None, "Must be a non-empty object")
    if len(fields) > MOST_FIELDS:
        raise bad_field("fields", None, f"Must have at most {MOST_FIELDS} fields")
    for statement in fields.values():
        if not elements.known(state, element, str(statement)):
            raise bad_field("fields", str(statement), "Must be a reference to an existing field")
    found = Filter(body["filter"], True) if body.get("filter") else None
    for statement in found.statements + found.exists if found else ():
        if not elements.known(state, element, statement):
            raise bad_field("filter", statement, "Must be a reference to an existing field")
    if element == "activities":
        _check_activities(list(fields.values()), found)
    if found and found.exists:
        allowed = {"{{Contact.CreatedAt}}", "{{Contact.UpdatedAt}}"}
        if not set(found.statements) <= allowed or len(found.statements) > 2:
            message = "ELQ-00122: only system dates may be combined with EXISTS"
            raise bad_field("filter", body["filter"], message)


def _check_activities(statements: list[str], found: Filter | None) -> None:
    of_contact = [one for one in statements if re.match(r"\{\{Activity\.Contact\.(?!Id\}\})", one)]
    if len(of_contact) > MOST_CONTACT_FIELDS:
        raise bad_field("fields", None, f"Must have at most {MOST_CONTACT_FIELDS} contact fields")
    types = found.values.get(_TYPE, []) if found else []
    if len(types) != 1 or types[0][0] != "=":
        raise bad_field("filter", None, "Must name one activity type")
    if found and any(one.startswith("{{Activity.Contact.") for one in found.statements):
        raise bad_field("filter", None, "Contact fields cannot be used in the filter")


def run(state: State, element: str, definition: Record) -> list[dict[str, Any]]:
    """Return the rows that the definition exports now, in no order that a client may rely on.

    No more activities come than the limit: what is above is cut off silently.
    """
    utc = bool(definition.get("areSystemTimestampsInUTC"))
    found = Filter(definition["filter"], utc) if definition.get("filter") else None
    rows = []
    for record in elements.records(state, element):

        def value(statement: str, record: Record = record) -> Any:
            return elements.resolve(state, element, record, statement)

        if found is None or found.test(value):
            rows.append({name: _cell(value(one), utc) for name, one in definition["fields"].items()})
    rows.reverse()
    most = definition.get("maxRecords") or len(rows)
    if element == "activities":
        most = min(most, state.setting("activity_rows"))
    return rows[:most]


def _cell(value: Any, utc: bool) -> str:
    if isinstance(value, datetime):
        return stamps.in_row(stamps.kept(value), utc)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)
