"""The executor whose workers hold what tasks import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.test_structure import OURS, PLUGINS, ROOT, SOURCE, imports, modules

HOLD = """
import json, sys, threading
from executors.warm import hold_libraries
hold_libraries()
print(json.dumps([sorted(sys.modules), threading.active_count()]))
"""


def needed_by_tasks() -> set[str]:
    """Return the packages of others that code of tasks imports, wherever the statement stands."""
    files = [
        path
        for path in (*modules(SOURCE), *modules(PLUGINS), *modules(ROOT / "dags"))
        if not {"cli", "migrations"} & set(path.parts)
    ]
    found = {name.split(".")[0] for path in files for name in imports(path)}
    return found - OURS - {"executors"} - set(sys.stdlib_module_names)


def test_workers_hold_every_library_of_a_task_and_nothing_of_ours(tmp_path: Path) -> None:
    settings = {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join((str(PLUGINS), str(ROOT)))}
    answer = subprocess.run(
        [sys.executable, "-c", HOLD], env=os.environ | settings, capture_output=True, text=True, check=True
    )
    held, threads = json.loads(answer.stdout.splitlines()[-1])

    assert needed_by_tasks() - {name.split(".")[0] for name in held} == set()
    assert "great_expectations.core" in held
    # A module of ours would be the old one in every task after it was changed.
    assert [name for name in held if name.split(".")[0] in OURS] == ["leadline", "leadline.late_imports"]
    assert threads == 1  # a fork has none of them, but their locks


def test_a_library_that_cannot_be_imported_keeps_no_worker_from_starting(monkeypatch, caplog) -> None:
    from airflow.executors.local_executor import LocalExecutor

    from executors import warm

    def broken() -> None:
        raise ImportError("half installed")

    started = []
    monkeypatch.setattr(LocalExecutor, "start", lambda executor: started.append(executor.parallelism))
    monkeypatch.setattr(warm, "LIBRARIES", ("no_such_library",))
    monkeypatch.setattr(warm, "great_expectations", broken)

    warm.WarmLocalExecutor(parallelism=3).start()

    assert started == [3]
    assert [record.getMessage() for record in caplog.records if record.name == warm.__name__] == [
        "workers start without no_such_library",
        "workers start without Great Expectations",
    ]
