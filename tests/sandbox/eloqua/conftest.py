"""Imitated Eloqua tenants, started once per session and emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.launch import RunningSandbox, running


class Tenant:
    """One tenant: what its people do, and a plain HTTP client signed in by Basic."""

    def __init__(self, started: RunningSandbox, name: str = "umbrella") -> None:
        self.control = started.control
        self.address = started.tenant("eloqua", name)
        self.name = name
        self.user = f"{self.address['site']}\\{self.address['user']}"
        self.http = httpx.Client(
            base_url=self.address["url"], auth=(self.user, self.address["password"]), timeout=30
        )

    def act(self, action: str, **values: Any) -> Any:
        return self.control.do("eloqua", self.name, action, **values)

    def insert(self, object_: str, *rows: dict[str, Any]) -> list[str]:
        return list(self.act("insert", object=object_, rows=list(rows)))

    def rows(self, object_: str, **values: Any) -> list[dict[str, Any]]:
        return list(self.act("rows", object=object_, **values))

    def fault(self, kind: str, operation: str, **order: Any) -> int:
        return self.control.fault("eloqua", kind, operation=operation, match={"org": self.name}, **order)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    def define(self, element: str, kind: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/api/bulk/2.0/{element}/{kind}", json={"name": "t", **body})

    def sync(self, uri: str) -> dict[str, Any]:
        """Run a definition and return the sync when it has ended."""
        begun = self.http.post("/api/bulk/2.0/syncs", json={"syncedInstanceUri": uri}).json()
        assert begun["status"] == "pending"
        for _ in range(10):
            found = self.get(f"/api/bulk/2.0{begun['uri']}")
            if found["status"] not in {"pending", "active"}:
                return dict(found)
        raise AssertionError("the sync does not end")

    def export(self, element: str, fields: dict[str, str], **body: Any) -> list[dict[str, str]]:
        """Return the rows of an export."""
        uri = self.define(element, "exports", fields=fields, **body).json()["uri"]
        data = self.get(f"/api/bulk/2.0{self.sync(uri)['uri']}/data", limit=50_000)
        return list(data.get("items", []))


@pytest.fixture(scope="session")
def eloqua_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The room of Eloqua, for the whole session."""
    with running(Path(tmp_path_factory.mktemp("eloqua")), orgs=(), vendors=("eloqua",)) as started:
        yield started


@pytest.fixture
def tenant(eloqua_sandbox: RunningSandbox) -> Iterator[Tenant]:
    """The tenant `umbrella`, empty."""
    eloqua_sandbox.control.reset()
    found = Tenant(eloqua_sandbox)
    yield found
    found.http.close()
