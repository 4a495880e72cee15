"""A partner's Salesforce org as `ports.PartnerCrm`: leads and contacts, notes and events as tasks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from hooks.findings import sign_in_code
from hooks.salesforce.activities import pull_activities
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.deals import DealPuller
from hooks.salesforce.fields import describe
from hooks.salesforce.find import RecordFinder
from hooks.salesforce.lists import ListReader
from hooks.salesforce.pulled import RecordPuller
from hooks.salesforce.records import RecordWriter
from hooks.salesforce.soql import quote_value
from hooks.salesforce.tasks import KEY_FIELD, TaskWriter
from hooks.salesforce.users import Users
from leadline.errors import (
    ConfigurationError,
    LeadlineError,
    SchemaDrift,
)
from leadline.ports import (
    ActivityWrite,
    ApiUsage,
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

BULK_ABOVE = 2_000  # rows; Bulk API 2.0 Developer Guide, "Bulk API 2.0 Limits"

_OWNER = "OwnerId"
_OWNER_ID = re.compile(r"00[5G][a-zA-Z0-9]{12}(?:[a-zA-Z0-9]{3})?")
_RIGHTS = ("queryable", "createable", "updateable")


class SalesforceCrm:
    """One partner org, already connected.

    Args:
        client: Closed by whoever opened it.
        external_id_field: Of leads and contacts; it holds the assignment's id.
        bulk_above: More rows than this, of one operation, go through the Bulk API.
    """

    def __init__(
        self, client: SalesforceClient, external_id_field: str, *, bulk_above: int = BULK_ABOVE
    ) -> None:
        self._client = client
        self._external_id = external_id_field
        self._bulk_above = bulk_above
        self._owners: dict[str, str] = {}
        self._users = Users(client)

    @property
    def usage(self) -> ApiUsage | None:
        """Return the org's own count of today's calls, as its last answer told."""
        return self._client.usage

    def find(self, object_: str, keys: Sequence[RecordKeys]) -> Mapping[str, FoundRecord]:
        """Return what is there already, by `RecordKeys.key`."""
        return RecordFinder(self._client, object_, self._external_id).find(keys) if keys else {}

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:
        """Send decided writes, all of one operation and object; one result per write."""
        if not writes:
            return
        first = writes[0]
        writer = RecordWriter(self._client, first.object, first.operation, self._external_id)
        owned = [self._with_owner(write) for write in writes]
        carried = jobs.job_for([write.key for write in writes]) is not None
        if carried or len(writes) > self._bulk_above:
            yield from writer.in_bulk(owned, jobs)
        else:
            yield from writer.in_collections(owned)

    def _with_owner(self, write: RecordWrite) -> RecordWrite:
        """Return the write with its owner's id; a contact cannot belong to a queue."""
        owner = write.fields.get(_OWNER)
        if not owner:
            return write
        owner_id = self._owner_id(owner)
        fields = {name: value for name, value in write.fields.items() if name != _OWNER}
        if not (write.object == "Contact" and owner_id.startswith("00G")):
            fields[_OWNER] = owner_id
        return write._replace(fields=fields)

    def _owner_id(self, owner: str) -> str:
        """Return the id of a user or queue that is named by id, user name, e-mail, or the queue's name.

        Raises:
            ConfigurationError: There is no such active user or queue, or more than one.
        """
        if _OWNER_ID.fullmatch(owner):
            return owner
        if owner not in self._owners:
            name = quote_value(owner)
            queues = f"Type = 'Queue' AND (Name = {name} OR DeveloperName = {name})"
            users = f"IsActive = true AND (Username = {name} OR Email = {name})"
            found = [
                str(record["Id"])
                for object_, where in (("Group", queues), ("User", users))
                for record in self._client.records(f"SELECT Id FROM {object_} WHERE {where}")  # noqa: S608
            ]
            if len(found) != 1:
                many = "no" if not found else "more than one"
                raise ConfigurationError(f"the org knows {many} active user or queue {owner!r}")
            self._owners[owner] = found[0]
        return self._owners[owner]

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Add events or notes that are not there yet; one result per activity."""
        if activities:
            yield from TaskWriter(self._client).add(activities)

    def pull_records(
        self, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        """Yield the known records that changed at or after `since`, and those that are gone."""
        if known:
            yield from RecordPuller(self._client, self._users).pull(known, fields, since)

    def pull_activities(self, known: Sequence[KnownRecord], since: datetime | None) -> Iterator[CrmActivity]:
        """Yield the tasks and events on these records that were made or changed at or after `since`."""
        if known:
            yield from pull_activities(self._client, known, since)

    def pull_opportunities(
        self,
        known: Sequence[KnownRecord],
        policy: Literal["originating", "contact_match"],
        since: datetime | None,
    ) -> Iterator[CrmOpportunity]:
        """Yield opportunities of these records, or (contact match) whose contact has their e-mail."""
        if known:
            yield from DealPuller(self._client, self._users, self._external_id).pull(known, policy, since)

    def lists(self) -> Iterator[ContactList]:
        """Yield campaigns and tabular reports."""
        yield from ListReader(self._client).lists()

    def list_members(self, list_: ContactList) -> Iterator[ListMember]:
        """Yield the people on one list, each once."""
        yield from ListReader(self._client).members(list_)

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the fields of these objects as the org has them now; an object that is gone is left out."""
        return describe(self._client, objects)

    def check(self) -> Iterator[CheckFinding]:
        """Yield what is wrong with connection, permissions and set-up; nothing if all is well."""
        try:
            self._client.request("GET", "limits")
        except LeadlineError as error:
            yield CheckFinding(sign_in_code(error), "connection", str(error))
            return
        for object_ in ("Lead", "Contact", "Task"):
            yield from self._check_object(object_)
        for object_ in ("Opportunity", "OpportunityContactRole", "Event", "User"):
            try:
                self._client.describe(object_)
            except SchemaDrift:
                yield CheckFinding(
                    "object_missing",
                    object_,
                    f"{object_} is hidden from us: what partners do with it cannot be read back",
                    "warning",
                )

    def unknown_owners(self, owners: Sequence[str]) -> Sequence[str]:
        """Return those that name no active user or queue of the org, or more than one."""
        unknown = []
        for owner in owners:
            try:
                self._owner_id(owner)
            except ConfigurationError:
                unknown.append(owner)
        return unknown

    def _check_object(self, object_: str) -> Iterator[CheckFinding]:
        try:
            described = self._client.describe(object_)
        except SchemaDrift:
            yield CheckFinding("object_missing", object_, f"{object_} is not there, or hidden from us")
            return
        for right in _RIGHTS:
            if not described.get(right, True):
                yield CheckFinding("permission", f"{object_}.{right}", f"{object_} is not {right} for us")
        names = {str(field["name"]) for field in described["fields"]}
        if object_ == "Task" and KEY_FIELD not in names:
            yield CheckFinding(
                "field_missing",
                f"Task.{KEY_FIELD}",
                f"Task.{KEY_FIELD}, by which a repeated note or event is known, is not there",
                "warning",
            )
