"""A run keeps the mapping and the window it was started with, and one run at a time reads a supplier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from leadline import leases, runs
from leadline.errors import ConfigurationError, LeaseHeld, UnknownRun
from leadline.hub import Hub
from leadline.hub.schema import lease, watermark
from leadline.mapping.model import SupplierMapping
from leadline.ports import Window
from leadline.runs import RunContext

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def start(hub: Hub, mapping: SupplierMapping, run_id: str = "run-1", **changes) -> RunContext:
    values = {"dag_id": "acme", "kind": "scheduled", "task": "pull", "window": Window(None, NOON)} | changes
    return runs.start_run(hub, mapping, run_id=run_id, **values)


def test_a_cleared_run_keeps_its_mapping_and_window(hub: Hub, make_mapping) -> None:
    old = make_mapping(label="Old", routing={"default_partner": "P1"})
    first = start(hub, old, window=Window(NOON, NOON + timedelta(days=1), archive=True, resend=True))

    again = start(hub, make_mapping(label="New"), window=Window(None, NOON), task="route", actor="ann")

    assert (again.mapping_hash, again.rules_hash) == (first.mapping_hash, first.rules_hash)
    assert (again.task, again.actor) == ("route", "ann")
    assert runs.pinned_mapping(hub, "acme", run_id="run-1") == old
    assert runs.pinned_mapping(hub, "acme", mapping_hash=first.mapping_hash) == old
    assert runs.run_window(hub, "acme", "run-1") == Window(
        NOON, NOON + timedelta(days=1), archive=True, resend=True
    )


def test_two_dags_never_share_a_run(hub: Hub, make_mapping) -> None:
    mapping = make_mapping()
    start(hub, mapping, "fix-1", dag_id="acme_distribution")

    with pytest.raises(ConfigurationError, match="acme_distribution has a run 'fix-1' already"):
        start(hub, mapping, "fix-1", dag_id="acme_replay", window=None)

    assert runs.run_window(hub, "acme", "fix-1") == Window(None, NOON)


def test_the_rules_have_a_version_of_their_own(hub: Hub, make_mapping) -> None:
    plain = start(hub, make_mapping(), "run-1")
    relabelled = start(hub, make_mapping(label="Other"), "run-2")
    rerouted = start(hub, make_mapping(routing={"round_robin": False}), "run-3")

    assert plain.mapping_hash != relabelled.mapping_hash
    assert plain.rules_hash == relabelled.rules_hash != rerouted.rules_hash


def test_the_test_target_is_another_supplier_to_the_hub(hub: Hub, mapping: SupplierMapping) -> None:
    start(hub, mapping)

    other = start(hub, mapping, target="test")

    assert other.supplier == "acme~test"
    assert runs.pinned_mapping(hub, "acme~test", run_id="run-1") == mapping


def test_what_the_hub_does_not_know_is_said_by_name(hub: Hub, mapping: SupplierMapping) -> None:
    start(hub, mapping)

    with pytest.raises(UnknownRun, match="run-2"):
        runs.run_context(hub, "acme", "run-2", "route")
    with pytest.raises(UnknownRun):
        runs.pinned_mapping(hub, "acme~test", run_id="run-1")
    with pytest.raises(UnknownRun):
        runs.pinned_mapping(hub, "acme", mapping_hash="0" * 64)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (None, Window(None, NOON)),
        (NOON - timedelta(hours=5), Window(NOON - timedelta(hours=5, minutes=30), NOON)),
        # a catch-up run far behind the watermark
        (NOON + timedelta(days=2), Window(NOON, NOON)),
    ],
)
def test_scheduled_runs_read_from_watermark_minus_overlap(
    hub: Hub, make_mapping, position: datetime | None, expected: Window
) -> None:
    mapping = make_mapping(source={"system": "salesforce", "overlap_minutes": 30})
    if position:
        with hub.transaction("acme") as connection:
            row = {"supplier": "acme", "feed": "leads", "position_at": runs.to_us(position)}
            connection.execute(insert(watermark).values(row))

    assert runs.window_for_scheduled(hub, "acme", mapping, NOON) == expected


def test_scheduled_runs_read_the_whole_inbox_however_old_its_files_are(hub: Hub, make_mapping) -> None:
    mapping = make_mapping(source={"system": "sftp"})
    with hub.transaction("acme") as connection:
        row = {"supplier": "acme", "feed": "leads", "position_at": runs.to_us(NOON)}
        connection.execute(insert(watermark).values(row))

    assert runs.window_for_scheduled(hub, "acme", mapping, NOON) == Window(None, NOON)


def test_moments_survive_the_hub_to_the_microsecond() -> None:
    moment = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)

    assert runs.from_us(runs.to_us(moment)) == moment
    with pytest.raises(ValueError, match="time zone"):
        runs.to_us(moment.replace(tzinfo=None))


def test_one_run_reads_a_supplier_at_a_time(hub: Hub, make_context) -> None:
    one, other, elsewhere = (
        make_context(),
        make_context(run_id="run-2"),
        make_context(run_id="run-2", supplier="globex"),
    )
    leases.acquire_lease(hub, one, seconds=60)

    leases.acquire_lease(hub, one, seconds=60)
    leases.acquire_lease(hub, elsewhere)
    with pytest.raises(LeaseHeld) as refusal:
        leases.acquire_lease(hub, other)
    leases.release_lease(hub, other)  # not its own: nothing happens
    with pytest.raises(LeaseHeld):
        leases.acquire_lease(hub, other)

    assert refusal.value.retry_after_seconds == pytest.approx(60, abs=10)
    leases.release_lease(hub, one)
    leases.acquire_lease(hub, other)


def test_a_dead_runs_lease_is_taken_over(hub: Hub, make_context) -> None:
    dead, other = make_context(), make_context(run_id="run-2")
    leases.acquire_lease(hub, dead)
    with hub.transaction() as connection:
        connection.execute(update(lease).values(expires_at=1))

    leases.acquire_lease(hub, other)

    with pytest.raises(LeaseHeld):
        leases.renew_lease(hub, dead)


def test_a_reader_waits_a_while_for_another_one(hub: Hub, make_context) -> None:
    one, other = make_context(), make_context(run_id="run-2")
    leases.acquire_lease(hub, one)
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            leases.release_lease(hub, one)

    with (
        leases.sole_reader(hub, other, sleep=sleep),
        pytest.raises(LeaseHeld),
        leases.sole_reader(hub, one, patience_seconds=1, sleep=waits.append),
    ):
        pytest.fail("two readers at once")

    assert len(waits) == 5


def test_a_failing_reader_gives_its_lease_back(hub: Hub, make_context) -> None:
    def read_and_fail() -> None:
        with leases.sole_reader(hub, make_context()) as renew:
            renew()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        read_and_fail()

    leases.acquire_lease(hub, make_context(run_id="run-2"))
