"""Starting and stopping the demonstration's processes, each in a session of its own.

A signal to Airflow's parent alone would orphan its children, so a process group is stopped as a whole.
Two `make` at once take turns: one that starts while another stops would otherwise be forgotten.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from demo.places import KEPT, LOGS, PROCESSES, PROJECT, STATE, STOPPING

SERVERS = ("api-server", "sandbox")
"""What others talk to until they have ended, in the order in which they may end."""

_STARTED: list[subprocess.Popen[bytes]] = []  # Popen complains of a child that outlives it


@contextmanager
def turn(doing: str = "starting or stopping") -> Iterator[None]:
    """Let one process of this state folder at a time do this inside the block; others wait and say so."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / f"{doing.split()[0]}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"· another `make` is {doing} here: waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], output: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a process and remember it; what it says goes to `.leadline/logs/<name>.log`.

    Args:
        output: Where standard output alone goes instead.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    known = _remembered()
    if name in known:
        _end_rest(known[name])
    with (LOGS / f"{name}.log").open("ab") as log, (output or LOGS / f"{name}.log").open("ab") as said:
        process = subprocess.Popen(  # noqa: S603  our own commands
            command, env=dict(environment), cwd=PROJECT, stdin=subprocess.DEVNULL,
            stdout=said, stderr=log, start_new_session=True,
        )  # fmt: skip
    _STARTED.append(process)
    known[name] = process.pid
    PROCESSES.write_text(json.dumps(known), encoding="utf-8")
    return process


def running() -> dict[str, int]:
    """Return name and process id of what was started and is still alive."""
    return {name: pid for name, pid in _remembered().items() if _alive(pid)}


def _remembered() -> dict[str, int]:
    try:
        known: dict[str, int] = json.loads(PROCESSES.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return known


def _end_rest(leader: int) -> None:
    """End what one that was killed has left in its session: workers, a server of logs that keeps its port.

    While one of them lives, the number of their session belongs to nobody else.
    """
    if _alive(leader):
        return
    for entry in Path("/proc").glob("[0-9]*"):  # none on a system without it
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(entry.name)) == leader:
                os.kill(int(entry.name), signal.SIGKILL)


def stop_all(timeout_seconds: float = 40) -> list[str]:
    """Stop every remembered process group, servers last; return their names. Waits for its turn."""
    with turn():
        return stop(timeout_seconds)


def stop(timeout_seconds: float = 40) -> list[str]:
    """Do what `stop_all` does for a caller whose turn it is."""
    names = running()
    if names:
        STOPPING.touch()
    for name, pid in _remembered().items():
        if name not in names:
            _end_rest(pid)
    deadline = time.monotonic() + timeout_seconds
    # A task that is cut short must still reach the API server to say so, and the sandbox.
    for wave in ([name for name in names if name not in SERVERS], *([name] for name in SERVERS)):
        _end([names[name] for name in wave if name in names], deadline)
    _STARTED[:] = [process for process in _STARTED if process.poll() is None]
    for path in (PROCESSES, KEPT, STOPPING):
        path.unlink(missing_ok=True)
    return list(names)


def _end(pids: Sequence[int], deadline: float) -> None:
    """Ask these to end, and wait until all have; whoever has not by the deadline is killed."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
    while alive := [pid for pid in pids if _alive(pid)]:
        if time.monotonic() > deadline:
            for pid in alive:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
        time.sleep(0.1)


def finish_stopping() -> None:
    """Stop what somebody began to stop and did not live, or wait, to see ended; in the caller's turn."""
    if STOPPING.exists():
        stop()


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours that ended would stay a zombie
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the number now belongs to somebody else's process
        return False
    return _session_leader(pid) and not _ended(pid)


def _ended(pid: int) -> bool:
    """Tell whether it has ended and its parent, in a container often nobody, has not asked how."""
    with suppress(OSError):  # a system without /proc: the number is all that is known
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def _session_leader(pid: int) -> bool:
    # A number that was given to another process meanwhile leads no session of ours.
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False
