"""The history of a lead."""

from __future__ import annotations

import json

import pytest

from leadline.errors import UnknownSupplier
from leadline.hub import Hub
from leadline.trace import trace_leads
from leadline.trace.text import lead_lines
from tests.trace.story import RUN, tell

JANE = "Jane.Doe@example.com"


def test_a_trace_follows_a_lead_from_its_line_in_the_file_to_the_crm_record(hub: Hub) -> None:
    ids = tell(hub, "acme", {JANE: "DE"})

    (traced,) = trace_leads(hub, "jane.doe@EXAMPLE.com")

    assert (traced["supplier"], traced["lead"], traced["status"]) == ("acme", ids[JANE], "accepted")
    assert traced["fields"]["country"] == "DE"
    (received,) = traced["receipts"]
    assert (received["outcome"], received["file"], received["line"]) == ("new", "leads_1.csv", 3)
    (decision,) = traced["decisions"]
    assert (decision["outcome"], decision["partner"]) == ("assigned", "P001")
    rule = next(entry for entry in decision["trace"] if entry["step"] == "rule")
    assert (rule["before"], rule["after"]) == (["P001", "P002"], ["P001"])
    assert rule["eliminated"][0]["partner"] == "P002"
    (assigned,) = traced["assignments"]
    assert (assigned["partner"], assigned["status"], assigned["active"]) == ("P001", "accepted", True)
    (sent,) = traced["deliveries"]
    assert (sent["operation"], sent["object"], sent["record_id"], sent["state"]) == (
        "create",
        "Lead",
        "00Q0",
        "sent",
    )
    assert sent["fields"] == ["Country", "Email"]
    (written,) = traced["write_backs"]
    assert (written["state"], written["body"]) == ("sent", {"distribution_status": "Accepted"})
    assert written["sent_at"] == "1970-01-01T00:00:08.000000Z"
    assert {line["kind"] for line in traced["history"]} >= {"received", "assigned", "accepted"}
    assert [row["type"] for row in traced["events"]] == ["Webinar"]


def test_a_refused_delivery_shows_what_the_vendor_said(hub: Hub) -> None:
    tell(hub, "acme", {"a@example.com": "DE", "b@example.com": "DE"})

    (traced,) = trace_leads(hub, "b@example.com")

    (refused,) = traced["deliveries"]
    assert (refused["state"], refused["vendor_code"], refused["vendor_field"]) == (
        "refused",
        "STRING_TOO_LONG",
        "City",
    )


def test_a_lead_is_found_by_its_id_too(hub: Hub) -> None:
    ids = tell(hub, "acme", {JANE: "DE"})

    assert [traced["lead"] for traced in trace_leads(hub, f" {ids[JANE]} ")] == [ids[JANE]]
    assert trace_leads(hub, "nobody@example.com") == []


def test_an_address_that_several_suppliers_know_is_grouped_by_supplier(hub: Hub) -> None:
    for supplier in ("globex", "acme"):
        tell(hub, supplier, {JANE: "DE"})
    tell(hub, "acme", {JANE: "DE"}, target="test")

    assert [traced["supplier"] for traced in trace_leads(hub, JANE)] == ["acme", "acme~test", "globex"]


def test_a_trace_of_one_supplier_shows_nothing_of_another(hub: Hub) -> None:
    ids = tell(hub, "acme", {JANE: "DE"})
    tell(hub, "globex", {JANE: "FR", "other@example.com": "FR"})

    traced = trace_leads(hub, JANE, "globex")

    assert [lead["supplier"] for lead in traced] == ["globex"]
    assert traced[0]["assignments"][0]["partner"] == "P002"
    assert ids[JANE] not in json.dumps(traced)
    assert trace_leads(hub, ids[JANE], "globex") == []
    with pytest.raises(UnknownSupplier, match="it knows: acme, globex"):
        trace_leads(hub, JANE, "initech")


def test_the_text_of_a_trace_reads_from_file_to_status(hub: Hub) -> None:
    ids = tell(hub, "acme", {JANE: "DE"})

    text = "\n".join(lead_lines(trace_leads(hub, JANE)[0]))

    expected = [
        f"lead {ids[JANE]}  {JANE}",
        "accepted, sales status open, score 50",
        "leads_1.csv:3",
        "assigned to P001: the rules left one partner",
        "Required rule 'country' (lead.country = DE): 2 candidates, 1 left.",
        "not P002 (Partner P002): countries is FR",
        "create Lead 00Q0  at sf-P001",
        "distribution_status = Accepted",
        f"received; waits for routing  (by Leadline; validate of {RUN})",
    ]
    places = [text.find(words) for words in expected]
    assert -1 not in places, text
    assert places == sorted(places)
