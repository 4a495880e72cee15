"""Files after a pull: into the archive once the hub has their rows, aside if they cannot be read."""

from __future__ import annotations

import pytest

from leadline import distribution, filing
from leadline.errors import UnreadableFile, VendorUnavailable
from leadline.manifests import Batch
from leadline.runs import RunContext
from tests.scenarios.house import House, csv_of

ANN, BOB = csv_of({"email": "ann@example.org"}), csv_of({"email": "bob@example.org"})
UNREADABLE = b"Email,Email\r\nann@example.org,bob@example.org\r\n"


def put_away(house: House, ctx: RunContext) -> distribution.Counts:
    return filing.put_away(house.hub, house.staging_url, ctx, house.system)


def pull(house: House, ctx: RunContext) -> list[Batch]:
    window = distribution.runs.run_window(house.hub, ctx.supplier, ctx.run_id)
    return distribution.pull(house.hub, house.staging_url, ctx, house.mapping, "leads", house.system, window)


def test_received_files_go_into_the_archive(house: House) -> None:
    house.system.drop("leads_1.csv", ANN)
    house.system.drop("leads_2.csv", BOB)
    ctx = house.start()
    house.receive(ctx)

    assert put_away(house, ctx) == {"archived": 2}

    assert (house.system.inbox, sorted(house.system.archived)) == (
        {},
        ["/archive/leads_1.csv", "/archive/leads_2.csv"],
    )


def test_file_stays_in_the_inbox_until_all_rows_of_the_pull_have_receipts(house: House) -> None:
    house.system.drop("leads_1.csv", ANN)
    house.system.drop("leads_2.csv", BOB)
    ctx = house.start()
    first, second = pull(house, ctx)

    distribution.validate(house.hub, house.staging_url, ctx, house.mapping, first.batch_id)
    assert put_away(house, ctx) == {"archived": 0}
    assert len(house.system.inbox) == 2

    distribution.validate(house.hub, house.staging_url, ctx, house.mapping, second.batch_id)
    assert put_away(house, ctx) == {"archived": 2}


def test_run_that_has_not_pulled_puts_nothing_away(house: House) -> None:
    house.system.drop("leads_1.csv", ANN)

    assert put_away(house, house.start()) == {"archived": 0}

    assert list(house.system.inbox) == ["/inbox/leads_1.csv"]


def test_known_file_is_archived_too(house: House) -> None:
    house.system.drop("leads_1.csv", ANN)
    house.distribute()
    house.system.drop("leads_again.csv", ANN)
    ctx = house.start()
    house.receive(ctx)

    assert put_away(house, ctx) == {"archived": 1}

    assert house.system.inbox == {}


def test_unreadable_file_is_set_aside_and_told_after_the_others_are_archived(house: House) -> None:
    house.system.drop("leads_1.csv", UNREADABLE)
    house.system.drop("leads_2.csv", BOB)
    ctx = house.start()
    house.receive(ctx)

    with pytest.raises(UnreadableFile, match=r"of 1 files, now set aside, nothing was taken: leads_1\.csv"):
        put_away(house, ctx)

    assert list(house.system.aside) == ["/inbox/leads_1.csv"]
    assert list(house.system.archived) == ["/archive/leads_2.csv"]
    assert [one.email for one in house.leads()] == ["bob@example.org"]


def test_putting_away_again_moves_nothing_more_and_stays_red_until_the_run_has_said_it(house: House) -> None:
    house.system.drop("leads_1.csv", UNREADABLE)
    house.system.drop("leads_2.csv", BOB)
    ctx = house.start()
    house.receive(ctx)
    for _ in range(2):  # a worker that died may have said nothing
        with pytest.raises(UnreadableFile):
            put_away(house, ctx)
    distribution.judge(house.hub, ctx, house.mapping)
    distribution.route(house.hub, ctx, house.mapping)
    distribution.settle(house.hub, house.staging_url, ctx)

    cleared = put_away(house, ctx)

    assert cleared == {"archived": 1, "set_aside": 1}
    assert (len(house.system.aside), len(house.system.archived)) == (1, 1)
    (bad,) = [one for one in house.rows("source_file") if one.error]
    assert (bad.state, bad.error.partition(":")[0]) == ("set_aside", "duplicate_header")
    assert '"unreadable_files":["leads_1.csv"]' in house.rows("run")[0].books


def test_a_file_that_could_not_be_moved_is_told_when_it_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.system.drop("leads_1.csv", UNREADABLE)
    ctx = house.start()
    house.receive(ctx)

    def down(*_: object) -> None:
        raise VendorUnavailable("the server has gone")

    with monkeypatch.context() as patched:
        patched.setattr(house.system, "set_aside", down)
        with pytest.raises(VendorUnavailable):
            put_away(house, ctx)
    distribution.settle(house.hub, house.staging_url, ctx)

    with pytest.raises(UnreadableFile):
        put_away(house, ctx)
    assert put_away(house, ctx) == {"archived": 0, "set_aside": 1}


def test_corrected_file_of_the_same_name_is_taken(house: House) -> None:
    house.system.drop("leads_1.csv", UNREADABLE)
    ctx = house.start()
    house.receive(ctx)
    with pytest.raises(UnreadableFile):
        put_away(house, ctx)

    house.system.drop("leads_1.csv", ANN)
    house.distribute()

    assert [one.email for one in house.leads()] == ["ann@example.org"]
