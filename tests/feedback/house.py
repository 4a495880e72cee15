"""A hub with one partner, its leads and their CRM records, and a CRM in memory that is read back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from leadline import pull_back
from leadline.feedback import FeedbackCounts, FeedbackLimits, read_account
from leadline.hub import Hub, now_us
from leadline.hub.keys import assignment_id, email_key, lead_id
from leadline.hub.schema import assignment, crm_account, crm_record, crm_seen, lead, metadata, partner, run
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.ports import (
    CrmActivity,
    CrmOpportunity,
    CrmRecord,
    CrmUser,
    FieldDescription,
    KnownRecord,
    PartnerCrm,
)
from leadline.runs import RunContext
from tests.contents import contents

ACCOUNT = CrmAccount(id="crm-P1", type="salesforce", connection="crm_p1")
CRM = {
    "salesforce": {"lead": {"employees": "NumberOfEmployees"}, "contact": {"employees": "Employees__c"}},
}
FIRST = datetime(2026, 3, 2, 6, tzinfo=UTC)


class FakeCrm:
    """A partner's CRM: what `pull_records` and the others yield, by record id, with stamps that count up.

    `asked` notes which records were asked for and since when; `fault` is raised instead of an answer.
    """

    def __init__(self) -> None:
        self.records: dict[str, CrmRecord] = {}
        self.activities: list[CrmActivity] = []
        self.opportunities: list[CrmOpportunity] = []
        self.described: dict[str, Sequence[FieldDescription]] = {}
        self.asked: list[tuple[str, datetime | None]] = []
        self.policies: list[str] = []
        self.fault: Exception | None = None
        self._clock = itertools.count(1)

    def stamp(self) -> str:
        return (FIRST + timedelta(minutes=next(self._clock))).isoformat()

    def put(self, record_id: str, object_: str = "Lead", **changes: Any) -> None:
        """Make a record what the partner made it; values are CRM fields, the rest the record's own."""
        values = {name: changes.pop(name) for name in list(changes) if name[0].isupper()}
        known = self.records.get(record_id, CrmRecord(record_id, object_))
        merged = {**known.values, **values}
        self.records[record_id] = replace(known, stamp=self.stamp(), values=merged, **changes)

    def pull_records(
        self, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        self.asked += [(one.record_id, since) for one in known]
        for one in known:
            if self.fault is not None:
                raise self.fault
            found = self.records.get(one.record_id)
            if found is None:
                yield CrmRecord(one.record_id, one.object, missing=True)
            elif found.deleted or since is None or datetime.fromisoformat(found.stamp or "") >= since:
                yield replace(found, values={name: found.values.get(name) for name in fields})

    def pull_activities(self, known: Sequence[KnownRecord], since: datetime | None) -> Iterator[CrmActivity]:
        ids = {one.record_id for one in known}
        for one in self.activities:
            if one.record_id in ids:
                yield one

    def pull_opportunities(
        self, known: Sequence[KnownRecord], policy: str, since: datetime | None
    ) -> Iterator[CrmOpportunity]:
        self.policies.append(policy)
        self.asked += [(one.record_id, since) for one in known]
        ids = {one.record_id for one in known}
        if self.fault is not None:
            raise self.fault
        for one in self.opportunities:
            late = since is None or one.stamp is None or datetime.fromisoformat(one.stamp) >= since
            if one.origin in ids and late and (policy == "contact_match" or one.by == "originating"):
                yield one

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
        return {name: self.described[name] for name in objects if name in self.described}


@dataclass
class House:
    """A hub, a mapping, an account, and the few things a test does with them."""

    hub: Hub
    ctx: RunContext
    mapping: SupplierMapping
    account: CrmAccount = ACCOUNT
    crm: FakeCrm = field(default_factory=FakeCrm)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add_partner(self, id_: str = "P1", **options: Any) -> Partner:
        one = Partner(id=id_, name=f"Partner {id_}", crm=self.account.id, **options)
        with self.hub.transaction("acme") as connection:
            if not connection.execute(select(crm_account)).first():
                connection.execute(insert(crm_account).values(stored_account("acme", self.account, 1)))
            connection.execute(insert(partner).values(stored_partner("acme", one, 1)))
        return one

    def map_statuses(self, **words: str) -> None:
        """Give the account a status mapping; underscores stand for spaces."""
        mapping = {word.replace("_", " "): ours for word, ours in words.items()}
        self.account = self.account.model_copy(update={"status_mapping": mapping})
        with self.hub.transaction("acme") as connection:
            stored = stored_account("acme", self.account, 1)
            connection.execute(update(crm_account).values(options=stored["options"]))

    def add_lead(
        self,
        record_id: str = "00Q1",
        *,
        status: str = "accepted",
        created: bool = True,
        object_: str = "Lead",
        partner_id: str = "P1",
        **attributes: Any,
    ) -> str:
        """Add a lead with an active assignment that this CRM record serves; return the lead's id."""
        number = next(self._numbers)
        email = attributes.pop("email", f"person{number}@example.org")
        id_ = lead_id("acme", f"identity-{number}")
        values = {"email": email, "last_name": f"Last{number}", "company": "Example Ltd"} | attributes
        assigned = assignment_id("acme", id_, 1)
        with self.hub.transaction("acme") as connection:
            connection.execute(
                insert(lead).values(
                    supplier="acme",
                    lead_id=id_,
                    email=email,
                    email_key=email_key(email),
                    attributes={name: one for name, one in values.items() if one is not None},
                    fingerprint="f",
                    status=status,
                    sales_status="open",
                    attempt=1,
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
                    active=status in ("pending", "accepted"),
                    cause="rule",
                    run_id="run-0",
                    actor="airflow",
                    assigned_at=number,
                    ended_at=None if status in ("pending", "accepted") else now_us(),
                )
            )
            connection.execute(
                insert(crm_record).values(
                    supplier="acme",
                    account_id=self.account.id,
                    assignment_id=assigned,
                    object=object_,
                    record_id=record_id,
                    created=created,
                    linked_at=now_us(),
                )
            )
        return id_

    def in_crm(self, record_id: str = "00Q1", object_: str = "Lead", **changes: Any) -> None:
        """Let the record hold what a push of its lead has left there, and then these changes."""
        if record_id not in self.crm.records:
            row = self.lead_of(record_id)
            mine = {
                "Email": row.email,
                "LastName": row.attributes["last_name"],
                "Company": row.attributes["company"],
            }
            self.crm.put(record_id, object_, **mine)
        if changes:
            self.crm.put(record_id, object_, **changes)

    def lead_of(self, record_id: str) -> Any:
        with self.hub.reading() as connection:
            return connection.execute(
                select(lead, assignment.c.assignment_id, assignment.c.rep_name, assignment.c.rep_email)
                .join(assignment, assignment.c.lead_id == lead.c.lead_id)
                .join(crm_record, crm_record.c.assignment_id == assignment.c.assignment_id)
                .where(crm_record.c.record_id == record_id)
            ).first()

    def read(self, *, run_id: str | None = None, **options: Any) -> FeedbackCounts:
        """Read the account back as a run of its own."""
        ctx = replace(self.ctx, run_id=run_id or f"feedback-{next(self._numbers)}")
        crm: Any = self.crm
        limits = options.pop("limits", FeedbackLimits(overlap=timedelta(0)))
        return read_account(self.hub, ctx, self.mapping, self.account, crm, limits=limits, **options)

    def later(self, hours: float) -> None:
        """Let time pass for what was missed."""
        with self.hub.transaction("acme") as connection:
            shift = int(hours * 3_600_000_000)
            missed = crm_seen.c.missing_since
            connection.execute(update(crm_seen).values(missing_since=missed - shift))

    def feedback(self, run_id: str = "feedback-1", **options: Any) -> dict[str, Any]:
        """Read the account as a task does: logins marked, findings kept."""
        return pull_back.read_feedback(
            self.hub, replace(self.ctx, run_id=run_id), self.mapping, self.account.id, self.opening, **options
        )

    @contextmanager
    def opening(self, account: CrmAccount, mapping: SupplierMapping) -> Iterator[PartnerCrm]:
        crm: Any = self.crm
        yield crm

    def rows(self, table: str, **where: Any) -> list[Any]:
        found = metadata.tables[table]
        query = select(found).where(*(found.c[name] == value for name, value in where.items()))
        with self.hub.reading() as connection:
            return list(connection.execute(query.order_by(*found.primary_key)))

    def history(self, kind: str | None = None) -> list[Any]:
        where = {} if kind is None else {"kind": kind}
        return sorted(self.rows("history", **where), key=lambda row: (row.at, row.event_id))

    def told(self, kind: str) -> list[tuple[Any, Any]]:
        """Return (before, after) of the history lines of a kind."""
        return [(json.loads(row.before or "null"), json.loads(row.after)) for row in self.history(kind)]

    def side(self) -> dict[str, list[Any]]:
        """Return all rows of the hub but when, and in which run, they were looked at last."""
        side = contents(self.hub, "crm_seen", "crm_reading", "watermark", "crm_login")
        with self.hub.reading() as connection:
            columns = [one for one in crm_seen.c if one.name not in ("run_id", "seen_at")]
            side["crm_seen"] = sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)
        return side


def furnish(hub: Hub, ctx: RunContext, mapping: SupplierMapping, account: CrmAccount = ACCOUNT) -> House:
    """Return a house on this hub, its run started."""
    made = House(hub, ctx, mapping, account)
    with hub.transaction("acme") as connection:
        connection.execute(
            insert(run).values(
                supplier="acme",
                run_id=ctx.run_id,
                dag_id="acme_feedback",
                kind="scheduled",
                mapping_hash="m",
                rules_hash="r",
                started_at=1,
            )
        )
    return made


ANNA = CrmUser("005A", "Anna Rep", "anna@partner.example")
QUEUE = CrmUser("00GQ", "Leads", None)
