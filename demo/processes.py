"""Starting and stopping the demonstration's processes, each in a session of its own.

A signal to Airflow's parent alone would orphan its children, so a process group is stopped as a whole.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from demo.places import LOGS, PROCESSES, PROJECT


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], output: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a process and remember it; what it says goes to `.leadline/logs/<name>.log`.

    Args:
        output: Where standard output alone goes instead.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / f"{name}.log").open("ab") as log, (output or LOGS / f"{name}.log").open("ab") as said:
        process = subprocess.Popen(  # noqa: S603  our own commands
            command, env=dict(environment), cwd=PROJECT, stdin=subprocess.DEVNULL,
            stdout=said, stderr=log, start_new_session=True,
        )  # fmt: skip
    known = running()
    known[name] = process.pid
    PROCESSES.write_text(json.dumps(known), encoding="utf-8")
    return process


def running() -> dict[str, int]:
    """Return name and process id of what was started and is still alive."""
    try:
        known: dict[str, int] = json.loads(PROCESSES.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: pid for name, pid in known.items() if _alive(pid)}


def stop_all(timeout_seconds: float = 40) -> list[str]:
    """Stop every remembered process group, last started first; return their names."""
    names = running()
    for pid in reversed(names.values()):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_seconds
    while any(_alive(pid) for pid in names.values()):
        if time.monotonic() > deadline:
            for pid in names.values():
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            break
        time.sleep(0.2)
    PROCESSES.unlink(missing_ok=True)
    return list(names)


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours that ended would stay a zombie
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the number now belongs to somebody else's process
        return False
    return _session_leader(pid)


def _session_leader(pid: int) -> bool:
    # A number that was given to another process meanwhile leads no session of ours.
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False
