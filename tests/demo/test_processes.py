"""What `make demo` and `make up` start is remembered until it has ended, whoever comes between."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

import demo.__main__ as command_line
from demo import places, processes, start
from demo.environment import USERS, environment, for_shells, free_port
from demo.start import DemoFailed

# Ends when it is told to, but not before the file is there.
SLOW_TO_END = (
    "import os, pathlib, signal, sys\n"
    "def wait(*_):\n"
    "    pathlib.Path(sys.argv[2]).touch()\n"
    "    while not pathlib.Path(sys.argv[1]).exists(): os.sched_yield()\n"
    "    sys.exit()\n"
    "signal.signal(signal.SIGTERM, wait)\n"
    "print('ready', flush=True)\n"
    "signal.pause()\n"
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a state folder of its own; whatever still runs in it is stopped at the end."""
    folder = tmp_path / "state"
    moved = {name: folder / path.name for name, path in vars(places).items() if is_state(name, path)}
    for module in (processes, command_line):
        for name in moved.keys() & vars(module).keys():
            monkeypatch.setattr(module, name, moved[name])
    monkeypatch.setattr(processes, "STATE", folder)
    yield folder
    processes.stop_all(timeout_seconds=1)


def is_state(name: str, path: object) -> bool:
    return name.isupper() and isinstance(path, Path) and places.STATE in path.parents


def begin(name: str, state: Path, may_end: Path) -> int:
    """Start a process that ends once `may_end` exists; return its id when it is ready."""
    said = state / f"{name}.said"
    started = processes.start(
        name, [sys.executable, "-c", SLOW_TO_END, str(may_end), str(state / f"{name}.told")], os.environ, said
    )
    while not said.exists() or "ready" not in said.read_text():
        assert started.poll() is None
    return started.pid


def test_what_starts_while_another_stops_is_not_forgotten(state: Path, tmp_path: Path) -> None:
    state.mkdir()
    may_end = tmp_path / "may-end"
    begin("first", state, may_end)
    stopping = threading.Thread(target=processes.stop_all)
    stopping.start()
    while not (state / "stopping").exists():
        assert stopping.is_alive()

    def start_second() -> None:
        with processes.turn():
            processes.finish_stopping()
            begin("second", state, may_end)

    starting = threading.Thread(target=start_second)
    starting.start()
    may_end.touch()
    stopping.join()
    starting.join()

    assert list(processes.running()) == ["second"]
    assert processes.stop_all() == ["second"]
    assert processes.running() == {}


def test_a_server_lives_until_those_it_serves_have_ended(state: Path, tmp_path: Path) -> None:
    state.mkdir()
    may_end = tmp_path / "may-end"
    begin("api-server", state, may_end)
    begin("scheduler", state, may_end)
    stopping = threading.Thread(target=processes.stop_all)

    stopping.start()
    while not (state / "scheduler.told").exists():
        assert stopping.is_alive()
    server_was_told = (state / "api-server.told").exists()
    may_end.touch()
    stopping.join()

    assert not server_was_told
    assert (state / "api-server.told").exists()


def test_a_stop_that_was_interrupted_is_finished_by_the_next_start(state: Path, tmp_path: Path) -> None:
    state.mkdir()
    may_end = tmp_path / "may-end"
    begin("first", state, may_end)
    (state / "stopping").touch()
    may_end.touch()

    with processes.turn():
        processes.finish_stopping()

    assert processes.running() == {}
    assert not (state / "stopping").exists()


def test_what_was_killed_is_not_running_though_nobody_asked_how_it_ended(state: Path, tmp_path: Path) -> None:
    """In a container the parent of what `make up` left running is often one that never asks."""
    state.mkdir()
    starts_and_stays = (
        "import subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", starts_and_stays], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        processes.PROCESSES.write_text(json.dumps({"scheduler": pid}), encoding="utf-8")
        assert list(processes.running()) == ["scheduler"]

        os.kill(pid, signal.SIGKILL)
        while "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]:
            os.sched_yield()

        assert processes.running() == {}
    finally:
        parent.communicate()


# Like a scheduler: what it started lives on when it is killed. Says its worker's id.
LEAVES_A_WORKER = (
    "import subprocess, signal\n"
    "worker = subprocess.Popen(['sleep', '600'])\n"
    "print(worker.pid, flush=True)\n"
    "signal.pause()\n"
)


