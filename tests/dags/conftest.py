"""Airflow with its metadata on a temporary SQLite, and a house to run DAGs in."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Airflow reads these when it is imported first. Each process gets a home of its own, also under xdist.
os.environ["AIRFLOW_HOME"] = (
    os.environ["AIRFLOW_HOME"] if "airflow" in sys.modules else tempfile.mkdtemp(prefix="leadline-airflow-")
)
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(Path(__file__).parents[2] / "dags")

import pytest

from leadline.hub import Hub
from leadline.settings import settings
from sandbox.launch import RunningSandbox, running
from tests.dags.house import NORTH, ORGS, House, make_include


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Make Airflow's metadata database; it goes with the process."""
    from airflow.utils.db import initdb

    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
    initdb()


@pytest.fixture(scope="session")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox with the supplier's and two partners' orgs, for the whole session."""
    with running(Path(tmp_path_factory.mktemp("sandbox")), orgs=ORGS) as started:
        yield started


@pytest.fixture
def house(
    rooms: RunningSandbox, tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """Return an empty house with supplier `north` and its partners; tasks of this process live in it."""
    rooms.control.reset()
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    made = House(Hub(f"sqlite:///{tmp_path / 'hub.db'}"), rooms, tmp_path)
    make_include(tmp_path / "include", NORTH)
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    made.import_partners("north")
    yield made
    settings.cache_clear()
