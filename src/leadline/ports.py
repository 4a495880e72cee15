"""The two protocols that adapters to outside systems fulfil, and the values that pass through them.

`SupplierSystem`: leads and campaigns out; status, events and opportunities in.
`PartnerCrm`: leads in; status, opportunities and lists out.
Adapters live in `plugins/hooks`, one per vendor. They translate every vendor answer: a whole call that
fails becomes an error of `leadline.errors`, a row that is refused becomes a `RowResult`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Literal, Protocol

Kind = Literal["leads", "campaigns"]


@dataclass(frozen=True)
class Window:
    """What to read: from `start` (inclusive; None: from the beginning) to `end` (exclusive), UTC.

    `archive` also reads files that were archived in the window; `resend` takes known files again
    as new receipts; `campaigns` keeps to the leads of these campaign keys (empty: all).
    """

    start: datetime | None
    end: datetime
    archive: bool = False
    resend: bool = False
    campaigns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # From JSON a list comes back; a window is a value that can be compared and hashed.
        object.__setattr__(self, "campaigns", tuple(self.campaigns))


class SourceFile(Protocol):
    """One complete file of a supplier; `path` addresses it there, `modified_at` is UTC."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def modified_at(self) -> datetime: ...

    def open(self) -> BinaryIO:
        """Return the file's bytes as a stream, from the start."""
        ...


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of a supplier's system. `values` holds text by source field; None: no value.

    Attributes:
        record_id: The vendor's id, to which status is written back.
        campaign_key: The campaign it came with, if any.
        stamp: The vendor's change stamp, for the watermark; never part of the fingerprint.
        handover: The activity that handed it over (Marketo, Eloqua): a new one is a new lead.
        deleted: The source says it is gone; `merged_into` names the survivor of a merge.
        preassigned: Not set here: the mapping names the field.
    """

    record_id: str
    values: Mapping[str, str | None]
    campaign_key: str | None = None
    stamp: str | None = None
    handover: str | None = None
    deleted: bool = False
    merged_into: str | None = None


@dataclass(frozen=True)
class RecordPage:
    """One page as the vendor sent it, and the records in it."""

    raw: bytes
    records: Sequence[SourceRecord]


@dataclass(frozen=True)
class SourceEvent:
    """One activity or marketing event on a supplier's record (S7)."""

    event_id: str
    record_id: str
    type: str
    occurred_at: datetime | None
    body: str | None = None


@dataclass(frozen=True)
class StatusRow:
    """What to write back for one source record: `values` by the supplier's field name."""

    identity: str
    record_id: str
    sequence: int
    values: Mapping[str, str | None]
    lead_id: str
    origin: str = ""  # file name and line, for suppliers that address rows so


@dataclass(frozen=True)
class RowResult:
    """The outcome of one row of a call, found by `key` (never by position).

    `retryable` rows are tried again alone; the others are refused for good. A row refused as a duplicate
    names the record that is there already: `record_id`, and `object` where the answer tells. `stale` says
    that the record is no longer what the write assumed (converted, gone): look again and decide anew.
    """

    key: str
    ok: bool
    record_id: str | None = None
    created: bool = False
    code: str | None = None
    field: str | None = None
    message: str | None = None
    retryable: bool = False
    object: str | None = None
    stale: bool = False


@dataclass(frozen=True)
class FieldDescription:
    """One field as the vendor describes it now."""

    name: str
    type: str
    length: int | None = None
    values: tuple[str, ...] = ()  # active picklist values; empty: not a picklist
    restricted: bool = False
    createable: bool = True
    updateable: bool = True
    external_id: bool = False
    unique: bool = False
    required: bool = False


@dataclass(frozen=True)
class CheckFinding:
    """Something preflight found: `severity` error stops work, warning does not yet."""

    code: str  # connection, credentials, permission, object_missing, field_missing, value_missing, ...
    detail: str
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True)
class ApiUsage:
    """The vendor's own count of calls today; None where it tells nothing."""

    used: int
    limit: int


class SupplierSystem(Protocol):
    """A supplier's system, already connected to one target. Closing is the caller's (`with`)."""

    def pull(self, kind: Kind, window: Window) -> Iterator[SourceFile | RecordPage]:
        """Yield complete files, oldest first, or pages of records ordered by (stamp, id)."""
        ...

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        """Yield the activities of these records in the window; nothing where none are mapped."""
        ...

    def archive(self, path: str, archived_as: str, modified_at: datetime | None = None) -> str:
        """Move a file that the hub holds out of the inbox, atomically, and return where it lies now.

        `archived_as` is its path below the archive ("2026/11/leads_1.csv"). Already moved is fine; a file
        of another content with that name stays, and the new one gets its hash into its name. A file that was
        modified at another time than `modified_at` is a new one under an old name: it is left alone.
        """
        ...

    def set_aside(self, path: str, reason: str, modified_at: datetime | None = None) -> None:
        """Move an unreadable file to the error folder with a note beside it; one of another time is left."""
        ...

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Write status to the source records; one result per row, keyed by its identity."""
        ...

    def describe(self) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the fields of each object the mapping touches, as the vendor has them now."""
        ...

    def check(self) -> Iterator[CheckFinding]:
        """Yield what is wrong with connection, permissions and set-up; nothing if all is well."""
        ...


@dataclass(frozen=True)
class RecordKeys:
    """By what a CRM record is looked for, in this order: stored id, external id, e-mail."""

    key: str  # delivery id
    record_id: str | None
    external_id: str
    email: str


@dataclass(frozen=True)
class FoundRecord:
    """A record that is there already; a converted lead names the contact it became ("": none to be seen)."""

    record_id: str
    object: str
    external_id: str | None = None
    by: Literal["record_id", "external_id", "email"] = "external_id"
    converted_to: str | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordWrite:
    """One decided write: saved in the outbox before it is sent, and reused by every retry."""

    key: str  # delivery id
    operation: Literal["create", "update"]
    object: str
    external_id: str  # of the assignment; set on create only, never overwritten
    record_id: str | None
    fields: Mapping[str, str | None]


@dataclass(frozen=True)
class ActivityWrite:
    """One marketing event or note on a CRM record; `key` makes a repeat recognisable there."""

    key: str
    record_id: str
    subject: str
    body: str | None
    occurred_at: datetime | None


class JobLedger(Protocol):
    """Where an adapter keeps the id of a vendor's bulk job, before it uploads, so that a retry resumes."""

    def job_for(self, keys: Sequence[str]) -> str | None:
        """Return the saved job that carries exactly these deliveries, if there is one."""
        ...

    def save(self, keys: Sequence[str], job_id: str, operation: str, object_: str) -> None:
        """Keep the job's id, committed, before anything is uploaded."""
        ...

    def finish(self, job_id: str) -> None:
        """Say that all results of the job are stored."""
        ...


class PartnerCrm(Protocol):
    """A partner's CRM account, already connected."""

    def find(self, object_: str, keys: Sequence[RecordKeys]) -> Mapping[str, FoundRecord]:
        """Return what is there already, by `RecordKeys.key`."""
        ...

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:
        """Send decided writes, all of one operation and object; one result per write."""
        ...

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Add events or notes that are not there yet; one result per activity."""
        ...

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the fields of these objects as the CRM has them now."""
        ...

    def check(self) -> Iterator[CheckFinding]:
        """Yield what is wrong with connection, permissions and set-up; nothing if all is well."""
        ...
