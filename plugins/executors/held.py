"""What workers hold: imported in the scheduler, and so there in each task, which is a fork of theirs."""

from __future__ import annotations

import importlib
import logging
import os
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

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
CODE = ("leadline", "hooks", "operators")
NOT_OF_TASKS = ("leadline.cli", "leadline.hub.migrations")


def hold() -> None:
    """Import all that tasks need; what cannot be imported is for the tasks that need it to complain of."""
    for name in LIBRARIES:
        _import(name)
    try:
        great_expectations()
    except Exception:
        logger.exception("workers start without Great Expectations")
    for name in CODE:
        for module in _modules(name):
            _import(module)
    held = {path: _stamp(path) for path in _files()}
    os.register_at_fork(after_in_child=lambda: _let_go_of_changed_code(held))


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception:
        logger.exception("workers start without %s", name)


def _modules(package: str) -> Iterator[str]:
    """Yield the modules of a package of ours, itself first, but for those that no task imports."""
    yield package
    folder = getattr(sys.modules.get(package), "__path__", ())
    for found in pkgutil.iter_modules(folder, f"{package}."):
        if found.name not in NOT_OF_TASKS:
            yield from _modules(found.name)


def _files() -> list[Path]:
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in CODE]
    return [Path(file) for module in modules if (file := getattr(module, "__file__", None))]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _let_go_of_changed_code(held: dict[Path, tuple[int, int] | None]) -> None:
    """Forget all modules of ours if a file of one has changed: old and new ones do not go together."""
    if any(_stamp(path) != stamp for path, stamp in held.items()):
        for name in [name for name in sys.modules if name.partition(".")[0] in CODE]:
            del sys.modules[name]
