"""Faults to order: which trouble to make in which room, at which operation, how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sandbox.hooks import Fault, Moment


@dataclass
class Order:
    """One ordered fault.

    Attributes:
        room: `salesforce`, `sftp`, `mail`, or a pattern.
        operation: The room's name of an operation, or a pattern (`collections.*`).
        kind: What happens; the rooms list their kinds in `sandbox/COVERAGE.md`.
        moment: `before` anything is done, or `after` the room has committed and before it answers.
        times: How often; None: until it is cleared.
        skip: So many fitting operations pass first.
        match: Patterns on the operation's details: `{"org": "p001"}`, `{"path": "*.csv"}`,
            `{"address": "*@full.example"}`.
        arguments: Numbers and texts of the kind, e.g. `{"status": 503}` or `{"seconds": 2}`.
    """

    id: int
    room: str
    kind: str
    operation: str = "*"
    moment: Moment = "before"
    times: int | None = 1
    skip: int = 0
    match: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    used: int = 0

    def fits(self, room: str, operation: str, detail: Mapping[str, Any], moment: Moment) -> bool:
        """Say whether this operation is meant and some are left."""
        return (
            (self.times is None or self.used < self.times)
            and self.moment == moment
            and fnmatchcase(room, self.room)
            and fnmatchcase(operation, self.operation)
            and all(fnmatchcase(str(detail.get(key, "")), text) for key, text in self.match.items())
        )


class Faults:
    """The open orders, oldest first; the first that fits is taken."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._next = 1

    def add(self, order: Mapping[str, Any]) -> Order:
        """Take an order as the control receives it.

        Raises:
            ValueError: It names something that no order has, or misses room or kind.
        """
        known = {"room", "kind", "operation", "moment", "times", "skip", "match", "arguments"}
        if unknown := sorted(set(order) - known):
            raise ValueError(f"unknown: {', '.join(unknown)}; a fault has {', '.join(sorted(known))}")
        if missing := sorted({"room", "kind"} - set(order)):
            raise ValueError(f"missing: {', '.join(missing)}")
        if order.get("moment", "before") not in ("before", "after"):
            raise ValueError("moment is 'before' or 'after'")
        added = Order(id=self._next, **order)
        self._next += 1
        self._orders.append(added)
        return added

    def take(self, room: str, operation: str, detail: Mapping[str, Any], moment: Moment) -> Fault | None:
        """Return the trouble to make now and count it as made, or None."""
        for order in self._orders:
            if order.fits(room, operation, detail, moment):
                if order.skip > 0:
                    order.skip -= 1
                    continue
                order.used += 1
                return Fault(order.kind, dict(order.arguments))
        return None

    def orders(self) -> list[Order]:
        """Return all orders, also the used-up ones."""
        return list(self._orders)

    def clear(self, number: int | None = None) -> None:
        """Forget one order, or all."""
        self._orders = [order for order in self._orders if number is not None and order.id != number]
