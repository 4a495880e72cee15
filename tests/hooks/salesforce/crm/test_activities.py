"""What people of a partner did on our records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadline.ports import ActivityWrite, KnownRecord
from tests.hooks.salesforce.crm.room import PartnerOrg, contact, lead
from tests.hooks.salesforce.rooms import DAWN


class TestActivities:
    @pytest.mark.capability("W10", "crm:salesforce", "query_all")
    def test_tasks_and_events_of_a_lead_come_and_ours_bear_our_key(self, org: PartnerOrg) -> None:
        one = org.lead()
        list(org.crm.add_activities([ActivityWrite("N1", one, "Opened a mail", None, DAWN)]))
        call = org.insert("Task", 5, WhoId=one, Subject="Called", Type="Call", ActivityDate="2026-11-20")
        visit = org.insert("Event", 5, WhoId=one, Subject="Visit", StartDateTime="2026-11-20T09:30:00Z")

        found = {activity.activity_id: activity for activity in org.activities(lead(one))}

        assert len(found) == 3
        assert {activity.key for activity in found.values()} == {"N1", None}
        assert (found[call].type, found[call].subject, found[call].occurred_at) == ("Call", "Called", DAWN)
        assert (found[visit].type, found[visit].occurred_at) == ("Event", DAWN + timedelta(hours=9.5))
        assert {activity.record_id for activity in found.values()} == {one}

    def test_only_those_made_or_changed_since_come_and_no_deleted_one(self, org: PartnerOrg) -> None:
        one = org.lead()
        org.insert("Task", -5, WhoId=one, Subject="Before")
        org.insert("Task", 5, WhoId=one, Subject="After")
        gone = org.insert("Task", 5, WhoId=one, Subject="Gone")
        org.act("delete", id=gone)

        assert [activity.subject for activity in org.activities(lead(one), since=0)] == ["After"]

    def test_what_moved_to_the_contact_of_a_converted_lead_is_still_the_lead_s(self, org: PartnerOrg) -> None:
        one = org.lead()
        org.insert("Task", 5, WhoId=one, Subject="On the lead")
        made = org.act("convert", lead_id=one)
        org.insert("Task", 5, WhoId=made["contact_id"], WhatId=made["opportunity_id"], Subject="On both")
        org.insert("Task", 5, WhatId=made["opportunity_id"], Subject="On the deal")

        found = org.activities(lead(one))

        assert sorted(str(activity.subject) for activity in found) == [
            "On both",
            "On the deal",
            "On the lead",
        ]
        assert {activity.record_id for activity in found} == {one}

    def test_an_opportunity_has_its_own(self, org: PartnerOrg) -> None:
        made = org.act("convert", lead_id=org.lead())
        deal = made["opportunity_id"]
        org.insert("Event", 5, WhatId=deal, Subject="Pitch", StartDateTime="2026-11-20T09:30:00Z")

        found = org.activities(KnownRecord(deal, "Opportunity", "O-1", ""))

        assert [(activity.record_id, activity.subject) for activity in found] == [(deal, "Pitch")]

    def test_those_of_a_merged_contact_are_its_survivor_s(self, org: PartnerOrg) -> None:
        lesser, master = org.contact(), org.contact()
        org.insert("Task", 5, WhoId=lesser, Subject="Called")
        org.act("merge", object="Contact", master_id=master, lesser_ids=[lesser])

        assert [activity.record_id for activity in org.activities(contact(lesser))] == [lesser]

    @pytest.mark.parametrize("changed", [3, 1_500], ids=["few-changes", "many-changes"])
    def test_many_records_lose_and_double_nothing(self, org: PartnerOrg, changed: int) -> None:
        rows = [{"LastName": "Doe", "Company": "E"} for _ in range(1_600)]
        leads = org.act("insert", object="Lead", rows=rows)
        stamps = (DAWN + timedelta(seconds=5)).isoformat()
        tasks = [{"WhoId": one, "Subject": "T", "SystemModstamp": stamps} for one in leads[:changed]]
        org.act("insert", object="Task", rows=tasks)
        stranger = org.lead()
        org.insert("Task", 5, WhoId=stranger, Subject="T")
        org.act("set_page_rows", rows=300)

        found = org.activities(*map(lead, leads), since=0)

        assert sorted(activity.record_id for activity in found) == sorted(leads[:changed])


@pytest.mark.parametrize("kind", ["short_pages", "expired_locator", "query_timeout"])
def test_pages_that_go_on_the_way_lose_and_double_nothing(org: PartnerOrg, kind: str) -> None:
    one = org.lead()
    for number in range(30):
        org.insert("Task", 5, WhoId=one, Subject=f"T{number}")
    if kind == "expired_locator":
        org.fault("short_pages", "query_all", arguments={"rows": 7})
        org.fault(kind, "query_more")
    else:
        org.fault(kind, "query*", times=2, arguments={"rows": 7} if kind == "short_pages" else {})

    found = org.activities(lead(one))

    assert sorted(str(activity.subject) for activity in found) == sorted(f"T{n}" for n in range(30))
