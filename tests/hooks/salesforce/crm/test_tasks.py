"""Notes and events as tasks of a partner's org."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.ports import ActivityWrite
from sandbox.orgs import REPS
from tests.hooks.salesforce.crm.room import EXTERNAL, PartnerOrg


@pytest.mark.capability("P2", "crm:salesforce", "collections.upsert")
def test_an_activity_becomes_one_completed_task_however_often_it_is_sent(org: PartnerOrg) -> None:
    lead = org.insert("Lead", LastName="A", Company="C")
    activity = ActivityWrite("E1", lead, "Acme: Webinar", "came late", datetime(2026, 10, 1, 23, tzinfo=UTC))

    first = list(org.crm.add_activities([activity]))
    second = list(org.crm.add_activities([activity]))

    (task,) = org.records("Task")
    assert [one.record_id for one in (*first, *second)] == [task["Id"]] * 2
    assert (task["WhoId"], task["Status"], task["ActivityDate"], task["Description"]) == (
        lead,
        "Completed",
        "2026-10-01",
        "came late",
    )


def test_a_task_that_the_partner_changed_or_deleted_stays_so(org: PartnerOrg) -> None:
    lead = org.insert("Lead", LastName="A", Company="C")
    kept = ActivityWrite("E1", lead, "Acme: Webinar", "came", None)
    deleted = ActivityWrite("E2", lead, "Acme: Fair", "came", None)
    first = {one.key: one.record_id for one in org.crm.add_activities([kept, deleted])}
    org.control.act(org.name, "update", id=first["E1"], values={"Subject": "Call her"})
    org.control.act(org.name, "delete", id=first["E2"])

    results = list(org.crm.add_activities([kept, deleted]))

    assert all(one.ok for one in results)
    assert [task["Subject"] for task in org.records("Task")] == ["Call her"]


def test_what_happened_on_a_lead_that_was_converted_since_stands_on_its_contact(org: PartnerOrg) -> None:
    leads = [org.insert("Lead", LastName=name, Company="C") for name in "AB"]
    contact = org.control.act(org.name, "convert", lead_id=leads[0], owner_id=REPS[0][2])["contact_id"]
    written = [
        ActivityWrite(f"E{place}", one, "Acme: Webinar", "came", None) for place, one in enumerate(leads)
    ]

    for _ in range(2):
        results = list(org.crm.add_activities(written))

    assert all(one.ok for one in results)
    assert sorted(task["WhoId"] for task in org.records("Task")) == sorted([contact, leads[1]])


def test_a_lost_answer_to_a_task_adds_no_second_one(org: PartnerOrg) -> None:
    lead = org.insert("Lead", LastName="A", Company="C")
    org.fault("hang_up", "collections*", "after", times=4)
    activity = ActivityWrite("E1", lead, "Acme: Webinar", None, None)

    with pytest.raises(VendorUnavailable):
        list(org.crm.add_activities([activity]))
    org.control.clear_faults()
    (result,) = org.crm.add_activities([activity])

    assert result.ok
    assert len(org.records("Task")) == 1


def test_without_a_key_field_no_task_is_written(org: PartnerOrg) -> None:
    org.control.act(org.name, "drop_field", object="Task", name=EXTERNAL)

    with pytest.raises(SchemaDrift, match="Task"):
        list(org.crm.add_activities([ActivityWrite("E1", "00Q", "s", None, None)]))
    assert [one.detail for one in org.crm.check()] == [f"Task.{EXTERNAL}"]
