"""Decided writes into one table of a partner's environment, in batches that tell every row's own outcome.

Every write may be repeated. A new row is made only where our key is not in use (`If-None-Match: *`), a change
touches only a row that is there (`If-Match: *`): no repeat makes a second row or brings a deleted one back.
Source: Microsoft Learn, "Perform conditional operations using the Web API", "Use Upsert to create or update".
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hooks.dynamics.answers import DUPLICATE, GONE, TAKEN, Fault, refused_row
from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.find import RecordFinder, own_id
from hooks.dynamics.messages import Json, Part, PartAnswer
from hooks.dynamics.people import People
from hooks.dynamics.rows import by_id
from hooks.dynamics.tables import Column, Table, Tables
from hooks.dynamics.values import GUID, label_of, quoted, to_json
from hooks.parts import in_turns
from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.ports import RecordKeys, RecordWrite, RowResult

logger = logging.getLogger(__name__)

CLOSED = "RECORD_CLOSED"
OWNER = "ownerid"
_DESCRIPTION = "description"
_TOPIC = "subject"


@dataclass(frozen=True)
class _Row:
    """One write as it is sent; `remarks` say what could not be written as it was decided."""

    write: RecordWrite
    part: Part
    remarks: tuple[str, ...] = ()


class RecordWriter:
    """Writes of one operation into one table.

    Args:
        topic: Begins the topic of new leads that are given none.
        detect_duplicates: Let the partner's duplicate detection rules refuse new rows.
    """

    def __init__(
        self,
        client: DynamicsClient,
        tables: Tables,
        people: People,
        object_: str,
        operation: str,
        external_id_field: str,
        *,
        topic: str = "Distributed lead",
        detect_duplicates: bool = False,
    ) -> None:
        self._client = client
        self._tables = tables
        self._people = people
        self._table: Table = tables.get(object_)
        self._creates = operation == "create"
        self._external = external_id_field
        self._topic = topic
        self._detects = detect_duplicates
        column = self._table.column(external_id_field)
        self._key_column = column.name if column else None
        self._keyed = column is not None and self._table.is_key(column.name)

    def write(self, writes: Sequence[RecordWrite]) -> Iterator[RowResult]:
        """Yield one result per write; a record that several writes change takes turns.

        Raises:
            SchemaDrift: A column of ours is no longer there: every row would meet it.
        """
        for turn in in_turns(writes, self._key):
            rows = [self._row(write) for write in turn]
            for remark, count in Counter(remark for row in rows for remark in row.remarks).items():
                logger.info("%s: %d rows: %s", self._table.name, count, remark)
            for first in range(0, len(rows), self._client.batch_rows):
                yield from self._send(rows[first : first + self._client.batch_rows])

    def _send(self, rows: Sequence[_Row]) -> Iterator[RowResult]:
        answers = list(self._client.batch([row.part for row in rows]))
        refused: list[tuple[_Row, Fault]] = []
        for row, answer in zip(rows, answers, strict=True):
            if answer.fault is None:
                yield self._done(row, answer)
            else:
                refused.append((row, answer.fault))
        if drift := next((fault for _, fault in refused if fault.is_drift), None):
            raise SchemaDrift(
                f"Dynamics, {self._table.name}: {drift.message[:300]}"
                " (compare the mapping's CRM fields with the partner's tables)"
            )
        yield from self._refused_creates(refused) if self._creates else self._refused_updates(refused)

    def _key(self, write: RecordWrite) -> str:
        """Return what tells the write's row: the parts of a batch may run in any order."""
        return write.external_id if self._creates else str(write.record_id).lower()

    def _row(self, write: RecordWrite) -> _Row:
        body: Json = {}
        remarks: list[str] = []
        left: list[str] = []
        for name, text in write.fields.items():
            column = self._table.column(name)
            if column is None:
                raise SchemaDrift(f"Dynamics: {self._table.name} has no column '{name}', or hides it from us")
            if column.name == self._key_column:
                continue  # only ever set when a row is made, by its key
            if column.kind in ("lookup", "owner", "customer"):
                self._link(column, text, body, remarks)
                continue
            written = to_json(column, text)
            if written.left:
                remarks.append(f"{column.name} takes no such value")
                left.append(f"{column.name}: {text}")
                continue
            if written.cut:
                remarks.append(f"{column.name} was cut to what it holds")
            body[column.name] = written.value
        headers = {} if self._creates else {"If-Match": "*"}
        if self._creates:
            self._complete(body, left)
            headers = {"If-None-Match": "*", "Prefer": "return=representation"}
            if self._detects:
                headers["MSCRM.SuppressDuplicateDetection"] = "false"
            if self._key_column:
                body[self._key_column] = write.external_id
        return _Row(write, Part("PATCH", self._address(write), body, headers), tuple(remarks))

    def _address(self, write: RecordWrite) -> str:
        if not self._creates:
            return f"{self._table.set_name}({str(write.record_id).lower()})"
        shown = self._table.id_column + (f",{self._key_column}" if self._key_column else "")
        if self._keyed:
            key = f"{self._key_column}={quote(quoted(write.external_id), safe=chr(39))}"
        else:
            key = own_id(write.external_id)
        return f"{self._table.set_name}({key})?$select={shown}"

    def _link(self, column: Column, text: str | None, body: Json, remarks: list[str]) -> None:
        """Set a lookup: owners by whatever names them, others by the id of a row of their only target."""
        if text is None:
            if column.name != OWNER:
                body[f"{column.name}@odata.bind"] = None
            return
        if column.name == OWNER:
            reference = self._people.reference(text)
            if reference is None:
                # Dataverse gives it to us then: better a record than none.
                remarks.append("the owner is no active user or team of this environment")
                return
            body["ownerid@odata.bind"] = reference
        elif len(column.targets) == 1 and GUID.fullmatch(text.strip()):
            target = self._tables.get(column.targets[0])
            body[f"{column.name}@odata.bind"] = f"/{target.set_name}({text.strip()})"
        else:
            remarks.append(f"{column.name} takes the id of a {' or '.join(column.targets) or 'row'} only")

    def _complete(self, body: Json, left: Sequence[str]) -> None:
        """Fill what people see first, and keep in the description what found no column."""
        name = body.get("lastname") or body.get("companyname") or body.get("emailaddress1")
        if name and not body.get("lastname") and (column := self._table.column("lastname")):
            body["lastname"] = to_json(column, str(name)).value
        if self._table.name == "lead" and not body.get(_TOPIC) and (column := self._table.column(_TOPIC)):
            about = body.get("companyname") or name
            body[_TOPIC] = to_json(column, f"{self._topic}: {about}" if about else self._topic).value
        if left and (column := self._table.column(_DESCRIPTION)):
            lines = [str(body[_DESCRIPTION])] if body.get(_DESCRIPTION) else []
            body[_DESCRIPTION] = to_json(column, "\n".join([*lines, *left])).value

    def _done(self, row: _Row, answer: PartAnswer) -> RowResult:
        write = row.write
        data = answer.data or {}
        record_id = data.get(self._table.id_column) or answer.entity_id or write.record_id
        told = data.get(self._key_column) if self._key_column else None
        expected = write.external_id if self._creates else str(write.record_id)
        shown = told if self._creates else answer.entity_id
        if shown is not None and str(shown).casefold() != expected.casefold():
            raise VendorUnavailable(
                "Dynamics, POST $batch: the answers are in another order than the requests"
            )
        return RowResult(
            write.key,
            ok=True,
            record_id=str(record_id) if record_id else None,
            created=self._creates,
            message="; ".join(row.remarks) or None,
        )

    def _refused_creates(self, refused: Sequence[tuple[_Row, Fault]]) -> Iterator[RowResult]:
        """Look for what is there already: by our key it is ours, made before an answer was lost."""
        taken = [
            row.write for row, fault in refused if fault.code in TAKEN | {DUPLICATE} or fault.status == 412
        ]
        finder = RecordFinder(self._client, self._tables, self._table.name, self._external)
        found = finder.find(
            [RecordKeys(one.key, None, one.external_id, _email(one)) for one in taken] if taken else []
        )
        for row, fault in refused:
            write, there = row.write, found.get(row.write.key)
            if there is not None and there.by == "external_id":
                yield RowResult(write.key, ok=True, record_id=there.record_id, created=False)
            elif there is not None:
                record_id = there.converted_to or there.record_id
                object_ = "contact" if there.converted_to else there.object
                yield refused_row(write.key, fault, record_id=record_id, object_=object_)
            else:
                yield refused_row(write.key, fault)

    def _refused_updates(self, refused: Sequence[tuple[_Row, Fault]]) -> Iterator[RowResult]:
        """Tell a record that is gone, qualified, merged or closed from a value that is refused."""
        asked = [row.write for row, fault in refused if fault.code not in GONE and not fault.may_pass]
        select = [self._table.id_column, "statecode", "statuscode"]
        select += ["merged"] if self._table.column("merged") else []
        states = (
            by_id(self._client, self._table, (str(one.record_id) for one in asked), select) if asked else {}
        )
        for row, fault in refused:
            write = row.write
            state = states.get(str(write.record_id).lower())
            if fault.code in GONE:
                yield refused_row(write.key, fault, stale=True)
            elif state is None or state.get("statecode") == 0 or self._table.name not in ("lead", "contact"):
                yield refused_row(write.key, fault)
            elif state.get("merged") or (self._table.name == "lead" and state.get("statecode") == 1):
                yield refused_row(write.key, fault, stale=True)
            else:
                label = label_of(state, "statuscode") or label_of(state, "statecode")
                text = f"the {self._table.name} is closed in the CRM ({label}): only its owner can reopen it"
                yield refused_row(write.key, Fault(fault.status, CLOSED, fault.message), message=text)


def _email(write: RecordWrite) -> str:
    return next((value or "" for name, value in write.fields.items() if name.lower() == "emailaddress1"), "")
