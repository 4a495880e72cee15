"""Killing a run at a point, running again, and comparing both sides with a run that nobody disturbed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.crashes import stories
from tests.crashes.lane import PHASES, Ended, Lane
from tests.crashes.sides import Rows, differences

LATER = stories.LATER.isoformat()
Kill = tuple[str, str]  # a point, and `before` or `after`


@dataclass
class Walk:
    """What came of a list of kills.

    Attributes:
        killed: Those that happened.
        recovered: Those whose recovery was run; the others left a state that an earlier one had left.
        killed_again: Those at which a recovery was killed.
        problems: What differs, in words.
    """

    killed: list[Kill] = field(default_factory=list)
    recovered: list[Kill] = field(default_factory=list)
    killed_again: list[Kill] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Walk) -> None:
        """Take in what another lane found."""
        self.killed += other.killed
        self.recovered += other.recovered
        self.killed_again += other.killed_again
        self.problems += other.problems


def kills_of(points: Sequence[str]) -> list[Kill]:
    """Return both moments of each point, in the order in which a run passes them."""
    return [(point, moment) for point in points for moment in ("before", "after")]


def undisturbed(lane: Lane, phase: str = PHASES[0], sabotage: str | None = None) -> tuple[Ended, Rows]:
    """Return what nobody kills, from this phase on, and both sides after it."""
    lane.put_back()
    ended = whole(lane.run(phases=PHASES[PHASES.index(phase) :], sabotage=sabotage))
    return ended, lane.sides()


def walk(
    lane: Lane,
    phase: str,
    kills: Sequence[Kill],
    recover: Callable[[Lane], list[str]],
    run_id: str = "second",
    **order: Any,
) -> Walk:
    """Kill this phase at each of these, and recover from each state that is left, once.

    Args:
        order: What else the killed run is told.
    """
    result, seen = Walk(), set()
    for kill in kills:
        lane.put_back()
        ended = lane.run(run_id, kill=kill, phases=[phase], **order)
        if ended.code != -signal.SIGKILL:
            result.problems.append(f"{kill}: was not killed, but ended with {ended.code}: {ended.error}")
            continue
        result.killed.append(kill)
        state = lane.state()
        if state in seen:
            continue
        seen.add(state)
        result.recovered.append(kill)
        result.problems += [f"{kill}: {problem}" for problem in recover(lane)]
    return result


def same_run_again(expected: Rows, phase: str, sabotage: str | None = None) -> Callable[[Lane], list[str]]:
    """Return a recovery by the same run, cleared from the killed task on.

    Clearing these tasks once more changes nothing on either side; the first time, the whole run is cleared.
    """
    from_here = PHASES[PHASES.index(phase) :]
    later = iter([PHASES])

    def recover(lane: Lane) -> list[str]:
        ended = lane.run(sabotage=sabotage, phases=from_here)
        if ended.code != 0:
            return [f"the run did not get through: {ended.error}"]
        found = lane.sides()
        problems = differences(expected, found)
        lane.rooms.writes()
        once_more = lane.run(sabotage=sabotage, phases=next(later, from_here))
        if once_more.code != 0:
            return [*problems, f"the third run did not get through: {once_more.error}"]
        problems += [f"the third run: {one}" for one in differences(found, lane.sides())]
        return problems + [f"the third run writes: {one}" for one in lane.rooms.writes()]

    return recover


def walk_twice(lane: Lane, phase: str, kills: Sequence[Kill], expected: Rows) -> Walk:
    """Kill this phase, kill its recovery at the same point or at a later one, and recover from that."""
    result = Walk()
    later = PHASES[PHASES.index(phase) + 1 :]
    for place, kill in enumerate(kills):
        rest = kills[place:]
        for second in dict.fromkeys((kill, rest[len(rest) // 2])):
            lane.put_back()
            if lane.run(kill=kill, phases=[phase]).code == -signal.SIGKILL:
                result.killed.append(kill)
            ended = lane.run(kill=second, phases=[phase])
            if ended.code == -signal.SIGKILL:
                result.killed_again.append(second)
            elif ended.code != 0:
                result.problems.append(f"{kill}, then {second}: {ended.error}")
                continue
            ended = lane.run(phases=[phase, *later])
            if ended.code != 0:
                result.problems.append(f"{kill}, then {second}: did not get through: {ended.error}")
                continue
            result.recovered.append(kill)
            found = differences(expected, lane.sides())
            result.problems += [f"{kill}, then {second}: {one}" for one in found]
    return result


def next_run_first(expected: Rows) -> Callable[[Lane], list[str]]:
    """Return a recovery by the next scheduled run, after which the dead one is cleared."""

    def recover(lane: Lane) -> list[str]:
        lane.let_lease_end()
        for run_id, at in (("third", LATER), ("second", stories.SECOND_DAY.isoformat())):
            ended = lane.run(run_id, at=at)
            if ended.code != 0:
                return [f"run {run_id} did not get through: {ended.error}"]
        found = lane.sides(runs_apart=False)
        lane.rooms.writes()
        whole(lane.run("third", at=LATER))
        problems = differences(expected, found)
        problems += [f"once more: {one}" for one in differences(found, lane.sides(runs_apart=False))]
        return problems + [f"once more writes: {one}" for one in lane.rooms.writes()]

    return recover


def whole(ended: Ended) -> Ended:
    """Return a run that got through.

    Raises:
        RuntimeError: It did not.
    """
    if ended.code != 0:
        raise RuntimeError(f"a run ended with {ended.code}: {ended.error}")
    return ended
