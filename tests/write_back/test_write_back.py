"""Status back into the supplier's system: what is told, when, and what becomes of failures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from leadline import write_back
from leadline.errors import VendorUnavailable
from leadline.hub import Hub, now_us
from leadline.hub.schema import assignment, lead, metadata, partner, routing_decision, source_link, writeback
from leadline.lifecycle import accept, reject
from leadline.mapping.model import SupplierMapping, WriteBack
from leadline.partners import Partner, stored_partner
from leadline.ports import RowResult, StatusRow
from leadline.retries import Retries
from leadline.runs import RunContext

MAPPED = {
    "distribution_status": "Status__c",
    "distribution_status_at": "At__c",
    "not_routed": "Not_Routed__c",
    "partner_name": "Partner__c",
    "status_labels": {"pending": "Pending", "accepted": "Taken"},
}


class Records:
    """A supplier's records in memory, by record id."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, str | None]] = {}
        self.calls: list[list[StatusRow]] = []
        self.faults: dict[str, list[RowResult | Exception]] = {}

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        self.calls.append(list(rows))
        for row in rows:
            if faults := self.faults.get(row.identity):
                fault = faults.pop(0)
                if isinstance(fault, Exception):
                    raise fault
                yield fault
                continue
            self.values.setdefault(row.record_id, {}).update(row.values)
            yield RowResult(row.identity, ok=True, record_id=row.record_id)


