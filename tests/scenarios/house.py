"""A supplier, its partners and their CRMs around a hub, and whole days of distribution between them.

The systems behave: they keep what they are given, find it again and move files; nothing of them records
how it was called. The steps are those of `leadline.distribution`, in the order in which the DAG has them.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import insert, select, update

from leadline import delivery, distribution, filing, lifecycle, runs
from leadline.distribution import Counts
from leadline.hub import Hub
from leadline.hub.schema import crm_account, metadata, partner
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.ports import (
    KINDS,
    ActivityWrite,
    CheckFinding,
    FieldDescription,
    FoundRecord,
    JobLedger,
    Kind,
    PartnerCrm,
    RecordKeys,
    RecordPage,
    RecordWrite,
    RowResult,
    SourceEvent,
    SourceRecord,
    StatusRow,
    Window,
)
from leadline.replay import Selection
from leadline.routing import read_traces
from leadline.runs import RunContext
from tests.contents import contents

FIRST_DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)

FIELDS: list[dict[str, Any]] = [
    {"name": "email", "source": "Email", "required": True, "judge": "email", "class": "profile"},
    {"name": "last_name", "source": "Last Name", "class": "profile"},
    {"name": "company", "source": "Company", "class": "profile"},
    {"name": "phone", "source": "Phone", "class": "profile"},
    {"name": "country", "source": "Country", "class": "profile"},
    {"name": "title", "source": "Title", "class": "profile"},
    {"name": "tier", "source": "Tier"},
    {"name": "employees", "source": "Employees", "type": "integer"},
    {"name": "comments", "source": "Comments", "type": "text"},
    {"name": "campaign_code", "source": "Campaign", "length": 40},
    {"name": "partner_name", "source": "Partner Name", "visibility": "supplier_only"},
    {"name": "internal_note", "source": "Note", "type": "text", "visibility": "supplier_only"},
]
CRM = {
    "salesforce": {
        "lead": {"tier": "Tier_Need__c"},
        "contact": {"tier": "Tier_Need__c"},
        "campaign": {"name": "Campaign_Name__c"},
    }
}
SOURCES = {one["name"]: one["source"] for one in FIELDS}


def csv_of(*rows: Mapping[str, Any], columns: Sequence[str] | None = None) -> bytes:
    """Return a file of these rows: values by field name, `columns` the fields that have a column."""
    names = columns or [one["name"] for one in FIELDS]
    lines = [",".join(SOURCES[name] for name in names)]
    for row in rows:
        cells = (str(row.get(name) if row.get(name) is not None else "") for name in names)
        lines.append(",".join('"{}"'.format(cell.replace('"', '""')) for cell in cells))
    return ("\r\n".join(lines) + "\r\n").encode()


@dataclass(frozen=True)
class DroppedFile:
    """A file in the inbox, as `ports.SourceFile`."""

    path: str
    content: bytes = field(repr=False)
    modified_at: datetime = FIRST_DAY

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class FileSupplier:
    """A supplier that drops files: `inbox`, `archived` and `aside` by path; campaign files by their name."""

    def __init__(self) -> None:
        self.inbox: dict[str, DroppedFile] = {}
        self.archived: dict[str, DroppedFile] = {}
        self.aside: dict[str, str] = {}

    def drop(self, name: str, content: bytes) -> None:
        path = f"/inbox/{name}"
        self.inbox[path] = DroppedFile(path, content)

    def pull(self, kind: Kind, window: Window) -> Iterator[DroppedFile]:
        files = [*self.inbox.values(), *(self.archived.values() if window.archive else ())]
        for one in sorted(files, key=lambda one: (one.modified_at, one.path)):
            if one.name.startswith(kind):
                yield one

    def archive(self, path: str, archived_as: str, modified_at: datetime | None = None) -> str:
        target = f"/archive/{archived_as.rpartition('/')[2]}"
        if path in self.inbox:
            self.archived[target] = replace(self.inbox.pop(path), path=target)
        return target

    def set_aside(self, path: str, reason: str, modified_at: datetime | None = None) -> None:
        if path in self.inbox:
            del self.inbox[path]
            self.aside[path] = reason

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        return iter(())

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        return iter(())

    def describe(self) -> Mapping[str, Sequence[FieldDescription]]:
        return {}

    def check(self) -> Iterator[CheckFinding]:
        return iter(())


class RecordSupplier(FileSupplier):
    """A supplier with records: leads and campaigns by id, activities, and the status written into them.

    `asked` holds the windows in which activities were asked for, by record.
    """

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[Kind, dict[tuple[str, str | None], SourceRecord]] = {"leads": {}, "campaigns": {}}
        self.events: list[SourceEvent] = []
        self.status: dict[str, dict[str, str | None]] = {}
        self.asked: list[tuple[str, datetime | None]] = []

    def put(self, record_id: str, *, campaign: str | None = None, **values: Any) -> None:
        own = {name: values.pop(name) for name in ("deleted", "merged_into") if name in values}
        fields = {SOURCES[name]: None if value is None else str(value) for name, value in values.items()}
        record = SourceRecord(record_id, fields | {"Campaign": campaign}, campaign_key=campaign, **own)
        self.records["leads"][record_id, campaign] = record

    def put_campaign(self, key: str, **values: str) -> None:
        fields = {"Code": key} | {name.title(): value for name, value in values.items()}
        self.records["campaigns"][key, key] = SourceRecord(key, fields, campaign_key=key)

    def pull(self, kind: Kind, window: Window) -> Iterator[RecordPage]:
        found = list(self.records[kind].values())
        for first in range(0, len(found), 3):
            yield RecordPage(b"[]", found[first : first + 3])

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        self.asked += [(one, window.start) for one in record_ids]
        for one in self.events:
            at = one.occurred_at
            late = at is not None and (at >= window.end or (window.start is not None and at < window.start))
            if one.record_id in record_ids and not late:
                yield one

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        for row in rows:
            self.status.setdefault(row.record_id, {}).update(row.values)
            yield RowResult(row.identity, ok=True, record_id=row.record_id)


class MemoryCrm:
    """A partner's CRM: records by id, upserted by our external id; tasks by our key."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.tasks: dict[str, ActivityWrite] = {}
        self._ids = itertools.count(1)

    def insert(self, object_: str, **fields: Any) -> str:
        """Add a record that the partner made itself."""
        record_id = f"{object_}-{next(self._ids):03}"
        self.records[record_id] = {"object": object_, "external": None, **fields}
        return record_id

    def of(self, object_: str) -> list[dict[str, Any]]:
        """Return the fields of all records of an object, in the order in which they came."""
        return [
            {name: value for name, value in one.items() if name[0].isupper()}
            for one in self.records.values()
            if one["object"] == object_
        ]

    def find(self, object_: str, keys: Sequence[RecordKeys]) -> Mapping[str, FoundRecord]:
        found = {}
        for key in keys:
            for by in ("record_id", "external_id", "email"):
                match = next((i for i, r in self.records.items() if _is(object_, i, r, key, by)), None)
                if match is not None:
                    found[key.key] = FoundRecord(match, object_, self.records[match]["external"], by)
                    break
        return found

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:
        for one in writes:
            record_id = one.record_id
            if one.operation == "create":
                same = (i for i, r in self.records.items() if r["external"] == one.external_id)
                record_id = next(same, None) or self.insert(one.object)
                self.records[record_id]["external"] = one.external_id
            if record_id not in self.records:
                yield RowResult(one.key, ok=False, code="NOT_FOUND")
                continue
            self.records[record_id].update(one.fields)
            yield RowResult(one.key, ok=True, record_id=record_id, created=one.operation == "create")

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        for one in activities:
            self.tasks.setdefault(one.key, one)
            yield RowResult(one.key, ok=True, record_id=f"task-{one.key}")

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
        return {}

    def check(self) -> Iterator[CheckFinding]:
        return iter(())

    def everything(self) -> tuple[Any, ...]:
        """Return all of it, to compare before and after."""
        return (
            {i: dict(r) for i, r in self.records.items()},
            {key: (one.record_id, one.subject, one.body) for key, one in self.tasks.items()},
        )


