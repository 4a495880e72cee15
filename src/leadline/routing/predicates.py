"""Conditions made ready for many leads: a lead's value in, the partners for whom it holds out.

Partners are bits: position p of the candidates is `1 << p`. A predicate is evaluated once for each distinct
value of its lead field, whatever the number of leads.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.mapping.conditions import Condition, Conditions, Operator
from leadline.mapping.model import SupplierMapping
from leadline.matching import Fields, Subject, values_of, whole_test
from leadline.partners import Partner
from leadline.routing.postal import PostalAreas

_KEPT_VALUES = 200_000  # of one field, over all batches of a run


@dataclass(frozen=True)
class Predicate:
    """One condition over all partners.

    Attributes:
        column: Where the lead's value is, (`lead` or `campaign`, name); None: partner fields only.
        needs_value: Without a lead value it cannot hold in the sense its author meant.
        bits: A lead's value (None, or a tuple for a list) to the bits of the partners it holds for.
    """

    column: tuple[str, str] | None
    needs_value: bool
    bits: Callable[[Any], int]
    _known: dict[Hashable, int] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, value: Any) -> int:
        found = self._known.get(value)
        if found is None:
            if len(self._known) >= _KEPT_VALUES:
                self._known.clear()
            found = self._known[value] = self.bits(value)
        return found


def predicate(condition: Condition, partners: Sequence[Partner], fields: Fields) -> Predicate:
    """Return a condition ready to be asked for these partners, in their order."""
    everybody = (1 << len(partners)) - 1
    if condition.lead is None and condition.campaign is None:
        name = condition.partner or ""
        holds = whole_test(condition, fields.subject("partner", name))
        chosen = sum(1 << place for place, one in enumerate(partners) if holds(one.value(name)))
        return Predicate(None, False, lambda _value: chosen)
    column = ("lead", condition.lead) if condition.lead else ("campaign", condition.campaign or "")
    subject = fields.subject(*column)
    needs_value = condition.operator is not Operator.EMPTY
    if condition.operator is Operator.SAME_AS_PARTNER:
        return Predicate(column, needs_value, _shared(partners, condition.partner or "", subject))
    if condition.operator is Operator.WITHIN_PARTNER_RANGES:
        return Predicate(column, needs_value, _areas(partners, condition.partner or ""))
    holds = whole_test(condition, subject)
    return Predicate(column, needs_value, lambda value: everybody if holds(value) else 0)


def partners_matching(
    conditions: Conditions, partners: Sequence[Partner], mapping: SupplierMapping
) -> tuple[Partner, ...]:
    """Return the partners for which conditions on partner fields hold, in their order (a population)."""
    found, fields = 0, Fields.of(mapping)
    for group in conditions.any:
        holding = (1 << len(partners)) - 1
        for condition in group.all:
            holding &= predicate(condition, partners, fields)(None)
        found |= holding
    return tuple(one for place, one in enumerate(partners) if found >> place & 1)


def _shared(partners: Sequence[Partner], name: str, subject: Subject) -> Callable[[Any], int]:
    having: dict[Hashable, int] = {}
    for place, one in enumerate(partners):
        for value in values_of(one.value(name)):
            key = subject.key(value)
            if key is not None:
                having[key] = having.get(key, 0) | 1 << place

    def bits(value: Any) -> int:
        found = 0
        for one in values_of(value):
            found |= having.get(subject.key(one), 0)
        return found

    return bits


def _areas(partners: Sequence[Partner], name: str) -> Callable[[Any], int]:
    areas = PostalAreas({1 << place: values_of(one.value(name)) for place, one in enumerate(partners)})

    def bits(value: Any) -> int:
        found = 0
        for one in values_of(value):
            found |= areas.serving(one)
        return found

    return bits
