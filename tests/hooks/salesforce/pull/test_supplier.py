"""What a supplier's org gives: which leads and campaigns, with what values, and what it lacks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadline.drift import supplier_drift
from leadline.errors import CredentialsRefused, NotAllowed
from leadline.ports import Window
from tests.hooks.salesforce.pull.room import DAY, SourceOrg, ids, records
from tests.hooks.salesforce.rooms import DAWN, GLOBEX, connection, stamp


class TestChoice:
    @pytest.mark.capability(("S5", "S6"), "salesforce", "query")
    def test_chosen_campaigns_and_wanted_leads_only(self, org, system):
        chosen = org.member(org.campaign(), org.lead(), 5)
        org.member(org.campaign(IsActive=False), org.lead(), 5)
        org.member(org.campaign(Distribute__c=False), org.lead(), 5)
        converted = org.lead()
        org.member(org.campaign(), converted, 5)
        org.act("convert", lead_id=converted, opportunity=False)

        assert ids(system().pull("leads", Window(DAWN, datetime(2100, 1, 1, tzinfo=UTC)))) == [chosen]

    def test_a_condition_with_or_stays_within_its_bounds(self, org, system):
        campaign = org.campaign()
        wanted = org.member(campaign, org.lead(Country="DE"), 5)
        org.member(campaign, org.lead(Country="DE"), -500)  # not in the window

        where = "Lead.Country = 'DE' OR Lead.Country = 'AT'"
        assert ids(system(where=where).pull("leads", DAY)) == [wanted]

    def test_values_are_text_by_the_mapping_s_own_names(self, org, system):
        lead = org.lead(
            Email="ann@buyer.example", FirstName=None, NumberOfEmployees=1200, Budget__c=2500.50,
            Demo_Requested__c=True, Demo_Date__c="2026-12-01", Products__c="Routers;Cloud",
            Assigned_Partner__c="P003",
        )  # fmt: skip
        campaign = org.campaign()
        org.member(campaign, lead, 5, Status="Responded")

        (record,) = records(system().pull("leads", DAY))

        expected = {
            "Lead.Email": "ann@buyer.example",
            "Lead.FirstName": None,
            "Lead.NumberOfEmployees": "1200",
            "Lead.Budget__c": "2500.5",
            "Lead.Demo_Requested__c": "true",
            "Lead.Exclude_From_Distribution__c": "false",
            "Lead.Demo_Date__c": "2026-12-01",
            "Lead.Products__c": "Routers;Cloud",
            "Lead.Assigned_Partner__c": "P003",
            "Status": "Responded",
            "CampaignId": campaign,
        }
        assert {name: record.values[name] for name in expected} == expected
        assert record.campaign_key == campaign
        assert set(record.values) == {field.source for field in GLOBEX.fields}

    def test_bulk_reads_the_same_records_as_pages(self, org, system):
        campaign = org.campaign()
        for second in range(30):
            lead = org.lead(
                second * 7 % 30, NumberOfEmployees=second, Budget__c=second * 1.5, Company='A "B", C\nD',
                Demo_Requested__c=bool(second % 2), Demo_Date__c="2026-12-01", FirstName=None,
            )  # fmt: skip
            org.member(campaign, lead, second * 11 % 30)
        paged = records(system().pull("leads", DAY))

        bulk = records(system(bulk_above=10).pull("leads", DAY))

        assert bulk == paged
        assert org.calls("bulk_query.create") > 0

    def test_leads_can_be_pulled_without_campaigns(self, org, system):
        fields = tuple(
            field.model_copy(update={"source": "Rating" if field.source == "Status" else field.source})
            for field in GLOBEX.fields
            if field.source != "CampaignId"
        )
        campaigns = GLOBEX.campaigns.model_copy(update={"lead_field": None})
        mapping = GLOBEX.model_copy(update={"fields": fields, "campaigns": campaigns})
        first, second = org.lead(10), org.lead(5)

        found = records(system(mapping, object="Lead", where="IsConverted = false").pull("leads", DAY))

        assert [record.record_id for record in found] == [second, first]
        assert all(record.campaign_key is None for record in found)
        assert all(record.values["Lead.Email"] for record in found)


class TestCampaigns:
    @pytest.mark.capability(("S2", "S6"), "salesforce", "query")
    def test_chosen_campaigns_all_come_whatever_the_window(self, org, system):
        spring = org.campaign(Name="Spring", Theme__c="Growth", StartDate="2026-03-01")
        org.campaign(Name="Hidden", Distribute__c=False)

        (record,) = records(system().pull("campaigns", DAY))

        assert record.record_id == spring
        assert record.values == {
            "Name": "Spring",
            "Description": None,
            "StartDate": "2026-03-01",
            "EndDate": None,
            "Theme__c": "Growth",
            "Share_With_Partners__c": "false",
        }


class TestEvents:
    @pytest.mark.capability(("S2", "S7"), "salesforce", "query_all")
    def test_activities_come_for_each_record_of_their_person(self, org, system):
        lead = org.lead()
        one, two = org.member(org.campaign(), lead, 5), org.member(org.campaign(), lead, 5)
        task = {"WhoId": lead, "Subject": "Call", "Description": "Asked for a quote"}
        task_id = org.insert("Task", **task, ActivityDate="2026-11-19", SystemModstamp=stamp(5))
        org.insert("Task", **task, SystemModstamp=stamp(-5))
        org.insert("Task", WhoId=org.lead(), Subject="Email", SystemModstamp=stamp(5))

        events = list(system().pull_events([one, two], DAY))

        assert [(event.event_id, event.record_id) for event in events] == [(task_id, one), (task_id, two)]
        assert events[0].occurred_at == datetime(2026, 11, 19, tzinfo=UTC)
        assert (events[0].type, events[0].body) == ("Call", "Asked for a quote")

    def test_more_records_than_fit_one_question_are_asked_in_parts(self, org, system):
        lead = org.lead()
        members = [org.member(org.campaign(), lead, 5) for _ in range(3)]
        org.insert("Task", WhoId=lead, Subject="Call", SystemModstamp=stamp(5))
        strangers = [f"00v{number:012}" for number in range(700)]

        events = list(system().pull_events([*strangers, *members], DAY))

        assert sorted(event.record_id for event in events) == sorted(members)

    def test_a_mapping_without_activities_asks_for_none(self, org, system):
        assert list(system(activities=None).pull_events(["00v1"], DAY)) == []
        assert org.calls("query") == 0


class TestLook:
    def test_a_good_org_has_no_findings_and_no_drift(self, org, system):
        found = system()

        assert list(found.check()) == []
        assert [one for one in supplier_drift(GLOBEX, found.describe()) if one.severity == "error"] == []

    def test_a_condition_that_the_org_does_not_take_is_found(self, org, system):
        findings = list(system(where="Lead.Nowhere__c = true").check())

        assert [(finding.code, finding.detail) for finding in findings] == [("condition", "source.where")]

    def test_a_refused_log_in_is_found(self, started, org, system, monkeypatch):
        refused = connection(started, "globex", consumer_key="nobody", consumer_secret="wrong-one")
        monkeypatch.setenv("AIRFLOW_CONN_GLOBEX_SALESFORCE", refused)

        (finding,) = system().check()

        assert finding.code == "credentials"
        assert "wrong-one" not in finding.message
        with pytest.raises(CredentialsRefused):
            list(system().pull("leads", DAY))

    def test_drift_names_what_vanished(self, org, system):
        org.act("set_picklist", object="Lead", name="Tier_Need__c", values=["Basic", "Plus", "Ultra"])
        try:
            findings = supplier_drift(GLOBEX, system().describe())
        finally:
            org.act("set_picklist", object="Lead", name="Tier_Need__c", values=["Basic", "Plus", "Premium"])

        assert {
            ("value_missing", "Lead.Tier_Need__c=Premium"),
            ("value_unmapped", "Lead.Tier_Need__c=Ultra"),
        } <= {(finding.code, finding.detail) for finding in findings}


@pytest.mark.capability("S9", "salesforce", "query")
def test_the_test_target_is_another_org(started, org, system, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_GLOBEX_SALESFORCE_TEST", connection(started, "globex_test"))
    org.member(org.campaign(), org.lead(), 5)
    tried = SourceOrg(started, "globex_test")
    member = tried.member(tried.campaign(), tried.lead(), 5)

    found = list(system(GLOBEX.model_copy(update={"target": "test"})).pull("leads", DAY))

    assert ids(found) == [member]
    assert {entry["org"] for entry in started.control.journal(operation="query")} == {"globex_test"}


def test_salesforce_keeps_no_files(system):
    with pytest.raises(NotAllowed):
        system().archive("/inbox/x.csv", "x.csv")
    with pytest.raises(NotAllowed):
        system().set_aside("/inbox/x.csv", "why")
