"""Texts of ours in the types that an object's fields have."""

from __future__ import annotations

import math
from typing import Any

from hooks.salesforce import bulk
from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.fields import NUMBERS
from leadline.ports import SAYS_YES, cut_text

_CUT = frozenset({"string", "textarea", "combobox"})


class FieldValues:
    """The fields of one object as the org describes them, and values for them."""

    def __init__(self, client: SalesforceClient, object_: str) -> None:
        self._fields = {str(one["name"]).casefold(): one for one in client.describe(object_)["fields"]}

    def field(self, name: str) -> Json | None:
        """Return the description of a field; None if the object has none of this name."""
        return self._fields.get(name.casefold())

    def json(self, name: str, text: str | None) -> Any:
        """Return a value in the JSON type that the field's type asks for; what does not fit goes as text."""
        kind = self._kind(name)
        if kind == "boolean":
            return text is not None and text.strip().casefold() in SAYS_YES
        if text is None:
            return None
        if kind in NUMBERS:
            try:
                return _number(kind, text)
            except ValueError:
                return text
        return _text(kind, text)

    def cell(self, name: str, text: str | None) -> str:
        """Return a value as a cell of a bulk upload; None clears the field."""
        value = self.json(name, text)
        if value is None:
            return bulk.NULL
        if isinstance(value, bool):
            return "true" if value else "false"
        return _text(self._kind(name), str(text))

    def cut(self, name: str, text: str | None) -> str | None:
        """Return a free text no longer than its field; what has a form of its own stays as it is."""
        field = self.field(name)
        if not text or field is None or field.get("type") not in _CUT or not field.get("length"):
            return text
        # Salesforce counts UTF-16 units: a character beyond the basic plane counts twice.
        return cut_text(text, int(field["length"]))

    def refers_to(self, name: str) -> frozenset[str]:
        """Return the objects whose records a field may name; none where it is no reference."""
        return frozenset(str(one) for one in (self.field(name) or {}).get("referenceTo") or ())

    def _kind(self, name: str) -> str:
        return str((self.field(name) or {}).get("type") or "string")


def _number(kind: str, text: str) -> int | float:
    """Return a number as JSON knows it: one `NaN` would spoil the rows of a whole call."""
    number = int(text) if kind in ("int", "long") else float(text)
    if not math.isfinite(number) or "_" in text:
        raise ValueError("no number of JSON")
    return number


def _text(kind: str, text: str) -> str:
    if kind == "date":
        return text[:10]
    if kind == "datetime":
        return f"{text}T00:00:00.000Z" if len(text) == 10 else _milliseconds(text)
    return text


def _milliseconds(moment: str) -> str:
    """Return a UTC moment with three digits of its second, all that Salesforce keeps."""
    whole, dot, fraction = moment.removesuffix("Z").partition(".")
    return (
        f"{whole}.{fraction[:3].ljust(3, '0')}Z" if moment.endswith("Z") and (dot or "T" in whole) else moment
    )
