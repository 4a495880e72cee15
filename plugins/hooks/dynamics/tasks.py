"""Notes and marketing events as completed tasks or as notes, each known again by our key.

Its row id follows from the key: `If-None-Match: *` makes a repeat meet the row that is there.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from hooks.dynamics.answers import TAKEN, Fault, call_error, refused_row
from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.find import own_id
from hooks.dynamics.messages import Json, Part
from hooks.dynamics.rows import by_id
from hooks.dynamics.tables import Table, Tables
from hooks.dynamics.values import moment_text, to_json
from hooks.wording import without_addresses
from leadline.errors import SchemaDrift
from leadline.ports import ActivityWrite, RowResult

KEY_COLUMN = "subcategory"
"""A standard text column of tasks that shows our key to whoever reads them back."""

RECORD_GONE = "RECORD_GONE"
_COMPLETED: Json = {"statecode": 1, "statuscode": 5}

Kind = Literal["task", "annotation"]


class TaskWriter:
    """Activities of one environment, on leads and contacts.

    Args:
        kind: As what they are kept.
        regarding: Pattern of the property that binds a task to its record; `{table}` and `{kind}` stand for
            the names. Environments differ: look into their `$metadata`.
    """

    def __init__(
        self,
        client: DynamicsClient,
        tables: Tables,
        kind: Kind = "task",
        regarding: str = "regardingobjectid_{table}_{kind}",
    ) -> None:
        self._client = client
        self._tables = tables
        self._kind = kind
        self._table: Table = tables.get(kind)
        self._property = regarding if kind == "task" else "objectid_{table}"

    def add(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Yield one result per activity; one that is there already is done."""
        there = self._there([own_id(one.key) for one in activities])
        homes = self._homes([one.record_id for one in activities])
        waiting: list[ActivityWrite] = []
        for one in activities:
            if homes.get(one.record_id.lower()) is None:
                message = "the record is no longer in the CRM"
                yield RowResult(one.key, ok=False, code=RECORD_GONE, message=message)
            elif self._is_done(there.get(own_id(one.key))):
                yield RowResult(one.key, ok=True, record_id=own_id(one.key))
            else:
                waiting.append(one)
        size = self._client.batch_rows
        for first in range(0, len(waiting), size):
            yield from self._add(waiting[first : first + size], there, homes)

    def _add(
        self, activities: Sequence[ActivityWrite], there: Mapping[str, Json], homes: Mapping[str, str]
    ) -> Iterator[RowResult]:
        new = [one for one in activities if own_id(one.key) not in there]
        faults: dict[str, Fault] = {}
        parts = [
            Part("PATCH", self._address(one), self._body(one, homes), {"If-None-Match": "*"}) for one in new
        ]
        for one, answer in zip(new, self._client.batch(parts), strict=True):
            if answer.fault is not None and answer.fault.code not in TAKEN:
                faults[one.key] = answer.fault
        if self._kind == "task":
            open_ = [one for one in activities if one.key not in faults]
            parts = [Part("PATCH", self._address(one), _COMPLETED, {"If-Match": "*"}) for one in open_]
            for one, answer in zip(open_, self._client.batch(parts), strict=True):
                if answer.fault is not None:
                    faults[one.key] = answer.fault
        ours = [fault for fault in faults.values() if fault.is_throttle or fault.is_sign_in]
        for one in activities:
            fault = faults.get(one.key)
            if fault in ours:
                continue
            if fault is None:
                yield RowResult(one.key, ok=True, record_id=own_id(one.key), created=True)
            elif fault.is_drift:
                raise SchemaDrift(
                    f"Dynamics, {self._kind}: {without_addresses(fault.message)[:300]}"
                    " (check the connection's 'regarding' against the environment's $metadata)"
                )
            else:
                yield refused_row(one.key, fault, values=(one.subject, one.body))
        if ours:
            raise call_error(ours[0], f"POST $batch, {self._kind}")

    def _address(self, one: ActivityWrite) -> str:
        return f"{self._table.set_name}({own_id(one.key)})"

    def _there(self, ids: Sequence[str]) -> dict[str, Json]:
        select = [self._table.id_column] + (["statecode"] if self._kind == "task" else [])
        return by_id(self._client, self._table, ids, select)

    def _is_done(self, row: Json | None) -> bool:
        return row is not None and (self._kind != "task" or row.get("statecode") != 0)

    def _homes(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the table of each record that is there."""
        homes: dict[str, str] = {}
        for name in ("lead", "contact"):
            rest = [one for one in ids if one.lower() not in homes]
            if rest:
                table = self._tables.get(name)
                homes |= dict.fromkeys(by_id(self._client, table, rest, [table.id_column]), name)
        return homes

    def _body(self, one: ActivityWrite, homes: Mapping[str, str]) -> Json:
        name = homes[one.record_id.lower()]
        link = self._property.format(table=name, kind=self._kind)
        body: Json = {f"{link}@odata.bind": f"/{self._tables.get(name).set_name}({one.record_id.lower()})"}
        texts: dict[str, str] = {"subject": one.subject}
        if self._kind == "annotation":
            # Notes are shown as rich text.
            texts["notetext"] = html.escape(one.body or "", quote=False).replace("\n", "<br>")
        else:
            texts["description"] = one.body or ""
            texts[KEY_COLUMN] = one.key
        for column_name, text in texts.items():
            column = self._table.column(column_name)
            if column is not None and text:
                body[column_name] = to_json(column, text).value
        if one.occurred_at and self._kind == "task":
            body["scheduledend"] = moment_text(one.occurred_at)
        return body
