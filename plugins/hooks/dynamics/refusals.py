"""What becomes of rows that were refused, or made without a word on which: what is there tells.

Source: Microsoft Learn, "Perform conditional operations using the Web API", "Web service error codes".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hooks.dynamics.answers import DUPLICATE, GONE, TAKEN, Fault, refused_row
from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.find import RecordFinder
from hooks.dynamics.rows import by_id
from hooks.dynamics.tables import Table, Tables
from hooks.dynamics.values import label_of
from leadline.ports import FoundRecord, RecordKeys, RecordWrite, RowResult

CLOSED = "RECORD_CLOSED"
UNNAMED = "RECORD_NOT_NAMED"

Refused = tuple[RecordWrite, Fault]


class Refusals:
    """Refused writes into one table of one environment."""

    def __init__(self, client: DynamicsClient, tables: Tables, table: Table, external_id_field: str) -> None:
        self._client = client
        self._tables = tables
        self._table = table
        self._external = external_id_field

    def unnamed(self, writes: Sequence[RecordWrite]) -> Iterator[RowResult]:
        """Look for rows that were made by an answer which does not say under which id.

        Source: Microsoft Learn, "Use Upsert to create or update a record": the answer may hold our key only.
        """
        found = self._find(writes)
        for write in writes:
            there = found.get(write.key)
            if there is not None and there.by == "external_id":
                yield RowResult(write.key, ok=True, record_id=there.record_id, created=True)
            else:
                message = "the answer names no record, and none is to be found yet"
                yield RowResult(write.key, ok=False, code=UNNAMED, message=message, retryable=True)

    def of_creates(self, refused: Sequence[Refused]) -> Iterator[RowResult]:
        """Look for what is there already: by our key it is ours, made before an answer was lost."""
        found = self._find(
            [one for one, fault in refused if fault.code in TAKEN | {DUPLICATE} or fault.status == 412]
        )
        for write, fault in refused:
            there = found.get(write.key)
            if there is not None and there.by == "external_id":
                yield RowResult(write.key, ok=True, record_id=there.record_id, created=False)
            elif there is not None:
                record_id = there.converted_to or there.record_id
                object_ = "contact" if there.converted_to else there.object
                yield refused_row(
                    write.key, fault, record_id=record_id, object_=object_, values=write.fields.values()
                )
            else:
                yield refused_row(write.key, fault, values=write.fields.values())

    def of_updates(self, refused: Sequence[Refused]) -> Iterator[RowResult]:
        """Tell a record that is gone, qualified, merged or closed from a value that is refused."""
        asked = [str(write.record_id) for write, fault in refused if not fault.may_pass]
        select = [self._table.id_column, "statecode", "statuscode"]
        select += ["merged"] if self._table.column("merged") else []
        states = by_id(self._client, self._table, asked, select) if asked else {}
        for write, fault in refused:
            values = write.fields.values()
            state = states.get(str(write.record_id).lower())
            if state is None and fault.code in GONE:
                yield refused_row(write.key, fault, stale=True)
            elif state is None or state.get("statecode") == 0 or self._table.name not in ("lead", "contact"):
                # A code that means "gone" is about what a look-up names then.
                yield refused_row(write.key, fault, values=values)
            elif state.get("merged") or (self._table.name == "lead" and state.get("statecode") == 1):
                yield refused_row(write.key, fault, stale=True, values=values)
            else:
                label = label_of(state, "statuscode") or label_of(state, "statecode")
                text = f"the {self._table.name} is closed in the CRM ({label}): only its owner can reopen it"
                yield refused_row(write.key, Fault(fault.status, CLOSED, fault.message), message=text)

    def _find(self, writes: Sequence[RecordWrite]) -> dict[str, FoundRecord]:
        if not writes:
            return {}
        finder = RecordFinder(self._client, self._tables, self._table.name, self._external)
        return finder.find([RecordKeys(one.key, None, one.external_id, _email(one)) for one in writes])


def _email(write: RecordWrite) -> str:
    return next((value or "" for name, value in write.fields.items() if name.lower() == "emailaddress1"), "")
