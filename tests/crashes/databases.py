"""The hub's database of a lane, on SQLite or PostgreSQL: its state can be kept, and put back."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Protocol

import psycopg

from leadline.hub import Hub
from leadline.hub.schema import metadata


class Database(Protocol):
    """One database under one URL; every kept state has a name."""

    url: str

    def keep(self, name: str) -> None:
        """Keep what it holds now."""

    def put_back(self, name: str) -> None:
        """Let it hold what it held when this was kept; `empty` are the hub's tables alone."""


class SqliteFile:
    """A file; a kept state is a copy of it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "hub.db"
        self._kept = folder / "kept-hubs"
        self._kept.mkdir()
        self.url = f"sqlite:///{self._file}"
        hub = Hub(self.url)
        metadata.create_all(hub.engine)
        hub.engine.dispose()
        self.keep("empty")

    def keep(self, name: str) -> None:
        """Copy the file."""
        hub = Hub(self.url)
        with hub.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        hub.engine.dispose()  # left open, it would write its log into what is put back one day
        shutil.copy(self._file, self._kept / name)

    def put_back(self, name: str) -> None:
        """Put a copy in its place, and away what lies beside it."""
        for rest in self._file.parent.glob("hub.db-*"):
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
        shutil.copy(self._kept / name, self._file)


class PostgresqlDatabase:
    """A database of a server; a kept state is another one, made with it as the template."""

    _numbers = itertools.count()

    def __init__(self, server: str) -> None:
        self._server = server
        self._name = f"crash_{next(self._numbers)}"
        self.url = server.replace("/postgres?", f"/{self._name}?")
        self._copy(self._name, "template0")
        hub = Hub(self.url)
        metadata.create_all(hub.engine)
        hub.engine.dispose()
        self.keep("empty")

    def keep(self, name: str) -> None:
        """Make a copy beside it."""
        self._copy(self._named(name), self._name)

    def put_back(self, name: str) -> None:
        """Make it anew from a copy; whoever is still connected is thrown out."""
        self._copy(self._name, self._named(name))

    def _named(self, name: str) -> str:
        return f"{self._name}_{name}".replace("-", "_")

    def _copy(self, name: str, source: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (source,)
            )
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
