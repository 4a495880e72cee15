"""Status of a lead as a member of the program that handed it over: a step of the channel, and member fields.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hooks.marketo.answers import Fault, not_supported, place_of, row_fault, row_result
from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import Json, batches
from hooks.shapes import understood
from leadline.mapping.source import MarketoSource
from leadline.ports import RowResult, StatusRow

STATUS = "statusName"
"""The field of a mapping that sets the member's status; any other is a field of the member."""
PAST = "1037"


class MemberWriter:
    """Writes to members of programs; every call may be repeated."""

    def __init__(self, client: MarketoClient, source: MarketoSource, fields: frozenset[str]) -> None:
        self._client = client
        self._source = source
        self._fields = fields

    def write(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Yield one result per row; a row is written when its status and its fields are."""
        programs: dict[str, list[StatusRow]] = {}
        for row in rows:
            program = self._program(row)
            if program is None:
                why = "which program's member is meant is not known: a program must have handed it over"
                yield from not_supported([row.identity], why)
            else:
                programs.setdefault(program, []).append(row)
        for program, members in programs.items():
            yield from self._members(program, members)

    def _program(self, row: StatusRow) -> str | None:
        if row.campaign_key:
            return row.campaign_key
        only = self._source.handover == "program" and len(self._source.handover_ids) == 1
        return str(self._source.handover_ids[0]) if only else None

    def _members(self, program: str, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        wanted: dict[str, dict[str, str | None]] = {}
        for row in rows:
            values = {name: value for name, value in row.values.items() if name in self._fields}
            wanted[row.record_id] = {**wanted.get(row.record_id, {}), **values}
        faults: dict[str, Fault] = {}
        statuses: dict[str, list[str]] = {}
        for lead, values in wanted.items():
            if values.get(STATUS):
                statuses.setdefault(str(values[STATUS]), []).append(lead)
        for status, leads in statuses.items():
            faults |= self._set_status(program, status, leads)
        others = {
            lead: {name: value for name, value in values.items() if name != STATUS}
            for lead, values in wanted.items()
            if lead not in faults
        }
        faults |= self._set_fields(program, {lead: values for lead, values in others.items() if values})
        for row in rows:
            yield row_result(row.identity, faults.get(row.record_id), record_id=row.record_id)

    def _set_status(self, program: str, status: str, leads: Sequence[str]) -> dict[str, Fault]:
        path = f"/rest/v1/programs/{program}/members/status.json"
        rows: list[Json] = [{"leadId": int(lead)} for lead in leads]
        faults = self._send(path, rows, {"statusName": status})
        past = [lead for lead, fault in faults.items() if fault.code == PAST]
        # 1037 is said of this status and of a later one alike: after a lost answer it is the former.
        now = self._statuses(program, past) if past else {}
        unknown = Fault("713", "the member's status could not be looked up")
        faults |= {lead: unknown for lead in past if lead not in now}
        return {
            lead: fault
            for lead, fault in faults.items()
            if fault.code != PAST or now[lead].casefold() != status.casefold()
        }

    def _set_fields(self, program: str, values: Mapping[str, Mapping[str, str | None]]) -> dict[str, Fault]:
        rows: list[Json] = [{"leadId": int(lead), **fields} for lead, fields in values.items()]
        return self._send(f"/rest/v1/programs/{program}/members.json", rows, {})

    def _send(self, path: str, rows: Sequence[Json], more: Json) -> dict[str, Fault]:
        """Return the refused, by lead; a row that the answer does not speak of is refused for now."""
        faults: dict[str, Fault] = {}
        for batch in batches(rows):
            results = self._client.post(path, {**more, "input": batch}, repeat="always").rows
            told: dict[str, Json] = {}
            for result in results:
                number = place_of(result, len(batch))
                lead = result.get("leadId")
                if lead is None and number is not None:
                    lead = batch[number]["leadId"]
                told[str(lead)] = result
            for row in batch:
                lead = str(row["leadId"])
                fault = row_fault(told[lead]) if lead in told else Fault("713", "no result of this row")
                if fault is not None:
                    faults[lead] = fault
        return faults

    def _statuses(self, program: str, leads: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for first in range(0, len(leads), 300):
            part = ",".join(leads[first : first + 300])
            params = [("filterType", "leadId"), ("filterValues", part), ("fields", STATUS)]
            for page in self._client.pages(f"/rest/v1/programs/{program}/members.json", params):
                with understood(f"GET members of program {program}"):
                    found |= {str(row["leadId"]): str(row.get(STATUS) or "") for row in page.rows}
        return found
