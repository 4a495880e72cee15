"""The two databases that a hub can be: how connections to each are set up, and what their errors say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from sqlalchemy import Engine, ExceptionContext, create_engine, event
from sqlalchemy.pool import QueuePool

_PARAMETERS = 2_048  # of one statement; SQLite takes 32,766

CACHE = -65_536
"""SQLite's pages of a connection; negative: in KB."""

BUSY_MS = 60_000
"""How long SQLite waits for whoever writes."""

# A peer that has been silent for a minute and answers nothing for half a minute more is gone. By themselves,
# systems wait two hours.
_KEEPALIVE = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 3}
_SERVER_KEEPALIVE = {f"tcp_{name}": value for name, value in _KEEPALIVE.items()}


@contextmanager
def saying_no_values() -> Iterator[None]:
    """Let no error of PostgreSQL say more than what is wrong: its details quote rows, which are people's."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        _shorten(error)
        raise


def _say_no_values(context: ExceptionContext) -> None:
    error = context.original_exception
    said = _shorten(error)
    if said is not None and context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (f"({type(error).__qualname__}) {said}",)


def _shorten(error: BaseException) -> str | None:
    """Leave of a server's error its first sentence, which names no values of a row; None: it is none."""
    said: str | None = getattr(getattr(error, "diag", None), "message_primary", None)
    if said is not None:
        error.args = (said,)
    return said


def insert_many(
    connection: sqlite3.Connection, insert: str, width: int, rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of so many columns into a table of SQLite: `insert` is the statement up to its VALUES.

    Many rows a statement: with one each, a thread that does this beside another lets go of the interpreter,
    and waits to have it back, for every row. Alone it is no slower.
    """
    row = f"({', '.join('?' * width)})"
    most = max(1, _PARAMETERS // width)
    rest = iter(rows)
    while part := list(islice(rest, most)):
        connection.execute(
            f"{insert} VALUES {', '.join([row] * len(part))}", tuple(chain.from_iterable(part))
        )


def engine(url: str) -> Engine:
    """Return the engine of a hub; nothing is connected yet."""
    return _sqlite(url) if url.startswith("sqlite") else _postgresql(url)


def _postgresql(url: str) -> Engine:
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_pre_ping=True,
        pool_size=2,
        max_overflow=8,
        hide_parameters=True,
        # A prepared statement would keep the plan that was good while its tables were empty.
        connect_args={"prepare_threshold": None, **_KEEPALIVE},
    )
    event.listen(engine, "handle_error", _say_no_values)

    @event.listens_for(engine, "connect")
    def steer(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            # A batch is looked up in tables of any size by their indexes: planned for slow disks, the
            # server reads the whole table instead, for each batch.
            cursor.execute("SET random_page_cost = 1.1")
            cursor.execute("SET jit = off")  # our statements are many and short
            # The server drops a worker whose machine is gone, with the locks that it holds.
            for name, seconds in _SERVER_KEEPALIVE.items():
                cursor.execute(f"SET {name} = {seconds}")
            # What was decided is on the disk before it is sent, whatever the server's own setting.
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
        connection.commit()

    return engine


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        # They stay open: whenever the last one closes, SQLite writes its whole log into the database. Two,
        # for one reads while the other writes; the last to come back goes first, for its cache is warm.
        poolclass=QueuePool,
        pool_size=2,
        pool_use_lifo=True,
        max_overflow=-1,
        # One thread at a time, as the pool gives them.
        connect_args={"timeout": BUSY_MS / 1_000, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: IMMEDIATE where we write
        for pragma in (
            "page_size=8192",  # of a new hub: leads fit better, a tenth less CPU than with 4096
            "journal_mode=WAL",
            # What was decided is on the disk before it is sent, when the power fails as well.
            "synchronous=FULL",
            # 256 MB: a page that a step writes again and again goes into the database once.
            "wal_autocheckpoint=32768",
            f"busy_timeout={BUSY_MS}",
            "foreign_keys=ON",
            "temp_store=FILE",  # a batch of 50,000 rows took 70 MB more in memory
            # Debian's SQLite blanks what is deleted, page by page. This file goes with its connection.
            "temp.secure_delete=OFF",
            f"cache_size={CACHE}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkin")
    def forget(connection: Any, _record: Any) -> None:
        if connection is not None:  # none: it was lost
            loaded = connection.execute("SELECT name FROM sqlite_temp_master WHERE type = 'table'").fetchall()
            for (name,) in loaded:
                connection.execute(f"DROP TABLE temp.{name}")
            connection.execute(f"PRAGMA cache_size={CACHE}")

    return engine
