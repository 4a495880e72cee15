"""Bulk API 2.0 ingest: a job is opened, given a CSV, closed, polled, and asked for its results.

Source: Bulk API 2.0 Developer Guide, "Create a Job", "Upload Job Data", "Upload Complete", "Get Job Info",
"Get Job Successful/Failed/Unprocessed Record Results".
"""

from __future__ import annotations

from typing import Any

from . import csv_text, jobs
from .calls import Answer, Call
from .errors import Refused
from .ingest_work import work
from .jobs import Job
from .upserts import key_field

_OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
_FILES = {
    "successfulresults": "success",
    "failedresults": "failed",
    "unprocessedrecords": "unprocessed",  # asked for as unprocessedRecords too
}
_DONE = frozenset({"JobComplete", "Failed", "Aborted"})


def create(call: Call) -> Answer:
    """Answer `POST jobs/ingest`."""
    body = call.json_object()
    operation = body.get("operation")
    if operation not in _OPERATIONS:
        raise jobs.invalid(f"Unknown operation: {operation}")
    store = call.org.store
    sobject = store.schema.lower.get(str(body.get("object", "")).lower())
    if sobject is None or sobject.name == "Name":
        raise Refused(
            "INVALIDENTITY",
            f"InvalidEntity : Entity '{body.get('object')}' is not supported by the Bulk API.",
        )
    key = body.get("externalIdFieldName")
    if operation == "upsert" and (not key or key_field(sobject, str(key)) is None):
        raise jobs.invalid(f"externalIdFieldName is not an external id of {sobject.name}: {key}")
    delimiter, ending = body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF")
    if delimiter not in csv_text.DELIMITERS or ending not in {"LF", "CRLF"}:
        raise jobs.invalid("Unknown columnDelimiter or lineEnding")
    if body.get("contentType", "CSV") != "CSV":
        raise jobs.invalid("contentType must be CSV")
    job_id = jobs.new_id(call)
    stamp = store.stamp()
    job: Job = {
        "id": job_id,
        "operation": operation,
        "object": sobject.name,
        "createdById": call.user_id,
        "createdDate": stamp,
        "systemModstamp": stamp,
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.version),
        "contentUrl": f"services/data/v{call.version}/jobs/ingest/{job_id}/batches",
        "lineEnding": ending,
        "columnDelimiter": delimiter,
        "_kind": "ingest",
    }
    if key:
        job["externalIdFieldName"] = key
    if body.get("assignmentRuleId"):
        job["assignmentRuleId"] = body["assignmentRuleId"]
    jobs.save(call, job)
    return Answer(200, jobs.information(job))


def upload(call: Call, job_id: str) -> Answer:
    """Answer `PUT jobs/ingest/<id>/batches`."""
    job = jobs.load(call, "ingest", job_id)
    if job["state"] != "Open" or job.get("_uploaded"):
        raise jobs.invalid("Data was uploaded already, or the job is not open", "INVALIDJOBSTATE")
    if not call.headers.get("content-type", "text/csv").lower().startswith("text/csv"):
        raise Refused("UNSUPPORTED_MEDIA_TYPE", "Content-Type must be text/csv")
    try:
        text = call.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("INVALIDBATCH", "InvalidBatch : the data is not UTF-8") from None
    jobs.keep_file(call, job, "data", text)
    job["_uploaded"] = True
    jobs.save(call, job)
    return Answer(201, records=max(text.count("\n") - 1, 0))


def change_state(call: Call, job_id: str) -> Answer:
    """Answer `PATCH jobs/ingest/<id>`: UploadComplete lets it run, Aborted stops it."""
    job = jobs.load(call, "ingest", job_id)
    wanted = call.json_object().get("state")
    if wanted == "Aborted" and job["state"] not in _DONE:
        job["state"] = "Aborted"
    elif wanted == "UploadComplete" and job["state"] == "Open":
        job["state"] = "UploadComplete"
        if call.fault is not None:
            job["_trouble"] = {"kind": call.fault.kind, "arguments": dict(call.fault.arguments)}
        slow = call.trouble("slow_job")
        if slow is not None:
            job["_polls"] = int(slow.get("polls", 3))
        else:
            # The work is done at once; clients first hear of it when they ask.
            work(call, job)
            answer = {**jobs.information(job), "state": "UploadComplete"}
            jobs.save(call, job)
            return Answer(200, answer, records=int(job.get("numberRecordsProcessed", 0)))
    else:
        raise jobs.invalid(f"Job in state {job['state']} cannot go to {wanted}", "INVALIDJOBSTATE")
    jobs.save(call, job)
    return Answer(200, jobs.information(job))


def info(call: Call, job_id: str) -> Answer:
    """Answer `GET jobs/ingest/<id>`."""
    job = jobs.load(call, "ingest", job_id)
    if job["state"] in {"UploadComplete", "InProgress"}:
        if jobs.poll(job):
            work(call, job)
        jobs.save(call, job)
    return Answer(200, _counted(job), records=int(job.get("numberRecordsProcessed", 0)))


def results(call: Call, job_id: str, which: str) -> Answer:
    """Answer `GET jobs/ingest/<id>/successfulResults` and its two sisters."""
    job = jobs.load(call, "ingest", job_id)
    part = _FILES[which.lower()]
    if job["state"] not in _DONE:
        raise jobs.invalid(f"Results are not there in state {job['state']}", "INVALIDJOBSTATE")
    content = jobs.read_file(call, job, part)
    if content is None:
        content = jobs.read_file(call, job, "data") if part == "unprocessed" else ""
    text: str = content or ""
    return Answer(200, text.encode(), media="text/csv", records=max(text.count("\n") - 1, 0))


def remove(call: Call, job_id: str) -> Answer:
    """Answer `DELETE jobs/ingest/<id>`."""
    job = jobs.load(call, "ingest", job_id)
    if job["state"] not in _DONE:
        raise jobs.invalid(f"Job in state {job['state']} cannot be deleted", "INVALIDJOBSTATE")
    jobs.drop(call, job, ("data", "success", "failed", "unprocessed"))
    return Answer(204)


def every(call: Call) -> Answer:
    """Answer `GET jobs/ingest`."""
    return Answer(200, jobs.listing(call, "ingest"))


def _counted(job: Job) -> dict[str, Any]:
    return {
        **jobs.information(job),
        "jobType": "V2Ingest",
        "numberRecordsProcessed": job.get("numberRecordsProcessed", 0),
        "numberRecordsFailed": job.get("numberRecordsFailed", 0),
        "retries": 0,
        "totalProcessingTime": job.get("totalProcessingTime", 0),
        "apiActiveProcessingTime": job.get("totalProcessingTime", 0),
        "apexProcessingTime": 0,
    }
