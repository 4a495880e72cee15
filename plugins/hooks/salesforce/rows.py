"""Rows about many records: read in parts that a call holds, each part whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient, quoted
from hooks.salesforce.soql import in_list, in_parts
from hooks.salesforce.window import value_at
from leadline.errors import RetryLater, VendorUnavailable

LONGEST_LIST = 12_000  # bytes once encoded; a URL holds some 16,000
RETRIEVED = 2_000  # records of one sObject Collections call that reads
PAGE = 2_000  # rows of a query's page
RESTARTS = 3  # of a query whose cursor goes
MERGES_FOLLOWED = 5


def short(record_id: object) -> str:
    """Return the 15 characters that tell a record; the other three are a checksum."""
    return str(record_id or "")[:15]


def rows_in(
    client: SalesforceClient, head: str, values: Iterable[str], tail: str = "", *, all_rows: bool = False
) -> Iterator[Json]:
    """Yield the rows of `{head} ('a','b',…){tail}` for all values, in as many calls as that takes.

    A list that takes the org too long is asked for in halves; one whose cursor goes is asked for again.

    Raises:
        RetryLater: Not even a single value is answered in time, or cursors keep going.
    """
    for part in in_parts(list(dict.fromkeys(values)), LONGEST_LIST):
        yield from _part(client, head, part, tail, all_rows)


def _part(
    client: SalesforceClient, head: str, values: Sequence[str], tail: str, all_rows: bool
) -> Iterator[Json]:
    try:
        found = _whole(client, f"{head} {in_list(values)}{tail}", all_rows, lambda _row: True)
    except RetryLater as error:
        if error.vendor_code != "QUERY_TIMEOUT" or len(values) == 1:
            raise
        middle = len(values) // 2
        yield from _part(client, head, values[:middle], tail, all_rows)
        yield from _part(client, head, values[middle:], tail, all_rows)
        return
    yield from found


def rows_about(
    client: SalesforceClient,
    select: str,
    path: str,
    values: Iterable[str],
    changed: str = "",
    *,
    all_rows: bool = False,
) -> Iterator[Json]:
    """Yield the rows whose `path` is one of the values and that fulfil `changed`, whichever way is cheaper.

    Few values are asked for by name. Where they are many and little has changed, all that changed is read
    and what is not about them is left out.

    Args:
        select: "SELECT … FROM …", with Id and `path`.
        path: Of a reference, or of an e-mail address.
        changed: A condition on stamps; "": every row of the values.
    """
    wanted = list(dict.fromkeys(values))
    calls = sum(1 for _ in in_parts(wanted, LONGEST_LIST))
    if changed and calls > 2:
        known = {_folded(value) for value in wanted}
        try:
            count = f"SELECT COUNT() {select[select.index('FROM ') :]} WHERE {changed}"
            total = next(client.query(count, all_rows=all_rows)).total or 0
            if total <= (calls - 1) * PAGE:
                where = f"{select} WHERE {changed}"
                yield from _whole(
                    client, where, all_rows, lambda row: _folded(value_at(row, path) or "") in known
                )
                return
        except RetryLater as error:
            if error.vendor_code != "QUERY_TIMEOUT":
                raise
    tail = f" AND {changed}" if changed else ""
    yield from rows_in(client, f"{select} WHERE {path} IN", wanted, tail, all_rows=all_rows)


def _folded(value: str) -> str:
    return value.strip().casefold() if "@" in value else value[:15]


def _whole(client: SalesforceClient, soql: str, all_rows: bool, wanted: Callable[[Json], bool]) -> list[Json]:
    """Return all wanted rows of a query, each once; begins again where its cursor goes on the way."""
    for restart in range(RESTARTS + 1):
        found: dict[str, Json] = {}
        try:
            for row in client.records(soql, all_rows=all_rows):
                if wanted(row):
                    found[str(row["Id"])] = row
        except RetryLater as error:
            if error.vendor_code != "INVALID_QUERY_LOCATOR" or restart == RESTARTS:
                raise
        else:
            return list(found.values())
    return []


def retrieve(
    client: SalesforceClient, object_: str, ids: Iterable[str], fields: Sequence[str]
) -> dict[str, Json]:
    """Return the records that are there, by the first 15 characters of their ids.

    Deleted and hidden ones are left out. Source: REST API Developer Guide, "Get Multiple Records with a
    Request Body".
    """
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Json] = {}
    for first in range(0, len(wanted), RETRIEVED):
        part = wanted[first : first + RETRIEVED]
        answer = client.read_json(
            "POST",
            f"composite/sobjects/{quoted(object_)}",
            json_body={"ids": part, "fields": list(fields)},
            repeatable=True,  # it only reads
        )
        if not isinstance(answer, list) or len(answer) != len(part):
            # Half an answer must not be read as records that are gone.
            raise VendorUnavailable(
                f"reading {object_}: {len(part)} records were asked for, not so many came"
            )
        found |= {short(row["Id"]): row for row in answer if row}
    return found


def ends(
    client: SalesforceClient, object_: str, ids: Iterable[str], columns: Sequence[str]
) -> dict[str, Json]:
    """Return what each record is at the end of its merges, by the first 15 characters of its own id.

    A deleted one that was merged into none comes with `IsDeleted`; one that nobody sees is left out.

    Args:
        object_: Lead, Contact or Account: what can be merged.
    """
    names = ", ".join(dict.fromkeys(["Id", "IsDeleted", "MasterRecordId", *columns]))
    at = {short(one): short(one) for one in ids}
    rows: dict[str, Json] = {}
    for _ in range(MERGES_FOLLOWED):
        unread = sorted(set(at.values()) - rows.keys())
        if not unread:
            break
        head = f"SELECT {names} FROM {object_} WHERE Id IN"  # noqa: S608  names of ours
        rows |= {short(row["Id"]): row for row in rows_in(client, head, unread, all_rows=True)}
        for one, now in at.items():
            row = rows.get(now)
            if row and row.get("IsDeleted") and row.get("MasterRecordId"):
                at[one] = short(row["MasterRecordId"])
    return {one: rows[now] for one, now in at.items() if now in rows}


def current(
    client: SalesforceClient, object_: str, ids: Iterable[str], columns: Sequence[str]
) -> dict[str, Json]:
    """Return the same as `ends`, in a fifth of the calls where most records are there."""
    wanted = list(dict.fromkeys(ids))
    found = retrieve(client, object_, wanted, list(dict.fromkeys(["Id", *columns])))
    for row in found.values():
        row["IsDeleted"] = False
    return found | ends(client, object_, [one for one in wanted if short(one) not in found], columns)
