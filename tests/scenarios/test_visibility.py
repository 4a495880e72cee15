"""Acceptance scenario 21: a supplier-only field is the supplier's alone.

Partner-facing are what a push hands to a CRM and every mail; the hub keeps no other export to partners.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadline import distribution
from leadline.books.reporting import run_books
from leadline.errors import ThresholdExceeded
from leadline.mapping.model import Contacts
from leadline.notices import Failure, report_failure
from leadline.partners import FieldUpdates, RecordAs
from leadline.ports import SourceEvent
from leadline.trace import trace_leads
from tests.scenarios.house import FIELDS, FIRST_DAY, House

SECRET = "Zq7-for-the-supplier-only"
NOTE = {"internal_note": "Note__c", "theme": "Theme__c"}
CAMPAIGNS = {
    "key": "Code",
    "lead_field": "campaign_code",
    "share_all": True,
    "fields": [
        {"name": "name", "source": "Name", "required": True},
        {"name": "theme", "source": "Theme", "visibility": "supplier_only"},
    ],
}


@pytest.mark.parametrize("record_as", RecordAs)
def test_scenario_21_supplier_only_field_is_found_by_the_supplier_and_sent_to_nobody(
    make_house: Callable[..., House], record_as: RecordAs
) -> None:
    house = make_house(
        source={"system": "salesforce", "activities": {}},
        campaigns=CAMPAIGNS,
        threshold={"share": 0, "minimum_rows": 0},
        fields=[one | {"visibility": "supplier_only"} if one["name"] == "title" else one for one in FIELDS],
        # Neither a mapping that names one nor a CRM that has a field of its usual name gets it.
        crm={"salesforce": {"lead": NOTE, "contact": NOTE, "campaign": NOTE | {"name": "Campaign_Name__c"}}},
    )
    house.add_partner(
        "P1",
        auto_accept=True,
        record_as=record_as,
        custom_fields_into_notes=True,
        field_updates=FieldUpdates.ALL,
    )
    crm = house.crms["crm-P1"]
    crm.insert("Lead", Email="old@example.org", LastName="Old")
    secrets = {name: f"{SECRET} {name}" for name in ("internal_note", "partner_name", "title")}
    house.system.put_campaign("C1", name="Spring fair", theme=f"{SECRET} theme")
    house.system.put("00Q1", campaign="C1", email="ann@example.org", comments="first", **secrets)
    house.system.put("00Q2", campaign="C1", email="old@example.org", comments="first", **secrets)
    house.system.events = [SourceEvent("T1", "00Q1", "Form filled", FIRST_DAY)]
    house.distribute()

    changed = {"internal_note": f"{SECRET} changed", "comments": "second"}
    house.system.put("00Q1", campaign="C1", email="ann@example.org", **secrets | changed)
    house.system.put("00Q2", campaign="C1", email="old@example.org", **secrets | changed)
    house.distribute()

    house.system.put("00Q3", campaign="C1", email=f"{SECRET} is no address", **secrets)
    ctx = house.start()
    house.receive(ctx)
    with pytest.raises(ThresholdExceeded) as held:
        distribution.judge(house.hub, ctx, house.mapping)
    failure = Failure("judge", type(held.value).__name__, str(held.value))
    contacts = Contacts(configured=("channel@acme.example",), technical=("crm@acme.example",))
    assert report_failure(house.hub, house.key, ctx.run_id, [failure], contacts).mails == 2

    partner_facing = {
        "crm": crm.everything(),
        "deliveries": [(one.decision, one.message) for one in house.rows("delivery")],
        "mails": [tuple(one) for one in house.rows("mail")],
    }
    assert {name: SECRET in repr(body) for name, body in partner_facing.items()} == {
        "crm": False,
        "deliveries": False,
        "mails": False,
    }
    # What is shared did get there, by the first push and by the update: the tokens had every occasion.
    for shared in ("Spring fair", "first", "second", "Form filled"):
        assert shared in repr(crm.everything())

    (found,) = trace_leads(house.hub, "ann@example.org")
    assert found["fields"]["internal_note"] == f"{SECRET} changed"
    by_note = run_books(house.hub, house.key, by="internal_note")
    assert {f"{SECRET} changed"} <= {one["value"] for one in by_note}