class House:
    def __init__(self, hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> None:
        self.hub, self.ctx, self.mapping = hub, ctx, mapping
        self.records = Records()
        with hub.transaction("acme") as connection:
            connection.execute(
                insert(partner).values(stored_partner("acme", Partner(id="P1", name="Alpine"), 1))
            )

    def add_lead(
        self, number: int, *, status: str, records: Sequence[str], decision: str | None = "assigned"
    ) -> str:
        lead_id, at = f"L{number}", now_us()
        with self.hub.transaction("acme") as connection:
            connection.execute(
                insert(lead).values(
                    supplier="acme",
                    lead_id=lead_id,
                    email=f"p{number}@example.org",
                    email_key=f"p{number}@example.org",
                    attributes={"email": f"p{number}@example.org"},
                    fingerprint="f",
                    status=status,
                    sales_status="open",
                    attempt=1,
                    decision=decision,
                    first_run="r",
                    first_batch="b",
                    first_row=number,
                    mapping_hash="m",
                    created_at=at,
                    updated_at=at,
                )
            )
            for record in records:
                connection.execute(
                    insert(source_link).values(
                        supplier="acme",
                        identity=f"salesforce:{record}",
                        lead_id=lead_id,
                        record_id=record,
                        fingerprint="f",
                        first_seen_at=at,
                    )
                )
            if decision:
                connection.execute(
                    insert(routing_decision).values(
                        supplier="acme",
                        lead_id=lead_id,
                        attempt=1,
                        outcome=decision,
                        reason="rule",
                        trace_id="t",
                        run_id="r",
                        actor="airflow",
                        decided_at=at,
                    )
                )
            if status != "unassigned":
                connection.execute(
                    insert(assignment).values(
                        supplier="acme",
                        assignment_id=f"A{number}",
                        lead_id=lead_id,
                        attempt=1,
                        partner_id="P1",
                        status=status,
                        active=True,
                        cause="rule",
                        run_id="r",
                        actor="airflow",
                        assigned_at=at,
                        accepted_at=at if status == "accepted" else None,
                    )
                )
        return lead_id

    def queue(self) -> int:
        return write_back.queue(self.hub, self.ctx, self.mapping)

    def write(self, **limits: Any) -> write_back.WriteCounts:
        chosen = write_back.WriteLimits(**({"retries": Retries(attempts=3, first_seconds=0.005)} | limits))
        return write_back.write(self.hub, self.ctx, self.mapping, self.records, limits=chosen)  # type: ignore[arg-type]

    def run(self, **limits: Any) -> write_back.WriteCounts:
        self.queue()
        return self.write(**limits)

    def rows(self, table: str) -> list[Any]:
        found = metadata.tables[table]
        with self.hub.reading() as connection:
            return list(connection.execute(select(found).order_by(*found.primary_key)))


@pytest.fixture
def house(
    hub: Hub, make_mapping: Callable[..., SupplierMapping], make_context: Callable[..., RunContext]
) -> House:
    return House(hub, make_context(), make_mapping("salesforce", write_back=MAPPED))


def test_status_goes_to_every_source_record_of_a_lead_in_the_suppliers_words(house: House) -> None:
    house.add_lead(1, status="accepted", records=["R1", "R2"])

    counts = house.run()

    assert counts == write_back.WriteCounts(written=2)
    assert house.records.values["R1"] == house.records.values["R2"]
    told = dict(house.records.values["R1"])
    assert told.pop("At__c").endswith("Z")  # type: ignore[union-attr]
    assert told == {"Status__c": "Taken", "Not_Routed__c": None, "Partner__c": "Alpine"}


def test_a_lead_that_no_rule_routed_is_told_as_not_routed(house: House) -> None:
    house.add_lead(1, status="unassigned", records=["R1"], decision="unassigned")

    house.run()

    told = house.records.values["R1"]
    assert (told["Status__c"], told["Not_Routed__c"], told["Partner__c"]) == (
        "unassigned",
        "Not routed",
        None,
    )


def test_a_lead_that_waits_for_routing_is_not_told(house: House) -> None:
    house.add_lead(1, status="unassigned", records=["R1"], decision=None)

    assert house.run() == write_back.WriteCounts()
    assert house.records.calls == []


def test_what_did_not_change_is_not_written_again(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.run()
    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(updated_at=now_us()))  # a field changed, not the status

    counts = house.run()

    assert counts.written == 0
    assert len(house.records.calls) == 1


def test_a_change_is_written_with_the_next_sequence(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.run()
    with house.hub.transaction("acme") as connection:
        accept(connection, house.ctx, "A1", via="portal")

    counts = house.run()

    assert counts.written == 1
    assert house.records.values["R1"]["Status__c"] == "Taken"
    assert [call[0].sequence for call in house.records.calls] == [1, 2]
    assert house.rows("source_link")[0].written_hash == house.rows("writeback")[1].body_hash


@pytest.mark.parametrize("ahead_us", [-600_000_000, 600_000_000])
def test_a_change_is_written_although_the_clock_was_set_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, ahead_us: int
) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    with monkeypatch.context() as clock:
        clock.setattr("leadline.write_back.status.now_us", lambda: now_us() + ahead_us)
        house.queue()
    with house.hub.transaction("acme") as connection:
        accept(connection, house.ctx, "A1", via="portal")

    house.run()

    assert house.records.values["R1"]["Status__c"] == "Taken"


def test_a_record_that_becomes_another_leads_is_told_of_that_one(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.run()
    house.add_lead(2, status="accepted", records=[])
    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(updated_at=1))  # both are of one batch
        connection.execute(update(writeback).values(lead_at=1))
        connection.execute(update(source_link).values(lead_id="L2"))

    house.run()

    assert house.records.values["R1"]["Status__c"] == "Taken"


def test_a_newer_status_supersedes_one_that_was_not_sent(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.queue()
    with house.hub.transaction("acme") as connection:
        accept(connection, house.ctx, "A1", via="portal")

    counts = house.run()

    assert counts.written == 1
    assert [(row.sequence, row.state) for row in house.rows("writeback")] == [(1, "superseded"), (2, "sent")]
    assert len(house.records.calls) == 1


def test_what_changed_back_while_it_was_sent_is_told_again(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.run()

    def becomes(status: str) -> None:
        with house.hub.transaction("acme") as connection:
            connection.execute(update(lead).values(status=status, updated_at=lead.c.updated_at + 1))

    becomes("accepted")
    house.queue()
    take = house.records.write_back

    def changed_back_meanwhile(rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        becomes("pending")
        house.queue()
        return take(rows)

    house.records.write_back = changed_back_meanwhile  # type: ignore[method-assign]
    house.write()
    house.records.write_back = take  # type: ignore[method-assign]
    house.run()

    told = [row.values["Status__c"] for call in house.records.calls for row in call]
    assert told == ["Pending", "Taken", "Pending"]


@pytest.mark.parametrize("tries", ["the_call", "the_row"])
def test_what_changed_back_after_its_answer_was_lost_is_told_again(house: House, tries: str) -> None:
    house.mapping = house.mapping.model_copy(
        update={"write_back": WriteBack.model_validate({"distribution_status": "Status__c"})}
    )
    house.add_lead(1, status="pending", records=["R1"])
    house.run()

    def becomes(status: str) -> None:
        with house.hub.transaction("acme") as connection:
            connection.execute(update(lead).values(status=status, updated_at=lead.c.updated_at + 1))

    take = house.records.write_back

    def answer_lost(rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        list(take(rows))
        if tries == "the_call":
            raise VendorUnavailable("lost")
        return iter(())

    becomes("accepted")
    house.queue()
    house.records.write_back = answer_lost  # type: ignore[method-assign]
    with pytest.raises(VendorUnavailable) if tries == "the_call" else nullcontext():
        house.write(patience_seconds=1.0)
    house.records.write_back = take  # type: ignore[method-assign]
    kept = house.records.values["R1"]["Status__c"]
    becomes("pending")
    counts = [house.run(), house.run()]

    assert (kept, house.records.values["R1"]["Status__c"]) == ("accepted", "pending")
    assert [one.written for one in counts] == [1, 0]


def test_a_reason_whose_answer_was_lost_is_cleared_when_the_lead_goes_on(house: House) -> None:
    named = {"distribution_status": "Status__c", "rejection_reason": "Why__c"}
    house.mapping = house.mapping.model_copy(update={"write_back": WriteBack.model_validate(named)})
    house.add_lead(1, status="pending", records=["R1"])
    house.run()
    take = house.records.write_back

    def answer_lost(rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        list(take(rows))
        raise VendorUnavailable("lost")

    with house.hub.transaction("acme") as connection:
        reject(connection, house.ctx, "A1", via="portal", reasons={"reason": "too far away"})
    house.queue()
    house.records.write_back = answer_lost  # type: ignore[method-assign]
    with pytest.raises(VendorUnavailable):
        house.write()
    house.records.write_back = take  # type: ignore[method-assign]
    kept = house.records.values["R1"]["Why__c"]
    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(status="pending", updated_at=lead.c.updated_at + 1))
    house.run()

    assert (kept, house.records.values["R1"]) == ("too far away", {"Status__c": "pending", "Why__c": None})


def test_a_value_that_is_mapped_later_is_told_of_leads_that_were_told_nothing(
    make_hub: Callable[..., Hub],
    make_mapping: Callable[..., SupplierMapping],
    make_context: Callable[..., RunContext],
) -> None:
    named = {"partner_name": "Partner__c"}
    house = House(
        make_hub(), make_context(), make_mapping("salesforce", write_back={"sales_rep_name": "Rep__c"})
    )
    house.add_lead(1, status="unassigned", records=["R1"], decision="unassigned")
    before = house.run()

    house.mapping = make_mapping("salesforce", write_back=named | {"distribution_status": "Status__c"})
    house.run()

    assert before == write_back.WriteCounts()
    assert house.records.values["R1"]["Status__c"] == "unassigned"


def test_queueing_twice_queues_once(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])

    assert (house.queue(), house.queue()) == (1, 0)


def test_nothing_is_queued_where_the_mapping_maps_nothing(
    house: House, make_mapping: Callable[..., SupplierMapping]
) -> None:
    house.mapping = make_mapping("salesforce")
    house.add_lead(1, status="pending", records=["R1"])

    assert house.queue() == 0
    assert house.write() == write_back.WriteCounts()


def test_a_retryable_row_is_tried_again_alone(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.add_lead(2, status="pending", records=["R2"])
    house.records.faults["salesforce:R1"] = [
        RowResult("salesforce:R1", ok=False, code="UNABLE_TO_LOCK_ROW", retryable=True)
    ]

    counts = house.run()

    assert counts.written == 2
    assert [[row.record_id for row in call] for call in house.records.calls] == [["R1", "R2"], ["R1"]]


def test_a_refusal_is_listed_once_for_its_reason_until_the_record_takes_something(house: House) -> None:
    for number in (1, 2, 3):
        house.add_lead(number, status="pending", records=[f"R{number}"])
    for one in ("salesforce:R1", "salesforce:R2"):
        house.records.faults[one] = [RowResult(one, ok=False, code="INVALID_PICKLIST")]

    house.run()
    (listed,) = write_back.findings_of(house.hub, "acme")
    with house.hub.transaction("acme") as connection:
        for assigned in ("A1", "A2"):
            accept(connection, house.ctx, assigned, via="portal")
    house.run()

    assert (listed.code, listed.detail) == ("status_refused", "INVALID_PICKLIST")
    assert "lead L1" in listed.message
    assert write_back.findings_of(house.hub, "acme") == []


def test_a_refused_row_keeps_its_reason_and_is_not_tried_until_there_is_news(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.records.faults["salesforce:R1"] = [
        RowResult("salesforce:R1", ok=False, code="FIELD_CUSTOM_VALIDATION_EXCEPTION", message="no")
    ]

    first, second = house.run(), house.run()
    with house.hub.transaction("acme") as connection:
        accept(connection, house.ctx, "A1", via="portal")
    third = house.run()

    assert (first.refused, second.refused, second.written, third.written) == (1, 0, 0, 1)
    row = house.rows("writeback")[0]
    assert (row.state, row.vendor_code, row.message) == ("refused", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")
    kinds = [row.kind for row in house.rows("history")]
    assert sorted(kinds) == ["accepted", "write_back_refused", "written_back"]


def test_a_lost_answer_keeps_the_results_before_it_and_the_rest_goes_again(house: House) -> None:
    for number in (1, 2, 3):
        house.add_lead(number, status="pending", records=[f"R{number}"])
    house.records.faults["salesforce:R2"] = [VendorUnavailable("lost")]

    with pytest.raises(VendorUnavailable):
        house.run()
    counts = house.run()

    assert counts.written == 2
    assert [len(call) for call in house.records.calls] == [3, 2]
    assert set(house.records.values) == {"R1", "R2", "R3"}


def test_a_record_that_the_supplier_deleted_is_left_alone(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1", "R2"])
    with house.hub.transaction("acme") as connection:
        connection.execute(
            update(source_link).where(source_link.c.record_id == "R1").values(deleted_at=now_us())
        )

    house.run()

    assert set(house.records.values) == {"R2"}


def test_a_status_that_returned_to_what_was_told_needs_no_row(house: House) -> None:
    house.add_lead(1, status="pending", records=["R1"])
    house.run()
    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(status="deactivated", updated_at=now_us()))
    house.queue()
    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(status="pending", updated_at=now_us()))

    counts = house.run()

    assert counts.written == 0
    assert [row.state for row in house.rows("writeback")] == ["sent", "superseded"]
    assert json.loads(house.rows("writeback")[0].body)["distribution_status"] == "Pending"


def test_a_large_queue_is_walked_in_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.write_back.status.QUEUE_ROWS", 3)
    for number in range(10):
        house.add_lead(number, status="pending", records=[f"R{number}"])

    assert house.queue() == 10
    assert house.write(chunk_rows=4).written == 10
    assert [len(call) for call in house.records.calls] == [4, 4, 2]
