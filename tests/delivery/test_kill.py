"""A push that dies before or after any commit or call, and runs again, leaves what it would have left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.ports import ActivityWrite, JobLedger, RecordWrite, RowResult
from leadline.runs import RunContext

from .conftest import House, MemoryCrm
from .test_push import add_event, queue_changes


class Killed(BaseException):
    """The process is gone; nothing it still does has any effect."""


class Fate:
    """Counts the moments before and after every commit and call, and kills at one of them."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.seen = 0
        self.dead = False

    def moment(self) -> None:
        if self.dead:
            raise Killed
        self.seen += 1
        if self.seen == self.at:
            self.dead = True
            raise Killed

    def live(self) -> None:
        self.at, self.dead = None, False


class MortalHub(Hub):
    """A hub whose commits may be the last thing that happens."""

    fate: Fate | None = None

    @contextmanager
    def transaction(self, supplier_key: str | None = None) -> Iterator[Any]:
        with super().transaction(supplier_key) as connection:
            yield connection
            if self.fate:
                self.fate.moment()  # raised inside: rolled back
        if self.fate:
            self.fate.moment()


class MortalCrm(MemoryCrm):
    """A CRM, with a bulk interface, whose calls may be the last thing that happens."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate
        self.bulk_jobs: dict[str, list[RowResult]] = {}

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:
        keys = [one.key for one in writes]
        job = jobs.job_for(keys)
        if job is None:
            self.fate.moment()
            job = f"job-{len(self.bulk_jobs) + 1}"
            self.fate.moment()
            jobs.save(keys, job, writes[0].operation, writes[0].object)
        if job not in self.bulk_jobs:
            self.fate.moment()
            self.bulk_jobs[job] = list(super().write(writes, jobs))
            self.fate.moment()
        assert [one.key for one in self.bulk_jobs[job]] == keys
        yield from self.bulk_jobs[job]
        jobs.finish(job)

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        for one in activities:
            self.fate.moment()
            result = list(super().add_activities([one]))
            self.fate.moment()
            yield from result


def play(hub: Hub, mapping: SupplierMapping, ctx: RunContext, at: int | None) -> tuple[House, Fate]:
    """Push new leads, a known person twice, an existing record, a change, notes and an event; die at `at`."""
    fate = Fate(at)
    mortal = MortalHub(str(hub.engine.url.render_as_string(hide_password=False)))
    house = House(mortal, ctx, mapping, crm=MortalCrm(fate))
    house.add_partner(field_updates="supplier", custom_fields_into_notes=True)
    house.crm.add("Lead", Email="there@example.org")
    first = house.add_lead("a@example.org", products=["Cloud"], employees=1)
    house.add_lead("a@example.org", employees=2)
    house.add_lead("there@example.org", employees=3, products=["Routers"])
    add_event(house, first, "e1", "Webinar", "came")

    def day() -> None:
        house.queue()
        house.push(store_rows=1)

    def change() -> None:
        queue_changes(house, [(house.change_lead(first, employees=9), ["employees"])])

    for step in (day, change, day):
        mortal.fate = fate if step is day else None
        try:
            step()
        except Killed:
            fate.live()
            step()
    mortal.fate = None
    return house, fate


def facts(house: House) -> dict[str, Any]:
    """Return both sides, without times, counts of attempts and jobs."""
    records = {record_id: dict(record) for record_id, record in house.crm.records.items()}
    deliveries = {
        row.delivery_id: (row.assignment_id, row.sequence, row.state) for row in house.rows("delivery")
    }
    links = {row.assignment_id: (row.object, row.record_id, row.created) for row in house.rows("crm_record")}
    events = {(row.assignment_id, row.event_id): row.state for row in house.rows("event_delivery")}
    history = sorted((row.lead_id, row.event_id, row.kind) for row in house.rows("history"))
    tasks = {key: (one.record_id, one.subject, one.body) for key, one in house.crm.activities.items()}
    unfinished = [row.job_key for row in house.rows("crm_job") if row.state != "finished" and row.plan]
    house.hub.engine.dispose()
    return {
        "records": records,
        "deliveries": deliveries,
        "links": links,
        "events": events,
        "history": history,
        "tasks": tasks,
        "unfinished": unfinished,
    }


@pytest.fixture
def mapping_of_kills(make_mapping: Callable[..., SupplierMapping]) -> SupplierMapping:
    return make_mapping(crm={"salesforce": {"lead": {"employees": "NumberOfEmployees"}}})


def test_a_push_killed_at_any_moment_and_run_again_leaves_what_an_undisturbed_one_leaves(
    make_hub: Callable[[], Hub],
    mapping_of_kills: SupplierMapping,
    make_context: Callable[..., RunContext],
) -> None:
    undisturbed, fate = play(make_hub(), mapping_of_kills, make_context(), None)
    expected = facts(undisturbed)
    assert len(expected["records"]) == 2
    assert len(expected["tasks"]) == 4
    assert fate.seen > 40

    # Every moment on one database, a sample of them on the slower one: the code between is the same.
    for moment in range(1, fate.seen + 1, 1 if undisturbed.hub.dialect == "sqlite" else 6):
        house, _ = play(make_hub(), mapping_of_kills, make_context(), moment)
        found = facts(house)
        assert found == expected, f"killed at moment {moment} of {fate.seen}"
