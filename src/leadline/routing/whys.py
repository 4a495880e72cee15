"""Why a rule did not hold for a partner, in words: for each group the first condition that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.mapping.conditions import Condition
from leadline.mapping.routing import Rule
from leadline.matching import Fields, values_of
from leadline.partners import Partner
from leadline.routing.predicates import Predicate, predicate


class Whys:
    """The partners of a trace, asked about any number of rules and leads."""

    def __init__(self, partners: Sequence[Partner], fields: Fields) -> None:
        """Take the partners as they were at the decision, and what the fields are."""
        self._partners = {one.id: (place, one) for place, one in enumerate(partners)}
        self._fields = fields
        self._ready: dict[str, list[list[tuple[Condition, Predicate]]]] = {}

    def why(self, rule: Rule, partner_id: str, values: Mapping[str, Any]) -> str:
        """Return in words why no group of the rule holds for this partner.

        Args:
            values: What the lead showed, by `lead.<field>` and `campaign.<field>`.
        """
        place, partner = self._partners[partner_id]
        failed = []
        for group in self._groups(rule):
            for condition, ready in group:
                value = values.get(".".join(ready.column)) if ready.column else None
                if isinstance(value, list):
                    value = tuple(value)
                if not ready(value) >> place & 1:
                    failed.append(_sentence(condition, partner, value))
                    break
        return "; ".join(dict.fromkeys(failed))

    def _groups(self, rule: Rule) -> list[list[tuple[Condition, Predicate]]]:
        found = self._ready.get(rule.name)
        if found is None:
            partners = [one for _, one in self._partners.values()]
            found = self._ready[rule.name] = [
                [(one, predicate(one, partners, self._fields)) for one in group.all] for group in rule.any
            ]
        return found


def _sentence(condition: Condition, partner: Partner, value: Any) -> str:
    subject = condition.lead or condition.campaign
    if subject is None:
        return f"{condition.partner} is {shown(partner.value(condition.partner or ''))}"
    side = "lead" if condition.lead else "campaign"
    if not values_of(value):
        return f"{side} {subject} is empty"
    if condition.partner is None:
        return f"{side} {subject} is {shown(value)}"
    return f"{condition.partner} is {shown(partner.value(condition.partner))}"


def shown(value: Any) -> str:
    """Return a value for people: a list with commas, and a word for none."""
    return ", ".join(str(one) for one in values_of(value)) or "empty"
