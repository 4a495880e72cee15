"""The rules of each field, derived from the mapping (M2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from leadline.checks.values import Reason
from leadline.mapping.fields import FieldMapping, FieldType, Judge

REQUIRED = "required"

STRUCTURE_MESSAGES = {
    "short_row": "the row has fewer cells than the header",
    "long_row": "the row has more cells than the header",
    "blank_row": "the row is blank",
    "nul_byte": "the row holds a NUL byte",
    "half_character": "the row holds half of a character (a lone surrogate)",
    "bad_bytes": "the row holds bytes that are not in the file's encoding",
    "bad_quote": "the row holds a quote inside or after a quoted cell",
    "oversize_field": "a cell of the row is too long to be read",
}
_TYPES = {
    FieldType.INTEGER: "is not a whole number",
    FieldType.DECIMAL: "is not a decimal number",
    FieldType.BOOLEAN: "is neither yes nor no",
    FieldType.DATE: "is not a date",
    FieldType.DATETIME: "is not a date with time",
}
_JUDGES = {
    Judge.EMAIL: "is not a valid e-mail address",
    Judge.PHONE: "is not a valid phone number",
    Judge.COUNTRY: "is not a country name or code",
    Judge.URL: "is not a web address",
}

_EXAMPLE = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one field. `argument` is the bound or the list it compares with, as text for people."""

    field: str
    name: str
    argument: str
    message: str

    @property
    def reason(self) -> Reason:
        """Return what a row is told that breaks it."""
        return Reason(self.field, self.name, self.message)


def derive_rules(fields: Sequence[FieldMapping]) -> tuple[Rule, ...]:
    """Return every rule that follows from the mapping, in field order. An e-mail is always required."""
    return tuple(rule for field in fields for rule in _rules_of(field))


def structural_reason(fault: str) -> Reason:
    """Return the single reason of a row that could not be taken apart."""
    return Reason(None, fault, STRUCTURE_MESSAGES.get(fault, "the row cannot be read"))


def _rules_of(field: FieldMapping) -> list[Rule]:
    found: list[tuple[str, str, str]] = []
    if field.required or field.name == "email":
        found.append((REQUIRED, "", "needs a value"))
    if field.type in _TYPES:
        found.append(("type", field.type.value, _TYPES[field.type] + _how(field)))
    if field.values:
        allowed = ", ".join(field.values)
        found.append(("values", allowed, f"is not among the allowed values: {allowed}"))
    judge = Judge.EMAIL if field.name == "email" else field.judge
    if judge:
        found.append((judge.value, "", _JUDGES[judge]))
    if field.minimum is not None:
        found.append(("minimum", bound := _plain(field.minimum), f"is less than {bound}"))
    if field.maximum is not None:
        found.append(("maximum", bound := _plain(field.maximum), f"is more than {bound}"))
    if field.max_length is not None:
        found.append(("length", str(field.max_length), f"is longer than {field.max_length} characters"))
    return [Rule(field.name, *rule) for rule in found]


def _how(field: FieldMapping) -> str:
    if field.type is FieldType.DECIMAL and field.decimal_mark != ".":
        return f" with decimal mark '{field.decimal_mark}'"
    if field.type is FieldType.BOOLEAN:
        return f" (yes: {', '.join(field.true_values)}; no: {', '.join(field.false_values)})"
    if field.type in {FieldType.DATE, FieldType.DATETIME}:
        return f" in the format {' or '.join(field.formats) or 'ISO 8601'}, like {_example(field)}"
    return ""


def _example(field: FieldMapping) -> str:
    """Return how a date may look: whoever makes the file need not know what `%d` means."""
    usual = "%Y-%m-%d" if field.type is FieldType.DATE else "%Y-%m-%dT%H:%M:%S"
    return " or ".join(_EXAMPLE.strftime(format_) for format_ in field.formats or (usual,))


def _plain(bound: float) -> str:
    return f"{Decimal(repr(bound)).normalize():f}"
