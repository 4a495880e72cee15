"""Acceptance scenarios 13, 14, 18 to 20 and 29: when a lead reaches a partner's CRM, and as what.

Each is played with a CRM in memory on both databases, and once against the sandbox's Salesforce.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest

from leadline import distribution, lifecycle
from leadline.errors import PartnerFileError
from leadline.partner_files import import_partners
from leadline.ports import SourceEvent
from sandbox.launch import RunningSandbox, running
from tests.scenarios.house import FIRST_DAY, House, csv_of
from tests.scenarios.partner_side import ORG, InMemory, InSalesforce, PartnerSide

MakeHouse = Callable[..., House]

SIDES = [
    ("sqlite", "memory"),
    pytest.param("postgresql", "memory", marks=pytest.mark.postgresql),
    ("sqlite", "salesforce"),
]
on_each_side = pytest.mark.parametrize(("database", "side"), SIDES, indirect=True)

ANN = {
    "email": "ann@example.org",
    "last_name": "Ann",
    "company": "Ann Ltd",
    "phone": "+49 89 1234567",
    "tier": "Basic",
    "employees": 120,
    "comments": "Call in the morning",
}


@pytest.fixture(scope="module")
def org() -> Iterator[RunningSandbox]:
    with running(orgs=(ORG,)) as sandbox:
        yield sandbox


@pytest.fixture
def side(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> PartnerSide:
    if request.param == "memory":
        return InMemory()
    return InSalesforce(request.getfixturevalue("org"), monkeypatch)


def salesforce(make_house: MakeHouse, side: PartnerSide, *, hub: Any = None, **partner: Any) -> House:
    """Return the house of a Salesforce supplier with activities and one partner, P1, on this side."""
    house = make_house("salesforce", source={"system": "salesforce", "activities": {}}, hub=hub)
    house.add_partner("P1", **partner)
    side.attach(house)
    return house


@on_each_side
def test_scenario_13_auto_accept_for_one_supplier_accepts_and_queues_its_leads_only(
    make_house: MakeHouse, side: PartnerSide
) -> None:
    accepting = make_house(supplier="xenon")
    waiting = make_house(supplier="yonder", hub=accepting.hub)
    for house, auto_accept in ((accepting, True), (waiting, False)):
        house.add_partner("P1", auto_accept=auto_accept)
        side.attach(house)
        house.system.drop("leads_1.csv", csv_of(ANN | {"email": f"ann@{house.key}.example"}))
        ctx = house.start()
        house.receive(ctx)
        distribution.judge(house.hub, ctx, house.mapping)
        distribution.route(house.hub, ctx, house.mapping)

    (accepted, pending) = (house.rows("lead", supplier=house.key)[0] for house in (accepting, waiting))
    assert (accepted.status, pending.status) == ("accepted", "pending")
    assert [(one.supplier, one.state) for one in accepting.rows("delivery")] == [("xenon", "waiting")]

    for house in (accepting, waiting):
        house.push(house.start())

    assert [one["Email"] for one in side.records("Lead")] == ["ann@xenon.example"]


@on_each_side
def test_scenario_14_pending_lead_is_not_pushed_and_an_accepted_one_is(
    make_house: MakeHouse, side: PartnerSide
) -> None:
    house = salesforce(make_house, side)
    house.system.put("00Q1", campaign="C1", **ANN)
    house.distribute()
    house.distribute()
    assert (house.given(), side.records("Lead")) == ([("pending", "P1")], [])

    assert house.accept("ann@example.org").move is lifecycle.Move.MADE
    house.distribute()

    assert house.given() == [("accepted", "P1")]
    assert [one["Email"] for one in side.records("Lead")] == ["ann@example.org"]


@on_each_side
def test_scenario_18_lead_recorded_as_contact_has_all_fields_and_events(
    make_house: MakeHouse, side: PartnerSide
) -> None:
    house = salesforce(make_house, side, auto_accept=True, record_as="contact", custom_fields_into_notes=True)
    house.system.put("00Q1", campaign="C1", **ANN)
    at = FIRST_DAY + timedelta(hours=1)
    house.system.events = [
        SourceEvent("T1", "00Q1", "E-mail opened", at),
        SourceEvent("T2", "00Q1", "Form filled", at, "Wants a demo"),
    ]

    house.distribute()
    house.distribute()

    assert side.records("Lead") == []
    (contact,) = side.records("Contact")
    expected = {
        "Email": "ann@example.org",
        "LastName": "Ann",
        "Phone": "+49 89 1234567",
        "Tier_Need__c": "Basic",
    }
    assert {name: contact[name] for name in expected} == expected
    tasks = dict(side.tasks())
    assert sorted(tasks) == ["Acme: E-mail opened", "Acme: Form filled", "Acme: lead details"]
    assert tasks["Acme: Form filled"] == "Wants a demo"
    # What a contact has no field for.
    assert "Comments: Call in the morning" in str(tasks["Acme: lead details"])
    assert "Employees: 120" in str(tasks["Acme: lead details"])


@on_each_side
def test_scenario_19_existing_record_keeps_its_phone_and_a_new_one_gets_everything(
    make_house: MakeHouse, side: PartnerSide
) -> None:
    house = salesforce(make_house, side, auto_accept=True, field_updates="supplier")
    side.insert(
        "Lead", LastName="Ann", Company="Old Ltd", Email="ann@example.org", Phone="1", Tier_Need__c="Plus"
    )
    house.system.put("00Q1", campaign="C1", **ANN)
    house.system.put("00Q2", campaign="C1", **ANN | {"email": "new@example.org"})

    house.distribute()

    records = {one["Email"]: one for one in side.records("Lead")}
    assert len(side.records("Lead")) == 2
    was_there, new = records["ann@example.org"], records["new@example.org"]
    assert (was_there["Phone"], was_there["Company"], was_there["Tier_Need__c"]) == ("1", "Old Ltd", "Basic")
    assert (new["Phone"], new["Company"], new["Tier_Need__c"]) == ("+49 89 1234567", "Ann Ltd", "Basic")

    house.system.put(
        "00Q2", campaign="C1", **ANN | {"email": "new@example.org", "phone": "2", "tier": "Plus"}
    )
    house.distribute()

    records = {one["Email"]: one for one in side.records("Lead")}
    assert records["new@example.org"]["Phone"] == "+49 89 1234567"
    assert records["new@example.org"]["Tier_Need__c"] == "Plus"


@on_each_side
@pytest.mark.parametrize("notes", [True, False])
def test_scenario_20_changed_custom_field_is_in_the_notes_if_the_partner_wants_it(
    make_house: MakeHouse, side: PartnerSide, notes: bool
) -> None:
    house = salesforce(make_house, side, auto_accept=True, custom_fields_into_notes=notes)
    house.system.put("00Q1", campaign="C1", **ANN)
    house.distribute()

    house.system.put("00Q1", campaign="C1", **ANN | {"tier": "Premium", "phone": "2"})
    house.distribute()
    house.distribute()

    updates = [text for subject, text in side.tasks() if subject == "Acme: lead update"]
    assert updates == (["Tier: Premium"] if notes else [])


LEADS = """
partners:
  - {id: P1, name: Alpine Networks, reps: [{email: leads@alpine.example, first_name: Lee}]}
"""


def test_scenario_29_role_address_of_a_rep_is_refused(house: House, tmp_path: Path) -> None:
    file = tmp_path / "partners.yaml"
    file.write_text(LEADS)

    with pytest.raises(PartnerFileError, match="a rep has a role's address"):
        import_partners(house.hub, house.key, file, house.mapping.role_address_exceptions)

    assert house.rows("partner") == []


def test_scenario_29_role_address_of_a_rep_is_taken_where_it_is_excepted(
    make_house: MakeHouse, tmp_path: Path
) -> None:
    house = make_house(role_address_exceptions=["leads@alpine.example"])
    file = tmp_path / "partners.yaml"
    file.write_text(LEADS)

    report = import_partners(house.hub, house.key, file, house.mapping.role_address_exceptions)

    assert report.added == ("P1",)
