"""A partner's CRM as a test sees it: in memory, or an org of the sandbox's Salesforce over sockets."""

from __future__ import annotations

import json
from typing import Any, Protocol

import pytest

from sandbox.launch import RunningSandbox
from tests.scenarios.house import House, MemoryCrm

ORG = "p001"


class PartnerSide(Protocol):
    """What stands in partner P1's CRM."""

    def attach(self, house: House) -> None:
        """Let this house push into it; after its partner was added."""
        ...

    def insert(self, object_: str, **fields: Any) -> None:
        """Add a record that the partner made itself."""
        ...

    def records(self, object_: str) -> list[dict[str, Any]]:
        """Return the records of an object."""
        ...

    def tasks(self) -> list[tuple[str, str | None]]:
        """Return subject and text of everything that was noted on records."""
        ...


class InMemory:
    """The CRM of `house`."""

    def __init__(self) -> None:
        self.crm = MemoryCrm()

    def attach(self, house: House) -> None:
        house.crms["crm-P1"] = self.crm

    def insert(self, object_: str, **fields: Any) -> None:
        self.crm.insert(object_, **fields)

    def records(self, object_: str) -> list[dict[str, Any]]:
        return self.crm.of(object_)

    def tasks(self) -> list[tuple[str, str | None]]:
        return [(one.subject, one.body) for one in self.crm.tasks.values()]


class InSalesforce:
    """An org of the sandbox, reached as a push reaches it: by the hooks, through an Airflow connection."""

    def __init__(self, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.control = sandbox.control
        self.control.reset()
        address = sandbox.org(ORG)
        extra = {
            "instance_url": address["tls_url"],
            "consumer_key": address["client_id"],
            "consumer_secret": address["client_secret"],
            "ca_bundle": sandbox.ca_bundle,
        }
        monkeypatch.setenv("AIRFLOW_CONN_CRM_P1", json.dumps({"conn_type": "salesforce", "extra": extra}))

    def attach(self, house: House) -> None:
        from hooks.systems import partner_crm

        house.open_crm = partner_crm

    def insert(self, object_: str, **fields: Any) -> None:
        self.control.act(ORG, "insert", object=object_, rows=[fields])

    def records(self, object_: str) -> list[dict[str, Any]]:
        return self.control.records(ORG, object_)

    def tasks(self) -> list[tuple[str, str | None]]:
        return [(one["Subject"], one.get("Description")) for one in self.records("Task")]
