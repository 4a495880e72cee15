"""Quarantined rows come again as new batches that point at the old ones; old books never change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from leadline import books
from leadline.errors import RawDataGone, UnknownRun
from leadline.pulls import judge_pull
from leadline.receipts import Counts
from leadline.replay import Selection, count_replayable, replay
from leadline.routing import route_waiting


@pytest.fixture
def lenient(intake):
    """Return a function that replays under a check which lets rows without e-mail through, or not."""

    def run(run_id, selection, *, passes=True):
        ctx = intake.start(run_id, kind="replay", window=None)
        manifest = replay(intake.hub, intake.staging, ctx, selection)
        if passes:
            email = intake.mapping.field("last_name").model_copy(update={"required": True})
            kept = intake.mapping
            others = tuple(one for one in kept.fields if one.name != "last_name")
            intake.mapping = kept.model_copy(update={"fields": (email, *others)})
        counts = [intake.receive(ctx, batch) for batch in manifest.batches]
        if passes:
            intake.mapping = kept
        return ctx, manifest, counts

    return run


@pytest.fixture
def quarantined(intake, record):
    """Return the first run: rows 1 and 3 of four are quarantined."""
    records = [
        record(str(n), email=None if n % 2 else f"{n}@x.example", last_name=f"L{n}", stamp="1")
        for n in range(4)
    ]
    assert intake.take(*records) == Counts(quarantined=2, new=2)
    return intake.start("run-1")


def test_a_replay_points_at_the_old_rows(intake, quarantined, lenient) -> None:
    old = intake.rows("receipt", "row", "outcome", run_id="run-1")

    _, manifest, counts = lenient("replay-1", Selection(run_id="run-1"))

    assert counts == [Counts(new=2)]
    assert intake.rows(
        "receipt", "row", "identity", "replay_of_batch", "replay_of_row", run_id="replay-1"
    ) == [
        (0, "salesforce:1:C1", "run-1:leads:1", 1),
        (1, "salesforce:3:C1", "run-1:leads:1", 3),
    ]
    assert intake.rows("receipt", "row", "outcome", run_id="run-1") == old
    assert manifest.batches[0].replay_rows == (1, 3)


def test_a_replay_leaves_both_books_balanced(intake, quarantined, lenient) -> None:
    ctx, _, _ = lenient("replay-1", Selection(run_id="run-1"))

    for one in (quarantined, ctx):
        judge_pull(intake.hub, one, intake.mapping)
        route_waiting(intake.hub, one, intake.mapping)
    found = [books.settle(intake.hub, intake.staging, one) for one in (quarantined, ctx)]

    assert [(one.received, one.quarantined, one.new) for one in found] == [(4, 2, 2), (2, 0, 2)]


def test_what_a_replay_brought_through_is_not_taken_again(intake, quarantined, lenient) -> None:
    lenient("replay-1", Selection(batch_id="run-1:leads:1", rows=(1,)))

    _, manifest, _ = lenient("replay-2", Selection(run_id="run-1"))

    assert manifest.batches[0].replay_rows == (3,)


def test_what_a_replay_did_not_bring_through_can_be_replayed_from_either_run(
    intake, quarantined, lenient
) -> None:
    _, _, counts = lenient("replay-1", Selection(run_id="run-1"), passes=False)

    _, of_replay, _ = lenient("replay-2", Selection(run_id="replay-1", rows=(0,)))
    _, of_first, _ = lenient("replay-3", Selection())

    assert counts == [Counts(quarantined=2)]
    assert [(one.replay_of, one.replay_rows) for one in of_replay.batches] == [("run-1:leads:1", (1,))]
    assert [(one.replay_of, one.replay_rows) for one in of_first.batches] == [("run-1:leads:1", (3,))]


def test_a_cleared_replay_repeats_itself(intake, quarantined, lenient) -> None:
    ctx, manifest, _ = lenient("replay-1", Selection(run_id="run-1"))
    before = intake.everything()

    assert replay(intake.hub, intake.staging, ctx, Selection(run_id="run-1")) == manifest
    assert intake.everything() == before


def test_a_replayed_row_that_came_by_itself_meanwhile_is_known(intake, quarantined, lenient, record) -> None:
    intake.take(record("1", email="1@x.example", last_name="newer", stamp="2"), run_id="run-2")

    _, _, counts = lenient("replay-1", Selection(run_id="run-1", rows=(1,)))

    assert counts == [Counts(known=1)]
    assert "newer" in {one["last_name"] for one in intake.rows("lead", "attributes")}


def test_nothing_to_replay_is_an_empty_pull(intake, lenient) -> None:
    intake.start("run-1", window=None)
    _, manifest, _ = lenient("replay-1", Selection(run_id="run-1"))

    assert manifest.rows == 0
    assert intake.rows("pull", "judged", "watermark_to") == [(None, None)]


def test_raw_data_that_are_gone_are_said(intake, quarantined) -> None:
    shutil.rmtree(Path(intake.staging.folder("acme", "run-1").removeprefix("file://")))
    ctx = intake.start("replay-1", kind="replay", window=None)

    with pytest.raises(RawDataGone, match="the raw data of batch run-1:leads:1 are gone"):
        replay(intake.hub, intake.staging, ctx, Selection(run_id="run-1"))


@pytest.mark.parametrize("selection", [Selection(run_id="run-9"), Selection(batch_id="run-1:leads:9")])
def test_a_run_or_batch_that_is_not_there_is_no_empty_replay(intake, quarantined, selection) -> None:
    ctx = intake.start("replay-1", kind="replay", window=None)

    with pytest.raises(UnknownRun, match="run-"):
        replay(intake.hub, intake.staging, ctx, selection)


def test_a_replayed_row_is_not_counted_again(intake, quarantined, lenient) -> None:
    assert count_replayable(intake.hub, "acme", Selection(run_id="run-1")) == 2

    lenient("replay-1", Selection(batch_id="run-1:leads:1", rows=(1,)))

    assert count_replayable(intake.hub, "acme", Selection(run_id="run-1")) == 1
