"""Partners' opportunities, kept in a supplier's org."""

from __future__ import annotations

import pytest

from leadline.errors import SchemaDrift
from leadline.ports import OpportunityWrite
from tests.hooks.salesforce.rooms import GLOBEX
from tests.hooks.salesforce.write_back.room import DEAL, WrittenOrg, deal, mapped


class TestOpportunities:
    @pytest.mark.capability(("W6", "W7"), "salesforce", "collections.upsert", "collections.update")
    def test_a_record_is_made_once_and_changed_after(self, org: WrittenOrg) -> None:
        lead = org.lead()
        member = org.member(lead)

        made = org.deals(deal("1", member, Amount__c="1234.5", Close_Date__c="2026-12-31", Status__c="open"))
        again = org.deals(deal("1", member, Probability__c="75"))
        known = org.deals(deal("1", member, made["W-1"].record_id, Status__c="won"))

        assert [one["W-1"].created for one in (made, again, known)] == [True, False, False]
        assert len({one["W-1"].record_id for one in (made, again, known)}) == 1
        (record,) = org.rows(DEAL).values()
        assert (record["Lead__c"], record["Leadline_Id__c"]) == (lead, "O-1")
        assert (record["Amount__c"], record["Close_Date__c"]) == (1234.5, "2026-12-31")
        assert (record["Probability__c"], record["Status__c"]) == (50, "won")

    @pytest.mark.parametrize("known", [True, False], ids=["id-known", "id-lost"])
    def test_what_was_deleted_there_is_not_made_again(self, org: WrittenOrg, known: bool) -> None:
        member = org.member(org.lead())
        record = str(org.deals(deal("1", member))["W-1"].record_id)
        org.act("delete", id=record)

        result = org.deals(deal("1", member, record if known else None))["W-1"]

        assert (result.ok, result.code, result.stale) == (False, "ENTITY_IS_DELETED", True)
        assert "not made again" in str(result.message)
        assert org.rows(DEAL) == {}

    def test_the_record_belongs_to_the_lead_that_is_left_of_a_merge(self, org: WrittenOrg) -> None:
        lesser, master, gone = org.lead(), org.lead(), org.lead()
        merged, lost = org.member(lesser), org.member(gone)
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])
        org.act("delete", id=gone)

        results = org.deals(deal("1", merged), deal("2", lost))

        assert results["W-1"].ok
        assert (results["W-2"].code, results["W-2"].stale) == ("NOT_FOUND", True)
        assert [row["Lead__c"] for row in org.rows(DEAL).values()] == [master]

    def test_a_standard_opportunity_may_be_the_object(self, org: WrittenOrg) -> None:
        org.act("add_field", object="Opportunity", name="Key__c", external_id=True, unique=True, length=64)
        org.act("add_field", object="Opportunity", name="Lead__c", type="reference", reference_to=["Lead"])
        fields = {
            "name": "Name",
            "stage": "StageName",
            "close_date": "CloseDate",
            "probability": "Probability",
        }
        deals = GLOBEX.write_back.opportunities
        assert deals is not None
        mapping = mapped(
            opportunities=deals.model_copy(
                update={"object": "Opportunity", "external_id": "Key__c", "fields": fields}
            )
        )
        lead = org.lead()
        member = org.member(lead)
        values = {
            "Name": "N" * 150,
            "StageName": "Prospecting",
            "CloseDate": "2026-12-31",
            "Probability": "25",
        }

        whole = OpportunityWrite("W-1", "O-1", None, member, values)
        lacking = OpportunityWrite("W-2", "O-2", None, member, {"Name": "No stage"})
        results = org.deals(whole, lacking, mapping=mapping)

        assert results["W-1"].ok
        (record,) = org.rows("Opportunity").values()
        assert (record["Name"], record["Lead__c"], record["Probability"]) == ("N" * 120, lead, 25)
        assert results["W-2"].code == "REQUIRED_FIELD_MISSING"
        assert "StageName" in str(results["W-2"].field)

    def test_one_row_that_is_locked_is_tried_again_alone(self, org: WrittenOrg) -> None:
        members = [org.member(org.lead()) for _ in range(3)]
        org.fault("row_error", "collections.upsert", arguments={"rows": [2]})

        first = org.deals(*(deal(str(n), member) for n, member in enumerate(members)))
        second = org.deals(deal("1", members[1]))

        assert [(first[f"W-{n}"].ok, first[f"W-{n}"].retryable) for n in range(3)] == [
            (True, False),
            (False, True),
            (True, False),
        ]
        assert second["W-1"].ok
        assert len(org.rows(DEAL)) == 3

    def test_many_and_two_of_one_opportunity_all_have_their_results(self, org: WrittenOrg) -> None:
        member = org.member(org.lead())
        writes = [deal(str(number), member) for number in range(450)]
        twice = OpportunityWrite("W-again", "O-7", None, member, {"Probability__c": "90"})

        results = org.deals(*writes, twice)

        assert len(results) == 451
        assert all(one.ok for one in results.values())
        assert len(org.rows(DEAL)) == 450
        assert results["W-again"].record_id == results["W-7"].record_id

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("operation", ["collections.upsert", "collections.update"])
    @pytest.mark.parametrize("kind", ["hang_up", "status", "truncate"])
    def test_a_lost_answer_doubles_nothing(
        self, org: WrittenOrg, kind: str, operation: str, moment: str
    ) -> None:
        if (kind, moment) == ("truncate", "before"):
            kind = "timeout"  # an answer that was never begun cannot be cut
        member = org.member(org.lead())
        if operation == "collections.update":
            org.deals(deal("1", member))
        arguments = {"seconds": 0.1} if kind == "timeout" else {}
        org.fault(kind, operation, moment, arguments=arguments)

        result = org.deals(deal("1", member, Probability__c="75"))["W-1"]

        assert result.ok
        assert [row["Probability__c"] for row in org.rows(DEAL).values()] == [75]

    def test_a_mapping_without_opportunities_refuses_them(self, org: WrittenOrg) -> None:
        result = org.deals(deal("1", "00v1"), mapping=mapped(opportunities=None))["W-1"]

        assert (result.ok, result.code) == (False, "NOT_SUPPORTED")

    def test_an_object_without_our_id_is_named(self, org: WrittenOrg) -> None:
        member = org.member(org.lead())
        org.act("drop_field", object=DEAL, name="Leadline_Id__c")

        with pytest.raises(SchemaDrift, match="Partner_Opportunity__c has no field 'Leadline_Id__c'"):
            org.deals(deal("1", member))
