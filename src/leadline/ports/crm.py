"""`PartnerCrm`: leads in; status, opportunities and lists out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from leadline.ports.answers import CheckFinding, FieldDescription, RowResult
from leadline.ports.crm_records import (
    ContactList,
    CrmActivity,
    CrmOpportunity,
    CrmRecord,
    KnownRecord,
    ListMember,
)


class RecordKeys(NamedTuple):
    """By what a CRM record is looked for, in this order: stored id, external id, e-mail.

    `apart` are records that an e-mail must not lead to: they stand for somebody else's lead.
    """

    key: str  # delivery id
    record_id: str | None
    external_id: str
    email: str
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FoundRecord:
    """A record that is there already; a converted lead names the contact it became ("": none to be seen)."""

    record_id: str
    object: str
    external_id: str | None = None
    by: Literal["record_id", "external_id", "email"] = "external_id"
    converted_to: str | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)


class RecordWrite(NamedTuple):
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

    def pull_records(
        self, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        """Yield the known records that changed at or after `since` (UTC; None: all), as they are now.

        `fields` are the CRM fields to read. A deleted, merged or missing record is yielded as such. An answer
        that fails raises: an outage is never read as "all gone".
        """
        ...

    def pull_activities(self, known: Sequence[KnownRecord], since: datetime | None) -> Iterator[CrmActivity]:
        """Yield the activities on these records that were made or changed at or after `since`."""
        ...

    def pull_opportunities(
        self,
        known: Sequence[KnownRecord],
        policy: Literal["originating", "contact_match"],
        since: datetime | None,
    ) -> Iterator[CrmOpportunity]:
        """Yield opportunities of these records, or (contact match) whose contact has their e-mail.

        Contact match includes those by origin. One opportunity is yielded once per origin it belongs to.
        """
        ...

    def lists(self) -> Iterator[ContactList]:
        """Yield the contact lists that this connection may read; nothing where the CRM has none."""
        ...

    def list_members(self, list_: ContactList) -> Iterator[ListMember]:
        """Yield the people on one list, each once."""
        ...


@runtime_checkable
class OwnerDirectory(Protocol):
    """What an adapter offers besides where it can tell whom a name of an owner means."""

    def unknown_owners(self, owners: Sequence[str]) -> Sequence[str]:
        """Return those that name no active user, team or queue of the CRM, or more than one."""
        ...
