"""How a push behaves, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field

from leadline.retries import Retries


@dataclass(frozen=True)
class PushLimits:
    """How one push behaves.

    Attributes:
        chunk_rows: Deliveries decided and sent at a time.
        store_rows: Results kept in one commit.
        patience_seconds: How long a push itself waits, in all, for rows that may be tried again.
    """

    chunk_rows: int = 10_000
    store_rows: int = 5_000
    patience_seconds: float = 20.0
    retries: Retries = field(default_factory=Retries)


@dataclass(frozen=True)
class PushCounts:
    """What one push did, in deliveries; `waiting` are left for the next one."""

    created: int = 0
    updated: int = 0
    kept: int = 0  # linked to a record that was there, which nothing may change
    refused: int = 0
    waiting: int = 0
    activities: int = 0
    activities_refused: int = 0

    @property
    def sent(self) -> int:
        """Return how many deliveries reached their record."""
        return self.created + self.updated + self.kept
