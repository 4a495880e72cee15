"""Airflow's LocalExecutor, whose workers hold the libraries that tasks need; `core.executor` names it."""

from __future__ import annotations

import importlib
import logging

from airflow.executors.local_executor import LocalExecutor

from leadline.late_imports import great_expectations

logger = logging.getLogger(__name__)

LIBRARIES = (
    "PowerPlatform.Dataverse.client",
    "airflow.providers.salesforce.hooks.salesforce",
    "airflow.providers.sftp.hooks.sftp",
    "airflow.providers.smtp.hooks.smtp",
    "alembic.command",
    "azure.identity",
    "babel",
    "email_validator",
    "fsspec",
    "httpx",
    "idna",
    "jinja2",
    "jwt",
    "lxml.etree",
    "msgspec",
    "numpy",
    "pandas",
    "paramiko",
    "phonenumbers",
    "psycopg",
    "pyarrow.compute",
    "pyarrow.parquet",
    "pydantic",
    "pysequoia",
    "requests",
    "simple_salesforce",
    "sqlalchemy",
    "yaml",
    "zeep",
)


class WarmLocalExecutor(LocalExecutor):  # type: ignore[misc]  # Airflow is not typed for us
    """Imports, in the scheduler, what every task would import anew.

    A worker is a fork of the scheduler, and a task one of a worker: it has what they hold. Modules of ours
    are not held, so that a task takes them as they lie; a library that was exchanged needs a new scheduler,
    as Airflow itself does (docs/adr/009-warm-workers.md).
    """

    def start(self) -> None:
        """Import the libraries, and start the workers."""
        if self.is_mp_using_fork:
            hold_libraries()
        super().start()


def hold_libraries() -> None:
    """Import them; one that cannot be is for the tasks that need it to complain of."""
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except Exception:
            logger.exception("workers start without %s", name)
    try:
        great_expectations()
    except Exception:
        logger.exception("workers start without Great Expectations")
