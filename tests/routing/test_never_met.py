"""What rules ask that no lead and no partner can answer is said where mapping and partner file meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadline.mapping.model import SupplierMapping
from leadline.routing.never_met import never_met
from tests.routing.conftest import FIELDS, condition, make_partner, make_routing, rule

Routing = Callable[..., SupplierMapping]

COUNTRY = condition("lead.country same_as_partner countries")
PRODUCTS = condition("lead.products same_as_partner products")
AREAS = condition("lead.postal_code within_partner_ranges areas")
JUDGED = [one | {"judge": "country"} if one["name"] == "country" else one for one in FIELDS]


def test_rules_that_each_partner_can_meet_are_not_mentioned(routing: Routing) -> None:
    mapping = routing(
        default_partner="B",
        rules=[
            rule("products", [PRODUCTS, AREAS]),
            rule("size", [condition("partner.tier one_of", "gold", "Silver")]),
            rule("rest", [condition("partner.tier none_of", "platinum"), condition("partner.lost empty")]),
        ],
    )
    partners = [
        make_partner(
            "A", products=["routers", "Cloud"], tier="gold", areas=["80000-89999", "SW1", "1000-001"]
        ),
        make_partner("B", products="Switches", tier="silver", areas=["10*", "1-2"]),
        make_partner("C"),
    ]

    assert never_met(mapping, partners) == ()
    assert never_met(mapping, []) == ()


@pytest.mark.parametrize(
    ("asked", "attributes", "line"),
    [
        (
            COUNTRY,
            {"countrys": ["DE"]},
            "no partner has a value of 'countries'; partners have: countrys, id, name",
        ),
        (
            COUNTRY,
            {"countries": ["DE", "SW"]},
            "partner A: countries 'SW' is no country of ISO 3166-1: no lead has it",
        ),
        (
            COUNTRY,
            {"countries": "DE,AT"},
            "partner A: countries 'DE,AT' is no country of ISO 3166-1: no lead has it",
        ),
        (
            PRODUCTS,
            {"products": ["Router", "Cloud"]},
            "partner A: products 'Router' is no value of the lead's products: Routers, Switches, Cloud",
        ),
        (
            condition("lead.employees same_as_partner size"),
            {"size": "big"},
            "partner A: size 'big' is no integer, as the lead's employees is",
        ),
        (
            AREAS,
            {"areas": ["89999-80000"]},
            "partner A: areas '89999-80000' is a range that holds nothing: '80000' is before '89999'",
        ),
        (
            AREAS,
            {"areas": ["1067-99998"]},
            "partner A: areas '1067-99998' is no range: the bounds of one have the same length",
        ),
        (
            condition("partner.tier one_of", "gold", "platinum"),
            {"tier": "gold"},
            "no partner's tier is 'platinum'",
        ),
        (condition("partner.size at_least", 100), {"size": 50}, "no partner's size is at_least 100"),
    ],
)
def test_what_can_never_be_met_is_named_with_rule_and_partner(
    make_mapping: Callable[..., SupplierMapping],
    asked: dict[str, Any],
    attributes: dict[str, Any],
    line: str,
) -> None:
    mapping = make_routing(make_mapping, rules=[rule("r", [asked])], fields=JUDGED)

    assert never_met(mapping, [make_partner("A", **attributes)]) == (f"rule 'r': {line}",)


def test_countries_by_name_or_by_an_everyday_code_can_be_met(
    make_mapping: Callable[..., SupplierMapping],
) -> None:
    mapping = make_routing(make_mapping, rules=[rule("r", [COUNTRY])], fields=JUDGED)

    assert never_met(mapping, [make_partner("A", countries=["Germany", "uk", "NO", "usa"])]) == ()


def test_a_partner_that_is_inactive_answers_nothing(routing: Routing) -> None:
    mapping = routing(default_partner="B", rules=[rule("r", [condition("partner.tier equals", "gold")])])
    partners = [make_partner("A", tier="silver"), make_partner("B", tier="gold", active=False)]

    assert never_met(mapping, partners) == (
        "rule 'r': no partner's tier is 'gold'",
        "the default partner 'B' is no active partner: what no rule routes stays unassigned",
    )


def test_a_campaigns_population_counts_as_a_rule_does(
    make_mapping: Callable[..., SupplierMapping],
) -> None:
    mapping = make_mapping(
        campaigns={"population": {"any": [{"all": [condition("partner.tier equals", "golden")]}]}}
    )

    assert never_met(mapping, [make_partner("A", tier="gold")]) == (
        "campaigns.population: no partner's tier is 'golden'",
    )
