"""Whether conditions hold for one set of values: for campaigns, and wherever a single row is looked at.

Routing and the filter ask the same of whole columns; all compare by `matching`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.mapping.conditions import ACROSS, Condition, Conditions
from leadline.matching import Fields, whole_test


def holds(
    conditions: Conditions,
    fields: Fields,
    *,
    lead: Mapping[str, Any] | None = None,
    campaign: Mapping[str, Any] | None = None,
    partner: Mapping[str, Any] | None = None,
) -> bool:
    """Return whether one group holds whole for these values, in the hub's representation.

    Args:
        fields: What the fields are that the conditions name.

    Raises:
        ValueError: A condition asks for a subject that was not given, or compares a lead with a partner.
    """
    subjects = {"lead": lead, "campaign": campaign, "partner": partner}
    return any(all(_holds(one, fields, subjects) for one in group.all) for group in conditions.any)


def _holds(condition: Condition, fields: Fields, subjects: Mapping[str, Mapping[str, Any] | None]) -> bool:
    if condition.operator in ACROSS:
        raise ValueError(f"{condition.operator} is for routing rules only")
    side = next(name for name in subjects if getattr(condition, name))
    values, name = subjects[side], getattr(condition, side)
    if values is None:
        raise ValueError(f"a condition on '{side}' cannot be used here")
    return whole_test(condition, fields.subject(side, name))(values.get(name))
