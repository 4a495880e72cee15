"""Filter, campaign shares and routing rules: what they compare must exist and fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from leadline.mapping.conditions import VALUELESS, Condition, Group, Operator, Scalar
from leadline.mapping.document import Place
from leadline.mapping.fields import FieldMapping, FieldType, Judge
from leadline.mapping.model import SupplierMapping
from leadline.mapping.regions import is_country

_NUMBERS = {FieldType.INTEGER, FieldType.DECIMAL}
_TIMES = {FieldType.DATE, FieldType.DATETIME}
_WORDS = {FieldType.STRING, FieldType.TEXT, FieldType.SELECT}
_SELECTS = {FieldType.SELECT, FieldType.MULTISELECT}
_FITS = {
    Operator.STARTS_WITH: _WORDS,
    Operator.BETWEEN: _NUMBERS | _TIMES | {FieldType.STRING},
    Operator.AT_LEAST: _NUMBERS | _TIMES,
    Operator.AT_MOST: _NUMBERS | _TIMES,
    Operator.WITHIN_PARTNER_RANGES: {FieldType.STRING, FieldType.TEXT},
}
_ORDERS = (Operator.AT_LEAST, Operator.AT_MOST)
_BLANK = "a value of nothing is never met; ask with 'empty' or 'not_empty'"


def condition_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with conditions, wherever they stand, and with the pre-assignment."""
    check = _Check(mapping)
    if mapping.filter:
        yield from check.groups(mapping.filter.any, ("filter",), ("lead",))
    if mapping.campaigns.share:
        yield from check.groups(mapping.campaigns.share.any, ("campaigns", "share"), ("campaign",))
    if mapping.campaigns.population:
        yield from check.groups(mapping.campaigns.population.any, ("campaigns", "population"), ("partner",))
    for index, rule in enumerate(mapping.routing.rules):
        place = ("routing", "rules", index)
        yield from check.groups(rule.any, place, ("lead", "campaign", "partner"))
    if mapping.preassignment:
        field = mapping.field(mapping.preassignment.field)
        if field.type not in (FieldType.STRING, FieldType.SELECT):
            message = f"preassignment.field '{field.name}' must be a string or a select, not {field.type}"
            yield ("preassignment", "field"), message


class _Check:
    def __init__(self, mapping: SupplierMapping) -> None:
        self.fields: Mapping[str, Mapping[str, FieldMapping]] = {
            "lead": {field.name: field for field in mapping.fields},
            "campaign": {field.name: field for field in mapping.campaigns.fields},
        }

    def groups(
        self, groups: Sequence[Group], at: Place, subjects: Sequence[str]
    ) -> Iterator[tuple[Place, str]]:
        for number, group in enumerate(groups):
            for index, condition in enumerate(group.all):
                yield from self.condition(condition, (*at, "any", number, "all", index), subjects)

    def condition(
        self, condition: Condition, place: Place, subjects: Sequence[str]
    ) -> Iterator[tuple[Place, str]]:
        for subject in ("lead", "campaign", "partner"):
            name = getattr(condition, subject)
            if name is None:
                continue
            if subject not in subjects:
                allowed = " and ".join(f"'{word}'" for word in subjects)
                yield (*place, subject), f"'{subject}' cannot be asked about here; only {allowed} can"
            elif subject in self.fields:
                field = self.fields[subject].get(name)
                if field is None:
                    known = ", ".join(self.fields[subject]) or "none"
                    yield (*place, subject), f"'{name}' is no {subject} field; {subject} fields are: {known}"
                else:
                    yield from _fits(condition, field, place)
            elif condition.lead is None:
                yield from _fits_a_partner(condition, place)


def _given(condition: Condition, place: Place) -> list[tuple[Place, Scalar]]:
    """Return the values of a condition, each with its place."""
    given: list[tuple[Place, Scalar]] = [
        ((*place, "values", index), value) for index, value in enumerate(condition.values)
    ]
    return given if condition.value is None else [*given, ((*place, "value"), condition.value)]


def _fits_a_partner(condition: Condition, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with values for a partner field, which has no declared type."""
    operator, given = condition.operator, _given(condition, place)
    if blank := [where for where, value in given if _is_blank(value)]:
        yield blank[0], _BLANK
    elif operator in _ORDERS:
        for where, value in given:
            if isinstance(value, bool) or (
                isinstance(value, str) and not _is_time(value, FieldType.DATETIME)
            ):
                said = str(value).lower() if isinstance(value, bool) else value
                yield (
                    where,
                    f"{operator} takes a number, without quotes, or a date like 2026-01-31, not '{said}'",
                )
    elif operator is Operator.BETWEEN:
        (_, low), (where, high) = given
        if isinstance(low, str) != isinstance(high, str) or isinstance(low, bool) or isinstance(high, bool):
            yield where, "between takes two numbers, two dates, or two codes of the same length in quotes"
        elif isinstance(low, str) and len(low) != len(str(high)):
            yield where, f"'{low}' and '{high}' are compared as text: give both the same length"
        elif low > high:  # type: ignore[operator]  # both are text, or both are numbers
            yield where, f"the lower bound {low} is above the upper bound {high}"


def _is_blank(value: Scalar) -> bool:
    return isinstance(value, str) and not value.strip()


def _fits(condition: Condition, field: FieldMapping, place: Place) -> Iterator[tuple[Place, str]]:
    allowed = _FITS.get(condition.operator)
    if allowed is not None and field.type not in allowed:
        types = ", ".join(kind for kind in FieldType if kind in allowed)
        message = f"{condition.operator} is for {types}; field '{field.name}' is {field.type}"
        yield (*place, "operator"), message
        return
    if condition.operator in VALUELESS:
        return
    given = _given(condition, place)
    problems = [(where, text) for where, value in given if (text := _value_problem(condition, field, value))]
    yield from problems
    if condition.operator is Operator.BETWEEN and not problems:
        low, high = condition.values
        if isinstance(low, str) and field.type is FieldType.STRING and len(low) != len(str(high)):
            yield (*place, "values"), f"'{low}' and '{high}' are compared as text: give both the same length"
        elif low > high:  # type: ignore[operator]  # both were just found to be of the field's type
            yield (*place, "values"), f"the lower bound {low} is above the upper bound {high}"


def _value_problem(condition: Condition, field: FieldMapping, value: Scalar) -> str | None:
    """Return why this value can never equal one of the field's; None if it can."""
    name = f"field '{field.name}'"
    if field.type is FieldType.BOOLEAN:
        return None if isinstance(value, bool) else f"{name} is true or false, not '{value}'"
    if field.type in _NUMBERS:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        return None if fits else f"{name} is a number, not '{value}'"
    if not isinstance(value, str):
        said = str(value).lower() if isinstance(value, bool) else value
        return f"{name} is text, but YAML reads {said} here; put the value in quotes"
    if _is_blank(value):
        return _BLANK
    if field.type in _TIMES:
        return None if _is_time(value, field.type) else f"{name} is a {field.type}; write it like 2026-01-31"
    known = {allowed.casefold() for allowed in field.values}
    whole = condition.operator is not Operator.STARTS_WITH
    if field.type in _SELECTS and whole and value.strip().casefold() not in known:
        return f"'{value}' is no value of {name}; allowed: {', '.join(field.values)}"
    if field.judge is Judge.COUNTRY and not is_country(value.strip()):
        return f"{name} holds countries as two letters, such as DE, of ISO 3166-1, not '{value}'"
    return None


def _is_time(text: str, kind: FieldType) -> bool:
    try:
        (date if kind is FieldType.DATE else datetime).fromisoformat(text.strip())
    except ValueError:
        return False
    return True
