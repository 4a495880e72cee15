"""A supplier whose leads and campaigns are in Eloqua, as a `ports.SupplierSystem`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hooks.eloqua.activities import Activities
from hooks.eloqua.answers import refused
from hooks.eloqua.bulk import Bulk
from hooks.eloqua.campaigns import campaign_pages
from hooks.eloqua.client import EloquaClient
from hooks.eloqua.description import described, missing_assets
from hooks.eloqua.leads import UNLINKED, Handovers, handover_of
from hooks.eloqua.records import EloquaRecords, Values
from hooks.findings import sign_in_code
from leadline.errors import ConfigurationError, LeadlineError, NotAllowed
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import EloquaSource
from leadline.ports import (
    CheckFinding,
    EventWrite,
    FieldDescription,
    Kind,
    OpportunityWrite,
    RecordPage,
    RowResult,
    SourceEvent,
    StatusRow,
    Window,
)


class EloquaSupplier:
    """One tenant, read and written as a mapping says. `client` is closed by whoever opened it."""

    def __init__(self, client: EloquaClient, mapping: SupplierMapping) -> None:
        if not isinstance(mapping.source, EloquaSource):
            raise ConfigurationError(f"{mapping.supplier}: {mapping.source.system} is not Eloqua")
        self._client = client
        self._mapping = mapping
        self._source = mapping.source
        self._bulk = Bulk(client, mapping.source.sync_minutes * 60.0)
        self._records = EloquaRecords(self._bulk, mapping.supplier, mapping.source.link_rows_by)

    def pull(self, kind: Kind, window: Window) -> Iterator[RecordPage]:
        """Yield raw pages and records by (stamp, id); campaigns all, whatever the window."""
        if kind == "campaigns":
            yield from campaign_pages(self._client, self._mapping, self._source.campaign_search)
            return
        yield from Handovers(self._bulk, self._mapping, self._source).pages(window)

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        """Yield the mapped activities of these contacts in the window."""
        yield from Activities(self._bulk, self._source, self._mapping.supplier).of(record_ids, window)

    def archive(self, path: str, archived_as: str, modified_at: Any = None) -> str:  # noqa: ARG002
        """Refuse: contacts stay where they are."""
        raise NotAllowed("Eloqua has no files to archive")

    def set_aside(self, path: str, reason: str, modified_at: Any = None) -> None:  # noqa: ARG002
        """Refuse: contacts stay where they are."""
        raise NotAllowed("Eloqua has no files to set aside")

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Write status to contacts, to the rows that were handed over, or to rows of our own.

        Of several rows for one record the last one's values are written, for all of them.
        """
        object_ = self._mapping.write_back.object
        if object_ is None:
            yield from self._by_target(
                rows, lambda row: row.record_id, self._records.update_contacts, lambda row: row.values
            )
        elif self._source.handover == "custom_object" and object_ == str(self._source.handover_id):
            yield from self._by_target(
                rows,
                lambda row: handover_of(row.identity),
                lambda values: self._records.update_rows(object_, values),
                lambda row: row.values,
            )
        else:
            key, lead_field = self._mapping.write_back.key, self._mapping.write_back.lead_field
            if key is None:
                raise ConfigurationError(
                    f"{self._mapping.supplier}: write_back.object {object_} needs write_back.key, the field "
                    "of it that holds our lead's id"
                )
            yield from self._by_target(
                rows,
                lambda row: row.lead_id,
                lambda values: self._records.upsert(object_, key, values, lead_field),
                lambda row: {**row.values, **({lead_field: row.record_id} if lead_field else {})},
            )

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Keep events as rows of a custom object, one per key of ours."""
        mapped = self._mapping.write_back.events
        key_field = mapped.fields.get("key") if mapped else None
        if mapped is None or key_field is None:
            yield from (_unsupported(event.key, "write_back.events with fields.key") for event in events)
            return
        rows: dict[str, Values] = {}
        for event in events:
            on = mapped.fields.get(event.on)
            if on is None and event.on == "opportunity":
                yield _unsupported(event.key, "write_back.events.fields.opportunity")
                continue
            told = {
                "type": mapped.types.get(event.type, event.type),
                "subject": event.subject or None,
                "body": event.body,
                "occurred_at": _iso(event.occurred_at),
                event.on: event.record_id,
            }
            rows[event.key] = {
                mapped.fields[name]: value for name, value in told.items() if name in mapped.fields
            }
        lead_field = mapped.fields.get("lead")
        yield from self._records.upsert(mapped.object, key_field, rows, lead_field)

    def write_opportunities(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Make or update rows of a custom object by our external id; one that is gone is stale."""
        mapped = self._mapping.write_back.opportunities
        if mapped is None:
            yield from (_unsupported(write.key, "write_back.opportunities") for write in writes)
            return
        ids = list(dict.fromkeys(write.external_id for write in writes))
        there = self._records.row_ids(mapped.object, mapped.external_id, ids)
        rows: dict[str, Values] = {}
        keys: dict[str, list[str]] = {}
        for write in writes:
            if write.record_id is not None and there.get(write.external_id) != write.record_id:
                yield RowResult(
                    write.key,
                    ok=False,
                    record_id=write.record_id,
                    code="NOT_FOUND",
                    message="the opportunity's row is no longer there",
                    stale=True,
                )
                continue
            rows[write.external_id] = {**write.values, mapped.lead_field: write.lead_record_id}
            keys.setdefault(write.external_id, []).append(write.key)
        results = list(self._records.upsert(mapped.object, mapped.external_id, rows, mapped.lead_field))
        made = [result.key for result in results if result.ok and result.key not in there]
        now = there | (self._records.row_ids(mapped.object, mapped.external_id, made) if made else {})
        for result in results:
            for key in keys[result.key]:
                yield RowResult(
                    key,
                    ok=result.ok,
                    record_id=now.get(result.key),
                    created=result.ok and result.key not in there,
                    code=result.code,
                    field=result.field,
                    message=result.message,
                    retryable=result.retryable,
                )

    def describe(self) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the fields of each element that the mapping touches; one that is gone is left out.

        Keys are those that a mapping's sources begin with; contacts are `Lead`, custom objects also by id.
        """
        return described(self._client, self._bulk, self._mapping, self._source)

    def check(self) -> Iterator[CheckFinding]:
        """Yield refused log-ins, missing hand-over lists and objects, and exports it would refuse."""
        try:
            self._client.get("bulk", "contacts/fields", {"limit": "1"})
            yield from missing_assets(self._client, self._mapping, self._source)
        except LeadlineError as error:
            yield CheckFinding(sign_in_code(error), "connection", str(error))
            return
        now = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
        try:
            for element, fields, filter_ in Handovers(self._bulk, self._mapping, self._source).probes(now):
                self._bulk.probe(element, fields, filter_)
        except LeadlineError as error:
            yield CheckFinding("export", "source", f"leads cannot be exported: {error}")

    def _by_target(
        self, rows: Sequence[StatusRow], target_of: Any, write: Any, values_of: Any
    ) -> Iterator[RowResult]:
        """Yield one result per row from a write by target."""
        values: dict[str, Values] = {}
        identities: dict[str, list[str]] = {}
        for row in rows:
            target = target_of(row)
            if target.startswith(UNLINKED):
                message = "no contact belongs to this hand-over: link it in Eloqua"
                yield refused(row.identity, "NO_CONTACT", message)
                continue
            # Later rows win field by field: a row may tell less than an earlier one.
            values[target] = {**values.get(target, {}), **values_of(row)}
            identities.setdefault(target, []).append(row.identity)
        for result in write(values):
            for identity in identities[result.key]:
                yield RowResult(
                    identity,
                    ok=result.ok,
                    record_id=result.record_id,
                    code=result.code,
                    field=result.field,
                    message=result.message,
                    retryable=result.retryable,
                    stale=result.stale,
                )


def _unsupported(key: str, what: str) -> RowResult:
    return RowResult(key, ok=False, code="NOT_SUPPORTED", message=f"the mapping has no {what}")


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
