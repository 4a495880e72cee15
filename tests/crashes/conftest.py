"""Two lanes, so that two cores have work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from tests.crashes.databases import Database, PostgresqlDatabase, SqliteFile
from tests.crashes.lane import PHASES, Lane, open_lane

Item = TypeVar("Item")
Result = TypeVar("Result")
LANES = 2


class Lanes:
    """Both lanes, and the points of each scenario."""

    def __init__(self, lanes: Sequence[Lane], pool: ThreadPoolExecutor) -> None:
        self._lanes = lanes
        self._pool = pool

    def share(
        self,
        scenario: str,
        phase: str,
        items: Sequence[Item],
        work: Callable[[Lane, Sequence[Item]], Result],
    ) -> list[Result]:
        """Return what came of the items' parts, each worked on by one lane, prepared for this phase."""

        def one(place: int) -> Result:
            lane = self._lanes[place]
            lane.prepare(scenario, phase)
            size = -(-len(items) // len(self._lanes))
            return work(lane, items[place * size : (place + 1) * size])

        return list(self._pool.map(one, range(len(self._lanes))))

    def first(self, scenario: str, phase: str = PHASES[0]) -> Lane:
        """Return one lane, prepared for this phase of the scenario."""
        self._lanes[0].prepare(scenario, phase)
        return self._lanes[0]


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanes]:
    """Return two sandboxes with a hub on SQLite and a driver each."""
    yield from _lanes(tmp_path_factory.mktemp("crashes"), SqliteFile)


@pytest.fixture(scope="module")
def postgresql_lanes(tmp_path_factory: pytest.TempPathFactory, postgresql_server: str) -> Iterator[Lanes]:
    """Return two sandboxes with a hub on PostgreSQL and a driver each."""
    folder = tmp_path_factory.mktemp("crashes-postgresql")
    yield from _lanes(folder, lambda _: PostgresqlDatabase(postgresql_server))


def _lanes(folder: Path, open_database: Callable[[Path], Database]) -> Iterator[Lanes]:
    with ExitStack() as stack, ThreadPoolExecutor(LANES) as pool:
        managers = [open_lane(folder / f"lane-{number}", open_database) for number in range(LANES)]
        opened = list(pool.map(stack.enter_context, managers))
        yield Lanes(opened, pool)
        for lane in opened:
            lane.hub.engine.dispose()
