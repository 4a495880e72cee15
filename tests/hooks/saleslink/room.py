"""A dealer's Saleslink on a real server, and our adapter for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hooks.saleslink.crm import SaleslinkCrm
from hooks.saleslink.hook import SaleslinkHook
from leadline.ports import ActivityWrite, CrmRecord, KnownRecord, RecordWrite, RowResult
from sandbox.launch import RunningSandbox
from tests.hooks.ledgers import NoJobs

TENANT = "k001"
OTHER_HOUR = datetime(2026, 3, 2, 7, tzinfo=UTC)
MOMENTS = ["before", "after"]


class Dealer:
    """One tenant and our client for it; `slept` holds what the client would have waited."""

    def __init__(self, sandbox: RunningSandbox, name: str = TENANT, **extra: Any) -> None:
        self.control, self.name = sandbox.control, name
        self.slept: list[float] = []
        hook = SaleslinkHook(f"sl_{name}")
        self.client = hook.get_client()
        self.client.sleep = self.slept.append
        self.crm = SaleslinkCrm(self.client, ["Tier", "Machine"])

    def do(self, action: str, **values: Any) -> Any:
        return self.control.do("saleslink", self.name, action, **values)

    def leads(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.do("rows", object="Lead", **query))

    def events(self) -> list[tuple[str, str]]:
        return [(one["LeadId"], one["ExternalId"]) for one in self.do("rows", object="Event")]

    def calls(self, operation: str) -> int:
        return len(self.control.journal("saleslink", operation=operation, org=self.name))

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        match = {"org": self.name}
        self.control.fault("saleslink", kind, operation=operation, moment=moment, match=match, **order)

    def write(self, *writes: RecordWrite) -> dict[str, RowResult]:
        return {one.key: one for one in self.crm.write(writes, NoJobs())}

    def known(self, *numbers: int) -> list[KnownRecord]:
        by_external = {one["ExternalId"]: one for one in self.leads(deleted=True)}
        return [
            KnownRecord(by_external[f"A{n}"]["LeadId"], "Lead", f"A{n}", f"p{n}@example.org") for n in numbers
        ]

    def pull(self, known: list[KnownRecord], since: datetime | None = None, *fields: str) -> list[CrmRecord]:
        return list(self.crm.pull_records(known, fields, since))


def create(number: int, **fields: str | None) -> RecordWrite:
    values = {"LastName": f"Last{number}", "Company": "Example", "Email": f"p{number}@example.org"}
    return RecordWrite(f"D{number}", "create", "Lead", f"A{number}", None, values | fields)


def change(number: int, record_id: str | None, **fields: str | None) -> RecordWrite:
    return RecordWrite(f"D{number}", "update", "Lead", f"A{number}", record_id, fields)


def event(number: int, record_id: str, **values: Any) -> ActivityWrite:
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    return ActivityWrite(
        f"E{number}", record_id, **{"subject": "Acme: click", "body": "x", "occurred_at": at} | values
    )
