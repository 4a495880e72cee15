"""Bulk extract of leads and activities: create, enqueue, poll, fetch the file.

A job goes on by one step each time its status is asked for: Queued, Processing, Completed.
Source: developer.adobe.com/marketo-apis, "Bulk extract", "Bulk lead extract", "Bulk activity extract".
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from .calls import Answer, Call, result
from .config import ACTIVITY_TYPES
from .errors import Refused
from .limits import CENTRAL
from .stamps import read
from .store import Record, stamp

WINDOW = timedelta(days=31)
KEPT = timedelta(days=7)
MOST_QUEUED = 10
MOST_PROCESSING = 2
DAILY_BYTES = 500_000_000
OPEN = ("Queued", "Processing")
ACTIVITY_COLUMNS = (
    "marketoGUID",
    "leadId",
    "activityDate",
    "activityTypeId",
    "campaignId",
    "primaryAttributeValueId",
    "primaryAttributeValue",
    "attributes",
)


def create(call: Call, kind: str) -> Answer:
    """Answer `create.json`."""
    body = call.json
    wanted = body.get("filter")
    if not isinstance(wanted, dict) or not wanted:
        raise Refused("1002", "Missing value for the required parameter 'filter'")
    fields = body.get("fields")
    if kind == "leads":
        _check_leads(call, wanted, fields)
    else:
        _check_activities(wanted)
    if body.get("format", "CSV") not in ("CSV", "TSV"):
        raise Refused("1003", "Invalid format")
    _check_quota(call)
    job = {
        "exportId": str(uuid.uuid4()),
        "format": body.get("format", "CSV"),
        "status": "Created",
        "createdAt": stamp(call.tenant.store.now()),
        "_kind": kind,
        "_filter": wanted,
        "_fields": list(fields or ACTIVITY_COLUMNS),
        "_headers": body.get("columnHeaderNames") or {},
        "_polls": 0,
    }
    call.tenant.store.put("job", job["exportId"], job)
    return result([_shown(job)])


def enqueue(call: Call, kind: str, job_id: str) -> Answer:
    """Answer `enqueue.json`."""
    job = _job(call, kind, job_id)
    if job["status"] != "Created":
        raise Refused("1029", "Job already queued")
    _check_quota(call)
    if sum(one["status"] in OPEN for one in _jobs(call)) >= MOST_QUEUED:
        raise Refused("1029", "Too many jobs in queue")
    changed = {**job, "status": "Queued", "queuedAt": stamp(call.tenant.store.now())}
    if (slow := call.trouble("slow_job")) is not None:
        changed["_polls"] = -int(slow.get("polls", 3))
    if (failed := call.trouble("job_failed")) is not None:
        changed["_fails"] = str(failed.get("message", "The job failed"))
    return result([_shown(call.tenant.store.put("job", job_id, changed))])


def status(call: Call, kind: str, job_id: str) -> Answer:
    """Answer `status.json`; asking moves the job on."""
    job = _job(call, kind, job_id)
    if job["status"] in OPEN:
        job = _advance(call, job)
    return result([_shown(job)])


def cancel(call: Call, kind: str, job_id: str) -> Answer:
    """Answer `cancel.json`."""
    job = _job(call, kind, job_id)
    if job["status"] in ("Completed", "Failed", "Cancelled"):
        raise Refused("1029", "Job cannot be canceled")
    return result([_shown(call.tenant.store.put("job", job_id, {**job, "status": "Cancelled"}))])


def browse(call: Call, kind: str) -> Answer:
    """Answer `export.json`: this user's own jobs."""
    words = set(call.values("status"))
    rows = [job for job in _jobs(call) if job["_kind"] == kind and (not words or job["status"] in words)]
    return result([_shown(job) for job in rows])


