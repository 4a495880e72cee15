"""Lists of people in a partner's org."""

from __future__ import annotations

import pytest

from leadline.errors import NotAllowed, SchemaDrift
from leadline.ports import ContactList
from tests.hooks.salesforce.crm.room import PartnerOrg


class TestLists:
    @pytest.mark.capability("P9", "crm:salesforce", "query")
    def test_campaigns_and_tabular_reports_are_lists(self, org: PartnerOrg) -> None:
        campaign = org.insert("Campaign", Name="Spring")
        report = org.act("add_report", name="Fans", object="Contact", columns=["Name", "Email"])
        org.act("add_report", name="Totals", object="Contact", columns=["Name"], format="Summary")

        assert list(org.crm.lists()) == [
            ContactList(campaign, "Spring", "campaign"),
            ContactList(report, "Fans", "report"),
        ]

    def test_a_campaign_s_members_come_as_leads_or_the_contacts_they_became(self, org: PartnerOrg) -> None:
        campaign = org.insert("Campaign", Name="Spring")
        one, other = org.lead(Email="a@b.example"), org.lead(Email="c@d.example", FirstName="Ann")
        for person in (one, other):
            org.insert("CampaignMember", CampaignId=campaign, LeadId=person)
        became = org.act("convert", lead_id=other)["contact_id"]

        members = {
            member.object: member
            for member in org.crm.list_members(ContactList(campaign, "Spring", "campaign"))
        }

        assert (members["Lead"].record_id, members["Lead"].email) == (one, "a@b.example")
        assert (members["Contact"].record_id, members["Contact"].name) == (became, "Ann Doe")

    @pytest.mark.capability("P9", "crm:salesforce", "report.run")
    def test_a_report_s_rows_are_people_each_once(self, org: PartnerOrg) -> None:
        one = org.contact(Email="a@b.example", FirstName="Ann")
        org.contact()  # without an address
        report = org.act("add_report", name="Fans", object="Contact", columns=["Name", "Title", "Email"])

        members = list(org.crm.list_members(ContactList(report, "Fans", "report")))

        ann = next(member for member in members if member.record_id == one)
        assert (ann.object, ann.email, ann.name) == ("Contact", "a@b.example", "Ann Doe")
        assert len(members) == 2

    def test_a_report_of_addresses_alone_still_names_people(self, org: PartnerOrg) -> None:
        org.lead(Email="a@b.example")
        org.lead(Email="A@b.example")
        org.lead()
        report = org.act("add_report", name="Addresses", object="Lead", columns=["Company", "Email"])

        members = list(org.crm.list_members(ContactList(report, "Addresses", "report")))

        assert len(members) == 1
        assert (members[0].record_id, str(members[0].email).casefold()) == ("", "a@b.example")

    def test_a_long_report_is_read_to_its_end_by_its_ids(self, org: PartnerOrg) -> None:
        rows = [{"LastName": f"L{number}", "Company": "E"} for number in range(25)]
        leads = org.act("insert", object="Lead", rows=rows)
        report = org.act("add_report", name="All", object="Lead", columns=["Name", "Id", "Email"])
        org.act("set_report_rows", rows=7)

        members = list(org.crm.list_members(ContactList(report, "All", "report")))

        assert sorted(member.record_id for member in members) == sorted(leads)

    def test_a_long_report_without_ids_is_refused_and_not_cut_short(self, org: PartnerOrg) -> None:
        for number in range(9):
            org.lead(Email=f"l{number}@b.example")
        report = org.act("add_report", name="All", object="Lead", columns=["Company", "Email"])
        org.act("set_report_rows", rows=7)

        with pytest.raises(NotAllowed, match="more than 7 rows"):
            list(org.crm.list_members(ContactList(report, "All", "report")))

    def test_a_report_that_is_gone_or_no_longer_tabular_is_named(self, org: PartnerOrg) -> None:
        summary = org.act("add_report", name="T", object="Lead", columns=["Name"], format="Summary")

        with pytest.raises(NotAllowed, match="no longer tabular"):
            list(org.crm.list_members(ContactList(summary, "T", "report")))
        with pytest.raises(SchemaDrift, match="NOT_FOUND"):
            list(org.crm.list_members(ContactList("00O" + "9" * 12 + "AAA", "T", "report")))
