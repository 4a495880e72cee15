"""The supplier `umbrella` in an imitated Eloqua, and our adapter for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hooks.systems import supplier_system
from leadline.mapping.loading import load_mapping
from leadline.mapping.model import SupplierMapping
from sandbox.launch import running


class EloquaTenant:
    """The supplier `umbrella` in its imitated Eloqua, filled and troubled by a test."""

    def __init__(self, sandbox: Any, name: str = "umbrella") -> None:
        self.control = sandbox.control
        self.address = sandbox.tenant("eloqua", name)
        self.ca_bundle = sandbox.ca_bundle
        self.name = name
        self.control.reset()

    def act(self, action: str, **values: Any) -> Any:
        return self.control.do("eloqua", self.name, action, **values)

    def insert(self, object_: str, *rows: dict[str, Any]) -> list[str]:
        return list(self.act("insert", object=object_, rows=list(rows)))

    def rows(self, object_: str) -> list[dict[str, Any]]:
        return list(self.act("rows", object=object_))

    def contact(self, **values: Any) -> str:
        number = len(self.rows("contact")) + 1
        return self.insert("contact", {"C_EmailAddress": f"c{number}@buyer.example", **values})[0]

    def submit(
        self, at: str, email: str = "a@buyer.example", form: str = "7", **values: Any
    ) -> dict[str, str]:
        campaign = values.pop("campaign", "")
        sent = {"emailAddress": email, **values}
        return dict(self.act("submit_form", form=form, values=sent, campaign=campaign, at=at))

    def fault(self, kind: str, operation: str, **order: Any) -> int:
        return int(self.control.fault("eloqua", kind, operation=operation, match={"org": self.name}, **order))

    def calls(self, operation: str) -> int:
        return len(self.control.journal("eloqua", operation=operation, org=self.name))

    def connection(self, **changes: Any) -> str:
        """Return the connection as JSON: Basic unless `extra` says otherwise."""
        extra = {"company": self.address["site"], "ca_bundle": self.ca_bundle, **changes.pop("extra", {})}
        whole = {
            "conn_type": "eloqua",
            "host": self.address["tls_url"],
            "login": self.address["user"],
            "password": self.address["password"],
            **changes,
        }
        return json.dumps({name: value for name, value in {**whole, "extra": extra}.items() if value})


@pytest.fixture(scope="session")
def eloqua_sandbox() -> Iterator[Any]:
    """The room of Eloqua alone."""
    with running(orgs=(), vendors=("eloqua",)) as sandbox:
        yield sandbox


@pytest.fixture
def umbrella(eloqua_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> EloquaTenant:
    """The tenant `umbrella`, empty, behind the connection that its mapping names."""
    tenant = EloquaTenant(eloqua_sandbox)
    monkeypatch.setenv("AIRFLOW_CONN_ELOQUA_UMBRELLA", tenant.connection())
    return tenant


@pytest.fixture
def eloqua(umbrella: EloquaTenant) -> Iterator[Callable[..., Any]]:
    """Return a function that connects by the sample mapping; keywords change its source or its parts."""
    sample = load_mapping(Path(__file__).parents[3] / "include/mappings/umbrella.yaml")
    opened: list[Any] = []

    def make(source: dict[str, Any] | None = None, **parts: Any) -> Any:
        body = sample.model_dump(by_alias=True, mode="json")
        body["source"] |= source or {}
        manager = supplier_system(SupplierMapping.model_validate(body | parts))
        system = manager.__enter__()
        system._client.sleep = lambda _seconds: None
        opened.append(manager)
        return system

    yield make
    for manager in opened:
        manager.__exit__(None, None, None)
