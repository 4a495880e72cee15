"""When two values match: trimmed and without case, numbers and dates as such, lists on any overlap.

A value is compared as what its field is (`Kind`). Partner attributes have no declared type: the other side
of the comparison says how they are read. Rules, filter, shares and populations all compare by this module.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from leadline.mapping.conditions import Condition, Operator, Scalar
from leadline.mapping.fields import FieldMapping, FieldType, Judge
from leadline.mapping.model import SupplierMapping
from leadline.partners import name_key

_TRUE = frozenset({"true", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "off"})


class Kind(StrEnum):
    """How a value is compared."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


_KINDS = {
    FieldType.INTEGER: Kind.NUMBER,
    FieldType.DECIMAL: Kind.NUMBER,
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.DATE: Kind.DATE,
    FieldType.DATETIME: Kind.DATETIME,
}


@dataclass(frozen=True)
class Subject:
    """What a field's values are: their kind, the words for yes and no, and the zone of local dates."""

    kind: Kind = Kind.TEXT
    true_words: frozenset[str] = _TRUE
    false_words: frozenset[str] = _FALSE
    timezone: str = "UTC"
    country: bool = False

    @classmethod
    def of(cls, field: FieldMapping | None, timezone: str) -> Subject:
        """Return how values of this field compare; None: a field without a declared type."""
        if field is None:
            return cls(timezone=timezone)
        return cls(
            _KINDS.get(field.type, Kind.TEXT),
            _TRUE | {name_key(word) for word in field.true_values},
            _FALSE | {name_key(word) for word in field.false_values},
            timezone,
            field.judge is Judge.COUNTRY,
        )

    def key(self, value: Any) -> Hashable | None:
        """Return what equal values share, or None where the value is not of this kind."""
        match self.kind:
            case Kind.NUMBER:
                return number(value)
            case Kind.BOOLEAN:
                return self.boolean(value)
            case Kind.DATE:
                return _day(value)
            case Kind.DATETIME:
                return self.moment(value) or _day(value)
        return self.text(value)

    def text(self, value: Any) -> str:
        """Return text as it is compared; countries by their code, so that "Germany" is "DE"."""
        return _country(text(value)) if self.country else text(value)

    def boolean(self, value: Any) -> bool | None:
        """Return yes or no, or None where the value is neither."""
        if isinstance(value, bool):
            return value
        word = text(value)
        if word in self.true_words:
            return True
        return False if word in self.false_words else None

    def moment(self, value: Any) -> datetime | None:
        """Return the instant a text names; a bare date names none. Local times are of our zone.

        One that UTC can only name before year 1 or after 9999 is the first or the last that there is.
        """
        written = str(value).strip()
        if len(written) <= 10:
            return None
        try:
            read = datetime.fromisoformat(written)
        except ValueError:
            return None
        try:
            return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(self.timezone))).astimezone(UTC)
        except OverflowError:
            return (datetime.min if read.year == 1 else datetime.max).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Fields:
    """What the lead and campaign fields are that conditions name."""

    lead: tuple[FieldMapping, ...]
    campaign: tuple[FieldMapping, ...]
    timezone: str

    @classmethod
    def of(cls, mapping: SupplierMapping) -> Fields:
        """Return the fields of a mapping."""
        return cls(mapping.fields, mapping.campaigns.fields, mapping.timezone)

    def subject(self, side: str, name: str) -> Subject:
        """Return how values of a `lead`, `campaign` or `partner` field compare."""
        named = next((one for one in self.on(side) if one.name == name), None)
        return Subject.of(named, self.timezone)

    def on(self, side: str) -> tuple[FieldMapping, ...]:
        """Return the declared fields of one side; partner attributes are not declared."""
        return {"lead": self.lead, "campaign": self.campaign}.get(side, ())


