"""Migrating gives exactly the tables of `hub.schema`, once, whoever else migrates at the same time."""

from __future__ import annotations

import re
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from leadline.hub import Hub, migration
from leadline.hub.schema import metadata, supplier

MakeHub = Callable[..., Hub]


def catalogue(hub: Hub) -> set[tuple[object, ...]]:
    """Return what the database itself says about every table, column, key and index."""
    if hub.dialect == "sqlite":
        with hub.reading() as connection:
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'")
            ).all()
        # each line of the statement apart: constraints may stand in another order; (false) is false
        return {
            (name, line.strip(" ,").replace("(false)", "false"))
            for name, sql in rows
            for line in re.split(r"\n", sql or "")
        }
    statements = [
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'",
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = CAST('public' AS regnamespace) "
        "AND conrelid <> CAST('alembic_version' AS regclass)",
    ]
    with hub.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)")
        return {tuple(row) for statement in statements for row in connection.execute(text(statement))}


def test_migrated_hub_equals_the_schema(make_hub: MakeHub) -> None:
    migrated, declared = make_hub(empty=True), make_hub()

    migration.upgrade(migrated)

    assert catalogue(migrated) == catalogue(declared)
    assert len(catalogue(migrated)) > 5 * len(metadata.tables)


def test_migrated_hub_is_current_and_usable(make_hub: MakeHub) -> None:
    hub = make_hub(empty=True)
    before = migration.is_current(hub)

    revision = migration.upgrade(hub)

    assert not before
    assert migration.is_current(hub)
    with hub.transaction("acme") as connection:
        connection.execute(supplier.select())
    assert migration.upgrade(hub) == revision


def test_migrating_at_once_migrates_once(make_hub: MakeHub) -> None:
    hub = make_hub(empty=True)
    url = hub.engine.url.render_as_string(hide_password=False)
    failures: list[BaseException] = []
    start = threading.Barrier(6)

    def migrate() -> None:
        own = Hub(url)
        start.wait()
        try:
            migration.upgrade(own)
        except BaseException as error:
            failures.append(error)
        finally:
            own.engine.dispose()

    threads = [threading.Thread(target=migrate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert migration.is_current(hub)


def test_a_failed_migration_leaves_the_hub_as_it_was(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = make_hub(empty=True)

    def fail(configuration: object, revision: str) -> None:
        configuration.attributes["connection"].exec_driver_sql("CREATE TABLE half (a int)")  # type: ignore[attr-defined]
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(migration.command, "upgrade", fail)
        with pytest.raises(RuntimeError):
            migration.upgrade(hub)

    migration.upgrade(hub)
    assert not any(row[0] == "half" for row in catalogue(hub))


def test_sqlite_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    hub = Hub(f"sqlite:///{tmp_path / 'not' / 'there' / 'hub.db'}")

    migration.upgrade(hub)

    assert migration.is_current(hub)
    assert stat.S_IMODE((tmp_path / "not" / "there").stat().st_mode) == 0o700
