"""What came back from a partner, in the history of its lead and of its run."""

from __future__ import annotations

import json
from typing import Any

from leadline.hub import Hub
from leadline.hub.schema import event, event_write, history, opportunity, opportunity_write
from leadline.trace import trace_leads, trace_runs
from leadline.trace.text import lead_lines, run_lines
from tests.trace.story import RUN, tell

JANE = "jane@example.com"


def feed_back(hub: Hub, lead_id: str) -> None:
    us: dict[str, Any] = {"supplier": "acme", "lead_id": lead_id, "run_id": RUN}
    with hub.transaction("acme") as connection:
        row = connection.execute(history.select().where(history.c.lead_id == lead_id)).first()
        assert row is not None
        connection.execute(
            history.insert().values(
                **us, event_id="Hs", at=9, kind="sales_status", task="read", actor="crm:sf-1",
                before=json.dumps({"sales_status": "open"}), after=json.dumps({"sales_status": "contacted"}),
            )
        )  # fmt: skip
        connection.execute(
            event.insert().values(
                **us, event_id="EV", type="Call", occurred_at=5, subject="Price", origin="partner"
            )
        )
        connection.execute(
            event_write.insert().values(
                **us, event_id="EV", identity="i", state="refused", vendor_code="NOT_SUPPORTED", queued_at=6
            )
        )
        connection.execute(
            opportunity.insert().values(
                **us, opportunity_id="O1", account_id="sf-1", record_id="006A", assignment_id="A1",
                partner_id="P001",
                found_by="originating", status="won", probability=100, amount="1200", currency="EUR",
                source_record_id="a0X1", first_seen_at=7, updated_at=8,
            )
        )  # fmt: skip
        connection.execute(
            opportunity_write.insert().values(
                **us,
                opportunity_id="O1",
                sequence=1,
                body="{}",
                body_hash="h",
                state="sent",
                queued_at=7,
                sent_at=8,
            )
        )


def test_a_trace_shows_what_came_back_and_what_the_supplier_was_told(hub: Hub) -> None:
    feed_back(hub, tell(hub, "acme", {JANE: "DE"})[JANE])

    (traced,) = trace_leads(hub, JANE)
    text = "\n".join(lead_lines(traced))

    assert [one["status"] for one in traced["opportunities"]] == ["won"]
    assert "won, 100 %, 1200 EUR  006A at sf-1  told as a0X1" in text
    assert "Call  (by the partner, Price)" in text
    assert "refused  EV  NOT_SUPPORTED" in text
    assert "sales status open -> contacted  (by the partner, in CRM account sf-1; read of" in text


def test_a_runs_trace_counts_what_it_read_back_and_lists_what_was_not_told(hub: Hub) -> None:
    lead = tell(hub, "acme", {JANE: "DE"})[JANE]
    feed_back(hub, lead)

    (run,) = trace_runs(hub, RUN, "acme")
    text = "\n".join(run_lines(run))

    assert "1 sales status changed" in text
    assert "1 opportunities sent" in text
    assert f"tell: event EV ({lead}) refused after 0 attempts: NOT_SUPPORTED" in text
