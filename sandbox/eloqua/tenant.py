"""One tenant: its configuration, its records, and what it is made of at first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.eloqua import stamps
from sandbox.eloqua.config import (
    ACCOUNT_FIELDS,
    CONTACT_FIELDS,
    CUSTOM_OBJECTS,
    FORMS,
    LISTS,
    SEGMENTS,
    Config,
    Field,
)
from sandbox.eloqua.store import Record, Store

LIMITS: Mapping[str, int] = {
    "exports_per_hour": 2000,
    "imports_per_hour": 2000,
    "activity_rows": 5_000_000,
    "upload_bytes": 32 * 1024 * 1024,
    "uploads": 500,
}
DEFAULTS = {"polls": 1}


class State:
    """Everything the handlers need; within `store.transaction()` only."""

    def __init__(self, config: Config, folder: Path, now: Callable[[], datetime]) -> None:
        self.config = config
        self.store = Store(folder / f"{config.name}.db", now)
        self._fields: dict[str, dict[str, Field]] = {}

    def open(self) -> None:
        """Read what is on disk, or set the tenant up."""
        self.store.open()
        if not self.store.table("form"):
            self.set_up()

    def reset(self) -> None:
        """Forget everything but the configuration."""
        self.store.clear()
        self._fields = {}
        self.set_up()

    def set_up(self) -> None:
        """Make fields, forms, segments, lists and custom objects as configured."""
        with self.store.transaction():
            self._add_fields("contacts", CONTACT_FIELDS)
            self._add_fields("accounts", ACCOUNT_FIELDS)
            for id_, (name, fields) in CUSTOM_OBJECTS.items():
                self.store.put("customObject", {"id": id_, "name": name, **self.stamped()})
                self._add_fields(f"customObjects/{id_}", fields)
            for id_, (name, inputs) in FORMS.items():
                self.store.put("form", {"id": id_, "name": name, "fields": list(inputs), **self.stamped()})
            for id_, name in SEGMENTS.items():
                self.store.put("segment", {"id": id_, "name": name, "members": [], **self.stamped()})
            for id_, name in LISTS.items():
                self.store.put("list", {"id": id_, "name": name, "members": [], **self.stamped()})

    @property
    def now(self) -> str:
        """Return the sandbox clock as it is stored."""
        return stamps.kept(self.store.now())

    def stamped(self) -> Record:
        """Return the stamps of a record that is made now."""
        return {"createdAt": self.now, "updatedAt": self.now}

    def setting(self, name: str) -> int:
        """Return a limit, or how the tenant behaves, as control actions left it."""
        record = self.store.find("setting", name)
        return int(record["value"]) if record else {**LIMITS, **DEFAULTS}[name]

    def fields(self, element: str) -> dict[str, Field]:
        """Return the fields of an element by their internal name."""
        if element not in self._fields:
            self._fields[element] = {
                record["internal"]: Field(**{key: value for key, value in record.items() if key[0] != "_"})
                for record in self.store.live(f"field:{element}")
            }
        return self._fields[element]

    def add_field(self, element: str, field: Field) -> None:
        """Add a field, or put one back."""
        self.store.put(f"field:{element}", dict(vars(field)))
        self._fields.pop(element, None)

    def remove_field(self, element: str, internal: str) -> None:
        """Take a field away, with its values."""
        field = self.fields(element)[internal]
        self.store.drop(f"field:{element}", field.id)
        self._fields.pop(element, None)

    def _add_fields(self, element: str, fields: tuple[Field, ...]) -> None:
        for field in fields:
            self.add_field(element, field)

    def contact_by_email(self, address: str) -> Record | None:
        """Return the contact of an e-mail address."""
        folded = address.strip().casefold()
        for record in self.store.live("contact"):
            if str(record["values"].get("C_EmailAddress", "")).casefold() == folded:
                return record
        return None

    def rows(self, object_: str) -> Iterator[Record]:
        """Yield the rows of a custom object."""
        return self.store.live(f"row:{object_}")

    def make_contact(self, values: Mapping[str, Any], **given: Any) -> Record:
        """Keep a new contact."""
        record = {
            "id": self.store.next_id("contact"),
            "values": dict(values),
            **self.stamped(),
            **given,
        }
        return self.store.put("contact", record)

    def make_row(self, object_: str, values: Mapping[str, Any], **given: Any) -> Record:
        """Keep a new row of a custom object."""
        id_ = self.store.next_id(f"row:{object_}", 1001)
        record = {
            "id": id_,
            "external": f"U{object_}-{id_}",
            "contact": "",
            "values": dict(values),
            **self.stamped(),
            **given,
        }
        return self.store.put(f"row:{object_}", record)

    def make_activity(self, type_: str, contact: str, **given: Any) -> Record:
        """Keep a new activity of a contact."""
        record = {
            "id": self.store.next_id("activity", 500001),
            "type": type_,
            "contact": contact,
            "asset_type": "",
            "asset_id": "",
            "asset_name": "",
            "campaign": "",
            "fields": {},
            "createdAt": self.now,
            **given,
        }
        return self.store.put("activity", record)
