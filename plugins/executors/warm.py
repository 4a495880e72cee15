"""Airflow's LocalExecutor, whose workers hold what tasks import; `core.executor` names it."""

from __future__ import annotations

from airflow.executors.local_executor import LocalExecutor

from executors.held import hold


class WarmLocalExecutor(LocalExecutor):  # type: ignore[misc]  # Airflow is not typed for us
    """Imports, in the scheduler, what every task would import anew.

    A worker is a fork of the scheduler, and a task one of a worker: it has what they hold. Once a module of
    ours has changed, tasks import all of ours as they lie; a library that was exchanged needs a new
    scheduler, as Airflow itself does (docs/adr/009-warm-workers.md).
    """

    def start(self) -> None:
        """Import what tasks need, and start the workers."""
        if self.is_mp_using_fork:
            hold()
        super().start()
