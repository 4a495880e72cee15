"""Salesforce Bulk API 2.0: ingest and query jobs, one small step each.

Source: Bulk API 2.0 and Bulk API Developer Guide, "Bulk API 2.0 Ingest" and "Query".
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from hooks.salesforce.answers import CALL_CODES, Fault, safe_text
from hooks.salesforce.bodies import parse_csv
from hooks.salesforce.client import QueryPage, SalesforceClient
from leadline.errors import LeadlineError, NotAllowed, RetryLater, SchemaDrift, VendorUnavailable

NULL = "#N/A"
"""Clears a field in a bulk upload; an empty cell leaves it alone."""

Result = Literal["successfulResults", "failedResults"]

ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
FIRST_POLL_SECONDS = 0.2
LONGEST_POLL_SECONDS = 10.0


def create_ingest(
    client: SalesforceClient, object_: str, operation: str, external_id_field: str | None = None
) -> dict[str, Any]:
    """Return a new, open ingest job; nothing happens until it is uploaded to and closed.

    Without an `assignmentRuleId`, no assignment rule runs.
    """
    body = {
        "object": object_,
        "operation": operation,
        "contentType": "CSV",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    if external_id_field:
        body["externalIdFieldName"] = external_id_field
    return client.read_object("POST", "jobs/ingest", "id", json_body=body)


def upload(client: SalesforceClient, job: Mapping[str, Any], content: bytes) -> None:
    """Put the CSV into an open job; Salesforce takes one upload per job."""
    path = str(job.get("contentUrl") or f"{client.data}/jobs/ingest/{job['id']}/batches")
    if "://" not in path:
        path = "/" + path.lstrip("/")
    answer = client.request("PUT", path, data=content, headers={"Content-Type": "text/csv; charset=UTF-8"})
    if answer.status_code != 201:  # what the API says, and nothing else does
        raise VendorUnavailable(f"bulk job {job['id']}: HTTP {answer.status_code} instead of an upload")


def set_state(client: SalesforceClient, job_id: str, state: Literal["UploadComplete", "Aborted"]) -> None:
    """Start a job that is uploaded, or abort it."""
    client.read_object("PATCH", f"jobs/ingest/{job_id}", "state", json_body={"state": state})


def started(client: SalesforceClient, job: Mapping[str, Any], content: bytes) -> bool:
    """Upload to an open job and set it going; False if it took no upload, and is aborted."""
    job_id = str(job["id"])
    try:
        upload(client, job, content)
    except NotAllowed:
        # It holds an upload already, perhaps half of one: nothing of it has run.
        set_state(client, job_id, "Aborted")
        return False
    try:
        set_state(client, job_id, "UploadComplete")
    except NotAllowed:
        # An answer that was lost on the way may have set it going.
        now = ingest_job(client, job_id)
        if now is None or now["state"] in ("Open", "Aborted"):
            raise
    return True


def ingest_job(client: SalesforceClient, job_id: str) -> dict[str, Any] | None:
    """Return the job as it is now; None if Salesforce knows no such job (they live seven days)."""
    try:
        return client.read_object("GET", f"jobs/ingest/{job_id}", "id", "state")
    except SchemaDrift as error:
        if error.vendor_code == "NOT_FOUND":
            return None
        raise


def wait_for(
    client: SalesforceClient,
    path: Literal["jobs/ingest", "jobs/query"],
    job_id: str,
    longest_seconds: float = 3_600,
) -> dict[str, Any]:
    """Return the job once it has ended, asking less and less often.

    Raises:
        RetryLater: It still runs after `longest_seconds`, and its saved id finds it again; or it is gone.
    """
    pause = FIRST_POLL_SECONDS
    deadline = time.monotonic() + longest_seconds
    while True:
        try:
            job = client.read_object("GET", f"{path}/{job_id}", "id", "state")
        except SchemaDrift as error:
            if error.vendor_code == "NOT_FOUND":
                raise RetryLater(f"job {job_id} is gone: somebody deleted it") from None
            raise
        if job.get("state") in ENDED:
            return job
        if time.monotonic() + pause > deadline:
            raise RetryLater(f"job {job_id} is still {job.get('state')}", retry_after_seconds=60)
        client.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)


def results(client: SalesforceClient, job: Mapping[str, Any], which: Result) -> Iterator[dict[str, str]]:
    """Yield the rows of one result file of an ended job, in no particular order: a column of ours tells them.

    Raises:
        VendorUnavailable: The answer is no result file, or is empty though the job counts rows for it.
    """
    answer = client.request("GET", f"jobs/ingest/{job['id']}/{which}", headers={"Accept": "text/csv"})
    rows = parse_csv(answer, "sf__Id")
    failed = int(job.get("numberRecordsFailed") or 0)
    counted = failed if which == "failedResults" else int(job.get("numberRecordsProcessed") or 0) - failed
    if not rows and counted > 0:
        raise VendorUnavailable(f"bulk job {job['id']}: {which} holds none of {counted} rows")
    yield from rows


def read_error(text: str) -> Fault:
    """Return what `sf__Error` says: `CODE:message:fields --`."""
    code, _, rest = text.partition(":")
    message, _, fields = rest.rstrip().removesuffix("--").rstrip().rpartition(":")
    if not message:  # a message without a list of fields
        message, fields = fields, ""
    names = tuple(name.strip() for name in fields.split(",") if name.strip())
    return Fault(code.strip() or "UNKNOWN_EXCEPTION", message, names)


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> bytes:
    """Return CSV for an upload: UTF-8, LF; None becomes an empty cell, which leaves the field alone."""
    text = io.StringIO(newline="")
    # All quoted: csv leaves a lone CR bare otherwise, which would end the row over there.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def query(
    client: SalesforceClient, soql: str, *, all_rows: bool = False, max_records: int = 50_000
) -> Iterator[QueryPage]:
    """Yield the pages of a bulk query as CSV; an empty cell is no value (None).

    Raises:
        LeadlineError: Salesforce ended the job otherwise than complete; what its reason means.
        VendorUnavailable: A page holds other rows than it says.
    """
    body = {"operation": "queryAll" if all_rows else "query", "query": soql}
    # A second job for a lost answer costs a job, and reads the same.
    created = client.read_object("POST", "jobs/query", "id", json_body=body, repeatable=True)
    job = wait_for(client, "jobs/query", str(created["id"]))
    if job["state"] != "JobComplete":
        raise _ended(job)
    total = job.get("numberRecordsProcessed")
    locator: str | None = None
    while True:
        params = {"maxRecords": str(max_records)} | ({"locator": locator} if locator else {})
        answer = client.request(
            "GET", f"jobs/query/{job['id']}/results", params=params, headers={"Accept": "text/csv"}
        )
        rows = [{name: value or None for name, value in row.items()} for row in parse_csv(answer)]
        said = answer.headers.get("Sforce-NumberOfRecords") or "unknown"
        if said != str(len(rows)):
            raise VendorUnavailable(f"bulk query {job['id']}: a page of {said} rows holds {len(rows)}")
        yield QueryPage(answer.content, rows, total)
        locator = answer.headers.get("Sforce-Locator")
        if not locator or locator == "null":  # the word, when there is no further page
            return


def _ended(job: Mapping[str, Any]) -> LeadlineError:
    """Return what it means that a query job did not complete: its message names a code, if it was a fault."""
    if job["state"] == "Aborted":
        return NotAllowed(f"bulk query {job['id']}: somebody aborted it; run the pull again")
    fault = read_error(str(job.get("errorMessage") or ""))
    kind = CALL_CODES.get(fault.code.upper(), VendorUnavailable)
    error = kind(f"bulk query {job['id']}: {fault.code}: {safe_text(fault.message)}".rstrip(": "))
    error.vendor_code = fault.code
    return error
