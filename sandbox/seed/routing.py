"""Who must get a lead: the routing of both suppliers written out with plain loops.

From the specification, not from the product: domain.md §4 (pre-assignment, rules that narrow, required and
optional, rotation, default partner) and requirement R3 (virtual time, +1/weight per assignment, lowest wins,
then the least recent, then id).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from sandbox.seed.partners import PARTNERS, SeedPartner
from sandbox.seed.people import Person

Keeps = Callable[[Person, SeedPartner], bool]


@dataclass(frozen=True)
class SeedRule:
    """One rule: whether a lead has what it asks for, and whether a partner stays."""

    name: str
    required: bool
    keeps: Keeps


def _same_country(lead: Person, partner: SeedPartner) -> bool:
    return lead["country"] in partner.countries


def _same_products(lead: Person, partner: SeedPartner) -> bool:
    return any(product in partner.products for product in lead["products"] or [])


def _near(lead: Person, partner: SeedPartner) -> bool:
    if lead["country"] != "DE":
        return True
    code = lead["postal_code"]
    return code is not None and any(first <= code <= last for first, last in partner.postal_codes)


def _large_to_gold(lead: Person, partner: SeedPartner) -> bool:
    if lead["employees"] is None:
        return False
    return lead["employees"] <= 999 or partner.tier == "gold"


def _premium_to_gold(lead: Person, partner: SeedPartner) -> bool:
    if lead["tier_need"] == "Premium":
        return partner.tier == "gold"
    return lead["tier_need"] in ("Basic", "Plus")


ACME_RULES = (
    SeedRule("country", True, _same_country),
    SeedRule("products", False, _same_products),
    SeedRule("postal_code", False, _near),
    SeedRule("enterprise", False, _large_to_gold),
)
GLOBEX_RULES = (
    SeedRule("country", True, _same_country),
    SeedRule("tier_need", False, _premium_to_gold),
    SeedRule("products", False, _same_products),
)


@dataclass
class SeedRotation:
    """Virtual time and last turn of every partner; all of them are there from the start, at nought."""

    time: dict[str, Fraction] = field(default_factory=lambda: {one.id: Fraction(0) for one in PARTNERS})
    last: dict[str, int] = field(default_factory=lambda: {one.id: 0 for one in PARTNERS})
    turn: int = 0

    @classmethod
    def among(cls, partners: Sequence[SeedPartner]) -> SeedRotation:
        """Return a fresh rotation of these partners."""
        return cls({one.id: Fraction(0) for one in partners}, {one.id: 0 for one in partners})

    def next(self, candidates: list[SeedPartner]) -> SeedPartner:
        """Return whose turn it is."""
        best = candidates[0]
        for one in candidates[1:]:
            if (self.time[one.id], self.last[one.id], one.id) < (
                self.time[best.id],
                self.last[best.id],
                best.id,
            ):
                best = one
        return best

    def count(self, partner: SeedPartner) -> None:
        """Count an assignment, whatever caused it."""
        self.turn += 1
        self.time[partner.id] += Fraction(1, partner.weight)
        self.last[partner.id] = self.turn


@dataclass(frozen=True)
class SeedDecision:
    """The partner, or None, and in one word why."""

    partner: SeedPartner | None
    why: str


def decide(
    lead: Person,
    rules: tuple[SeedRule, ...],
    rotation: SeedRotation,
    named: SeedPartner | None,
    default: SeedPartner | None,
    partners: Sequence[SeedPartner] = PARTNERS,
) -> SeedDecision:
    """Return the decision on one lead, and count it in the rotation.

    Args:
        named: The partner that the lead names, if there is one of that name or id.
        default: The module's default partner.
        partners: All that the supplier has.
    """
    decision = _decide(lead, rules, rotation, named, default, partners)
    if decision.partner is not None:
        rotation.count(decision.partner)
    return decision


def _decide(
    lead: Person,
    rules: tuple[SeedRule, ...],
    rotation: SeedRotation,
    named: SeedPartner | None,
    default: SeedPartner | None,
    partners: Sequence[SeedPartner],
) -> SeedDecision:
    if named is not None:
        return SeedDecision(named, "preassigned")
    candidates = list(partners)
    some_rule_applied = False
    for rule in rules:
        left = [partner for partner in candidates if rule.keeps(lead, partner)]
        if left:
            candidates = left
            some_rule_applied = True
        elif rule.required:
            return SeedDecision(None, "required_rule")
    if not some_rule_applied:
        return SeedDecision(default, "default" if default else "no_rule_applied")
    if len(candidates) == 1:
        return SeedDecision(candidates[0], "rules")
    return SeedDecision(rotation.next(candidates), "round_robin")
