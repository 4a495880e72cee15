"""Decided writes into one object of a partner's org: collections of 200, or Bulk jobs above their reach.

Every write may be repeated: a new record is an upsert by our external id, a change goes by record id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hooks.parts import in_turns
from hooks.salesforce import bulk
from hooks.salesforce.answers import DUPLICATES, Fault, first_fault, read_faults, row_result, safe_text
from hooks.salesforce.bodies import Json, parse_object
from hooks.salesforce.client import COLLECTION_ROWS, SalesforceClient, quoted
from hooks.salesforce.updates import ALERTS_PASS, NO_ASSIGNMENT
from hooks.salesforce.values import FieldValues
from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.ports import JobLedger, RecordWrite, RowResult

STALE = frozenset(
    {"CANNOT_UPDATE_CONVERTED_LEAD", "ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"}
)
"""What an update by id meets when its record was converted, merged or deleted meanwhile."""

JOB_BYTES = 90_000_000  # Bulk API 2.0 takes 150 MB once encoded as base64, which adds up to a half


class RecordWriter:
    """Writes of one operation into one object."""

    def __init__(
        self, client: SalesforceClient, object_: str, operation: str, external_id_field: str
    ) -> None:
        self._client = client
        self._object = object_
        self._creates = operation == "create"
        self._external_id = external_id_field
        self._values = FieldValues(client, object_)

    def in_collections(self, writes: Sequence[RecordWrite]) -> Iterator[RowResult]:
        """Yield one result per write, 200 a call; a record that several writes change takes turns."""
        for turn in in_turns(writes, self._key):
            for first in range(0, len(turn), COLLECTION_ROWS):
                yield from self._collection(turn[first : first + COLLECTION_ROWS])

    def _collection(self, writes: Sequence[RecordWrite]) -> Iterator[RowResult]:
        results = self._client.collections(
            "PATCH",
            [self._json(write) for write in writes],
            upsert_on=(self._object, self._external_id) if self._creates else None,
            headers=NO_ASSIGNMENT if self._creates else NO_ASSIGNMENT | ALERTS_PASS,
            repeatable=True,
        )
        for write, result in zip(writes, results, strict=True):
            if result.get("success"):
                yield self._done(write, result.get("id"), bool(result.get("created", False)))
            else:
                yield self._refused(write, first_fault(result.get("errors")))

    def _key(self, write: RecordWrite) -> str:
        """Return what tells the write's row in an answer: our id, or the record's without its checksum."""
        return write.external_id if self._creates else str(write.record_id)[:15]

    def _json(self, write: RecordWrite) -> Json:
        named = {self._external_id: write.external_id} if self._creates else {"id": write.record_id}
        values = {name: self._values.json(name, value) for name, value in write.fields.items()}
        return {"attributes": {"type": self._object}} | values | named

    def _done(self, write: RecordWrite, record_id: str | None, created: bool) -> RowResult:
        return row_result(write.key, record_id=record_id or write.record_id, created=created)

    def _refused(self, write: RecordWrite, fault: Fault) -> RowResult:
        if self._creates and fault.code in DUPLICATES and not row_result("", fault=fault).record_id:
            # Collections and Bulk say that there is a duplicate, not which: the single call does.
            return self._single(write)
        if fault.code == "INVALID_FIELD":
            # Every row would meet it: the org has changed under the mapping, the rows have no fault.
            raise SchemaDrift(f"{self._object}: {safe_text(fault.message)}")
        result = row_result(write.key, fault=fault)
        if not self._creates and fault.code in STALE:
            return RowResult(
                write.key, ok=False, code=result.code, field=result.field, message=result.message, stale=True
            )
        return result

    def _single(self, write: RecordWrite) -> RowResult:
        """Upsert one record alone. Source: REST API Developer Guide, "Insert or Update (Upsert) a Record"."""
        record = self._json(write)
        del record["attributes"], record[self._external_id]
        path = "/".join(("sobjects", self._object, self._external_id, quoted(write.external_id)))
        answer = self._client.request(
            "PATCH", path, json_body=record, headers=NO_ASSIGNMENT, repeatable=True, accept=(300, 400, 404)
        )
        if answer.status_code in (200, 201):
            body = parse_object(answer, "id")
            return self._done(write, body["id"], bool(body.get("created", answer.status_code == 201)))
        faults = read_faults(answer.content) if answer.status_code != 300 else []
        if answer.status_code != 300 and not faults:
            raise VendorUnavailable(f"HTTP {answer.status_code}: the answer names no error")
        return row_result(write.key, fault=faults[0] if faults else Fault("DUPLICATE_EXTERNAL_ID", ""))

    def in_bulk(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:
        """Yield one result per write of Bulk jobs, going on with the jobs that already carry them.

        Raises:
            SchemaDrift: Salesforce knows a column of ours no longer.
        """
        turns = in_turns(writes, self._key)
        for part, content in self._parts(next(turns, [])):
            saved = jobs.job_for([write.key for write in part])
            job = self._resumed(saved, content) if saved else None
            if job is None:
                job = bulk.create_ingest(
                    self._client,
                    self._object,
                    "upsert" if self._creates else "update",
                    self._external_id if self._creates else None,
                )
                jobs.save([write.key for write in part], str(job["id"]), str(job["operation"]), self._object)
                if not bulk.started(self._client, job, content):
                    raise VendorUnavailable(f"bulk job {job['id']} took no upload")
            yield from self._results(str(job["id"]), part, jobs)
        for turn in turns:
            yield from self.in_collections(turn)

    def _resumed(self, job_id: str, content: bytes) -> Json | None:
        """Return the saved job, set going if it was not; None if it came to nothing and a new one is due."""
        job = bulk.ingest_job(self._client, job_id)
        if job is None or job["state"] == "Aborted":
            return None
        return job if job["state"] != "Open" or bulk.started(self._client, job, content) else None

    def _results(self, job_id: str, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:
        job = bulk.wait_for(self._client, "jobs/ingest", job_id)
        waiting = {self._key(write): write for write in writes}
        for row in bulk.results(self._client, job, "successfulResults"):
            if (write := self._taken(row, waiting)) is not None:
                yield self._done(write, row.get("sf__Id"), row.get("sf__Created") == "true")
        if waiting:
            for row in bulk.results(self._client, job, "failedResults"):
                if (write := self._taken(row, waiting)) is not None:
                    yield self._refused(write, bulk.read_error(row.get("sf__Error", "")))
        trouble = safe_text(str(job.get("errorMessage") or ""))
        for write in waiting.values():
            yield RowResult(
                write.key,
                ok=False,
                code="UNPROCESSED",
                message=trouble or "the job ended before this row",
                retryable=True,
            )
        jobs.finish(job_id)
        if waiting and "field name not found" in trouble.casefold():
            raise SchemaDrift(f"bulk job on {self._object}: {trouble}")

    def _taken(self, row: Mapping[str, str], waiting: dict[str, RecordWrite]) -> RecordWrite | None:
        """Return the write that a result row is about: rows keep no order, our key column tells."""
        if self._creates:
            return waiting.pop(row.get(self._external_id) or "", None)
        return waiting.pop((row.get("Id") or row.get("sf__Id") or "")[:15], None)

    def _parts(self, writes: Sequence[RecordWrite]) -> Iterator[tuple[Sequence[RecordWrite], bytes]]:
        """Yield the writes with their CSV, halved until each fits one job."""
        if not writes:
            return
        content = self._csv(writes)
        if len(content) <= JOB_BYTES or len(writes) == 1:
            yield writes, content
            return
        middle = len(writes) // 2
        yield from self._parts(writes[:middle])
        yield from self._parts(writes[middle:])

    def _csv(self, writes: Sequence[RecordWrite]) -> bytes:
        names = list(dict.fromkeys(name for write in writes for name in write.fields))
        rows = (
            [
                write.external_id if self._creates else write.record_id,
                *(
                    self._values.cell(name, write.fields[name]) if name in write.fields else None
                    for name in names
                ),
            ]
            for write in writes
        )
        return bulk.write_csv([self._external_id if self._creates else "Id", *names], rows)
