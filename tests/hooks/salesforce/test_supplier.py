from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hooks.systems import supplier_system
from leadline.drift import supplier_drift
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    NotAllowed,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.mapping.loading import load_mapping
from leadline.ports import StatusRow, Window
from sandbox.launch import running

GLOBEX = load_mapping(Path(__file__).parents[3] / "include/mappings/globex.yaml")
DAWN = datetime(2026, 11, 20, tzinfo=UTC)
DUSK = datetime(2026, 11, 21, tzinfo=UTC)
DAY = Window(DAWN, DUSK)
CONNECTION = "AIRFLOW_CONN_GLOBEX_SALESFORCE"


@pytest.fixture(scope="module")
def sandbox():
    with running(orgs=("globex", "globex_test"), vendors=()) as sandbox:
        yield sandbox


class Org:
    """The supplier's org, filled row by row with stamps of one's own choice (seconds after dawn)."""

    def __init__(self, sandbox, name="globex"):
        self._control = sandbox.control
        self._name = name
        self._control.reset()

    def act(self, action, **values):
        return self._control.act(self._name, action, **values)

    def insert(self, object_, *rows):
        return self.act("insert", object=object_, rows=list(rows))

    def fault(self, kind, operation="query*", **order):
        self._control.fault("salesforce", kind, operation=operation, match={"org": self._name}, **order)

    def calls(self, operation):
        return len(self._control.journal(operation=operation))

    def campaign(self, **values):
        values = {"Name": "C", "IsActive": True, "Distribute__c": True, **values}
        return self.insert("Campaign", values)[0]

    def lead(self, after=-86_400.0, **values):
        number = next(NUMBERS)
        values = {"LastName": f"L{number}", "Company": "B", "Email": f"l{number}@buyer.example", **values}
        return self.insert("Lead", {**values, "SystemModstamp": stamp(after)})[0]

    def member(self, campaign, lead, after=0.0, **values):
        row = {"CampaignId": campaign, "LeadId": lead, "SystemModstamp": stamp(after), **values}
        return self.insert("CampaignMember", row)[0]

    def members(self, campaign, stamps):
        """Insert members by (lead's stamp, own stamp), at once."""
        people = [
            {"LastName": f"M{number}", "Company": "B", "SystemModstamp": stamp(after)}
            for number, (after, _) in enumerate(stamps)
        ]
        leads = self.insert("Lead", *people)
        rows = [
            {"CampaignId": campaign, "LeadId": lead, "SystemModstamp": stamp(after)}
            for lead, (_, after) in zip(leads, stamps, strict=True)
        ]
        return self.insert("CampaignMember", *rows)


def numbers():
    number = 0
    while True:
        number += 1
        yield number


NUMBERS = numbers()


def stamp(after):
    return (DAWN + timedelta(seconds=after)).isoformat()


@pytest.fixture
def org(sandbox, monkeypatch):
    org = Org(sandbox)
    address = sandbox.org("globex")
    extra = {
        "instance_url": address["tls_url"],
        "consumer_key": address["client_id"],
        "consumer_secret": address["client_secret"],
        "ca_bundle": sandbox.ca_bundle,
        "version": "62.0",
    }
    monkeypatch.setenv(
        "AIRFLOW_CONN_GLOBEX_SALESFORCE", json.dumps({"conn_type": "salesforce", "extra": extra})
    )
    return org


@pytest.fixture
def system(org):
    """Return a function that connects by the sample mapping with some of its source changed."""
    opened = []

    def make(mapping=GLOBEX, **source):
        changed = mapping.source.model_copy(update=source)
        manager = supplier_system(mapping.model_copy(update={"source": changed}))
        system = manager.__enter__()
        system._client.sleep = lambda _seconds: None
        opened.append(manager)
        return system

    yield make
    for manager in opened:
        manager.__exit__(None, None, None)


def records(pages):
    return [record for page in pages for record in page.records]


def ids(pages):
    return [record.record_id for record in records(pages)]


