"""Turns one value of a request into what the org stores, or refuses it with the vendor's code."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from . import identifiers, stamps
from .errors import Refused
from .fields import Field

Coerce = Callable[[Any], Any]

# Deliberately plain, as the vendor's own check is: one @, no blanks, a dot in the domain.
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@.,;:<>()\[\]\"\\]+(?:\.[^\s@.,;:<>()\[\]\"\\]+)+")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_EARLIEST, _LATEST = "1700-01-01", "4000-12-31"


def coercion(field: Field) -> Coerce:
    """Return the function that turns a non-null JSON value of `field` into the stored one.

    It raises `Refused` for values the field's rules forbid and `ValueError` for values of another type.
    """
    if field.type == "boolean":
        return _boolean
    if field.type == "int":
        return _integer(field)
    if field.type in {"double", "currency", "percent"}:
        return _number(field)
    if field.type == "date":
        return lambda value: _in_range(field, stamps.date_text(_only_text(value)))
    if field.type == "datetime":
        return lambda value: _in_range(field, stamps.datetime_text(_only_text(value)))
    if field.type in {"reference", "id"}:
        return _reference(field)
    return _text(field)


def wrong_type(field: Field, value: Any, *, csv_column: int | None) -> Refused:
    """Return the refusal of a value whose type does not fit, as REST or as Bulk words it."""
    if csv_column is not None:
        return Refused(
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            f"Failed to deserialize field at col {csv_column}. Due to, '{value}' is not a valid value for "
            f"the type xsd:{_XSD.get(field.type, 'string')}",
            [field.name],
        )
    token = _TOKENS.get(type(value), "VALUE_TRUE" if value else "VALUE_FALSE")
    return Refused(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {_XSD.get(field.type, 'string')} from {token} value {value} or "
        "request may be missing a required field at [line:1, column:1]",
    )


_TOKENS: dict[type, str] = {
    int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT", str: "VALUE_STRING", dict: "START_OBJECT",
    list: "START_ARRAY",
}  # fmt: skip
_XSD = {"int": "int", "double": "double", "currency": "double", "percent": "double", "boolean": "boolean",
        "date": "date", "datetime": "dateTime", "reference": "ID", "id": "ID"}  # fmt: skip


def _only_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value.strip()


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return _BOOLEANS[_only_text(value).lower()]
    except KeyError:
        raise ValueError(value) from None


def _out_of_range(field: Field, value: Any) -> Refused:
    return Refused(
        "NUMBER_OUTSIDE_VALID_RANGE",
        f"{field.label}: value outside of valid range on numeric field: {value}",
        [field.name],
    )


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    if isinstance(value, str) and "_" in value:
        raise ValueError(value)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(value) from None
    if not number.is_finite():
        raise ValueError(value)
    return number


def _integer(field: Field) -> Coerce:
    def integer(value: Any) -> int:
        number = _decimal(value)
        if number != number.to_integral_value():
            raise ValueError(value)
        if abs(number) > 2_147_483_647:
            raise _out_of_range(field, value)
        return int(number)

    return integer


def _number(field: Field) -> Coerce:
    most = Decimal(10) ** ((field.precision or 18) - field.scale)
    step = Decimal(1).scaleb(-field.scale)

    def number(value: Any) -> float:
        exact = _decimal(value)
        if abs(exact) >= most:
            raise _out_of_range(field, value)
        return float(exact.quantize(step, rounding=ROUND_HALF_UP))

    return number


def _in_range(field: Field, text: str) -> str:
    if not _EARLIEST <= text[:10] <= _LATEST:
        raise Refused("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: invalid date: {text}", [field.name])
    return text


def _reference(field: Field) -> Coerce:
    def reference(value: Any) -> str | None:
        if not isinstance(value, str):
            raise ValueError(value)
        if not value.strip():
            return None
        try:
            return identifiers.normal(value.strip())
        except Refused:
            raise Refused(
                "MALFORMED_ID", f"{field.label} ID: id value of incorrect type: {value}", [field.name]
            ) from None

    return reference


def _text(field: Field) -> Coerce:
    check = {"email": _email, "picklist": _picklist, "multipicklist": _multipicklist}.get(field.type)
    checked = check(field) if check is not None else None
    # Salesforce counts UTF-16 units, as Java does.
    plain_limit = field.length

    def text(value: Any) -> str | None:
        if not isinstance(value, str):
            raise ValueError(value)
        value = value.strip().replace("\x00", "")
        if not value:
            return None
        if plain_limit and len(value) > plain_limit // 2 and _units(value) > plain_limit:
            raise Refused(
                "STRING_TOO_LONG",
                f"{field.label}: data value too large: {value} (max length={plain_limit})",
                [field.name],
            )
        return checked(value) if checked is not None else value

    return text


def _units(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode("utf-16-le")) // 2


def _email(field: Field) -> Callable[[str], str]:
    def email(value: str) -> str:
        if not _EMAIL.fullmatch(value):
            raise Refused(
                "INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", [field.name]
            )
        return value

    return email


def _bad_choice(field: Field, value: str) -> Refused:
    return Refused(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"{field.label}: bad value for restricted picklist field: {value}",
        [field.name],
    )


def _picklist(field: Field) -> Callable[[str], str]:
    allowed = frozenset(field.picklist)

    def choice(value: str) -> str:
        if field.restricted and value not in allowed:
            raise _bad_choice(field, value)
        return value

    return choice


def _multipicklist(field: Field) -> Callable[[str], str | None]:
    rank = {value: place for place, value in enumerate(field.picklist)}

    def choices(value: str) -> str | None:
        chosen = list(dict.fromkeys(part.strip() for part in value.split(";") if part.strip()))
        if field.restricted:
            for part in chosen:
                if part not in rank:
                    raise _bad_choice(field, part)
        # The order given is not kept: values come back as the picklist lists them.
        return ";".join(sorted(chosen, key=lambda part: rank.get(part, len(rank)))) or None

    return choices
