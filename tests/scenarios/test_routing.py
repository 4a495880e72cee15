"""Acceptance scenarios 4 to 10: which partner a lead goes to, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadline.hub import Hub
from tests.scenarios.house import House, csv_of

MakeHouse = Callable[..., House]


def rule(name: str, *conditions: dict[str, Any], required: bool = False) -> dict[str, Any]:
    """Return a rule of one group."""
    return {"name": name, "required": required, "any": [{"all": list(conditions)}]}


def same(lead: str, partner: str) -> dict[str, Any]:
    """Return the condition that a lead field matches a partner field."""
    return {"lead": lead, "operator": "same_as_partner", "partner": partner}


COUNTRY = rule("country", same("country", "countries"), required=True)
TIER = rule("tier", same("tier", "tiers"))


def steps(trace: dict[str, Any], step: str = "rule") -> list[dict[str, Any]]:
    """Return the entries of this kind of a decision's trace."""
    return [one for one in trace["trace"] if one["step"] == step]


@pytest.mark.parametrize("system", ["sftp", "salesforce"])
def test_scenario_04_partner_column_beats_the_default_partner_and_a_blank_cell_does_not(
    make_house: MakeHouse, system: str
) -> None:
    house = make_house(
        system,
        preassignment={"field": "partner_name"},
        routing={"round_robin": False, "default_partner": "P3"},
    )
    for id_, name in (("P1", "Alpine Networks"), ("P2", "Baltic IT"), ("P3", "Channel Partners")):
        house.add_partner(id_, name=name)
    named = {"email": "named@example.org", "partner_name": " baltic it "}
    blank = {"email": "blank@example.org", "partner_name": ""}
    if system == "sftp":
        house.system.drop("leads_1.csv", csv_of(named, blank))
    else:
        house.system.put("00Q1", campaign="C1", **named)
        house.system.put("00Q2", campaign="C1", **blank | {"partner_name": None})

    house.distribute()

    assert house.given() == [("pending", "P2"), ("pending", "P3")]
    assert house.trace("named@example.org")["reason"] == "preassigned"
    assert house.trace("blank@example.org")["reason"] == "default_partner"


def test_scenario_05_rules_do_not_run_on_a_lead_that_arrives_assigned_and_history_says_so(
    make_house: MakeHouse,
) -> None:
    house = make_house(
        "salesforce", preassignment={"field": "partner_name", "match": "id"}, routing={"rules": [COUNTRY]}
    )
    house.add_partner("P1", countries=["DE"])
    house.add_partner("P2", countries=["FR"])
    house.system.put("00Q1", campaign="C1", email="ann@example.org", country="DE", partner_name="P2")

    house.distribute()

    assert house.given() == [("pending", "P2")]
    trace = house.trace("ann@example.org")
    assert (trace["reason"], steps(trace)) == ("preassigned", [])
    assert "no rule was asked" in steps(trace, "preassignment")[0]["text"]
    (line,) = house.rows("history", kind="assigned")
    assert '"preassigned"' in line.after


def test_scenario_06_tier_rule_sees_only_the_survivors_of_the_country_rule(make_house: MakeHouse) -> None:
    house = make_house(routing={"rules": [COUNTRY, TIER]})
    house.add_partner("P1", countries=["DE"], tiers=["gold"])
    house.add_partner("P2", countries=["DE"], tiers=["silver"])
    house.add_partner("P3", countries=["FR"], tiers=["gold"])
    house.system.drop("leads_1.csv", csv_of({"email": "ann@example.org", "country": "DE", "tier": "gold"}))

    house.distribute()

    assert house.given() == [("pending", "P1")]
    country, tier = steps(house.trace("ann@example.org"))
    assert (country["before"], country["after"]) == (["P1", "P2", "P3"], ["P1", "P2"])
    assert (tier["before"], tier["after"]) == (["P1", "P2"], ["P1"])


def test_scenario_07_required_rule_without_a_lead_value_leaves_it_for_manual_review(
    make_house: MakeHouse,
) -> None:
    house = make_house(routing={"rules": [COUNTRY], "default_partner": "P1"})
    house.add_partner("P1", countries=["DE"])
    house.system.drop("leads_1.csv", csv_of({"email": "ann@example.org", "country": ""}))

    books = house.distribute()

    assert house.given() == [("unassigned", None)]
    trace = house.trace("ann@example.org")
    assert (trace["outcome"], trace["reason"]) == ("unassigned", "required_no_value")
    (line,) = house.rows("history", kind="unassigned")
    assert '"required_no_value"' in line.after
    assert (books["assigned"], books["unassigned"]) == (0, 1)


