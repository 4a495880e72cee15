"""Leads of a Marketo window: each hand-over a record, then what became of those handed over before.

Four streams make a pull, merged by time: hand-overs; merges; changes of mapped fields, and what survivors of
merges are; deletions. But for the first they do not know by which hand-overs a lead came, so they name none:
landing finds those of the hub.
Values are always read by id over REST, as they are now; a bulk file could not tell a person called Null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import BATCH_ROWS
from hooks.marketo.feed import MERGE_LEADS, Activity, Feed
from hooks.marketo.handovers import Handovers
from hooks.marketo.merges import merged_ids, survivor
from hooks.marketo.people import parts, read_leads
from hooks.marketo.values import as_text, stamp_of
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import MarketoSource
from leadline.ports import SourceRecord, Window

Values = Mapping[str, str | None]


class LeadPull:
    """One pull of leads.

    Args:
        keep: Is given each answer as it came.
    """

    def __init__(
        self,
        client: MarketoClient,
        mapping: SupplierMapping,
        source: MarketoSource,
        keep: Callable[[bytes], None],
    ) -> None:
        self._client = client
        self._source = source
        self._keep = keep
        self._fields = list(dict.fromkeys(field.source for field in mapping.fields))
        self._handovers = Handovers(client, source, keep)
        self._feed = Feed(client, keep)

    def records(self, window: Window) -> Iterator[SourceRecord]:
        """Yield the records of the window by (stamp, lead)."""
        ends = self._merges(window)
        merges = {loser: winner for loser, winner, _ in ends}
        yield from merge(
            self._handed_over(window, merges),
            self._merged(window, ends),
            self._survived(window, ends),
            self._changed(window),
            self._deleted(window, merges),
            key=_order,
        )

    def _handed_over(self, window: Window, merges: Mapping[str, str]) -> Iterator[SourceRecord]:
        losers: dict[str, tuple[str, ...]] = {}
        for loser in merges:
            winner = survivor(loser, merges) or loser
            losers[winner] = (*losers.get(winner, ()), loser)
        for page in self._handovers.read(window.start, window.end):
            for chunk in _chunks(sorted(page, key=lambda one: (one.at, one.lead_id))):
                leads = self._leads(chunk, merges)
                for one in chunk:
                    record = self._handover(one, leads, survivor(one.lead_id, merges))
                    # Whoever came between may have taken it before it was merged as well.
                    yield replace(record, took_in=losers.get(record.merged_into or record.record_id, ()))

    def _leads(self, chunk: list[Activity], merges: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
        ids = [one.lead_id for one in chunk]
        heirs = [heir for lead in ids if (heir := survivor(lead, merges)) is not None]
        return dict(read_leads(self._client, [*ids, *heirs], self._fields, self._keep))

    def _handover(
        self, one: Activity, leads: Mapping[str, Mapping[str, Any]], heir: str | None
    ) -> SourceRecord:
        values: Values = {}
        merged_into = None
        if one.lead_id in leads:
            values = self._values(leads[one.lead_id])
        elif heir is not None and heir in leads:
            # Landing decides: news of a lead that we have, or else the survivor's own hand-over.
            values, merged_into = self._values(leads[heir]), heir
        return SourceRecord(
            one.lead_id,
            values,
            campaign_key=self._handovers.campaign_of(one),
            stamp=stamp_of(one.at),
            handover=one.guid,
            deleted=not values,
            merged_into=merged_into,
        )

    def _changed(self, window: Window) -> Iterator[SourceRecord]:
        if not self._source.changes or window.start is None:
            return  # from the beginning: every hand-over is read, with its lead as it is now
        for page in self._feed.changes(self._fields, window.start, window.end):
            last = {one.lead_id: one for one in sorted(page, key=lambda one: one.at)}
            chunk = sorted(last.values(), key=lambda one: (one.at, one.lead_id))
            leads = read_leads(self._client, last, self._fields, self._keep)
            for one in chunk:
                if one.lead_id in leads:
                    values = self._values(leads[one.lead_id])
                    yield SourceRecord(one.lead_id, values, stamp=stamp_of(one.at))

    def _merges(self, window: Window) -> list[tuple[str, str, datetime]]:
        """Return (loser, winner, when) up to now: who was merged after the window cannot be read."""
        now = max(window.end, datetime.now(UTC))
        found = []
        for page in self._feed.of_types([MERGE_LEADS], window.start, now):
            for one in page:
                found += [(loser, one.lead_id, one.at) for loser in merged_ids(one.attributes)]
        return [(loser, winner, at) for loser, winner, at in found if loser != winner]

    def _merged(self, window: Window, ends: list[tuple[str, str, datetime]]) -> Iterator[SourceRecord]:
        for loser, winner, at in sorted(ends, key=lambda one: (one[2], one[0])):
            if at < window.end:
                yield SourceRecord(loser, {}, stamp=stamp_of(at), merged_into=winner)

    def _survived(self, window: Window, ends: list[tuple[str, str, datetime]]) -> Iterator[SourceRecord]:
        """Yield who merges left, as they are now: so are the leads that came by those merged away."""
        if not self._source.changes:
            return
        losers = {loser for loser, _, _ in ends}
        last: dict[str, datetime] = {}
        for _, winner, at in ends:
            if at < window.end and winner not in losers:
                last[winner] = max(at, last.get(winner, at))
        order = sorted(last, key=lambda winner: (last[winner], winner))
        for part in parts(order, BATCH_ROWS):
            leads = read_leads(self._client, part, self._fields, self._keep)
            for winner in part:
                if winner in leads:
                    yield SourceRecord(winner, self._values(leads[winner]), stamp=stamp_of(last[winner]))

    def _deleted(self, window: Window, merges: Mapping[str, str]) -> Iterator[SourceRecord]:
        for page in self._feed.deleted(window.start, window.end):
            for one in sorted(page, key=lambda one: (one.at, one.lead_id)):
                if one.lead_id not in merges:
                    yield SourceRecord(one.lead_id, {}, stamp=stamp_of(one.at), deleted=True)

    def _values(self, lead: Mapping[str, Any]) -> Values:
        return {name: as_text(lead.get(name)) for name in self._fields}


def _order(record: SourceRecord) -> tuple[str, bool, bool, str, str]:
    """Return where a record stands: of one second, who was handed over comes first, then who was merged."""
    later = record.handover is None
    return (
        record.stamp or "",
        later,
        later and not record.merged_into,
        record.record_id,
        record.handover or "",
    )


def _chunks(items: list[Activity]) -> Iterator[list[Activity]]:
    for first in range(0, len(items), BATCH_ROWS):
        yield items[first : first + BATCH_ROWS]
