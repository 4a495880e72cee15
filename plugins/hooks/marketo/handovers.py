"""Which activities hand a lead over, and to which campaign; read from the feed or by bulk extract."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from hooks.marketo.assets import read_asset
from hooks.marketo.bulk import extract
from hooks.marketo.client import MarketoClient
from hooks.marketo.feed import ADD_TO_LIST, CHANGE_STATUS, RETENTION, Activity, Feed, Keep
from hooks.marketo.values import as_text, read_time, write_time
from hooks.shapes import understood
from leadline.mapping.source import MarketoSource

BULK_WINDOW = timedelta(days=30)  # one of 31 days is the longest
BULK_ASSETS = 50


class Handovers:
    """The hand-overs of a mapping: leads that were added to its lists, or got a status in its programs."""

    def __init__(self, client: MarketoClient, source: MarketoSource, keep: Keep = lambda _: None) -> None:
        self._client = client
        self._source = source
        self._keep = keep
        self._programs: Mapping[int, str | None] | None = None

    @property
    def type_id(self) -> int:
        """Return the type of activity that hands over."""
        return ADD_TO_LIST if self._source.handover == "list" else CHANGE_STATUS

    def read(self, start: datetime | None, end: datetime) -> Iterator[list[Activity]]:
        """Yield the hand-overs in [start, end), page by page."""
        pages = self._extracted(start, end) if self._source.bulk else self._fed(start, end)
        for page in pages:
            if found := [one for one in page if self.is_one(one)]:
                yield found

    def is_one(self, activity: Activity) -> bool:
        """Tell whether an activity hands its lead over; our own changes of a status must not."""
        if activity.type_id != self.type_id or activity.asset_id not in self._source.handover_ids:
            return False
        if self._source.handover == "list":
            return True
        status = (activity.attributes.get("New Status") or "").casefold()
        outside = {"", *(word.casefold() for word in self._source.outside_statuses)}
        if self._source.handover_statuses:
            return status in {word.casefold() for word in self._source.handover_statuses}
        before = (activity.attributes.get("Old Status") or "").casefold()
        return before in outside and status not in outside

    def campaign_of(self, activity: Activity) -> str | None:
        """Return the id of the program that an activity handed over to; of a list, the program it lies in."""
        if self._source.handover == "program":
            return str(activity.asset_id)
        return self.programs_of_lists().get(activity.asset_id or 0)

    def programs_of_lists(self) -> Mapping[int, str | None]:
        """Return list -> program, by the names that lists tell; asked for once."""
        if self._programs is None:
            ids = [("id", str(number)) for number in self._source.handover_ids]
            path = "/rest/v1/lists.json"
            rows = [row for page in self._client.pages(path, ids) for row in page.rows]
            with understood(f"GET {path}"):
                names = {int(row["id"]): as_text(row.get("programName")) for row in rows}
            programs = {name: self._program_named(name) for name in dict.fromkeys(names.values()) if name}
            self._programs = {number: programs.get(name or "") for number, name in names.items()}
        return self._programs

    def _program_named(self, name: str) -> str | None:
        path = "/rest/asset/v1/program/byName.json"
        rows = read_asset(self._client, path, [("name", name)]).rows
        with understood(f"GET {path}"):
            return str(int(rows[0]["id"])) if rows else None

    def _fed(self, start: datetime | None, end: datetime) -> Iterator[list[Activity]]:
        return Feed(self._client, self._keep).of_types([self.type_id], start, end)

    def _extracted(self, start: datetime | None, end: datetime) -> Iterator[list[Activity]]:
        """Yield activities by export; leads' values never come so: there a missing one is called `null`."""
        start = start or datetime.now(UTC) - RETENTION
        ids = list(self._source.handover_ids)
        at = start
        while at < end:
            until = min(at + BULK_WINDOW, end)
            for first in range(0, len(ids), BULK_ASSETS):
                body = {
                    "format": "CSV",
                    "filter": {
                        "createdAt": {"startAt": write_time(at), "endAt": _ceiling(until)},
                        "activityTypeIds": [self.type_id],
                        "primaryAttributeValueIds": ids[first : first + BULK_ASSETS],
                    },
                }
                page: list[Activity] = []
                for row in extract(self._client, "activities", body, self._keep):
                    with understood("an export of activities"):
                        activity = _from_row(row)
                    if at <= activity.at < until:  # both bounds of the export count
                        page.append(activity)
                    if len(page) == 10_000:
                        yield page
                        page = []
                yield page
            at = until


def _ceiling(moment: datetime) -> str:
    """Return a bound in whole seconds that leaves nothing out."""
    return write_time(moment if not moment.microsecond else moment + timedelta(seconds=1))


def _from_row(row: Mapping[str, str | None]) -> Activity:
    attributes = json.loads(row.get("attributes") or "{}")
    asset_id = row.get("primaryAttributeValueId")
    if not (row["marketoGUID"] and row["leadId"] and row["activityTypeId"]):
        raise ValueError("a row is cut off")
    return Activity(
        guid=str(row["marketoGUID"]),
        lead_id=str(row["leadId"]),
        at=read_time(str(row["activityDate"])),
        type_id=int(row["activityTypeId"]),
        asset_id=int(asset_id) if asset_id else None,
        asset=row.get("primaryAttributeValue"),
        attributes={str(name): as_text(value) for name, value in attributes.items()},
    )
