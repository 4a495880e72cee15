"""The sandbox as a whole: one event loop with every room, the clock, the journal and the faults."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import keys, seeding
from sandbox.ca import make_certificates
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.hooks import Fault, Moment
from sandbox.journal import Journal
from sandbox.mail.mailbox import Mailbox
from sandbox.mail.server import LOGIN, PASSWORD, MailRoom
from sandbox.org_room import OrgRoom, org_rooms
from sandbox.orgs import ORGS
from sandbox.ports import PortPlan
from sandbox.sftp import accounts
from sandbox.sftp.server import SftpRoom
from sandbox.vendor_rooms import VendorRoom, vendor_rooms
from sandbox.web import Tls, WebServer


@dataclass(frozen=True)
class Settings:
    """How a sandbox is started.

    Args:
        state: Folder that holds everything; what is there already is used.
        ports: Where to listen.
        orgs: Which Salesforce orgs to imitate.
        vendors: Which other vendors; None: all.
        hosts: Names besides 127.0.0.1 and localhost by which clients call the servers.
    """

    state: Path
    ports: PortPlan = field(default_factory=PortPlan)
    orgs: tuple[str, ...] = ORGS
    vendors: tuple[str, ...] | None = None
    hosts: tuple[str, ...] = ()


class Hooks:
    """Clock, journal and faults as the rooms ask for them (`sandbox.hooks.SandboxHooks`)."""

    def __init__(self, clock: Clock, journal: Journal, faults: Faults) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults

    def now(self) -> datetime:
        """Return the sandbox clock."""
        return self._clock.now()

    def journal(self, entry: dict[str, Any]) -> None:
        """Note one request."""
        self._journal.add(entry)

    def fault(self, room: str, operation: str, detail: dict[str, Any], moment: Moment) -> Fault | None:
        """Return the trouble to make now, or None."""
        return self._faults.take(room, operation, detail, moment)


class Sandbox:
    """Opened and closed inside one running event loop; `launch` does it in a thread or a process."""

    def __init__(self, settings: Settings) -> None:
        state = settings.state
        self.settings = settings
        self.clock = Clock(state / "clock.json")
        self.journal = Journal(state / "journal.jsonl", self.clock.now)
        self.faults = Faults()
        self.hooks = Hooks(self.clock, self.journal, self.faults)
        self.mailbox = Mailbox(state / "mail" / "mailbox.jsonl", self.clock.now)
        self.accounts: dict[str, accounts.Account] = {}
        self.orgs: dict[str, OrgRoom] = {}
        self.tenants: dict[tuple[str, str], VendorRoom] = {}
        self.addresses: dict[str, Any] = {}
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Start every room; with one that cannot start, none is left running.

        Raises:
            PortTaken: Somebody else listens on a port of the plan.
        """
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop every room; the state stays on disk."""
        await self._stack.aclose()

    async def reset(self) -> None:
        """Forget everything the rooms hold; addresses, keys and certificates stay."""
        for account in self.accounts.values():
            accounts.empty(account)
        self.mailbox.clear()
        self.faults.clear()
        self.clock.reset()
        for org in self.orgs.values():
            org.org.reset()
            await org.up()
        for room in self.tenants.values():
            room.tenant.reset()
            await room.up()
        await self.sftp.up()
        await self.mail.up()
        self.journal.clear()
        seeding.forget(self)

    def seeded(self) -> str | None:
        """Return the name of the seed that the rooms were filled with."""
        return seeding.seeded(self)

    def seed(self, name: str = "demo") -> bool:
        """Fill the rooms with the seed data; False, and nothing done, if they were filled already."""
        return seeding.seed(self, name)

    async def _open(self) -> None:
        # Imported here: the control pages know the sandbox, not the other way round at import.
        from sandbox.control.app import create_control_app

        state, plan = self.settings.state, self.settings.ports
        state.mkdir(parents=True, exist_ok=True)
        ports = plan.ports(self.settings.orgs)
        certificates = make_certificates(state / "ca", self.settings.hosts)
        tls = Tls(certificates.server, certificates.server_key)
        self.clock.load()
        self.mailbox.load()
        self.journal.open()
        self._stack.callback(self.journal.close)

        self.accounts = accounts.make_accounts(state)
        host_key = keys.ssh_key(state / "keys" / "sftp_host")
        self.sftp = SftpRoom(self.accounts, host_key, self.hooks, plan.host, ports["sftp"])
        self._stack.push_async_callback(self.sftp.down)
        await self.sftp.up()

        pair = (str(tls.certificate), str(tls.key))
        self.mail = MailRoom(self.mailbox, self.hooks, plan.host, ports["smtp"], ports["smtps"], pair)
        self._stack.push_async_callback(self.mail.down)
        await self.mail.up()

        jwt = keys.jwt_key(state / "keys" / "jwt.key")
        self._stack.push_async_callback(self._close_orgs)
        for org in org_rooms(self.settings.orgs, state, self.hooks, jwt.public_pem, plan, tls):
            self.orgs[org.config.name] = org
            await self._stack.enter_async_context(org.lifespan())
            await org.up()
        for room in vendor_rooms(self.settings.vendors, state, self.hooks, plan, tls):
            self.tenants[room.vendor, room.name] = room
            await self._stack.enter_async_context(room.lifespan())
            await room.up()

        self.control = WebServer(create_control_app(self), "control", plan.host, ports["control"])
        self._stack.push_async_callback(self.control.down)
        await self.control.up()
        self.addresses = self._addresses(
            certificates.ca, certificates.bundle, keys.public_line(host_key), jwt
        )
        (state / "addresses.json").write_text(json.dumps(self.addresses, indent=1))

    async def _close_orgs(self) -> None:
        rooms: list[OrgRoom | VendorRoom] = [*self.orgs.values(), *self.tenants.values()]
        await asyncio.gather(*(room.down() for room in rooms))

    def _addresses(self, ca: Path, bundle: Path, host_key: str, jwt: keys.JwtKey) -> dict[str, Any]:
        host = self.settings.hosts[0] if self.settings.hosts else self.settings.ports.host
        tenants: dict[str, dict[str, Any]] = {}
        for (vendor, name), room in self.tenants.items():
            tenants.setdefault(vendor, {})[name] = room.address(host)
        return {
            **tenants,
            "pid": os.getpid(),
            "state": str(self.settings.state.resolve()),
            "control": f"http://{host}:{self.control.port}/_sandbox",
            "pages": f"http://{host}:{self.control.port}/",
            "manifest": str((self.settings.state / "manifest.json").resolve()),
            "ca": {"certificate": str(ca.resolve()), "bundle": str(bundle.resolve())},
            "sftp": {
                "host": host,
                "port": self.sftp.port,
                "host_key": host_key,
                "accounts": {
                    name: {"password": account.password, "private_key_file": str(account.key_file.resolve())}
                    for name, account in self.accounts.items()
                },
            },
            "smtp": {
                "host": host,
                "port": self.mail.port,
                "tls_port": self.mail.tls_port,
                "login": LOGIN,
                "password": PASSWORD,
            },
            "salesforce": {
                name: {
                    "url": f"http://{host}:{org.plain.port}",
                    "tls_url": f"https://{host}:{org.secure.port}",
                    "port": org.plain.port,
                    "tls_port": org.secure.port,
                    "org_id": org.config.org_id,
                    "client_id": org.config.client_id,
                    "client_secret": org.config.client_secret,
                    "refresh_token": org.config.refresh_token,
                    "username": org.config.users[0].username,
                    "owner": org.config.users[1].username,
                    "queue": org.config.queues[0][0],
                    "private_key_file": str(jwt.private_file.resolve()),
                }
                for name, org in self.orgs.items()
            },
        }
