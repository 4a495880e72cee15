"""Hand-overs by bulk extract: the same as by the feed, whatever goes wrong with job or file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hooks.marketo.bulk import extract
from leadline.errors import BudgetExhausted, RetryLater, VendorUnavailable
from leadline.ports import Window
from tests.hooks.marketo.room import DAWN, DUSK, IDS, PASSING, handed, records


def test_an_extract_gives_what_the_feed_gives(room, system):
    lead = room.lead(5, lastName="Null", title='a,b\n"c"')
    room.lead(86_399)
    room.lead(-1)
    room.lead(86_400)
    room.act("set_status", program_id=room.program, lead_ids=[lead], status="Accepted")

    by_bulk, by_feed = records(system(bulk=True)), records(system())

    assert [one for one in by_bulk if one.handover] == [one for one in by_feed if one.handover]
    assert len(by_bulk) == 2
    assert next(one for one in by_bulk if one.record_id == str(lead)).values["lastName"] == "Null"


def test_a_long_window_is_read_in_months_and_doubles_nothing(room, system):
    leads = [room.lead(days * 86_400) for days in (-75, -45, -31, -30, -1, 0)]
    window = Window(DAWN - timedelta(days=80), DUSK)

    found = [int(lead) for lead, _ in handed(system(bulk=True), window)]

    assert found == leads
    assert room.calls("bulk.create") == 3


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("kind", "arguments"), PASSING, ids=IDS)
@pytest.mark.parametrize("operation", ["bulk.create", "bulk.enqueue", "bulk.status", "bulk.file"])
def test_an_extract_survives_a_call_that_fails_once(room, system, operation, kind, arguments, moment):
    leads = [room.lead(number) for number in range(3)]
    room.fault(kind, operation, moment=moment, arguments=arguments)

    assert [int(lead) for lead, _ in handed(system(bulk=True))] == leads


@pytest.mark.parametrize("kind", ["file_missing", "corrupt_file"])
def test_a_file_that_is_not_there_yet_or_wrong_is_asked_for_again(room, system, kind):
    leads = [room.lead(number) for number in range(3)]
    room.fault(kind, "bulk.file")

    assert [int(lead) for lead, _ in handed(system(bulk=True))] == leads


def test_a_file_that_breaks_off_is_gone_on_with(room, system):
    leads = [room.lead(number) for number in range(200)]
    room.fault("truncate", "bulk.file", moment="after", arguments={"bytes": 5_000})

    assert [int(lead) for lead, _ in handed(system(bulk=True))] == leads


def test_a_file_that_stays_wrong_is_never_taken(room, system):
    room.lead(5)
    room.fault("corrupt_file", "bulk.file", times=None)

    with pytest.raises(VendorUnavailable, match="checksum"):
        records(system(bulk=True))


def test_a_slow_job_is_waited_for(room, system):
    lead = room.lead(5)
    room.fault("slow_job", "bulk.enqueue", arguments={"polls": 5})

    assert [int(one) for one, _ in handed(system(bulk=True))] == [lead]
    assert room.slept.count(60.0) >= 5


def test_a_job_that_never_ends_is_given_up_and_cancelled(room, system):
    room.lead(5)
    room.fault("slow_job", "bulk.enqueue", arguments={"polls": 10_000})

    with pytest.raises(RetryLater, match="3 hours"):
        records(system(bulk=True))

    assert [job["status"] for job in room.rows("job")] == ["Cancelled"]


def test_a_failed_job_is_told(room, system):
    room.lead(5)
    room.fault("job_failed", "bulk.enqueue")

    with pytest.raises(VendorUnavailable, match="Failed"):
        records(system(bulk=True))


@pytest.mark.parametrize(
    ("message", "error", "says"),
    [
        ("Too many jobs in queue", RetryLater, "queued up"),
        ("Export daily quota exceeded", BudgetExhausted, "midnight US Central"),
    ],
)
@pytest.mark.parametrize("operation", ["bulk.create", "bulk.enqueue"])
def test_a_full_queue_and_a_spent_volume_are_told_apart(room, system, operation, message, error, says):
    room.lead(5)
    room.fault("error", operation, times=None, arguments={"code": "1029", "message": message})

    with pytest.raises(error, match=says) as caught:
        records(system(bulk=True))

    assert caught.value.retry_after_seconds > 0


def test_the_literal_null_of_a_file_is_no_value(room, system):
    room.lead(email="a@x.example", company=None)
    body = {"fields": ["email", "company"], "filter": {"createdAt": {"startAt": "2020-01-01T00:00:00Z"}}}

    rows = list(extract(system()._client, "leads", body, lambda part: None))

    assert rows == [{"email": "a@x.example", "company": None}]
