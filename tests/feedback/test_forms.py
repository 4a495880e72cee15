"""Values of ours in the form that a CRM gave them: no change of a partner's, whoever touched the record."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from leadline.hub import now_us
from leadline.hub.schema import delivery, history
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
    {"name": "rating", "source": "Rating", "type": "select", "values": ["Hot", "Warm"]},
    {"name": "kinds", "source": "K", "type": "multiselect", "values": ["Alpha", "Beta"], "separator": "|"},
    {"name": "number", "source": "N", "type": "integer"},
    # Not every supplier's field has the type that its CRM field has.
    {"name": "agreed", "source": "Agreed"},
    {"name": "code", "source": "Code"},
    {"name": "branch", "source": "Branch"},
    {"name": "topics", "source": "Topics"},
    {"name": "price", "source": "Price", "type": "decimal"},
    {"name": "remark", "source": "Remark", "type": "text"},
]
OWN = {
    "products": "P__c", "revenue": "R__c", "asked_at": "At__c", "opt_in": "Opt__c", "industry": "I__c",
    "rating": "Rating__c", "kinds": "K__c", "number": "N__c", "agreed": "Agreed__c", "code": "Code__c",
    "branch": "Branch__c", "topics": "Topics__c", "price": "Price__c", "remark": "Remark__c",
}  # fmt: skip
DESCRIBED = [
    FieldDescription("Email", "email", 80),
    FieldDescription("LastName", "string", 10),
    FieldDescription("Company", "string", 12),
    FieldDescription("P__c", "multipicklist", values=("A", "B"), restricted=True),
    FieldDescription("I__c", "picklist", values=("Retail", "Crafts"), restricted=True),
    FieldDescription("R__c", "currency"),
    FieldDescription("At__c", "datetime"),
    FieldDescription("Opt__c", "boolean"),
    FieldDescription("Rating__c", "picklist", values=("Hot", "Warm"), default="Warm"),
    FieldDescription("K__c", "string", 8),
    FieldDescription("N__c", "double"),
    FieldDescription("Agreed__c", "boolean"),
    FieldDescription("Code__c", "double"),
    FieldDescription(
        "Branch__c", "picklist", values=("Retail", "Crafts"), numbers=("1", "2"), restricted=True
    ),
    FieldDescription("Topics__c", "multipicklist", values=("A", "B", "C")),
    FieldDescription("Price__c", "string", 5),
    FieldDescription("Remark__c", "textarea", 255),
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
    # a list or a number in a text that is too short for it: no value of ours any more
    ("kinds", ["Alpha", "Beta"], "K__c", "Alpha;Be"),
    ("price", "1234.9", "Price__c", "1234."),
    ("price", "123.49", "Price__c", "123.4"),
    # an integer that no binary number holds
    ("number", 9007199254740993, "N__c", "9007199254740992"),
    # texts in fields of another type: boxes, numbers, lists by word, by number, in another order
    ("agreed", "yes", "Agreed__c", "true"),
    ("agreed", "on request", "Agreed__c", "false"),
    ("code", "007", "Code__c", "7"),
    ("branch", "RETAIL", "Branch__c", "Retail"),
    ("branch", "2", "Branch__c", "Crafts"),
    ("topics", "b; A", "Topics__c", "A;B"),
    # a return alone, which XML and most CRMs take for a new line
    ("remark", "one\rtwo", "Remark__c", "one\ntwo"),
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
    ("rating", None, "Rating__c", "Hot", "Hot"),
    ("rating", "Hot", "Rating__c", "Warm", "Warm"),
    ("price", "1234.9", "Price__c", "1235", "1235"),
    ("number", 20, "N__c", "21", 21),
    ("agreed", "yes", "Agreed__c", "false", "false"),
    ("agreed", "no", "Agreed__c", "true", "true"),
    ("code", "007", "Code__c", "8", "8"),
    ("branch", "2", "Branch__c", "Retail", "Retail"),
    # a list that is open would have kept the word
    ("topics", "A;Z", "Topics__c", "A", "A"),
    ("remark", "one\rtwo", "Remark__c", "one two", "one two"),
]  # fmt: skip
SEEN_AND_CHANGED = [
    # field, ours, CRM field, how it stood there, what the partner made of it: by its looks a form of ours
    ("revenue", "1000.56", "R__c", "1000.6", "1001", "1001"),
    ("asked_at", "2026-03-01T09:00:00.123456Z", "At__c", "2026-03-01T09:00:00.123Z", "2026-03-01T09:00:00Z",
     "2026-03-01T09:00:00.000000Z"),
    ("company", "Example of a long name", "Company", "Example of a", "Example of", "Example of"),
    ("industry", "Moonshine", "I__c", "Retail", None, None),
    ("branch", "2", "Branch__c", "Crafts", "2", "2"),
]  # fmt: skip


@pytest.fixture
def house(make_feedback_house: Callable[..., House]) -> House:
    """Return a house whose CRM describes fields of every type."""
    made = make_feedback_house(fields=FIELDS, campaigns={}, crm={"salesforce": {"lead": OWN}})
    made.add_partner()
    made.crm.described["Lead"] = DESCRIBED
    return made


def add_push(house: House, lead_id: str, at: int = 1, **after: Any) -> None:
    """Let history say that the lead was pushed."""
    with house.hub.transaction("acme") as connection:
        connection.execute(
            history.insert().values(
                supplier="acme", lead_id=lead_id, event_id="p", kind="pushed", at=at, run_id="r", task="t",
                actor="a", after=json.dumps({"account": house.account.id} | after),
            )
        )  # fmt: skip


def add_delivery(house: House, changed: list[str] | None) -> None:
    """Let an update of the lead be under way."""
    row = house.lead_of("00Q1")
    with house.hub.transaction("acme") as connection:
        connection.execute(
            delivery.insert().values(
                supplier="acme", delivery_id="d", assignment_id=row.assignment_id, sequence=2,
                lead_id=row.lead_id, partner_id="P1", account_id=house.account.id, state="decided",
                run_id="r", changed=changed and json.dumps(changed), queued_at=1,
            )
        )  # fmt: skip


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
        add_push(house, leads[number], at=now_us(), operation="update", fields=[crm])
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


@pytest.mark.parametrize(("name", "ours", "crm", "stood", "text", "told"), SEEN_AND_CHANGED)
def test_what_no_push_touched_since_the_last_reading_is_the_partner_s(
    house: House, name: str, ours: Any, crm: str, stood: str, text: str | None, told: Any
) -> None:
    house.add_lead(**{name: ours})
    house.crm.put("00Q1", **{crm: stood})
    house.read()

    house.crm.put("00Q1", **{crm: text})
    house.read()

    assert house.lead_of("00Q1").attributes.get(name) == told


def test_what_a_new_record_says_of_itself_is_no_word_of_the_partner_s(house: House) -> None:
    house.add_lead("00Q1")
    house.add_lead("00Q2", rating="Hot")
    house.crm.put("00Q1", Rating__c="Warm")
    house.crm.put("00Q2", Rating__c=None)
    house.read()

    assert house.told("crm_updated") == []

    house.crm.put("00Q2", Rating__c="Warm")
    house.read()

    assert house.lead_of("00Q2").attributes["rating"] == "Warm"


def test_a_box_of_the_partner_s_own_record_that_it_unticked_is_its_change(house: House) -> None:
    house.add_lead(created=False)
    house.crm.put("00Q1", Opt__c="true")
    house.read()

    house.crm.put("00Q1", Opt__c="false")
    house.read()

    assert house.lead_of("00Q1").attributes["opt_in"] is False


@pytest.mark.parametrize("changed", [None, ["company"]])
def test_a_push_that_is_under_way_may_have_brought_a_form(house: House, changed: list[str] | None) -> None:
    house.add_lead(company="Example of a long name")
    house.crm.put("00Q1", Fax="not filled in yet")
    house.read()

    add_delivery(house, changed)
    house.crm.put("00Q1", Company="Example of a")
    house.read()

    assert house.told("crm_updated") == []


@pytest.mark.parametrize(
    "push",
    [
        {"operation": "update", "fields": ["R__c"]},
        {"operation": "keep"},
        {"operation": "update", "fields": ["Company"], "account": "crm-P0"},
    ],
)
def test_a_push_of_another_field_or_into_another_account_brings_none(
    house: House, push: dict[str, Any]
) -> None:
    lead_id = house.add_lead(company="Example of a long name")
    house.crm.put("00Q1", Fax="not filled in yet")
    house.read()

    change_lead(house, lead_id, company="Example of a longer name")
    add_push(house, lead_id, at=now_us(), **push)
    house.crm.put("00Q1", Company="Example of a")
    house.read()

    assert house.lead_of("00Q1").attributes["company"] == "Example of a"


def test_a_text_that_was_cut_and_then_shortened_by_the_partner_is_its_change(house: House) -> None:
    lead_id = house.add_lead(company="Example of a long name")
    add_push(house, lead_id, operation="create", shortened=["Company"])
    house.crm.put("00Q1", Company="Example")
    house.read()

    assert house.lead_of("00Q1").attributes["company"] == "Example"


def test_a_push_into_an_earlier_partner_s_record_makes_no_field_of_this_one_ours(house: House) -> None:
    lead_id = house.add_lead(created=False, company="Example")
    add_push(house, lead_id, account="crm-P0", operation="update", fields=["Company"])
    house.crm.put("00Q1", Company="Example Holding")
    house.read()

    assert house.told("crm_updated") == []


def test_a_rounder_number_is_the_partner_s_where_the_crm_held_our_very_one(house: House) -> None:
    house.add_lead(revenue="1000.5")
    house.crm.put("00Q1", Email="person1@example.org", R__c="1000.5")
    house.read()

    house.crm.put("00Q1", R__c="1001")
    house.read()

    assert house.lead_of("00Q1").attributes["revenue"] == "1001"
