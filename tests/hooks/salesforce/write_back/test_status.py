"""Values written onto a supplier's leads and campaign members."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from hooks.salesforce import bulk
from leadline.errors import RetryLater, SchemaDrift, VendorUnavailable
from tests.hooks.salesforce.rooms import GLOBEX
from tests.hooks.salesforce.write_back.room import WrittenOrg, mapped, status


class TestWriteBack:
    @pytest.mark.capability(("W1", "W2", "W3", "W4", "W9", "W11"), "salesforce", "collections.update")
    def test_a_row_writes_its_member_and_its_lead_each_in_its_types(self, org: WrittenOrg) -> None:
        lead = org.lead(Phone="1")
        member = org.member(lead)
        row = status(
            member,
            LL_Distribution_Status__c="Rejected",
            LL_Not_Routed__c="Not routed",
            LL_Sales_Status__c="Contacted",
            LL_Rep_Name__c="Rea Pace",
            LL_Rep_Email__c="rea@partner.example",
            LL_Rejection_Reason__c="Other",
            LL_Rejection_Comment__c="No budget",
            Lead_Phone="+1 555 0100",
            Lead_Products__c="Routers;Cloud",
            Lead_Demo_Date__c="2026-12-01",
        )

        results = org.back(row)

        assert results[row.identity].ok
        written = org.rows("CampaignMember")[member]
        assert {name: written.get(name) for name in row.values if "." not in name} == {
            name: value for name, value in row.values.items() if "." not in name
        }
        person = org.rows("Lead")[lead]
        assert (person["Phone"], person["Demo_Date__c"]) == ("+1 555 0100", "2026-12-01")
        assert set(person["Products__c"].split(";")) == {"Routers", "Cloud"}

    def test_what_the_mapping_does_not_write_stays(self, org: WrittenOrg) -> None:
        lead = org.lead(Email="a@buyer.example")
        member = org.member(lead)

        assert org.back(status(member, Lead_Email="b@buyer.example", Status="Responded"))

        assert org.rows("Lead")[lead]["Email"] == "a@buyer.example"
        assert org.rows("CampaignMember")[member]["Status"] == "Sent"

    def test_one_bad_value_refuses_its_row_and_no_other(self, org: WrittenOrg) -> None:
        bad, good = org.member(org.lead()), org.member(org.lead())
        rows = [status(bad, Lead_Phone="9" * 41), status(good, Lead_Phone="2")]

        results = org.back(*rows)

        refused = results[rows[0].identity]
        assert (refused.ok, refused.code, refused.field) == (False, "STRING_TOO_LONG", "Phone")
        assert results[rows[1].identity].ok

    @pytest.mark.parametrize("bulk_above", [2_000, 0], ids=["collections", "bulk"])
    def test_a_merged_lead_is_followed_to_its_survivor(
        self, org: WrittenOrg, monkeypatch: pytest.MonkeyPatch, bulk_above: int
    ) -> None:
        monkeypatch.setattr("hooks.salesforce.status.BULK_ABOVE", bulk_above)
        lesser, master = org.lead(), org.lead()
        gone, kept = org.member(lesser), org.member(master)
        org.act("delete", id=gone)  # a merge leaves one member of a campaign
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])

        row = status(gone, LL_Sales_Status__c="Nurture", Lead_Phone="3")
        assert org.back(row)[row.identity].ok

        assert org.rows("CampaignMember")[kept]["LL_Sales_Status__c"] == "Nurture"
        assert org.rows("Lead")[master]["Phone"] == "3"

    def test_a_lead_source_is_followed_too(self, org: WrittenOrg) -> None:
        source = GLOBEX.source.model_copy(update={"object": "Lead"})
        back = {"object": "Lead", "sales_status": "Rating", "fields": {"title": "Title"}}
        mapping = mapped(**back).model_copy(update={"source": source})
        lesser, master = org.lead(), org.lead()
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])

        row = status(lesser, Title="Head")
        result = org.back(row, mapping=mapping)[row.identity]

        assert result.ok
        assert org.rows("Lead")[master]["Title"] == "Head"

    def test_a_converted_lead_s_contact_takes_what_is_mapped_for_it_and_the_rest_is_told(
        self, org: WrittenOrg
    ) -> None:
        lead = org.lead()
        member = org.member(lead)
        contact = org.act("convert", lead_id=lead)["contact_id"]
        both = status(member, LL_Sales_Status__c="Contacted", Lead_Title="Head", Lead_Tier_Need__c="Plus")
        phone = status(org.member(org.lead()), Lead_Phone="4")

        results = org.back(both, phone)

        told = results[both.identity]
        assert (told.ok, told.code, told.field, told.stale) == (
            False,
            "CANNOT_UPDATE_CONVERTED_LEAD",
            "Tier_Need__c",
            True,
        )
        assert "write_back.converted" in str(told.message)
        assert org.rows("CampaignMember")[member]["LL_Sales_Status__c"] == "Contacted"
        assert org.rows("Contact")[contact]["Title"] == "Head"
        assert results[phone.identity].ok

    def test_a_rule_that_only_warns_of_duplicates_is_passed(self, make_org: Any) -> None:
        org = make_org("globex_test")
        lead = org.lead()
        org.lead(Phone="5")
        row = status(org.member(lead), Lead_Phone="5")

        assert org.back(row)[row.identity].ok
        assert org.rows("Lead")[lead]["Phone"] == "5"

    def test_a_deleted_record_is_told_as_such(self, org: WrittenOrg) -> None:
        member = org.member(org.lead())
        org.act("delete", id=member)
        row = status(member, LL_Sales_Status__c="Contacted")

        result = org.back(row)[row.identity]

        assert (result.ok, result.code, result.stale, result.retryable) == (
            False,
            "ENTITY_IS_DELETED",
            True,
            False,
        )

    def test_a_field_that_is_gone_stops_with_its_name(self, org: WrittenOrg) -> None:
        member = org.member(org.lead())
        org.act("drop_field", object="CampaignMember", name="LL_Rep_Name__c")

        with pytest.raises(SchemaDrift, match="LL_Rep_Name__c"):
            org.back(status(member, LL_Rep_Name__c="Rea"))

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("kind", ["hang_up", "status"])
    def test_a_call_that_fails_is_repeated_and_changes_nothing_twice(
        self, org: WrittenOrg, kind: str, moment: str
    ) -> None:
        lead = org.lead()
        row = status(org.member(lead), LL_Sales_Status__c="Contacted", Lead_Phone="5")
        org.fault(kind, "collections.update", moment)

        assert org.back(row)[row.identity].ok
        assert org.rows("Lead")[lead]["Phone"] == "5"


def test_a_job_that_is_stuck_does_not_write_after_what_is_newer(
    org: WrittenOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hooks.salesforce.status.BULK_ABOVE", 0)
    monkeypatch.setattr("hooks.salesforce.bulk.wait_for", partial(bulk.wait_for, longest_seconds=0))
    member = org.member(org.lead())
    org.fault("slow_job", "ingest.state", arguments={"polls": 2})

    with pytest.raises(RetryLater):
        org.back(status(member, LL_Sales_Status__c="Nurture"))
    org.back(status(member, LL_Sales_Status__c="Contacted"))

    for job in org.client.read_json("GET", "jobs/ingest")["records"]:
        org.client.request("GET", f"jobs/ingest/{job['id']}")
    assert org.rows("CampaignMember")[member]["LL_Sales_Status__c"] == "Contacted"


@pytest.mark.parametrize("operation", ["ingest.upload", "ingest.state"])
def test_a_session_that_ends_after_the_work_was_done_stops_no_write_back(
    org: WrittenOrg, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr("hooks.salesforce.status.BULK_ABOVE", 0)
    member = org.member(org.lead())
    org.fault("status", operation, "after", arguments={"status": 401})
    row = status(member, LL_Sales_Status__c="Nurture")
    with suppress(VendorUnavailable):
        org.back(row)

    assert org.back(row)[row.identity].ok
    assert org.rows("CampaignMember")[member]["LL_Sales_Status__c"] == "Nurture"
