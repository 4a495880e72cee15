"""Status back into a supplier's Marketo: onto leads, members of programs, or rows of a custom object.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hooks.marketo.answers import Fault, row_fault, row_result
from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import Json, batches
from hooks.marketo.members import MemberWriter
from hooks.marketo.merges import LEAD_GONE, find_heirs
from hooks.marketo.rows import custom_path, write_rows
from leadline.errors import ConfigurationError
from leadline.mapping.model import SupplierMapping, WriteBack
from leadline.mapping.source import MarketoSource
from leadline.ports import RowResult, StatusRow

MEMBER = "program_member"

Outcomes = Iterator[tuple[str, Fault | None]]


def written_fields(chosen: WriteBack) -> frozenset[str]:
    """Return the supplier's fields that a mapping lets us write: no other is ever sent."""
    return frozenset((*chosen.mapped.values(), *chosen.rejection_fields.values(), *chosen.fields.values()))


def write_status(
    client: MarketoClient, mapping: SupplierMapping, source: MarketoSource, rows: Sequence[StatusRow]
) -> Iterator[RowResult]:
    """Yield one result per row. Writing the same twice changes nothing.

    A lead that was merged into another since takes its rows along: the survivor is written to.
    """
    object_ = mapping.write_back.object
    if object_ == MEMBER:
        yield from MemberWriter(client, source, written_fields(mapping.write_back)).write(rows)
        return
    write = _LeadWriter(client) if object_ in (None, "lead", "Lead") else _ObjectWriter(client, mapping)
    yield from write.results(rows, written_fields(mapping.write_back))


class _Writer:
    """Writes rows that stand for one lead each, several of which may go into one record."""

    def __init__(self, client: MarketoClient) -> None:
        self._client = client

    def results(self, rows: Sequence[StatusRow], fields: frozenset[str]) -> Iterator[RowResult]:
        """Yield one result per row; of several rows for one record, the later values stand."""
        gone: list[StatusRow] = []
        for row, fault in self._outcomes(rows, fields, {}):
            if fault is not None and fault.code == LEAD_GONE:
                gone.append(row)
            else:
                yield row_result(row.identity, fault, record_id=row.record_id)
        heirs = find_heirs(self._client, [row.record_id for row in gone]) if gone else {}
        for row in gone:
            if row.record_id not in heirs:
                yield row_result(row.identity, Fault(LEAD_GONE, "Lead not found"), record_id=row.record_id)
        moved = [row for row in gone if row.record_id in heirs]
        for row, fault in self._outcomes(moved, fields, heirs):
            yield row_result(row.identity, fault, record_id=heirs[row.record_id])

    def _outcomes(
        self, rows: Sequence[StatusRow], fields: frozenset[str], heirs: Mapping[str, str]
    ) -> Iterator[tuple[StatusRow, Fault | None]]:
        targets: dict[str, Json] = {}
        owners: dict[str, list[StatusRow]] = {}
        for row in rows:
            lead = heirs.get(row.record_id, row.record_id)
            values = {name: value for name, value in row.values.items() if name in fields}
            target, key = self._target(row, lead)
            targets[target] = {**targets.get(target, {}), **values, **key}
            owners.setdefault(target, []).append(row)
        for target, fault in self._write(targets):
            for row in owners[target]:
                yield row, fault

    def _target(self, row: StatusRow, lead: str) -> tuple[str, Json]:
        """Return which record a row goes into, and the values that name it."""
        raise NotImplementedError

    def _write(self, targets: Mapping[str, Json]) -> Outcomes:
        raise NotImplementedError


class _LeadWriter(_Writer):
    """Fields of the lead, by its id and never by e-mail: the hub's leads are unique, addresses are not."""

    def _target(self, row: StatusRow, lead: str) -> tuple[str, Json]:  # noqa: ARG002
        return lead, {"id": int(lead) if lead.isdigit() else lead}

    def _write(self, targets: Mapping[str, Json]) -> Outcomes:
        alone: list[Json] = []
        for batch in batches(list(targets.values())):
            results = self._send(batch)
            told = _by_lead(batch, results)
            for row in batch:
                lead = str(row["id"])
                if lead in told:
                    yield lead, row_fault(told[lead])
                else:
                    alone.append(row)
        for row in alone:  # an answer that does not say whom it is about
            results = self._send([row])
            missing = Fault("713", "the answer holds no result of this row")
            yield str(row["id"]), row_fault(results[0]) if len(results) == 1 else missing

    def _send(self, batch: list[Json]) -> list[Json]:
        body = {"action": "updateOnly", "lookupField": "id", "asyncProcessing": False, "input": batch}
        return self._client.post("/rest/v1/leads.json", body, repeat="always").rows


class _ObjectWriter(_Writer):
    """A row per distributed lead in a custom object, found by our lead's id."""

    def __init__(self, client: MarketoClient, mapping: SupplierMapping) -> None:
        super().__init__(client)
        chosen = mapping.write_back
        if not (chosen.object and chosen.key and chosen.lead_field):
            raise ConfigurationError(
                f"{mapping.supplier}: write_back.object '{chosen.object}' needs 'key' and 'lead_field': its "
                "fields for our lead's id and for the lead"
            )
        self._path, self._key, self._link = custom_path(chosen.object), chosen.key, chosen.lead_field

    def _target(self, row: StatusRow, lead: str) -> tuple[str, Json]:
        return row.lead_id, {self._key: row.lead_id, self._link: lead}

    def _write(self, targets: Mapping[str, Json]) -> Outcomes:
        for key, fault, _ in write_rows(self._client, self._path, targets, "createOrUpdate", "dedupeFields"):
            yield key, fault


def _by_lead(batch: Sequence[Json], results: Sequence[Json]) -> dict[str, Json]:
    """Return the result of each lead as far as the answer tells.

    A result names its lead, but for some refused ones. Those stand at their row's place, which counts only
    where every result that names its lead stands at its place too.
    """
    told = {str(result["id"]): result for result in results if result.get("id") is not None}
    in_order = len(results) == len(batch) and all(
        result.get("id") is None or str(result["id"]) == str(row["id"])
        for row, result in zip(batch, results, strict=True)
    )
    if in_order:
        told |= {str(row["id"]): result for row, result in zip(batch, results, strict=True)}
    return told
