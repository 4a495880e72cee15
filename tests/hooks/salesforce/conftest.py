"""Clients of orgs in the sandbox; each folder starts those that its tests need, as `started`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.hook import SalesforceHook
from sandbox.launch import RunningSandbox
from tests.hooks.salesforce.rooms import connection


@pytest.fixture
def connect(
    started: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., SalesforceClient]]:
    """Return a function that gives a client of an org, empty at first; extras change its connection."""
    started.control.reset()
    clients: list[SalesforceClient] = []

    def make(name: str, **extra: Any) -> SalesforceClient:
        monkeypatch.setenv(f"AIRFLOW_CONN_SF_{name.upper()}", connection(started, name, **extra))
        client = SalesforceHook(f"sf_{name}").get_client()
        client.sleep = lambda _seconds: None
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()
