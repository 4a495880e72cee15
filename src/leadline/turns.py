"""One sender at a time: two runs that drain one queue would find neither's tasks and notes yet.

The lock ends with the process that holds it, whatever ends that process, so a retry never waits for it. On
PostgreSQL it ends with a connection as well, which the server may close under its holder: so whoever holds
it asks before each thing it sends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from leadline.errors import LeaseHeld
from leadline.hub import Hub
from leadline.hub.keys import digest

PATIENCE_SECONDS = 300.0
_POLL_SECONDS = 0.25

Turn = Callable[[], None]
"""Returns while the lock is held.

Raises:
    LeaseHeld: It was lost, and another sender may have begun.
"""


@dataclass(frozen=True)
class _Lock:
    """How a lock is taken, and how its holder learns that it was lost."""

    take: Callable[[], bool]
    is_held: Callable[[], bool]


@contextmanager
def sole_sender(
    hub: Hub,
    name: str,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Turn]:
    """Hold this queue's lock inside the block; on SQLite between processes of one machine.

    Yields what is to be called before anything is sent.

    Raises:
        LeaseHeld: Another sender still had it after `patience_seconds`.
    """
    held = _held_on_postgresql if hub.dialect == "postgresql" else _held_on_this_machine
    with held(hub, digest("turn", name)) as lock:
        waited = 0.0
        while not lock.take():
            if waited >= patience_seconds:
                # Whoever has it for so long has much to do: a try at once would only use up the tries.
                raise LeaseHeld(f"another run works on {name}", PATIENCE_SECONDS)
            sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS

        def check() -> None:
            if not lock.is_held():
                raise LeaseHeld(f"the hub's connection was lost: another run may work on {name} now")

        yield check


@contextmanager
def _held_on_postgresql(hub: Hub, key: str) -> Iterator[_Lock]:
    """A session-level advisory lock: the server lets it go with the connection."""
    number = int(key[:15], 16)  # within a signed bigint
    with hub.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")

        def take() -> bool:
            query = text("SELECT pg_try_advisory_lock(:key)")
            return bool(connection.execute(query, {"key": number}).scalar_one())

        def is_held() -> bool:
            try:
                connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                return False
            return True

        try:
            yield _Lock(take, is_held)
        finally:
            # Closes the connection for good: back in the pool it would keep the lock.
            connection.invalidate()


@contextmanager
def _held_on_this_machine(hub: Hub, key: str) -> Iterator[_Lock]:
    """A file lock beside the database: the kernel lets it go with the process."""
    folder = Path(f"{hub.engine.url.database}-turns")
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / key, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        yield _Lock(take, lambda: True)
    finally:
        os.close(handle)
