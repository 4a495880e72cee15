"""Where the sandbox listens: a fixed plan, so that addresses survive restarts, or ports the system picks."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass

FIRST = 28_000
"""First port of the plan; below the ranges that systems hand out by themselves."""

_OFFSETS = {"sftp": 22, "smtp": 25, "smtps": 65, "control": 80}
_ORGS_FROM = 100
_TENANTS_FROM = 200


class PortTaken(Exception):
    """Somebody else listens where the sandbox should."""

    def __init__(self, room: str, port: int) -> None:
        super().__init__(
            f"port {port} for {room} is taken: stop what listens there (another sandbox?), "
            "or start with --ports-from or --ephemeral"
        )
        self.room = room
        self.port = port


@dataclass(frozen=True)
class PortPlan:
    """Port by room; `first` None lets the system pick (0).

    An org has two rooms: `salesforce:<org>` and `salesforce:<org>:tls`; so has a tenant of another vendor,
    `<vendor>:<tenant>`.
    """

    host: str = "127.0.0.1"
    first: int | None = FIRST

    def ports(self, orgs: Sequence[str], tenants: Sequence[str] = ()) -> dict[str, int]:
        """Return the port of each room; 0 where the system picks."""
        plan = dict(_OFFSETS)
        for place, org in enumerate(orgs):
            plan[f"salesforce:{org}"] = _ORGS_FROM + 2 * place
            plan[f"salesforce:{org}:tls"] = _ORGS_FROM + 2 * place + 1
        for place, tenant in enumerate(tenants):
            plan[tenant] = _TENANTS_FROM + 2 * place
            plan[f"{tenant}:tls"] = _TENANTS_FROM + 2 * place + 1
        return {room: 0 if self.first is None else self.first + offset for room, offset in plan.items()}


def bind(host: str, port: int, room: str) -> socket.socket:
    """Return a bound socket that does not listen yet.

    Raises:
        PortTaken: Somebody else has the port.
    """
    # asyncio switches Nagle's algorithm off only where the protocol is named; each answer would wait 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(room, port) from error
        raise
    return bound
