"""What a CRM tells in characters that no database keeps."""

from __future__ import annotations

from leadline.ports import CrmActivity
from tests.feedback.house import FIRST, House


def test_texts_that_no_database_keeps_as_they_are_stop_nothing_of_an_account(house: House) -> None:
    house.add_lead()
    house.in_crm()
    house.read()
    house.in_crm(Company="Example\0 Ltd", status="Working - \ud83d")
    house.crm.activities = [
        CrmActivity("00T1", "00Q1", "Call\0", "half \ud83d", "\ude00", FIRST, stamp="2026-03-02T07:00:00Z"),
    ]

    house.read()

    (event,) = house.rows("event")
    assert (event.type, event.subject, event.body) == ("Call?", "half ?", "?")
    assert house.lead_of("00Q1").attributes["company"] == "Example? Ltd"
    assert house.rows("crm_seen")[0].status == "Working - ?"
