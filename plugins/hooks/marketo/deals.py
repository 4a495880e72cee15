"""Opportunity records in a supplier's Marketo: the built-in object with a role, or a custom object (W6, W7).

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/opportunities
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hooks.marketo.answers import GONE, NATIVE_CRM, Fault, row_result
from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import Json
from hooks.marketo.merges import LEAD_GONE, find_heirs
from hooks.marketo.rows import Action, By, Outcome, custom_path, find_rows, write_rows
from hooks.shapes import understood
from leadline.errors import NotAllowed
from leadline.mapping.model import OpportunityMapping, SupplierMapping
from leadline.ports import OpportunityWrite, RowResult

OPPORTUNITY = "opportunity"
OPPORTUNITIES = "/rest/v1/opportunities.json"
ROLES = "/rest/v1/opportunities/roles.json"
READ_ONLY = "1018"


class DealWriter:
    """Opportunities of one supplier; every call may be repeated, for our id finds what is there."""

    def __init__(self, client: MarketoClient, chosen: OpportunityMapping) -> None:
        self._client = client
        self._chosen = chosen
        self._built_in = chosen.object.casefold() == OPPORTUNITY
        self._path = OPPORTUNITIES if self._built_in else custom_path(chosen.object)

    def write(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Yield one result per write, with the record's GUID.

        Raises:
            NotAllowed: The subscription keeps opportunities read-only (1018).
        """
        creates = [one for one in writes if one.record_id is None]
        updates = [one for one in writes if one.record_id is not None]
        try:
            yield from self._create(creates)
            yield from self._update(updates)
        except NotAllowed as error:
            if error.vendor_code != READ_ONLY:
                raise
            raise NotAllowed(NATIVE_CRM) from None

    def _create(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        last = {one.external_id: one for one in writes}
        owners: dict[str, list[OpportunityWrite]] = {}
        for one in writes:
            owners.setdefault(one.external_id, []).append(one)
        rows = {external_id: self._row(one) for external_id, one in last.items()}
        done: dict[str, tuple[str, bool]] = {}
        for external_id, fault, result in self._write(rows, "createOrUpdate", "dedupeFields"):
            guid = str(result.get("marketoGUID") or "")
            if fault is not None or not guid:
                wrong = fault or Fault("713", "the answer names no record")
                for one in owners[external_id]:
                    yield replace(row_result(one.key, wrong), stale=False)
            else:
                done[external_id] = (guid, result.get("status") == "created")
        faults = self._link({external_id: last[external_id] for external_id in done})
        for external_id, (guid, created) in done.items():
            for one in owners[external_id]:
                linked = row_result(one.key, faults.get(external_id), record_id=guid, created=created)
                yield replace(linked, stale=linked.code == LEAD_GONE)

    def _update(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        owners: dict[str, list[OpportunityWrite]] = {}
        for one in writes:
            owners.setdefault(str(one.record_id), []).append(one)
        rows: dict[str, Json] = {}
        for guid, ones in owners.items():
            values: Json = {}
            for one in ones:
                values |= one.values
            rows[guid] = {**self._sendable(values), "marketoGUID": guid}
        for guid, fault, _ in self._write(rows, "updateOnly", "idField"):
            for one in owners[guid]:
                result = row_result(one.key, fault, record_id=guid)
                yield replace(result, stale=fault is not None and fault.code in GONE)

    def _write(self, rows: Mapping[str, Json], action: Action, by: By) -> Iterator[Outcome]:
        yield from write_rows(self._client, self._path, rows, action, by)

    def _row(self, one: OpportunityWrite) -> Json:
        row = {**self._sendable(one.values), self._chosen.external_id: one.external_id}
        if not self._built_in:
            row[self._chosen.lead_field] = one.lead_record_id
        elif not row.get("name"):
            row["name"] = one.external_id  # may not be empty
        return row

    def _sendable(self, values: Mapping[str, str | None]) -> Json:
        if not self._built_in:
            return dict(values)
        return {name: value for name, value in values.items() if name != "name" or value}

    def _link(self, writes: Mapping[str, OpportunityWrite]) -> dict[str, Fault]:
        """Link opportunities to their leads by a role, and return why some are not.

        What a lead that was merged into another since brought is the survivor's.
        """
        if not self._built_in:
            return {}
        leads = {external_id: one.lead_record_id for external_id, one in writes.items()}
        faults = self._linked(leads)
        gone = [external_id for external_id, fault in faults.items() if fault.code == LEAD_GONE]
        heirs = find_heirs(self._client, [leads[one] for one in gone]) if gone else {}
        moved = {one: heirs[leads[one]] for one in gone if leads[one] in heirs}
        if not moved:
            return faults
        rest = {external_id: fault for external_id, fault in faults.items() if external_id not in moved}
        return rest | self._linked(moved)

    def _linked(self, leads: Mapping[str, str]) -> dict[str, Fault]:
        rows: dict[str, Json] = {
            external_id: {
                "externalOpportunityId": external_id,
                "leadId": lead,
                "role": self._chosen.role,
                "isPrimary": False,
            }
            for external_id, lead in leads.items()
        }
        found = write_rows(self._client, ROLES, rows, "createOrUpdate", "dedupeFields")
        return {external_id: fault for external_id, fault, _ in found if fault is not None}


class DealLinks:
    """Whose opportunity a record is: events on it are told on its lead."""

    def __init__(self, client: MarketoClient, mapping: SupplierMapping) -> None:
        self._client = client
        self._chosen = mapping.write_back.opportunities

    def leads(self, guids: Sequence[str]) -> dict[str, str]:
        """Return opportunity -> lead; one that an answer leaves out is looked for twice."""
        wanted = list(dict.fromkeys(guids))
        found = self._found(wanted)
        missing = [guid for guid in wanted if guid not in found]
        return found | self._found(missing) if missing else found

    @understood("GET opportunities and their leads")
    def _found(self, wanted: Sequence[str]) -> dict[str, str]:
        if self._chosen is None:
            return {}
        if self._chosen.object.casefold() != OPPORTUNITY:
            link = self._chosen.lead_field
            path = custom_path(self._chosen.object)
            rows = find_rows(self._client, path, "marketoGUID", wanted, ["marketoGUID", link])
            return {str(row["marketoGUID"]): str(row[link]) for row in rows if row.get(link)}
        own = "externalOpportunityId"
        rows = find_rows(self._client, OPPORTUNITIES, "marketoGUID", wanted, ["marketoGUID", own])
        ids = {str(row[own]): str(row["marketoGUID"]) for row in rows}
        roles = find_rows(self._client, ROLES, own, list(ids), [own, "leadId", "role"])
        return {
            ids[str(row[own])]: str(row["leadId"])
            for row in roles
            if str(row[own]) in ids and row.get("role") == self._chosen.role
        }
