"""Imitated Marketo subscriptions, started once and emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.launch import RunningSandbox, running


class Tenant:
    """One subscription: what its people do, and a plain HTTP client that is signed in."""

    def __init__(self, started: RunningSandbox, name: str = "initech") -> None:
        self.control = started.control
        self.address = started.tenant("marketo", name)
        self.name = name
        self.http = httpx.Client(base_url=self.address["url"], timeout=30)
        self.sign_in()

    def sign_in(self) -> dict[str, Any]:
        form = {"grant_type": "client_credentials"}
        form |= {key: self.address[key] for key in ("client_id", "client_secret")}
        answer: dict[str, Any] = self.http.post("/identity/oauth/token", data=form).json()
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return answer

    def act(self, action: str, **values: Any) -> Any:
        return self.control.do("marketo", self.name, action, **values)

    def insert(self, object_: str, *rows: dict[str, Any]) -> list[Any]:
        return list(self.act("insert", object=object_, rows=list(rows)))

    def rows(self, object_: str) -> list[dict[str, Any]]:
        return list(self.act("rows", object=object_))

    def fault(self, kind: str, operation: str, **order: Any) -> int:
        return self.control.fault("marketo", kind, operation=operation, match={"org": self.name}, **order)

    def get(self, path: str, **params: Any) -> Any:
        return self.http.get(path, params=params).json()

    def post(self, path: str, body: Any = None, **params: Any) -> Any:
        return self.http.post(path, json=body, params=params).json()

    def code(self, answer: dict[str, Any]) -> str:
        assert answer["success"] is False
        return str(answer["errors"][0]["code"])


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running(tmp_path_factory.mktemp("marketo"), orgs=(), vendors=("marketo",)) as sandbox:
        yield sandbox


@pytest.fixture
def tenant(started: RunningSandbox) -> Iterator[Tenant]:
    """Return initech, empty, with a fresh clock and no faults."""
    started.control.reset()
    tenant = Tenant(started)
    tenant.act("set", rate_calls=10_000)
    yield tenant
    tenant.http.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"
