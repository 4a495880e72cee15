"""The activity feed of a subscription: who was handed over, changed, deleted, merged, and what people did.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import BATCH_ROWS, Page
from hooks.marketo.values import as_text, read_time, write_time
from hooks.shapes import understood
from leadline.errors import VendorUnavailable

ADD_TO_LIST, MERGE_LEADS, DELETE_LEAD, CHANGE_STATUS = 24, 32, 37, 104
CHANGE_VALUE = 13
TYPES_PER_CALL = 10
LEADS_PER_CALL = 30
MOST_EMPTY_PAGES = 500
"""Pages without a row while more is promised: after so many, something is broken rather than slow."""

RETENTION = timedelta(days=760)
"""Marketo keeps activities for 25 months: "from the beginning" starts there."""

SETTLING = timedelta(minutes=10)
"""Pages come by time, but not to the second: only past so much of later activities is a window read."""

Keep = Callable[[bytes], None]


@dataclass(frozen=True)
class Activity:
    """One entry of the feed; `asset_id` is the list or program that it is about."""

    guid: str
    lead_id: str
    at: datetime
    type_id: int
    asset_id: int | None = None
    asset: str | None = None
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    changed: tuple[str, ...] = ()  # fields, of a change


def read_activity(entry: Mapping[str, Any]) -> Activity:
    """Return one entry as it came; `marketoGUID` stands for `id`, which may be missing."""
    attributes = entry.get("attributes") or ()
    asset_id = entry.get("primaryAttributeValueId")
    return Activity(
        guid=str(entry.get("marketoGUID") or entry["id"]),
        lead_id=str(entry["leadId"]),
        at=read_time(str(entry["activityDate"])),
        type_id=int(entry["activityTypeId"]),
        asset_id=int(asset_id) if asset_id not in (None, "") else None,
        asset=as_text(entry.get("primaryAttributeValue")),
        attributes={
            str(one.get("name") or one.get("apiName")): as_text(one.get("value")) for one in attributes
        },
        changed=tuple(str(one.get("name")) for one in entry.get("fields") or ()),
    )


class Feed:
    """Reads the feed page by page; `keep` is given each answer as it came."""

    def __init__(self, client: MarketoClient, keep: Keep = lambda _: None) -> None:
        self._client = client
        self._keep = keep
        self._beginning = datetime.now(UTC) - RETENTION
        self._tokens: dict[datetime, str] = {}

    def of_types(
        self, types: Sequence[int], start: datetime | None, end: datetime, leads: Sequence[str] = ()
    ) -> Iterator[list[Activity]]:
        """Yield pages of activities in [start, end) of at most ten types, of at most 30 leads (none: all)."""
        params = [("activityTypeIds", str(one)) for one in types]
        params += [("leadIds", lead) for lead in leads]
        yield from self._read("/rest/v1/activities.json", params, start, end)

    def changes(
        self, fields: Sequence[str], start: datetime | None, end: datetime
    ) -> Iterator[list[Activity]]:
        """Yield pages of changes of these lead fields; new leads, which the call gives too, are left out."""
        params = [("fields", ",".join(fields))]
        for page in self._read("/rest/v1/activities/leadchanges.json", params, start, end):
            yield [one for one in page if one.type_id == CHANGE_VALUE and one.changed]

    def deleted(self, start: datetime | None, end: datetime) -> Iterator[list[Activity]]:
        """Yield pages of deletions."""
        yield from self._read("/rest/v1/activities/deletedleads.json", [], start, end)

    def _read(
        self, path: str, params: Sequence[tuple[str, str]], start: datetime | None, end: datetime
    ) -> Iterator[list[Activity]]:
        start = start or self._beginning
        token = self._token(start)
        seen: set[str] = set()
        used: set[str] = set()
        empty = 0
        while True:
            asked = [*params, ("batchSize", str(BATCH_ROWS)), ("nextPageToken", token)]
            page = self._client.get(path, asked)
            self._keep(page.raw)
            with understood(f"GET {path}"):
                found = [read_activity(entry) for entry in page.rows]
            fresh = [one for one in found if start <= one.at < end and one.guid not in seen]
            seen = {one.guid for one in found}  # a page that is given twice holds nothing new
            if fresh:
                yield fresh
            # A page may be short, or empty, or without `result`, and not be the last one.
            if not _more(page, found):
                return
            if found and min(one.at for one in found) >= end + SETTLING:
                return
            empty = 0 if found else empty + 1
            if empty > MOST_EMPTY_PAGES:
                raise VendorUnavailable(
                    f"GET {path}: {empty} empty pages, and more promised; try again later"
                )
            if found:  # an empty page may lead to itself for a while
                used.add(token)
            token = _next_token(page, path)
            if found and token in used:
                raise VendorUnavailable(f"GET {path}: a paging token leads back; try again later")

    def _token(self, since: datetime) -> str:
        """Return where to begin reading; the same moment is asked for once."""
        if since not in self._tokens:
            path = "/rest/v1/activities/pagingtoken.json"
            page = self._client.get(path, [("sinceDatetime", write_time(since))])
            self._tokens[since] = _next_token(page, path)
        return self._tokens[since]


def _more(page: Page, found: Sequence[Activity]) -> bool:
    """Tell whether a page is not the last one; where it does not say, an empty one is."""
    told = page.body.get("moreResult")
    if told is None:
        return bool(found)
    return told if isinstance(told, bool) else str(told).casefold() == "true"


def _next_token(page: Page, path: str) -> str:
    token = page.body.get("nextPageToken")
    if not token:
        raise VendorUnavailable(f"GET {path}: the answer holds no paging token")
    return str(token)
