"""One distribution day of every sample supplier, through a real Airflow against the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from demo import processes
from demo.airflow import MIGRATE, SERVICES, UPGRADE, Airflow, Run, command
from demo.connections import connections
from demo.environment import environment, free_port, free_range
from demo.places import LOGS, PROJECT, SANDBOX_ADDRESSES, STATE

SUPPLIERS = ("acme", "globex")
HEALTH = "leadline_health"
# The sample inbox holds files that nobody can read: they are set aside, mailed, and turn that run red.
EXPECTED_FAILURES = {"acme_distribution": {"put_away", "notify_failure"}}


class DemoFailed(Exception):
    """Something is not as it should be; the message says what."""


def up() -> tuple[Airflow, dict[str, str], dict[str, Any]]:
    """Start what is not running yet; return a signed-in Airflow, the environment, and the sandbox."""
    STATE.mkdir(parents=True, exist_ok=True)
    sandbox = _start_sandbox()
    ports = _ports()
    env = environment(ports, connections(sandbox))
    env |= {"SSL_CERT_FILE": sandbox["ca"]["bundle"], "REQUESTS_CA_BUNDLE": sandbox["ca"]["bundle"]}
    if not set(SERVICES) <= processes.running().keys():
        _say("migrating the hub and Airflow's database")
        _run(UPGRADE, env)
        _run(MIGRATE, env)
        for supplier in SUPPLIERS:
            _run(("leadline", "partners", "import", supplier, f"include/partners/{supplier}.yaml"), env)
        _say("starting Airflow")
        for name, parts in SERVICES.items():
            processes.start(name, command(parts), env)
    airflow = Airflow(
        env["LEADLINE_AIRFLOW_URL"], env["LEADLINE_AIRFLOW_USER"], env["LEADLINE_AIRFLOW_PASSWORD"]
    )
    airflow.wait_until_healthy(300, _check_alive)
    airflow.wait_for_dags({HEALTH, *(f"{name}_{dag}" for name in SUPPLIERS for dag in DAGS)}, 180)
    return airflow, env, sandbox


DAGS = ("distribution", "preflight", "replay")


def day() -> int:
    """Run the day and print what came of it; 0 if all is as it should be."""
    began = time.monotonic()
    mine = not processes.running()
    try:
        airflow, env, sandbox = up()
        runs = _run_dags(airflow)
        problems = [problem for run in runs if (problem := _problem(run))]
        problems += _report(env, {_books_of(run) for run in runs if run.dag_id.endswith("_distribution")})
        problems += _compare(sandbox)
        if not mine:
            _say(f"Airflow is still running: {env['LEADLINE_AIRFLOW_URL']}")
    finally:
        if mine:
            _say("stopping")
            processes.stop_all()
    for problem in problems:
        print(f"NOT AS IT SHOULD BE: {problem}")
    _say(f"done in {time.monotonic() - began:.0f} s" + ("" if problems else ": all is as it should be"))
    return 1 if problems else 0


def _run_dags(airflow: Airflow) -> list[Run]:
    """Let the scheduler run the latest slot of each daily DAG; where it did so before, ask for a run."""
    started: list[tuple[str, str]] = []
    for dag_id in (HEALTH, *(f"{name}_{dag}" for dag in ("preflight", "distribution") for name in SUPPLIERS)):
        if airflow.is_paused(dag_id):
            airflow.unpause(dag_id)
            started.append((dag_id, _first_run(airflow, dag_id)))
        elif dag_id != HEALTH:
            started.append((dag_id, airflow.trigger(dag_id, {})))
    for name in SUPPLIERS:
        if airflow.is_paused(f"{name}_replay"):
            airflow.unpause(f"{name}_replay")
    return [airflow.wait_for_run(dag_id, run_id, 600) for dag_id, run_id in started]


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
    _say(f"{run.dag_id} {run.run_id}: {run.state} ({told})")
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
    books = {(run["supplier"], run["run"]): run["balanced"] for run in json.loads(answer.stdout)["runs"]}
    problems = [f"{' '.join(name)} has no books" for name in sorted(asked - books.keys())]
    for name, balanced in books.items():
        if not balanced and (name in asked or balanced is False):
            problems.append(f"the books of {' '.join(name)} do not balance")
    return problems


def _compare(sandbox: Mapping[str, Any]) -> list[str]:
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "sandbox.compare", sandbox["control"]],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = answer.stdout.strip().splitlines()
    if answer.returncode == 0:
        _say(f"sandbox: {lines[-1]}")
        return []
    return [f"sandbox: {line}" for line in (lines or [answer.stderr[-500:]])[-20:]]


def _start_sandbox() -> dict[str, Any]:
    if "sandbox" not in processes.running():
        _say("starting the sandbox")
        SANDBOX_ADDRESSES.unlink(missing_ok=True)
        state = str(STATE / "sandbox")
        first = str(free_range(28_000, (22, 80)))
        arguments = [
            sys.executable,
            "-m",
            "sandbox",
            "--state",
            state,
            "--seed",
            "demo",
            "--ports-from",
            first,
        ]
        process = processes.start("sandbox", arguments, os.environ, output=SANDBOX_ADDRESSES)
        deadline = time.monotonic() + 60
        while not SANDBOX_ADDRESSES.exists() or not SANDBOX_ADDRESSES.read_text().endswith("\n"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise DemoFailed(f"the sandbox did not start; see {LOGS / 'sandbox.log'}")
            time.sleep(0.1)
    addresses: dict[str, Any] = json.loads(SANDBOX_ADDRESSES.read_text())
    return addresses


def _ports() -> dict[str, int]:
    """Return the ports of this state folder, the same at every start unless somebody took one."""
    path = STATE / "ports.json"
    if processes.running().keys() & SERVICES.keys():
        kept: dict[str, int] = json.loads(path.read_text())
        return kept
    wanted = json.loads(path.read_text()) if path.exists() else {"api": 8080, "worker_log": 8793}
    ports = {name: free_port(port) for name, port in wanted.items()}
    path.write_text(json.dumps(ports))
    return ports


def _run(parts: tuple[str, ...], env: Mapping[str, str]) -> None:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "set-up.log"
    with log.open("ab") as output:
        answer = subprocess.run(  # noqa: S603
            command(parts), env=dict(env), cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if answer.returncode:
        raise DemoFailed(f"`{' '.join(parts)}` failed; see {log}:\n{log.read_text()[-2000:]}")


def _check_alive() -> None:
    if gone := SERVICES.keys() - processes.running().keys():
        raise DemoFailed(f"{', '.join(sorted(gone))} ended by itself; see {LOGS}")


def _say(text: str) -> None:
    print(f"· {text}", flush=True)
