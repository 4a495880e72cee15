"""The executor whose workers hold what tasks import."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.test_structure import OURS, PLUGINS, ROOT, SOURCE, imports, modules

HELD = """
import json, sys, threading
from executors.held import hold
hold()
print(json.dumps([sorted(sys.modules), threading.active_count()]))
"""
FORKED_AFTER_A_CHANGE = """
import json, os, pathlib, sys
from executors.held import hold
hold()
import leadline.lines, operators.push
packages = ("leadline", "hooks", "operators")
ours = lambda: [name for name in sys.modules if name.split(".")[0] in packages]
whole, changed = ours(), pathlib.Path(sys.argv[1])

def of_a_fork():
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        held = ours()
        import leadline.lines
        os.write(writing, json.dumps([len(held), getattr(leadline.lines, "CHANGED", None)]).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    return json.loads(os.read(reading, 10_000))

before = of_a_fork()
with changed.open("a") as file:
    file.write(chr(10) + "CHANGED = 'as it lies'" + chr(10))
print(json.dumps([len(whole), before, of_a_fork()]))
"""


def answer_of(script: str, *arguments: str, path: list[Path], home: Path) -> Any:
    settings = {"AIRFLOW_HOME": str(home), "PYTHONPATH": os.pathsep.join(map(str, path))}
    answer = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout.splitlines()[-1])


def of_tasks(folder: Path) -> list[Path]:
    return [path for path in modules(folder) if not {"cli", "migrations", "executors"} & set(path.parts)]


def needed_by_tasks() -> set[str]:
    """Return the packages of others that code of tasks imports, wherever the statement stands."""
    files = [*of_tasks(SOURCE), *of_tasks(PLUGINS), *of_tasks(ROOT / "dags")]
    found = {name.split(".")[0] for path in files for name in imports(path)}
    return found - OURS - {"executors"} - set(sys.stdlib_module_names)


def of_ours() -> set[str]:
    """Return the modules of ours that tasks may import."""
    files = [(path, root) for root in (SOURCE.parent, PLUGINS) for path in of_tasks(root)]
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path, root in files
    }


def test_workers_hold_every_library_of_a_task_and_all_modules_of_ours(tmp_path: Path) -> None:
    held, threads = answer_of(HELD, path=[PLUGINS, ROOT], home=tmp_path)

    assert needed_by_tasks() - {name.split(".")[0] for name in held} == set()
    assert "great_expectations.core" in held
    assert of_ours() - set(held) == set()
    assert [name for name in held if name.startswith("leadline.cli")] == []
    assert threads == 1  # a fork has none of them, but their locks


def test_a_task_takes_all_our_modules_as_they_lie_once_one_has_changed(tmp_path: Path) -> None:
    source = tmp_path / "leadline"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))

    held, before, after = answer_of(
        FORKED_AFTER_A_CHANGE, str(source / "lines.py"), path=[tmp_path, PLUGINS], home=tmp_path
    )

    assert held > 300
    assert before == [held, None]
    assert after == [0, "as it lies"]


def test_what_cannot_be_imported_keeps_no_worker_from_starting(monkeypatch) -> None:
    from airflow.executors.local_executor import LocalExecutor

    from executors import held, warm

    def broken() -> None:
        raise ImportError("half installed")

    started, told = [], []
    monkeypatch.setattr(LocalExecutor, "start", lambda executor: started.append(executor.parallelism))
    monkeypatch.setattr(held, "LIBRARIES", ("no_such_library",))
    monkeypatch.setattr(held, "CODE", ("no_such_module_of_ours",))
    monkeypatch.setattr(held, "great_expectations", broken)
    monkeypatch.setattr(held.logger, "exception", lambda text, *values: told.append(text % values))
    monkeypatch.setattr(os, "register_at_fork", lambda **_: None)  # it would stay for the tests to come

    warm.WarmLocalExecutor(parallelism=3).start()

    assert started == [3]
    assert told == [
        "workers start without no_such_library",
        "workers start without Great Expectations",
        "workers start without no_such_module_of_ours",
    ]
