"""Airflow's processes and the few calls of its public API that the demonstration needs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from demo.places import BIN

# The Compose file runs the same commands, each in a container of its own (tests/demo).
SERVICES = {
    "api-server": ("airflow", "api-server", "--workers", "1"),
    "scheduler": ("airflow", "scheduler"),
    "dag-processor": ("airflow", "dag-processor"),
}
MIGRATE = ("airflow", "db", "migrate")
UPGRADE = ("leadline", "hub", "upgrade")


def command(parts: Iterable[str]) -> list[str]:
    """Return a command of this project's environment with its full path."""
    program, *arguments = parts
    return [str(BIN / program), *arguments]


WRITES = 5
"""How often a write that changes nothing when repeated is tried."""


@dataclass(frozen=True)
class Run:
    """One DAG run, and how its tasks ended."""

    dag_id: str
    run_id: str
    state: str
    tasks: Mapping[str, str]


class Airflow:
    """A signed-in client of the API server."""

    def __init__(self, base_url: str, user: str, password: str) -> None:
        # On a busy machine a request may wait for SQLite's one writer as long as the lock's own limit.
        self._client = httpx.Client(base_url=base_url, timeout=120, trust_env=False)
        self._user, self._password = user, password

    def wait_until_healthy(self, seconds: float, still_alive: Any) -> None:
        """Return when scheduler and metadata database are healthy; RuntimeError after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            still_alive()
            try:
                health = self._client.get("/api/v2/monitor/health").json()
                if all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler")):
                    self._sign_in()
                    return
            except (httpx.HTTPError, KeyError, ValueError):
                pass  # not up yet
            time.sleep(0.5)
        raise RuntimeError(f"Airflow is not healthy after {seconds:.0f} s; see .leadline/logs")

    def wait_for_dags(self, wanted: set[str], seconds: float) -> None:
        """Return when all these DAGs are parsed; RuntimeError names the missing ones and import errors."""
        deadline = time.monotonic() + seconds
        while True:
            listed = {dag["dag_id"] for dag in self._get("/api/v2/dags?limit=500")["dags"]}
            if wanted <= listed:
                return
            if time.monotonic() > deadline:
                errors = self._get("/api/v2/importErrors")["import_errors"]
                details = "; ".join(f"{e['filename']}: {e['stack_trace'][-400:]}" for e in errors)
                raise RuntimeError(f"DAGs not parsed: {sorted(wanted - listed)}. {details}")
            time.sleep(0.5)

    def is_paused(self, dag_id: str) -> bool:
        """Return whether the DAG is paused."""
        return bool(self._get(f"/api/v2/dags/{dag_id}")["is_paused"])

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run the DAG."""
        for left in reversed(range(WRITES)):
            try:
                answer = self._client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False})
                answer.raise_for_status()
                return
            except (httpx.TimeoutException, httpx.HTTPStatusError) as error:
                # SQLite has one writer and no queue: on a busy machine it may not be this one's turn.
                refused = isinstance(error, httpx.HTTPStatusError) and error.response.status_code < 500
                if refused or not left:
                    raise

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Start a run and return its id."""
        answer = self._client.post(
            f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": dict(conf)}
        )
        answer.raise_for_status()
        return str(answer.json()["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the DAG's runs, latest first."""
        runs: list[dict[str, Any]] = self._get(f"/api/v2/dags/{dag_id}/dagRuns?order_by=-id")["dag_runs"]
        return runs

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float) -> Run:
        """Return the run when it has ended; RuntimeError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            state = self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"]
            if state in {"success", "failed"}:
                tasks = self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=500")
                return Run(dag_id, run_id, state, _states(tasks["task_instances"]))
            if time.monotonic() > deadline:
                raise RuntimeError(f"{dag_id} {run_id} is still {state} after {seconds:.0f} s")
            time.sleep(0.5)

    def _sign_in(self) -> None:
        answer = self._client.post("/auth/token", json={"username": self._user, "password": self._password})
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._client.get(path)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


def _states(instances: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    states = {}
    for instance in instances:
        name = instance["task_id"]
        if instance["map_index"] >= 0:
            name = f"{name}[{instance['map_index']}]"
        states[name] = str(instance["state"])
    return states
