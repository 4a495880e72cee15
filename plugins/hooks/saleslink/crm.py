"""A dealer's Saleslink as `ports.PartnerCrm`: leads with their events; status and opportunities back.

Saleslink has leads only, no lists, and finds nothing by e-mail: a lead is known by its id or by ExternalId,
the id of the assignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from hooks.parts import by_size
from hooks.saleslink.answers import FaultAnswer
from hooks.saleslink.client import MAX_ITEMS, SaleslinkClient, clean
from hooks.saleslink.fields import DESCRIBED, LONGEST_EVENT_TEXT, LONGEST_EVENT_TYPE, STANDARD
from hooks.saleslink.opportunities import contact_matches, originating
from hooks.saleslink.states import Guard, read_records, statuses
from hooks.saleslink.users import Users
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    VendorUnavailable,
)
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

LEAD = "Lead"
FAILURES_IN_A_ROW = 3  # rows that the service itself failed on, before the whole call counts as failed
_EVENT_CHARACTERS = 500_000  # in one call; below the 2 MB of a request in every encoding
_OWNER = "OwnerUserId"
_LEFT_OUT = "the service counts fewer events than were sent; they are sent again"


class SaleslinkCrm:
    """One dealer's service, already connected.

    Args:
        client: Closed by whoever opened it.
        custom_fields: The names of own fields that the mapping sends; the service takes any name.
        guard: How many leads may vanish at once.
    """

    def __init__(
        self, client: SaleslinkClient, custom_fields: Iterable[str] = (), guard: Guard | None = None
    ) -> None:
        self._client = client
        self._custom = tuple(dict.fromkeys(one for one in custom_fields if one not in STANDARD))
        self._guard = guard or Guard()
        self._users = Users(client)

    def find(self, object_: str, keys: Sequence[RecordKeys]) -> Mapping[str, FoundRecord]:  # noqa: ARG002
        """Return the living leads that are there already, by `RecordKeys.key`."""
        by_id = [key for key in keys if key.record_id is not None]
        by_external = [key for key in keys if key.record_id is None]
        found: dict[str, FoundRecord] = {}
        told = statuses(self._client, [str(key.record_id) for key in by_id])
        gone = [one for one in told.values() if one.State in ("Deleted", "NotFound")]
        self._guard.refuse_mass(len(gone), len(told))
        for key in by_id:
            one = told[str(key.record_id)]
            if one.State not in ("Deleted", "NotFound"):
                found[key.key] = FoundRecord(one.LeadId, LEAD, one.ExternalId, "record_id")
        told = statuses(self._client, [key.external_id for key in by_external], by="ExternalId")
        for key in by_external:
            one = told[key.external_id]
            if one.State not in ("Deleted", "NotFound"):
                found[key.key] = FoundRecord(one.LeadId, LEAD, one.ExternalId, "external_id")
        return found

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:  # noqa: ARG002
        """Send decided writes one by one; a create that is there already, even deleted, is found again."""
        failures = 0
        for write in writes:
            send = self._create if write.operation == "create" else self._update
            try:
                yield send(write)
                failures = 0
            except FaultAnswer as answer:
                result = answer.fault.as_result(write.key, write.fields.values())
                failures = failures + 1 if result.retryable else 0
                if failures >= FAILURES_IN_A_ROW:
                    raise answer.fault.as_error("every lead") from None
                yield result

    def _create(self, write: RecordWrite) -> RowResult:
        lead: dict[str, Any] = {"ExternalId": write.external_id}
        own = []
        for name, value in self._with_owner(write.fields).items():
            if value is None or value == "":
                continue
            if name in STANDARD:
                lead[name] = clean(value)
            else:
                own.append({"Name": name, "Value": clean(value)})
        if own:
            lead["Field"] = own
        answer = self._client.send("CreateLead", Lead=lead)
        return RowResult(write.key, ok=True, record_id=answer.LeadId, created=bool(answer.Created))

    def _update(self, write: RecordWrite) -> RowResult:
        fields = [
            {"Name": name, "Value": None if value is None else clean(value)}
            for name, value in self._with_owner(write.fields).items()
        ]
        if fields:
            self._client.send("UpdateLead", LeadId=write.record_id, Field=fields)
        return RowResult(write.key, ok=True, record_id=write.record_id)

    def _with_owner(self, fields: Mapping[str, str | None]) -> Mapping[str, str | None]:
        owner = fields.get(_OWNER)
        return {**fields, _OWNER: self._users.id_of(owner)} if owner else fields

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Add events that are not there yet, those of one lead together; one result per activity."""
        by_lead: dict[str, list[ActivityWrite]] = {}
        for one in activities:
            by_lead.setdefault(one.record_id, []).append(one)
        failures = 0
        for record_id, all_of_it in by_lead.items():
            for some in by_size(all_of_it, _characters, _EVENT_CHARACTERS, MAX_ITEMS):
                try:
                    events = [_event(one) for one in some]
                    told = self._client.send("AddMarketingEvents", LeadId=record_id, Event=events)
                except FaultAnswer as answer:
                    results = [answer.fault.as_result(one.key, (one.body, one.subject)) for one in some]
                    failures = failures + 1 if results[0].retryable else 0
                    if failures >= FAILURES_IN_A_ROW:
                        raise answer.fault.as_error("every event") from None
                    yield from results
                    continue
                failures = 0
                if told.Added + (told.Known or 0) < len(some):
                    # Which were left out is not told; those that are there are known again.
                    yield from (
                        RowResult(
                            one.key, ok=False, code="EVENTS_LEFT_OUT", message=_LEFT_OUT, retryable=True
                        )
                        for one in some
                    )
                    continue
                yield from (RowResult(one.key, ok=True, record_id=one.key) for one in some)

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the contract's fields, and the own ones of the mapping: the service itself tells none."""
        own = [FieldDescription(name, "string", 255) for name in self._custom]
        return {name: [*DESCRIBED, *own] for name in objects if name == LEAD}

    def check(self) -> Iterator[CheckFinding]:
        """Yield what is wrong with connection, version and permissions; nothing if all is well."""
        try:
            self._client.service_info()
            next(self._users.all(), None)
        except LeadlineError as error:
            yield CheckFinding(_code(error), "connection", str(error))

    def unknown_owners(self, owners: Sequence[str]) -> Sequence[str]:
        """Return those that name no active user of the dealer, or more than one."""
        unknown = []
        for owner in owners:
            try:
                self._users.id_of(owner)
            except ConfigurationError:
                unknown.append(owner)
        return unknown

    def pull_records(
        self, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        """Yield the known leads that changed, with their distribution status; see `states`."""
        if known:
            self._client.service_info()  # nothing may be read as gone where the service itself is not there
            yield from read_records(self._client, self._users, self._guard, known, fields, since)

    def pull_activities(
        self,
        known: Sequence[KnownRecord],  # noqa: ARG002
        since: datetime | None,  # noqa: ARG002
    ) -> Iterator[CrmActivity]:
        """Yield nothing: the contract tells no activities of the dealer's own."""
        return iter(())

    def pull_opportunities(
        self,
        known: Sequence[KnownRecord],
        policy: Literal["originating", "contact_match"],
        since: datetime | None,
    ) -> Iterator[CrmOpportunity]:
        """Yield opportunities of these leads, or (contact match) whose contact has their e-mail."""
        told: set[tuple[str, str]] = set()
        for one in originating(self._client, known, since):
            told.add((one.record_id, one.origin))
            yield one
        if policy == "contact_match":
            for one in contact_matches(self._client, known, since):
                if (one.record_id, one.origin) not in told:
                    yield one

    def lists(self) -> Iterator[ContactList]:
        """Yield nothing: Saleslink has no lists for us."""
        return iter(())

    def list_members(self, list_: ContactList) -> Iterator[ListMember]:  # noqa: ARG002
        """Yield nothing."""
        return iter(())


def _characters(one: ActivityWrite) -> int:
    return len(one.body or "") + len(one.subject)


def _event(one: ActivityWrite) -> dict[str, Any]:
    event: dict[str, Any] = {"ExternalId": one.key, "Type": clean(one.subject)[:LONGEST_EVENT_TYPE]}
    if one.occurred_at is not None:
        event["OccurredUtc"] = one.occurred_at.astimezone(UTC)
    if one.body:
        event["Text"] = clean(one.body)[:LONGEST_EVENT_TEXT]
    return event


def _code(error: LeadlineError) -> str:
    for kind, code in (
        (CredentialsRefused, "credentials"),
        (BudgetExhausted, "budget"),
        (VendorUnavailable, "connection"),
        (ConfigurationError, "connection"),
        (NotAllowed, "version" if "version" in str(error) else "permission"),
    ):
        if isinstance(error, kind):
            return code
    return "contract"
