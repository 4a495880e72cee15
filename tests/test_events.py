"""Activities of a supplier's records: what of them is asked for, and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from leadline.events import pull_events
from leadline.ports import SourceEvent, Window

END = datetime(2026, 3, 1, tzinfo=UTC)


class Activities:
    """A supplier's system that has these activities, and notes for which windows it was asked."""

    def __init__(self, *events: SourceEvent) -> None:
        self.events = events
        self.asked: list[tuple[tuple[str, ...], Window]] = []

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        self.asked.append((tuple(record_ids), window))
        yield from (one for one in self.events if one.record_id in record_ids)


def pull(intake: Any, system: Any, window: Window, run_id: str = "run-1") -> int:
    return pull_events(intake.hub, intake.start(run_id), intake.mapping, system, window)


def test_an_activity_that_no_database_keeps_as_it_is_stops_none_of_the_others(intake, record) -> None:
    intake.take(record("00Q1"))
    odd = SourceEvent("e1", "00Q1", "Form\0", None, "half of a smile: \ud83d")
    system = Activities(odd, SourceEvent("e2", "00Q1", "Visit", None, "a whole one: \U0001f600"))

    pull(intake, system, Window(None, END))

    assert intake.rows("event", "type", "body") == [
        ("Form?", "half of a smile: ?"),
        ("Visit", "a whole one: \U0001f600"),
    ]


def test_a_run_that_catches_up_asks_for_no_window_that_ends_before_it_begins(intake, record) -> None:
    intake.take(record("00Q1"))
    pull(intake, Activities(), Window(None, END))
    system, earlier = Activities(), END - timedelta(days=2)

    pull(intake, system, Window(None, earlier), "run-0")

    assert system.asked == [(("00Q1",), Window(earlier, earlier))]
