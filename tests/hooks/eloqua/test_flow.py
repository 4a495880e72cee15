"""Eloqua's hand-overs in the hub: what is pulled, written back and pulled again adds nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadline.ports import StatusRow, Window

ALWAYS = Window(None, datetime(2100, 1, 1, tzinfo=UTC))
PARTS = {
    "fields": [
        {"name": "email", "source": "C_EmailAddress", "required": True},
        {"name": "city", "source": "C_City"},
    ],
    "campaigns": {},
    "filter": None,
    "preassignment": None,
    "routing": {},
    "crm": {},
}


@pytest.mark.capability("S10", "eloqua", "bulk.syncs.data", "bulk.imports.data")
def test_a_hand_over_is_one_lead_however_often_it_is_read(umbrella, eloqua, make_intake):
    for second in (1, 2):
        umbrella.submit(f"2026-11-20T10:00:0{second}Z", "a@buyer.example")
    umbrella.submit("2026-11-20T11:00:00Z", "b@buyer.example")
    system = eloqua(**PARTS)
    body = system._mapping.model_dump(by_alias=True, mode="json")
    intake = make_intake(**body)

    def take(run_id):
        counts = intake.take(
            *(one for page in system.pull("leads", ALWAYS) for one in page.records), run_id=run_id
        )
        return counts.new, counts.updated, counts.known

    assert take("run-1") == (3, 0, 0)
    told = [
        StatusRow(identity, record_id, 1, {"C_LL_Status1": "Accepted"}, "L")
        for identity, record_id in intake.rows("source_link", "identity", "record_id")
    ]
    assert all(result.ok for result in system.write_back(told))
    assert take("run-2") == (0, 0, 3)

    umbrella.act("update", object="contact", id="2", values={"C_City": "Ulm"})
    umbrella.submit("2026-11-20T12:00:00Z", "b@buyer.example")

    assert take("run-3") == (1, 1, 2)
    assert intake.rows("source_link", "identity") == [
        "eloqua::500001", "eloqua::500002", "eloqua::500003", "eloqua::500004",
    ]  # fmt: skip

    umbrella.act("merge", winner="2", losers=["1"])

    assert take("run-4")[0] == 0
    assert set(intake.rows("source_link", "record_id")) == {"2"}
