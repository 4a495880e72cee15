"""The work of a Bulk ingest job: reads its CSV, writes the rows in chunks, and keeps what became of each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import csv_text, jobs
from .calls import Call
from .errors import Refused
from .fields import Field, SObject
from .jobs import Job
from .records import Writing
from .rows import CHUNK, RowResult, WriteRow, creator, deleter, updater, upserter, write_each
from .upserts import key_field

_Row = list[str]


def work(call: Call, job: Job) -> None:
    """Do a closed job's work; the job ends as JobComplete or Failed and has its result files."""
    began = time.perf_counter()
    delimiter = csv_text.DELIMITERS[job["columnDelimiter"]]
    text = jobs.read_file(call, job, "data") or ""
    trouble = job.pop("_trouble", None) or {}
    failure: str | None = None
    header: _Row = []
    rows: list[_Row] = []
    try:
        header, rows = _read(text, delimiter, job["lineEnding"])
        done = _Work(call, job, header, trouble).run(rows)
    except _JobFailed as failed:
        failure = failed.message
        done = failed.done
    good = [[r.id or "", "true" if r.created else "false", *row] for row, r in done if r.error is None]
    bad = [[r.id or "", r.error.csv(), *row] for row, r in done if r.error is not None]
    # Parallel chunks end in any order, so results do not come in the order of the file.
    good.reverse()
    jobs.keep_file(
        call, job, "success", csv_text.write([["sf__Id", "sf__Created", *header], *good], delimiter=delimiter)
    )
    jobs.keep_file(
        call, job, "failed", csv_text.write([["sf__Id", "sf__Error", *header], *bad], delimiter=delimiter)
    )
    left = csv_text.write([header, *rows[len(done) :]], delimiter=delimiter) if header else text
    jobs.keep_file(call, job, "unprocessed", left)
    job["numberRecordsProcessed"] = len(done)
    job["numberRecordsFailed"] = len(bad)
    job["totalProcessingTime"] = int((time.perf_counter() - began) * 1000)
    job["state"] = "JobComplete" if failure is None else "Failed"
    if failure is not None:
        job["errorMessage"] = failure


class _JobFailed(Exception):
    def __init__(self, message: str, done: list[tuple[_Row, RowResult]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.done = done or []


def _read(text: str, delimiter: str, ending: str) -> tuple[_Row, list[_Row]]:
    first_line = text.split("\n", 1)[0]
    if text and first_line.endswith("\r") is (ending == "LF") and "\n" in text:
        raise _JobFailed(
            f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {ending}"
        )
    try:
        rows = csv_text.read(text, delimiter)
    except ValueError as problem:
        raise _JobFailed(f"InvalidBatch : Failed to parse CSV: {problem}") from None
    return (rows[0], rows[1:]) if rows else ([], [])


class _Work:
    def __init__(self, call: Call, job: Job, header: _Row, trouble: Mapping[str, Any]) -> None:
        self._call = call
        self._job = job
        self._store = call.org.store
        self._sobject: SObject = self._store.schema.objects[job["object"]]
        self._header = header
        self._kind = trouble.get("kind")
        self._arguments: Mapping[str, Any] = trouble.get("arguments", {})
        self._done: list[tuple[_Row, RowResult]] = []

    def run(self, rows: list[_Row]) -> list[tuple[_Row, RowResult]]:
        columns = self._columns() if self._header else []
        stop = int(self._arguments.get("after", 0)) if self._kind == "job_failed" else None
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            if stop is not None:
                chunk = chunk[: max(stop - start, 0)]
            self._write(chunk, columns, start)
            if stop is not None and len(self._done) >= stop:
                break
        if stop is not None:
            message = self._arguments.get("message", "InternalServerError : The batch could not be processed")
            raise _JobFailed(str(message), self._done)
        return self._done

    def _write(self, chunk: list[_Row], columns: list[tuple[str, str | None] | None], start: int) -> None:
        write = self._writer()
        width = len(self._header)
        trouble = self._arguments if self._kind == "row_error" else None
        values = []
        for row in chunk:
            values.append(_values(row, columns) if len(row) == width else None)
        good = [value for value in values if value is not None]
        results = iter(write_each(self._store, good, write, first=start + 1, trouble=trouble))
        for row, value in zip(chunk, values, strict=True):
            if value is None:
                short = Refused("INVALID_INPUT", f"The row has {len(row)} columns instead of {width}", [])
                self._done.append((row, RowResult(error=short)))
                continue
            result = next(results)
            if result.error is not None:
                result = replace(result, id=str(value.get("Id") or "") or None)
            elif result.created is None:
                result = replace(result, created=self._job["operation"] == "insert")
            self._done.append((row, result))

    def _writer(self) -> WriteRow:
        # In Bulk no assignment rule runs unless the job names one, and rules that only alert pass.
        writing = Writing(
            self._call.user_id,
            self._store.stamp(),
            assignment=self._job.get("assignmentRuleId") or False,
            allow_duplicates=True,
            csv=True,
        )
        operation = self._job["operation"]
        if operation == "insert":
            return creator(self._store, self._sobject, writing)
        if operation == "update":
            return updater(self._store, self._sobject, writing)
        if operation == "upsert":
            key: Field | None = key_field(self._sobject, self._job["externalIdFieldName"])
            if key is None:
                raise _JobFailed("InvalidBatch : the external id field is gone", self._done)
            return upserter(self._store, self._sobject, key, writing)
        return deleter(self._store, self._sobject, writing, hard=operation == "hardDelete")

    def _columns(self) -> list[tuple[str, str | None] | None]:
        """Return (field, None) or (relationship, its field) per column; None is a column to pass over."""
        found: list[tuple[str, str | None] | None] = []
        for name in self._header:
            relationship, _, foreign = name.strip().partition(".")
            field = self._sobject.lower.get(relationship.lower())
            if foreign and relationship.lower() in self._sobject.relationships:
                # `Owner:User.Ext__c` style type prefixes are not imitated.
                found.append((relationship, foreign))
            elif field is None or foreign:
                raise _JobFailed(f"InvalidBatch : Field name not found : {name}")
            elif field.name == "Id" and not self._uses_id():
                found.append(None)  # jsforce sends an empty Id column first
            else:
                found.append((field.name, None))
        names = [column for column in found if column is not None]
        if len(set(names)) != len(names):
            raise _JobFailed("InvalidBatch : Duplicate field name in the header")
        return found

    def _uses_id(self) -> bool:
        key = str(self._job.get("externalIdFieldName", "")).lower()
        return self._job["operation"] not in {"insert", "upsert"} or key == "id"


def _values(row: _Row, columns: list[tuple[str, str | None] | None]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text, column in zip(row, columns, strict=True):
        if column is None or not text:
            continue  # an empty cell is left out, only #N/A clears
        name, foreign = column
        value = None if text == csv_text.NULL else text
        values[name] = {foreign: value} if foreign is not None and value is not None else value
    return values
