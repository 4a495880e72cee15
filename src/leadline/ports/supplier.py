"""`SupplierSystem`: leads and campaigns out; status, events and opportunities in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Literal, Protocol

from leadline.ports.answers import CheckFinding, FieldDescription, RowResult

Kind = Literal["leads", "campaigns"]
KINDS: tuple[Kind, ...] = ("campaigns", "leads")
"""In the order in which they are pulled: a lead names its campaign."""


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
        handover: The activity that handed it over (Marketo, Eloqua): a new one is a new lead. Without one, a
            record of Marketo is about every hand-over of this lead that the hub holds (`leadline.handovers`).
        deleted: The source says it is gone; `merged_into` names the survivor of a merge.
        took_in: Records that were merged into this one, or into its survivor: the hand-over may have been one
            of theirs.
        preassigned: Not set here: the mapping names the field.
    """

    record_id: str
    values: Mapping[str, str | None]
    campaign_key: str | None = None
    stamp: str | None = None
    handover: str | None = None
    deleted: bool = False
    merged_into: str | None = None
    took_in: tuple[str, ...] = ()


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
    campaign_key: str | None = None  # with which the record came: names the program member (Marketo)
    run_id: str = ""  # that queued it, and when: a retry by another run is told from a newer row
    queued_at: datetime | None = None
    lead: Mapping[str, str | None] = field(default_factory=dict)  # lead fields that a status file names


@dataclass(frozen=True)
class EventWrite:
    """One event at a partner, to be told to the supplier (W5, W8); `key` makes a repeat recognisable there.

    `record_id` is the source record's, or with `on="opportunity"` that of the supplier's opportunity record.
    """

    key: str
    record_id: str
    type: str
    occurred_at: datetime | None
    subject: str = ""
    body: str | None = None
    on: Literal["lead", "opportunity"] = "lead"


@dataclass(frozen=True)
class OpportunityWrite:
    """One opportunity record to create or update in the supplier's system (W6, W7).

    Attributes:
        key: Of this write: its result is found by it.
        external_id: Ours, of the opportunity: a repeated create finds the record by it.
        record_id: The supplier's id of the record; None: there is none yet.
        lead_record_id: The source record it belongs to.
        values: By the supplier's field name.
        sequence: Counts up per opportunity: of two writes the higher one is the newer.
    """

    key: str
    external_id: str
    record_id: str | None
    lead_record_id: str
    values: Mapping[str, str | None]
    sequence: int = 0


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

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Add events that are not there yet (W5, W8); one result per event, keyed by its key.

        A system that cannot hold them refuses each with the code NOT_SUPPORTED.
        """
        ...

    def write_opportunities(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Create or update opportunity records (W6, W7); one result per write, with the record's id.

        A create looks for the external id first, so that a repeat never makes a second record. A record that
        is gone is refused as `stale`. A system that cannot hold them refuses each as NOT_SUPPORTED.
        """
        ...

    def describe(self) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the fields of each object the mapping touches, as the vendor has them now."""
        ...

    def check(self) -> Iterator[CheckFinding]:
        """Yield what is wrong with connection, permissions and set-up; nothing if all is well."""
        ...