def _is(object_: str, record_id: str, record: Mapping[str, Any], key: RecordKeys, by: str) -> bool:
    if record["object"] != object_:
        return False
    if by == "record_id":
        return record_id == key.record_id
    if by == "external_id":
        return bool(record["external"] == key.external_id)
    return str(record.get("Email") or "").lower() == key.email and record_id not in key.apart


CrmOpener = Callable[[CrmAccount, SupplierMapping], AbstractContextManager[PartnerCrm]]


@dataclass
class House:
    """One supplier's hub, staging, system and partner CRMs.

    `open_crm` stands for the hooks: it opens the account a push names.
    """

    hub: Hub
    staging_url: str
    mapping: SupplierMapping
    system: Any
    crms: dict[str, MemoryCrm] = field(default_factory=dict)
    open_crm: CrmOpener | None = None
    _runs: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def key(self) -> str:
        return self.mapping.key()

    def add_partner(self, id_: str, *, crm_type: Any = "salesforce", **options: Any) -> Partner:
        """Add a partner with a CRM account of its own; what is no option of a partner is an attribute."""
        known = {name: value for name, value in options.items() if name in Partner.model_fields}
        attributes = {name: value for name, value in options.items() if name not in Partner.model_fields}
        one = Partner(id=id_, crm=f"crm-{id_}", attributes=attributes, **{"name": f"Partner {id_}"} | known)
        account = CrmAccount(id=f"crm-{id_}", type=crm_type, connection=f"crm_{id_}")
        with self.hub.transaction(self.key) as connection:
            connection.execute(insert(crm_account).values(stored_account(self.key, account, 1)))
            connection.execute(insert(partner).values(stored_partner(self.key, one, 1)))
        self.crms[account.id] = MemoryCrm()
        return one

    def set_status_mapping(self, id_: str, words: dict[str, str]) -> None:
        """Let the CRM of this partner have words of its own for our sales statuses."""
        rows = self.rows("crm_account", account_id=f"crm-{id_}")
        options = json.loads(rows[0].options) | {"status_mapping": words}
        with self.hub.transaction(self.key) as connection:
            query = update(crm_account).where(crm_account.c.account_id == f"crm-{id_}")
            connection.execute(query.values(options=json.dumps(options)))

    @contextmanager
    def crm(self, account: CrmAccount, mapping: SupplierMapping) -> Iterator[PartnerCrm]:
        if self.open_crm is None:
            yield self.crms[account.id]
        else:
            with self.open_crm(account, mapping) as opened:
                yield opened

    def start(self, run_id: str | None = None, **options: Any) -> RunContext:
        """Start the next run: one day after the last one."""
        number = next(self._runs)
        kind = options.pop("kind", "scheduled")
        return distribution.start(
            self.hub,
            self.mapping,
            run_id=run_id or f"run-{number}",
            dag_id=f"{self.mapping.supplier}_distribution",
            kind=kind,
            window=options.pop("window", None),
            interval_end=FIRST_DAY + timedelta(days=number),
            actor=options.pop("actor", "airflow"),
        )

    def receive(self, ctx: RunContext) -> list[Counts]:
        """Pull, land, check and receive what the supplier has; return the counts of its lead batches."""
        window = runs.run_window(self.hub, ctx.supplier, ctx.run_id)
        told: list[Counts] = []
        for kind in KINDS:
            batches = distribution.pull(
                self.hub, self.staging_url, ctx, self.mapping, kind, self.system, window
            )
            told = [
                distribution.validate(self.hub, self.staging_url, ctx, self.mapping, one.batch_id)
                for one in batches
            ]
        return told

    def distribute(self, run_id: str | None = None, **options: Any) -> Counts:
        """Run a whole day, every step of it, and return its books; the same run id: the run cleared."""
        ctx = self.start(run_id, **options)
        self.receive(ctx)
        return self.finish(ctx)

    def replay(self, selection: Selection, run_id: str | None = None) -> Counts:
        """Take quarantined rows again, with every step after it, and return the books."""
        ctx = self.start(run_id, kind="replay")
        for one in distribution.replay(self.hub, self.staging_url, ctx, selection, "leads"):
            distribution.validate(self.hub, self.staging_url, ctx, self.mapping, one.batch_id)
        return self.finish(ctx)

    def finish(self, ctx: RunContext) -> Counts:
        """Run what comes after the last batch."""
        distribution.judge(self.hub, ctx, self.mapping)
        if not isinstance(self.system, RecordSupplier):
            filing.put_away(self.hub, self.staging_url, ctx, self.system)
        elif getattr(self.mapping.source, "activities", None):
            window = runs.run_window(self.hub, ctx.supplier, ctx.run_id)
            distribution.pull_events(self.hub, ctx, self.mapping, self.system, window)
        distribution.reroute(self.hub, ctx, self.mapping)
        distribution.route(self.hub, ctx, self.mapping)
        self.push(ctx)
        distribution.write_back(self.hub, ctx, self.mapping, self.system)
        return distribution.settle(self.hub, self.staging_url, ctx)

    def push(self, ctx: RunContext) -> None:
        """Push to every account for which something waits."""
        for account in distribution.accounts(self.hub, ctx):
            distribution.push(self.hub, ctx, self.mapping, account, self.crm)

    def accept(self, email: str) -> lifecycle.Reply:
        """Let the partner that has this lead accept it, as portal and mail links will."""
        (assigned,) = [
            one.assignment_id for one in self.rows("assignment") if one.lead_id == self.lead(email)
        ]
        ctx = RunContext(self.key, "portal", "accept", "someone", "", "")
        with self.hub.transaction(self.key) as connection:
            reply = lifecycle.accept(connection, ctx, assigned, via="portal")
            delivery.queue_first(self.hub, connection, ctx)
        return reply

    def reject(self, email: str) -> lifecycle.Reply:
        """Let the partner that has this lead reject it."""
        (assigned,) = [
            one.assignment_id for one in self.rows("assignment") if one.lead_id == self.lead(email)
        ]
        ctx = RunContext(self.key, "portal", "reject", "someone", "", "")
        with self.hub.transaction(self.key) as connection:
            return lifecycle.reject(connection, ctx, assigned, via="portal")

    def let_pass(self, days: int) -> None:
        """Let all assignments be so many days older."""
        with self.hub.transaction(self.key) as connection:
            table = metadata.tables["assignment"]
            connection.execute(update(table).values(assigned_at=table.c.assigned_at - days * 86_400_000_000))

    def rows(self, table: str, **where: Any) -> list[Any]:
        """Return a hub table's rows in the order of their keys."""
        found = metadata.tables[table]
        query = select(found).where(*(found.c[name] == value for name, value in where.items()))
        with self.hub.reading() as connection:
            return list(connection.execute(query.order_by(*found.primary_key)))

    def leads(self) -> list[Any]:
        """Return the leads in the order in which they came."""
        return sorted(self.rows("lead"), key=lambda one: (one.created_at, one.first_batch, one.first_row))

    def lead(self, email: str) -> str:
        """Return the id of the one lead of this address."""
        (found,) = [one.lead_id for one in self.rows("lead") if one.email_key == email]
        return str(found)

    def given(self) -> list[tuple[str, str | None]]:
        """Return status and partner of every lead, in the order in which they came."""
        having = {one.lead_id: one.partner_id for one in self.rows("assignment") if one.active}
        return [(one.status, having.get(one.lead_id)) for one in self.leads()]

    def trace(self, email: str) -> dict[str, Any]:
        """Return the last routing decision on the lead of this address."""
        return self.decisions(self.lead(email))[-1]

    def decisions(self, lead_id: str) -> list[dict[str, Any]]:
        """Return all routing decisions on a lead, oldest first."""
        with self.hub.reading() as connection:
            return list(read_traces(self.hub, connection, self.key, lead_id))

    def everything(self, *but: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table of the hub, but for some tables, to compare before and after."""
        return contents(self.hub, *but)
