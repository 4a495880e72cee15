"""A distribution day of every sample supplier and a week at the partners, through a real Airflow."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from demo import processes
from demo.airflow import Airflow, Run, command
from demo.places import KEPT, PROJECT
from demo.start import HEALTH, SUPPLIERS, DemoFailed, say, up

# The sample inbox holds files that nobody can read: they are set aside, mailed, and turn that run red.
EXPECTED_FAILURES = {"acme_distribution": {"put_away", "notify_failure"}}
PATIENCE = 600.0  # seconds for one run


def day() -> int:
    """Run the day and the week, and print what came of them; 0 if all is as it should be.

    Leads are distributed and compared; the partners work for a week, once per state; what they did comes
    back and is compared. On a state that has seen its week, everything runs again and must change nothing.
    """
    with processes.turn("running a day"):
        return _day()


def _day() -> int:
    began = time.monotonic()
    started = up()
    airflow, env, sandbox = started.airflow, started.env, started.sandbox
    try:
        before = _digest(sandbox) if _week_has_passed(sandbox) else None
        runs = _distribute(airflow)
        problems = []
        if before is None:
            problems += _compare(sandbox)
            say("a week passes at the partners")
            problems += _pass_week(sandbox)
        runs += _bring_back(airflow)
        problems += _compare(sandbox, "--week")
        problems += [problem for run in runs if (problem := _problem(run))]
        problems += _report(env, {_books_of(run) for run in runs if run.dag_id.endswith("_distribution")})
        if before is not None:
            problems += _changes(before, _digest(sandbox))
        if not started.mine or KEPT.exists():
            say(f"Airflow is still running: {env['LEADLINE_AIRFLOW_URL']}")
    finally:
        if started.mine and not KEPT.exists():
            say("stopping")
            processes.stop_all()
    for problem in problems:
        print(f"NOT AS IT SHOULD BE: {problem}")
    say(f"done in {time.monotonic() - began:.0f} s" + ("" if problems else ": all is as it should be"))
    return 1 if problems else 0


def _distribute(airflow: Airflow) -> list[Run]:
    """Let every supplier's leads be looked after, pulled and pushed."""
    for name in SUPPLIERS:
        if airflow.is_paused(f"{name}_replay"):
            airflow.unpause(f"{name}_replay")
    daily = (f"{name}_{dag}" for dag in ("preflight", "distribution") for name in SUPPLIERS)
    return _run_dags(airflow, (HEALTH, *daily))


def _bring_back(airflow: Airflow) -> list[Run]:
    """Let what happened at the partners come back: status first, for conversions name the opportunities."""
    runs = []
    for dag in ("feedback", "opportunities"):
        runs += _run_dags(airflow, [f"{name}_{dag}" for name in SUPPLIERS])
    return runs


def _run_dags(airflow: Airflow, dag_ids: Iterable[str]) -> list[Run]:
    """Let the scheduler run the latest slot of each daily DAG; where it did so before, ask for a run."""
    wanted = list(dag_ids)
    paused = [dag_id for dag_id in wanted if airflow.is_paused(dag_id)]
    for dag_id in paused:  # all of them first, before their tasks write as well
        airflow.unpause(dag_id)
    started = [(dag_id, airflow.trigger(dag_id, {})) for dag_id in wanted if dag_id not in {*paused, HEALTH}]
    started += [(dag_id, _first_run(airflow, dag_id)) for dag_id in paused]
    return [airflow.wait_for_run(dag_id, run_id, PATIENCE) for dag_id, run_id in started]


def _first_run(airflow: Airflow, dag_id: str, seconds: float = 180) -> str:
    deadline = time.monotonic() + seconds
    while not (runs := airflow.runs(dag_id)):
        if time.monotonic() > deadline:
            raise DemoFailed(f"the scheduler made no run of {dag_id} in {seconds:.0f} s")
        time.sleep(0.3)
    return str(runs[0]["dag_run_id"])


def _problem(run: Run) -> str | None:
    failed = {
        name.split("[")[0] for name, state in run.tasks.items() if state in {"failed", "upstream_failed"}
    }
    expected = EXPECTED_FAILURES.get(run.dag_id, set())
    counts: dict[str, int] = {}
    for state in run.tasks.values():
        counts[state] = counts.get(state, 0) + 1
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    say(f"{run.dag_id} {run.run_id}: {run.state} ({told})")
    if failed - expected:
        return f"{run.dag_id} {run.run_id}: failed tasks: {', '.join(sorted(failed - expected))}"
    return None


def _books_of(run: Run) -> tuple[str, str]:
    return run.dag_id.removesuffix("_distribution"), run.run_id


def _report(env: Mapping[str, str], asked: set[tuple[str, str]]) -> list[str]:
    """Print the books of all runs; those that were asked for must balance. Others may still be at work."""
    subprocess.run(command(("leadline", "report")), env=dict(env), cwd=PROJECT, check=False)  # noqa: S603
    answer = subprocess.run(  # noqa: S603
        command(("leadline", "report", "--json")),
        env=dict(env),
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    if answer.returncode:
        return [f"leadline report failed: {answer.stderr.decode().strip()[-500:]}"]
    books = {(run["supplier"], run["run"]): run["balanced"] for run in json.loads(answer.stdout)["runs"]}
    problems = [f"{' '.join(name)} has no books" for name in sorted(asked - books.keys())]
    for name, balanced in books.items():
        if not balanced and (name in asked or balanced is False):
            problems.append(f"the books of {' '.join(name)} do not balance")
    return problems


def _compare(sandbox: Mapping[str, Any], *options: str) -> list[str]:
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "sandbox.compare", sandbox["control"], *options],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = answer.stdout.strip().splitlines()
    if answer.returncode == 0:
        say(f"sandbox: {lines[-1]}")
        return []
    return [f"sandbox: {line}" for line in (lines or [answer.stderr[-500:]])[-20:]]


def _week_has_passed(sandbox: Mapping[str, Any]) -> bool:
    answer = httpx.get(f"{sandbox['control']}/week", timeout=60, trust_env=False)
    return int(answer.raise_for_status().json()["days"]) > 0


def _pass_week(sandbox: Mapping[str, Any]) -> list[str]:
    """Let partners work; return whose record was not there, which means that it was not pushed."""
    answer = httpx.post(f"{sandbox['control']}/week", json={}, timeout=300, trust_env=False)
    missing = answer.raise_for_status().json()["missing"]
    return [f"sandbox: no record for {' '.join(one)}" for one in missing[:20]]


def _digest(sandbox: Mapping[str, Any]) -> dict[str, str]:
    """Return a digest of the records of each room."""
    answer = httpx.get(f"{sandbox['control']}/digest", timeout=300, trust_env=False)
    return dict(answer.raise_for_status().json())


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the rooms in which a repeated day changed anything."""
    changed = sorted(room for room in before.keys() | after.keys() if before.get(room) != after.get(room))
    if not changed:
        say("sandbox: the repeated day changed nothing on either side")
    return [f"a repeated day changed {room}" for room in changed]
