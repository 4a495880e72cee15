"""What Airflow hands to a task, played by hand, and a hub on SQLite that the tasks open themselves."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest

from leadline.hub import Hub
from leadline.settings import settings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[2] / "include" / "mappings"


@dataclass
class TaskInstance:
    """Keeps what is pushed; answers for other tasks with what a test says they left."""

    left: dict[tuple[str, int, str], Any] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    pushed: dict[str, Any] = field(default_factory=dict)
    try_number: int = 4
    max_tries: int = 3

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = json.loads(json.dumps(value))

    def xcom_pull(
        self,
        task_ids: str,
        key: str,
        map_indexes: int | None = None,
        run_id: str | None = None,
    ) -> Any:
        return self.left.get((task_ids, -1 if map_indexes is None else map_indexes, key))

    def get_previous_dagrun(self) -> Any:
        return SimpleNamespace(run_id="run-0")

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, Any]:
        return {run_ids[0]: dict(self.states)}


@pytest.fixture
def make_task_context() -> Callable[..., dict[str, Any]]:
    """Return a factory of contexts as `execute` gets them."""

    def make(
        params: dict[str, Any] | None = None,
        *,
        run_type: str = "scheduled",
        user: str | None = None,
        task_ids: tuple[str, ...] = (),
        ti: TaskInstance | None = None,
        form: tuple[str, ...] = (),
        **run: Any,
    ) -> dict[str, Any]:
        dag_run = SimpleNamespace(
            **{
                "dag_id": "acme_distribution",
                "run_type": run_type,
                "data_interval_start": None,
                "data_interval_end": None,
                "run_after": NOON,
                "triggering_user_name": user,
                "conf": params,
                **run,
            }
        )
        return {
            "params": params or {},
            "run_id": "run-1",
            "dag_run": dag_run,
            "ti": ti or TaskInstance(),
            "dag": SimpleNamespace(task_ids=list(task_ids), params=dict.fromkeys(form or params or {})),
        }

    return make


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return the hub that the settings name, beside copies of the sample mappings."""
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    shutil.copytree(MAPPINGS, tmp_path / "include" / "mappings")
    monkeypatch.setenv("LEADLINE_HUB_URL", f"sqlite:///{tmp_path / 'hub.db'}")
    monkeypatch.setenv("LEADLINE_STAGING_URL", (tmp_path / "staging").as_uri())
    monkeypatch.setenv("LEADLINE_INCLUDE_DIR", str(tmp_path / "include"))
    monkeypatch.setenv("LEADLINE_AIRFLOW_URL", "http://airflow.example:8080/")
    monkeypatch.setenv("LEADLINE_PLATFORM_CONTACTS", "platform@leadline.example")
    settings.cache_clear()
    yield Hub(f"sqlite:///{tmp_path / 'hub.db'}")
    settings.cache_clear()