def values_of(value: Any) -> tuple[Any, ...]:
    """Return the values of a field: none for an empty one, several for a list."""
    if isinstance(value, (list, tuple)):
        return tuple(one for one in value if not _blank(one))
    return () if _blank(value) else (value,)


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def text(value: Any) -> str:
    """Return a value as text to compare: trimmed, without case, whole floats without their `.0`."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return name_key(str(value))


def _country(folded: str) -> str:
    if len(folded) == 2:
        return "gb" if folded == "uk" else folded
    # Names of countries are rare among codes, and the library that knows them takes seconds to load.
    from leadline.checks.countries import country_code

    return (country_code(folded, None) or folded).casefold()


def number(value: Any) -> Decimal | None:
    """Return the exact number a value is, or None."""
    if isinstance(value, bool):
        return None
    try:
        read = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def _day(value: Any) -> date | None:
    written = str(value).strip()
    try:
        return date.fromisoformat(written[:10]) if len(written) >= 10 else None
    except ValueError:
        return None


Test = Callable[[Any], bool]

_NEGATIVE = {Operator.NOT_EQUALS, Operator.NONE_OF}


def whole_test(condition: Condition, subject: Subject) -> Test:
    """Return the test of a whole field against values: empty, one value, or a list of which any may match.

    Raises:
        ValueError: The condition compares a lead with a partner.
    """
    if condition.operator is Operator.EMPTY:
        return lambda value: not values_of(value)
    if condition.operator is Operator.NOT_EMPTY:
        return lambda value: bool(values_of(value))
    expected = condition.values if condition.value is None else (condition.value,)
    matches = comparison(condition.operator, expected, subject)
    if condition.operator in _NEGATIVE:
        return lambda value: not any(matches(one) for one in values_of(value))
    return lambda value: any(matches(one) for one in values_of(value))


def comparison(operator: Operator, expected: tuple[Scalar, ...], subject: Subject) -> Test:
    """Return the test of one value (not of a list, never empty) for an operator that takes values.

    The two negative operators give their positive test: not to match is to match with none of a list.
    """
    match operator:
        case Operator.EQUALS | Operator.NOT_EQUALS | Operator.ONE_OF | Operator.NONE_OF:
            tests = [_equal(one, subject) for one in expected]
            return lambda value: any(test(value) for test in tests)
        case Operator.STARTS_WITH:
            start = text(expected[0])
            return lambda value: text(value).startswith(start)
        case Operator.BETWEEN:
            least, most = _order(expected[0], subject), _order(expected[1], subject)
            return lambda value: least(value) in (0, 1) and most(value) in (0, -1)
        case Operator.AT_LEAST:
            bound = _order(expected[0], subject)
            return lambda value: bound(value) in (0, 1)
        case Operator.AT_MOST:
            bound = _order(expected[0], subject)
            return lambda value: bound(value) in (0, -1)
    raise ValueError(f"{operator} takes no value")


def _equal(expected: Scalar, subject: Subject) -> Test:
    if isinstance(expected, bool):
        # YAML reads a bare NO, the country, as false: a text that says no equals it.
        return lambda value: subject.boolean(value) is expected
    if subject.kind is Kind.TEXT and isinstance(expected, int | float):
        wanted, exact = text(expected), number(expected)
        return lambda value: text(value) == wanted if isinstance(value, str) else number(value) == exact
    if subject.kind is Kind.DATETIME and subject.moment(expected) is None:
        return lambda value: _compare(_local_day(value, subject), _day(expected)) == 0
    key = subject.key(expected)
    return lambda value: key is not None and subject.key(value) == key


def _order(bound: Scalar, subject: Subject) -> Callable[[Any], int | None]:
    """Return a function that says -1, 0 or 1 for a value below, at or above the bound; None: neither."""
    if subject.kind is Kind.NUMBER or (subject.kind is Kind.TEXT and isinstance(bound, int | float)):
        limit = number(bound)
        return lambda value: _compare(number(value), limit)
    if subject.kind is Kind.DATETIME:
        instant = subject.moment(bound)
        if instant is not None:
            return lambda value: _compare(subject.moment(value), instant)
        return lambda value: _compare(_local_day(value, subject), _day(bound))
    if subject.kind is Kind.DATE:
        return lambda value: _compare(_day(value), _day(bound))
    edge = text(bound)
    # Text has an order only among codes of one length: "9" is not below "10".
    return lambda value: _compare(text(value), edge) if len(text(value)) == len(edge) else None


def _local_day(value: Any, subject: Subject) -> date | None:
    instant = subject.moment(value)
    if instant is None:
        return _day(value)
    try:
        return instant.astimezone(ZoneInfo(subject.timezone)).date()
    except OverflowError:  # sources write year 1 or 9999 for "never"
        return instant.date()


def _compare(left: Any, right: Any) -> int | None:
    if left is None or right is None:
        return None
    return int(left > right) - int(left < right)
