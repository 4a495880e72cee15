"""Status back into a supplier's Salesforce: collections, or one bulk job above their reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hooks import salesforce_bulk
from hooks.salesforce_answers import Fault, first_fault, row_result
from hooks.salesforce_client import COLLECTION_ROWS, SalesforceClient
from leadline.ports import RowResult, StatusRow

BULK_ABOVE = 2_000  # rows; Bulk API 2.0 Developer Guide, "Bulk API 2.0 Limits"
NO_ASSIGNMENT = {"Sforce-Auto-Assign": "FALSE"}  # or an assignment rule could give the lead a new owner


def write_status(
    client: SalesforceClient,
    object_: str,
    rows: Sequence[StatusRow],
    targets: Mapping[str, str],
    fields: frozenset[str],
) -> Iterator[RowResult]:
    """Yield one result per row.

    Args:
        object_: What is updated.
        rows: In order; of several for one record, the last one's values are written for all of them.
        targets: Identity of a row -> Id of the record to update; a row without one is refused.
        fields: The only fields that may be written.
    """
    for row in rows:
        if row.identity not in targets:
            yield row_result(row.identity, fault=Fault("NOT_FOUND", "the record is no longer there"))
    last = {targets[row.identity]: row for row in rows if row.identity in targets}
    keys: dict[str, list[str]] = {}
    for row in rows:
        if row.identity in targets:
            keys.setdefault(targets[row.identity], []).append(row.identity)
    writes = {
        record_id: {name: value for name, value in row.values.items() if name in fields}
        for record_id, row in last.items()
    }
    if len(writes) > BULK_ABOVE:
        outcomes = _bulk(client, object_, writes)
    else:
        outcomes = _collections(client, object_, writes)
    for record_id, fault in outcomes:
        for key in keys[record_id]:
            yield row_result(key, record_id=record_id, fault=fault)


Writes = Mapping[str, Mapping[str, str | None]]
Outcome = tuple[str, Fault | None]


def _collections(client: SalesforceClient, object_: str, writes: Writes) -> Iterator[Outcome]:
    entries = list(writes.items())
    for first in range(0, len(entries), COLLECTION_ROWS):
        chunk = entries[first : first + COLLECTION_ROWS]
        results = client.collections(
            "PATCH",
            [{"attributes": {"type": object_}, "id": record_id, **values} for record_id, values in chunk],
            headers=NO_ASSIGNMENT,
            repeatable=True,  # the same values again change nothing
        )
        for (record_id, _), result in zip(chunk, results, strict=True):
            yield record_id, None if result.get("success") else first_fault(result.get("errors"))


def _bulk(client: SalesforceClient, object_: str, writes: Writes) -> Iterator[Outcome]:
    """Yield outcomes by Id: result files keep no order, and a row missing in all of them was not tried."""
    columns = list(dict.fromkeys(name for values in writes.values() for name in values))
    rows = ([record_id, *(_cell(values, name) for name in columns)] for record_id, values in writes.items())
    job = salesforce_bulk.create_ingest(client, object_, "update")
    salesforce_bulk.upload(client, job, salesforce_bulk.write_csv(["Id", *columns], rows))
    salesforce_bulk.set_state(client, str(job["id"]), "UploadComplete")
    ended = salesforce_bulk.wait_for(client, "jobs/ingest", str(job["id"]))
    waiting = set(writes)
    for result in salesforce_bulk.results(client, str(job["id"]), "successfulResults"):
        if (record_id := _known(result, waiting)) is not None:
            yield record_id, None
    for result in salesforce_bulk.results(client, str(job["id"]), "failedResults"):
        if (record_id := _known(result, waiting)) is not None:
            yield record_id, salesforce_bulk.read_error(result.get("sf__Error", ""))
    # A failed job names its trouble (an unknown column); otherwise the rest may simply go again.
    trouble = str(ended.get("errorMessage") or "")
    code = "JOB_FAILED" if trouble else "SERVER_UNAVAILABLE"
    for record_id in writes:
        if record_id in waiting:
            yield record_id, Fault(code, trouble or "the job ended before this row")


def _cell(values: Mapping[str, str | None], name: str) -> str | None:
    if name not in values:
        return None  # leaves the field alone
    return salesforce_bulk.NULL if values[name] is None else values[name]


def _known(result: Mapping[str, str], waiting: set[str]) -> str | None:
    """Return the Id of ours that a result row is about, once; an answer may spell 15 of its 18 characters."""
    for column in ("Id", "sf__Id"):
        named = result.get(column) or ""
        found = named if named in waiting else next((one for one in waiting if one[:15] == named), None)
        if found:
            waiting.discard(found)
            return found
    return None
