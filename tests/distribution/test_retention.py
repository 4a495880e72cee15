"""Raw data expire: nothing but manifests is left of old runs, and all that is promised still holds."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from sqlalchemy import delete

from leadline import distribution
from leadline.errors import BooksDoNotBalance, RawDataGone, UnknownRun
from leadline.hub.schema import receipt
from leadline.mapping.model import SupplierMapping
from leadline.replay import Selection, count_expired, count_replayable
from leadline.retention import Expired, expire_raw_data
from leadline.runs import RunContext, run_window
from leadline.staging import Staging
from tests.scenarios.house import House, csv_of

ROWS = [{"email": "ann@example.org"}, {"email": ""}, {"email": "bob@example.org"}]
SOON, LATER = timedelta(days=29), timedelta(days=31)


def expire(house: House, after: timedelta = LATER, mapping: SupplierMapping | None = None) -> Expired:
    """Remove what has expired so long after now."""
    mappings = {house.key: mapping or house.mapping}
    (found,) = expire_raw_data(house.hub, Staging(house.staging_url), mappings, now=datetime.now(UTC) + after)
    return found


def staged(house: House) -> list[str]:
    """Return the names of all files in the staging area."""
    root = Path(unquote(urlsplit(house.staging_url).path))
    return sorted(file.name for file in root.rglob("*") if file.is_file())


def landed(house: House) -> tuple[RunContext, str]:
    """Drop a file and let a run land it, no more; return its context and its batch."""
    house.system.drop("leads_1.csv", csv_of(*ROWS))
    ctx = house.start("run-1")
    window = run_window(house.hub, "acme", "run-1")
    (batch,) = distribution.pull(
        house.hub, house.staging_url, ctx, house.mapping, "leads", house.system, window
    )
    return ctx, batch.batch_id


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """Return a house with a partner; nothing is held for a bad row."""
    made = make_house(threshold={"share": 1.0})
    made.add_partner("A")
    return made


@pytest.fixture
def distributed(house: House) -> House:
    """Return the house after a run with a quarantined row."""
    house.system.drop("leads_1.csv", csv_of(*ROWS))
    house.distribute("run-1")
    return house


def test_only_manifests_are_left_of_a_run_that_is_old_enough(distributed: House) -> None:
    before = staged(distributed)
    assert expire(distributed, SOON) == Expired("acme", 30, 0, 0, 0, ())
    assert staged(distributed) == before

    expired = expire(distributed)

    assert (expired.runs, expired.files, expired.kept) == (1, len(before) - 1, ())
    assert expired.size > 0
    assert staged(distributed) == ["leads.manifest.json"]
    assert expire(distributed) == Expired("acme", 30, 0, 0, 0, ())


def test_a_supplier_may_keep_raw_data_shorter_or_longer(distributed: House) -> None:
    longer = distributed.mapping.model_copy(update={"raw_retention_days": 90})
    assert expire(distributed, LATER, longer).files == 0

    shorter = distributed.mapping.model_copy(update={"raw_retention_days": 1})
    assert expire(distributed, timedelta(days=2), shorter).runs == 1


def test_raw_data_of_a_supplier_without_a_mapping_expire_as_its_last_run_was_told(distributed: House) -> None:
    hub, staging = distributed.hub, Staging(distributed.staging_url)

    (soon,) = expire_raw_data(hub, staging, {}, now=datetime.now(UTC) + SOON)
    (later,) = expire_raw_data(hub, staging, {}, now=datetime.now(UTC) + LATER)

    assert (soon.runs, later.runs, later.days) == (0, 1, 30)


def test_a_cleared_run_says_the_same_after_its_raw_data_expired(distributed: House) -> None:
    expire(distributed)
    before = {name: rows for name, rows in distributed.everything().items() if name != "run"}

    books = distributed.distribute("run-1")

    assert (books["received"], books["quarantined"], books["new"]) == (3, 1, 2)
    assert {name: rows for name, rows in distributed.everything().items() if name != "run"} == before
    assert expire(distributed).kept == ()


def test_a_run_whose_rows_are_not_received_keeps_its_raw_data_until_they_are(house: House) -> None:
    landed(house)

    assert expire(house).kept == ("run-1",)
    house.distribute("run-1")
    assert (expire(house).runs, staged(house)) == (1, ["leads.manifest.json"])


def test_a_run_whose_books_do_not_balance_keeps_its_raw_data(distributed: House) -> None:
    before = staged(distributed)
    with distributed.hub.transaction("acme") as connection:
        connection.execute(delete(receipt).where(receipt.c.row == 1))
    with pytest.raises(BooksDoNotBalance):
        distribution.settle(distributed.hub, distributed.staging_url, distributed.start("run-1"))

    assert expire(distributed).kept == ("run-1",)
    assert staged(distributed) == before


def test_a_manifest_that_the_hub_never_heard_of_keeps_its_raw_data(house: House) -> None:
    landed(house)
    manifest = Staging(house.staging_url).read_manifest("acme", "run-1", "leads")
    house.distribute("run-1")
    expire(house)
    house.start("run-2")
    lost = Staging(house.staging_url)
    folder = lost.folder("acme", "run-2")
    with lost.writing(f"{folder}/leads-0001.parquet") as stream:
        stream.write(b"rows")
    with lost.writing(f"{folder}/leads.manifest.json") as stream:
        stream.write(manifest.to_json())

    assert expire(house).kept == ("run-2",)
    assert "leads-0001.parquet" in staged(house)


def test_what_a_dead_run_left_uncommitted_is_removed_when_it_is_old_itself(house: House) -> None:
    house.start("run-1")
    staging = Staging(house.staging_url)
    page = f"{staging.folder('acme', 'run-1')}/raw/leads-page-000001.gz"
    with staging.writing(page) as stream:
        stream.write(b"page")
    path = Path(unquote(urlsplit(page).path))
    now = datetime.now(UTC) + LATER
    young = now - timedelta(days=1)
    os.utime(path, (young.timestamp(), young.timestamp()))

    (kept,) = expire_raw_data(house.hub, staging, {"acme": house.mapping}, now=now)
    os.utime(path, (0, 0))
    (gone,) = expire_raw_data(house.hub, staging, {"acme": house.mapping}, now=now)

    assert ((kept.files, kept.runs), (gone.files, gone.runs)) == ((0, 0), (1, 1))
    assert not path.parent.exists()


def test_an_expired_run_that_lands_something_after_all_expires_again(house: House) -> None:
    house.start("run-1")
    assert expire(house).runs == 1

    house.system.drop("leads_1.csv", csv_of(*ROWS))
    house.distribute("run-1")

    assert expire(house).runs == 1
    assert staged(house) == ["leads.manifest.json"]


def test_quarantined_rows_without_raw_data_are_counted_and_not_replayed(distributed: House) -> None:
    every = Selection(run_id="run-1")
    hub = distributed.hub
    assert (count_replayable(hub, "acme", every), count_expired(hub, "acme", every)) == (1, 0)

    expire(distributed)

    assert (count_replayable(hub, "acme", every), count_expired(hub, "acme", every)) == (0, 1)
    with pytest.raises(UnknownRun, match="the raw data of 1 quarantined rows have expired"):
        distributed.replay(every)


def test_rows_that_still_have_raw_data_are_replayed_beside_expired_ones(distributed: House) -> None:
    expire(distributed)
    distributed.system.drop("leads_2.csv", csv_of({"email": ""}, {"email": "cay@example.org"}))
    distributed.distribute("run-2")

    assert distributed.replay(Selection(), "replay-1")["received"] == 1


def test_raw_data_that_were_removed_by_hand_are_missed_by_name(house: House) -> None:
    ctx, batch = landed(house)
    staging = Staging(house.staging_url)
    staging.remove(one for one in staging.of_run("acme", "run-1") if not one.is_manifest)

    with pytest.raises(RawDataGone, match=f"the raw data of batch {batch} are gone"):
        distribution.validate(house.hub, house.staging_url, ctx, house.mapping, batch)
