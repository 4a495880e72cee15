"""What the demonstration tells Airflow of its metadata in SQLite."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, text

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def _local_settings() -> Iterator[None]:
    loaded = runpy.run_path(str(PROJECT / "demo" / "config" / "airflow_local_settings.py"))
    yield
    event.remove(Engine, "savepoint", loaded["wait_before_reading"])


@pytest.mark.usefixtures("_local_settings")
def test_a_savepoint_that_reads_may_write_although_others_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'airflow.db'}"
    backfill, scheduler = create_engine(url), create_engine(url, connect_args={"timeout": 0})
    with backfill.begin() as connection:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        connection.execute(text("CREATE TABLE run (day TEXT)"))

    with backfill.connect() as connection:
        with connection.begin_nested():
            assert connection.execute(text("SELECT * FROM run")).all() == []
            with pytest.raises(Exception, match="locked"), scheduler.begin() as other:  # it would wait
                other.execute(text("INSERT INTO run VALUES ('heartbeat')"))
            connection.execute(text("INSERT INTO run VALUES ('2026-11-01')"))
        connection.commit()

    with scheduler.begin() as other:
        other.execute(text("INSERT INTO run VALUES ('heartbeat')"))
        assert other.execute(text("SELECT COUNT(*) FROM run")).scalar_one() == 2
    backfill.dispose()
    scheduler.dispose()
