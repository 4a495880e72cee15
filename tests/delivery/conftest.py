"""A hub with partners and accepted leads, and a CRM in memory that behaves."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert, select

from leadline.delivery import PushCounts, PushLimits, push, queue_first
from leadline.errors import VendorUnavailable
from leadline.hub import Hub
from leadline.hub.keys import assignment_id, email_key, lead_id
from leadline.hub.schema import assignment, campaign, crm_account, lead, metadata, partner
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.ports import (
    ActivityWrite,
    CheckFinding,
    FieldDescription,
    FoundRecord,
    JobLedger,
    RecordKeys,
    RecordWrite,
    RowResult,
)
from leadline.retries import Retries
from leadline.runs import RunContext

ACCOUNT = CrmAccount(id="sf-p1", connection="sf_p1")


class MemoryCrm:
    """A partner's CRM in memory: upserts by external id, updates by id, knows its tasks by key.

    `faults` maps (moment, key) to a row result or an error; a fault that was met is gone.
    `journal` holds the names of the calls in order.
    """

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.activities: dict[str, ActivityWrite] = {}
        self.faults: dict[str, list[RowResult | Exception]] = {}
        self.lost: list[Exception] = []  # raised after the write was carried out
        self.journal: list[str] = []
        self.jobs: list[tuple[str, ...]] = []
        self.descriptions: dict[str, Sequence[FieldDescription]] = {}
        self._ids = itertools.count(1)

    def add(self, object_: str, **fields: Any) -> str:
        record_id = f"{object_}-{next(self._ids)}"
        self.records[record_id] = {"object": object_, "external": None, "converted": None, **fields}
        return record_id

    def find(self, object_: str, keys: Sequence[RecordKeys]) -> Mapping[str, FoundRecord]:
        self.journal.append(f"find {len(keys)}")
        found = {}
        for key in keys:
            for by, test in (
                ("record_id", lambda i, r, k=key: i == k.record_id),
                ("external_id", lambda i, r, k=key: r["external"] == k.external_id),
                (
                    "email",
                    lambda i, r, k=key: str(r.get("Email", "")).lower() == k.email and i not in k.apart,
                ),
            ):
                match = next(
                    (i for i, r in self.records.items() if r["object"] == object_ and test(i, r)), None
                )
                if match:
                    record = self.records[match]
                    found[key.key] = FoundRecord(match, object_, record["external"], by, record["converted"])
                    break
        return found

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:
        self.journal.append(f"write {writes[0].operation} {len(writes)}")
        self.jobs.append(tuple(one.key for one in writes))
        results = []
        for one in writes:
            if faults := self.faults.get(one.external_id):
                fault = faults.pop(0)
                if isinstance(fault, Exception):
                    yield from results
                    raise fault
                results.append(RowResult(**{**vars_of(fault), "key": one.key}))
                continue
            results.append(self._carry_out(one))
        if self.lost:
            raise self.lost.pop()
        yield from results

    def _carry_out(self, one: RecordWrite) -> RowResult:
        if one.operation == "create":
            known = next((i for i, r in self.records.items() if r["external"] == one.external_id), None)
            record_id = known or self.add(one.object, external=one.external_id)
            self.records[record_id].update(one.fields)
            return RowResult(one.key, ok=True, record_id=record_id, created=known is None)
        assert one.record_id is not None
        self.records[one.record_id].update(one.fields)
        return RowResult(one.key, ok=True, record_id=one.record_id)

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        self.journal.append(f"activities {len(activities)}")
        for one in activities:
            if faults := self.faults.get(one.key):
                yield RowResult(**{**vars_of(faults.pop(0)), "key": one.key})
                continue
            self.activities.setdefault(one.key, one)
            yield RowResult(one.key, ok=True, record_id=f"task-{one.key}")

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
        return {name: self.descriptions.get(name, ()) for name in objects}

    def check(self) -> Iterator[CheckFinding]:
        return iter(())

    def fields(self, record_id: str) -> dict[str, Any]:
        return {k: v for k, v in self.records[record_id].items() if k[0].isupper()}


def vars_of(result: Any) -> dict[str, Any]:
    return {name: getattr(result, name) for name in result.__dataclass_fields__}


@dataclass
class House:
    """A hub, a mapping and a CRM, and the few things a test does with them."""

    hub: Hub
    ctx: RunContext
    mapping: SupplierMapping
    crm: MemoryCrm = field(default_factory=MemoryCrm)
    slept: list[float] = field(default_factory=list)
    _leads: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add_partner(self, id_: str = "P1", account: CrmAccount | None = ACCOUNT, **options: Any) -> Partner:
        one = Partner(id=id_, name=f"Partner {id_}", crm=account.id if account else None, **options)
        with self.hub.transaction("acme") as connection:
            if (
                account
                and not connection.execute(
                    select(crm_account).where(crm_account.c.account_id == account.id)
                ).first()
            ):
                connection.execute(insert(crm_account).values(stored_account("acme", account, 1)))
            connection.execute(insert(partner).values(stored_partner("acme", one, 1)))
        return one

    def add_campaign(self, key: str, *, shared: bool, **attributes: Any) -> None:
        with self.hub.transaction("acme") as connection:
            connection.execute(
                insert(campaign).values(
                    supplier="acme",
                    campaign_key=key,
                    name=attributes.get("name"),
                    attributes=attributes,
                    fingerprint="f",
                    shared=shared,
                    updated_run="r",
                    updated_at=1,
                )
            )

    def add_lead(
        self,
        email: str | None = None,
        *,
        partner_id: str = "P1",
        status: str = "accepted",
        campaign_key: str | None = None,
        **attributes: Any,
    ) -> str:
        """Add a lead with an active assignment and return the assignment's id, its external id."""
        number = next(self._leads)
        email = email or f"person{number}@example.org"
        id_ = lead_id("acme", f"identity-{number}")
        assigned = assignment_id("acme", id_, 1)
        values = {"email": email, "last_name": f"Last{number}", "company": "Example Ltd"} | attributes
        with self.hub.transaction("acme") as connection:
            connection.execute(
                insert(lead).values(
                    supplier="acme",
                    lead_id=id_,
                    email=email,
                    email_key=email_key(email),
                    campaign_key=campaign_key,
                    attributes=values,
                    fingerprint="f",
                    status=status,
                    sales_status="open",
                    decision="assigned",
                    first_run="run-0",
                    first_batch="run-0:leads:1",
                    first_row=number,
                    mapping_hash="m",
                    created_at=1,
                    updated_at=1,
                )
            )
            connection.execute(
                insert(assignment).values(
                    supplier="acme",
                    assignment_id=assigned,
                    lead_id=id_,
                    attempt=1,
                    partner_id=partner_id,
                    status=status,
                    active=True,
                    cause="rule",
                    run_id="run-0",
                    actor="airflow",
                    assigned_at=1,
                )
            )
        return assigned

    def change_lead(self, assigned: str, **values: Any) -> str:
        """Set attributes of the lead of this assignment and return the lead's id."""
        with self.hub.transaction("acme") as connection:
            row = connection.execute(
                select(lead)
                .join(assignment, assignment.c.lead_id == lead.c.lead_id)
                .where(assignment.c.assignment_id == assigned)
            ).one()
            connection.execute(
                lead.update().where(lead.c.lead_id == row.lead_id).values(attributes=row.attributes | values)
            )
            return str(row.lead_id)

    def queue(self) -> int:
        with self.hub.transaction("acme") as connection:
            return queue_first(self.hub, connection, self.ctx)

    def push(self, **limits: Any) -> PushCounts:
        chosen = PushLimits(**({"retries": Retries(attempts=4, first_seconds=0.01)} | limits))
        return push(self.hub, self.ctx, self.mapping, ACCOUNT, self.crm, limits=chosen, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        import time

        self.slept.append(seconds)
        time.sleep(min(seconds, 0.2))

    def queue_and_push(self, **limits: Any) -> PushCounts:
        self.queue()
        return self.push(**limits)

    def rows(self, table: str, **where: Any) -> list[Any]:
        found = metadata.tables[table]
        with self.hub.reading() as connection:
            query = select(found).where(*(found.c[name] == value for name, value in where.items()))
            return list(connection.execute(query.order_by(*found.primary_key)))

    def record_of(self, assigned: str) -> dict[str, Any]:
        """Return the CRM fields of the record that serves this assignment."""
        (row,) = self.rows("crm_record", assignment_id=assigned)
        return self.crm.fields(row.record_id)

    def notes(self) -> list[str]:
        return [one.body or "" for one in self.crm.activities.values()]

    def history(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(row.after) for row in self.rows("history", kind=kind)]


@pytest.fixture
def house(
    hub: Hub, make_mapping: Callable[..., SupplierMapping], make_context: Callable[..., RunContext]
) -> House:
    """Return a house with an empty hub, the factory's mapping and an empty CRM."""
    with hub.transaction("acme"):
        pass
    crm = {"salesforce": {"lead": {"employees": "NumberOfEmployees"}, "campaign": {"name": "Campaign__c"}}}
    return House(hub, make_context(), make_mapping(crm=crm))


def refused(code: str, **more: Any) -> RowResult:
    """Return a row result that refuses."""
    return RowResult("", ok=False, code=code, **more)


def unavailable() -> VendorUnavailable:
    """Return the error of a lost answer."""
    return VendorUnavailable("lost")
