"""Bulk jobs as the org keeps them: job information without the room's own notes on it."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from typing import Any

from .calls import Call
from .errors import Refused, not_found

Job = dict[str, Any]
PREFIX = "750"


def invalid(message: str, code: str = "INVALIDJOB") -> Refused:
    """Return the refusal of a job or of a step in its life."""
    return Refused(code, f"{'InvalidJobState' if code == 'INVALIDJOBSTATE' else 'InvalidJob'} : {message}")


def load(call: Call, kind: str, job_id: str) -> Job:
    """Return a job of this kind (`ingest` or `query`) by id."""
    job: Job | None = call.org.jobs.get(job_id)
    if job is None or job["_kind"] != kind:
        raise not_found("The requested resource does not exist")
    return job


def save(call: Call, job: Job) -> None:
    """Keep a job; it outlives a restart."""
    job["systemModstamp"] = call.org.store.stamp()
    call.org.jobs[job["id"]] = job
    call.org.store.write_note("job", job["id"], job)


def drop(call: Call, job: Job, parts: tuple[str, ...]) -> None:
    """Forget a job and its files."""
    del call.org.jobs[job["id"]]
    call.org.store.write_note("job", job["id"], None)
    for part in parts:
        call.org.store.write_note("file", f"{job['id']}/{part}", None)


def information(job: Job) -> Job:
    """Return what clients see of a job."""
    return {name: value for name, value in job.items() if not name.startswith("_")}


def keep_file(call: Call, job: Job, part: str, content: Any) -> None:
    """Keep a job's file (JSON content) beside it."""
    packed = b64encode(zlib.compress(json.dumps(content, ensure_ascii=False).encode(), 1)).decode()
    call.org.store.write_note("file", f"{job['id']}/{part}", packed)


def read_file(call: Call, job: Job, part: str) -> Any:
    """Return a job's file, or None when there is none."""
    packed = call.org.store.read_note("file", f"{job['id']}/{part}")
    return json.loads(zlib.decompress(b64decode(packed))) if packed else None


def new_id(call: Call) -> str:
    """Return an id for a job."""
    return call.org.store.new_id_with(PREFIX)


def poll(job: Job) -> bool:
    """Count a look at a slow job; return whether its work is due."""
    left = int(job.get("_polls", 0))
    if left <= 0:
        return True
    job["_polls"] = left - 1
    job["state"] = "InProgress" if left <= int(job.get("_polls_wanted", left)) else job["state"]
    return left - 1 <= 0


def listing(call: Call, kind: str) -> dict[str, Any]:
    """Return the answer of `jobs/ingest` or `jobs/query`."""
    found = [information(job) for job in call.org.jobs.values() if job["_kind"] == kind]
    return {"done": True, "records": found, "nextRecordsUrl": None}
