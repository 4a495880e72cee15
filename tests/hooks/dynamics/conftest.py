"""One partner's Dynamics over real sockets, and our adapter for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.crm import DynamicsCrm
from hooks.dynamics.hook import DynamicsHook
from leadline.ports import KnownRecord, RecordWrite, RowResult
from sandbox.launch import RunningSandbox, running
from tests.hooks.ledgers import NoJobs

TENANT = "d001"


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=(), vendors=("dynamics",)) as sandbox:
        yield sandbox


class Dynamics:
    """One environment, our adapter for it, and what its people do."""

    def __init__(
        self, sandbox: RunningSandbox, hook: DynamicsHook, client: DynamicsClient, name: str
    ) -> None:
        self.control, self.client, self.name = sandbox.control, client, name
        self.address = sandbox.tenant("dynamics", name)
        self.me = self.address["user_id"]
        self.waited: list[float] = []
        client.sleep = self.waited.append
        self.crm = DynamicsCrm(client, "ll_leadlineid", hook.get_options())

    def act(self, action: str, **values: Any) -> Any:
        return self.control.do("dynamics", self.name, action, **values)

    def rows(self, table: str, **values: Any) -> list[dict[str, Any]]:
        return list(self.act("rows", object=table, **values))

    def insert(self, table: str, **values: Any) -> str:
        return str(self.act("insert", object=table, rows=[values])[0])

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        match = {"org": self.name}
        self.control.fault("dynamics", kind, operation=operation, moment=moment, match=match, **order)

    def calls(self, operation: str) -> int:
        return len(self.control.journal("dynamics", operation=operation, org=self.name))

    def write(self, *writes: RecordWrite) -> dict[str, RowResult]:
        return {one.key: one for one in self.crm.write(writes, NoJobs())}

    def known(
        self, record_id: str, table: str = "lead", email: str = "", seen: str | None = None
    ) -> KnownRecord:
        return KnownRecord(record_id, table, "A1", email, seen)

    def describe(self, *tables: str) -> None:
        """Let the adapter ask for its tables now, so that faults meet what comes after."""
        self.crm.describe(tables)


@pytest.fixture
def make_dynamics(
    started: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Dynamics]]:
    started.control.reset()
    clients = []

    def make(name: str = TENANT, **extra: Any) -> Dynamics:
        address = started.tenant("dynamics", name)
        connection = {
            "conn_type": "generic",
            "host": address["tls_url"],
            "login": address["client_id"],
            "password": address["client_secret"],
            "extra": {
                "tenant_id": address["tenant_id"],
                "authority": address["tls_url"],
                "ca_bundle": started.ca_bundle,
            }
            | extra,
        }
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
        hook = DynamicsHook(name)
        client = hook.get_client()
        clients.append(client)
        return Dynamics(started, hook, client, name)

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def dynamics(make_dynamics: Callable[..., Dynamics]) -> Dynamics:
    return make_dynamics()
