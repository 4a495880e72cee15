"""What a person's changes, deletions and merges mean for the leads that the person was handed over as."""

from __future__ import annotations

import pytest

MARKETO = {"system": "marketo", "handover_ids": [7]}


@pytest.fixture
def marketo(make_intake):
    return make_intake(source=MARKETO)


def links(intake):
    return intake.rows("source_link", "identity", "lead_id", "record_id", "merged_into")


def known(intake):
    return [identity for identity, *_ in links(intake)]


def test_every_hand_over_of_a_person_is_a_lead_and_a_window_read_twice_adds_none(marketo, record):
    both = [record("51", handover="1", campaign="7"), record("51", handover="2", campaign="8")]

    first, second = marketo.take(*both), marketo.take(*both, run_id="run-2")

    assert (first.new, second.known, second.new) == (2, 2, 0)
    assert known(marketo) == ["marketo:51:1", "marketo:51:2"]
    assert len(marketo.rows("lead", "lead_id")) == 2


def test_a_change_of_a_person_reaches_each_of_its_leads(marketo, record):
    marketo.take(record("51", handover="1", stamp="2"), record("51", handover="2", stamp="2"))

    counts = marketo.take(record("51", company="Other", campaign=None, stamp="3"), run_id="run-2")

    assert (counts.updated, counts.new) == (2, 0)
    assert marketo.rows("source_link", "campaign_key") == ["C1", "C1"]


def test_what_happens_to_people_who_were_never_handed_over_is_not_received(marketo, record):
    counts = marketo.take(
        record("51", campaign=None),
        record("52", deleted=True),
        record("53", merged_into="51"),
        run_id="run-2",
    )

    assert sum((counts.quarantined, counts.filtered, counts.known, counts.updated, counts.new)) == 0
    assert known(marketo) == []


def test_a_deleted_person_closes_its_unassigned_leads(marketo, record):
    marketo.take(record("51", handover="1", stamp="2"), record("51", handover="2", stamp="2"))

    counts = marketo.take(record("51", deleted=True, stamp="3"), run_id="run-2")
    again = marketo.take(record("51", handover="1", deleted=True, stamp="2"), run_id="run-3")

    assert (counts.updated, again.known) == (2, 1)
    assert [at is not None for at in marketo.rows("source_link", "deleted_at")] == [True, True]


def test_a_merge_moves_the_hand_overs_to_the_survivors_lead(marketo, record):
    marketo.take(record("51", handover="1", stamp="2"), record("52", handover="2", stamp="2"))
    (survivor,) = marketo.rows("source_link", "lead_id", identity="marketo:52:2")

    counts = marketo.take(record("51", merged_into="52", stamp="3"), run_id="run-2")

    assert counts.updated == 1
    assert marketo.rows("source_link", "lead_id", identity="marketo:51:1") == [survivor]


def test_hand_overs_of_one_person_stay_apart_whomever_it_was_merged_into(make_intake, record):
    intake = make_intake(source=MARKETO, batch_rows=1)
    intake.take(record("51", handover="1", stamp="2"), record("51", handover="2", stamp="2"))

    intake.take(record("51", merged_into="52", stamp="3"), run_id="run-2")

    assert len(set(intake.rows("source_link", "lead_id"))) == 2
    assert intake.rows("lead", "source_deleted") == [False, False]


@pytest.mark.parametrize("batch_rows", [1, 50])
def test_people_who_are_merged_into_one_are_one_lead(make_intake, record, batch_rows):
    intake = make_intake(source=MARKETO, batch_rows=batch_rows)
    intake.take(record("51", handover="1", stamp="2"), record("52", handover="2", stamp="2"))

    merges = [record("51", merged_into="53", stamp="3"), record("52", merged_into="53", stamp="3")]
    intake.take(*merges, run_id="run-2")

    assert len(set(intake.rows("source_link", "lead_id"))) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_chain_of_merges_leads_to_the_last_survivor(marketo, record, at_once):
    people = [record(one, handover=one, stamp="2") for one in ("51", "52", "53")]
    marketo.take(*people)
    (last,) = marketo.rows("source_link", "lead_id", identity="marketo:53:53")
    merges = [record("51", merged_into="52", stamp="3"), record("52", merged_into="53", stamp="4")]

    for number, records in enumerate([merges] if at_once else [[one] for one in merges]):
        marketo.take(*records, run_id=f"run-{number}-later")

    assert set(marketo.rows("source_link", "lead_id")) == {last}
    assert sorted(marketo.rows("lead", "source_deleted")) == [False, True, True]


