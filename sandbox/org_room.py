"""The orgs of the sandbox, each with a plain and a TLS port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from sandbox.hooks import SandboxHooks
from sandbox.orgs import org_config
from sandbox.ports import PortPlan
from sandbox.salesforce.app import create_org_app
from sandbox.salesforce.config import OrgConfig
from sandbox.salesforce.org import Org
from sandbox.web import Tls, WebServer


class OrgRoom:
    """One org: its application on a plain and a TLS port."""

    def __init__(self, config: OrgConfig, app: Any, host: str, ports: tuple[int, int], tls: Tls) -> None:
        self.config = config
        self.app = app
        self.plain = WebServer(app, f"salesforce:{config.name}", host, ports[0])
        self.secure = WebServer(app, f"salesforce:{config.name}:tls", host, ports[1], tls)

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
        manager: AbstractAsyncContextManager[Any] = self.app.router.lifespan_context(self.app)
        return manager

    @property
    def org(self) -> Org:
        """Return the org behind the application."""
        found: Org = self.app.state.org
        return found


def org_rooms(
    names: Sequence[str], state: Path, hooks: SandboxHooks, public_key_pem: str, plan: PortPlan, tls: Tls
) -> Iterator[OrgRoom]:
    """Yield the room of each org, not up yet."""
    ports = plan.ports(names)
    for name in names:
        config = org_config(name, public_key_pem)
        app = create_org_app(config, state / "salesforce", hooks)
        pair = (ports[f"salesforce:{name}"], ports[f"salesforce:{name}:tls"])
        yield OrgRoom(config, app, plan.host, pair, tls)
