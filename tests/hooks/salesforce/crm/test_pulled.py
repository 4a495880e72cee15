"""Our records in a partner's org as its people left them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.ports import KnownRecord
from sandbox.orgs import INTEGRATION_ID
from tests.hooks.salesforce.crm.room import FIELDS, OWNER, PartnerOrg, contact, lead
from tests.hooks.salesforce.rooms import DAWN

QUEUE = "00G000000000001"


class TestRecords:
    def test_our_own_integration_user_is_nobody_s_sales_rep(self, org: PartnerOrg) -> None:
        ours = org.lead(OwnerId=INTEGRATION_ID)

        (record,) = org.pull(lead(ours))

        assert record.owner is None

    @pytest.mark.capability("W10", "crm:salesforce", "collections.retrieve")
    def test_status_owner_and_values_come_as_text(self, org: PartnerOrg) -> None:
        one = org.lead(
            Status="Working - Contacted",
            OwnerId=OWNER,
            Phone="1",
            Products__c="Cloud;Routers",
            Opt_In__c=True,
        )

        (record,) = org.pull(lead(one))

        assert (record.record_id, record.status) == (one, "Working - Contacted")
        assert record.owner is not None
        assert (record.owner.name, record.owner.email) == ("Olivia Owner", "owner@p001.example")
        assert set(str(record.values["Products__c"]).split(";")) == {"Cloud", "Routers"}
        assert {name: record.values[name] for name in ("Phone", "Title", "Opt_In__c")} == {
            "Phone": "1",
            "Title": None,
            "Opt_In__c": "true",
        }

    def test_a_queue_is_no_rep(self, org: PartnerOrg) -> None:
        (record,) = org.pull(lead(org.lead(OwnerId=QUEUE)))

        assert record.owner is not None
        assert (record.owner.user_id[:15], record.owner.name, record.owner.email) == (QUEUE, None, None)

    def test_what_changed_since_comes_and_what_did_not_does_not(self, org: PartnerOrg) -> None:
        old, exact, new = org.lead(-1), org.lead(0), org.lead(1)

        found = org.pull(lead(old), lead(exact), lead(new), since=0)

        assert [one.record_id for one in found] == [exact, new]
        assert len(org.pull(lead(old), lead(exact), lead(new))) == 3

    def test_one_that_changed_since_it_was_seen_comes_whenever_that_was(self, org: PartnerOrg) -> None:
        one = org.lead(-10)
        (before,) = org.pull(lead(one))

        unseen = org.pull(lead(one, "2026-11-19T00:00:00.000+0000"), since=0)
        same = org.pull(lead(one, before.stamp), since=0)

        assert [record.record_id for record in unseen] == [one]
        assert same == []

    def test_a_deleted_record_is_told_and_a_hidden_one_is_missing(self, org: PartnerOrg) -> None:
        deleted, there = org.lead(), org.lead()
        org.act("delete", id=deleted)
        nobody = "00Q" + "9" * 12 + "AAA"

        found = {one.record_id: one for one in org.pull(lead(deleted), lead(there), lead(nobody), since=-60)}

        assert (found[deleted].deleted, found[deleted].missing) == (True, False)
        assert (found[nobody].deleted, found[nobody].missing) == (False, True)
        assert (found[there].deleted, found[there].missing) == (False, False)

    def test_a_deletion_is_told_once(self, org: PartnerOrg) -> None:
        one = org.lead()
        org.act("delete", id=one)
        (gone,) = org.pull(lead(one), since=0)

        later = list(
            org.crm.pull_records([lead(one, gone.stamp)], FIELDS, datetime.now(UTC) + timedelta(days=9))
        )

        assert gone.deleted
        assert later == []

    def test_a_merged_record_comes_with_its_survivor_s_values(self, org: PartnerOrg) -> None:
        lesser, middle, master = org.lead(Phone="1"), org.lead(Phone="2"), org.lead(Phone="3")
        org.act("merge", object="Lead", master_id=middle, lesser_ids=[lesser])
        org.act("merge", object="Lead", master_id=master, lesser_ids=[middle])

        (record,) = org.pull(lead(lesser), since=0)

        assert (record.record_id, record.merged_into, record.deleted) == (lesser, master, False)
        assert record.values["Phone"] == "3"

    def test_a_converted_lead_names_contact_and_opportunity(self, org: PartnerOrg) -> None:
        one, other = org.lead(Phone="1"), org.contact()
        made = org.act("convert", lead_id=one, owner_id=OWNER)

        (record,) = org.pull(lead(one), since=0)
        org.act("merge", object="Contact", master_id=other, lesser_ids=[made["contact_id"]])
        (after,) = org.pull(lead(one))

        assert (record.status, record.values["Phone"]) == ("Closed - Converted", "1")
        assert (record.converted_to, record.opportunity_id) == (made["contact_id"], made["opportunity_id"])
        assert after.converted_to == other

    def test_a_conversion_without_opportunity_names_none(self, org: PartnerOrg) -> None:
        one = org.lead()
        made = org.act("convert", lead_id=one, opportunity=False)

        (record,) = org.pull(lead(one))

        assert (record.converted_to, record.opportunity_id) == (made["contact_id"], None)

    def test_leads_and_contacts_each_have_the_fields_they_have(self, org: PartnerOrg) -> None:
        one, other = org.lead(City="Ulm"), org.contact(MailingCity="Bonn")

        found = {r.object: r for r in org.pull(lead(one), contact(other), fields=("City", "MailingCity"))}

        assert found["Lead"].values == {"City": "Ulm"}
        assert found["Contact"].values == {"MailingCity": "Bonn"}
        assert found["Contact"].status is None

    def test_a_field_that_no_object_has_is_drift(self, org: PartnerOrg) -> None:
        one = org.lead()
        org.act("drop_field", object="Lead", name="Opt_In__c")

        with pytest.raises(SchemaDrift, match="Lead have no field 'Opt_In__c'"):
            org.pull(lead(one))

    def test_a_record_that_carries_two_leads_comes_once(self, org: PartnerOrg) -> None:
        one = org.lead()

        assert len(org.pull(lead(one), KnownRecord(one, "Lead", "A-2", "x@y.example"))) == 1

    def test_many_records_take_few_calls(self, org: PartnerOrg) -> None:
        rows = [{"LastName": "Doe", "Company": "E", "SystemModstamp": DAWN.isoformat()} for _ in range(4_500)]
        known = [lead(one) for one in org.act("insert", object="Lead", rows=rows)]
        org.act("update", id=known[7].record_id, values={"Phone": "1"})

        found = org.pull(*known, since=1)

        assert [one.record_id for one in found] == [known[7].record_id]
        assert org.asked().count("collections.retrieve") == 4

    def test_nothing_is_asked_for_nobody(self, org: PartnerOrg) -> None:
        assert org.pull() == []
        assert org.asked() == []


def test_half_an_answer_is_no_mass_deletion(org: PartnerOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    ones = [org.lead() for _ in range(3)]
    read = org.client.read_json

    def half(method: str, path: str, **call: Any) -> Any:
        answer = read(method, path, **call)
        return answer[:1] if isinstance(answer, list) else answer

    monkeypatch.setattr(org.client, "read_json", half)

    with pytest.raises(VendorUnavailable, match="3 records were asked for"):
        org.pull(*map(lead, ones))
