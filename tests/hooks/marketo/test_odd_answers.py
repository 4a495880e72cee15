"""Answers that Marketo does not document: none is taken for an empty one, none ends a run without a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hooks.marketo.answers import Fault, call_error, safe_text
from leadline.errors import NotAllowed, RetryLater, VendorUnavailable
from leadline.ports import StatusRow
from tests.hooks.marketo.room import DAY, handed, records, stamp
from tests.hooks.marketo.test_write_back import MEMBER, deal, event
from tests.hooks.odd_answers import answering_oddly

FEED = "/rest/v1/activities.json"
LEADS = "/rest/v1/leads.json"
USAGE = "/rest/v1/stats/usage.json"


def entries(**values):
    """Return a change that puts these values into every entry; `...` takes the key away."""

    def change(body):
        for entry in body.get("result") or ():
            for name, value in values.items():
                if value is ...:
                    entry.pop(name, None)
                else:
                    entry[name] = value
        return body

    return change


@pytest.mark.parametrize("path", [FEED, LEADS, USAGE, "/rest/v1/activities/leadchanges.json"])
@pytest.mark.parametrize(
    "change",
    [
        lambda body: {**body, "result": {}},
        lambda body: {**body, "result": "none"},
        lambda body: {**body, "result": ["x"]},
        lambda body: {**body, "result": [None]},
        lambda body: {**body, "success": "true"},
        lambda body: {"success": False},
        lambda body: {"success": False, "errors": True},
        lambda body: {"error": "maintenance"},
        lambda body: None,
        lambda body: [],
    ],
    ids=["dict", "text", "texts", "nulls", "true", "no-reason", "errors", "other", "null", "list"],
)
def test_an_answer_of_another_shape_is_asked_for_again_and_never_believed(room, system, path, change):
    room.lead(5)
    expected = records(system())
    once, always = system(), system()
    answering_oddly(once, path, change, times=1)
    answering_oddly(always, path, change)

    assert records(once) == expected
    with pytest.raises(RetryLater) as refused:
        records(always)
    assert path in str(refused.value)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (FEED, {"leadId": ...}),
        (FEED, {"activityDate": None}),
        (FEED, {"activityDate": "ann@buyer.example"}),
        (FEED, {"activityTypeId": "x"}),
        (FEED, {"marketoGUID": ..., "id": ...}),
        (FEED, {"attributes": "x"}),
        (FEED, {"primaryAttributeValueId": {}}),
        (LEADS, {"id": ...}),
        (USAGE, {"users": "x"}),
    ],
)
def test_an_entry_that_cannot_be_read_names_its_call_and_none_of_its_values(room, system, path, values):
    room.lead(5, firstName="Ann")
    supplier = system()
    answering_oddly(supplier, path, entries(**values))

    with pytest.raises(VendorUnavailable) as refused:
        records(supplier)

    assert path in str(refused.value)
    assert "buyer.example" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_paging_token_that_leads_back_ends_the_reading(room, system):
    room.lead(5)
    supplier = system()
    answering_oddly(supplier, FEED, lambda body: {**body, "moreResult": True, "nextPageToken": FIRST[0]})
    FIRST[:] = [
        supplier._client.get(
            "/rest/v1/activities/pagingtoken.json", [("sinceDatetime", "2026-11-20T00:00:00Z")]
        ).body["nextPageToken"]
    ]

    with pytest.raises(VendorUnavailable, match=r"leads back|empty pages"):
        records(supplier)


FIRST: list[str] = []


@pytest.mark.parametrize("told", [None, "true", "True"])
def test_a_page_that_does_not_say_whether_more_is_to_come_is_not_the_last(room, system, told):
    leads = [room.lead(after) for after in range(1, 6)]
    room.act("set", page_rows=2)
    supplier = system()
    answering_oddly(supplier, FEED, lambda body: {**body, "moreResult": told} if body["moreResult"] else body)

    assert [record_id for record_id, _ in handed(supplier)] == [str(lead) for lead in leads]


def test_a_lead_that_a_page_left_out_is_not_taken_for_deleted(room, system):
    leads = [room.lead(after) for after in (1, 2, 3)]
    supplier = system()
    answering_oddly(supplier, LEADS, lambda body: {**body, "result": body["result"][1:]}, times=1)

    found = [one for one in records(supplier) if one.handover]

    assert [(one.record_id, one.deleted) for one in found] == [(str(lead), False) for lead in leads]


def test_a_text_that_looks_like_a_moment_and_is_none_stays_as_it_is(room, system):
    room.lead(5, company="2026-02-30T10:00:00Z")

    (record,) = [one for one in records(system()) if one.handover]

    assert record.values["company"] == "2026-02-30T10:00:00Z"


def test_a_paging_token_that_ended_is_no_reason_to_stop_for_good(room, system):
    room.lead(5)
    supplier = system()
    answering_oddly(supplier, "/activities/pagingtoken.json", lambda body: {**body, "nextPageToken": "old"})

    with pytest.raises(VendorUnavailable, match="begins anew"):
        records(supplier)


def test_a_file_with_fewer_rows_than_counted_is_not_taken(room, system):
    room.lead(5)
    supplier = system(bulk=True)
    answering_oddly(supplier, "/status.json", entries(numberOfRecords=2))

    with pytest.raises(VendorUnavailable, match="1 rows came of 2"):
        records(supplier)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.rsplit(b",", 3)[0],
        lambda content: b"<html>busy</html>\nx\n",
        lambda content: content + b"\xff\xfe,\n",
        lambda content: content.replace(b"2026-", b"never-"),
    ],
    ids=["cut", "html", "bytes", "times"],
)
def test_a_file_that_is_no_export_is_not_taken_where_no_checksum_tells(room, system, change):
    room.lead(5)
    supplier = system(bulk=True)
    answering_oddly(supplier, "/status.json", entries(fileChecksum=..., fileSize=..., numberOfRecords=...))
    answering_oddly(supplier, "/file.json", change)

    with pytest.raises(VendorUnavailable):
        records(supplier)


def test_a_job_that_is_gone_is_asked_for_anew_by_the_next_try(room, system):
    room.lead(5)
    supplier = system(bulk=True)
    answering_oddly(supplier, "/create.json", entries(exportId="gone"))

    with pytest.raises(VendorUnavailable, match="asks for it anew"):
        records(supplier)


def test_a_row_whose_answer_does_not_say_how_it_went_goes_again(room, system):
    lead = room.lead(5)
    supplier = system()
    answering_oddly(supplier, LEADS, entries(status=None))

    (result,) = supplier.write_back(
        [StatusRow(f"marketo:{lead}:1", str(lead), 1, {"llDistributionStatus": "Accepted"}, "L1")]
    )

    assert (result.ok, result.retryable) == (False, True)


def test_a_place_told_as_text_is_a_place(room, system):
    object_ = {"object": "distribution_c", "key": "distributionId", "lead_field": "leadId"}
    object_ |= {"distribution_status": "status", "partner_name": None, "rejection_fields": {}, "fields": {}}
    lead = room.lead(5)
    supplier = system(write_back=object_)
    answering_oddly(supplier, "/distribution_c.json", entries(seq="0"))

    (result,) = supplier.write_back(
        [StatusRow(f"marketo:{lead}:1", str(lead), 1, {"status": "Accepted"}, "L1")]
    )

    assert (result.code, result.ok) == (None, True)


@pytest.mark.parametrize("seconds", [20, 900])
def test_a_gateway_that_names_a_time_is_not_asked_before(room, system, seconds):
    room.lead(5)
    supplier = system()
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    answering_oddly(supplier, LEADS, lambda _: b"<html>", times=1, status=503, headers={"Retry-After": until})

    if seconds < 120:
        assert len(handed(supplier)) == 1
        assert max(room.slept) > 15
    else:
        with pytest.raises(VendorUnavailable) as refused:
            records(supplier)
        assert refused.value.retry_after_seconds == pytest.approx(seconds, abs=5)


@pytest.mark.parametrize(
    "message",
    ["Invalid value 'Ann O'Brien'. Required", 'Invalid value "Ann O\'Brien"', "value 'Ann\nO'Brien'"],
)
def test_no_part_of_a_quoted_value_is_told(message):
    assert "Brien" not in safe_text(message)
    assert "Ann" not in str(call_error(Fault("1001", message), "GET leads.json"))
    assert isinstance(call_error(Fault("1001", message), "GET leads.json"), NotAllowed)


def test_what_is_told_of_a_refusal_can_be_kept_by_every_database():
    assert safe_text("no\0t\ud800") == "no?t?"


def test_an_activity_with_half_a_character_is_told(room, system):
    lead = room.lead()
    room.act("log", lead_id=lead, type_id=1, value="/tps", at=stamp(20))
    supplier = system(activities=("visit webpage",))
    answering_oddly(supplier, FEED, entries(primaryAttributeValue="a\ud800"))

    (event,) = supplier.pull_events([str(lead)], DAY)

    assert "a?" in event.body


def test_an_opportunity_that_a_look_up_left_out_is_looked_for_again(room, system):
    lead = room.lead(5)
    supplier = system()
    (made,) = supplier.write_opportunities([deal(lead)])
    supplier = system()
    odd = answering_oddly(supplier, "/opportunities.json", lambda body: {**body, "result": []}, times=1)

    (result,) = supplier.write_events([event(made.record_id, on="opportunity")])

    assert odd.calls == 1
    assert result.ok


def test_a_members_status_that_cannot_be_looked_up_is_tried_again(room, system):
    lead = room.lead(5)
    row = StatusRow(f"marketo:{lead}:1", str(lead), 1, {"statusName": "Accepted"}, "L1")
    list(system(write_back=MEMBER).write_back([row]))
    supplier = system(write_back=MEMBER)
    answering_oddly(supplier, "/members.json", lambda body: {**body, "result": []})

    (result,) = supplier.write_back([row])

    assert (result.ok, result.retryable) == (False, True)


def test_a_preflight_tells_of_an_odd_answer_as_a_finding(room, system):
    supplier = system(activities=("visit webpage",))
    answering_oddly(supplier, "/activities/types.json", entries(id=...))

    found = list(supplier.check())

    assert ("connection", "activities") in {(one.code, one.detail) for one in found}
    with pytest.raises(VendorUnavailable, match="types"):
        list(supplier.pull_events(["1"], DAY))
