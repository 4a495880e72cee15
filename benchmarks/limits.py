"""How many calls each vendor allows, and how many leads that is.

A figure that its vendor's own pages do not confirm says so in `basis`; docs/systems-rates.md repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Limit:
    """At most so many calls in a window.

    Attributes:
        most: Calls.
        what: How the vendor calls those that count, and the window: `calls_per_day`.
        counts: Which operations of the sandbox's journal they are, as a pattern.
        basis: Where the figure is from.
        paced_minutes: The window, where our adapter itself waits so as to keep to the limit.
    """

    most: int
    what: str
    counts: str
    basis: str
    paced_minutes: float | None = None

    @property
    def name(self) -> str:
        """Return how figures name it: `50000_calls_per_day`."""
        return f"{self.most}_{self.what}"

    def leads(self, calls: Mapping[str, int], leads: int) -> float | None:
        """Return how many leads fit, if `leads` took these calls; None: none of them counts."""
        counted = sum(number for operation, number in calls.items() if fnmatchcase(operation, self.counts))
        return self.most * leads / counted if counted else None


SIGN_INS = frozenset({"token", "login", "openid", "discovery"})
"""Operations that no vendor counts among the calls to its API."""

LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "sftp": (),
    "salesforce": (
        Limit(
            100_000, "calls_per_day", "*", "Enterprise Edition, rolling 24 h, without licences; unverified"
        ),
    ),
    "marketo": (
        Limit(50_000, "calls_per_day", "*", "usual subscription, shared by all, from midnight US Central"),
        Limit(100, "calls_per_20_s", "*", "of the subscription, shared by all"),
    ),
    "eloqua": (
        Limit(2_000, "exports_per_hour", "bulk.exports.create", "soft"),
        Limit(2_000, "imports_per_hour", "bulk.imports.create", "soft"),
        Limit(4_000, "syncs_per_hour", "bulk.syncs.create", "soft; of requests no figure is published"),
    ),
    "dynamics": (
        Limit(6_000, "calls_per_5_min", "*", "of an application user and web server; a batch is one call"),
    ),
    "saleslink": (Limit(60, "calls_per_minute", "*", "our contract, not the vendor's", paced_minutes=1),),
}
"""System -> what its reference page says; the first is the one that `calls_per_1000` stands beside."""