def file(call: Call, kind: str, job_id: str) -> Answer:
    """Answer the file, or a part of it; a job without one is a real 404 in plain text."""
    job = call.tenant.store.table("job").get(job_id)
    known = job is not None and job["_kind"] == kind and job["status"] == "Completed"
    if job is None or not known or call.trouble("file_missing") is not None:
        raise Refused("404", status=404, body=b"File not found", media="text/plain")
    if read(job["finishedAt"]) + KEPT < call.tenant.store.now():
        raise Refused("404", status=404, body=b"File not found", media="text/plain")
    data = str(call.tenant.store.table("file")[job_id]["text"]).encode()
    wrong = call.trouble("corrupt_file")
    if wrong is not None and data:
        data = data[:-1] + bytes([data[-1] ^ 1])
    headers, status_ = {"Accept-Ranges": "bytes"}, 200
    asked = call.headers.get("range", "")
    if asked.startswith("bytes=") and data:
        first, _, last = asked[6:].partition("-")
        start = int(first or 0)
        end = min(int(last) if last else len(data) - 1, len(data) - 1)
        if start >= len(data):
            raise Refused("416", status=416, body=b"", media="text/plain")
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        data, status_ = data[start : end + 1], 206
    return Answer(data, status_, headers, "text/csv;charset=UTF-8", plain=True)


def _check_leads(call: Call, wanted: Mapping[str, Any], fields: object) -> None:
    if not isinstance(fields, list) or not fields:
        raise Refused("1002", "Missing value for the required parameter 'fields'")
    for name in fields:
        if name not in call.tenant.people.fields:
            raise Refused("1006", f"Field '{name}' not found")
    kinds = {"createdAt", "updatedAt", "staticListId", "staticListName", "smartListId", "smartListName"}
    chosen = [name for name in wanted if name in kinds]
    if len(chosen) != 1:
        raise Refused("1003", "Exactly one filter is needed")
    if chosen[0] in call.tenant.store.setting("unsupported_filters", ["smartListId", "smartListName"]):
        raise Refused("1035")
    if chosen[0] in ("createdAt", "updatedAt"):
        _window(wanted[chosen[0]])


def _check_activities(wanted: Mapping[str, Any]) -> None:
    if "createdAt" not in wanted:
        raise Refused("1002", "Missing value for the required parameter 'createdAt'")
    _window(wanted["createdAt"])
    kinds = wanted.get("activityTypeIds") or []
    known = {kind["id"] for kind in ACTIVITY_TYPES}
    if 37 in kinds:
        raise Refused("1003", "Activity type 37 is not available")
    if any(kind not in known and kind < 100_000 for kind in kinds):
        raise Refused("1003", "Invalid activityTypeIds")
    for name in ("primaryAttributeValueIds", "primaryAttributeValues"):
        if name in wanted and (not kinds or len(wanted[name]) > 50):
            raise Refused("1003", f"{name} needs activityTypeIds, and at most 50 values")


def _window(bounds: object) -> None:
    if not isinstance(bounds, dict) or "startAt" not in bounds:
        raise Refused("1003", "startAt is missing")
    for text in bounds.values():
        if "." in str(text):
            raise Refused("704", "Invalid date format: no milliseconds")
    start = read(str(bounds["startAt"]))
    if "endAt" in bounds and not timedelta() <= read(str(bounds["endAt"])) - start <= WINDOW:
        raise Refused("1003", "The date range exceeds 31 days")


def _check_quota(call: Call) -> None:
    today = call.tenant.store.now().astimezone(CENTRAL).date()
    used = sum(
        job.get("fileSize") or 0
        for job in _jobs(call)
        if job["status"] == "Completed" and read(job["finishedAt"]).astimezone(CENTRAL).date() == today
    )
    if used >= call.tenant.store.setting("bulk_bytes", DAILY_BYTES):
        raise Refused("1029", "Export daily quota exceeded")


