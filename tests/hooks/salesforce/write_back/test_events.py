"""Partners' events, told in a supplier's org."""

from __future__ import annotations

import pytest

from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.mapping.model import EventWriteBack
from tests.hooks.salesforce.write_back.room import DEAL, WrittenOrg, deal, event, mapped


class TestEvents:
    @pytest.mark.capability("W5", "salesforce", "collections.upsert")
    def test_an_event_is_a_completed_task_of_the_lead_however_often_it_is_sent(self, org: WrittenOrg) -> None:
        lead = org.lead()
        member = org.member(lead)

        first = org.events(event("E1", member, body="They want a demo"))
        second = org.events(event("E1", member, body="They want a demo"), event("E2", member, subject=""))

        assert first["E1"].created
        assert (second["E1"].ok, second["E1"].created) == (True, False)
        tasks = {task["Leadline_Id__c"]: task for task in org.rows("Task").values()}
        assert set(tasks) == {"E1", "E2"}
        assert tasks["E1"]["WhoId"] == lead
        assert (tasks["E1"]["Subject"], tasks["E2"]["Subject"]) == ("Call: Asked", "Call")
        assert (tasks["E1"]["Status"], tasks["E1"]["ActivityDate"]) == ("Completed", "2026-11-20")

    def test_what_somebody_deleted_is_not_added_again(self, org: WrittenOrg) -> None:
        member = org.member(org.lead())
        task = org.events(event("E1", member))["E1"].record_id
        org.act("delete", id=task)

        assert org.events(event("E1", member))["E1"].record_id == task

        assert org.rows("Task") == {}

    def test_a_converted_lead_s_contact_takes_the_event_and_a_merged_one_s_survivor(
        self, org: WrittenOrg
    ) -> None:
        converted, lesser, master = org.lead(), org.lead(), org.lead()
        of_converted, of_lesser = org.member(converted), org.member(lesser)
        contact = org.act("convert", lead_id=converted)["contact_id"]
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])

        results = org.events(event("E1", of_converted), event("E2", of_lesser))

        assert all(one.ok for one in results.values())
        people = {task["Leadline_Id__c"]: task["WhoId"] for task in org.rows("Task").values()}
        assert people == {"E1": contact, "E2": master}

    def test_an_event_of_a_deleted_lead_is_refused_alone(self, org: WrittenOrg) -> None:
        gone, there = org.lead(), org.lead()
        member, other = org.member(gone), org.member(there)
        org.act("delete", id=gone)

        results = org.events(event("E1", member), event("E2", other))

        assert (results["E1"].ok, results["E1"].code, results["E1"].stale) == (False, "NOT_FOUND", True)
        assert results["E2"].ok

    @pytest.mark.capability("W8", "salesforce", "collections.upsert")
    def test_events_on_an_opportunity_are_about_its_record(self, org: WrittenOrg) -> None:
        member = org.member(org.lead())
        record = org.deals(deal("1", member))["W-1"].record_id

        result = org.events(event("E1", str(record), on="opportunity"))["E1"]

        assert result.ok
        (task,) = org.rows("Task").values()
        assert (task["WhatId"], task.get("WhoId")) == (record, None)

    def test_the_partner_s_words_become_the_supplier_s(self, org: WrittenOrg) -> None:
        mapping = mapped(
            events=EventWriteBack(object="Task", fields={"type": "Type"}, types={"Phone call": "Call"})
        )
        member = org.member(org.lead())

        org.events(event("E1", member, type="Phone call"), mapping=mapping)

        (task,) = org.rows("Task").values()
        assert (task["Type"], task["Subject"]) == ("Call", "Asked")

    def test_events_may_be_calendar_entries_or_rows_of_an_own_object(self, org: WrittenOrg) -> None:
        for object_ in ("Event", DEAL):
            org.act("add_field", object=object_, name="Key__c", external_id=True, unique=True, length=64)
        own = {"key": "Key__c", "subject": "Name", "lead": "Lead__c", "occurred_at": "Close_Date__c"}
        lead = org.lead()
        member = org.member(lead)

        entry = org.events(
            event("E1", member),
            mapping=mapped(events=EventWriteBack(object="Event", fields={"key": "Key__c"})),
        )
        row = org.events(event("E2", member), mapping=mapped(events=EventWriteBack(object=DEAL, fields=own)))

        assert (entry["E1"].ok, row["E2"].ok) == (True, True)
        (calendar,) = org.rows("Event").values()
        assert (calendar["WhoId"], calendar["StartDateTime"]) == (lead, "2026-11-20T12:30:00.000+0000")
        (kept,) = org.rows(DEAL).values()
        assert (kept["Lead__c"], kept["Close_Date__c"]) == (lead, "2026-11-20")

    def test_a_key_that_is_not_unique_there_is_looked_for_first(self, org: WrittenOrg) -> None:
        org.act("drop_field", object="Task", name="Leadline_Id__c")
        org.act("add_field", object="Task", name="Leadline_Id__c", length=64)
        member = org.member(org.lead())
        org.fault("hang_up", "collections.create", "after")

        with pytest.raises(VendorUnavailable):
            org.events(event("E1", member))
        again = org.events(event("E1", member))

        assert (again["E1"].ok, len(org.rows("Task"))) == (True, 1)

    def test_without_a_key_field_nothing_is_written(self, org: WrittenOrg) -> None:
        member = org.member(org.lead())
        org.act("drop_field", object="Task", name="Leadline_Id__c")

        with pytest.raises(SchemaDrift, match="Task has no field 'Leadline_Id__c'"):
            org.events(event("E1", member))

        assert org.rows("Task") == {}

    def test_a_mapping_without_events_refuses_them(self, org: WrittenOrg) -> None:
        result = org.events(event("E1", org.member(org.lead())), mapping=mapped(events=None))["E1"]

        assert (result.ok, result.code) == (False, "NOT_SUPPORTED")

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("kind", ["hang_up", "status"])
    def test_a_lost_answer_adds_no_second_task(self, org: WrittenOrg, kind: str, moment: str) -> None:
        member = org.member(org.lead())
        org.fault(kind, "collections.upsert", moment)

        assert org.events(event("E1", member))["E1"].ok

        assert len(org.rows("Task")) == 1
