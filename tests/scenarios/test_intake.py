"""Acceptance scenarios 1 to 3: what becomes a lead."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.scenarios.house import House, csv_of


def test_scenario_01_row_without_email_is_refused_and_others_load(house: House) -> None:
    house.system.drop(
        "leads_1.csv",
        csv_of(
            {"email": "ann@example.org", "last_name": "Ann"},
            {"email": "", "last_name": "Nobody"},
            {"email": "bob@example.org", "last_name": "Bob"},
        ),
    )

    books = house.distribute()

    assert [one.email for one in house.leads()] == ["ann@example.org", "bob@example.org"]
    (refused,) = house.rows("receipt", outcome="quarantined")
    assert (refused.line, refused.lead_id) == (3, None)
    assert [(one["field"], one["rule"]) for one in json.loads(refused.reasons)] == [("email", "required")]
    assert (books["received"], books["quarantined"], books["new"]) == (3, 1, 2)


def test_scenario_02_salesforce_makes_one_lead_per_email_and_campaign(
    make_house: Callable[..., House],
) -> None:
    house = make_house("salesforce")
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.put("00Q1", campaign="C2", email="ann@example.org")
    house.system.put("00Q2", campaign="C2", email="ANN@Example.org")

    house.distribute()

    assert sorted(one.campaign_key for one in house.leads()) == ["C1", "C2"]


def test_scenario_02_salesforce_by_email_only_makes_one_lead_of_both_campaigns(
    make_house: Callable[..., House],
) -> None:
    house = make_house(source={"system": "salesforce", "uniqueness": "email"})
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.put("00Q1", campaign="C2", email="ann@example.org")

    house.distribute()

    (one,) = house.leads()
    assert {link.campaign_key for link in house.rows("source_link", lead_id=one.lead_id)} == {"C1", "C2"}


def test_scenario_03_row_twice_in_a_file_is_two_leads(house: House) -> None:
    row = {"email": "ann@example.org", "last_name": "Ann"}
    house.system.drop("leads_1.csv", csv_of(row, row))

    house.distribute()

    assert [one.email for one in house.leads()] == ["ann@example.org"] * 2


def test_scenario_03_file_read_twice_is_no_lead_more(house: House) -> None:
    content = csv_of({"email": "ann@example.org"}, {"email": "bob@example.org"})
    house.system.drop("leads_1.csv", content)
    house.distribute()
    before = house.leads()

    house.system.drop("leads_again.csv", content)
    books = house.distribute()

    assert house.leads() == before
    assert (books["received"], books["known_files"]) == (0, ("leads_again.csv",))
    assert house.system.inbox == {}