def _advance(call: Call, job: Record) -> Record:
    polls = job["_polls"] + 1
    changed = {**job, "_polls": polls}
    if job["status"] == "Queued" and polls >= 1:
        processing = sum(one["status"] == "Processing" for one in _jobs(call))
        if processing < MOST_PROCESSING:
            changed |= {"status": "Processing", "startedAt": stamp(call.tenant.store.now())}
    elif job["status"] == "Processing":
        now = stamp(call.tenant.store.now())
        if job.get("_fails"):
            changed |= {"status": "Failed", "finishedAt": now, "errorMsg": job["_fails"]}
        else:
            rows = list(_lead_rows(call, job) if job["_kind"] == "leads" else _activity_rows(call, job))
            data = _csv(job, rows)
            call.tenant.store.put("file", job["exportId"], {"text": data})
            changed |= {
                "status": "Completed",
                "finishedAt": now,
                "numberOfRecords": len(rows),
                "fileSize": len(data.encode()),
                "fileChecksum": f"sha256:{hashlib.sha256(data.encode()).hexdigest()}",
            }
    return call.tenant.store.put("job", job["exportId"], changed)


def _lead_rows(call: Call, job: Record) -> Iterator[Sequence[Any]]:
    wanted = job["_filter"]
    people = call.tenant.people
    chosen = sorted(people.leads.values(), key=lambda lead: int(lead["id"]))
    for name, own in (("createdAt", "createdAt"), ("updatedAt", "_changed")):
        if name in wanted:
            chosen = [lead for lead in chosen if _within(lead[own], wanted[name])]
    lists = call.tenant.store.table("list").values()
    for name, key in (("staticListId", "id"), ("staticListName", "name")):
        if name in wanted:
            ids = {entry["id"] for entry in lists if entry[key] == wanted[name]}
            rows = call.tenant.store.table("list_member").values()
            members = {row["leadId"] for row in rows if row["listId"] in ids}
            chosen = [lead for lead in chosen if lead["id"] in members]
    for lead in chosen:
        yield [lead.get(name) for name in job["_fields"]]


def _activity_rows(call: Call, job: Record) -> Iterator[Sequence[Any]]:
    wanted = job["_filter"]
    kinds, assets = wanted.get("activityTypeIds"), wanted.get("primaryAttributeValueIds")
    values = wanted.get("primaryAttributeValues")
    entries = sorted(
        call.tenant.store.table("activity").values(), key=lambda one: (one["activityDate"], one["id"])
    )
    for entry in entries:
        if (
            not _within(entry["activityDate"], wanted["createdAt"])
            or entry["activityTypeId"] == 37
            or (kinds and entry["activityTypeId"] not in kinds)
            or (assets and entry["primaryAttributeValueId"] not in assets)
            or (values and entry["primaryAttributeValue"] not in values)
        ):
            continue
        attributes = json.dumps({one["name"]: one["value"] for one in entry["attributes"]})
        yield [attributes if name == "attributes" else entry.get(name) for name in job["_fields"]]


def _within(text: str, bounds: Mapping[str, str]) -> bool:
    moment = read(text)
    return read(bounds["startAt"]) <= moment and ("endAt" not in bounds or moment <= read(bounds["endAt"]))


def _csv(job: Record, rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if job["format"] == "TSV" else ",", lineterminator="\n")
    writer.writerow([job["_headers"].get(name, name) for name in job["_fields"]])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return "null"  # so does the vendor; a person of that name cannot be told apart
    return str(value).casefold() if isinstance(value, bool) else value


def _jobs(call: Call) -> list[Record]:
    return list(call.tenant.store.table("job").values())


def _job(call: Call, kind: str, job_id: str) -> Record:
    found = call.tenant.store.table("job").get(job_id)
    if found is None or found["_kind"] != kind:
        raise Refused("1003", f"Export job '{job_id}' not found")
    return found


def _shown(job: Record) -> Record:
    return {name: value for name, value in job.items() if not name.startswith("_")}
