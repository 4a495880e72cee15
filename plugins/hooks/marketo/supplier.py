"""A supplier whose leads and programs are in Marketo, as a `ports.SupplierSystem`."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hooks.marketo.answers import not_supported
from hooks.marketo.checks import Preflight
from hooks.marketo.client import MarketoClient
from hooks.marketo.deals import DealWriter
from hooks.marketo.description import describe_objects
from hooks.marketo.events import EventWriter
from hooks.marketo.feed import LEADS_PER_CALL, TYPES_PER_CALL, Activity, Feed
from hooks.marketo.leads import LeadPull
from hooks.marketo.people import parts
from hooks.marketo.programs import campaigns, describe_programs
from hooks.marketo.status import write_status
from hooks.marketo.values import lead_field
from hooks.shapes import understood
from leadline.errors import ConfigurationError, NotAllowed
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import MarketoSource
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
    storable,
)

PAGE_ROWS = 3_000
MANY_LEADS = 3_000
"""Above so many, activities cost fewer calls when those of everybody are read: 300 a call, not 30 leads."""


class MarketoSupplier:
    """One subscription, read and written as a mapping says. `client` is closed by whoever opened it."""

    def __init__(self, client: MarketoClient, mapping: SupplierMapping) -> None:
        if not isinstance(mapping.source, MarketoSource):
            raise ConfigurationError(f"{mapping.supplier}: {mapping.source.system} is not Marketo")
        self._client = client
        self._mapping = mapping
        self._source = mapping.source

    def pull(self, kind: Kind, window: Window) -> Iterator[RecordPage]:
        """Yield pages of records by (stamp, lead); campaigns all, whatever the window.

        A page holds a raw answer as it came; its records are the next ones in order. A record without a
        `handover` is about every hand-over of its lead that the hub holds: see `leadline.handovers`.
        """
        raws: deque[bytes] = deque()
        if kind == "leads":
            records = LeadPull(self._client, self._mapping, self._source, raws.append).records(window)
        else:
            records = campaigns(self._client, self._mapping, self._source, raws.append)
        held: list[SourceRecord] = []
        for record in records:
            held.append(record)
            if len(held) == PAGE_ROWS:
                yield from _paged(raws, held)
                held = []
        if held or raws:
            yield from _paged(raws, held)

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        """Yield these leads' activities of the mapped types in the window; never those that we wrote."""
        types = self._event_types()
        numbers = [record_id for record_id in dict.fromkeys(record_ids) if record_id.isdigit()]
        feed = Feed(self._client)
        wanted = frozenset(numbers)
        everybody = len(wanted) > MANY_LEADS and window.start is not None
        for kinds in parts([str(number) for number in types], TYPES_PER_CALL):
            asked = [int(kind) for kind in kinds]
            for leads in [[]] if everybody else parts(numbers, LEADS_PER_CALL):
                for page in feed.of_types(asked, window.start, window.end, leads):
                    for one in page:
                        if one.lead_id in wanted:
                            yield SourceEvent(one.guid, one.lead_id, types[one.type_id], one.at, _body(one))

    def archive(self, path: str, archived_as: str, modified_at: Any = None) -> str:  # noqa: ARG002
        """Refuse: records stay where they are."""
        raise NotAllowed("Marketo has no files to archive")

    def set_aside(self, path: str, reason: str, modified_at: Any = None) -> None:  # noqa: ARG002
        """Refuse: records stay where they are."""
        raise NotAllowed("Marketo has no files to set aside")

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Update leads, program members or rows of a custom object; one result per row."""
        yield from write_status(self._client, self._mapping, self._source, rows)

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Add events that are not there yet; one result per event."""
        if self._mapping.write_back.events is None:
            yield from not_supported([one.key for one in events], "write_back.events is not mapped")
        elif events:
            yield from EventWriter(self._client, self._mapping).write(events)

    def write_opportunities(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Create or update opportunity records; one result per write."""
        chosen = self._mapping.write_back.opportunities
        if chosen is None:
            yield from not_supported([one.key for one in writes], "write_back.opportunities is not mapped")
        elif writes:
            yield from DealWriter(self._client, chosen).write(writes)

    @understood("description of the subscription")
    def describe(self) -> Mapping[str, Sequence[FieldDescription]]:
        """Return the fields of each object that the mapping touches; an object that is gone is left out.

        Keys are `Lead`, `Campaign`, and what `write_back` names: objects, activity types by their ids.
        """
        rows = self._client.get("/rest/v1/leads/describe.json").rows
        found: dict[str, Sequence[FieldDescription]] = {
            "Lead": [field for row in rows if (field := lead_field(row)) is not None],
            "Campaign": describe_programs(self._client),
        }
        back = self._mapping.write_back
        if back.object == "lead":
            found[back.object] = found["Lead"]
        parts = (back.events, back.opportunities)
        named = (back.object, *(part.object for part in parts if part))
        found.update(describe_objects(self._client, [one for one in named if one and one not in found]))
        return found

    def check(self) -> Iterator[CheckFinding]:
        """Yield refused sign-ins, spent budgets, missing permissions, lists, programs, types and fields."""
        yield from Preflight(self._client, self._mapping, self._source).findings()

    @understood("GET /rest/v1/activities/types.json")
    def _event_types(self) -> dict[int, str]:
        """Return the mapped activity types, id -> name, without the one that we write ourselves."""
        if not self._source.activities:
            return {}
        rows = self._client.get("/rest/v1/activities/types.json").rows
        wanted = {name.casefold() for name in self._source.activities}
        own = self._mapping.write_back.events
        return {
            int(row["id"]): str(row["name"])
            for row in rows
            if {str(row["id"]), str(row["name"]).casefold()} & wanted
            and (own is None or str(row["id"]) != own.object)
        }


def _body(one: Activity) -> str | None:
    """Return what an activity tells, as compact JSON."""
    told = {"value": one.asset, **one.attributes}
    told = {name: value for name, value in told.items() if value is not None}
    return storable(json.dumps(told, ensure_ascii=False, separators=(",", ":"))) if told else None


def _paged(raws: deque[bytes], records: Sequence[SourceRecord]) -> Iterator[RecordPage]:
    while len(raws) > 1:
        yield RecordPage(raws.popleft(), ())
    yield RecordPage(raws.popleft() if raws else b"", records)
