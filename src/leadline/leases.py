"""One reader per supplier at a time: a lease in the hub, which a dead reader loses by and by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import delete, select

from leadline.errors import LeaseHeld
from leadline.hub import Hub, now_us
from leadline.hub.schema import lease
from leadline.runs import RunContext

Item = TypeVar("Item")

DEFAULT_SECONDS = 900
PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.5


def acquire_lease(hub: Hub, ctx: RunContext, seconds: float = DEFAULT_SECONDS) -> None:
    """Make this run the supplier's only reader for `seconds`; calling it again extends the time.

    A lease that ran out (its run died) is taken over; the same run, cleared and restarted, takes its own.

    Raises:
        LeaseHeld: Another run holds it; `retry_after_seconds` is when it ends if nobody extends it.
    """
    now = now_us()
    with hub.transaction(ctx.supplier) as connection:
        hub.run(
            connection,
            "lease_acquire",
            supplier=ctx.supplier,
            run_id=ctx.run_id,
            now=now,
            expires_at=now + int(seconds * 1_000_000),
        )
        held = connection.execute(select(lease).where(lease.c.supplier == ctx.supplier)).one()
    if held.run_id != ctx.run_id:
        raise LeaseHeld(
            f"run {held.run_id} reads {ctx.supplier} now", max(0.0, (held.expires_at - now) / 1_000_000)
        )


def renew_lease(hub: Hub, ctx: RunContext, seconds: float = DEFAULT_SECONDS) -> None:
    """Extend this run's lease.

    Raises:
        LeaseHeld: It ran out meanwhile and another run took it: stop reading.
    """
    acquire_lease(hub, ctx, seconds)


def release_lease(hub: Hub, ctx: RunContext) -> None:
    """Give the lease up; one that another run holds by now is left alone."""
    with hub.transaction(ctx.supplier) as connection:
        connection.execute(
            delete(lease).where(lease.c.supplier == ctx.supplier, lease.c.run_id == ctx.run_id)
        )


@contextmanager
def sole_reader(
    hub: Hub,
    ctx: RunContext,
    seconds: float = DEFAULT_SECONDS,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Callable[[], None]]:
    """Hold the lease inside the block; yields a function that extends it. Released however it ends.

    A reader that is at work is waited for: the runs of a backfill begin together, each reads shortly.

    Raises:
        LeaseHeld: Another run still had it after `patience_seconds`.
    """
    waited = 0.0
    while True:
        try:
            acquire_lease(hub, ctx, seconds)
            break
        except LeaseHeld:
            if waited >= patience_seconds:
                raise
        sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS
    try:
        yield lambda: renew_lease(hub, ctx, seconds)
    finally:
        release_lease(hub, ctx)


def extending(items: Iterable[Item], extend: Callable[[], None]) -> Iterator[Item]:
    """Yield the items, the lease extended at each."""
    for item in items:
        extend()
        yield item
