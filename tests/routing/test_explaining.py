"""What a person reads: steps with values, candidates, and why each partner went."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from leadline.mapping.model import SupplierMapping
from leadline.partners import Partner
from leadline.routing.columns import Waiting
from leadline.routing.explaining import Entry, Parts, explain
from leadline.routing.module import Router
from leadline.routing.trace import Traces
from tests.routing.conftest import FIELDS, condition, make_partner, rule

Routing = Callable[..., SupplierMapping]


def traced(mapping: SupplierMapping, partners: list[Partner], *leads: dict[str, Any]) -> list[list[Entry]]:
    """Return the entries of each lead, from parts as the hub stores them."""
    router = Router.of(mapping, partners)
    rotation, traces = router.rotation({}, 0), Traces(router, mapping_hash="m1", rules_hash="v1")
    waiting = [Waiting(str(place), one, one.get("preassigned")) for place, one in enumerate(leads)]
    found = []
    for one in router.route(waiting, rotation):
        body = json.loads(traces.taken()[traces.trace_id(one)])
        stored = traces.taken()
        parts = Parts.of(json.loads(stored[body["rules"]]), json.loads(stored[body["partners"]]))
        partner = None if one.place is None else router.partners[one.place].id
        found.append(explain(body, json.loads(traces.details(one, rotation)), parts, partner))
    return found


def test_each_rule_says_what_it_saw_and_why_partners_went(routing: Routing) -> None:
    country = [condition("lead.country same_as_partner countries")]
    big = [condition("lead.employees at_least", 1000), condition("partner.tier equals", "gold")]
    small = [condition("lead.employees at_most", 999)]
    mapping = routing(rules=[rule("country", country, required=True), rule("size", big, small)])
    partners = [
        make_partner("A", countries=["DE"], tier="silver"),
        make_partner("B", countries=["DE", "AT"], tier="gold"),
        make_partner("C", countries=["FR"], tier="gold"),
    ]

    (entries,) = traced(mapping, partners, {"country": "DE", "employees": 5000})

    first, second, end = entries
    assert first["eliminated"] == [{"partner": "C", "name": "Partner C", "why": "countries is FR"}]
    assert (second["before"], second["after"]) == (["A", "B"], ["B"])
    assert second["lead_values"] == {"lead.employees": 5000}
    assert second["eliminated"][0]["why"] == "tier is silver; lead employees is 5000"
    assert first["text"] == "Required rule 'country' (lead.country = DE): 3 candidates, 2 left."
    assert (end["step"], end["partner"], end["reason"], end["rules_version"]) == ("end", "B", "rules", "v1")


def test_a_skipped_rule_eliminates_nobody_and_says_why_it_did_not_hold(routing: Routing) -> None:
    products = [condition("lead.products same_as_partner products")]
    mapping = routing(rules=[rule("products", products)], default_partner="A")

    no_value, no_match = traced(
        mapping, [make_partner("A", products=["Cloud"])], {}, {"products": ["Routers"]}
    )

    assert no_value[0]["outcome"] == "skipped_no_value"
    assert no_value[0]["eliminated"] == []
    assert no_value[0]["not_holding"][0]["why"] == "lead products is empty"
    assert no_match[0]["not_holding"][0]["why"] == "products is Cloud"
    assert no_match[1]["step"] == "default_partner"
    assert no_match[2]["text"] == "Not routed (no_rule_applied), so the default partner A has it."


@pytest.mark.parametrize(
    ("required", "lead", "partners", "said"),
    [
        (False, {"country": "DE"}, ["DE"], "1 candidate, 1 left"),
        (False, {"country": "DE"}, ["DE", "AT"], "2 candidates, 1 left"),
        (False, {"country": "FR"}, ["DE"], "would leave nobody, skipped; 1 candidate stays"),
        (False, {"country": "FR"}, ["DE", "AT"], "would leave nobody, skipped; 2 candidates stay"),
        (False, {}, ["DE"], "no lead value, skipped; 1 candidate stays"),
        (True, {"country": "FR"}, ["DE"], "the only candidate goes: manual review"),
        (True, {"country": "FR"}, ["DE", "AT"], "none of 2 candidates is left: manual review"),
    ],
)
def test_one_candidate_is_not_spoken_of_as_several(
    routing: Routing, required: bool, lead: dict[str, Any], partners: list[str], said: str
) -> None:
    country = [condition("lead.country same_as_partner countries")]
    mapping = routing(rules=[rule("country", country, required=required)])

    (entries,) = traced(mapping, [make_partner(one, countries=[one]) for one in partners], lead)

    assert entries[0]["text"].endswith(f": {said}.")


def test_who_is_absent_or_at_the_cap_is_named(routing: Routing) -> None:
    partners = [
        make_partner("A", absences=[{"from": "1970-01-01", "to": "1970-01-02"}]),
        make_partner("B", cap={"leads": 1, "period": "day"}),
        make_partner("C", cap={"leads": 1, "period": "day"}),
    ]

    first, second, third = traced(routing(round_robin=True), partners, {}, {}, {})

    absent = {"partner": "A", "name": "Partner A", "why": "absent"}
    capped = [{"partner": one, "name": f"Partner {one}", "why": "at its cap"} for one in "BC"]
    assert first[0]["step"] == second[0]["step"] == third[0]["step"] == "availability"
    assert first[0]["eliminated"] == [absent]
    assert second[0]["eliminated"] == [absent, capped[0]]
    assert third[0]["eliminated"] == [absent, *capped]
    assert (second[-1]["partner"], third[-1]["reason"]) == ("C", "none_available")


def test_the_one_partner_that_is_there_has_the_lead_though_nobody_takes_turns(routing: Routing) -> None:
    rules = [rule("country", [condition("lead.country same_as_partner countries")])]
    partners = [
        make_partner("A", countries=["DE"], absences=[{"from": "1970-01-01", "to": "1970-01-02"}]),
        make_partner("B", countries=["DE"]),
    ]

    ((_, gone, end),) = traced(routing(rules=rules, round_robin=False), partners, {"country": "DE"})

    assert gone["text"] == "Of those left, a partner cannot have a lead now."
    assert gone["eliminated"] == [{"partner": "A", "name": "Partner A", "why": "absent"}]
    assert (end["partner"], end["reason"]) == ("B", "rules")


def test_a_preassignment_is_the_first_entry(routing: Routing) -> None:
    partners = [make_partner("A"), make_partner("B")]

    used, unknown = traced(routing(), partners, {"preassigned": "Partner B"}, {"preassigned": "Nobody"})

    assert [one["step"] for one in used] == ["preassignment", "end"]
    assert used[0]["value"] == "Partner B"
    assert [one["step"] for one in unknown] == ["preassignment", "rotation", "end"]
    assert unknown[0]["outcome"] == "unknown"


def test_a_trace_never_holds_an_address_a_name_or_a_number_of_a_person(routing: Routing) -> None:
    fields = [
        *FIELDS,
        {"name": "phone", "source": "Phone", "judge": "phone"},
        {"name": "last_name", "source": "Last"},
    ]
    personal = [
        condition("lead.email starts_with", "vip"),
        condition("lead.phone starts_with", "+49"),
        condition("lead.last_name equals", "Nobody"),
    ]
    mapping = routing(fields=fields, rules=[rule("vip", personal)])
    lead = {"email": "vip.secret@example.com", "phone": "+49123456", "last_name": "Surname"}

    entries = traced(mapping, [make_partner("A")], lead)

    written = json.dumps(entries)
    assert "secret" not in written
    assert "123456" not in written
    assert "Surname" not in written
    assert "(hidden)" in written


def test_leads_that_share_their_fields_show_what_their_own_campaign_has(routing: Routing) -> None:
    regions = {"C1": {"name": "north"}, "C2": {"name": "south"}}
    groups = [
        [condition("campaign.name equals", one), condition("partner.region equals", one)]
        for one in ("north", "south")
    ]
    mapping = routing(rules=[rule("region", *groups)])
    router = Router.of(mapping, [make_partner("A", region="north"), make_partner("B", region="south")])
    rotation, traces = router.rotation({}, 0), Traces(router, mapping_hash="m1", rules_hash="v1")
    shared = {"country": "DE"}
    leads = [Waiting(name, shared, campaign_key=name) for name in regions]

    routed = router.route(leads, rotation, regions)

    assert [one.place for one in routed] == [0, 1]
    seen = [json.loads(traces.details(one, rotation, regions))["values"] for one in routed]
    assert seen == [{"campaign.name": "north"}, {"campaign.name": "south"}]
