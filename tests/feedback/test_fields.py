"""Fields that a partner changed in its CRM: what a reading takes for a change, and what not."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import update

from leadline.hub import now_us
from leadline.hub.keys import history_id
from leadline.hub.schema import history, lead
from leadline.ports import FieldDescription
from tests.feedback.house import House


def change_lead(house: House, lead_id: str, at: int | None = None, **values: Any) -> None:
    """Let the supplier change a lead, as receiving does it."""
    with house.hub.transaction("acme") as connection:
        row = connection.execute(lead.select().where(lead.c.lead_id == lead_id)).one()
        old = {name: row.attributes.get(name) for name in values}
        connection.execute(
            update(lead).where(lead.c.lead_id == lead_id).values(attributes=row.attributes | values)
        )
        connection.execute(
            history.insert().values(
                supplier="acme", lead_id=lead_id, event_id=history_id(lead_id, str(values)), kind="updated",
                at=at or now_us(), run_id="r", task="t", actor="airflow", before=json.dumps(old),
                after=json.dumps(values),
            )
        )  # fmt: skip


def test_a_field_that_the_partner_changed_reaches_the_lead_and_its_history(house: House) -> None:
    house.add_lead(employees=20)
    house.in_crm(NumberOfEmployees="20")
    house.read()

    house.in_crm(NumberOfEmployees="35.0", Company="Example GmbH")
    counts = house.read()

    attributes = house.lead_of("00Q1").attributes
    assert (attributes["employees"], attributes["company"], counts.fields) == (35, "Example GmbH", 1)
    assert house.told("crm_updated") == [
        (
            {"company": "Example Ltd", "employees": 20},
            {"assignment": house.lead_of("00Q1").assignment_id, "company": "Example GmbH", "employees": 35},
        )
    ]
    assert house.rows("delivery") == []


def test_a_field_that_the_partner_changed_twice_is_held_against_what_its_source_has(house: House) -> None:
    house.add_lead(company="Source Ltd")
    for company in ("Source Ltd", "First Ltd", "Second Ltd"):
        house.in_crm(Company=company)
        house.read()

    found = house.lead_of("00Q1")
    assert found.attributes["company"] == "Second Ltd"
    assert json.loads(found.partner_changes) == {"company": ["Second Ltd", "Source Ltd"]}


def test_a_change_before_the_first_reading_is_one_too(house: House) -> None:
    house.add_lead()
    house.in_crm(Company="Example GmbH")

    house.read()

    assert house.lead_of("00Q1").attributes["company"] == "Example GmbH"


def test_a_record_that_was_there_before_us_is_only_looked_at_first(house: House) -> None:
    house.add_lead(created=False)
    house.in_crm(Company="As the partner knows them")
    house.read()

    assert house.lead_of("00Q1").attributes["company"] == "Example Ltd"

    house.in_crm(Company="Renamed")
    house.read()

    assert house.lead_of("00Q1").attributes["company"] == "Renamed"


def test_a_field_that_we_pushed_into_a_record_from_before_us_is_watched_from_then_on(house: House) -> None:
    lead_id = house.add_lead(created=False)
    with house.hub.transaction("acme") as connection:
        connection.execute(
            history.insert().values(
                supplier="acme", lead_id=lead_id, event_id="p", kind="pushed", at=1, run_id="r", task="t",
                actor="a", after=json.dumps({"operation": "update", "fields": ["Company"]}),
            )
        )  # fmt: skip
    house.in_crm(Company="Changed after our push", Title="as the partner knows them")

    house.read()

    found = house.lead_of("00Q1").attributes
    assert (found["company"], found.get("title")) == ("Changed after our push", None)


def test_our_own_push_does_not_come_back_as_a_change(house: House) -> None:
    lead_id = house.add_lead()
    house.in_crm()
    house.read()

    # Supplier's first change is pushed; a second one is not there yet when the CRM is read.
    change_lead(house, lead_id, company="Second Ltd")
    house.in_crm(Company="Second Ltd")
    change_lead(house, lead_id, company="Third Ltd")
    house.read()

    assert house.lead_of("00Q1").attributes["company"] == "Third Ltd"
    assert house.history("crm_updated") == []


def test_a_partner_may_return_to_what_a_lead_once_had(house: House) -> None:
    house.add_lead()
    house.in_crm()
    house.read()
    house.in_crm(Company="Renamed")
    house.read()

    house.in_crm(Company="Example Ltd")
    house.read()

    assert house.lead_of("00Q1").attributes["company"] == "Example Ltd"


def test_a_value_cut_on_its_way_out_is_no_change(house: House) -> None:
    lead_id = house.add_lead(company="A very long name of a company")
    with house.hub.transaction("acme") as connection:
        connection.execute(
            history.insert().values(
                supplier="acme", lead_id=lead_id, event_id="p", kind="pushed", at=1, run_id="r", task="t",
                actor="a", after=json.dumps({"shortened": ["Company"]}),
            )
        )  # fmt: skip
    house.in_crm(Company="A very long name")

    house.read()

    assert house.history("crm_updated") == []


def test_a_value_that_is_none_of_its_type_is_listed_and_changes_nothing(house: House) -> None:
    house.add_lead(employees=20)
    house.in_crm(NumberOfEmployees="20")
    house.feedback("f-1")

    house.in_crm(NumberOfEmployees="many")
    house.feedback("f-2")
    house.in_crm(Title="Head of IT")
    house.feedback("f-2b")

    assert house.lead_of("00Q1").attributes["employees"] == 20
    listed = house.rows("finding", subject="feedback:crm-P1", cleared_at=None)
    assert [(one.code, one.detail) for one in listed] == [("value_refused", "00Q1.NumberOfEmployees")]
    assert "many" not in listed[0].message

    house.in_crm(NumberOfEmployees="21")
    house.feedback("f-3")

    assert house.rows("finding", subject="feedback:crm-P1", cleared_at=None) == []


def test_a_field_the_partner_cleared_is_cleared_but_an_email_is_kept(house: House) -> None:
    house.add_lead(country="DE")
    house.in_crm(Country="DE")
    house.read()

    house.in_crm(Country=None, Email=None)
    house.read()

    attributes = house.lead_of("00Q1").attributes
    assert "country" not in attributes
    assert attributes["email"] == "person1@example.org"


def test_a_changed_email_is_found_by_its_new_form(house: House) -> None:
    house.add_lead()
    house.in_crm()
    house.read()

    house.in_crm(Email="Anna.New@Example.org")
    house.read()

    row = house.lead_of("00Q1")
    assert (row.email, row.email_key) == ("Anna.New@Example.org", "anna.new@example.org")


def test_supplier_only_fields_have_no_way_in(house: House) -> None:
    house.add_lead()
    house.in_crm(Internal_note="from the partner", Internal_Note__c="x")

    house.read()

    assert "internal_note" not in house.lead_of("00Q1").attributes
    assert not any("ote" in name for one in house.rows("crm_seen") for name in json.loads(one.fields))


def test_fields_that_the_crm_lacks_are_not_asked_for(house: House) -> None:
    house.crm.described["Lead"] = [
        FieldDescription(name, "string") for name in ("Email", "LastName", "COMPANY")
    ]
    house.add_lead()
    house.in_crm(Company="ignored", COMPANY="Example GmbH")

    house.read()

    (seen,) = house.rows("crm_seen")
    assert sorted(json.loads(seen.fields)) == ["COMPANY", "Email", "LastName"]
