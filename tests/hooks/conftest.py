"""Airflow as the hooks need it, before any of them is imported, and an SFTP server for any of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest

from tests.hooks.sftp.room import SftpRoom


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpRoom]:
    """Return an SFTP server with an inbox, reached by the connection `acme_sftp`."""
    root = tmp_path / "sftp"
    for folder in ("inbox", "archive", "error"):
        (root / folder).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))  # no known hosts, no ssh configuration of this machine
    room = SftpRoom(root)
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SFTP", room.connection())
    yield room
    room.stop()
