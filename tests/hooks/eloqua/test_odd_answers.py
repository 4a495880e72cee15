"""Answers that Eloqua does not document: none is taken for an empty one, none ends a run without a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hooks.eloqua.answers import safe_text
from hooks.eloqua.window import from_epoch
from leadline.errors import RetryLater, VendorUnavailable
from leadline.ports import StatusRow
from tests.hooks.eloqua.test_leads import ALL, DAY, handed, plain, records
from tests.hooks.odd_answers import answering_oddly

SHAPES = pytest.mark.parametrize(
    "change",
    [
        lambda body: {"error": "maintenance"},
        lambda body: {},
        lambda body: [],
        lambda body: "busy",
        lambda body: b"",
        lambda body: b"<html>busy</html>",
        lambda body: {**body, "items": {}, "elements": {}},
        lambda body: {**body, "items": ["x"], "elements": ["x"]},
        lambda body: {**body, "totalResults": None, "total": None},
    ],
    ids=["other", "empty", "list", "text", "nothing", "html", "dict", "texts", "uncounted"],
)


def rows_without(name):
    def change(body):
        for row in body.get("items", ()):
            row.pop(name, None)
        return body

    return change


@pytest.fixture
def submitted(umbrella):
    return [umbrella.submit(f"2026-11-20T10:00:0{second}Z") for second in range(3)]


@SHAPES
@pytest.mark.parametrize("path", ["/data", "/contacts/fields"])
def test_a_list_of_another_shape_is_asked_for_again_and_never_believed(
    umbrella, eloqua, submitted, path, change
):
    once, always = eloqua(), eloqua()
    answering_oddly(once, path, change, times=1)
    answering_oddly(always, path, change)

    assert len(handed(once)) == 3
    with pytest.raises(RetryLater):
        handed(always)


@SHAPES
def test_campaigns_of_another_shape_are_not_taken_for_none(umbrella, eloqua, change):
    umbrella.insert("campaign", {"name": "Hive"})
    system = eloqua(ALL)
    answering_oddly(system, "/assets/campaigns", change)

    with pytest.raises(RetryLater):
        records(system.pull("campaigns", DAY))


def test_a_short_page_of_campaigns_is_not_the_last(umbrella, eloqua):
    umbrella.insert("campaign", {"name": "Hive"}, {"name": "Swarm"})
    system = eloqua(ALL)
    answering_oddly(system, "/assets/campaigns", lambda body: {**body, "elements": body["elements"][:1]})

    with pytest.raises(VendorUnavailable):
        records(system.pull("campaigns", DAY))


def test_a_campaign_that_comes_twice_pushed_another_one_out(umbrella, eloqua):
    umbrella.insert("campaign", {"name": "Hive"}, {"name": "Swarm"})
    system = eloqua(ALL)
    answering_oddly(system, "/assets/campaigns", lambda body: {**body, "elements": body["elements"][:1] * 2})

    with pytest.raises(VendorUnavailable, match="differ"):
        records(system.pull("campaigns", DAY))


@pytest.mark.parametrize("column", ["LL_Id", "LL_Stamp", "LL_Asset", "LL_Contact", "C_City"])
def test_a_column_that_is_gone_is_no_missing_value(umbrella, eloqua, submitted, column):
    system = eloqua(None, **plain())
    answering_oddly(system, "/data", rows_without(column))

    with pytest.raises(VendorUnavailable):
        handed(system)


def test_a_sync_that_is_gone_is_asked_for_anew(umbrella, eloqua, submitted):
    system = eloqua()
    umbrella.fault("status", "bulk.syncs.read", times=1, arguments={"status": 404})

    assert len(handed(system)) == 3


def status(contact):
    return StatusRow(f"eloqua:{contact}:1", contact, 1, {"C_LL_Status1": "Accepted"}, "L1")


def test_an_import_whose_definition_is_gone_is_made_anew(umbrella, eloqua):
    contact = umbrella.contact()
    system = eloqua(write_back={"distribution_status": "C_LL_Status1"})
    umbrella.fault("status", "bulk.imports.data", times=1, arguments={"status": 404})

    (result,) = system.write_back([status(contact)])

    assert result.ok


@pytest.mark.parametrize("answer", [{"failures": []}, [], "busy"])
def test_an_upload_that_is_not_said_to_be_taken_is_not_written(umbrella, eloqua, answer):
    contact = umbrella.contact()
    system = eloqua(write_back={"distribution_status": "C_LL_Status1"})
    answering_oddly(system, "/data", lambda _: answer, status=200)

    with pytest.raises(VendorUnavailable):
        list(system.write_back([status(contact)]))


@pytest.mark.parametrize("change", [lambda body: {**body, "items": []}, lambda body: {}, lambda body: []])
def test_rejects_that_do_not_come_are_not_taken_for_none(umbrella, eloqua, change):
    system = eloqua(write_back={"distribution_status": "C_LL_Status1"})
    contact = umbrella.contact()
    gone = "999"
    answering_oddly(system, "/rejects", change)

    with pytest.raises(VendorUnavailable):
        list(system.write_back([status(contact), status(gone)]))


@pytest.mark.parametrize("seconds", [60, 900])
def test_a_wish_may_be_a_date(umbrella, eloqua, submitted, seconds):
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    arguments = {"status": 429, "retry_after": until}
    umbrella.fault("status", "bulk.exports.create", times=1, arguments=arguments)
    system, waited = eloqua(), []
    system._client.sleep = waited.append

    if seconds < 120:
        assert len(handed(system)) == 3
        assert max(waited) == pytest.approx(seconds, abs=5)
    else:
        with pytest.raises(RetryLater) as refused:
            handed(system)
        assert refused.value.retry_after_seconds == pytest.approx(seconds, abs=5)


@pytest.mark.parametrize("text", ["99999999999999", "²", "tomorrow", "-"])
def test_a_time_that_is_none_stays_as_it_is(text):
    assert from_epoch(text) == text


@pytest.mark.parametrize(
    "message", ["Invalid value 'Ann O'Brien'.", 'No "Ann O\'Brien" here', "for ann@x.example"]
)
def test_no_part_of_a_quoted_value_is_told(message):
    assert "ann" not in safe_text(message).casefold()
    assert "Brien" not in safe_text(message)


def test_the_name_of_a_field_is_told():
    assert "{{Contact.Id}}" in safe_text("no such field: '{{Contact.Id}}'")
