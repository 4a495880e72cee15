"""Values of ours in the form that a CRM gave them: no change of a partner's, whoever touched the record."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from leadline.hub.schema import history
from leadline.ports import FieldDescription
from tests.feedback.house import House
from tests.feedback.test_fields import change_lead

TRACTOR = "\N{TRACTOR}"
FIELDS = [
    {"name": "email", "source": "E-Mail", "required": True, "class": "profile"},
    {"name": "last_name", "source": "Last Name", "class": "profile"},
    {"name": "company", "source": "Company", "class": "profile"},
    {"name": "industry", "source": "Industry", "type": "select", "values": ["Retail", "Moonshine"]},
    {"name": "products", "source": "P", "type": "multiselect", "values": ["A", "B", "C"], "separator": "|"},
    {"name": "revenue", "source": "Revenue", "type": "decimal"},
    {"name": "asked_at", "source": "At", "type": "datetime"},
    {"name": "opt_in", "source": "Opt", "type": "boolean"},
]
OWN = {"products": "P__c", "revenue": "R__c", "asked_at": "At__c", "opt_in": "Opt__c", "industry": "I__c"}
DESCRIBED = [
    FieldDescription("Email", "email", 80),
    FieldDescription("LastName", "string", 10),
    FieldDescription("Company", "string", 12),
    FieldDescription("P__c", "multipicklist", values=("A", "B"), restricted=True),
    FieldDescription("I__c", "picklist", values=("Retail", "Crafts"), restricted=True),
    FieldDescription("R__c", "currency"),
    FieldDescription("At__c", "datetime"),
    FieldDescription("Opt__c", "boolean"),
]
FORMS = [
    # numbers: rounded, or kept as a binary number
    ("revenue", "1000.5", "R__c", "1001"),
    ("revenue", "12.3456789", "R__c", "12.3457"),
    ("revenue", "99999999999999.99", "R__c", "99999999999999.98"),
    # moments: without a part of the second, or as a day
    ("asked_at", "2026-03-01T09:00:00.123456Z", "At__c", "2026-03-01T09:00:00Z"),
    ("asked_at", "2026-03-01T09:00:00.123456Z", "At__c", "2026-03-01T09:00:00.123Z"),
    ("asked_at", "2026-03-01T09:00:00.000000Z", "At__c", "2026-03-01"),
    # lists: without what the CRM does not know
    ("products", ["A", "C"], "P__c", "A"),
    # a box that nobody ticked
    ("opt_in", None, "Opt__c", "false"),
    # texts: cut by characters or by UTF-16 units, without what XML cannot carry
    ("company", "Example of a long name", "Company", "Example of a"),
    ("company", TRACTOR * 8, "Company", TRACTOR * 6),
    ("company", "Exam\x0bple", "Company", "Example"),
    # a name where a lead has none
    ("last_name", None, "LastName", "Example Lt"),
]
CHANGES = [
    ("revenue", "1000.5", "R__c", "1002", "1002"),
    ("asked_at", "2026-03-01T09:00:00.5Z", "At__c", "2026-03-02T09:00:01Z", "2026-03-02T09:00:01.000000Z"),
    ("products", ["A", "B"], "P__c", "A", ["A"]),
    ("products", ["A", "C"], "P__c", "B", ["B"]),
    ("opt_in", None, "Opt__c", "true", True),
    ("opt_in", True, "Opt__c", "false", False),
    ("company", "Example of a long name", "Company", "Example of", "Example of"),
    ("last_name", None, "LastName", "Miller", "Miller"),
]  # fmt: skip


@pytest.fixture
def house(make_feedback_house: Callable[..., House]) -> House:
    """Return a house whose CRM describes fields of every type."""
    made = make_feedback_house(fields=FIELDS, campaigns={}, crm={"salesforce": {"lead": OWN}})
    made.add_partner()
    made.crm.described["Lead"] = DESCRIBED
    return made


def test_the_crm_s_own_form_of_our_value_is_no_news(house: House) -> None:
    for number, (name, ours, crm, text) in enumerate(FORMS):
        house.add_lead(f"00Q{number}", **{name: ours})
        house.crm.put(f"00Q{number}", **{crm: text, "Fax": "a rep was here"})

    house.read()

    assert house.told("crm_updated") == []
    assert house.rows("crm_seen")[0].troubles is None


def test_nor_is_it_after_an_update_of_ours(house: House) -> None:
    before = {"products": ["B"], "opt_in": True}
    shown = {"P__c": "B", "Opt__c": "true"}
    leads = []
    for number, (name, _, crm, _) in enumerate(FORMS):
        leads.append(house.add_lead(f"00Q{number}", **{name: before.get(name)}))
        house.crm.put(f"00Q{number}", **{crm: shown.get(crm)})
    house.read()

    for number, (name, ours, crm, text) in enumerate(FORMS):
        change_lead(house, leads[number], **{name: ours})
        house.crm.put(f"00Q{number}", **{crm: text})
    house.read()

    assert house.told("crm_updated") == []


def test_what_is_no_form_of_our_value_is_the_partner_s(house: House) -> None:
    for number, (name, ours, crm, text, _) in enumerate(CHANGES):
        house.add_lead(f"00Q{number}", **{name: ours})
        house.crm.put(f"00Q{number}", **{crm: text})

    house.read()

    found = [house.lead_of(f"00Q{number}").attributes[one[0]] for number, one in enumerate(CHANGES)]
    assert found == [one[-1] for one in CHANGES]


def test_a_rounder_number_is_the_partner_s_where_the_crm_held_our_very_one(house: House) -> None:
    house.add_lead(revenue="1000.5")
    house.crm.put("00Q1", Email="person1@example.org", R__c="1000.5")
    house.read()

    house.crm.put("00Q1", R__c="1001")
    house.read()

    assert house.lead_of("00Q1").attributes["revenue"] == "1001"


def test_a_value_that_the_crm_could_not_take_is_no_push_into_the_partner_s_own_record(house: House) -> None:
    lead_id = house.add_lead(created=False, industry="Moonshine")
    with house.hub.transaction("acme") as connection:
        connection.execute(
            history.insert().values(
                supplier="acme", lead_id=lead_id, event_id="p", kind="pushed", at=1, run_id="r", task="t",
                actor="a", after=json.dumps({"operation": "update", "fields": ["I__c"]}),
            )
        )  # fmt: skip
    house.crm.put("00Q1", Email="person1@example.org", I__c="Retail")

    house.read()

    assert house.lead_of("00Q1").attributes["industry"] == "Moonshine"
