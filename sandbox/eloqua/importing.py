"""Import definitions and what their syncs change, row by row.

Source: Oracle, "Import characteristics", "Creating new custom object records", 26B "Update Only".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox.eloqua import elements
from sandbox.eloqua.calls import bad_field
from sandbox.eloqua.faults import aimed
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

MOST_FIELDS = 100
RULES = ("always", "ifNewIsNotNull", "ifExistingIsNull", "useFieldRule")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FIELD = re.compile(r"Field[\[(](\w+)[\])]")

MESSAGES = {
    "ELQ-00001": "Total records processed.",
    "ELQ-00002": "Invalid email addresses.",
    "ELQ-00004": "Contacts created.",
    "ELQ-00022": "Contacts updated.",
    "ELQ-00026": "Duplicate identifier.",
    "ELQ-00032": "Malformed records.",
    "ELQ-00034": "Unmatched records.",
    "ELQ-00059": "Identifier is empty.",
    "ELQ-00060": "Total rejected records.",
    "ELQ-00111": "Field is not part of the definition.",
    "ELQ-00107": "There was an error processing the request.",
    "ELQ-00145": "The record will be retried.",
    "ELQ-00146": "The system is temporarily unable to process; retry after an hour.",
}


class Rejected(Exception):
    """One row is not taken: the code, and the import fields it is about."""

    def __init__(self, code: str, *fields: str) -> None:
        super().__init__(code)
        self.code = code
        self.fields = list(fields)


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
    if element != "activities" and body.get("identifierFieldName") not in fields:
        raise bad_field("identifierFieldName", body.get("identifierFieldName"), "Must be one of the fields")
    if (body.get("updateRule") or "always") not in RULES:
        raise bad_field("updateRule", body["updateRule"], f"Must be one of {', '.join(RULES)}")
    if (body.get("importRule") or "createAndUpdate") not in ("createAndUpdate", "updateOnly", "createOnly"):
        raise bad_field("importRule", body["importRule"], "Must be a known rule")


class Import:
    """One sync of staged rows."""

    def __init__(self, state: State, element: str, definition: Record) -> None:
        self._state = state
        self._element = element
        self._definition = definition
        self._key = str(definition.get("identifierFieldName") or "")
        self._index: dict[str, Record] | None = None

    def run(self, rows: list[Record], trouble: Mapping[str, Any] | None, most: int | None) -> Counter[str]:
        """Take the rows in order, at most so many, and return counts; rejects are yielded by `rejects`."""
        self.rejects: list[Record] = []
        counts: Counter[str] = Counter()
        seen: set[str] = set()
        for number, row in enumerate(rows[:most], 1):
            try:
                if aimed(trouble, number, row):
                    code = str((trouble or {}).get("code", "ELQ-00107"))
                    raise Rejected(code, *(trouble or {}).get("fields", ()))
                counts[self._take(row, seen)] += 1
            except Rejected as rejected:
                counts[rejected.code] += 1
                counts["ELQ-00060"] += 1
                self.rejects.append(
                    {
                        "statusCode": rejected.code,
                        "message": MESSAGES.get(rejected.code, "Rejected."),
                        "recordIndex": number,
                        "invalidFields": rejected.fields,
                        "fieldValues": {
                            name: "" if cell is None else str(cell) for name, cell in row.items()
                        },
                    }
                )
        counts["ELQ-00001"] = len(rows[:most])
        return counts

    def _take(self, row: Record, seen: set[str]) -> str:
        fields = self._definition["fields"]
        if unknown := [name for name in row if name not in fields]:
            raise Rejected("ELQ-00111", *unknown)
        values = {name: "" if row[name] is None else str(row[name]) for name in row}
        self._check_values(values)
        if self._element == "activities":
            return self._add_activity(values)
        identifier = values.get(self._key, "")
        by_record = fields[self._key].endswith(("].Id}}", "].ExternalId}}"))
        if not identifier and not by_record:
            raise Rejected("ELQ-00059", self._key)
        if identifier and identifier.casefold() in seen:
            raise Rejected("ELQ-00026", self._key)
        seen.add(identifier.casefold())
        found = self._found(identifier)
        rule = self._definition.get("importRule") or "createAndUpdate"
        # An id of a contact that matches none makes one, unless the rule forbids it: a client must not rely
        # on less. What the vendor does is not documented.
        lost = by_record and identifier and fields[self._key] != "{{Contact.Id}}"
        if found is None and (rule == "updateOnly" or lost):
            raise Rejected("ELQ-00034", self._key)
        if found is not None and rule == "createOnly":
            raise Rejected("ELQ-00048", self._key)
        return self._write(found, values)

    def _check_values(self, values: Mapping[str, str]) -> None:
        fields = self._state.fields(self._element)
        by_id = {field.id: field for field in fields.values()} | fields
        for name, text in values.items():
            found = _FIELD.search(self._definition["fields"][name])
            field = by_id.get(found[1]) if found else None
            if not text or field is None:
                continue
            if field.type == "emailAddress" and not _ADDRESS.fullmatch(text):
                raise Rejected("ELQ-00002", name)
            checks: dict[str, Callable[[str], Any]] = {"number": float, "date": datetime.fromisoformat}
            try:
                checks.get(field.type, str)(text)
            except ValueError:
                raise Rejected("ELQ-00032", name) from None

    def _found(self, identifier: str) -> Record | None:
        if not identifier:
            return None
        if self._index is None:
            statement = self._definition["fields"][self._key]
            self._index = {}
            for record in elements.records(self._state, self._element):
                value = elements.resolve(self._state, self._element, record, statement)
                self._index.setdefault(str(value).casefold(), record)
        return self._index.get(identifier.casefold())

    def _write(self, found: Record | None, values: Mapping[str, str]) -> str:
        state, custom = self._state, self._element.partition("/")[2]
        changes = dict(self._changes(found, values))
        if found is None:
            made = state.make_row(custom, changes) if custom else state.make_contact(changes)
            if self._index is not None:
                self._index[values.get(self._key, "").casefold()] = made
            self._link(made, values)
            return "ELQ-00004"
        found["values"] = {**found["values"], **changes}
        found["updatedAt"] = state.now
        state.store.put(f"row:{custom}" if custom else "contact", found)
        self._link(found, values)
        return "ELQ-00022"

    def _changes(self, found: Record | None, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        rule = self._definition.get("updateRule") or "always"
        fields = self._state.fields(self._element)
        by_id = {field.id: name for name, field in fields.items()} | {name: name for name in fields}
        for name, text in values.items():
            number = _FIELD.search(self._definition["fields"][name])
            if not number:
                continue
            internal = by_id[number[1]]
            if rule == "ifNewIsNotNull" and not text:
                continue
            if rule == "ifExistingIsNull" and found is not None and found["values"].get(internal):
                continue
            yield internal, text

    def _link(self, row: Record, values: Mapping[str, str]) -> None:
        if not self._definition.get("mapDataCards"):
            return
        statement = self._definition.get("mapDataCardsEntityField") or ""
        wanted = values.get(str(self._definition.get("mapDataCardsSourceField")), "").casefold()
        for contact in self._state.store.live("contact"):
            if (
                wanted
                and str(elements.resolve(self._state, "contacts", contact, statement)).casefold() == wanted
            ):
                row["contact"] = contact["id"]
                self._state.store.put(f"row:{self._element.partition('/')[2]}", row)
                return

    def _add_activity(self, values: Mapping[str, str]) -> str:
        named = {statement: values.get(name, "") for name, statement in self._definition["fields"].items()}
        contact = named.get("{{Activity.Contact.Id}}", "")
        if not contact and (address := named.get("{{Activity.Contact.Field(C_EmailAddress)}}")):
            contact = (self._state.contact_by_email(address) or {"id": ""})["id"]
        if self._state.store.find("contact", contact) is None:
            raise Rejected("ELQ-00034")
        self._state.make_activity(
            "External",
            contact,
            asset_type=named.get("{{Activity.Asset.Type}}", ""),
            asset_name=named.get("{{Activity.Asset.Name}}", ""),
            campaign=named.get("{{Activity.Campaign.Id}}", ""),
            external=named.get("{{Activity.ExternalId}}", ""),
        )
        return "ELQ-00004"
