"""What was decided for one delivery: saved before it is sent, and reused by every retry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from leadline.ports import RecordWrite

Operation = Literal["create", "update", "keep"]

encode_json = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, sort_keys=True, check_circular=False
).encode
_in_order = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Decision:
    """One decided write.

    Attributes:
        operation: `keep` leaves an existing record as it is and only links it.
        record_id: The existing record; None for a new one.
        fields: CRM field -> text; None clears the field.
        note: What goes into the record's notes besides.
        shortened: CRM fields whose value was cut to the length that the CRM describes.
    """

    operation: Operation
    object: str
    record_id: str | None
    fields: Mapping[str, str | None] = field(repr=False)
    note: str | None = field(default=None, repr=False)
    shortened: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return it as the hub keeps it."""
        body: dict[str, object] = {
            "operation": self.operation,
            "object": self.object,
            "record_id": self.record_id,
            "fields": self.fields,
        }
        if self.note is not None:
            body["note"] = self.note
        if self.shortened:
            body["shortened"] = self.shortened
        return _in_order(body)  # fields stay in the mapping's order

    @classmethod
    def from_json(cls, body: str) -> Decision:
        """Return what the hub kept."""
        read = json.loads(body)
        return cls(
            read["operation"],
            read["object"],
            read["record_id"],
            read["fields"],
            read.get("note"),
            tuple(read.get("shortened", ())),
        )

    def write(self, delivery_id: str, assignment_id: str) -> RecordWrite:
        """Return it as an adapter sends it."""
        return RecordWrite(
            delivery_id,
            "create" if self.operation == "create" else "update",
            self.object,
            assignment_id,
            self.record_id,
            self.fields,
        )
