"""Bulk extract: one job, its file checked against its checksum, its rows.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO

import httpx

from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import Json
from hooks.marketo.values import cell_text
from leadline.errors import BudgetExhausted, NotAllowed, RetryLater, SchemaDrift, VendorUnavailable

logger = logging.getLogger(__name__)

POLL_SECONDS = 60.0  # a job's status changes at most once a minute
PATIENCE_SECONDS = 3 * 3600.0
FILE_TRIES = 5
CHUNK_BYTES = 4_000_000
JOB_GONE = frozenset({"610", "1003", "1013"})  # what is said of a job that was made and is not known now
LONGEST_CELL = 2**31 - 1  # characters


def extract(
    client: MarketoClient,
    kind: str,
    body: Json,
    keep: Callable[[bytes], None],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Mapping[str, str | None]]:
    """Yield the rows of one export, by column; the literal `null` that stands for no value is None.

    A job that was made and whose answer was lost is left behind: not queued, it costs nothing.

    Args:
        kind: `leads` or `activities`.
        body: Of `create.json`.
        keep: Is given the file as it came, in parts.

    Raises:
        BudgetExhausted: The day's volume is used up (1029).
        RetryLater: The queue is full, or the job does not end.
        VendorUnavailable: The job failed or is gone, or its file does not agree with its checksum or has
            other than the counted rows; rows may have been yielded by then.
    """
    base = f"/bulk/v1/{kind}/export"
    created = client.post(f"{base}/create.json", body, repeat="always").rows
    if not created or not created[0].get("exportId"):
        raise VendorUnavailable(f"POST {base}/create.json: no job was made")
    job = f"{base}/{created[0]['exportId']}"
    with tempfile.TemporaryFile() as spooled:
        try:
            _enqueue(client, job)
            done = _wait_for(client, job, clock)
            _fetch(client, job, done, spooled)
        except (NotAllowed, SchemaDrift) as error:
            if error.vendor_code not in JOB_GONE:
                raise
            raise VendorUnavailable(f"{job}: the export is gone; the next try asks for it anew") from None
        spooled.seek(0)
        while part := spooled.read(CHUNK_BYTES):
            keep(part)
        spooled.seek(0)
        # Attributes are one cell; what another part of this process told the csv module must not cut them.
        csv.field_size_limit(LONGEST_CELL)
        lines = io.TextIOWrapper(spooled, encoding="utf-8-sig", newline="")
        came = 0
        try:
            for row in csv.DictReader(lines):
                came += 1
                yield {name: cell_text(cell) for name, cell in row.items() if name}
        except (csv.Error, UnicodeDecodeError) as error:
            raise VendorUnavailable(f"GET {job}/file.json: no CSV file ({type(error).__name__})") from None
        finally:
            lines.detach()
    if str(done.get("numberOfRecords", came)) not in (str(came), "None"):
        raise VendorUnavailable(f"GET {job}/file.json: {came} rows came of {done['numberOfRecords']}")


def _enqueue(client: MarketoClient, job: str) -> None:
    try:
        client.post(f"{job}/enqueue.json", repeat="always")
    except BudgetExhausted:
        raise
    except RetryLater as error:
        # After a lost answer the job is in the queue: "already queued" says so, under the code of a full one.
        if "already queued" not in str(error).casefold():
            raise


def _wait_for(client: MarketoClient, job: str, clock: Callable[[], float]) -> Json:
    started, waited = clock(), 0.0
    while True:
        rows = client.get(f"{job}/status.json").rows
        status = str(rows[0].get("status")) if rows else "missing"
        if status == "Completed":
            return rows[0]
        if status in ("Failed", "Canceled", "Cancelled", "missing"):
            raise VendorUnavailable(f"{job}: the export ended as {status}; the next run asks for it anew")
        if max(clock() - started, waited) > PATIENCE_SECONDS:
            client.post(f"{job}/cancel.json", repeat="always")
            raise RetryLater(f"{job}: the export is not done after {PATIENCE_SECONDS / 3600:.0f} hours")
        client.sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def _fetch(client: MarketoClient, job: str, done: Json, spooled: IO[bytes]) -> None:
    """Write the file, going on where a connection broke off; one that differs from its checksum anew."""
    path = f"{job}/file.json"
    trouble = "is not there yet"
    for attempt in range(1, FILE_TRIES + 1):
        if attempt > 1:
            client.sleep(min(POLL_SECONDS, 2.0**attempt))
        try:
            answer = client.file(path, spooled.tell())
            try:
                outcome = _take(answer, spooled)
            finally:
                answer.close()
        except (VendorUnavailable, httpx.TransportError, httpx.DecodingError) as error:
            trouble = f"broke off ({type(error).__name__})"
            continue
        if outcome is not None:
            trouble = outcome
            continue
        if _agrees(done, spooled):
            return
        trouble = "differs from its checksum"
        spooled.seek(0)
        spooled.truncate()
    raise VendorUnavailable(f"GET {path}: the file {trouble}, after {FILE_TRIES} tries")


def _take(answer: httpx.Response, spooled: IO[bytes]) -> str | None:
    """Append an answer's body; return what kept it from being the file, or None."""
    if answer.status_code == 404:
        return "is not there yet"  # Completed does not mean that the file can be had
    if answer.status_code == 416:  # what we have is longer than the file
        spooled.seek(0)
        spooled.truncate()
    if answer.status_code not in (200, 206):
        return f"came as HTTP {answer.status_code}"
    if answer.status_code == 200:
        spooled.seek(0)  # no part of it: the server does not know ranges, or it is the first call
        spooled.truncate()
    for part in answer.iter_bytes(CHUNK_BYTES):
        spooled.write(part)
    return None


def _agrees(done: Json, spooled: IO[bytes]) -> bool:
    size = spooled.tell()
    told = str(done.get("fileChecksum") or "").removeprefix("sha256:")
    if not told:
        return done.get("fileSize") in (None, size)
    spooled.seek(0)
    digest = hashlib.file_digest(spooled, "sha256").hexdigest()  # type: ignore[arg-type]
    spooled.seek(size)
    return digest == told.casefold()
