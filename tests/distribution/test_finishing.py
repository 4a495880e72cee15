"""What dead runs left is finished by the next one: received, judged, routed, and in the books of both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from sqlalchemy import insert

from leadline import books, distribution, finishing, leases, takeover
from leadline.errors import BooksDoNotBalance, LeftUnfinished, ThresholdExceeded
from leadline.hub.schema import partner
from leadline.partners import Partner, stored_partner
from leadline.pulls import hold_pull, judge_pull, release_pull
from leadline.routing import route_waiting

CAMPAIGNS = {"fields": [{"name": "name", "source": "Name", "required": True}], "share_all": True}
THRESHOLD = {"share": 0.4, "minimum_rows": 1}


class House:
    """A supplier whose runs can die anywhere between landing and judging."""

    def __init__(self, intake: Any) -> None:
        self.intake, self.hub, self.mapping = intake, intake.hub, intake.mapping
        self.url = intake.staging._url
        with self.hub.transaction("acme") as connection:
            one = Partner(id="P1", name="Only", email="p1@partner.example")
            connection.execute(insert(partner).values(stored_partner("acme", one, 1)))

    def dies(self, run_id: str, *records: Any, received: int = 0, kind: str = "leads", **start: Any) -> Any:
        """Let a run die after it received this many of its batches."""
        ctx = self.intake.start(run_id, **start)
        batches = self.intake.land(ctx, *records, kind=kind).batches
        for batch in batches[:received]:
            self.intake.receive(ctx, batch)
        return ctx

    def whole(self, run_id: str, *records: Any) -> Any:
        """Let a run get through to its verdict."""
        ctx = self.dies(run_id, *records, received=99)
        judge_pull(self.hub, ctx, self.mapping)
        return ctx

    def take_up(self, run_id: str = "next", **options: Any) -> dict[str, int]:
        """Let a run take up what others left."""
        ctx = self.intake.start(run_id)
        return finishing.take_up(self.hub, self.url, ctx, **{"quiet_seconds": 0.0} | options)

    def route(self, run_id: str = "next") -> Any:
        """Let a run route what waits."""
        return route_waiting(self.hub, self.intake.start(run_id), self.mapping)

    def settle(self, run_id: str = "next") -> dict[str, Any]:
        """Let a run settle."""
        return distribution.settle(self.hub, self.url, self.intake.start(run_id))

    def outcomes(self, run_id: str) -> list[str]:
        """Return how the rows of a run came out."""
        return self.intake.rows("receipt", "outcome", run_id=run_id)

    def lose_raw_data(self) -> None:
        """Let the staging area expire."""
        shutil.rmtree(Path(unquote(urlsplit(self.url).path)))


@pytest.fixture
def house(make_intake: Callable[..., Any]) -> House:
    """Return a supplier with batches of two rows and one partner."""
    return House(make_intake(batch_rows=2, threshold=THRESHOLD, campaigns=CAMPAIGNS))


@pytest.fixture
def records(record: Callable[..., Any]) -> list[Any]:
    """Return five good records, which are three batches."""
    return [record(str(number)) for number in range(5)]


@pytest.mark.parametrize("received", [0, 1, 3], ids=["landed_only", "partly_received", "wholly_received"])
def test_what_a_dead_run_landed_is_received_judged_and_routed_by_the_next(house, records, received) -> None:
    house.dies("dead", *records, received=received)

    taken = house.take_up()
    again = house.take_up()
    counts = house.route()
    settled = house.settle()

    assert (taken, again) == ({"taken_up": 1}, {"taken_up": 0})
    assert (counts.assigned, counts.held) == (5, 0)
    assert house.outcomes("dead") == ["new"] * 5
    assert house.outcomes("next") == []
    assert settled["differences"] == ()
    by_run = {
        row["run"]: (row["new"], row["unrouted"], row["balanced"]) for row in books.run_books(house.hub)
    }
    assert by_run == {"dead": (5, 0, True), "next": (0, 0, True)}
    assert house.intake.rows("pull", "judged", "taken_up_by") == [("passed", "next")]


def test_a_run_that_found_nothing_left_nothing_to_be_taken_up(house) -> None:
    nothing_new = house.dies("nothing_new")
    distribution.judge(house.hub, nothing_new, house.mapping)

    assert house.take_up() == {"taken_up": 0}
    assert house.intake.rows("pull", "judged", "taken_up_by") == [("passed", None)]


def test_the_dead_run_cleared_afterwards_changes_nothing(house, records) -> None:
    dead = house.dies("dead", *records, received=1)
    house.take_up()
    house.route()
    before = house.intake.everything()

    for batch in house.intake.land(dead).batches:
        house.intake.receive(dead, batch)
    judge_pull(house.hub, dead, house.mapping)
    route_waiting(house.hub, dead, house.mapping)

    assert house.intake.everything() == before
    assert house.settle("dead")["new"] == 5


def test_a_damaged_manifest_is_told_by_its_run_and_the_rest_goes_on(house, records, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("leadline.landing.register", lambda *_: None)
        house.dies("unheard", records[0])
    (manifest,) = Path(unquote(urlsplit(house.url).path)).rglob("leads.manifest.json")
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[:100])
    house.dies("dead", *records[1:])

    with pytest.raises(LeftUnfinished, match=r"leads of run unheard .* is damaged") as caught:
        house.take_up()
    manifest.write_bytes(whole)
    mended = house.take_up("mended")

    assert len(caught.value.pulls) == 1
    assert house.outcomes("dead") == ["new"] * 4
    assert mended == {"taken_up": 1}
    assert house.outcomes("unheard") == ["new"]


def test_a_manifest_that_the_hub_never_heard_of_is_taken_up(house, records, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("leadline.landing.register", lambda *_: None)
        house.dies("dead", *records)
    assert house.intake.rows("pull", "run_id") == []

    house.take_up()

    assert house.route().assigned == 5
    assert house.outcomes("dead") == ["new"] * 5


def test_nothing_slips_through_the_threshold(house, record) -> None:
    bad = [record(str(n), email=None) for n in range(3)]
    house.dies("dead", record("8"), *bad, record("9"), received=1)

    with pytest.raises(LeftUnfinished, match=r"3 of 5 rows of leads are quarantined.* run dead are held"):
        house.take_up()
    assert house.route().held == 2
    assert house.take_up() == {"taken_up": 0}  # said once; whoever is to act was told
    assert house.settle()["differences"] == ()

    (dead, _) = books.run_books(house.hub)
    assert (dead["unrouted"], dead["assigned"], dead["balanced"]) == (2, 0, True)
    assert release_pull(house.hub, "acme", "dead", "ann")
    assert house.route().assigned == 2


def test_a_pull_that_is_held_does_not_keep_others_from_being_finished(house, record, records) -> None:
    house.dies("bad", record("8", email=None))
    house.dies("good", *records)

    with pytest.raises(LeftUnfinished, match="run bad"):
        house.take_up()

    assert house.route().assigned == 5


def test_a_run_that_lives_is_left_alone(house, records) -> None:
    live = house.dies("live", *records, received=1)

    lately = house.take_up(quiet_seconds=takeover.QUIET_SECONDS)
    leases.acquire_lease(house.hub, live)
    reading = house.take_up(has_ended=lambda *_: False)
    leases.release_lease(house.hub, live)

    assert (lately, reading) == ({"taken_up": 0}, {"taken_up": 0})
    assert house.route().held == 2
    with pytest.raises(BooksDoNotBalance, match="2 new leads wait, for their pull is not judged"):
        house.settle("live")
    assert json.loads(house.intake.rows("run", "books", run_id="live")[0])["unjudged"] == 2
    assert house.take_up() == {"taken_up": 1}


def test_a_run_that_the_scheduler_has_ended_is_not_waited_for(house, records) -> None:
    ended = house.dies("ended", *records, received=1)
    house.dies("live", *records)
    leases.acquire_lease(house.hub, ended)

    taken = house.take_up(
        quiet_seconds=takeover.QUIET_SECONDS, has_ended=lambda dag, run: (dag, run) == ("acme", "ended")
    )

    assert taken == {"taken_up": 1}
    assert house.intake.rows("pull", "run_id", judged="passed") == ["ended"]


def test_a_run_that_was_stopped_on_purpose_can_be_held(house, records) -> None:
    house.dies("stopped", *records, received=1)

    assert hold_pull(house.hub, "acme", "stopped", "ben")
    assert not hold_pull(house.hub, "acme", "stopped", "ben")

    assert house.take_up() == {"taken_up": 0}
    assert (house.route().held, house.outcomes("stopped")) == (2, ["new", "new"])
    assert release_pull(house.hub, "acme", "stopped", "ann")
    assert house.take_up() == {"taken_up": 0}  # the rest is its own run's
    assert house.route().assigned == 2


def test_lost_raw_data_is_named_until_somebody_releases_what_came_in(house, records, record) -> None:
    house.dies("dead", *records, received=1)
    house.lose_raw_data()

    for _ in range(2):
        with pytest.raises(LeftUnfinished, match="leads of run dead cannot be received: its raw data are"):
            house.take_up()
    release_pull(house.hub, "acme", "dead", "ann")

    assert house.take_up() == {"taken_up": 0}
    assert house.route().assigned == 2


def test_leads_of_an_unjudged_pull_go_once_their_record_came_again_in_one_that_passed(house, records) -> None:
    house.dies("dead", *records, received=2)  # four leads
    house.whole("next", records[0], records[3])

    counts = house.route()

    assert (counts.assigned, counts.held) == (2, 2)
    routed = house.intake.rows("lead", "email", decision="assigned")
    assert routed == ["0@example.com", "3@example.com"]
    assert house.route().held == 2


def test_leads_that_came_again_in_a_held_pull_wait(house, records, record) -> None:
    house.dies("dead", *records, received=3)
    with pytest.raises(ThresholdExceeded):
        house.whole("next", records[0], *(record(str(n), email=None) for n in range(7, 9)))

    assert (house.route().assigned, house.route().held) == (0, 5)


def test_campaigns_of_a_dead_run_do_not_undo_what_came_later(house, record) -> None:
    house.dies("dead", record("C1", name="Old"), record("C2", name="Only here"), kind="campaigns")
    later = house.dies("later", record("C1", name="New"), received=1, kind="campaigns")
    judge_pull(house.hub, later, house.mapping, "campaigns")

    house.take_up()

    assert house.intake.rows("campaign", "campaign_key", "name") == [("C1", "New"), ("C2", "Only here")]
    assert house.outcomes("dead") == ["known", "new"]
    assert house.settle()["differences"] == ()
