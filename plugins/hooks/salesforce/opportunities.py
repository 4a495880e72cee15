"""Opportunities of partners as records of a supplier's org: an object that the mapping names (W6, W7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hooks.salesforce.answers import Fault, first_fault, row_result, safe_text
from hooks.salesforce.bodies import Json
from hooks.salesforce.client import COLLECTION_ROWS, SalesforceClient
from hooks.salesforce.people import SourcePeople, Standing
from hooks.salesforce.rows import rows_in, short
from hooks.salesforce.status import GONE
from hooks.salesforce.updates import ALERTS_PASS, NO_ASSIGNMENT
from hooks.salesforce.values import FieldValues
from leadline.errors import SchemaDrift
from leadline.mapping.model import OpportunityMapping
from leadline.ports import OpportunityWrite, RowResult

_DELETED = "it was deleted there, and is not made again"


class OpportunityWriter:
    """Opportunity records of one supplier.

    Raises:
        SchemaDrift: The org lacks the object, or the field that holds our id.
    """

    def __init__(self, client: SalesforceClient, source_object: str, mapping: OpportunityMapping) -> None:
        self._client = client
        self._source = source_object
        self._object = mapping.object
        self._link = mapping.lead_field
        self._values = FieldValues(client, mapping.object)
        field = self._values.field(mapping.external_id)
        if field is None or self._values.field(mapping.lead_field) is None:
            name = mapping.external_id if field is None else mapping.lead_field
            raise SchemaDrift(f"{mapping.object} has no field '{name}', which write_back.opportunities names")
        self._external_id = str(field["name"])
        self._upserts = bool(field.get("externalId") and field.get("unique"))
        self._written = frozenset(name.casefold() for name in mapping.fields.values())
        self._people = SourcePeople(client, source_object)

    def write(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Yield one result per write; what is deleted there is refused as stale, never made again."""
        waiting = list(writes)
        while waiting:
            now: dict[str, OpportunityWrite] = {}
            later: list[OpportunityWrite] = []
            for one in waiting:
                if one.external_id.casefold() in now:
                    later.append(one)  # one call may name a record once only
                else:
                    now[one.external_id.casefold()] = one
            yield from self._turn(list(now.values()))
            waiting = later

    def _turn(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        by_id, by_key = self._there(writes)
        updates: list[tuple[OpportunityWrite, Json]] = []
        creates: list[tuple[OpportunityWrite, Json]] = []
        for one in writes:
            known = by_id.get(short(one.record_id)) if one.record_id else None
            if known is None or known["IsDeleted"]:
                known = by_key.get(one.external_id.casefold()) or known
            if known is not None and not known["IsDeleted"]:
                updates.append((one, {"id": str(known["Id"])} | self._fields(one)))
            elif known is not None:
                yield _stale(one, Fault("ENTITY_IS_DELETED", _DELETED))
            elif one.record_id:
                yield _stale(one, Fault("NOT_FOUND", "it is no longer there, and is not made again"))
            else:
                creates.append((one, self._fields(one)))
        yield from self._update(updates)
        if creates:
            yield from self._create(creates)

    def _there(self, writes: Sequence[OpportunityWrite]) -> tuple[dict[str, Json], dict[str, Json]]:
        """Return what is there by id, and by our id: a live one before a deleted one."""
        head = f"SELECT Id, IsDeleted, {self._external_id} FROM {self._object} WHERE"  # noqa: S608  described
        ids = [one.record_id for one in writes if one.record_id]
        by_id = {short(row["Id"]): row for row in rows_in(self._client, f"{head} Id IN", ids, all_rows=True)}
        keys = [one.external_id for one in writes]
        by_key: dict[str, Json] = {}
        for row in rows_in(self._client, f"{head} {self._external_id} IN", keys, all_rows=True):
            key = str(row[self._external_id]).casefold()
            if key not in by_key or by_key[key]["IsDeleted"]:
                by_key[key] = row
        return by_id, by_key

    def _fields(self, one: OpportunityWrite) -> Json:
        values = self._values
        return {
            name: values.json(name, values.cut(name, text))
            for name, text in one.values.items()
            if name.casefold() in self._written
        }

    def _update(self, updates: Sequence[tuple[OpportunityWrite, Json]]) -> Iterator[RowResult]:
        for first in range(0, len(updates), COLLECTION_ROWS):
            chunk = updates[first : first + COLLECTION_ROWS]
            # By id, never by our key: an upsert would make again what was deleted in between.
            results = self._client.collections(
                "PATCH",
                [self._typed(fields) for _, fields in chunk],
                headers=NO_ASSIGNMENT | ALERTS_PASS,
                repeatable=True,
            )
            for (one, fields), result in zip(chunk, results, strict=True):
                yield self._outcome(one, result, str(fields["id"]))

    def _create(self, creates: Sequence[tuple[OpportunityWrite, Json]]) -> Iterator[RowResult]:
        people = self._people.standings(one.lead_record_id for one, _ in creates)
        ready: list[tuple[OpportunityWrite, Json]] = []
        for one, fields in creates:
            linked = self._linked(people[one.lead_record_id])
            if linked is None:
                fault = Fault("NOT_FOUND", "the lead it belongs to is no longer there", (self._link,))
                yield _stale(one, fault)
            else:
                ready.append((one, fields | {self._link: linked, self._external_id: one.external_id}))
        for first in range(0, len(ready), COLLECTION_ROWS):
            chunk = ready[first : first + COLLECTION_ROWS]
            results = self._client.collections(
                "PATCH" if self._upserts else "POST",
                [self._typed(fields) for _, fields in chunk],
                upsert_on=(self._object, self._external_id) if self._upserts else None,
                headers=NO_ASSIGNMENT | ALERTS_PASS,  # our key tells records apart, not their names
                repeatable=self._upserts,
            )
            for (one, _), result in zip(chunk, results, strict=True):
                yield self._outcome(one, result, None)

    def _linked(self, standing: Standing) -> str | None:
        """Return what the link takes: the record, its lead, or the contact it was converted to."""
        objects = self._values.refers_to(self._link)
        by_object: Mapping[str, str | None] = {
            "CampaignMember": standing.member_id,
            "Lead": standing.lead_id,
            "Contact": standing.contact_id,
        }
        if not objects:  # a plain text field
            return by_object[self._source] or standing.lead_id
        return next((by_object[name] for name in by_object if name in objects and by_object[name]), None)

    def _typed(self, fields: Json) -> Json:
        return {"attributes": {"type": self._object}} | fields

    def _outcome(self, one: OpportunityWrite, result: Json, record_id: str | None) -> RowResult:
        if result.get("success"):
            created = record_id is None and bool(result.get("created", True))
            return row_result(one.key, record_id=str(result.get("id") or record_id), created=created)
        fault = first_fault(result.get("errors"))
        if fault.code == "INVALID_FIELD":
            raise SchemaDrift(f"{self._object}: {safe_text(fault.message)}")
        refused = row_result(one.key, record_id=record_id, fault=fault)
        return replace(refused, stale=fault.code in GONE)


def _stale(one: OpportunityWrite, fault: Fault) -> RowResult:
    return replace(row_result(one.key, record_id=one.record_id, fault=fault), stale=True)
