"""What becomes of received rows: leads, links, history, receipts; once, whoever repeats it."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy import insert, update

from leadline import write_back
from leadline.checks.values import CheckedBatch
from leadline.errors import BooksDoNotBalance
from leadline.hub import Hub, keys
from leadline.hub.schema import event, lead, watermark
from leadline.receipts import Counts, receive
from leadline.runs import to_us
from tests.receipts.standing import decide, history


def test_every_row_has_one_outcome(intake, record) -> None:
    counts = intake.take(
        record("1"), record("2", email=None), record("3", email="out@example.com"), record("4")
    )

    assert counts == Counts(quarantined=1, filtered=1, new=2)
    receipts = intake.rows("receipt", "row", "outcome", "identity", "reasons")
    assert [(row, outcome) for row, outcome, _, _ in receipts] == [
        (0, "new"), (1, "quarantined"), (2, "filtered"), (3, "new"),
    ]  # fmt: skip
    assert receipts[1][2:] == (
        "salesforce:2:C1",
        '[{"field":"email","message":"is missing","rule":"required"}]',
    )


def test_a_new_lead_carries_what_was_received(intake, record) -> None:
    sent = record("1", email=" Ann@Example.COM", employees="12", products="Cloud;Routers", note='say "hi"\n')

    intake.take(sent)

    columns = ("email", "email_key", "campaign_key", "attributes", "status", "decision", "score", "first_row")
    (found,) = intake.rows("lead", *columns)
    assert found == (
        " Ann@Example.COM", "ann@example.com", "C1",
        {"email": " Ann@Example.COM", "employees": 12, "products": ["Cloud", "Routers"],
         "campaign_code": "C1", "internal_note": 'say "hi"\n'},
        "unassigned", None, 50, 0,
    )  # fmt: skip
    assert intake.rows("history", "kind", "run_id", "task", "actor") == [
        ("received", "run-1", "validate", "airflow")
    ]
    assert intake.rows("source_link", "identity", "record_id") == [("salesforce:1:C1", "1")]


def test_a_re_read_record_is_known(intake, record) -> None:
    intake.take(record("1"))
    before = intake.rows("lead", "lead_id", "updated_at")

    counts = intake.take(record("1"), record("1"), run_id="run-2")

    assert counts == Counts(known=2)
    assert intake.rows("lead", "lead_id", "updated_at") == before


def test_a_changed_record_updates_its_lead_and_nothing_else(intake, record) -> None:
    intake.take(record("1", company="Old", country="DE"))
    with intake.hub.transaction() as connection:
        connection.execute(update(lead).values(status="accepted", decision="assigned", attempt=1))
    heard = []

    ctx = intake.start("run-2")
    (batch,) = intake.land(ctx, record("1", company="New", country="DE")).batches
    counts = intake.receive(
        ctx, batch, lambda hub, connection, ctx, mapping, changes: heard.extend(changes) or len(heard)
    )

    lead_id = intake.rows("lead", "lead_id")[0]
    assert counts == Counts(updated=1)
    assert heard == [(lead_id, ["company"])]
    assert history(intake) == [("updated", {"company": "Old"}, {"company": "New"})]
    assert intake.rows("lead", "status", "decision", "attempt") == [("accepted", "assigned", 1)]
    assert intake.rows("lead", "attributes")[0]["company"] == "New"


def test_a_record_that_stayed_as_it_was_does_not_undo_what_another_of_its_lead_said(intake, record) -> None:
    def said(record_id, company):
        return record(record_id, email="ann@example.com", company=company)

    for number, (record_id, company) in enumerate([("1", "A"), ("2", "B"), ("1", "C"), ("2", "D")]):
        intake.take(said(record_id, company), run_id=f"run-{number}")

    counts = intake.take(said("1", "C"), said("2", "D"), run_id="run-4")

    assert counts == Counts(known=2)
    assert [one["company"] for one in intake.rows("lead", "attributes")] == ["D"]
    assert history(intake) == [
        ("source_linked", {}, {"identity": "salesforce:2:C1"}),
        ("updated", {"company": "A"}, {"company": "B"}),
        ("updated", {"company": "B"}, {"company": "C"}),
        ("updated", {"company": "C"}, {"company": "D"}),
    ]


def test_a_record_that_joins_a_lead_and_changes_in_one_batch_joins_it_once(intake, record) -> None:
    same = {"email": "ann@example.com"}

    counts = intake.take(
        record("1", **same), record("2", **same), record("2", **same, company="Newer", stamp="2")
    )

    assert counts == Counts(new=1, known=1, updated=1)
    assert intake.rows("source_link", "identity") == ["salesforce:1:C1", "salesforce:2:C1"]
    assert [kind for kind, *_ in history(intake)] == ["source_linked", "updated"]


def test_a_lead_is_found_by_the_email_its_partner_changed_though_its_source_changes_more(
    intake, record
) -> None:
    intake.take(record("1", email="old@example.com", company="A", country="DE"))
    (held,) = intake.rows("lead", "attributes")
    theirs = {"email": ["new@example.com", "old@example.com"], "country": [None, "DE"]}
    values = {name: one for name, one in held.items() if name != "country"} | {"email": "new@example.com"}
    with intake.hub.transaction() as connection:
        keys_of = {"email": "new@example.com", "email_key": "new@example.com"}
        connection.execute(
            update(lead).values(attributes=values, partner_changes=json.dumps(theirs), **keys_of)
        )

    intake.take(record("1", email="old@example.com", company="B", country="DE"), run_id="run-2")

    assert intake.rows("lead", "email", "email_key") == [("new@example.com", "new@example.com")]
    assert intake.rows("lead", "attributes") == [values | {"company": "B"}]


def test_an_older_state_of_a_record_changes_nothing(intake, record) -> None:
    intake.take(record("1", company="New", stamp="2026-02-02T00:00:00Z"))

    counts = intake.take(record("1", company="Old", stamp="2026-02-01T00:00:00Z"), run_id="run-2")

    assert counts == Counts(known=1)
    assert intake.rows("lead", "attributes")[0]["company"] == "New"


def test_what_we_wrote_back_does_not_return_as_news(make_intake, record) -> None:
    intake = make_intake(
        source={"system": "salesforce", "object": "Lead"},
        write_back={"object": "Lead", "distribution_status": "Note"},
    )
    intake.take(record("1", note=None))

    counts = intake.take(record("1", note="pending", stamp="2"), run_id="run-2")

    assert counts == Counts(known=1)


def test_scenario_02_same_email_from_two_campaigns_is_two_leads_unless_email_only(
    make_intake, record
) -> None:
    both = (record("1", email="a@b.example", campaign="C1"), record("2", email="A@B.example", campaign="C2"))
    by_campaign = make_intake()
    by_email = make_intake(source={"system": "salesforce", "uniqueness": "email"})

    assert by_campaign.take(*both) == Counts(new=2)
    assert by_email.take(*both) == Counts(new=1, updated=1)
    assert len(by_email.rows("lead", "lead_id")) == 1
    assert by_email.rows("source_link", "record_id", "campaign_key") == [("1", "C1"), ("2", "C2")]


@pytest.mark.parametrize("system", ["marketo", "eloqua"])
def test_scenario_02_every_handover_is_a_lead_of_its_own(make_intake, record, system) -> None:
    source = {"marketo": {"handover_ids": [1]}, "eloqua": {"handover_id": 1}}[system]
    intake = make_intake(source={"system": system, **source})

    counts = intake.take(record("1", handover="A1"), record("1", handover="A2"), record("1", handover="A1"))

    assert counts == Counts(new=2, known=1)


def test_records_that_merge_keep_a_link_each(intake, record) -> None:
    intake.take(record("1", email="a@b.example"))

    counts = intake.take(
        record("2", email="A@b.example", company="Other"), record("3", email="a@b.example"), run_id="run-2"
    )

    (lead_id,) = intake.rows("lead", "lead_id")
    assert counts.new == 0
    assert intake.rows("source_link", "record_id", "lead_id") == [(one, lead_id) for one in "123"]
    # each record is measured by its own last state, so the two do not overwrite each other for ever
    assert intake.take(
        record("1", email="a@b.example"), record("2", email="A@b.example", company="Other"), run_id="run-3"
    ) == Counts(known=2)


def test_a_lead_follows_its_record_to_a_new_merge_key(intake, record) -> None:
    intake.take(record("1", email="old@b.example"))

    intake.take(record("1", email="new@b.example"), run_id="run-2")
    counts = intake.take(
        record("2", email="new@b.example"), record("3", email="old@b.example"), run_id="run-3"
    )

    assert counts.new == 1  # the third: the first lead is at the new address
    assert len(set(intake.rows("lead", "lead_id"))) == 2
    assert intake.rows("lead", "email") == ["new@b.example", "old@b.example"]


def test_leads_may_exchange_their_merge_keys_in_one_batch(intake, record) -> None:
    intake.take(record("1", email="a@b.example"), record("2", email="b@b.example"))

    intake.take(
        record("1", email="c@b.example"),
        record("2", email="a@b.example"),
        record("1", email="b@b.example"),
        run_id="run-2",
    )

    keys_ = [keys.merge_key(f"{one}@b.example", "C1", by_campaign=True) for one in "ab"]
    assert sorted(intake.rows("lead", "merge_key")) == sorted(keys_)


def test_a_batch_may_hold_a_record_in_several_states(intake, record) -> None:
    counts = intake.take(
        record("1", company="A"),
        record("1", company="B"),
        record("1", company="B"),
        record("2", email="1@example.com", company="C"),
    )

    assert counts == Counts(new=1, updated=2, known=1)
    assert intake.rows("lead", "attributes")[0]["company"] == "C"
    assert {after["company"] for kind, _, after in history(intake) if kind == "updated"} == {"B", "C"}


def test_a_record_that_joins_a_lead_is_told_what_the_others_were_told(make_intake, record) -> None:
    told = {"distribution_status": "Status__c", "events": {"object": "Task"}}
    intake = make_intake(system="salesforce", write_back=told)
    intake.take(record("1", email="ann@example.com"))
    decide(intake, "unassigned")
    (lead_id,) = intake.rows("lead", "lead_id")
    happened = {"event_id": "E", "lead_id": lead_id, "type": "Call", "origin": "partner", "run_id": "run-1"}
    with intake.hub.transaction() as connection:
        connection.execute(insert(event).values(supplier="acme", **happened))
    ctx = intake.start()
    first = [write_back.queue(intake.hub, ctx, intake.mapping) for _ in range(2)]
    write_back.queue_events(intake.hub, ctx, intake.mapping)

    assert intake.take(record("2", email="ann@example.com"), run_id="run-2") == Counts(known=1)
    write_back.queue(intake.hub, ctx, intake.mapping)
    write_back.queue_events(intake.hub, ctx, intake.mapping)

    assert first == [1, 0]
    assert intake.rows("writeback", "identity") == ["salesforce:1:C1", "salesforce:2:C1"]
    assert intake.rows("event_write", "identity") == ["salesforce:1:C1", "salesforce:2:C1"]


# repeating


def test_receiving_again_changes_nothing(intake, record) -> None:
    ctx = intake.start()
    (batch,) = intake.land(ctx, record("1"), record("2", email=None)).batches
    first = intake.receive(ctx, batch)
    before = intake.everything()

    again = intake.receive(ctx, batch)

    assert again == first == Counts(quarantined=1, new=1)
    assert intake.everything() == before


def test_a_batch_that_died_before_its_commit_left_nothing(intake, record) -> None:
    ctx = intake.start()
    (batch,) = intake.land(ctx, record("1")).batches
    intake.take(record("2"), run_id="run-2")
    before = intake.everything()

    def die(*_) -> int:
        raise KeyboardInterrupt

    ctx3 = intake.start("run-3")
    (changed,) = intake.land(ctx3, record("2", company="New")).batches
    landed = intake.everything()
    with pytest.raises(KeyboardInterrupt):
        intake.receive(ctx3, changed, die)

    assert intake.everything() == landed
    assert intake.receive(ctx3, changed) == Counts(updated=1)
    assert intake.receive(ctx, batch) == Counts(new=1)
    assert before["lead"] != intake.everything()["lead"]


def test_two_that_receive_one_batch_at_once_receive_it_once(intake, record) -> None:
    ctx = intake.start()
    (batch,) = intake.land(ctx, *(record(str(number)) for number in range(50))).batches
    url = intake.hub.engine.url.render_as_string(hide_password=False)
    start, found = threading.Barrier(2), []

    def take() -> None:
        own = Hub(url)
        start.wait()
        found.append(receive(own, ctx, intake.mapping, batch, intake.check(batch)))
        own.engine.dispose()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [Counts(new=50)] * 2
    assert len(intake.rows("receipt", "row")) == 50


def test_two_batches_with_the_same_records_at_once_found_each_lead_once(intake, record) -> None:
    url = intake.hub.engine.url.render_as_string(hide_password=False)
    records = [record(str(number)) for number in range(50)]
    contexts = [intake.start(f"run-{number}") for number in (1, 2)]
    batches = [intake.land(ctx, *records).batches[0] for ctx in contexts]
    start, found = threading.Barrier(2), []

    def take(ctx, batch) -> None:
        own = Hub(url)
        start.wait()
        found.append(receive(own, ctx, intake.mapping, batch, intake.check(batch)))
        own.engine.dispose()

    threads = [threading.Thread(target=take, args=pair) for pair in zip(contexts, batches, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found, key=repr) == [Counts(known=50), Counts(new=50)] or found == [
        Counts(new=50),
        Counts(known=50),
    ]
    assert len(intake.rows("lead", "lead_id")) == 50


@pytest.mark.parametrize("named", [[0], [0, 0], [0, 1, 1]], ids=["misses", "mixes up", "doubles"])
def test_a_verdict_that_does_not_name_each_row_once_is_refused_whole(intake, record, named) -> None:
    ctx = intake.start()
    (batch,) = intake.land(ctx, record("1"), record("2")).batches
    checked = intake.check(batch)
    short = CheckedBatch(checked.accepted.take(named), (), ())

    with pytest.raises(BooksDoNotBalance):
        receive(intake.hub, ctx, intake.mapping, batch, short)

    assert intake.rows("receipt", "row") == []


# the watermark


def test_the_last_batch_of_a_scheduled_pull_moves_the_watermark(make_intake, record) -> None:
    intake = make_intake(batch_rows=2)
    ctx = intake.start()
    first, second = intake.land(ctx, record("1"), record("2"), record("3")).batches

    intake.receive(ctx, second)
    half_way = intake.rows("watermark", "position_at")
    intake.receive(ctx, first)

    assert half_way == []
    (position,) = intake.rows("watermark", "position_at", feed="leads")
    assert position == to_us(intake.land(ctx).watermark_to)
    assert len(intake.rows("lead", "lead_id")) == 3


def test_an_empty_pull_moves_the_watermark_too_and_it_never_goes_back(intake) -> None:
    later = to_us(intake.land(intake.start()).watermark_to) + 1
    assert intake.rows("watermark", "position_at") == [later - 1]
    with intake.hub.transaction() as connection:
        connection.execute(update(watermark).values(position_at=later))

    intake.land(intake.start("run-2"))

    assert intake.rows("watermark", "position_at") == [later]


@pytest.mark.parametrize("kind", ["manual", "backfill", "replay"])
def test_other_runs_leave_the_watermark_alone(intake, record, kind) -> None:
    ctx = intake.start(kind=kind)
    (batch,) = intake.land(ctx, record("1")).batches

    intake.receive(ctx, batch)

    assert intake.rows("watermark", "position_at") == []
    assert intake.rows("pull", "completed_at") != [None]
