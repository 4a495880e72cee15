"""Which sound leads the mapping's filter keeps out (S5)."""

from __future__ import annotations

from functools import reduce

import numpy as np

from leadline.checks.judging import Flags
from leadline.checks.verdicts import Verdicts
from leadline.errors import ConfigurationError
from leadline.mapping.conditions import ACROSS, Condition, Conditions
from leadline.mapping.fields import FieldMapping, FieldType
from leadline.matching import Subject, whole_test


def kept_out(
    filter_: Conditions, fields: dict[str, FieldMapping], verdicts: Verdicts, timezone: str
) -> Flags:
    """Return the rows for which the filter holds; shape (rows,).

    Args:
        fields: The lead fields by name.
        verdicts: The judged values of the rows.
        timezone: Of days and of moments that name none.

    Raises:
        ConfigurationError: A condition is not about a lead field of the mapping.
    """
    groups = [
        reduce(np.logical_and, [_holds(condition, fields, verdicts, timezone) for condition in group.all])
        for group in filter_.any
    ]
    flags: Flags = reduce(np.logical_or, groups)
    return flags


def _holds(condition: Condition, fields: dict[str, FieldMapping], verdicts: Verdicts, timezone: str) -> Flags:
    if condition.lead not in fields or condition.partner or condition.operator in ACROSS:
        raise ConfigurationError(f"the filter can compare lead fields only, with values ({condition.lead})")
    field = fields[condition.lead]
    test = whole_test(condition, Subject.of(field, timezone))
    values = verdicts.values(field.name)
    if field.type is FieldType.MULTISELECT:
        return np.array([test(value) for value in values.to_pylist()], dtype=bool)
    encoded = values.dictionary_encode()
    met = np.array([*(test(value) for value in encoded.dictionary.to_pylist()), test(None)], dtype=bool)
    flags: Flags = met[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return flags
