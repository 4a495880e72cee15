"""A partner's org and our adapter for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.crm import SalesforceCrm
from leadline.ports import CrmActivity, CrmRecord, KnownRecord, RecordKeys, RecordWrite, RowResult
from sandbox.launch import RunningSandbox
from tests.hooks.salesforce.rooms import DAWN, Org, stamp

EXTERNAL = "Leadline_Id__c"
OWNER = "005000000000002AAA"
FIELDS = ("Phone", "Title", "Products__c", "Opt_In__c")


class Ledger:
    """A job ledger in memory; it can die right after a job was saved."""

    def __init__(self, *, die: bool = False) -> None:
        self.jobs: dict[str, str] = {}
        self.finished: list[str] = []
        self.die = die

    def job_for(self, keys: Sequence[str]) -> str | None:
        jobs = {self.jobs.get(key) for key in keys}
        return jobs.pop() if len(jobs) == 1 else None

    def save(self, keys: Sequence[str], job_id: str, operation: str, object_: str) -> None:
        self.jobs.update(dict.fromkeys(keys, job_id))
        if self.die:
            raise KeyboardInterrupt

    def finish(self, job_id: str) -> None:
        self.finished.append(job_id)


class PartnerOrg(Org):
    """One partner's org; records are inserted with stamps (seconds after dawn)."""

    def __init__(self, sandbox: RunningSandbox, name: str, client: SalesforceClient) -> None:
        super().__init__(sandbox, name)
        self.client = client
        self.crm = SalesforceCrm(client, EXTERNAL)

    def insert(self, object_: str, after: float = 0.0, **values: Any) -> str:
        return super().insert(object_, **{"SystemModstamp": stamp(after)} | values)

    def lead(self, after: float = 0.0, **values: Any) -> str:
        return self.insert("Lead", after, **{"LastName": "Doe", "Company": "Example"} | values)

    def contact(self, after: float = 0.0, **values: Any) -> str:
        return self.insert("Contact", after, **{"LastName": "Doe"} | values)

    def records(self, object_: str) -> list[dict[str, Any]]:
        return self.control.records(self.name, object_)

    def asked(self) -> list[str]:
        """Return the operations that were asked for, in order."""
        return [one["operation"] for one in self.control.journal(room="salesforce")]

    def write(self, *writes: RecordWrite, jobs: Ledger | None = None) -> dict[str, RowResult]:
        return {one.key: one for one in self.crm.write(writes, jobs or Ledger())}

    def pull(
        self, *known: KnownRecord, since: float | None = None, fields: Sequence[str] = FIELDS
    ) -> list[CrmRecord]:
        at = None if since is None else DAWN + timedelta(seconds=since)
        return list(self.crm.pull_records(known, fields, at))

    def activities(self, *known: KnownRecord, since: float | None = None) -> list[CrmActivity]:
        at = None if since is None else DAWN + timedelta(seconds=since)
        return list(self.crm.pull_activities(known, at))


def create(number: int, **fields: str | None) -> RecordWrite:
    values = {"LastName": f"Last{number}", "Company": "Example", "Email": f"p{number}@example.org"}
    return RecordWrite(f"D{number}", "create", "Lead", f"A{number}", None, values | fields)


def change(number: int, record_id: str, **fields: str | None) -> RecordWrite:
    return RecordWrite(f"D{number}", "update", "Lead", f"A{number}", record_id, fields)


def keys(number: int, record_id: str | None = None, email: str | None = None) -> RecordKeys:
    return RecordKeys(f"D{number}", record_id, f"A{number}", email or f"p{number}@example.org")


def lead(record_id: str, seen: str | None = None) -> KnownRecord:
    return KnownRecord(record_id, "Lead", f"A-{record_id}", "doe@buyer.example", seen)


def contact(record_id: str) -> KnownRecord:
    return KnownRecord(record_id, "Contact", f"A-{record_id}", "doe@buyer.example")
