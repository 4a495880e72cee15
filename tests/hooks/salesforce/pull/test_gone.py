"""What is no longer in a supplier's org."""

from __future__ import annotations

from datetime import UTC, datetime

from leadline.ports import Window
from tests.hooks.salesforce.pull.room import DAY, records
from tests.hooks.salesforce.rooms import DAWN


class TestGone:
    def test_a_deleted_member_and_the_members_of_a_deleted_lead_are_told(self, org, system):
        campaign, lead = org.campaign(), org.lead()
        alone, with_lead = org.member(campaign, org.lead(), 5), org.member(campaign, lead, 6)
        org.act("delete", id=alone)
        org.act("delete", id=lead)

        found = records(system().pull("leads", Window(DAWN, datetime(2100, 1, 1, tzinfo=UTC))))

        assert {record.record_id for record in found} == {alone, with_lead}
        assert all(record.deleted and record.merged_into is None for record in found)
        assert all(record.campaign_key == campaign for record in found)

    def test_a_deletion_outside_the_window_is_not_told(self, org, system):
        member = org.member(org.campaign(), org.lead(), 5)
        org.act("delete", id=member)  # by the clock of today

        assert records(system().pull("leads", DAY)) == []

    def test_a_merged_lead_s_member_names_the_survivor_s_in_its_campaign(self, org, system):
        campaign, other = org.campaign(), org.campaign()
        master = org.lead()
        org.member(other, master, -500)
        survivor = org.member(campaign, master, -500)
        lesser = org.lead(7, IsDeleted=True, MasterRecordId=master)
        loser = org.member(campaign, lesser, 7, IsDeleted=True)

        found = {record.record_id: record for record in records(system().pull("leads", DAY))}

        assert found[loser].merged_into == survivor
        assert found[loser].deleted

    def test_a_member_that_a_merge_moved_lives_on(self, org, system):
        campaign, master, lesser = org.campaign(), org.lead(Country="AT"), org.lead()
        member = org.member(campaign, lesser, 5)
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])

        (record,) = records(system().pull("leads", Window(DAWN, datetime(2100, 1, 1, tzinfo=UTC))))

        assert (record.record_id, record.deleted, record.values["Lead.Country"]) == (member, False, "AT")
