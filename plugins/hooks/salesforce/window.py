"""A window of one Salesforce object, read in order whatever happens in between."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from hooks.salesforce.bulk import query as query_in_bulk
from hooks.salesforce.client import QueryPage, SalesforceClient
from leadline.errors import BudgetExhausted, RetryLater

logger = logging.getLogger(__name__)

FLOOR = datetime(1999, 1, 1, tzinfo=UTC)  # no record of Salesforce is older
SMALLEST = timedelta(seconds=1)  # what Salesforce keeps of a stamp
RESTARTS = 3  # of a query whose cursor goes before any row came
RETRY_BUDGET_SECONDS = 3_600.0  # the day's calls come back hour by hour

Row = Mapping[str, Any]


def literal(at: datetime) -> str:
    """Return a SOQL datetime literal. Source: SOQL and SOSL Reference, "Date Formats and Date Literals"."""
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond // 1000:03}" if at.microsecond else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def read_stamp(text: str) -> datetime:
    """Return the time in a vendor's stamp, like `2026-11-22T10:00:00.000+0000`."""
    return datetime.fromisoformat(text)


def between(field: str, start: datetime | None, end: datetime) -> str:
    """Return the condition that `field` lies in the window: start in, end out."""
    lower = f"{field} >= {literal(start)} AND " if start else ""
    return f"({lower}{field} < {literal(end)})"


def value_at(row: Row, path: str) -> Any:
    """Return the value at a path like `Lead.Email`; None where a parent is missing.

    Salesforce answers in its own spelling of names, and a mapping may spell them in another case.
    """
    if path in row:
        return row[path]  # a column of a bulk result
    found: Any = row
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        if name in found:
            found = found[name]
            continue
        found = next((found[key] for key in found if key.casefold() == name.casefold()), None)
    if found is None and "." in path:
        found = next((row[key] for key in row if key.casefold() == path.casefold()), None)
    return found


class WindowReader:
    """Reads windows over one client, within its budget, by pages or by a bulk query.

    `keep` is given every page as the vendor sent it.
    """

    def __init__(
        self,
        client: SalesforceClient,
        *,
        page_size: int,
        budget_share: float,
        keep: Callable[[bytes], None] = lambda _raw: None,
        bulk: bool = False,
    ) -> None:
        self._client = client
        self._page_size = page_size
        self._share = budget_share
        self._keep = keep
        self._bulk = bulk

    def rows(
        self,
        select: str,
        stamp: str,
        conditions: Sequence[str],
        start: datetime | None,
        end: datetime | None,
        *,
        all_rows: bool = False,
    ) -> Iterator[Row]:
        """Yield the rows whose `stamp` field lies in the window, by (stamp, Id), each once.

        A query that takes too long is asked again for half the window; a cursor that has gone is taken up
        at the last stamp that was read. Neither loses nor repeats a row of a stamp that many share.

        Args:
            select: "SELECT … FROM …".
            stamp: Path of the stamp, also selected.
            conditions: ANDed to the window.

        Raises:
            RetryLater: Not even a second's worth of rows comes in time.
        """
        low, high = start, end
        limit = end
        given: tuple[str, set[str]] = ("", set())  # the last stamp handed out, and its Ids
        restarts = 0  # since a row came
        while True:
            where = " AND ".join([_bounds(stamp, low, high), *conditions])
            soql = f"{select} WHERE {where} ORDER BY {stamp}, Id"
            try:
                fetched = self._fetch(soql, all_rows)
                for text, group in groupby(fetched, lambda row: str(value_at(row, stamp))):
                    seen = given[1] if text == given[0] else set()
                    rows = sorted(group, key=lambda row: str(row["Id"]))
                    new = [row for row in rows if row["Id"] not in seen]
                    restarts = 0 if new else restarts
                    yield from new
                    given = (text, seen | {str(row["Id"]) for row in new})
            except RetryLater as error:
                if given[0]:
                    low = read_stamp(given[0])
                if error.vendor_code == "QUERY_TIMEOUT":
                    high = _middle(low, high, error)
                    logger.info("a query took too long: the window is halved to end at %s", high)
                elif error.vendor_code != "INVALID_QUERY_LOCATOR" or restarts == RESTARTS:
                    raise
                restarts += 1
                continue
            if high == limit:
                return
            low, high = high, limit

    def records(self, soql: str, *, all_rows: bool = False) -> Iterator[Row]:
        """Yield the records of a query as they come."""
        for page in self._pages(soql, all_rows, bulk=False):
            yield from page.records

    def count(self, soql: str) -> int:
        """Return what a `SELECT COUNT()` counts; 0 where counting alone takes too long."""
        self.check_budget()
        try:
            return next(self._client.query(soql)).total or 0
        except RetryLater as error:
            if error.vendor_code == "QUERY_TIMEOUT":
                return 0
            raise

    def check_budget(self) -> None:
        """Stop before the org's calls of today are used up to our share.

        Raises:
            BudgetExhausted: They are.
        """
        usage = self._client.usage
        if usage and usage.used >= usage.limit * self._share:
            raise BudgetExhausted(
                f"{usage.used} of the org's {usage.limit} API calls of today are used, and Leadline stops at "
                f"{self._share:.0%}",
                RETRY_BUDGET_SECONDS,
            )

    def _fetch(self, soql: str, all_rows: bool) -> Iterator[Row]:
        for page in self._pages(soql, all_rows, bulk=self._bulk):
            yield from page.records

    def _pages(self, soql: str, all_rows: bool, *, bulk: bool) -> Iterator[QueryPage]:
        self.check_budget()
        if bulk:
            pages = query_in_bulk(self._client, soql, all_rows=all_rows)
        else:
            pages = self._client.query(soql, all_rows=all_rows, batch_size=self._page_size)
        for page in pages:
            self._keep(page.raw)
            yield page
            self.check_budget()


def _bounds(stamp: str, low: datetime | None, high: datetime | None) -> str:
    if high is None:
        return f"({stamp} >= {literal(low or FLOOR)})"
    return between(stamp, low, high)


def _middle(low: datetime | None, high: datetime | None, error: Exception) -> datetime:
    low, high = low or FLOOR, high or datetime.now(UTC) + timedelta(days=1)
    if high - low <= SMALLEST:
        raise error
    middle = low + (high - low) / 2
    return max(middle.replace(microsecond=0), low + SMALLEST)
