"""How an outbox towards the supplier is drained: chunk by chunk, one sender at a time, with patience."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from leadline.collector import collector_slowed
from leadline.hub import Hub, now_us
from leadline.ports import RowResult
from leadline.retries import Retries
from leadline.turns import sole_sender


@dataclass(frozen=True)
class WriteLimits:
    """How one write-back behaves: rows sent and stored at a time, and how long it waits for another try."""

    chunk_rows: int = 10_000
    patience_seconds: float = 20.0
    retries: Retries = field(default_factory=Retries)


@dataclass(frozen=True)
class WriteCounts:
    """What one write-back did, in rows of its outbox; `waiting` are left for the next one."""

    written: int = 0
    refused: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Outbox:
    """One supplier's outbox of one kind, by the statements that say when a row is due and how many wait."""

    hub: Hub
    supplier: str
    due_statement: str
    open_statement: str

    def due(self, after: int) -> float | None:
        """Return the seconds until a row that rests may go again; None: none rests."""
        with self.hub.reading() as connection:
            due = self.hub.run(
                connection, self.due_statement, supplier=self.supplier, after=after
            ).scalar_one()
        return None if due is None else max(0.0, (due - now_us()) / 1_000_000) + 0.001

    def open(self) -> int:
        """Return how many rows wait, due or not."""
        with self.hub.reading() as connection:
            count: int = self.hub.run(connection, self.open_statement, supplier=self.supplier).scalar_one()
            return count


def drain(
    outbox: Outbox,
    turn: str,
    send: Callable[[], list[str] | None],
    limits: WriteLimits,
    sleep: Callable[[float], None],
) -> WriteCounts:
    """Send until nothing is due, waiting a little for rows that may be tried again; return counts.

    Args:
        turn: What is locked against a second sender.
        send: Sends one chunk and returns its rows' new states; None: nothing is due.
    """
    patience = limits.patience_seconds
    written = refused = 0
    with sole_sender(outbox.hub, turn, sleep=sleep) as still_ours, collector_slowed():
        while True:
            began = now_us()
            still_ours()
            while (states := send()) is not None:
                written += states.count("sent")
                refused += states.count("refused")
                still_ours()
            rest = outbox.due(began)
            if rest is None or rest > patience:
                break
            patience -= rest
            sleep(rest)
        return WriteCounts(written, refused, outbox.open())


def state_of(result: RowResult, attempts: int, retries: Retries) -> tuple[str, int]:
    """Return a row's new state, and when it may go again, after its `attempts`-th try."""
    if result.ok:
        return "sent", 0
    if result.retryable and attempts < retries.attempts:
        return "waiting", retries.next_at(attempts)
    return "refused", 0


def silent(key: str) -> RowResult:
    """Return the result of a row of which the supplier's system said nothing."""
    return RowResult(key, ok=False, code="NO_RESULT", message="no result", retryable=True)
