"""Which sound leads the mapping's filter keeps out (S5)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import Any

import numpy as np

from leadline.checks.judging import Flags
from leadline.checks.verdicts import Verdicts
from leadline.errors import ConfigurationError
from leadline.mapping.conditions import Condition, Conditions, Operator
from leadline.mapping.fields import FieldMapping, FieldType

_NEGATIONS = {Operator.NOT_EQUALS: Operator.EQUALS, Operator.NONE_OF: Operator.ONE_OF}
_NUMBERS = {FieldType.INTEGER, FieldType.DECIMAL}


def kept_out(filter_: Conditions, fields: dict[str, FieldMapping], verdicts: Verdicts) -> Flags:
    """Return the rows for which the filter holds; shape (rows,).

    Text is compared trimmed and without case, a list by any overlap. A lead without a value meets `empty`,
    `not_equals` and `none_of`, and no other comparison.

    Raises:
        ConfigurationError: A condition is not about a lead field of the mapping.
    """
    groups = [
        reduce(np.logical_and, [_holds(condition, fields, verdicts) for condition in group.all])
        for group in filter_.any
    ]
    flags: Flags = reduce(np.logical_or, groups)
    return flags


def _holds(condition: Condition, fields: dict[str, FieldMapping], verdicts: Verdicts) -> Flags:
    if condition.lead not in fields or condition.partner:
        raise ConfigurationError(f"the filter can compare lead fields only, with values ({condition.lead})")
    field = fields[condition.lead]
    values = verdicts.values(field.name)
    absent: Flags = values.is_null().to_numpy(zero_copy_only=False)
    if condition.operator in {Operator.EMPTY, Operator.NOT_EMPTY}:
        return absent if condition.operator is Operator.EMPTY else ~absent
    operator = _NEGATIONS.get(condition.operator, condition.operator)
    bounds = condition.values or (condition.value,)
    wanted = [_comparable(bound, field) for bound in bounds]
    if field.type is FieldType.MULTISELECT:
        lists = (value or () for value in values.to_pylist())
        met = np.array(
            [any(_compare(operator, _comparable(part, field), wanted) for part in parts) for parts in lists],
            dtype=bool,
        )
    else:
        encoded = values.dictionary_encode()
        distinct = [
            _compare(operator, _comparable(value, field), wanted) for value in encoded.dictionary.to_pylist()
        ]
        met = np.array([*distinct, False])[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return ~met if condition.operator in _NEGATIONS else met


def _comparable(value: Any, field: FieldMapping) -> Any:
    """Return a number, a truth or folded text, whichever the field compares by."""
    text = str(value).strip().casefold()
    if field.type is FieldType.BOOLEAN:
        return text in {"true", *(word.strip().casefold() for word in field.true_values)}
    if field.type in _NUMBERS:
        return _number(text)
    return text


def _compare(operator: Operator, value: Any, wanted: Sequence[Any]) -> bool:
    first, last = wanted[0], wanted[-1]
    match operator:
        case Operator.EQUALS | Operator.ONE_OF:
            return value in wanted
        case Operator.STARTS_WITH:
            return str(value).startswith(str(first))
        case Operator.AT_LEAST:
            return _order(value, first) >= 0
        case Operator.AT_MOST:
            return _order(value, first) <= 0
        case Operator.BETWEEN:
            return _order(value, first) >= 0 and _order(value, last) <= 0 and _comparable_length(value, first)
        case _:
            raise ConfigurationError(f"the filter cannot compare by '{operator}'")


def _order(value: Any, bound: Any) -> int:
    """Return -1, 0 or 1; a moment is compared with a day by its day, digits as a number."""
    if isinstance(value, str) and isinstance(bound, str):
        number, limit = _number(value), _number(bound)
        if isinstance(number, Decimal) and isinstance(limit, Decimal):
            value, bound = number, limit
        elif value[10:11] == "t" and len(bound) == 10:
            value = value[:10]
    return int(value > bound) - int(value < bound)


def _comparable_length(value: Any, bound: Any) -> bool:
    # Postal codes are ranges of text of one length: 9990 is not between 10000 and 19999, nor is 1A.
    return not isinstance(value, str) or value[10:11] == "t" or len(value) == len(bound)


def _number(text: str) -> Any:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text
