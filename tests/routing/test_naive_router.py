"""The vectorised router against a plain one, written from the domain page, on random rule sets."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.mapping.model import SupplierMapping
from leadline.mapping.routing import Rule
from leadline.partners import Partner
from leadline.routing.columns import Waiting
from leadline.routing.module import Router
from tests.routing.conftest import FIELDS, condition, make_partner, rule

COUNTRIES = ["DE", "FR", "GB"]
PRODUCTS = ["Routers", "Switches", "Cloud"]
TIERS = ["gold", "silver"]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


some_products = st.lists(st.sampled_from(PRODUCTS), max_size=2, unique=True)
leads = st.fixed_dictionaries(
    {
        "country": maybe(st.sampled_from([*COUNTRIES, " de "])),
        "products": maybe(some_products),
        "employees": maybe(st.integers(0, 3)),
        "postal_code": maybe(st.sampled_from(["1000", "1500", "2000", "20001", "SW1A 1AA"])),
        "preassigned": maybe(st.sampled_from(["Partner P1", "partner p2", "Nobody"])),
    }
)
conditions = st.one_of(
    st.just(condition("lead.country same_as_partner countries")),
    st.just(condition("lead.products same_as_partner products")),
    st.just(condition("lead.postal_code within_partner_ranges areas")),
    st.builds(condition, st.just("lead.country equals"), st.sampled_from(COUNTRIES)),
    st.builds(condition, st.just("lead.country not_equals"), st.sampled_from(COUNTRIES)),
    st.builds(condition, st.just("lead.products one_of"), st.sampled_from(PRODUCTS)),
    st.builds(condition, st.just("lead.products none_of"), st.sampled_from(PRODUCTS)),
    st.builds(condition, st.just("lead.employees at_least"), st.integers(0, 3)),
    st.builds(condition, st.just("lead.employees at_most"), st.integers(0, 3)),
    st.builds(condition, st.just("lead.employees between"), st.integers(0, 2), st.integers(1, 3)),
    st.builds(condition, st.just("partner.tier equals"), st.sampled_from(TIERS)),
    st.builds(condition, st.just("partner.id one_of"), st.sampled_from(["P0", "P1", "P2"])),
    st.builds(condition, st.sampled_from(["lead.country empty", "lead.products not_empty"])),
)
groups = st.lists(conditions, min_size=1, max_size=3)
rule_sets = st.lists(st.tuples(st.booleans(), st.lists(groups, min_size=1, max_size=3)), max_size=4).map(
    lambda made: [rule(f"r{place}", *some, required=must) for place, (must, some) in enumerate(made)]
)


@st.composite
def partner_lists(draw: st.DrawFn) -> list[Partner]:
    return [
        make_partner(
            f"P{number}",
            active=draw(st.integers(0, 5)) > 0,
            weight=draw(st.sampled_from([1, 1, 2, 0.5, 3])),
            countries=draw(st.lists(st.sampled_from(COUNTRIES), max_size=2)),
            products=draw(some_products),
            tier=draw(st.sampled_from(TIERS)),
            areas=draw(st.lists(st.sampled_from(["1000-1499", "1500-2999", "2", "sw1"]), max_size=2)),
        )
        for number in range(draw(st.integers(0, 5)))
    ]


def folded(value: Any) -> set[str]:
    several = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return {str(one).strip().lower() for one in several}


def holds(one: Any, lead: dict[str, Any], partner: Partner) -> bool:
    """Say whether a condition holds, straight from its meaning."""
    if one.partner and not one.lead:
        return bool(folded(partner.value(one.partner)) & folded(list(one.values or [one.value])))
    value, wanted = lead.get(one.lead), one.values or (one.value,)
    match one.operator.value:
        case "same_as_partner":
            return bool(folded(value) & folded(partner.value(one.partner)))
        case "within_partner_ranges":
            return value is not None and any(serves(area, value) for area in partner.value(one.partner))
        case "equals" | "one_of":
            return bool(folded(value) & folded(list(wanted)))
        case "not_equals" | "none_of":
            return not folded(value) & folded(list(wanted))
        case "at_least":
            return value is not None and value >= wanted[0]
        case "at_most":
            return value is not None and value <= wanted[0]
        case "between":
            return value is not None and wanted[0] <= value <= wanted[1]
        case "empty":
            return not folded(value)
    return bool(folded(value))


def serves(area: str, value: str) -> bool:
    plain = value.replace(" ", "").lower()
    first, dash, last = area.partition("-")
    if dash:
        return len(plain) == len(first) and first <= plain <= last
    return plain.startswith(area)


class Naive:
    """One lead after the other, one partner after the other."""

    def __init__(self, mapping: SupplierMapping, partners: list[Partner]) -> None:
        self.mapping = mapping
        self.partners = sorted((one for one in partners if one.active), key=lambda one: one.id)
        self.times = {one.id: Fraction(0) for one in self.partners}
        self.last = {one.id: 0 for one in self.partners}
        self.count = 0

    def route(self, lead: dict[str, Any]) -> tuple[str | None, str]:
        partner, reason = self.decide(lead)
        if partner is not None:
            self.count += 1
            weight = next(one.weight for one in self.partners if one.id == partner)
            self.times[partner] += 1 / Fraction(str(weight))
            self.last[partner] = self.count
        return partner, reason

    def decide(self, lead: dict[str, Any]) -> tuple[str | None, str]:
        named = [one.id for one in self.partners if folded(one.name) == folded(lead["preassigned"])]
        if len(named) == 1:
            return named[0], "preassigned"
        if not self.partners:
            return None, "no_active_partner"
        candidates, applied = list(self.partners), False
        for one in self.mapping.routing.rules:
            left = [partner for partner in candidates if self.stays(one, lead, partner)]
            if left:
                candidates, applied = left, True
            elif one.required:
                return None, "required_no_value" if self.lacks(one, lead) else "required_no_match"
        if self.mapping.routing.rules and not applied:
            return self.default("no_rule_applied")
        if len(candidates) == 1:
            return candidates[0].id, "rules" if self.mapping.routing.rules else "only_partner"
        if not self.mapping.routing.round_robin:
            return self.default("several_candidates")
        turn = min(candidates, key=lambda one: (self.times[one.id], self.last[one.id], one.id))
        return turn.id, "round_robin"

    def default(self, reason: str) -> tuple[str | None, str]:
        name = self.mapping.routing.default_partner
        return (name, "default_partner") if name in self.times else (None, reason)

    def stays(self, one: Rule, lead: dict[str, Any], partner: Partner) -> bool:
        return any(all(holds(each, lead, partner) for each in group.all) for group in one.any)

    def lacks(self, one: Rule, lead: dict[str, Any]) -> bool:
        return any(
            not folded(lead.get(each.lead))
            for group in one.any
            for each in group.all
            if each.lead and each.operator.value != "empty"
        )


def mapping_of(rules: list[dict[str, Any]], round_robin: bool, default: str | None) -> SupplierMapping:
    return SupplierMapping.model_validate(
        {
            "supplier": "acme",
            "label": "Acme",
            "targets": {"production": {"connection": "c"}},
            "source": {"system": "sftp"},
            "fields": FIELDS,
            "preassignment": {"field": "partner_name"},
            "routing": {"rules": rules, "round_robin": round_robin, "default_partner": default},
        }
    )


cases = {
    "rules": rule_sets,
    "round_robin": st.booleans(),
    "default": st.sampled_from([None, "P0", "P9"]),
    "partners": partner_lists(),
    "found": st.lists(leads, max_size=12),
}


@given(**cases)
@settings(max_examples=400, deadline=None)
def test_the_router_decides_as_a_plain_one_does(
    rules: list[dict[str, Any]],
    round_robin: bool,
    default: str | None,
    partners: list[Partner],
    found: list[dict[str, Any]],
) -> None:
    mapping = mapping_of(rules, round_robin, default)
    router, naive = Router.of(mapping, partners), Naive(mapping, partners)
    waiting = [Waiting(str(number), one, one["preassigned"]) for number, one in enumerate(found)]

    routed = router.route(waiting, router.rotation({}, 0))

    decided = [
        (None if one.place is None else router.partners[one.place].id, one.reason.value) for one in routed
    ]
    assert decided == [naive.route(one) for one in found]


@given(**cases)
@settings(max_examples=150, deadline=None)
def test_routing_never_widens_and_batches_do_not_matter(
    rules: list[dict[str, Any]],
    round_robin: bool,
    default: str | None,
    partners: list[Partner],
    found: list[dict[str, Any]],
) -> None:
    router = Router.of(mapping_of(rules, round_robin, default), partners)
    waiting = [Waiting(str(number), one, one["preassigned"]) for number, one in enumerate(found)]

    at_once = router.route(waiting, router.rotation({}, 0))
    rotation = router.rotation({}, 0)
    in_pieces = []
    for one in waiting:
        in_pieces += router.route([one], rotation)
        rotation = router.rotation(rotation.turns(), 0)

    for decision in at_once:
        for step in decision.path.steps if decision.path else ():
            assert step.after & ~step.before == 0
        if decision.path and decision.reason.value in ("rules", "round_robin"):
            assert decision.place is not None
            assert decision.path.candidates >> decision.place & 1
    assert [(one.place, one.reason) for one in in_pieces] == [(one.place, one.reason) for one in at_once]
