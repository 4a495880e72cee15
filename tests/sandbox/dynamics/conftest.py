"""The Dynamics room over real sockets, and ways to talk to it without our own adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sandbox.launch import RunningSandbox, running

TENANT = "d001"


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=(), vendors=("dynamics",)) as sandbox:
        yield sandbox


class Environment:
    """One environment as a stranger sees it: its Web API, and what its people do."""

    def __init__(self, sandbox: RunningSandbox, http: httpx.Client, name: str = TENANT) -> None:
        self.sandbox, self.http, self.name = sandbox, http, name
        self.address = sandbox.tenant("dynamics", name)
        self.api = f"{self.address['tls_url']}/api/data/v9.2"
        self.token = ""

    def sign_in(self, **changes: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.address["client_id"],
            "client_secret": self.address["client_secret"],
            "scope": f"{self.address['tls_url']}/.default",
        } | changes
        url = f"{self.address['tls_url']}/{self.address['tenant_id']}/oauth2/v2.0/token"
        answer = self.http.post(url, data=form)
        self.token = answer.json().get("access_token", "")
        return answer

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        url = path if "://" in path else f"{self.api}/{path}"
        sent = {
            "Authorization": f"Bearer {self.token}",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return self.http.request(method, url, json=json, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        answer = self.call("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, action: str, **values: Any) -> Any:
        return self.sandbox.control.do("dynamics", self.name, action, **values)

    def rows(self, table: str, **values: Any) -> list[dict[str, Any]]:
        return self.act("rows", object=table, **values)

    def insert(self, table: str, **values: Any) -> str:
        return str(self.act("insert", object=table, rows=[values])[0])

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        self.sandbox.control.fault("dynamics", kind, operation=operation, moment=moment, **order)


@pytest.fixture
def make_environment(started: RunningSandbox) -> Iterator[Callable[..., Environment]]:
    started.control.reset()
    opened = []

    def make(name: str = TENANT) -> Environment:
        http = httpx.Client(verify=_context(started), timeout=30)
        opened.append(http)
        return Environment(started, http, name)

    yield make
    for http in opened:
        http.close()


def _context(started: RunningSandbox) -> Any:
    import ssl

    return ssl.create_default_context(cafile=started.ca_bundle)


@pytest.fixture
def environment(make_environment: Callable[..., Environment]) -> Environment:
    made = make_environment()
    made.sign_in()
    return made
