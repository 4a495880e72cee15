"""A window of a supplier's org, in order and whole whatever happens on the way."""

from __future__ import annotations

import pytest

from leadline.errors import BudgetExhausted, RetryLater, SchemaDrift, VendorUnavailable
from leadline.ports import Window
from tests.hooks.salesforce.pull.room import DAY, DUSK, ids, records


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

    @pytest.mark.parametrize("operation", ["query", "query_more"])
    def test_a_page_that_lacks_a_record_ends_the_pull_before_the_watermark_passes_it(
        self, org, system, operation
    ):
        campaign = org.campaign()
        made = [org.member(campaign, org.lead(number), number) for number in range(7)]
        org.act("set_page_rows", rows=3)
        org.fault("fewer", operation, moment="after", skip=1)

        with pytest.raises(VendorUnavailable, match=r"7 records were told of|1 records were told of"):
            records(system().pull("leads", DAY))

        assert ids(system().pull("leads", DAY)) == made
