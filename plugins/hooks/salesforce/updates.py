"""Updates by Id of one object's records: each with its own outcome, in collections or as one bulk job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from hooks.salesforce import bulk
from hooks.salesforce.answers import Fault, first_fault, safe_text
from hooks.salesforce.client import COLLECTION_ROWS, SalesforceClient
from hooks.salesforce.rows import short
from hooks.salesforce.values import FieldValues
from leadline.errors import LeadlineError, RetryLater, SchemaDrift, VendorUnavailable

NO_ASSIGNMENT = {"Sforce-Auto-Assign": "FALSE"}
"""Without it an assignment rule may give the record another owner, on updates too."""

ALERTS_PASS = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
"""A change of a known record is wanted though it resembles another; rules that block still do."""

Values = Mapping[str, str | None]
Outcome = tuple[str, Fault | None]


def in_collections(
    client: SalesforceClient, object_: str, writes: Mapping[str, Values], types: FieldValues
) -> Iterator[Outcome]:
    """Yield the outcome of each update by its Id, in collections of 200."""
    entries = list(writes.items())
    for first in range(0, len(entries), COLLECTION_ROWS):
        chunk = entries[first : first + COLLECTION_ROWS]
        results = client.collections(
            "PATCH",
            [
                {"attributes": {"type": object_}, "id": record_id}
                | {name: types.json(name, value) for name, value in values.items()}
                for record_id, values in chunk
            ],
            headers=NO_ASSIGNMENT | ALERTS_PASS,
            repeatable=True,  # the same values again change nothing
        )
        for (record_id, _), result in zip(chunk, results, strict=True):
            yield record_id, None if result.get("success") else first_fault(result.get("errors"))


def in_bulk(
    client: SalesforceClient, object_: str, writes: Mapping[str, Values], types: FieldValues
) -> Iterator[Outcome]:
    """Yield outcomes by Id: result files keep no order, and a row missing in all of them was not tried."""
    columns = list(dict.fromkeys(name for values in writes.values() for name in values))
    rows = (
        [record_id, *(types.cell(name, values[name]) if name in values else None for name in columns)]
        for record_id, values in writes.items()
    )
    job = bulk.create_ingest(client, object_, "update")
    if not bulk.started(client, job, bulk.write_csv(["Id", *columns], rows)):
        raise VendorUnavailable(f"bulk job {job['id']} took no upload")
    try:
        ended = bulk.wait_for(client, "jobs/ingest", str(job["id"]))
    except RetryLater:
        # What goes next is newer: a job that is stuck must not write its values after them.
        with suppress(LeadlineError):
            bulk.set_state(client, str(job["id"]), "Aborted")
        raise
    waiting = {short(record_id): record_id for record_id in writes}
    for result in bulk.results(client, ended, "successfulResults"):
        if record_id := _taken(result, waiting):
            yield record_id, None
    for result in bulk.results(client, ended, "failedResults"):
        if record_id := _taken(result, waiting):
            yield record_id, bulk.read_error(result.get("sf__Error", ""))
    trouble = safe_text(str(ended.get("errorMessage") or ""))
    if waiting and "field name not found" in trouble.casefold():
        raise SchemaDrift(f"bulk job on {object_}: {trouble}")
    # Whatever ended the job, these rows were not tried.
    for record_id in list(waiting.values()):
        yield record_id, Fault("SERVER_UNAVAILABLE", trouble or "the job ended before this row")


def _taken(result: Mapping[str, str], waiting: dict[str, str]) -> str | None:
    """Return the Id of ours that a result row is about, once."""
    for column in ("Id", "sf__Id"):
        if found := waiting.pop(short(result.get(column)), None):
            return found
    return None