def test_scenario_08_optional_rule_that_would_eliminate_all_is_skipped_and_the_next_one_runs(
    make_house: MakeHouse,
) -> None:
    staff = rule(
        "staff",
        {"lead": "employees", "operator": "at_least", "value": 1000},
        {"partner": "large", "value": True},
    )
    house = make_house(routing={"rules": [COUNTRY, TIER, staff]})
    house.add_partner("P1", countries=["DE"], tiers=["silver"], large=True)
    house.add_partner("P2", countries=["DE"], tiers=["silver"], large=False)
    house.system.drop(
        "leads_1.csv",
        csv_of({"email": "ann@example.org", "country": "DE", "tier": "gold", "employees": 5000}),
    )

    house.distribute()

    assert house.given() == [("pending", "P1")]
    _, tier, staff_step = steps(house.trace("ann@example.org"))
    assert (tier["outcome"], tier["after"]) == ("skipped_no_match", ["P1", "P2"])
    assert (staff_step["outcome"], staff_step["after"]) == ("applied", ["P1"])


def test_scenario_09_three_equal_candidates_and_four_leads_are_a_b_c_a_in_one_run(
    make_house: MakeHouse,
) -> None:
    house = make_house(routing={"rules": [COUNTRY]})
    for id_ in "ABC":
        house.add_partner(id_, countries=["DE"])
    rows = [{"email": f"p{number}@example.org", "country": "DE"} for number in range(4)]
    house.system.drop("leads_1.csv", csv_of(*rows))

    house.distribute()

    assert [partner for _, partner in house.given()] == ["A", "B", "C", "A"]


def test_scenario_09_rotation_goes_on_across_runs_and_restarts(make_house: MakeHouse) -> None:
    house = make_house(routing={"rules": [COUNTRY]})
    for id_ in "ABC":
        house.add_partner(id_, countries=["DE"])

    for number in range(5):
        house.system.drop(f"leads_{number}.csv", csv_of({"email": f"p{number}@example.org", "country": "DE"}))
        house.distribute()
        url = house.hub.engine.url.render_as_string(hide_password=False)
        house.hub.engine.dispose()
        house.hub = Hub(url)  # a new process knows what the hub holds, and nothing else
    given = [partner for _, partner in house.given()]
    house.hub.engine.dispose()

    assert given == ["A", "B", "C", "A", "B"]


@pytest.mark.parametrize(
    ("default", "expected", "reason"),
    [("D", ("pending", "D"), "default_partner"), (None, ("unassigned", None), "no_rule_applied")],
)
def test_scenario_10_optional_rules_that_do_not_apply_lead_to_the_default_partner_or_to_nobody(
    make_house: MakeHouse, default: str | None, expected: tuple[str, str | None], reason: str
) -> None:
    house = make_house(routing={"rules": [TIER], "round_robin": True, "default_partner": default})
    for id_ in "ABD":
        house.add_partner(id_, tiers=["gold"])
    house.system.drop("leads_1.csv", csv_of({"email": "ann@example.org", "tier": "bronze"}))

    house.distribute()

    assert house.given() == [expected]
    assert house.trace("ann@example.org")["reason"] == reason


def test_scenario_17_after_n_days_the_next_partner_has_it_and_never_the_same_one(
    make_house: MakeHouse,
) -> None:
    house = make_house(routing={"rules": [COUNTRY], "reroute": {"pending_days": 3}})
    for id_ in ("P1", "P2"):
        house.add_partner(id_, countries=("DE",))
    house.system.drop("leads_1.csv", csv_of({"email": "ann@example.org", "country": "DE"}))
    house.distribute()
    first = house.given()

    house.let_pass(days=2)
    house.distribute()
    early = house.given()
    house.let_pass(days=1)
    house.distribute()
    late = house.given()
    house.let_pass(days=3)
    house.distribute()

    assert first == early == [("pending", "P1")]
    assert late == [("pending", "P2")]
    assert [
        (one.partner_id, one.status, one.active) for one in sorted(house.rows("assignment"), key=attempt)
    ] == [
        ("P1", "rerouted", False),
        ("P2", "rerouted", False),
    ]
    assert house.given() == [("unassigned", None)]
    assert house.trace("ann@example.org")["reason"] == "no_partner_left"


def test_scenario_17_an_accepted_lead_stays_and_a_rejected_one_goes_on_where_wanted(
    make_house: MakeHouse,
) -> None:
    house = make_house(
        routing={"rules": [COUNTRY], "reroute": {"pending_working_hours": 8, "on_rejection": True}}
    )
    for id_ in ("P1", "P2"):
        house.add_partner(id_, countries=("DE",))
    house.system.drop(
        "leads_1.csv", csv_of(*({"email": f"{one}@example.org", "country": "DE"} for one in ("ann", "bob")))
    )
    house.distribute()
    house.accept("ann@example.org")
    house.reject("bob@example.org")

    house.let_pass(days=10)
    house.distribute()

    assert house.given() == [("accepted", "P1"), ("pending", "P1")]
    assert [one.partner_id for one in house.rows("assignment", status="rerouted")] == ["P2"]


def attempt(assignment: Any) -> int:
    """Return which attempt an assignment is."""
    return int(assignment.attempt)
