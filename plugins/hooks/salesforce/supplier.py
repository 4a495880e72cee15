"""A supplier whose leads and campaigns are in Salesforce, as a `ports.SupplierSystem`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hooks.salesforce.answers import Fault, row_result
from hooks.salesforce.checks import supplier_findings, written_to
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.events import EventWriter
from hooks.salesforce.fields import as_text, describe
from hooks.salesforce.leads import MEMBER, LeadQuery, one_spelling, select_from
from hooks.salesforce.opportunities import OpportunityWriter
from hooks.salesforce.soql import in_lists, quote_value
from hooks.salesforce.status import StatusWriter
from hooks.salesforce.window import WindowReader, between, read_stamp, value_at
from leadline.errors import ConfigurationError, NotAllowed
from leadline.mapping.model import EventWriteBack, SupplierMapping
from leadline.mapping.source import SalesforceSource
from leadline.ports import (
    CheckFinding,
    EventWrite,
    FieldDescription,
    Kind,
    OpportunityWrite,
    RecordPage,
    RowResult,
    SourceEvent,
    SourceRecord,
    StatusRow,
    Window,
)

Row = Mapping[str, Any]
BULK_PAGE = 50_000


class SalesforceSupplier:
    """One org, read and written as a mapping says. `client` is closed by whoever opened it."""

    def __init__(self, client: SalesforceClient, mapping: SupplierMapping) -> None:
        if not isinstance(mapping.source, SalesforceSource):
            raise ConfigurationError(f"{mapping.supplier}: {mapping.source.system} is not Salesforce")
        self._client = client
        self._mapping = mapping
        self._source = mapping.source
        self._members = mapping.source.object == MEMBER

    def pull(self, kind: Kind, window: Window) -> Iterator[RecordPage]:
        """Yield pages of records by (stamp, Id); campaigns all, whatever the window.

        A page holds a raw answer as it came; its records are the next ones in order.
        """
        raws: deque[bytes] = deque()
        records, size = self._campaigns(raws), self._source.page_size
        if kind == "leads":
            query = LeadQuery(self._mapping, self._source)
            many = query.count(self._reader(), window) > self._source.bulk_above
            size = BULK_PAGE if many else size
            records = query.records(lambda bulk: self._reader(raws, bulk), self._client, window, many)
        held: list[SourceRecord] = []
        for record in records:
            held.append(record)
            if len(held) == size:
                yield from _paged(raws, held)
                held = []
        if held or raws:
            yield from _paged(raws, held)

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        """Yield the activities of these records' people that changed in the window.

        One of a person with several records comes once for each. `event_id` is the vendor's.
        """
        activities = self._source.activities
        if activities is None:
            return
        reader = self._reader()
        people = self._people(reader, record_ids)
        names = [activities.lead_field, activities.type_field, activities.at_field, activities.text_field]
        select = select_from(["Id", "SystemModstamp", *(name for name in names if name)], activities.object)
        conditions = ["IsDeleted = false", between("SystemModstamp", window.start, window.end)]
        if activities.types:
            conditions.append(f"{activities.type_field} IN ({','.join(map(quote_value, activities.types))})")
        for chunk in in_lists(list(people)):
            where = " AND ".join([f"{activities.lead_field} IN {chunk}", *conditions])
            # queryAll: activities older than a year are archived, and a plain query does not show them.
            for row in reader.records(f"{select} WHERE {where} ORDER BY SystemModstamp, Id", all_rows=True):
                text = value_at(row, activities.text_field) if activities.text_field else None
                for record_id in people.get(str(value_at(row, activities.lead_field)), ()):
                    yield SourceEvent(
                        event_id=str(row["Id"]),
                        record_id=record_id,
                        type=as_text(value_at(row, activities.type_field)) or activities.object,
                        occurred_at=_moment(value_at(row, activities.at_field)),
                        body=as_text(text),
                    )

    def archive(self, path: str, archived_as: str, modified_at: Any = None) -> str:  # noqa: ARG002
        """Refuse: records stay where they are."""
        raise NotAllowed("Salesforce has no files to archive")

    def set_aside(self, path: str, reason: str, modified_at: Any = None) -> None:  # noqa: ARG002
        """Refuse: records stay where they are."""
        raise NotAllowed("Salesforce has no files to set aside")

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Update members, leads and contacts, mapped fields only; one result per row."""
        if self._mapping.write_back.object is not None:
            self._check_object(self._mapping.write_back.object)
        yield from StatusWriter(self._client, self._source.object, self._mapping.write_back).write(rows)

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Add events that are not there yet; one result per event, keyed by its key."""
        back = self._mapping.write_back
        on_deals = back.opportunities is not None and back.opportunities.events
        chosen = back.events or (EventWriteBack(object="Task") if on_deals else None)
        taken: list[EventWrite] = []
        for one in events:
            if chosen and (on_deals if one.on == "opportunity" else back.events):
                taken.append(one)
            else:
                fault = Fault("NOT_SUPPORTED", "the mapping does not say where such events are written")
                yield row_result(one.key, fault=fault)
        if taken and chosen:
            yield from EventWriter(self._client, self._source.object, chosen).write(taken)

    def write_opportunities(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Create or update opportunity records; one result per write, with the record's id."""
        mapping = self._mapping.write_back.opportunities
        if mapping is None:
            fault = Fault("NOT_SUPPORTED", "the mapping has no write_back.opportunities")
            yield from (row_result(one.key, fault=fault) for one in writes)
        elif writes:
            yield from OpportunityWriter(self._client, self._source.object, mapping).write(writes)

    def describe(self) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the fields of each object that the mapping touches; an object that is gone is left out.

        Keys are relation paths as the mapping writes them: the pulled object, `Lead`, `Campaign`, and so on.
        """
        objects = [
            self._source.object,
            "Lead",
            "Campaign",
            *written_to(self._source, self._mapping.write_back),
        ]
        if self._source.activities:
            objects.append(self._source.activities.object)
        return describe(self._client, objects)

    def check(self) -> Iterator[CheckFinding]:
        """Yield refused log-ins, spent budgets, what we may not use or find, and conditions that fail."""
        return supplier_findings(self._client, self._mapping, self._source, self._reader())

    def _campaigns(self, raws: deque[bytes]) -> Iterator[SourceRecord]:
        mapping = self._mapping.campaigns
        sources = [*([mapping.key] if mapping.key else []), *(field.source for field in mapping.fields)]
        soql = select_from(["Id", "SystemModstamp", *sources], "Campaign")
        if self._source.campaign_where:
            soql += f" WHERE ({self._source.campaign_where})"
        for row in self._reader(raws).records(f"{soql} ORDER BY SystemModstamp, Id"):
            values = {source: as_text(value_at(row, source)) for source in sources}
            yield SourceRecord(str(row["Id"]), values, stamp=one_spelling(row["SystemModstamp"]))

    def _people(self, reader: WindowReader, record_ids: Sequence[str]) -> dict[str, list[str]]:
        """Return lead (or, once converted, contact) -> the source records that stand for it."""
        people: dict[str, list[str]] = {}
        if not self._members:
            return {record_id: [record_id] for record_id in record_ids}
        for chunk in in_lists(list(dict.fromkeys(record_ids))):
            soql = f"{select_from(['Id', 'LeadId', 'ContactId'], MEMBER)} WHERE Id IN {chunk}"
            for row in reader.records(soql):
                for person in (row.get("LeadId"), row.get("ContactId")):
                    if person:
                        people.setdefault(str(person), []).append(str(row["Id"]))
        return people

    def _check_object(self, object_: str) -> None:
        if object_ not in {"Lead", self._source.object}:
            raise ConfigurationError(
                f"write_back.object '{object_}' cannot be reached from {self._source.object}; "
                f"allowed are Lead and {self._source.object}"
            )

    def _reader(self, raws: deque[bytes] | None = None, bulk: bool = False) -> WindowReader:
        return WindowReader(
            self._client,
            page_size=self._source.page_size,
            budget_share=self._source.api_budget_share,
            keep=(deque[bytes](maxlen=0) if raws is None else raws).append,
            bulk=bulk,
        )


def _moment(value: Any) -> datetime | None:
    """Return when an activity was; a date counts from midnight UTC."""
    if not value:
        return None
    at = read_stamp(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _paged(raws: deque[bytes], records: Sequence[SourceRecord]) -> Iterator[RecordPage]:
    while len(raws) > 1:
        yield RecordPage(raws.popleft(), ())
    yield RecordPage(raws.popleft() if raws else b"", records)
