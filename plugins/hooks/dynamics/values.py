"""Values between our text and Dataverse's JSON: choices by label, dates, numbers, lengths.

Source: Microsoft Learn, "Web API types and operations"; column limits as the environment describes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hooks.dynamics.messages import Json
from hooks.dynamics.tables import Column
from leadline.ports import SAYS_YES, cut_text

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TYPE = "Microsoft.Dynamics.CRM.lookuplogicalname"

_WHOLE = frozenset({"integer", "bigint"})
_NUMBERS = frozenset({"money", "decimal", "double"})
_TEXTS = frozenset({"string", "memo"})
_LOOKUPS = frozenset({"lookup", "owner", "customer"})
_OLDEST = datetime(1753, 1, 1, tzinfo=UTC)  # sources write year 1 for "never"; Dataverse refuses the row
_REST = "What this CRM has no place for:"
_REST_BELOW = re.compile(rf"(?:^|\n\s*\n){re.escape(_REST)}\s*?(?:\n|$)")
_LARGEST: Mapping[str, int] = {
    "integer": 2**31 - 1,
    "bigint": 2**63 - 1,
    "decimal": 10**11,
    "money": 922_337_203_685_477,
}
"""By how far from zero a column of each kind may be; a value beyond spoils its row."""


@dataclass(frozen=True)
class Written:
    """A value as it is sent, or `left` out because the column cannot hold it; `cut` when it was shortened."""

    value: Any = None
    left: bool = False
    cut: bool = False


def to_json(column: Column, text: str | None) -> Written:
    """Return a value in the JSON type that the column asks for."""
    if text is None:
        return Written(None)
    if column.kind in _TEXTS or column.kind in ("", "entityname"):
        return _cut(column, text)
    if column.kind == "boolean":
        return Written(text.strip().casefold() in SAYS_YES)
    if column.options:
        return _choice(column, text)
    if column.kind in _WHOLE or column.kind in _NUMBERS:
        return _number(column, text)
    if column.kind == "date":
        moment = _read(text[:10])
        return Written(left=True) if moment is None else Written(text[:10])
    if column.kind == "datetime":
        moment = _read(text)
        return Written(left=True) if moment is None else Written(moment_text(moment))
    return Written(left=True)


def _cut(column: Column, text: str) -> Written:
    kept = text if column.length is None else cut_text(text, column.length)
    return Written(kept, cut=kept != text)


def with_rest(column: Column, text: str | None, lines: Sequence[str]) -> str | None:
    """Return a description with what found no column below it, as much of that as there is room for.

    The first line of it is always the same, by which `without_rest` knows it again.
    """
    head = f"{text}\n\n{_REST}" if text else _REST
    whole = "\n".join([head, *lines])
    if column.length is None or cut_text(head, column.length) == head:
        return whole if column.length is None else cut_text(whole, column.length)
    return text


def without_rest(text: str | None) -> str | None:
    """Return a description without what `with_rest` put below it: that is no value of the lead's."""
    if text is None or not (found := _REST_BELOW.search(text)):
        return text
    return text[: found.start()] or None


def _choice(column: Column, text: str) -> Written:
    many = column.kind == "multiselectpicklist"
    words = [one.strip() for one in text.split(";")] if many else [text.strip()]
    codes = [_code(column, word) for word in words if word]
    known = [code for code in codes if code is not None]
    if not known:
        return Written(left=True)
    if many:
        value = ",".join(str(code) for code in sorted(set(known)))
        return Written(value, cut=len(known) < len(codes))
    return Written(known[0])


def _code(column: Column, word: str) -> int | None:
    code = column.codes.get(word.casefold())
    # Not `isdigit`: it takes "²" for a digit, which is no number.
    if code is None and word.removeprefix("-").isdecimal() and int(word) in column.options:
        return int(word)
    return code


def _number(column: Column, text: str) -> Written:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return Written(left=True)
    if not number.is_finite() or abs(number) > _LARGEST.get(column.kind, number.copy_abs()):
        return Written(left=True)
    if column.kind in _WHOLE:
        return Written(int(number)) if number == number.to_integral_value() else Written(left=True)
    return Written(float(number))


def _read(text: str) -> datetime | None:
    """Return the moment that a text names, without an offset in UTC; None: none that Dataverse can keep."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment >= _OLDEST else None


def moment_text(moment: datetime) -> str:
    """Return a moment as Dataverse keeps it: UTC, whole seconds, rounded down."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_text(column: Column, row: Json) -> str | None:
    """Return a row's value of a column as our text: choices by their label, several joined by `;`."""
    value = row.get(column.property)
    if value is None:
        return None
    if column.options or column.kind in _LOOKUPS:
        label = row.get(f"{column.property}@{FORMATTED}")
        if column.kind == "multiselectpicklist":
            codes = [int(one) for one in str(value).split(",") if one.strip().isdecimal()]
            return ";".join(column.options.get(code, str(code)) for code in codes)
        if column.options and isinstance(value, int):
            return str(label or column.options.get(value, value))
        return str(label or value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return plain_number(value)
    return str(value)


def plain_number(value: float) -> str:
    """Return a number without exponent and idle zeros."""
    return format(Decimal(str(value)).normalize(), "f")


def label_of(row: Json, name: str) -> str | None:
    """Return the label that a row shows for a value, or the value."""
    label = row.get(f"{name}@{FORMATTED}")
    value = row.get(name)
    return str(label) if label is not None else None if value is None else str(value)


def quoted(text: str) -> str:
    """Return a text as a literal of `$filter` and of keys in a URL."""
    return "'" + text.replace("'", "''") + "'"


def stamp_of(row: Mapping[str, Any]) -> str:
    """Return when a row was changed last, told apart within one second by its version in the fraction."""
    version = str(row.get("@odata.etag") or "").strip('W/"')
    fraction = int(version) % 1_000_000 if version.isdigit() else 0
    return f"{str(row['modifiedon']).removesuffix('Z')}.{fraction:06d}Z"


def read_moment(text: Any) -> datetime | None:
    """Return a date or a moment of an answer in UTC."""
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
