"""Activities of a supplier's records (S7): kept once a lead, read from where the last run ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from leadline.ports import SourceEvent, Window
from tests.scenarios.house import FIRST_DAY, House

OVERLAP = timedelta(minutes=10)
END = FIRST_DAY + timedelta(days=1)  # of the first run


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """Return the house of a Salesforce supplier with activities and a partner that accepts at once."""
    made = make_house("salesforce", source={"system": "salesforce", "activities": {}, "overlap_minutes": 10})
    made.add_partner("P1", auto_accept=True)
    return made


def event(event_id: str, record_id: str = "00Q1", at: datetime | None = FIRST_DAY) -> SourceEvent:
    return SourceEvent(event_id, record_id, "E-mail opened", at, f"body of {event_id}")


def kept(house: House) -> Counter[tuple[str, str]]:
    """Return how often each activity is kept, by the lead's address and the activity's text."""
    emails = {one.lead_id: one.email for one in house.leads()}
    return Counter((emails[one.lead_id], one.body) for one in house.rows("event"))


def test_activity_read_again_is_kept_and_pushed_once(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.events = [event("T1", at=END - timedelta(minutes=5))]  # in the overlap of the next run, too

    house.distribute()
    house.distribute()
    house.distribute("run-2")

    assert kept(house) == {("ann@example.org", "body of T1"): 1}
    assert [one.subject for one in house.crms["crm-P1"].tasks.values()] == ["Acme: E-mail opened"]


def test_activity_without_a_moment_is_kept(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.events = [event("T1", at=None)]

    house.distribute()

    (one,) = house.rows("event")
    assert (one.occurred_at, one.type, one.origin) == (None, "E-mail opened", "supplier")


def test_new_records_are_read_from_the_beginning_and_known_ones_from_the_watermark(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.distribute()
    house.system.put("00Q2", campaign="C1", email="bob@example.org")
    house.system.asked.clear()

    house.distribute()

    assert sorted(house.system.asked, key=lambda one: one[0]) == [("00Q1", END - OVERLAP), ("00Q2", None)]


def test_only_scheduled_runs_move_the_watermark_of_activities(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.distribute()
    (before,) = house.rows("watermark", feed="activities")

    house.distribute(kind="manual", window=Window(FIRST_DAY, FIRST_DAY + timedelta(days=9)))

    assert house.rows("watermark", feed="activities") == [before]


def test_watermark_of_activities_never_goes_back(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.distribute("run-1")
    house.distribute("run-2")
    (before,) = house.rows("watermark", feed="activities")

    house.distribute("run-1")

    (after,) = house.rows("watermark", feed="activities")
    assert after.position_at == before.position_at


def test_activity_of_a_person_with_two_records_in_one_lead_is_one_event(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.put("00Q2", campaign="C1", email="ann@example.org")
    house.system.events = [event("T1", "00Q1"), event("T1", "00Q2")]

    house.distribute()

    assert kept(house) == {("ann@example.org", "body of T1"): 1}


def test_activity_of_a_record_that_became_two_leads_is_kept_with_both(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.put("00Q1", campaign="C2", email="ann@example.org")
    house.system.events = [event("T1")]

    house.distribute()

    assert kept(house) == {("ann@example.org", "body of T1"): 2}
    assert len({one.lead_id for one in house.rows("event")}) == 2


def test_record_that_becomes_a_second_lead_brings_its_earlier_activities(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.events = [event("T1")]
    house.distribute()

    house.system.put("00Q1", campaign="C2", email="ann@example.org")
    house.distribute()

    assert kept(house) == {("ann@example.org", "body of T1"): 2}


def test_activity_after_a_merge_is_kept_once_with_the_surviving_lead(house: House) -> None:
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.system.put("00Q2", campaign="C1", email="old@example.org")
    house.distribute()

    house.system.put("00Q2", campaign="C1", email="old@example.org", deleted=True, merged_into="00Q1")
    house.system.events = [event("T1", record, END + timedelta(hours=1)) for record in ("00Q1", "00Q2")]
    house.distribute()

    assert kept(house) == {("ann@example.org", "body of T1"): 1}


def test_activities_of_closed_leads_are_not_asked_for(make_house: Callable[..., House]) -> None:
    house = make_house("salesforce", source={"system": "salesforce", "activities": {}})
    house.system.put("00Q1", campaign="C1", email="ann@example.org")
    house.distribute()  # nobody to route it to: unassigned
    house.system.put("00Q1", campaign="C1", email="ann@example.org", deleted=True)
    house.distribute()
    house.system.asked.clear()

    house.distribute()

    assert house.system.asked == []
