"""Whether conditions hold for one set of values: for campaigns, and wherever a single row is looked at.

Routing has its own evaluation over whole columns (`leadline.routing`); both follow `mapping.conditions`:
text is compared trimmed and without case, lists match on any overlap, and a missing value matches nothing
but `empty`, `not_equals` and `none_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from leadline.mapping.conditions import ACROSS, Condition, Conditions, Operator


def holds(
    conditions: Conditions,
    *,
    lead: Mapping[str, Any] | None = None,
    campaign: Mapping[str, Any] | None = None,
    partner: Mapping[str, Any] | None = None,
) -> bool:
    """Return whether one group holds whole for these values, in the hub's representation.

    Raises:
        ValueError: A condition asks for a subject that was not given, or compares a lead with a partner.
    """
    subjects = {"lead": lead, "campaign": campaign, "partner": partner}
    return any(all(_holds(one, subjects) for one in group.all) for group in conditions.any)


def _holds(condition: Condition, subjects: Mapping[str, Mapping[str, Any] | None]) -> bool:
    if condition.operator in ACROSS:
        raise ValueError(f"{condition.operator} is for routing rules only")
    subject = next(name for name in subjects if getattr(condition, name))
    values = subjects[subject]
    if values is None:
        raise ValueError(f"a condition on '{subject}' cannot be used here")
    found = _texts(values.get(getattr(condition, subject)))
    return _compare(condition, found)


def _compare(condition: Condition, found: list[str]) -> bool:
    operator = condition.operator
    if operator is Operator.EMPTY:
        return not found
    if operator is Operator.NOT_EMPTY:
        return bool(found)
    wanted = _texts(condition.values if condition.value is None else condition.value)
    if operator in (Operator.NOT_EQUALS, Operator.NONE_OF):
        return not any(_equal(one, other) for one in found for other in wanted)
    if operator in (Operator.EQUALS, Operator.ONE_OF):
        return any(_equal(one, other) for one in found for other in wanted)
    if operator is Operator.STARTS_WITH:
        return any(one.startswith(wanted[0]) for one in found)
    low = None if operator is Operator.AT_MOST else wanted[0]
    high = None if operator is Operator.AT_LEAST else wanted[-1]
    return any(_within(one, low, high) for one in found)


def _texts(value: Any) -> list[str]:
    """Return the values as folded text; an empty one is none."""
    several = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    return [text for one in several if one is not None and (text := _text(one))]


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value).strip().casefold()


def _equal(one: str, other: str) -> bool:
    if one == other:
        return True
    left, right = _number(one), _number(other)
    # "007" and "7" are different codes; 7.0 and 7 are one number.
    return left is not None and left == right and not (_padded(one) or _padded(other))


def _within(text: str, low: str | None, high: str | None) -> bool:
    number = _number(text)
    bounds = [None if bound is None else _number(bound) for bound in (low, high)]
    numeric = number is not None and all(
        bound is None or found is not None for bound, found in zip((low, high), bounds, strict=True)
    )
    if numeric and not any(_padded(one) for one in (text, low, high) if one is not None):
        return (bounds[0] is None or number >= bounds[0]) and (bounds[1] is None or number <= bounds[1])  # type: ignore[operator]
    # Dates in ISO form; and postal codes, which compare as text only where the lengths agree.
    same_length = all(bound is None or len(bound) == len(text) for bound in (low, high))
    return same_length and (low is None or text >= low) and (high is None or text <= high)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _padded(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text[1].isdigit()
