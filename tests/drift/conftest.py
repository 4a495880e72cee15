"""A seeded sandbox with Airflow connections to all of it, and a hub to keep findings in."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest

from demo.connections import connections
from leadline.hub import Hub
from sandbox.launch import RunningSandbox, running


@pytest.fixture(scope="module")
def seeded() -> Iterator[RunningSandbox]:
    """Return a sandbox with the data of the demonstration."""
    with pytest.MonkeyPatch.context() as environment, running(seed="demo") as sandbox:
        for name, connection in connections(sandbox.addresses).items():
            environment.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
        # A hundred calls in 20 seconds would be waited for here, and are tried with the hook.
        sandbox.control.do("marketo", "initech", "set", rate_calls=100_000)
        yield sandbox


@pytest.fixture
def kept(sqlite_template: Path, tmp_path: Path) -> Iterator[Hub]:
    """Return a fresh hub; what it keeps is the same on either database."""
    path = tmp_path / "hub.db"
    shutil.copy(sqlite_template, path)
    hub = Hub(f"sqlite:///{path}")
    yield hub
    hub.engine.dispose()
