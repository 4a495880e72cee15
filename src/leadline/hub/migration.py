"""Bringing a hub's tables to this version of the code.

Expand first, contract a release later (docs/adr/001-migrations.md), so that old and new code can share a
hub while workers are replaced.
"""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from leadline.hub.engine import Hub
from leadline.hub.schema import metadata
from leadline.hub.schema.sizes import tell_sizes

logger = logging.getLogger(__name__)

# Any number will do that nothing else on the same PostgreSQL database takes.
_ADVISORY_LOCK = 5_323_744_291


def upgrade(hub: Hub) -> str:
    """Bring the hub to the newest revision and return it; a hub that is there already is left alone.

    Runs as one transaction under one lock: of several that call this at once, one migrates and the others
    wait and find it done. A migration that fails leaves the hub as it was. SQLite's folder is made, for
    its owner alone.
    """
    if hub.dialect == "sqlite" and (path := hub.engine.url.database):
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = _configuration()
    newest = _newest(configuration)
    with hub.transaction() as connection:
        if hub.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        before = _revision(connection)
        if before != newest:
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")
            tell_sizes(connection, metadata)
            logger.info("hub upgraded from %s to %s", before, newest)
    return newest


def is_current(hub: Hub) -> bool:
    """Return whether the hub has every table and column that this version of the code needs, and no more."""
    with hub.reading() as connection:
        return _revision(connection) == _newest(_configuration())


def is_newer(hub: Hub) -> bool:
    """Return whether a version of the code that this one does not know of has upgraded the hub."""
    with hub.reading() as connection:
        revision = _revision(connection)
    known = {one.revision for one in ScriptDirectory.from_config(_configuration()).walk_revisions()}
    return revision is not None and revision not in known


def _configuration() -> Config:
    configuration = Config()
    folder = str(Path(__file__).parent / "migrations")
    configuration.set_main_option("script_location", folder.replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration


def _newest(configuration: Config) -> str:
    newest = ScriptDirectory.from_config(configuration).get_current_head()
    if newest is None:
        raise RuntimeError("this installation has no migrations")
    return newest


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