@pytest.mark.skipif(not Path("/proc").exists(), reason="nothing tells whose a process is")
@pytest.mark.parametrize("after", ["stopped", "started again"])
def test_what_a_killed_one_left_ends_when_it_is(state: Path, after: str) -> None:
    said = state / "said"
    state.mkdir()
    scheduler = processes.start("scheduler", [sys.executable, "-c", LEAVES_A_WORKER], os.environ, said)
    while not said.read_text():
        os.sched_yield()
    worker = int(said.read_text())
    scheduler.kill()
    scheduler.wait()
    assert not has_ended(worker)

    if after == "stopped":
        processes.stop_all()
    else:
        processes.start("scheduler", ["sleep", "600"], os.environ)

    while not has_ended(worker):
        os.sched_yield()


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_where_commands_are_found_may_be_pasted_into_a_shell(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = state / "it's my" / "environment.sh"
    (state / "airflow").mkdir(parents=True)
    settings.parent.mkdir()
    settings.write_text("echo read\n")
    (state / "airflow" / "passwords.json").write_text(json.dumps(dict.fromkeys(USERS, "pass")))
    started = SimpleNamespace(env={"LEADLINE_AIRFLOW_URL": "http://a"}, sandbox={"pages": "http://b"})
    monkeypatch.setattr(command_line, "STATE", state)
    monkeypatch.setattr(command_line, "SHELL_SETTINGS", settings)
    monkeypatch.setattr(command_line.start, "up", lambda: started)
    monkeypatch.setattr(sys, "argv", ["demo", "up"])

    assert command_line.main() == 0

    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("Commands")]
    pasted = ["bash", "-c", line.removeprefix("Commands").strip()]
    assert subprocess.run(pasted, capture_output=True, text=True, check=True).stdout == "read\n"


def test_without_a_writable_home_the_environment_is_made_without_a_cache(tmp_path: Path) -> None:
    probe = ["make", "--print-data-base", "--dry-run", "help"]
    caches = {}
    for name, home in (("writable", tmp_path), ("not", tmp_path / "file" / "home")):
        (tmp_path / "file").touch()
        env = {"PATH": os.environ["PATH"], "HOME": str(home)}
        said = subprocess.run(probe, cwd=places.PROJECT, env=env, capture_output=True, text=True, check=True)
        caches[name] = "UV_NO_CACHE := 1" in said.stdout

    assert caches == {"writable": False, "not": True}


def test_waiting_for_another_make_is_said(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(processes, "print", lambda line, **_: said.put(line), raising=False)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with processes.turn():
            inside.set()
            leave.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait()
    waiter = threading.Thread(target=processes.stop_all)
    waiter.start()
    try:
        assert "another `make` is starting or stopping" in said.get(timeout=60)
        assert waiter.is_alive()
    finally:
        leave.set()
        holder.join()
        waiter.join()


def test_a_port_that_was_ours_a_moment_ago_is_kept_and_a_taken_one_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert free_port(port) != port

        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # the side that closes first keeps the connection for a minute
        client.recv(1)
        client.close()

    assert free_port(port) == port


def test_a_shell_that_reads_the_settings_finds_commands_and_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.environment.STATE", tmp_path / "it's here")
    settings = tmp_path / "environment.sh"
    settings.write_text(for_shells(environment({"api": 1, "worker_log": 2}, {"a": {"password": "$x'"}})))

    said = subprocess.run(
        ["bash", "-c", f". {settings} && command -v leadline && echo $LEADLINE_HOME && echo $AIRFLOW_CONN_A"],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    program, home, connection = said.stdout.splitlines()
    assert program == str(places.BIN / "leadline")
    assert home == str(tmp_path / "it's here")
    assert connection == '{"password": "$x\'"}'


def test_a_shell_that_names_another_hub_asks_the_one_that_tasks_write_into(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.environment.STATE", state)
    monkeypatch.setattr(start, "SHELL_SETTINGS", state / "environment.sh")
    state.mkdir()
    ports, connections = {"api": 1, "worker_log": 2}, {"a": {"password": "$x' y\n"}}
    monkeypatch.setenv("LEADLINE_HUB_URL", "sqlite:////theirs")
    theirs = environment(ports, connections)
    start.SHELL_SETTINGS.write_text(for_shells(theirs))
    monkeypatch.delenv("LEADLINE_HUB_URL")
    monkeypatch.setenv("LEADLINE_STAGING_URL", "file:///another")

    alone = start.as_running(environment(ports, connections))
    begin("scheduler", state, tmp_path / "never")
    beside = start.as_running(environment(ports, connections))

    assert "LEADLINE_HUB_URL" not in alone
    assert beside == theirs


@pytest.mark.parametrize(
    ("ended", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (httpx.ConnectError("refused"), 1, "does not answer any more"),  # `make down` beside `make demo`
        (DemoFailed("no luck"), 1, "no luck"),
    ],
)
def test_what_ends_the_demonstration_is_one_line(
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ended: BaseException,
    code: int,
    says: str,
) -> None:
    def day() -> int:
        raise ended

    monkeypatch.setattr(command_line, "day", day)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["demo", "day"])

    assert command_line.main() == code
    assert says in capsys.readouterr().err


def test_what_is_tested_is_not_the_demonstration_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_HUB_URL", "sqlite:////the/demonstration")
    monkeypatch.setenv("AIRFLOW_HOME", "/the/demonstration")
    words = ["make", "--dry-run", "--always-make", "test", "bench", "lint"]

    said = subprocess.run(words, cwd=places.PROJECT, capture_output=True, text=True, check=True).stdout

    runs = [line for line in said.splitlines() if " -m pytest" in line or " -m benchmarks" in line]
    assert len(runs) == 4
    for line in runs:
        assert "-u LEADLINE_HUB_URL" in line
        assert "-u AIRFLOW_HOME" in line
