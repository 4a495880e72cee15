"""What the org knows of one field and one object: values only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})
ID_TYPES = frozenset({"id", "reference"})
LONG_TEXT = 255  # longer text areas can be neither filtered nor sorted


@dataclass(frozen=True)
class Field:
    """One field; `length` in characters, `precision` and `scale` in digits.

    `needed` means a create without it is refused. `derived` are relationship paths read instead of a
    stored value, `compound` is the prefix of the parts of an address.
    """

    name: str
    type: str
    label: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    needed: bool = False
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    default: Any = None
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    id_lookup: bool = False
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    child_relationship: str | None = None
    custom: bool = False
    calculated: bool = False
    derived: tuple[str, ...] = ()
    compound: str | None = None
    part_of: str | None = None

    @property
    def filterable(self) -> bool:
        """Return whether SOQL may compare it."""
        return self.type not in {"address", "base64"} and not (
            self.type == "textarea" and self.length > LONG_TEXT
        )

    @property
    def sortable(self) -> bool:
        """Return whether SOQL may order by it."""
        return self.filterable and self.type != "multipicklist"


@dataclass
class SObject:
    """One object with its fields by canonical name; `lower` finds them in any case."""

    name: str
    label: str
    plural: str
    prefix: str
    custom: bool = False
    sealed: bool = False
    fields: dict[str, Field] = field(default_factory=dict)
    lower: dict[str, Field] = field(default_factory=dict)
    relationships: dict[str, Field] = field(default_factory=dict)

    def add(self, new: Field) -> None:
        """Take a field in, or another version of it."""
        self.fields[new.name] = new
        self.lower[new.name.lower()] = new
        if new.relationship:
            self.relationships[new.relationship.lower()] = new

    def drop(self, name: str) -> None:
        """Take a field out, as an administrator does; its stored values stay unseen."""
        gone = self.lower.pop(name.lower(), None)
        if gone is not None:
            del self.fields[gone.name]
            if gone.relationship:
                self.relationships.pop(gone.relationship.lower(), None)


def label_of(name: str) -> str:
    """Return the label that an API name has by default: `PostalCode` becomes `Postal Code`."""
    plain = name.removesuffix("__c").removesuffix("Id") if name != "Id" else name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", plain).strip() or name
