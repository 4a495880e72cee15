"""A partner's Dynamics 365 as `ports.PartnerCrm`: leads and contacts, notes and events as tasks, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hooks.dynamics.activities import pull_activities
from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.deals import DealPuller
from hooks.dynamics.find import RecordFinder
from hooks.dynamics.lists import pull_lists, pull_members
from hooks.dynamics.people import People
from hooks.dynamics.pulled import RecordPuller
from hooks.dynamics.records import RecordWriter
from hooks.dynamics.tables import Tables
from hooks.dynamics.tasks import TaskWriter
from hooks.findings import sign_in_code
from leadline.errors import LeadlineError, SchemaDrift
from leadline.ports import (
    ActivityWrite,
    CheckFinding,
    ContactList,
    CrmActivity,
    CrmOpportunity,
    CrmRecord,
    FieldDescription,
    FoundRecord,
    JobLedger,
    KnownRecord,
    ListMember,
    RecordKeys,
    RecordWrite,
    RowResult,
)

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "prvReadLead": ("lead", "read"),
    "prvCreateLead": ("lead", "create"),
    "prvWriteLead": ("lead", "change"),
    "prvReadContact": ("contact", "read"),
    "prvCreateContact": ("contact", "create"),
    "prvWriteContact": ("contact", "change"),
    "prvReadOpportunity": ("opportunity", "read"),
    "prvReadUser": ("systemuser", "read"),
    "prvReadActivity": ("task", "read"),
    "prvCreateActivity": ("task", "create"),
    "prvWriteActivity": ("task", "change"),
}


@dataclass(frozen=True)
class DynamicsOptions:
    """How one environment wants it; each comes from the connection's extra.

    Attributes:
        activities: As what notes and events are kept: `task` or `annotation`.
        regarding: Pattern of the property that binds a task to its record.
        topic: Begins the topic of new leads.
        detect_duplicates: Let the partner's duplicate detection rules refuse new records.
    """

    activities: Literal["task", "annotation"] = "task"
    regarding: str = "regardingobjectid_{table}_{kind}"
    topic: str = "Distributed lead"
    detect_duplicates: bool = False


class DynamicsCrm:
    """One partner's environment, already connected.

    Args:
        client: Closed by whoever opened it.
        external_id_field: Column of leads and contacts that holds the assignment's id; best an alternate key.
    """

    def __init__(
        self, client: DynamicsClient, external_id_field: str, options: DynamicsOptions | None = None
    ) -> None:
        self._client = client
        self._external_id = external_id_field
        self._options = options or DynamicsOptions()
        self._tables = Tables(client)
        self._people = People(client)

    def find(self, object_: str, keys: Sequence[RecordKeys]) -> Mapping[str, FoundRecord]:
        """Return what is there already, by `RecordKeys.key`."""
        if not keys:
            return {}
        return RecordFinder(self._client, self._tables, object_, self._external_id).find(keys)

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:  # noqa: ARG002
        """Send decided writes, all of one operation and object; one result per write."""
        if not writes:
            return
        first = writes[0]
        yield from RecordWriter(
            self._client,
            self._tables,
            self._people,
            first.object,
            first.operation,
            self._external_id,
            topic=self._options.topic,
            detect_duplicates=self._options.detect_duplicates,
        ).write(writes)

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Add events or notes that are not there yet; one result per activity."""
        if activities:
            options = self._options
            writer = TaskWriter(self._client, self._tables, options.activities, options.regarding)
            yield from writer.add(activities)

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the columns of these tables as they are now; a table that is gone is left out."""
        found: dict[str, Sequence[FieldDescription]] = {}
        for object_ in objects:
            try:
                found[object_] = self._tables.get(object_).descriptions()
            except SchemaDrift:
                continue
        return found

    def check(self) -> Iterator[CheckFinding]:
        """Yield what is wrong with connection, permissions and set-up; nothing if all is well."""
        try:
            yield from self._check_rights(self._people.me)
            for object_ in ("lead", "contact", self._options.activities, "opportunity"):
                yield from self._check_table(object_)
        except LeadlineError as error:
            yield CheckFinding(sign_in_code(error), "connection", str(error))

    def unknown_owners(self, owners: Sequence[str]) -> Sequence[str]:
        """Return those that name no active user or team of the environment, or more than one."""
        return [owner for owner in owners if self._people.reference(owner) is None]

    def _check_rights(self, me: str) -> Iterator[CheckFinding]:
        path = f"systemusers({me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
        try:
            granted = self._client.get(path).get("RolePrivileges") or ()
        except SchemaDrift:
            return  # an older environment does not tell
        names = {str(one.get("PrivilegeName") or "").lower() for one in granted}
        if not names - {""}:
            return
        for name, (table, what) in _NEEDED.items():
            if name.lower() not in names:
                text = f"our application user may not {what} {table} rows: its role lacks {name}"
                yield CheckFinding("permission", name, text)

    def _check_table(self, object_: str) -> Iterator[CheckFinding]:
        try:
            table = self._tables.get(object_)
        except SchemaDrift as error:
            yield CheckFinding("object_missing", object_, str(error))
            return
        if object_ not in ("lead", "contact") or table.is_key(self._external_id):
            return
        where = f"{object_}.{self._external_id}"
        if table.column(self._external_id) is None:
            yield CheckFinding(
                "field_missing",
                where,
                f"{where}, which holds our id, is not there: records are known by row id and e-mail only",
                "warning",
            )
            return
        waits = (self._external_id.lower(),) in table.inactive_keys
        trouble = "is not active yet" if waits else "is not defined"
        text = (
            f"an alternate key on {where} {trouble}: our records are made under row ids of our own until then"
        )
        yield CheckFinding("external_id", where, text, "warning")

    def pull_records(
        self, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        """Yield the known records that changed at or after `since`, or are gone, as they are now."""
        yield from RecordPuller(self._client, self._tables, self._people).pull(known, fields, since)

    def pull_activities(self, known: Sequence[KnownRecord], since: datetime | None) -> Iterator[CrmActivity]:
        """Yield the activities on these records that were made or changed at or after `since`."""
        yield from pull_activities(self._client, self._tables, self._people, known, since)

    def pull_opportunities(
        self,
        known: Sequence[KnownRecord],
        policy: Literal["originating", "contact_match"],
        since: datetime | None,
    ) -> Iterator[CrmOpportunity]:
        """Yield opportunities of these records, or (contact match) whose contact has their e-mail."""
        yield from DealPuller(self._client, self._tables, self._people, self._external_id).pull(
            known, policy, since
        )

    def lists(self) -> Iterator[ContactList]:
        """Yield the marketing lists of leads and contacts."""
        yield from pull_lists(self._client)

    def list_members(self, list_: ContactList) -> Iterator[ListMember]:
        """Yield the people on one list, each once."""
        yield from pull_members(self._client, self._tables, list_)
