"""The rooms of vendors besides Salesforce: each tenant on a plain and a TLS port of its own.

A vendor is a package `sandbox/<vendor>` whose module `room` has `NAMES`, the tenants to imitate, and
`make_room(name, state, hooks)`, which returns a `Tenant`. A line in `VENDORS` makes it part of the sandbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette

from sandbox.hooks import SandboxHooks
from sandbox.ports import PortPlan
from sandbox.web import Tls, WebServer


class Tenant(Protocol):
    """One tenant behind its API: its state lies on disk, so that it survives a restart."""

    @property
    def app(self) -> Starlette:
        """Return the API of this tenant."""
        ...

    @property
    def secrets(self) -> Mapping[str, Any]:
        """Return what a client needs besides the address: ids, keys, passwords of the sandbox."""
        ...

    def reset(self) -> None:
        """Forget all but the configuration."""
        ...

    def act(self, action: str, arguments: Mapping[str, Any]) -> Any:
        """Let something happen inside the tenant, as its people would do it; return what it tells.

        `insert` and `rows` are known to every tenant. Called from a worker thread.

        Raises:
            LookupError: There is no such action, object or record.
            ValueError: The arguments do not fit.
        """
        ...


@dataclass(frozen=True)
class Vendor:
    """One vendor: its tenants and how one is made."""

    names: tuple[str, ...]
    make: Callable[[str, Path, SandboxHooks], Tenant]


def vendors() -> dict[str, Vendor]:
    """Return the vendors by the name of their room."""
    # Imported here: a sandbox of one vendor starts without the others.
    from sandbox.dynamics import room as dynamics
    from sandbox.eloqua import room as eloqua
    from sandbox.marketo import room as marketo
    from sandbox.saleslink import room as saleslink

    return {
        "dynamics": Vendor(dynamics.NAMES, dynamics.make_room),
        "eloqua": Vendor(eloqua.NAMES, eloqua.make_room),
        "marketo": Vendor(marketo.NAMES, marketo.make_room),
        "saleslink": Vendor(saleslink.NAMES, saleslink.make_room),
    }


class VendorRoom:
    """One tenant on its two ports."""

    def __init__(self, vendor: str, name: str, tenant: Tenant, host: str, ports: tuple[int, int], tls: Tls):
        self.vendor = vendor
        self.name = name
        self.tenant = tenant
        self.plain = WebServer(tenant.app, f"{vendor}:{name}", host, ports[0])
        self.secure = WebServer(tenant.app, f"{vendor}:{name}:tls", host, ports[1], tls)

    @property
    def is_up(self) -> bool:
        """Say whether it accepts connections."""
        return self.plain.is_up

    async def up(self) -> None:
        """Listen."""
        await self.plain.up()
        await self.secure.up()

    async def down(self) -> None:
        """Refuse connections."""
        await asyncio.gather(self.plain.down(), self.secure.down())

    def lifespan(self) -> AbstractAsyncContextManager[Any]:
        """Return the application's own start and end, once for both ports."""
        app = self.tenant.app
        manager: AbstractAsyncContextManager[Any] = app.router.lifespan_context(app)
        return manager

    def address(self, host: str) -> dict[str, Any]:
        """Return where it listens and what a client needs."""
        return {
            "url": f"http://{host}:{self.plain.port}",
            "tls_url": f"https://{host}:{self.secure.port}",
            "port": self.plain.port,
            "tls_port": self.secure.port,
            **self.tenant.secrets,
        }


def tenant_names(chosen: Sequence[str] | None) -> list[tuple[str, str]]:
    """Return (vendor, tenant) of the chosen vendors; None: of all."""
    known = vendors()
    return [
        (vendor, name)
        for vendor in known
        if chosen is None or vendor in chosen
        for name in known[vendor].names
    ]


def vendor_rooms(
    chosen: Sequence[str] | None, state: Path, hooks: SandboxHooks, plan: PortPlan, tls: Tls
) -> Iterator[VendorRoom]:
    """Yield the room of each tenant, not up yet."""
    tenants = tenant_names(chosen)
    ports = plan.ports((), [f"{vendor}:{name}" for vendor, name in tenants])
    for vendor, name in tenants:
        tenant = vendors()[vendor].make(name, state / vendor, hooks)
        room = f"{vendor}:{name}"
        yield VendorRoom(vendor, name, tenant, plan.host, (ports[room], ports[f"{room}:tls"]), tls)
