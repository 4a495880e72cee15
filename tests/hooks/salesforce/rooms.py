"""Orgs in the sandbox's Salesforce, and Airflow connections to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from leadline.errors import BudgetExhausted, CredentialsRefused, RetryLater, VendorUnavailable
from leadline.mapping.loading import load_mapping
from sandbox.launch import RunningSandbox

GLOBEX = load_mapping(Path(__file__).parents[3] / "include/mappings/globex.yaml")
DAWN = datetime(2026, 11, 20, tzinfo=UTC)


def stamp(after: float) -> str:
    """Return the moment so many seconds after dawn, as an org stamps its rows."""
    return (DAWN + timedelta(seconds=after)).isoformat()


def connection(sandbox: RunningSandbox, name: str, **extra: Any) -> str:
    """Return an Airflow connection to an org: client credentials, unless extras say otherwise (None: no)."""
    address = sandbox.org(name)
    extras = {
        "instance_url": address["tls_url"],
        "consumer_key": address["client_id"],
        "consumer_secret": address["client_secret"],
        "ca_bundle": sandbox.ca_bundle,
    } | extra
    extras = {name: value for name, value in extras.items() if value is not None}
    return json.dumps({"conn_type": "salesforce", "extra": extras})


class Org:
    """One org as its own people and the sandbox's controls see it."""

    def __init__(self, sandbox: RunningSandbox, name: str) -> None:
        self.control, self.name = sandbox.control, name

    def act(self, action: str, **values: Any) -> Any:
        return self.control.act(self.name, action, **values)

    def insert(self, object_: str, **values: Any) -> str:
        return str(self.act("insert", object=object_, rows=[values])[0])

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        match = {"org": self.name}
        self.control.fault("salesforce", kind, operation=operation, moment=moment, match=match, **order)

    def calls(self, operation: str) -> int:
        return len(self.control.journal(operation=operation))


CONCURRENT = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
REFUSALS = {
    "session": ({"status": 401}, CredentialsRefused, "Session expired"),
    "daily": ({"status": 403}, BudgetExhausted, "TotalRequests Limit exceeded"),
    "concurrent": ({"status": 403, "message": CONCURRENT}, RetryLater, "Concurrent"),
    "disabled": ({"status": 403, "code": "API_DISABLED_FOR_ORG"}, CredentialsRefused, "API_DISABLED_FOR_ORG"),
    "unavailable": ({"status": 503}, VendorUnavailable, "SERVER_UNAVAILABLE"),
    "unknown": ({"status": 500}, VendorUnavailable, "UNKNOWN_EXCEPTION"),
}
"""How an org refuses any call: name -> arguments of the fault, our error, and what it says."""
