"""The routing module on values: pre-assignment, rules, rotation, default partner (domain §4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from leadline.mapping.model import SupplierMapping
from leadline.partners import Partner
from leadline.routing.columns import Waiting
from leadline.routing.module import Routed, Router
from leadline.routing.rotation import Turn
from tests.routing.conftest import condition, make_partner, rule

Routing = Callable[..., SupplierMapping]

COUNTRY = [condition("lead.country same_as_partner countries")]
PRODUCTS = [condition("lead.products same_as_partner products")]
PARTNERS = [
    make_partner("A", countries=["DE", "AT"], products=["Routers"], tier="gold"),
    make_partner("B", countries=["DE"], products=["Cloud", "Routers"], tier="silver"),
    make_partner("C", countries=["FR"], products=["Cloud"], tier="gold"),
]


def route(
    mapping: SupplierMapping,
    leads: Sequence[dict[str, Any]],
    partners: Sequence[Partner] = PARTNERS,
    *,
    turns: dict[str, Turn] | None = None,
    now: int = 0,
) -> list[Routed]:
    """Route leads given by their fields; `preassigned` and `excluded` are what their names say."""
    router = Router.of(mapping, partners)
    waiting = [
        Waiting(str(number), one, one.get("preassigned"), excluded=frozenset(one.get("excluded", ())))
        for number, one in enumerate(leads)
    ]
    return router.route(waiting, router.rotation(turns or {}, now))


def ends(routed: Sequence[Routed], partners: Sequence[Partner] = PARTNERS) -> list[tuple[str | None, str]]:
    """Return (partner, reason) of each decision."""
    active = sorted((one for one in partners if one.active), key=lambda one: one.id)
    return [(None if one.place is None else active[one.place].id, one.reason.value) for one in routed]


# Scenario 4.
def test_scenario_4_the_partner_name_column_wins_and_a_blank_cell_goes_to_the_default(
    routing: Routing,
) -> None:
    mapping = routing(default_partner="C", round_robin=False)

    routed = route(mapping, [{"preassigned": " partner b "}, {"preassigned": " "}, {}])

    assert ends(routed) == [("B", "preassigned"), ("C", "default_partner"), ("C", "default_partner")]


# Scenario 5.
def test_scenario_5_rules_do_not_run_for_a_preassigned_lead_and_its_trace_says_so(routing: Routing) -> None:
    mapping = routing(rules=[rule("country", COUNTRY, required=True)])

    (one,) = route(mapping, [{"preassigned": "Partner C", "country": "DE"}])

    assert ends([one]) == [("C", "preassigned")]
    assert one.path is None
    assert one.preassigned == "used"


@pytest.mark.parametrize("name", ["Nobody", "Partner D", "Twin"])
def test_a_name_of_no_active_partner_is_recorded_and_the_rules_run(routing: Routing, name: str) -> None:
    partners = [
        *PARTNERS,
        make_partner("D", active=False),
        make_partner("E", name="Twin"),
        make_partner("F", name="twin"),
    ]
    mapping = routing(rules=[rule("country", COUNTRY, required=True)])

    (one,) = route(mapping, [{"preassigned": name, "country": "FR"}], partners)

    assert ends([one], partners) == [("C", "rules")]
    assert one.preassigned == "unknown"


@pytest.mark.parametrize(
    ("preassignment", "value"),
    [
        ({"match": "id"}, "b"),
        ({"match": "name"}, "PARTNER B"),
        ({"match": "attribute", "match_attribute": "code"}, "0042"),
    ],
)
def test_a_preassignment_matches_by_id_name_or_attribute(
    routing: Routing, preassignment: dict[str, str], value: str
) -> None:
    partners = [make_partner("A"), make_partner("B", code=["7", "0042"])]
    mapping = routing(preassignment={"field": "partner_name"} | preassignment)

    assert ends(route(mapping, [{"preassigned": value}], partners), partners) == [("B", "preassigned")]


# Scenario 6.
def test_scenario_6_the_second_rule_sees_only_the_survivors_of_the_first(routing: Routing) -> None:
    tier = [condition("partner.tier equals", "gold")]
    mapping = routing(rules=[rule("country", COUNTRY, required=True), rule("tier", tier, required=True)])

    routed = route(mapping, [{"country": "DE"}, {"country": "FR"}])

    # C is gold too, and no longer there for the German lead.
    assert ends(routed) == [("A", "rules"), ("C", "rules")]


# Scenario 7.
def test_scenario_7_a_required_rule_without_a_lead_value_is_left_for_manual_review(routing: Routing) -> None:
    mapping = routing(rules=[rule("country", COUNTRY, required=True)], default_partner="A")

    routed = route(mapping, [{}, {"country": "  "}, {"country": "BR"}])

    # The default partner does not get what a required rule stopped.
    assert ends(routed) == [
        (None, "required_no_value"),
        (None, "required_no_value"),
        (None, "required_no_match"),
    ]


# Scenario 8.
def test_scenario_8_an_optional_rule_that_would_leave_nobody_is_skipped(routing: Routing) -> None:
    mapping = routing(
        rules=[
            rule("country", COUNTRY, required=True),
            rule("products", PRODUCTS),
            rule("tier", [condition("partner.tier equals", "silver")]),
        ]
    )

    (one,) = route(mapping, [{"country": "DE", "products": ["Switches"]}])

    assert ends([one]) == [("B", "rules")]
    assert one.path is not None
    assert [step.outcome.value for step in one.path.steps] == ["applied", "skipped_no_match", "applied"]


# Scenario 9.
def test_scenario_9_equal_partners_take_turns(routing: Routing) -> None:
    assert [one for one, _ in ends(route(routing(), [{}] * 4))] == ["A", "B", "C", "A"]


# Scenario 10.
def test_scenario_10_optional_rules_of_which_none_applies_end_at_the_default_partner(
    routing: Routing,
) -> None:
    rules = [rule("country", COUNTRY), rule("products", PRODUCTS)]
    leads: list[dict[str, Any]] = [{}, {"country": "BR"}]

    with_default = route(routing(rules=rules, default_partner="C"), leads)
    without = route(routing(rules=rules), leads)

    assert ends(with_default) == [("C", "default_partner")] * 2
    assert ends(without) == [(None, "no_rule_applied")] * 2


def test_one_partner_alone_is_not_assigned_by_rules_that_did_not_apply(routing: Routing) -> None:
    alone = [PARTNERS[0]]

    assert ends(route(routing(rules=[rule("country", COUNTRY)]), [{}], alone), alone) == [
        (None, "no_rule_applied")
    ]
    assert ends(route(routing(round_robin=False), [{}], alone), alone) == [("A", "only_partner")]


def test_without_round_robin_several_candidates_are_not_routed(routing: Routing) -> None:
    rules = [rule("country", COUNTRY)]

    assert ends(route(routing(rules=rules, round_robin=False), [{"country": "DE"}])) == [
        (None, "several_candidates")
    ]
    assert ends(route(routing(rules=rules, round_robin=False, default_partner="C"), [{"country": "DE"}])) == [
        ("C", "default_partner")
    ]


def test_a_supplier_without_active_partners_assigns_nothing(routing: Routing) -> None:
    mapping = routing(rules=[rule("country", COUNTRY, required=True)], default_partner="A")
    partners = [make_partner("A", active=False)]

    assert ends(route(mapping, [{"country": "DE"}], partners), partners) == [(None, "no_active_partner")]


DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("default", "state"),
    [
        (make_partner("Z", active=False), "inactive"),
        (make_partner("Z", absences=[{"from": "1970-01-11", "to": "1970-01-11"}]), "unavailable"),
        (make_partner("Y"), "unknown"),
    ],
)
def test_a_default_partner_that_cannot_take_it_leaves_the_lead_unassigned(
    routing: Routing, default: Partner, state: str
) -> None:
    partners = [*PARTNERS, default]
    mapping = routing(rules=[rule("country", COUNTRY)], default_partner="Z")

    (one,) = route(mapping, [{}], partners, now=10 * DAY)

    assert ends([one], partners) == [(None, "no_rule_applied")]
    assert one.default == state


def test_a_default_partner_at_its_cap_leaves_the_rest_unassigned(routing: Routing) -> None:
    partners = [make_partner("A"), make_partner("Z", cap={"leads": 2, "period": "month"})]
    mapping = routing(rules=[rule("country", COUNTRY)], default_partner="Z")

    routed = route(mapping, [{}] * 3, partners)

    assert ends(routed, partners) == [
        ("Z", "default_partner"),
        ("Z", "default_partner"),
        (None, "no_rule_applied"),
    ]


def test_absent_partners_are_skipped_and_nobody_else_means_not_routed(routing: Routing) -> None:
    away = {"absences": [{"from": "1970-01-11", "to": "1970-01-12"}]}
    partners = [make_partner("A", countries=["DE"], **away), make_partner("B", countries=["DE", "AT"])]
    only_a = make_partner("C", countries=["FR"], **away)
    mapping = routing(rules=[rule("country", COUNTRY, required=True)])

    routed = route(
        mapping, [{"country": "DE"}, {"country": "DE"}, {"country": "FR"}], [*partners, only_a], now=11 * DAY
    )

    assert ends(routed, [*partners, only_a]) == [
        ("B", "round_robin"),
        ("B", "round_robin"),
        (None, "none_available"),
    ]


def test_the_only_match_at_its_cap_gives_the_lead_to_the_default(routing: Routing) -> None:
    mapping = routing(
        rules=[rule("country", COUNTRY, required=True)],
        default_partner="B",
        cap={"leads": 1, "period": "day"},
    )

    assert ends(route(mapping, [{"country": "FR"}] * 3)) == [
        ("C", "rules"),
        ("B", "default_partner"),
        (None, "none_available"),
    ]


def test_groups_are_joined_by_or_and_conditions_by_and(routing: Routing) -> None:
    big_to_gold = [condition("lead.employees at_least", 1000), condition("partner.tier equals", "gold")]
    small = [condition("lead.employees at_most", 999)]
    mapping = routing(
        rules=[rule("country", COUNTRY, required=True), rule("size", big_to_gold, small)], round_robin=True
    )

    routed = route(mapping, [{"country": "DE", "employees": size} for size in (5000, 1000, 999)])

    assert [one.path.candidates.bit_count() for one in routed if one.path] == [1, 1, 2]


def test_partners_that_had_a_lead_are_no_candidates(routing: Routing) -> None:
    mapping = routing(rules=[rule("country", COUNTRY, required=True)], default_partner="B")

    routed = route(
        mapping,
        [
            {"country": "DE", "excluded": ["A"]},
            {"country": "DE", "excluded": ["A", "B"]},
            {"country": "DE", "excluded": ["A", "B", "C"]},
            {"country": "FR", "excluded": ["C"], "preassigned": "Partner C"},
            {"country": "DE", "excluded": ["A"], "preassigned": "Partner A"},
        ],
    )

    assert ends(routed) == [
        ("B", "rules"),
        (None, "required_no_match"),
        (None, "no_partner_left"),
        (None, "required_no_match"),
        ("B", "rules"),
    ]


def test_a_default_partner_that_had_a_lead_does_not_get_it_back_though_others_are_left(
    routing: Routing,
) -> None:
    mapping = routing(rules=[rule("country", COUNTRY)], default_partner="A")

    routed = route(mapping, [{"country": "ES"}, {"country": "ES", "excluded": ["A"]}])

    assert ends(routed) == [("A", "default_partner"), (None, "no_rule_applied")]


def test_no_rule_is_asked_after_a_required_one_that_left_nobody(routing: Routing) -> None:
    rules = [rule("country", COUNTRY, required=True), rule("products", PRODUCTS)]

    (one,) = route(routing(rules=rules, default_partner="A"), [{"country": "ES", "products": ["Cloud"]}])

    assert ends([one]) == [(None, "required_no_match")]
    assert one.path is not None
    assert [step.rule.name for step in one.path.steps] == ["country"]


def test_every_assignment_counts_in_the_rotation_whatever_caused_it(routing: Routing) -> None:
    routed = route(routing(), [{"preassigned": "Partner A"}, {}, {}, {}, {}])

    assert [one for one, _ in ends(routed)] == ["A", "B", "C", "A", "B"]