def test_what_the_survivor_is_reaches_the_lead_in_the_pull_that_tells_of_the_merge(marketo, record):
    marketo.take(record("51", handover="1", stamp="2", company="Old"))

    marketo.take(
        record("51", merged_into="52", stamp="3"),
        record("52", company="New", campaign=None, stamp="3"),
        run_id="run-2",
    )

    (attributes,) = marketo.rows("lead", "attributes")
    assert attributes["company"] == "New"


@pytest.mark.parametrize("survivor_is_known", [True, False])
def test_a_hand_over_that_the_vendor_gives_to_the_survivor_is_still_the_same(
    marketo, record, survivor_is_known
):
    marketo.take(record("51", handover="1", stamp="2"))
    if survivor_is_known:
        marketo.take(record("52", handover="2", stamp="2"), run_id="run-2")
    marketo.take(record("51", merged_into="52", stamp="3"), run_id="run-3")
    before = known(marketo)

    counts = marketo.take(record("52", handover="1", stamp="2"), run_id="run-4")

    assert (counts.new, counts.known) == (0, 1)
    assert known(marketo) == before


def test_a_hand_over_that_comes_with_the_news_of_its_merge_is_still_the_same(marketo, record):
    marketo.take(record("51", handover="1", stamp="2"), record("52", handover="2", stamp="2"))
    before = known(marketo)

    counts = marketo.take(
        record("52", handover="1", stamp="2", took_in=("51",)),
        record("51", merged_into="52", stamp="3"),
        run_id="run-2",
    )

    assert counts.new == 0
    assert known(marketo) == before


@pytest.mark.parametrize("moved", [True, False])
def test_the_lead_of_somebody_merged_away_keeps_its_own_values(marketo, record, moved):
    marketo.take(record("51", handover="1", stamp="2", company="Own"), record("52", handover="2", stamp="2"))
    again = {"handover": "1", "stamp": "2", "company": "Of the survivor"}

    marketo.take(
        record("52", took_in=("51",), **again) if moved else record("51", merged_into="52", **again),
        record("51", merged_into="52", stamp="3"),
        run_id="run-2",
    )

    (closed,) = marketo.rows("lead", "attributes", source_deleted=True)
    assert closed["company"] == "Own"


def test_a_hand_over_read_again_leaves_a_merge_to_its_own_time(marketo, record):
    marketo.take(record("51", handover="1", stamp="2"))

    marketo.take(
        record("51", handover="1", merged_into="52", stamp="2"),
        record("52", handover="2", stamp="3"),
        record("51", merged_into="52", stamp="4"),
        run_id="run-2",
    )

    (survivor,) = marketo.rows("source_link", "lead_id", identity="marketo:52:2")
    assert marketo.rows("source_link", "lead_id", identity="marketo:51:1") == [survivor]


def test_a_hand_over_of_somebody_merged_before_we_read_it_is_the_survivors_lead(marketo, record):
    merged = record("51", handover="1", merged_into="52", stamp="2")

    first, second = marketo.take(merged), marketo.take(merged, run_id="run-2")

    assert (first.new, second.known, second.new) == (1, 1, 0)
    assert known(marketo) == ["marketo:52:1"]


def test_a_hand_over_of_somebody_merged_after_we_read_it_stays_what_it_is(marketo, record):
    marketo.take(record("51", handover="1", stamp="2"), record("52", handover="2", stamp="2"))

    counts = marketo.take(record("51", handover="1", merged_into="52", stamp="2"), run_id="run-2")

    assert counts.new == 0
    assert known(marketo) == ["marketo:51:1", "marketo:52:2"]


def test_a_hand_over_whose_survivor_was_merged_after_we_read_it_is_still_the_same(marketo, record):
    marketo.take(record("51", handover="1", merged_into="52", stamp="2"))
    again = record("51", handover="1", merged_into="53", took_in=("51", "52"), stamp="2")

    before_news = marketo.take(again, run_id="run-2")
    marketo.take(record("52", merged_into="53", stamp="3"), run_id="run-3")
    after_news = marketo.take(again, run_id="run-4")

    assert (before_news.new, after_news.new) == (0, 0)
    assert known(marketo) == ["marketo:52:1"]


def test_the_survivors_deletion_is_the_end_of_all_that_was_merged_into_it(marketo, record):
    marketo.take(record("51", handover="1", stamp="2"), record("52", handover="2", stamp="2"))
    marketo.take(record("51", merged_into="52", stamp="3"), run_id="run-2")

    marketo.take(record("52", deleted=True, stamp="4"), run_id="run-3")

    assert [at is not None for at in marketo.rows("source_link", "deleted_at")] == [True, True]


def test_a_supplier_without_hand_overs_lands_what_it_gives(intake, record):
    counts = intake.take(record("00Q1", deleted=True))

    assert counts.filtered == 1
