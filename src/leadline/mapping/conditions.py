"""Conditions in AND groups joined by OR, on lead, campaign and partner fields (R2, S5, S6)."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from leadline.mapping.values import Model, Text

Scalar = str | int | float | bool


class Operator(StrEnum):
    """How a field is compared. Text is compared trimmed and without case; lists match on any overlap."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    STARTS_WITH = "starts_with"
    BETWEEN = "between"  # inclusive: numbers, dates, or postal codes compared as text of equal length
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"
    SAME_AS_PARTNER = "same_as_partner"  # lead field = partner field; lists match on any overlap
    WITHIN_PARTNER_RANGES = (
        "within_partner_ranges"  # partner field lists prefixes ("SW1") or ranges ("10000-19999")
    )


VALUELESS = {Operator.EMPTY, Operator.NOT_EMPTY}
LISTED = {Operator.ONE_OF, Operator.NONE_OF}
ACROSS = {Operator.SAME_AS_PARTNER, Operator.WITHIN_PARTNER_RANGES}


class Condition(Model):
    """One comparison. Exactly one subject: `lead`, `campaign` or `partner`; `partner` may also be the
    other side of the two operators that compare a lead with a partner.

    `partner: id` is the partner's own id; every other name is a partner field or attribute.
    """

    lead: Text | None = None
    campaign: Text | None = None
    partner: Text | None = None
    operator: Operator = Operator.EQUALS
    value: Scalar | None = None
    values: tuple[Scalar, ...] = ()

    @model_validator(mode="after")
    def sides_fit_the_operator(self) -> Self:
        """Check that subject, operator and values go together."""
        subjects = [name for name in (self.lead, self.campaign, self.partner) if name]
        if self.operator in ACROSS:
            if not (self.lead and self.partner) or self.campaign:
                raise ValueError(f"{self.operator} needs both 'lead' and 'partner'")
        elif len(subjects) != 1:
            raise ValueError("a condition names exactly one of 'lead', 'campaign' or 'partner'")
        count = len(self.values) + (self.value is not None)
        if self.operator in VALUELESS | ACROSS:
            if count:
                raise ValueError(f"{self.operator} takes no value")
        elif self.operator in LISTED:
            if not self.values or self.value is not None:
                raise ValueError(f"{self.operator} takes 'values', a list of at least one")
        elif self.operator is Operator.BETWEEN:
            if len(self.values) != 2 or self.value is not None:
                raise ValueError("between takes 'values' with a lower and an upper bound")
        elif self.value is None or self.values:
            raise ValueError(f"{self.operator} takes one 'value'")
        return self


class Group(Model):
    """Conditions that must all hold."""

    all: tuple[Condition, ...]

    @model_validator(mode="after")
    def is_not_empty(self) -> Self:
        """Refuse a group that would hold for everybody by having no condition."""
        if not self.all:
            raise ValueError("a group needs at least one condition")
        return self


class Conditions(Model):
    """Groups of which at least one must hold."""

    any: tuple[Group, ...]

    @model_validator(mode="after")
    def is_not_empty(self) -> Self:
        """Refuse an empty list, which could be read as 'always' or as 'never'."""
        if not self.any:
            raise ValueError("'any' needs at least one group")
        return self
