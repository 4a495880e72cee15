"""Opening the hub, its transactions, its statements and its bulk loaders.

Every set-based statement is one file in `include/sql`, a Jinja template for identifiers only; values are
always bound. Both databases run the same files; where they must differ a template asks `{{ dialect }}`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Column, Connection, CursorResult, select, text

from leadline.hub import databases
from leadline.hub.schema import metadata, supplier
from leadline.settings import default_include_dir, settings


def now_us() -> int:
    """Return the present in UTC microseconds since 1970."""
    return time.time_ns() // 1_000


def open_hub(url: str | None = None) -> Hub:
    """Return the hub at this SQLAlchemy URL, or the one the settings name."""
    return Hub(url or settings().hub_url.get_secret_value())


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(default_include_dir() / "sql"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  SQL, and identifiers of ours only
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Hub:
    """The database behind every step. Opening costs nothing; the first statement connects.

    Attributes:
        side_by_side: Whether others may be read while a transaction is under way, on another connection.
    """

    side_by_side = True

    def __init__(self, url: str) -> None:
        self.engine = databases.engine(url)

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def transaction(self, supplier_key: str | None = None) -> Iterator[Connection]:
        """Yield a connection whose work is committed as one, or not at all.

        With `supplier_key`, the transaction holds that supplier's lock row until it ends; whatever
        changes leads, assignments or outboxes of a supplier takes it.
        """
        with self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            with connection.begin() if not connection.in_transaction() else connection.get_transaction():  # type: ignore[union-attr]
                if supplier_key is not None:
                    self._lock(connection, supplier_key)
                yield connection

    @contextmanager
    def reading(self, *, loads: bool = False) -> Iterator[Connection]:
        """Yield a connection that sees one snapshot and writes nothing.

        Args:
            loads: Whether it works beside another connection of the same step: temporary tables can be
                loaded then, which PostgreSQL takes for writing, and SQLite keeps a quarter of the pages.
        """
        with self.engine.connect() as connection:
            if self.dialect == "postgresql":
                only = "" if loads else ", READ ONLY"
                connection.execute(text(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ{only}"))
            else:
                if loads:
                    connection.exec_driver_sql(f"PRAGMA cache_size={databases.CACHE // 4}")
                connection.exec_driver_sql("BEGIN")  # without it each statement has a snapshot of its own
            yield connection
            connection.rollback()

    def _lock(self, connection: Connection, supplier_key: str) -> None:
        connection.execute(
            text(
                "INSERT INTO supplier (supplier, label, created_at, revision) "
                "VALUES (:supplier, :label, :at, 1) "
                "ON CONFLICT (supplier) DO UPDATE SET revision = supplier.revision + 1"
            ),
            {"supplier": supplier_key, "label": supplier_key, "at": now_us()},
        )

    def revision(self, connection: Connection, supplier_key: str) -> int:
        """Return how many transactions have held this supplier's lock, the caller's own among them.

        Two that see the same number see the same leads, assignments and outboxes of the supplier.
        """
        found = connection.execute(select(supplier.c.revision).where(supplier.c.supplier == supplier_key))
        return found.scalar_one_or_none() or 0

    def refresh_statistics(self, *tables: str) -> None:
        """Let PostgreSQL look at those of these tables that it knows nothing of, or that grew by a tenth.

        Its own look comes a minute after the first rows, if at all before they are joined: until then it
        takes tables for empty, and plans that compare each row with each. SQLite was told what to expect
        (`schema.sizes`).
        """
        if self.dialect != "postgresql":
            return
        stale = text(
            "SELECT c.relname FROM pg_class AS c LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid "
            "WHERE c.oid IN (SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS name) "
            "AND (c.reltuples <= 0 OR s.n_mod_since_analyze > 0.1 * c.reltuples)"
        )
        with self.engine.connect() as plain:
            # Of its own: within a transaction it would keep the tables from others who look.
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            for name in sorted(connection.execute(stale, {"tables": list(tables)}).scalars()):
                connection.exec_driver_sql(f'ANALYZE "{name}"')

    def run(self, connection: Connection, statement: str, /, **values: Any) -> CursorResult[Any]:
        """Run `include/sql/<statement>.sql` with bound values and return its result.

        Keyword arguments whose name starts with `table_` are identifiers for the template; all others
        are bound.
        """
        identifiers = {name: values.pop(name) for name in list(values) if name.startswith("table_")}
        sql = _templates().get_template(f"{statement}.sql").render(dialect=self.dialect, **identifiers)
        return connection.execute(text(sql), values)

    def load(
        self, connection: Connection, like: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> str:
        """Load rows into a temporary table shaped like columns of hub table `like`; return its name.

        The table lives until the transaction ends. SQLite takes statements of many rows, PostgreSQL COPY: the
        fastest way of each (reference: docs/architecture.md, "Loading"). JSON columns take JSON text.
        """
        source = metadata.tables[like]
        return self.load_columns(connection, f"load_{like}", [source.c[name] for name in columns], rows)

    def load_columns(
        self,
        connection: Connection,
        name: str,
        columns: Sequence[Column[Any]],
        rows: Iterable[Sequence[Any]],
    ) -> str:
        """Load rows into the temporary table `name`, its columns named and typed as these; see `load`."""
        quoted = ", ".join(f'"{column.name}"' for column in columns)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        types = [f'"{column.name}" {column.type.compile(dialect=self.engine.dialect)}' for column in columns]
        drop = " ON COMMIT DROP" if self.dialect == "postgresql" else ""
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({', '.join(types)}){drop}")
        raw: Any = connection.connection.dbapi_connection
        if self.dialect == "postgresql":
            with (
                databases.saying_no_values(),
                raw.cursor() as cursor,
                cursor.copy(f"COPY {name} ({quoted}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
        else:
            databases.insert_many(raw, f"INSERT INTO {name} ({quoted})", len(columns), rows)
        return name
