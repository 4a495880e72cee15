"""Lead fields: sources, formats, values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache

from leadline.mapping.document import Place
from leadline.mapping.fields import FieldMapping, FieldType, Judge, Visibility
from leadline.mapping.inbound import CAMPAIGN_KEY, OWN_COLUMNS
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SalesforceSource

_PATH = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_TAKEN = tuple(name for name in OWN_COLUMNS if name != CAMPAIGN_KEY)
_MEASURED = {FieldType.STRING, FieldType.TEXT, FieldType.SELECT, FieldType.MULTISELECT}


def field_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with `fields`."""
    yield from list_problems(mapping.fields, ("fields",), isinstance(mapping.source, SalesforceSource))
    for index, field in enumerate(mapping.fields):
        if field.name == CAMPAIGN_KEY != mapping.campaigns.lead_field:
            yield (
                ("fields", index, "name"),
                f"the field '{CAMPAIGN_KEY}' can only be the one that campaigns.lead_field names",
            )
        if field.name != "email":
            continue
        if field.visibility is Visibility.SUPPLIER_ONLY:
            yield (
                ("fields", index, "visibility"),
                "the field 'email' must be shared: no lead is sent without it",
            )
        if field.judge not in (None, Judge.EMAIL):
            yield ("fields", index, "judge"), "the field 'email' is judged as email, and as nothing else"


def list_problems(fields: Sequence[FieldMapping], at: Place, salesforce: bool) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with a list of fields that stands at this place."""
    sources: dict[str, str] = {}
    for index, field in enumerate(fields):
        place: Place = (*at, index)
        source = field.source.casefold()
        if source in sources:
            message = (
                f"field '{field.name}' reads '{field.source}', which field '{sources[source]}' reads already"
            )
            yield (*place, "source"), message
        sources.setdefault(source, field.name)
        if field.name in _TAKEN:
            message = f"the name '{field.name}' is Leadline's own, as are {', '.join(_TAKEN)}; choose another"
            yield (*place, "name"), message
        if salesforce and not _PATH.fullmatch(field.source):
            yield (*place, "source"), f"'{field.source}' is no field path, such as Lead.Email or Status"
        yield from _options(field, place)
        for number, text in enumerate(field.formats):
            if problem := format_problem(text):
                yield (*place, "formats", number), f"field '{field.name}': format '{text}': {problem}"


def _options(field: FieldMapping, place: Place) -> Iterator[tuple[Place, str]]:
    name = f"field '{field.name}'"
    if field.length is not None and field.type not in _MEASURED:
        yield (*place, "length"), f"{name}: 'length' is for string, text and select, not for {field.type}"
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield (*place, "minimum"), f"{name}: minimum {field.minimum:g} is above maximum {field.maximum:g}"
    if field.decimal_mark not in (".", ","):
        yield (*place, "decimal_mark"), f"{name}: decimal_mark is '.' or ',', not '{field.decimal_mark}'"
    for words in ("true_values", "false_values"):
        if field.type is FieldType.BOOLEAN and not _folded(getattr(field, words)) - {""}:
            yield (*place, words), f"{name}: '{words}' is empty: no row could be {words.partition('_')[0]}"
    both = _folded(field.true_values) & _folded(field.false_values)
    if field.type is FieldType.BOOLEAN and both:
        yield (*place, "false_values"), f"{name}: both true and false: {', '.join(sorted(both))}"
    if lost := _folded(field.null_values) & _folded(field.values):
        yield (*place, "null_values"), f"{name}: both a value and no value: {', '.join(sorted(lost))}"
    if field.type is FieldType.MULTISELECT:
        split = [value for value in field.values if field.separator in value]
        if split:
            message = f"{name}: '{split[0]}' holds the separator '{field.separator}' and could never be read"
            yield (*place, "values"), message


def _folded(values: Sequence[str]) -> set[str]:
    return {value.strip().casefold() for value in values}


@cache
def format_problem(text: str) -> str | None:
    """Return why a strptime format cannot read what it would write; None if it can.

    Source: https://docs.python.org/3/library/datetime.html#format-codes
    """
    sample = datetime(2023, 12, 31, 23, 59, 58, 123456, tzinfo=UTC)
    try:
        read = datetime.strptime(sample.strftime(text), text)
    except ValueError as error:
        return str(error).replace("in format", "in the format")
    if read.date() != sample.date():
        return "day, month and year must all be in it, such as %d.%m.%Y"
    directives = re.findall("%(.)", text)
    if "Z" in directives:
        # strptime takes the words, those of the machine's own zone too, and makes nothing of them.
        return "the zone that %Z names would not be heeded; use %z for an offset such as +01:00"
    if "I" in directives and "p" not in directives:
        return "%I is an hour of twelve, and needs %p; %H is one of 24"
    return None
