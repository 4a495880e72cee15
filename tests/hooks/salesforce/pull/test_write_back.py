"""Status of what was pulled, written back where it came from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadline.errors import ConfigurationError
from leadline.ports import StatusRow, Window
from tests.hooks.salesforce.pull.room import records
from tests.hooks.salesforce.rooms import DAWN, GLOBEX


def status(record_id, value="Pending", **values):
    return StatusRow(
        f"salesforce:{record_id}:", record_id, 1, {"LL_Distribution_Status__c": value, **values}, "L1"
    )


class TestWriteBack:
    def test_each_row_has_its_own_outcome(self, org, system):
        campaign = org.campaign()
        good, bad = org.member(campaign, org.lead(), 5), org.member(campaign, org.lead(), 5)
        gone = org.member(campaign, org.lead(), 5)
        org.act("delete", id=gone)
        rows = [status(good), status(bad, "x" * 99), status(gone)]

        results = {result.key: result for result in system().write_back(rows)}

        assert results[rows[0].identity].ok
        assert results[rows[1].identity].code == "STRING_TOO_LONG"
        assert not results[rows[1].identity].retryable
        assert results[rows[2].identity].code == "ENTITY_IS_DELETED"
        written = {
            row["Id"]: row.get("LL_Distribution_Status__c")
            for row in org.act("rows", object="CampaignMember")
        }
        assert written == {good: "Pending", bad: None}

    def test_a_locked_row_may_be_tried_again(self, org, system):
        member = org.member(org.campaign(), org.lead(), 5)
        org.fault("row_error", "collections.update", arguments={"rows": [1]})

        (result,) = system().write_back([status(member)])

        assert (result.ok, result.code, result.retryable) == (False, "UNABLE_TO_LOCK_ROW", True)

    def test_only_mapped_fields_are_written_and_none_clears_one(self, org, system):
        member = org.member(org.campaign(), org.lead(), 5, LL_Partner__c="P009", Status="Sent")
        row = status(member, "Unassigned", LL_Partner__c=None, Status="Responded")

        assert [result.ok for result in system().write_back([row])] == [True]

        (stored,) = org.act("rows", object="CampaignMember")
        assert (stored.get("LL_Partner__c"), stored["Status"]) == (None, "Sent")
        assert stored["LL_Distribution_Status__c"] == "Unassigned"

    def test_many_rows_go_as_one_job_with_the_same_outcomes(self, org, system, monkeypatch):
        monkeypatch.setattr("hooks.salesforce.status.BULK_ABOVE", 2)
        campaign = org.campaign()
        members = [org.member(campaign, org.lead(), 5, LL_Partner__c="P009") for _ in range(4)]
        rows = [status(member, LL_Partner__c=None) for member in members[:3]]
        rows.append(status(members[3], "x" * 99))

        results = {result.key: result for result in system().write_back(rows)}

        assert [results[row.identity].ok for row in rows] == [True, True, True, False]
        assert results[rows[3].identity].code == "STRING_TOO_LONG"
        stored = {row["Id"]: row for row in org.act("rows", object="CampaignMember")}
        assert [stored[member].get("LL_Distribution_Status__c") for member in members] == ["Pending"] * 3 + [
            None
        ]
        assert [stored[member].get("LL_Partner__c") for member in members] == [None] * 3 + ["P009"]
        assert org.calls("ingest.create") == 1

    def test_rows_that_a_job_never_tried_may_go_again(self, org, system, monkeypatch):
        monkeypatch.setattr("hooks.salesforce.status.BULK_ABOVE", 2)
        campaign = org.campaign()
        rows = [status(org.member(campaign, org.lead(), 5)) for _ in range(3)]
        org.fault("job_failed", "ingest.state", arguments={"after": 1})

        results = list(system().write_back(rows))

        assert len(results) == 3
        assert sum(result.ok for result in results) <= 1
        assert not any(result.ok for result in results if result.code)

    def test_status_may_go_to_the_lead_of_a_member(self, org, system):
        org.act("add_field", object="Lead", name="LL_Status__c", length=40)
        lead = org.lead()
        members = [org.member(org.campaign(), lead, 5) for _ in range(2)]
        back = GLOBEX.write_back.model_copy(update={"object": "Lead", "distribution_status": "LL_Status__c"})
        rows = [
            StatusRow(f"salesforce:{member}:", member, 1, {"LL_Status__c": text}, "L1")
            for member, text in zip(members, ("Pending", "Accepted"), strict=True)
        ]

        results = list(system(GLOBEX.model_copy(update={"write_back": back})).write_back(rows))

        assert sorted(result.key for result in results if result.ok) == sorted(row.identity for row in rows)
        stored = {row["Id"]: row for row in org.act("rows", object="Lead")}
        assert stored[lead]["LL_Status__c"] == "Accepted"
        org.act("drop_field", object="Lead", name="LL_Status__c")

    def test_an_object_that_cannot_be_reached_is_named(self, org, system):
        back = GLOBEX.write_back.model_copy(update={"object": "Account"})

        with pytest.raises(ConfigurationError, match="'Account'"):
            list(system(GLOBEX.model_copy(update={"write_back": back})).write_back([status("00v1")]))

    @pytest.mark.capability("S10", "salesforce", "query", "collections.update")
    def test_our_own_status_is_read_again_but_says_nothing_new(self, org, system):
        member = org.member(org.campaign(), org.lead(), 5)
        forever = Window(DAWN, datetime(2100, 1, 1, tzinfo=UTC))
        (before,) = records(system().pull("leads", forever))

        list(system().write_back([status(member)]))

        (after,) = records(system().pull("leads", forever))
        assert after.values == before.values
        assert after.stamp > before.stamp