class TestWindow:
    @pytest.mark.capability("S2", "salesforce", "query")
    def test_a_record_stands_where_its_later_stamp_stands(self, org, system):
        campaign = org.campaign()
        by_member = org.member(campaign, org.lead(10), 30)
        by_lead = org.member(campaign, org.lead(20), 5)
        both = org.member(campaign, org.lead(25), 25)
        lead_only = org.member(campaign, org.lead(27), -500)
        member_only = org.member(campaign, org.lead(-500), 26)
        lead_later = org.member(campaign, org.lead(90_000), 1)  # changed again after the window
        member_later = org.member(campaign, org.lead(2), 90_001)
        org.member(campaign, org.lead(-500), -500)  # before
        org.member(campaign, org.lead(-500), 86_400)  # the end is out

        found = records(system().pull("leads", DAY))

        assert [record.record_id for record in found] == [
            by_lead, both, member_only, lead_only, by_member, lead_later, member_later,
        ]  # fmt: skip
        stamps = [record.stamp for record in found]
        assert stamps == sorted(stamps)
        assert stamps[0] == "2026-11-20T00:00:20.000+0000"

    def test_the_start_of_a_window_is_in(self, org, system):
        member = org.member(org.campaign(), org.lead(), 0)

        assert ids(system().pull("leads", DAY)) == [member]

    def test_without_a_start_everything_before_the_end_comes(self, org, system):
        campaign = org.campaign()
        first, second = org.member(campaign, org.lead(), -(10**6)), org.member(campaign, org.lead(), 5)
        org.member(campaign, org.lead(86_400), 86_400)

        # The lead of the first changed a day before dawn, so that is where it stands.
        assert ids(system().pull("leads", Window(None, DUSK))) == [first, second]

    def test_an_empty_window_has_no_records(self, org, system):
        assert records(system().pull("leads", DAY)) == []

    @pytest.mark.parametrize("rows", [1, 3, 7])
    def test_many_records_of_one_stamp_all_come_once_across_pages(self, org, system, rows):
        campaign = org.campaign()
        made = sorted(org.member(campaign, org.lead(50), 50) for _ in range(10))
        org.act("set_page_rows", rows=rows)

        pages = list(system().pull("leads", DAY))

        assert ids(pages) == made
        assert len([page for page in pages if page.raw]) >= 10 // rows

    def test_pages_hold_the_raw_answers_and_no_more_records_than_asked(self, org, system):
        org.members(org.campaign(), [(-500, second) for second in range(450)])

        pages = list(system(page_size=200).pull("leads", DAY))

        sizes = [len(page.records) for page in pages if page.records]
        assert sizes == [200, 200, 50]
        raw = b"".join(page.raw for page in pages)
        assert all(record.record_id.encode() in raw for record in records(pages))

    def test_order_does_not_depend_on_the_pages(self, org, system):
        org.members(org.campaign(), [(second * 7 % 60, second * 13 % 60) for second in range(60)])
        whole = ids(system().pull("leads", DAY))
        org.act("set_page_rows", rows=4)

        assert ids(system().pull("leads", DAY)) == whole
        assert len(whole) == 60


