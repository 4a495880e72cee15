"""Start a sandbox: `running` in a thread of this process, `spawned` as a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.client import Control
from sandbox.core import Sandbox, Settings
from sandbox.orgs import ORGS
from sandbox.ports import PortPlan

_ROOT = Path(__file__).parent.parent


RUNNING: list[RunningSandbox] = []
"""The sandboxes that answer now, started by this process."""


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that answers.

    Attributes:
        addresses: What `python -m sandbox` prints.
        control: Every action of `/_sandbox`.
    """

    addresses: dict[str, Any]
    control: Control = field(repr=False)

    @property
    def ca_bundle(self) -> str:
        """Return the file of the sandbox's CA and the public roots, for `REQUESTS_CA_BUNDLE`."""
        return str(self.addresses["ca"]["bundle"])

    def org(self, name: str) -> dict[str, Any]:
        """Return the addresses and credentials of an org."""
        return dict(self.addresses["salesforce"][name])

    def tenant(self, vendor: str, name: str) -> dict[str, Any]:
        """Return the addresses and credentials of a tenant of another vendor."""
        return dict(self.addresses[vendor][name])

    def account(self, name: str = "acme") -> dict[str, Any]:
        """Return host, port, host key and credentials of an SFTP account."""
        sftp = self.addresses["sftp"]
        return {
            "host": sftp["host"],
            "port": sftp["port"],
            "host_key": sftp["host_key"],
            "login": name,
            **sftp["accounts"][name],
        }


@contextmanager
def running(
    state: Path | None = None,
    *,
    orgs: Sequence[str] = ORGS,
    vendors: Sequence[str] | None = None,
    seed: str | None = None,
    ports_from: int | None = None,
) -> Iterator[RunningSandbox]:
    """Run a sandbox in a thread; ephemeral ports unless `ports_from`, a passing folder unless `state`.

    Only the named Salesforce `orgs` and other `vendors` are imitated; `vendors` None: all.
    """
    with tempfile.TemporaryDirectory() as passing:
        chosen = None if vendors is None else tuple(vendors)
        settings = Settings(state or Path(passing), PortPlan(first=ports_from), tuple(orgs), chosen)
        thread = _Thread(settings, seed)
        thread.start()
        try:
            addresses = thread.addresses()
            with _listed(RunningSandbox(addresses, Control(addresses["control"]))) as started:
                yield started
        finally:
            thread.stop()


@contextmanager
def spawned(state: Path, *arguments: str) -> Iterator[RunningSandbox]:
    """Run `python -m sandbox --state STATE` with more arguments; the process ends with the block."""
    command = [sys.executable, "-m", "sandbox", "--state", str(state), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise RuntimeError(f"the sandbox did not start: exit {process.wait()}")
            addresses = json.loads(line)
            with _listed(RunningSandbox(addresses, Control(addresses["control"]))) as started:
                yield started
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def _listed(started: RunningSandbox) -> Iterator[RunningSandbox]:
    RUNNING.append(started)
    try:
        yield started
    finally:
        RUNNING.remove(started)


class _Thread(threading.Thread):
    """An event loop with a sandbox in it."""

    def __init__(self, settings: Settings, seed: str | None) -> None:
        super().__init__(name="sandbox", daemon=True)
        self._settings = settings
        self._seed = seed
        self._ready = threading.Event()
        self._addresses: dict[str, Any] = {}
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    def run(self) -> None:
        """Run the sandbox until `stop`."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    def addresses(self) -> dict[str, Any]:
        """Wait until it answers and return the addresses; raises what kept it from starting."""
        self._ready.wait()
        if self._error:
            raise self._error
        return self._addresses

    def stop(self) -> None:
        """End it and wait; raises what went wrong on the way down."""
        if self._loop and self._over and self.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
        self.join()
        if self._error:
            raise self._error

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        sandbox = Sandbox(self._settings)
        await sandbox.open()
        try:
            if self._seed:
                sandbox.seed(self._seed)
            self._addresses = sandbox.addresses
            self._ready.set()
            await self._over.wait()
        finally:
            await sandbox.close()
