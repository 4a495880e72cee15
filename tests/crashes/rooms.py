"""A sandbox whose state can be kept and put back, so that every case starts from the same place."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.client import Control
from sandbox.core import Sandbox, Settings
from sandbox.ports import PortPlan
from sandbox.salesforce import seeding
from tests.crashes import tenants
from tests.crashes.tenants import Tenant


class Rooms:
    """A running sandbox, and its state as files."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.addresses = sandbox.addresses
        self.control = Control(sandbox.addresses["control"])

    def keep(self, kept: Path, also: Sequence[Tenant] = ()) -> None:
        """Keep the orgs, the drops and these tenants as they are now in this folder."""
        kept.mkdir(parents=True)
        for name, room in self._sandbox.orgs.items():
            with room.org.store.lock:
                room.org.close()  # a closed file is whole
                shutil.copy(self._file(name), kept / name)
                room.org.open()
        for name, account in self._sandbox.accounts.items():
            shutil.copytree(account.home, kept / f"sftp-{name}")
        for tenant in also:
            tenants.keep(self._sandbox.tenants[tenant].tenant, kept / "-".join(tenant))

    def put_back(self, kept: Path) -> None:
        """Let orgs and drops be as they were when they were kept."""
        for name, room in self._sandbox.orgs.items():
            with room.org.store.lock:
                room.org.reset()
                room.org.close()
                shutil.copy(kept / name, self._file(name))
                room.org.open()
        for name, account in self._sandbox.accounts.items():
            shutil.rmtree(account.home)
            shutil.copytree(kept / f"sftp-{name}", account.home)
        for tenant, room in self._sandbox.tenants.items():
            if (file := kept / "-".join(tenant)).exists():
                tenants.put_back(room.tenant, file)
        self._sandbox.journal.clear()

    def rows(self, org: str, object_: str) -> list[dict[str, Any]]:
        """Return an org's records, deleted ones too, as they are stored."""
        room = self._sandbox.orgs[org]
        with room.org.store.lock:
            return seeding.rows(room.org, object_, deleted=True)

    def counts(self, org: str) -> dict[str, int]:
        """Return how many records an org has, by object, where it has any."""
        with self._sandbox.orgs[org].org.store.lock:
            tables = self._sandbox.orgs[org].org.store.tables
            return {name: len(table) for name, table in tables.items() if table}

    def jobs(self, org: str) -> list[Any]:
        """Return object, operation and state of an org's bulk jobs, in order."""
        found = sorted(self._sandbox.orgs[org].org.jobs.items())
        return [(job.get("object"), job.get("operation"), job.get("state")) for _, job in found]

    def writes(self) -> list[dict[str, Any]]:
        """Return the calls since `put_back` or the last call of this that were to change something."""
        entries = self._sandbox.journal.read()
        self._sandbox.journal.clear()
        return [
            one
            for one in entries
            if one.get("writes") or one["operation"] in ("rename", "remove", "mkdir", "write")
        ]

    def _file(self, org: str) -> Path:
        return self._sandbox.settings.state / "salesforce" / f"salesforce-{org}.sqlite"


@contextmanager
def running_rooms(folder: Path, orgs: Sequence[str], vendors: tuple[str, ...]) -> Iterator[Rooms]:
    """Run a sandbox with these orgs and the tenants of these vendors in a thread of this process."""
    loop, opened, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    sandbox = Sandbox(Settings(folder / "sandbox", PortPlan(first=None), tuple(orgs), vendors))

    async def serve() -> None:
        try:
            await sandbox.open()
        finally:
            opened.set()
        try:
            await over.wait()
        finally:
            await sandbox.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    opened.wait()
    try:
        yield Rooms(sandbox)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
