"""Starting the sandbox and a real Airflow against it, and finding them started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo import processes
from demo.airflow import MIGRATE, SERVICES, UPGRADE, Airflow, command
from demo.connections import connections
from demo.environment import environment, for_shells, free_port, free_range, of_shells, write_private
from demo.places import LOGS, PROJECT, SANDBOX_ADDRESSES, SHELL_SETTINGS, STATE

SUPPLIERS = ("acme", "globex", "hooli", "initech", "umbrella")
DAGS = ("distribution", "dry_run", "feedback", "opportunities", "preflight", "replay")
HEALTH = "leadline_health"


class DemoFailed(Exception):
    """Something is not as it should be; the message says what."""


@dataclass(frozen=True)
class Up:
    """What runs: a signed-in Airflow, the environment of its processes, the sandbox's addresses.

    Attributes:
        mine: Nothing ran before; who asked for it stops it again.
    """

    airflow: Airflow
    env: dict[str, str]
    sandbox: dict[str, Any]
    mine: bool


def up() -> Up:
    """Start what is not running yet and wait until it can be used; what cannot be is stopped again."""
    with processes.turn():
        processes.finish_stopping()
        mine = not processes.running()
        try:
            env, sandbox = _start()
        except BaseException:
            if mine:
                processes.stop()
            raise
    try:
        return Up(_usable(env), env, sandbox, mine)
    except BaseException:
        if mine:
            processes.stop_all()
        raise


def _start() -> tuple[dict[str, str], dict[str, Any]]:
    sandbox = _start_sandbox()
    ports = _ports()
    env = as_running(environment(ports, connections(sandbox)))
    env |= {"SSL_CERT_FILE": sandbox["ca"]["bundle"], "REQUESTS_CA_BUNDLE": sandbox["ca"]["bundle"]}
    write_private(SHELL_SETTINGS, for_shells(env))
    if not set(SERVICES) <= processes.running().keys():
        say("migrating the hub and Airflow's database")
        _run(UPGRADE, env)
        _run(MIGRATE, env)
        for supplier in SUPPLIERS:
            _run(("leadline", "partners", "import", supplier, f"include/partners/{supplier}.yaml"), env)
        say("starting Airflow")
        missing = SERVICES.keys() - processes.running().keys()
        for name in (one for one in SERVICES if one in missing):
            processes.start(name, command(SERVICES[name]), env)
    return env, sandbox


def as_running(env: dict[str, str]) -> dict[str, str]:
    """Return an environment with the settings that Airflow was started with, where it runs already.

    A shell that names another hub would be told of that one, while tasks write into theirs.
    """
    if not (processes.running().keys() & SERVICES.keys() and SHELL_SETTINGS.exists()):
        return env
    machines = {name: value for name, value in env.items() if not name.startswith(("AIRFLOW_", "LEADLINE_"))}
    return machines | of_shells(SHELL_SETTINGS.read_text(encoding="utf-8"))


def _usable(env: Mapping[str, str]) -> Airflow:
    airflow = Airflow(
        env["LEADLINE_AIRFLOW_URL"], env["LEADLINE_AIRFLOW_USER"], env["LEADLINE_AIRFLOW_PASSWORD"]
    )
    airflow.wait_until_healthy(300, _check_alive)
    airflow.wait_for_dags({HEALTH, *(f"{name}_{dag}" for name in SUPPLIERS for dag in DAGS)}, 180)
    return airflow


def _start_sandbox() -> dict[str, Any]:
    if "sandbox" not in processes.running():
        say("starting the sandbox")
        SANDBOX_ADDRESSES.unlink(missing_ok=True)
        first = str(free_range(28_000, (22, 80)))
        arguments = [
            sys.executable, "-m", "sandbox", "--state", str(STATE / "sandbox"), "--seed", "demo",
            "--ports-from", first,
        ]  # fmt: skip
        processes.start("sandbox", arguments, os.environ, output=SANDBOX_ADDRESSES)
    deadline = time.monotonic() + 60
    while not SANDBOX_ADDRESSES.exists() or not SANDBOX_ADDRESSES.read_text().endswith("\n"):
        if "sandbox" not in processes.running() or time.monotonic() > deadline:
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


def say(text: str) -> None:
    """Print one step."""
    print(f"· {text}", flush=True)
