"""Runs of DAGs inside the test's own process: whole ones by `dag.test()`, and single tasks cleared."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DAGS = Path(__file__).parents[2] / "dags"


def read_dags() -> Any:
    """Return Airflow's bag of all DAG files, as the settings are now."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(DAGS))


@dataclass(frozen=True)
class Ended:
    """How a run ended: its state, and the state of each task (a mapped one: `push[0]`)."""

    run: Any = field(repr=False)
    dag: Any = field(repr=False)
    state: str
    tasks: Mapping[str, str]

    @property
    def run_id(self) -> str:
        """Return the run's id."""
        return str(self.run.run_id)

    def of(self, *names: str) -> list[str]:
        """Return the states of these tasks."""
        return [self.tasks[name] for name in names]

    def returned(self, name: str) -> Any:
        """Return what a task left."""
        for instance in _instances(self.run):
            if _name(instance) == name:
                return instance.xcom_pull(task_ids=instance.task_id, map_indexes=instance.map_index)
        raise KeyError(name)


class Clock:
    """Gives each run a logical date of its own: `dag.test()` replaces a run of the same date."""

    def __init__(self) -> None:
        self._last = datetime.now(UTC)

    def next(self) -> datetime:
        """Return a moment that no run has yet."""
        self._last += timedelta(seconds=1)
        return self._last


_CLOCK = Clock()


def run(dag_id: str, conf: Mapping[str, Any] | None = None) -> Ended:
    """Run a DAG whole, each task tried once, and return how it ended."""
    dag = read_dags().dags[dag_id]
    for task in dag.tasks:
        task.retries = 0
    with _impatient():
        ran = dag.test(logical_date=_CLOCK.next(), run_conf=dict(conf or {}))
    return _ended(dag, ran)


def run_again(ended: Ended, tasks: Iterable[str]) -> Ended:
    """Clear tasks of an ended run, as a person does in the UI without what follows, and let it go on."""
    from airflow import settings
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance, clear_task_instances
    from airflow.sdk.definitions.dag import _run_task
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.state import DagRunState, TaskInstanceState
    from sqlalchemy import select

    wanted = set(tasks)
    session = settings.Session()
    of_run = (TaskInstance.dag_id == ended.run.dag_id, TaskInstance.run_id == ended.run_id)
    found = session.scalars(select(TaskInstance).where(*of_run, TaskInstance.task_id.in_(wanted))).all()
    assert {one.task_id for one in found} == wanted
    clear_task_instances(list(found), session)
    session.commit()
    ran = session.scalars(
        select(DagRun).where(DagRun.dag_id == ended.run.dag_id, DagRun.run_id == ended.run_id)
    ).one()
    ran.dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(ended.dag))
    ran.set_state(DagRunState.RUNNING)
    session.commit()
    # The loop of `dag.test()`, which itself always runs all tasks.
    for _ in range(100):
        ready, _ = ran.update_state(session=session)
        for one in ready:
            one.try_number += 1
            one.state = TaskInstanceState.SCHEDULED
        session.commit()
        if ran.state != DagRunState.RUNNING:
            break
        for one in ready:
            _run_task(ti=one, task=ended.dag.task_dict[one.task_id])
        session.expire_all()
    return _ended(ended.dag, ran)


def _ended(dag: Any, ran: Any) -> Ended:
    tasks = {_name(one): str(one.state) for one in _instances(ran)}
    return Ended(ran, dag, str(ran.state), tasks)


def _instances(ran: Any) -> list[Any]:
    return sorted(ran.get_task_instances(), key=_name)


def _name(instance: Any) -> str:
    return f"{instance.task_id}[{instance.map_index}]" if instance.map_index >= 0 else instance.task_id


@contextmanager
def _impatient() -> Iterator[None]:
    """Shorten the second for which `dag.test()` sleeps whenever no task is ready at once."""
    real = time.sleep
    time.sleep = lambda seconds: real(min(seconds, 0.01))
    try:
        yield
    finally:
        time.sleep = real
