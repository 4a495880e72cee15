"""Writes many rows: each its own result, in chunks that share a stamp, rolled back together when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import identifiers, records, upserts
from .errors import Refused
from .faults import row_error
from .fields import Field, SObject
from .records import Writing
from .store import OrgStore

CHUNK = 200


@dataclass(frozen=True)
class RowResult:
    """What became of one row; `error` is None when it was written."""

    id: str | None = None
    created: bool | None = None
    error: Refused | None = None

    def json(self) -> dict[str, Any]:
        """Return the row's element of a collection's answer; `created` is there for upserts only."""
        if self.error is not None:
            return {"success": False, "errors": [self.error.row()]}
        body: dict[str, Any] = {"id": self.id, "success": True, "errors": []}
        if self.created is not None:
            body["created"] = self.created
        return body


WriteRow = Callable[[Mapping[str, Any]], RowResult]


def write_each(
    store: OrgStore,
    rows: Iterable[Mapping[str, Any]],
    write: WriteRow,
    *,
    first: int = 1,
    trouble: Mapping[str, Any] | None = None,
) -> list[RowResult]:
    """Write rows one by one; what a refused row began is undone, the others stay.

    Args:
        first: Number of the first row, for `row_error` faults.
        trouble: Arguments of such a fault.
    """
    results = []
    for number, row in enumerate(rows, start=first):
        mark = store.mark()
        try:
            planned = row_error(trouble, number, row)
            if planned is not None:
                raise planned
            results.append(write(row))
        except Refused as refused:
            store.rollback(mark)
            results.append(RowResult(error=refused))
    return results


def all_or_none(store: OrgStore, mark: int, results: list[RowResult]) -> list[RowResult]:
    """Return the results with every row undone when one of them failed."""
    if all(result.error is None for result in results):
        return results
    store.rollback(mark)
    rolled_back = Refused(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
        [],
    )
    return [result if result.error is not None else RowResult(error=rolled_back) for result in results]


def creator(store: OrgStore, sobject: SObject, writing: Writing) -> WriteRow:
    """Return how to create a row."""
    return lambda row: RowResult(records.create(store, sobject, row, writing))


def updater(store: OrgStore, sobject: SObject, writing: Writing) -> WriteRow:
    """Return how to change the record a row names by its `Id`."""

    def write(row: Mapping[str, Any]) -> RowResult:
        record_id, rest = split_id(row)
        records.update(store, sobject, record_id, rest, writing)
        return RowResult(identifiers.normal(record_id))

    return write


def upserter(store: OrgStore, sobject: SObject, field: Field, writing: Writing) -> WriteRow:
    """Return how to upsert the rows of one chunk: a key may be in it once."""
    seen: set[Any] = set()

    def write(row: Mapping[str, Any]) -> RowResult:
        key = next((value for name, value in row.items() if name.lower() == field.name.lower()), None)
        folded = key.strip().lower() if isinstance(key, str) and not field.case_sensitive else key
        if folded is not None and folded in seen:
            raise Refused("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", [field.name])
        seen.add(folded)
        record_id, created = upserts.upsert(store, sobject, field, row, writing)
        return RowResult(record_id, created)

    return write


def deleter(store: OrgStore, sobject: SObject, writing: Writing, *, hard: bool = False) -> WriteRow:
    """Return how to delete the record a row names by its `Id`; `hard` leaves nothing in the recycle bin."""

    def write(row: Mapping[str, Any]) -> RowResult:
        record_id = identifiers.normal(split_id(row)[0])
        records.delete(store, sobject, record_id, writing)
        if hard:
            store.remove(sobject.name, record_id)
        return RowResult(record_id)

    return write


def split_id(row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a row's id and its other values.

    Raises:
        Refused: MISSING_ARGUMENT when there is none.
    """
    record_id = None
    rest = {}
    for name, value in row.items():
        if name.lower() == "id":
            record_id = value
        else:
            rest[name] = value
    if not record_id:
        raise Refused("MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
    return record_id, rest
