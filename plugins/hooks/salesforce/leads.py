"""Leads of a Salesforce window: by campaign membership or as records, in the order of their last change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.fields import NUMBERS, as_text, plain_number
from hooks.salesforce.gone import deleted_leads, deleted_members
from hooks.salesforce.window import WindowReader, between, literal, read_stamp, value_at
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SalesforceSource
from leadline.ports import SourceRecord, Window

Row = Mapping[str, Any]
MEMBER = "CampaignMember"
OWN_STAMP = "SystemModstamp"
LEAD_STAMP = "Lead.SystemModstamp"


class LeadQuery:
    """What a mapping asks Salesforce for, and its answers as records."""

    def __init__(self, mapping: SupplierMapping, source: SalesforceSource) -> None:
        self._mapping = mapping
        self._source = source
        self._members = source.object == MEMBER

    def records(
        self,
        make_reader: Callable[[bool], WindowReader],
        client: SalesforceClient,
        window: Window,
        bulk: bool,
    ) -> Iterator[SourceRecord]:
        """Yield the records of the window by (stamp, Id); the later of member's and lead's stamp counts.

        SOQL cannot sort by the later of two stamps. So members are read twice, once in the order of either
        stamp, and merged: each is taken where its later stamp stands. That costs calls and no memory.

        Args:
            make_reader: Gives a reader, of bulk queries or of pages.
        """
        reader = make_reader(bulk)
        start, end = window.start, window.end
        select, base = select_from(self._columns(), self._source.object), self._conditions()
        numbers = self._numbers(client) if bulk else frozenset()

        def stream(stamp: str, low: datetime | None, high: datetime | None, *more: str) -> Iterator[Row]:
            return reader.rows(select, stamp, [*base, *more], low, high)

        def records(rows: Iterable[Row]) -> Iterator[SourceRecord]:
            return (self._record(row, numbers) for row in rows)

        # The deleted are few and take many short queries: never by bulk.
        gone = sorted(self._gone(make_reader(False), window), key=_order)
        if not self._members:
            yield from merge(records(stream(OWN_STAMP, start, end)), gone, key=_order)
            return
        before = literal(end)
        by_own = stream(OWN_STAMP, start, end, f"{LEAD_STAMP} < {before}")
        by_lead = stream(LEAD_STAMP, start, end, f"{OWN_STAMP} < {before}")
        yield from merge(
            records(row for row in by_own if row[OWN_STAMP] >= value_at(row, LEAD_STAMP)),
            records(row for row in by_lead if row[OWN_STAMP] < value_at(row, LEAD_STAMP)),
            gone,
            key=_order,
        )
        # One stamp in the window, the other after it: these stand behind all the others.
        yield from merge(
            records(stream(OWN_STAMP, end, None, between(LEAD_STAMP, start, end))),
            records(stream(LEAD_STAMP, end, None, between(OWN_STAMP, start, end))),
            key=_order,
        )

    def count(self, reader: WindowReader, window: Window) -> int:
        """Return how many records the window has, the deleted aside."""
        changed = between(OWN_STAMP, window.start, window.end)
        if self._members:
            changed = f"({changed} OR {between(LEAD_STAMP, window.start, window.end)})"
        where = " AND ".join([changed, *self._conditions()])
        return reader.count(f"SELECT COUNT() FROM {self._source.object} WHERE {where}")  # noqa: S608

    def _gone(self, reader: WindowReader, window: Window) -> Iterator[SourceRecord]:
        if self._members:
            ended = deleted_members(reader, select_from(self._columns(), MEMBER), window)
        else:
            columns = [*self._columns(), "MasterRecordId"]
            ended = deleted_leads(reader, select_from(columns, "Lead"), window)
        for row, stamp, merged_into in ended:
            record = self._record(row, frozenset())
            yield SourceRecord(
                record.record_id,
                record.values,
                campaign_key=record.campaign_key,
                stamp=one_spelling(stamp),
                deleted=True,
                merged_into=merged_into,
            )

    def _record(self, row: Row, numbers: frozenset[str]) -> SourceRecord:
        values = {}
        for field in self._mapping.fields:
            text = as_text(value_at(row, self._path(field.source)))
            values[field.source] = plain_number(text) if text and field.source in numbers else text
        stamps = [row["SystemModstamp"], *([value_at(row, LEAD_STAMP)] if self._members else [])]
        return SourceRecord(
            str(row["Id"]),
            values,
            campaign_key=row.get("CampaignId") if self._members else self._campaign_of(values),
            stamp=max(one_spelling(stamp) for stamp in stamps if stamp),
        )

    def _campaign_of(self, values: Mapping[str, str | None]) -> str | None:
        name = self._mapping.campaigns.lead_field
        return values[self._mapping.field(name).source] if name else None

    def _path(self, source: str) -> str:
        """Return a mapped source as a path from the pulled object."""
        head, dot, rest = source.partition(".")
        return rest if dot and not self._members and head.casefold() == "lead" else source

    def _columns(self) -> list[str]:
        fixed = ["Id", "SystemModstamp"]
        if self._members:
            fixed += ["CampaignId", "LeadId", LEAD_STAMP]
        return [*fixed, *(self._path(field.source) for field in self._mapping.fields)]

    def _conditions(self) -> list[str]:
        conditions = []
        if self._members:
            conditions.append("LeadId != null")
            if self._source.campaign_where:
                # A sub-query keeps the condition as the mapping says it, from the campaign's own view.
                chosen = f"SELECT Id FROM Campaign WHERE {self._source.campaign_where}"  # noqa: S608
                conditions.append(f"CampaignId IN ({chosen})")
        if self._source.where:
            conditions.append(f"({self._source.where})")
        return conditions

    def _numbers(self, client: SalesforceClient) -> frozenset[str]:
        """Return the mapped sources that hold numbers, which a bulk result spells in its own way."""
        found = set()
        for field in self._mapping.fields:
            *relation, name = self._path(field.source).split(".")
            object_ = relation[-1] if relation else self._source.object
            if any(
                entry["name"].casefold() == name.casefold() and entry["type"] in NUMBERS
                for entry in client.describe(object_)["fields"]
            ):
                found.add(field.source)
        return frozenset(found)


def select_from(columns: Iterable[str], object_: str) -> str:
    """Return the head of a query, each column once: Salesforce refuses one that is named twice."""
    once: dict[str, str] = {}
    for column in columns:
        once.setdefault(column.casefold(), column)
    return f"SELECT {', '.join(once.values())} FROM {object_}"  # noqa: S608


def one_spelling(stamp: Any) -> str:
    """Return a stamp so that stamps compare as text: a bulk result writes `Z`, a page `+0000`."""
    return f"{read_stamp(str(stamp)).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000"


def _order(record: SourceRecord) -> tuple[str, str]:
    return record.stamp or "", record.record_id
