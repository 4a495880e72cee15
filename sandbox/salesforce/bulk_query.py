"""Bulk API 2.0 query: a job whose result is read as CSV pages.

Source: Bulk API 2.0 Developer Guide, "Create a Query Job", "Get Results for a Query Job".
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from . import csv_text, jobs
from .calls import Answer, Call
from .errors import Refused
from .jobs import Job
from .soql.selection import Selection, select
from .soql.syntax import Query

_DONE = frozenset({"JobComplete", "Failed", "Aborted"})


def create(call: Call) -> Answer:
    """Answer `POST jobs/query`."""
    body = call.json_object()
    operation, statement = body.get("operation"), body.get("query")
    if operation not in {"query", "queryAll"} or not isinstance(statement, str):
        raise jobs.invalid("operation must be query or queryAll, with a query")
    delimiter = body.get("columnDelimiter", "COMMA")
    if delimiter not in csv_text.DELIMITERS:
        raise jobs.invalid("Unknown columnDelimiter")
    store = call.org.store
    selection = select(store, statement, deleted=operation == "queryAll")
    _check(selection)
    stamp = store.stamp()
    job: Job = {
        "id": jobs.new_id(call),
        "operation": operation,
        "object": selection.sobject.name,
        "createdById": call.user_id,
        "createdDate": stamp,
        "systemModstamp": stamp,
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.version),
        "lineEnding": body.get("lineEnding", "LF"),
        "columnDelimiter": delimiter,
        "_kind": "query",
        "_polls": 0,
    }
    slow = call.trouble("slow_job")
    if slow is not None:
        job["_polls"] = int(slow.get("polls", 3))
    failed = (
        call.trouble("query_timeout") if call.trouble("job_failed") is None else call.trouble("job_failed")
    )
    if failed is not None:
        job["_failure"] = str(
            failed.get("message", "QUERY_TIMEOUT: Your query request was running for too long.")
        )
    else:
        jobs.keep_file(call, job, "result", _rows(selection))
        job["_total"] = selection.total
    jobs.save(call, job)
    return Answer(200, jobs.information(job), records=selection.total)


def info(call: Call, job_id: str) -> Answer:
    """Answer `GET jobs/query/<id>`."""
    job = jobs.load(call, "query", job_id)
    if job["state"] not in _DONE:
        if jobs.poll(job):
            job["state"] = "Failed" if "_failure" in job else "JobComplete"
            if "_failure" in job:
                job["errorMessage"] = job["_failure"]
        jobs.save(call, job)
    done = job["state"] == "JobComplete"
    body = {
        **jobs.information(job),
        "jobType": "V2Query",
        "numberRecordsProcessed": job.get("_total", 0) if done else 0,
        "retries": 0,
        "totalProcessingTime": 1,
        "isPkChunkingSupported": True,
    }
    return Answer(200, body)


def results(call: Call, job_id: str) -> Answer:
    """Answer `GET jobs/query/<id>/results?maxRecords=&locator=`."""
    job = jobs.load(call, "query", job_id)
    if job["apiVersion"] != float(call.version):
        raise Refused("API_ERROR", "The API version must be the one the job was created with", status=409)
    if job["state"] != "JobComplete":
        raise Refused("JOB_NOT_COMPLETE", f"Job is in state {job['state']}", status=412)
    offset = _offset(call.query.get("locator"))
    if call.trouble("expired_locator") is not None:
        raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    wished = call.query.get("maxRecords", "")
    size = min(int(wished) if wished.isdigit() and int(wished) > 0 else 10**9, call.org.bulk_query_rows)
    short = call.trouble("short_pages")
    if short is not None:
        size = max(min(size, int(short.get("rows", 1))), 1)
    header, *rows = jobs.read_file(call, job, "result")
    page = rows[offset : offset + size]
    more = offset + size < len(rows)
    delimiter = csv_text.DELIMITERS[job["columnDelimiter"]]
    headers = {
        "Sforce-Locator": urlsafe_b64encode(b"p%d" % (offset + size)).decode().rstrip("=")
        if more
        else "null",
        "Sforce-NumberOfRecords": str(len(page)),
    }
    text = csv_text.write([header, *page], delimiter=delimiter)
    return Answer(200, text.encode(), headers, media="text/csv", records=len(page))


def change_state(call: Call, job_id: str) -> Answer:
    """Answer `PATCH jobs/query/<id>`: Aborted stops it."""
    job = jobs.load(call, "query", job_id)
    if call.json_object().get("state") != "Aborted" or job["state"] in _DONE:
        raise jobs.invalid("Only a running job can be aborted", "INVALIDJOBSTATE")
    job["state"] = "Aborted"
    jobs.save(call, job)
    return Answer(200, jobs.information(job))


def remove(call: Call, job_id: str) -> Answer:
    """Answer `DELETE jobs/query/<id>`."""
    job = jobs.load(call, "query", job_id)
    if job["state"] not in _DONE:
        raise jobs.invalid(f"Job in state {job['state']} cannot be deleted", "INVALIDJOBSTATE")
    jobs.drop(call, job, ("result",))
    return Answer(204)


def every(call: Call) -> Answer:
    """Answer `GET jobs/query`."""
    return Answer(200, jobs.listing(call, "query"))


def _offset(locator: str | None) -> int:
    if not locator:
        return 0
    try:
        text = urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii")
        if not text.startswith("p"):
            raise ValueError(locator)
        return int(text[1:])
    except ValueError:
        raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator") from None


def _check(selection: Selection) -> None:
    query = selection.query
    if query.is_aggregate or query.offset or any(isinstance(item, Query) for item in query.select):
        raise Refused(
            "API_ERROR", "Aggregates, GROUP BY, OFFSET and inner queries do not run in Bulk queries"
        )
    for column in selection.columns:
        if column.field.type in {"address", "base64"}:
            raise Refused(
                "API_ERROR", f"Compound or binary fields do not run in Bulk queries: {column.parts[-1]}"
            )


def _rows(selection: Selection) -> list[list[Any]]:
    reads = [column.read for column in selection.columns]
    header = [".".join(column.parts) for column in selection.columns]
    return [header, *([csv_text.cell(read(record)) for read in reads] for record in selection.rows)]