class TestTrouble:
    @pytest.fixture
    def many(self, org):
        return org.members(org.campaign(), [(-10, second * 600) for second in range(40)])

    def test_a_query_that_takes_too_long_is_halved_until_it_is_quick_enough(self, org, system, many):
        org.fault("query_timeout", "query", times=24, skip=1)

        assert ids(system().pull("leads", DAY)) == many

    def test_a_query_that_is_never_quick_enough_fails_and_gives_no_end(self, org, system, many):
        org.fault("query_timeout", "query", times=None)

        with pytest.raises(RetryLater, match="QUERY_TIMEOUT"):
            list(system().pull("leads", DAY))

    def test_a_page_that_takes_too_long_neither_loses_nor_repeats(self, org, system, many):
        org.act("set_page_rows", rows=3)
        org.fault("status", "query_more", times=9, skip=4, arguments={"status": 400, "code": "QUERY_TIMEOUT"})

        assert ids(system().pull("leads", DAY)) == many

    def test_a_cursor_that_has_gone_is_taken_up_where_it_was(self, org, system, many):
        org.act("set_page_rows", rows=3)
        org.fault("expired_locator", "query_more", times=3, skip=2)

        assert ids(system().pull("leads", DAY)) == many

    def test_cursors_that_always_go_at_once_fail_in_the_end(self, org, system):
        campaign = org.campaign()
        for _ in range(8):
            org.member(campaign, org.lead(-10), 5)  # of one stamp: no progress to take up from
        org.act("set_page_rows", rows=3)
        org.fault("expired_locator", "query_more", times=None)

        with pytest.raises(RetryLater, match="INVALID_QUERY_LOCATOR"):
            list(system().pull("leads", DAY))

    def test_a_spent_budget_stops_before_the_org_has_no_calls_left(self, org, system, many):
        org.act("set_usage", used=59, maximum=100)

        with pytest.raises(BudgetExhausted, match="50%") as caught:
            list(system().pull("leads", DAY))
        assert caught.value.retry_after_seconds

        assert ids(system(api_budget_share=0.9).pull("leads", DAY)) == many

    def test_a_field_that_is_gone_is_drift(self, org, system, many):
        org.act("drop_field", object="Lead", name="Tier_Need__c")
        try:
            with pytest.raises(SchemaDrift, match="INVALID_FIELD"):
                list(system().pull("leads", DAY))
        finally:
            org.act("add_field", object="Lead", name="Tier_Need__c", type="picklist",
                    picklist=["Basic", "Plus", "Premium"], restricted=False)  # fmt: skip


class TestBulk:
    """Above `bulk_above` a window is read by query jobs: the same records, whatever happens to a job."""

    @pytest.fixture
    def many(self, org):
        return org.members(org.campaign(), [(-10, second * 600) for second in range(40)])

    def test_the_count_is_asked_for_first_and_decides(self, org, system, many):
        assert ids(system(bulk_above=40).pull("leads", DAY)) == many
        assert org.calls("bulk_query.create") == 0

        assert ids(system(bulk_above=39).pull("leads", DAY)) == many
        assert org.calls("bulk_query.create") > 0

    def test_pages_are_followed_by_their_locators(self, org, system, many):
        org.act("set_page_rows", rows=7)

        assert ids(system(bulk_above=0).pull("leads", DAY)) == many
        assert org.calls("bulk_query.results") >= 6

    def test_a_job_that_took_too_long_is_halved_and_never_a_success(self, org, system, many):
        org.fault("query_timeout", "bulk_query.create", times=2)

        assert ids(system(bulk_above=0).pull("leads", DAY)) == many

        org.fault("query_timeout", "bulk_query.create", times=None)
        with pytest.raises(RetryLater, match="QUERY_TIMEOUT"):
            list(system(bulk_above=0).pull("leads", DAY))

    @pytest.mark.parametrize(
        ("message", "error"),
        [
            ("INVALID_FIELD: No such column 'X'", SchemaDrift),
            ("InternalServerError: unexpected", VendorUnavailable),
            ("", VendorUnavailable),
        ],
    )
    def test_a_failed_job_says_why(self, org, system, many, message, error):
        org.fault("job_failed", "bulk_query.create", times=None, arguments={"message": message})

        with pytest.raises(error, match="bulk query"):
            list(system(bulk_above=0).pull("leads", DAY))

    def test_a_locator_that_has_gone_is_taken_up_where_it_was(self, org, system, many):
        org.act("set_page_rows", rows=7)
        org.fault("expired_locator", "bulk_query.results", times=1, skip=2)

        assert ids(system(bulk_above=0).pull("leads", DAY)) == many

    def test_a_slow_job_is_waited_for(self, org, system, many):
        org.fault("slow_job", "bulk_query.create", arguments={"polls": 5})

        assert ids(system(bulk_above=0).pull("leads", DAY)) == many

    @pytest.mark.parametrize("operation", ["bulk_query.create", "bulk_query.info", "bulk_query.results"])
    @pytest.mark.parametrize(
        ("kind", "moment"),
        [("hang_up", "before"), ("hang_up", "after"), ("status", "before"), ("truncate", "after")],
    )
    def test_a_lost_answer_loses_and_repeats_nothing(self, org, system, many, operation, kind, moment):
        org.fault(kind, operation, moment=moment)

        assert ids(system(bulk_above=0).pull("leads", DAY)) == many


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
        (task_id, *_) = org.insert(
            "Task",
            {**task, "ActivityDate": "2026-11-19", "SystemModstamp": stamp(5)},
            {**task, "SystemModstamp": stamp(-5)},
            {"WhoId": org.lead(), "Subject": "Email", "SystemModstamp": stamp(5)},
        )

        events = list(system().pull_events([one, two], DAY))

        assert [(event.event_id, event.record_id) for event in events] == [(task_id, one), (task_id, two)]
        assert events[0].occurred_at == datetime(2026, 11, 19, tzinfo=UTC)
        assert (events[0].type, events[0].body) == ("Call", "Asked for a quote")

    def test_more_records_than_fit_one_question_are_asked_in_parts(self, org, system):
        lead = org.lead()
        members = [org.member(org.campaign(), lead, 5) for _ in range(3)]
        org.insert("Task", {"WhoId": lead, "Subject": "Call", "SystemModstamp": stamp(5)})
        strangers = [f"00v{number:012}" for number in range(700)]

        events = list(system().pull_events([*strangers, *members], DAY))

        assert sorted(event.record_id for event in events) == sorted(members)

    def test_a_mapping_without_activities_asks_for_none(self, org, system):
        assert list(system(activities=None).pull_events(["00v1"], DAY)) == []
        assert org.calls("query") == 0


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


