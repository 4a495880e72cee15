"""What a vendor's field can hold, whatever the vendor calls its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from leadline.mapping.fields import FieldType


class Holds(StrEnum):
    """Kinds of fields; one whose type is not known here is not judged."""

    TEXT = "text"
    CHOICE = "one value of a list"
    CHOICES = "values of a list"
    WHOLE = "whole numbers"
    NUMBER = "numbers"
    BOOLEAN = "yes or no"
    TIME = "dates"
    OTHER = "something else"


# The words of all describes together: no word means one thing here and another there.
_WORDS: Mapping[Holds, str] = {
    Holds.TEXT: "string text textarea memo largetext largestring email emailaddress phone url combobox",
    Holds.CHOICE: "picklist state status",
    Holds.CHOICES: "multipicklist multiselectpicklist",
    Holds.WHOLE: "int integer long bigint score",
    Holds.NUMBER: "number double float decimal currency money percent",
    Holds.BOOLEAN: "boolean bit",
    Holds.TIME: "date datetime",
}
_HOLDS = {word: holds for holds, words in _WORDS.items() for word in words.split()}
_BOOLEANS = frozenset({"true", "false"})

_READ: Mapping[FieldType, frozenset[Holds]] = {
    FieldType.INTEGER: frozenset({Holds.WHOLE, Holds.NUMBER}),
    FieldType.DECIMAL: frozenset({Holds.WHOLE, Holds.NUMBER}),
    FieldType.BOOLEAN: frozenset({Holds.BOOLEAN, Holds.WHOLE, Holds.NUMBER}),
    FieldType.DATE: frozenset({Holds.TIME}),
    FieldType.DATETIME: frozenset({Holds.TIME}),
    FieldType.SELECT: frozenset({Holds.WHOLE, Holds.NUMBER}),
    FieldType.MULTISELECT: frozenset({Holds.WHOLE, Holds.NUMBER, Holds.CHOICES}),
}
"""Besides text and choices, which may say anything: what each of our types can be read from."""

_WRITTEN: Mapping[Holds, frozenset[FieldType]] = {
    Holds.CHOICE: frozenset(FieldType) - {FieldType.MULTISELECT},
    Holds.CHOICES: frozenset(FieldType),
    Holds.WHOLE: frozenset({FieldType.INTEGER}),
    Holds.NUMBER: frozenset({FieldType.INTEGER, FieldType.DECIMAL}),
    Holds.BOOLEAN: frozenset({FieldType.BOOLEAN}),
    Holds.TIME: frozenset({FieldType.DATE, FieldType.DATETIME}),
}
"""What may be written where; text takes everything."""


def holds(vendor_type: str) -> Holds:
    """Return what a field of this type holds."""
    return _HOLDS.get(vendor_type.casefold(), Holds.OTHER)


def can_be_read(kind: FieldType, values: Sequence[str], vendor_type: str) -> bool:
    """Say whether what a vendor's field holds may be a value of our type; `values` are those of a select."""
    found = holds(vendor_type)
    if found in (Holds.OTHER, Holds.TEXT, Holds.CHOICE) or kind in (FieldType.STRING, FieldType.TEXT):
        return True
    if found is Holds.BOOLEAN and values:
        return bool(_BOOLEANS & {value.casefold() for value in values})
    return found in _READ[kind]


def can_be_written(kind: FieldType, values: Sequence[str], vendor_type: str) -> bool:
    """Say whether a vendor's field takes values of our type; `values` are all that there are, if known."""
    found = holds(vendor_type)
    if found in (Holds.OTHER, Holds.TEXT):
        return True
    if values and found is Holds.BOOLEAN:
        return {value.casefold() for value in values} <= _BOOLEANS
    if values and found in (Holds.WHOLE, Holds.NUMBER):
        return all(value.lstrip("-").isdigit() for value in values)
    return kind in _WRITTEN[found]


def is_text(vendor_type: str) -> bool:
    """Say whether a field of this type counts characters."""
    return holds(vendor_type) is Holds.TEXT
