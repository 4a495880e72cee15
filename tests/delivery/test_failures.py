"""What goes wrong on the way into a CRM: nothing is lost or doubled, and nothing failed counts as sent."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from leadline.delivery import accounts_with_work, push
from leadline.delivery.outbox import Outbox
from leadline.errors import LeaseHeld, SchemaDrift, VendorUnavailable
from leadline.hub import Hub
from leadline.hub.schema import delivery
from leadline.partners import CrmAccount
from leadline.retries import Retries
from leadline.turns import sole_sender
from tests.conftest import ON_POSTGRESQL

from .conftest import House, MemoryCrm, refused, unavailable
from .test_push import add_event, queue_changes


def test_a_refused_row_keeps_code_field_and_message_and_is_not_sent(house: House) -> None:
    house.add_partner()
    bad = house.add_lead()
    good = house.add_lead()
    house.crm.faults[bad] = [refused("INVALID_EMAIL_ADDRESS", field="Email", message="no address")]

    counts = house.queue_and_push()

    assert (counts.created, counts.refused, counts.waiting) == (1, 1, 0)
    (row,) = house.rows("delivery", assignment_id=bad)
    assert (row.state, row.vendor_code, row.vendor_field, row.message, row.sent_at) == (
        "refused",
        "INVALID_EMAIL_ADDRESS",
        "Email",
        "no address",
        None,
    )
    assert house.rows("crm_record", assignment_id=bad) == []
    assert house.record_of(good)
    assert [line["code"] for line in house.history("push_refused")] == ["INVALID_EMAIL_ADDRESS"]


def test_a_retryable_row_is_tried_again_alone(house: House) -> None:
    house.add_partner()
    first, second = house.add_lead(), house.add_lead()
    house.crm.faults[first] = [refused("UNABLE_TO_LOCK_ROW", retryable=True)]

    counts = house.queue_and_push()

    assert (counts.created, counts.refused) == (2, 0)
    assert [len(call) for call in house.crm.jobs] == [2, 1]
    assert house.rows("delivery", assignment_id=first)[0].attempts == 2
    assert house.rows("delivery", assignment_id=second)[0].attempts == 1


def test_a_row_that_never_passes_is_given_up_after_its_last_attempt(house: House) -> None:
    house.add_partner()
    assigned = house.add_lead()
    house.crm.faults[assigned] = [refused("UNABLE_TO_LOCK_ROW", retryable=True) for _ in range(9)]

    counts = house.queue_and_push()

    assert (counts.created, counts.refused) == (0, 1)
    assert house.rows("delivery")[0].attempts == 4
    assert house.rows("delivery")[0].vendor_code == "UNABLE_TO_LOCK_ROW"


def test_a_row_that_rests_too_long_waits_for_the_next_run(house: House) -> None:
    house.add_partner()
    assigned = house.add_lead()
    house.crm.faults[assigned] = [refused("UNABLE_TO_LOCK_ROW", retryable=True)]

    counts = house.queue_and_push(retries=Retries(attempts=4, first_seconds=60))

    assert (counts.created, counts.waiting, house.slept) == (0, 1, [])
    assert accounts_with_work(house.hub, "acme") == ["sf-p1"]


def test_a_lost_answer_keeps_the_results_before_it_and_repeats_the_rest_without_doubling(
    house: House,
) -> None:
    house.add_partner()
    done, lost, after = house.add_lead(), house.add_lead(), house.add_lead()
    house.crm.faults[lost] = [unavailable()]

    with pytest.raises(VendorUnavailable):
        house.queue_and_push()
    between = {row.assignment_id: row.state for row in house.rows("delivery")}
    counts = house.push()

    assert between == {done: "sent", lost: "waiting", after: "waiting"}
    assert counts.created == 2
    assert sorted(r["external"] for r in house.crm.records.values()) == sorted([done, lost, after])


def test_a_decision_that_the_crm_can_no_longer_carry_out_is_made_anew(house: House) -> None:
    house.add_partner()
    locked, assigned = house.add_lead(), house.add_lead()
    house.crm.faults[locked] = [refused("UNABLE_TO_LOCK_ROW", retryable=True), SchemaDrift("no Campaign__c")]
    house.crm.faults[assigned] = [SchemaDrift("no Campaign__c")]
    with pytest.raises(SchemaDrift):
        house.queue_and_push(retries=Retries(attempts=4, first_seconds=0))
    with pytest.raises(SchemaDrift):
        house.push()
    house.change_lead(locked, last_name="Mended")
    house.change_lead(assigned, last_name="Mended")

    counts = house.push()

    assert counts.created == 2
    assert {record["LastName"] for record in house.crm.records.values()} == {"Mended"}


def test_a_write_that_was_carried_out_but_not_answered_makes_no_second_record(house: House) -> None:
    house.add_partner()
    assigned = house.add_lead()
    house.crm.lost = [unavailable()]

    with pytest.raises(VendorUnavailable):
        house.queue_and_push()
    house.change_lead(assigned, last_name="Changed")
    house.push()

    assert len(house.crm.records) == 1
    assert house.record_of(assigned)["LastName"] == "Last1"  # the saved decision, not a new one
    assert house.rows("crm_record")[0].created


def test_a_duplicate_that_the_crm_found_is_updated_instead(house: House) -> None:
    house.add_partner(field_updates="supplier")
    other = house.crm.add("Lead", Email="other@example.org", NumberOfEmployees="1")
    assigned = house.add_lead(employees=9)
    house.crm.faults[assigned] = [refused("DUPLICATES_DETECTED", record_id=other)]

    counts = house.queue_and_push()

    assert (counts.created, counts.updated, counts.refused) == (0, 1, 0)
    assert house.crm.records[other]["NumberOfEmployees"] == "9"
    assert house.crm.records[other]["external"] is None
    assert house.rows("crm_record")[0].created in (False, 0)


def test_a_duplicate_of_another_object_gets_that_objects_fields(house: House) -> None:
    house.add_partner(field_updates="all")
    contact = house.crm.add("Contact", Email="x@example.org")
    assigned = house.add_lead(country="DE")
    house.crm.faults[assigned] = [refused("DUPLICATES_DETECTED", record_id=contact, object="Contact")]

    house.queue_and_push()

    assert house.crm.records[contact]["MailingCountry"] == "DE"


def test_a_duplicate_that_nothing_may_change_is_linked(house: House) -> None:
    house.add_partner(field_updates="none")
    other = house.crm.add("Lead", Email="x@example.org")
    assigned = house.add_lead()
    house.crm.faults[assigned] = [refused("DUPLICATES_DETECTED", record_id=other)]

    counts = house.queue_and_push()

    assert counts.kept == 1
    assert house.rows("crm_record")[0].record_id == other


def test_a_lead_converted_after_the_decision_is_decided_anew(house: House) -> None:
    house.add_partner(field_updates="all")
    lead = house.crm.add("Lead", Email="a@example.org")
    contact = house.crm.add("Contact", Email="c@example.org")
    assigned = house.add_lead("a@example.org", country="DE")
    house.crm.faults[assigned] = [refused("CANNOT_UPDATE_CONVERTED_LEAD", stale=True)]
    original = house.crm.write

    def convert_meanwhile(writes, jobs):  # type: ignore[no-untyped-def]
        house.crm.records[lead]["converted"] = contact
        return original(writes, jobs)

    house.crm.write = convert_meanwhile  # type: ignore[method-assign]

    counts = house.queue_and_push()

    assert counts.updated == 1
    assert house.crm.records[contact]["MailingCountry"] == "DE"


def test_a_person_whose_first_record_rests_does_not_get_a_second(house: House) -> None:
    house.add_partner()
    first = house.add_lead("a@example.org")
    house.add_lead("a@example.org")
    house.crm.faults[first] = [refused("UNABLE_TO_LOCK_ROW", retryable=True)]

    counts = house.queue_and_push()

    assert len(house.crm.records) == 1
    assert (counts.created, counts.kept, counts.waiting) == (1, 1, 0)


def test_a_person_whose_first_record_rests_is_held_though_that_is_not_stored_yet(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add_partner()
    first = house.add_lead("a@example.org")
    house.add_lead("a@example.org")
    house.crm.faults[first] = [refused("UNABLE_TO_LOCK_ROW", retryable=True)]
    second_taken = threading.Event()
    taken, stored = [], Outbox.store
    take = Outbox.take

    def noting(outbox, *args, **more):  # type: ignore[no-untyped-def]
        works = take(outbox, *args, **more)
        taken.append(len(works))
        if len(taken) > 1:
            second_taken.set()
        return works

    def late(outbox, *args, **more):  # type: ignore[no-untyped-def]
        second_taken.wait(30)
        stored(outbox, *args, **more)

    monkeypatch.setattr(Outbox, "take", noting)
    monkeypatch.setattr(Outbox, "store", late)

    counts = house.queue_and_push(chunk_rows=1, retries=Retries(attempts=4, first_seconds=60))

    assert taken[:2] == [1, 1]
    assert (counts.created, counts.waiting, house.crm.records) == (0, 2, {})


def test_a_plan_stays_until_all_of_its_results_are_stored(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add_partner()
    house.add_lead("a@example.org")
    house.add_lead("b@example.org")
    stored, tried = Outbox.store, []

    def failing_once(outbox, *args, **more):  # type: ignore[no-untyped-def]
        tried.append(1)
        if len(tried) == 1:
            raise OSError("disk full")
        stored(outbox, *args, **more)

    monkeypatch.setattr(Outbox, "store", failing_once)
    with pytest.raises(OSError, match="disk full"):
        house.queue_and_push(store_rows=1)
    left = [row for row in house.rows("crm_job") if row.plan]
    house.push()

    assert len(left) == 1
    assert len(house.crm.jobs) == 2  # it was sent as a whole again, under the same ids
    assert len(house.crm.records) == 2
    assert {row.state for row in house.rows("delivery")} == {"sent"}


def test_a_plan_stays_though_another_of_the_same_chunk_ended(house: House) -> None:
    house.add_partner(field_updates="all")
    house.crm.add("Lead", Email="known@example.org")
    house.add_lead("known@example.org")
    house.add_lead("new@example.org")
    write, calls = house.crm.write, []

    def lost_the_second_time(writes, jobs):  # type: ignore[no-untyped-def]
        calls.append(tuple(one.key for one in writes))
        results = list(write(writes, jobs))
        if len(calls) == 2:
            raise unavailable()
        yield from results

    house.crm.write = lost_the_second_time  # type: ignore[method-assign]
    with pytest.raises(VendorUnavailable):
        house.queue_and_push()
    left = [row for row in house.rows("crm_job") if row.plan]
    house.push()

    assert len(left) == 1
    assert calls[2:] == [calls[1]]  # what was lost is sent again under the same ids, and nothing else
    assert len(house.crm.records) == 2
    assert {row.state for row in house.rows("delivery")} == {"sent"}


def test_the_rest_of_a_person_still_waits_when_the_first_rests_into_the_next_run(house: House) -> None:
    house.add_partner()
    first = house.add_lead("a@example.org")
    house.add_lead("a@example.org")
    house.crm.faults[first] = [refused("UNABLE_TO_LOCK_ROW", retryable=True)]
    house.queue_and_push(retries=Retries(attempts=4, first_seconds=60))

    again = house.push()
    with house.hub.transaction("acme") as connection:
        connection.execute(update(delivery).values(not_before=0))
    last = house.push()

    assert (again.waiting, again.sent) == (2, 0)
    assert (last.waiting, len(house.crm.records)) == (0, 1)


def test_a_lost_answer_to_a_note_adds_no_second_one(house: House) -> None:
    house.add_partner(custom_fields_into_notes=True)
    house.add_lead(products=["Cloud"])
    house.queue()
    original = house.crm.add_activities

    def lose(activities):  # type: ignore[no-untyped-def]
        list(original(activities))
        raise unavailable()

    house.crm.add_activities = lose  # type: ignore[method-assign]
    with pytest.raises(VendorUnavailable):
        house.push()
    house.crm.add_activities = original  # type: ignore[method-assign]
    counts = house.push()

    assert counts.activities == 1
    assert house.notes() == ["Products: Cloud"]


def test_a_refused_activity_is_kept_with_its_reason(house: House) -> None:
    house.add_partner()
    assigned = house.add_lead()
    house.queue_and_push()
    add_event(house, assigned, "e1", "Webinar", "came")
    house.crm.add_activities = lambda activities: iter(  # type: ignore[method-assign]
        [
            refused("INVALID_CROSS_REFERENCE_KEY", message="gone").__class__(
                a.key, False, code="X", message="gone"
            )
            for a in activities
        ]
    )

    counts = house.push()

    assert (counts.activities, counts.activities_refused) == (0, 1)
    (row,) = house.rows("event_delivery")
    assert (row.state, row.vendor_code, row.message) == ("refused", "X", "gone")


def test_a_lead_that_changes_while_a_push_is_at_work_is_updated_afterwards(house: House) -> None:
    house.add_partner(field_updates="all")
    assigned = house.add_lead(country="DE")
    house.queue()
    original = house.crm.find

    def change_meanwhile(object_, keys):  # type: ignore[no-untyped-def]
        house.crm.find = original  # type: ignore[method-assign]
        queue_changes(house, [(house.change_lead(assigned, country="AT"), ["country"])])
        return original(object_, keys)

    house.crm.find = change_meanwhile  # type: ignore[method-assign]

    counts = house.push()

    assert (counts.created, counts.updated) == (1, 1)
    assert house.record_of(assigned)["Country"] == "AT"


def test_a_push_that_ends_leaves_another_accounts_push_at_work(house: House) -> None:
    other = CrmAccount(id="sf-p2", connection="sf_p2")
    house.add_partner(field_updates="all")
    house.add_partner("P2", other)
    assigned = house.add_lead(country="DE")
    house.queue()
    original = house.crm.find

    def end_another_and_change(object_, keys):  # type: ignore[no-untyped-def]
        house.crm.find = original  # type: ignore[method-assign]
        push(house.hub, house.ctx, house.mapping, other, MemoryCrm())
        queue_changes(house, [(house.change_lead(assigned, country="AT"), ["country"])])
        return original(object_, keys)

    house.crm.find = end_another_and_change  # type: ignore[method-assign]

    counts = house.push()

    assert (counts.created, counts.updated) == (1, 1)
    assert house.record_of(assigned)["Country"] == "AT"


def test_only_one_sender_works_on_an_account_at_a_time(hub: Hub) -> None:
    with sole_sender(hub, "push:acme:a"):
        with pytest.raises(LeaseHeld), sole_sender(hub, "push:acme:a", patience_seconds=0):
            pass
        with sole_sender(hub, "push:acme:b", patience_seconds=0):
            pass

    with sole_sender(hub, "push:acme:a", patience_seconds=0):
        pass


@ON_POSTGRESQL
def test_a_sender_whose_lock_went_with_its_connection_learns_it(
    hub: Hub, cut_off: Callable[[Hub], None]
) -> None:
    with sole_sender(hub, "push:acme:a") as still_ours:
        still_ours()
        cut_off(hub)
        with sole_sender(hub, "push:acme:a", patience_seconds=0) as theirs:
            theirs()

            with pytest.raises(LeaseHeld, match="push:acme:a"):
                still_ours()


@ON_POSTGRESQL
def test_a_push_whose_lock_was_lost_leaves_the_next_one_alone(
    house: House, cut_off: Callable[[Hub], None]
) -> None:
    house.add_partner()
    assigned = house.add_lead()
    house.queue()
    original = house.crm.find

    def overtaken(object_, keys):  # type: ignore[no-untyped-def]
        house.crm.find = original  # type: ignore[method-assign]
        found = original(object_, keys)
        cut_off(house.hub)
        assert house.push().created == 1
        (record,) = house.crm.records.values()
        record["Company"] = "As the partner wrote it"
        return found

    house.crm.find = overtaken  # type: ignore[method-assign]

    with pytest.raises(LeaseHeld):
        house.push()

    assert house.record_of(assigned)["Company"] == "As the partner wrote it"
    assert [row.state for row in house.rows("delivery")] == ["sent"]


def test_who_waited_for_a_sender_in_vain_comes_back_later_not_at_once(hub: Hub) -> None:
    with (
        sole_sender(hub, "push:acme:a"),
        pytest.raises(LeaseHeld) as held,
        sole_sender(hub, "push:acme:a", patience_seconds=0),
    ):
        pass

    assert held.value.retry_after_seconds == 300


def test_two_pushes_at_once_send_everything_once(house: House) -> None:
    house.add_partner(custom_fields_into_notes=True)
    for _ in range(40):
        house.add_lead(products=["Cloud"])
    house.queue()
    counts = []

    threads = [threading.Thread(target=lambda: counts.append(house.push(chunk_rows=5))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(one.created for one in counts) == 40
    assert len(house.crm.records) == 40
    assert len(house.notes()) == 40