class TestLook:
    def test_a_good_org_has_no_findings_and_no_drift(self, org, system):
        found = system()

        assert list(found.check()) == []
        assert [one for one in supplier_drift(GLOBEX, found.describe()) if one.severity == "error"] == []

    def test_a_condition_that_the_org_does_not_take_is_found(self, org, system):
        findings = list(system(where="Lead.Nowhere__c = true").check())

        assert [(finding.code, finding.detail) for finding in findings] == [("condition", "source.where")]

    def test_a_refused_log_in_is_found(self, sandbox, org, system, monkeypatch):
        extra = {
            "instance_url": sandbox.org("globex")["tls_url"], "consumer_key": "nobody",
            "consumer_secret": "wrong-one", "ca_bundle": sandbox.ca_bundle,
        }  # fmt: skip
        monkeypatch.setenv(
            "AIRFLOW_CONN_GLOBEX_SALESFORCE", json.dumps({"conn_type": "salesforce", "extra": extra})
        )

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
def test_the_test_target_is_another_org(sandbox, org, system, monkeypatch):
    address = sandbox.org("globex_test")
    extra = {
        "instance_url": address["tls_url"],
        "consumer_key": address["client_id"],
        "consumer_secret": address["client_secret"],
        "ca_bundle": sandbox.ca_bundle,
    }
    monkeypatch.setenv(f"{CONNECTION}_TEST", json.dumps({"conn_type": "salesforce", "extra": extra}))
    org.member(org.campaign(), org.lead(), 5)
    tried = Org(sandbox, "globex_test")
    member = tried.member(tried.campaign(), tried.lead(), 5)

    found = list(system(GLOBEX.model_copy(update={"target": "test"})).pull("leads", DAY))

    assert ids(found) == [member]
    assert {entry["org"] for entry in sandbox.control.journal(operation="query")} == {"globex_test"}


def test_salesforce_keeps_no_files(system):
    with pytest.raises(NotAllowed):
        system().archive("/inbox/x.csv", "x.csv")
    with pytest.raises(NotAllowed):
        system().set_aside("/inbox/x.csv", "why")
