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

from hooks.dynamics.answers import PRIVILEGES, call_error
from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.find import own_id
from hooks.dynamics.messages import GUID, Json, Part, PartAnswer
from hooks.dynamics.people import People
from hooks.dynamics.refusals import Refusals, Refused
from hooks.dynamics.tables import Column, Table, Tables
from hooks.dynamics.values import quoted, to_json, with_rest
from hooks.parts import in_turns
from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.ports import RecordWrite, RowResult

logger = logging.getLogger(__name__)

OWNER = "ownerid"
_DESCRIPTION = "description"
_TOPIC = "subject"


@dataclass(frozen=True)
class _Row:
    """One write as it is sent; `remarks` say what could not be written as it was decided, `left` names the
    fields that could not be written at all."""

    write: RecordWrite
    part: Part
    remarks: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


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
        self._refusals = Refusals(client, tables, self._table, external_id_field)

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
        refused: list[Refused] = []
        unnamed: list[RecordWrite] = []
        for row, answer in zip(rows, answers, strict=True):
            if answer.fault is not None:
                refused.append((row.write, answer.fault))
            elif (result := self._done(row, answer)).record_id is None:
                unnamed.append(row.write)
            else:
                yield result
        if drift := next((fault for _, fault in refused if fault.is_drift), None):
            raise call_error(drift, self._table.name)
        ours = self._about_us(refused, len(rows))
        rest = [one for one in refused if one not in ours]
        yield from self._refusals.unnamed(unnamed)
        yield from self._refusals.of_creates(rest) if self._creates else self._refusals.of_updates(rest)
        if ours:
            raise call_error(ours[0][1], f"POST $batch, {self._table.name}")

    def _about_us(self, refused: Sequence[Refused], sent: int) -> Sequence[Refused]:
        """Return the refusals that are about our account, not about what a row holds."""
        if len(refused) == sent and all(fault.code in PRIVILEGES for _, fault in refused):
            me = self._people.me
            if all(fault.lacks_privilege(me) for _, fault in refused):
                return refused
        return [(write, fault) for write, fault in refused if fault.is_throttle or fault.is_sign_in]

    def _key(self, write: RecordWrite) -> str:
        """Return what tells the write's row: the parts of a batch may run in any order."""
        return write.external_id if self._creates else str(write.record_id).lower()

    def _row(self, write: RecordWrite) -> _Row:
        body: Json = {}
        remarks: list[str] = []
        left: dict[str, str] = {}
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
                left[name] = f"{column.name}: {text}"
                continue
            if written.cut:
                remarks.append(f"{column.name} was cut to what it holds")
            body[column.name] = written.value
        headers = {} if self._creates else {"If-Match": "*"}
        if self._creates:
            self._complete(body, list(left.values()))
            headers = {"If-None-Match": "*", "Prefer": "return=representation"}
            if self._detects:
                headers["MSCRM.SuppressDuplicateDetection"] = "false"
            if self._key_column:
                body[self._key_column] = write.external_id
        return _Row(write, Part("PATCH", self._address(write), body, headers), tuple(remarks), tuple(left))

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
            body[_DESCRIPTION] = with_rest(column, body.get(_DESCRIPTION), left)

    def _done(self, row: _Row, answer: PartAnswer) -> RowResult:
        write = row.write
        data = answer.data or {}
        record_id = data.get(self._table.id_column) or answer.entity_id or write.record_id
        told = data.get(self._key_column) if self._key_column else None
        expected, shown = str(write.record_id), answer.entity_id
        if self._creates and self._key_column:
            expected, shown = write.external_id, told
        elif self._creates:
            expected, shown = own_id(write.external_id), record_id
        if shown is not None and str(shown).casefold() != expected.casefold():
            raise VendorUnavailable(
                "Dynamics, POST $batch: the answers are in another order than the requests"
                " (it is tried again)"
            )
        return RowResult(
            write.key,
            ok=True,
            record_id=str(record_id) if record_id else None,
            created=self._creates,
            message="; ".join(row.remarks) or None,
            left=row.left,
        )
