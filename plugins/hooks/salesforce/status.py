"""Values back onto a supplier's leads and campaign members: collections, or one bulk job above their reach.

A record is written to as the source named it. Where Salesforce says that it is gone or converted, it is
looked for once: a merged one is written to as its survivor, a converted lead as its contact, as far as
`write_back.converted` names the contact's fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hooks.salesforce.answers import Fault, row_result, safe_text
from hooks.salesforce.client import COLLECTION_ROWS, SalesforceClient
from hooks.salesforce.people import MEMBER, SourcePeople, Standing
from hooks.salesforce.rows import short
from hooks.salesforce.updates import Values, in_bulk, in_collections
from hooks.salesforce.values import FieldValues
from leadline.errors import SchemaDrift
from leadline.mapping.model import WriteBack
from leadline.ports import RowResult, StatusRow

BULK_ABOVE = 2_000  # rows; Bulk API 2.0 Developer Guide, "Bulk API 2.0 Limits"

GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
CONVERTED = "CANNOT_UPDATE_CONVERTED_LEAD"


@dataclass(frozen=True, eq=False)
class Part:
    """What one row writes to one record; `target` None: there is no such record."""

    identity: str
    source_id: str
    object: str
    values: Values
    target: str | None


class StatusWriter:
    """Writes of one supplier, mapped fields only."""

    def __init__(self, client: SalesforceClient, source_object: str, back: WriteBack) -> None:
        self._client = client
        self._members = source_object == MEMBER
        self._object = back.object or "Lead"
        self._converted = {lead.casefold(): contact for lead, contact in back.converted.items()}
        self._allowed = written_fields(back)
        self._people = SourcePeople(client, source_object)
        self._types: dict[str, FieldValues] = {}

    def write(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Yield one result per row; of several rows for one record, the last one's values are written.

        Raises:
            SchemaDrift: The org no longer knows a mapped field.
        """
        size = len(rows) if len(rows) > BULK_ABOVE else COLLECTION_ROWS
        for first in range(0, len(rows), size):
            yield from self._block(rows[first : first + size])

    def _block(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        parts = self._parts(rows)
        faults = self._send(parts)
        again = [part for part in parts if (fault := faults.get(part)) and fault.code in GONE | {CONVERTED}]
        if again:
            standings = self._people.standings(part.source_id for part in again)
            followed = {part: self._followed(part, faults[part], standings) for part in again}
            later = [part for _, part in followed.values() if part]
            results = self._send(later)
            for part, (fault, now) in followed.items():
                del faults[part]
                if left := (results.get(now) if now else None) or fault:
                    faults[part] = left
        by_row: dict[str, list[Part]] = {}
        for part in parts:
            by_row.setdefault(part.identity, []).append(part)
        for row in rows:
            yield _result(row, by_row.get(row.identity, []), faults)

    def _parts(self, rows: Sequence[StatusRow]) -> list[Part]:
        split = [(row, self._split(row.values)) for row in rows]
        people: dict[str, Standing] = {}
        if self._members:
            people = self._people.standings(row.record_id for row, values in split if "Lead" in values)
        return [
            Part(
                row.identity,
                row.record_id,
                object_,
                chosen,
                people[row.record_id].lead_id if object_ == "Lead" and self._members else row.record_id,
            )
            for row, values in split
            for object_, chosen in values.items()
        ]

    def _split(self, values: Values) -> dict[str, dict[str, str | None]]:
        """Return the values by the object that has the field: `Lead.Phone` is always the lead's."""
        found: dict[str, dict[str, str | None]] = {}
        for path, value in values.items():
            if path.casefold() not in self._allowed:
                continue
            object_, name = located(path, self._object)
            found.setdefault(object_, {})[name] = value
        return found

    def _followed(
        self, part: Part, fault: Fault, standings: Mapping[str, Standing]
    ) -> tuple[Fault | None, Part | None]:
        """Return what stays refused of a part, and what to write where instead."""
        standing = standings[part.source_id]
        target = standing.member_id if part.object == MEMBER else standing.lead_id
        if fault.code in GONE:
            if target is None:
                return Fault(fault.code, "the record is no longer there: nothing can be written to it"), None
            if short(target) == short(part.target):
                return fault, None  # it is there: a value names what is gone
            if part.object == MEMBER or standing.contact_id is None:
                return None, replace(part, target=target)
        chosen = {
            self._converted[name.casefold()]: value
            for name, value in part.values.items()
            if name.casefold() in self._converted
        }
        rest = tuple(name for name in part.values if name.casefold() not in self._converted)
        left = Fault(
            CONVERTED,
            "the lead was converted and takes no changes; write_back.converted names no field of its contact "
            f"for {', '.join(rest) or 'it'}",
            rest,
        )
        if standing.contact_id is None:
            return replace(
                left, message="the lead was converted and takes no changes, and its contact is gone"
            ), None
        if not chosen:
            return left, None
        return (left if rest else None), Part(
            part.identity, part.source_id, "Contact", chosen, standing.contact_id
        )

    def _send(self, parts: Sequence[Part]) -> dict[Part, Fault]:
        """Write all parts, and return what was refused."""
        faults: dict[Part, Fault] = {}
        for object_ in dict.fromkeys(part.object for part in parts):
            mine = [part for part in parts if part.object == object_]
            writes: dict[str, dict[str, str | None]] = {}
            for part in mine:
                if part.target is not None:
                    writes.setdefault(short(part.target), {}).update(part.values)
            ids = {short(part.target): part.target for part in mine if part.target}
            told = dict(self._written(object_, {ids[one]: values for one, values in writes.items()}))
            for part in mine:
                fault = told.get(part.target) if part.target else Fault("NOT_FOUND", "")
                if part.target and fault is None:
                    fault = told.get(ids[short(part.target)])
                if fault:
                    faults[part] = fault
        return faults

    def _written(self, object_: str, writes: Mapping[str, Values]) -> Iterator[tuple[str, Fault]]:
        if not writes:
            return
        if object_ not in self._types:
            self._types[object_] = FieldValues(self._client, object_)
        send = in_bulk if len(writes) > BULK_ABOVE else in_collections
        for record_id, fault in send(self._client, object_, writes, self._types[object_]):
            if fault and fault.code == "INVALID_FIELD":
                raise SchemaDrift(f"{object_}: {safe_text(fault.message)}")
            if fault:
                yield record_id, fault


def located(path: str, usual: str) -> tuple[str, str]:
    """Return object and field of a path that is written; one without a relation is of the usual object."""
    relation, _, name = path.rpartition(".")
    return {"lead": "Lead", MEMBER.casefold(): MEMBER}.get(relation.casefold(), usual), name


def written_fields(back: WriteBack) -> frozenset[str]:
    """Return the paths that a mapping writes, folded: no other value may leave."""
    paths = [*back.mapped.values(), *back.rejection_fields.values(), *back.fields.values()]
    return frozenset(path.casefold() for path in paths)


def written_objects(source_object: str, back: WriteBack) -> tuple[str, ...]:
    """Return the objects that a mapping writes to."""
    found = [located(path, back.object or "Lead")[0] for path in written_fields(back)]
    if back.converted:
        found.append("Contact")
    return tuple(sorted(set(found), key=lambda name: (name != source_object, name)))


def _result(row: StatusRow, parts: Sequence[Part], faults: Mapping[Part, Fault]) -> RowResult:
    """Return a row's outcome: a fault that may pass first, for the row goes again as a whole."""
    refused = [row_result(row.identity, fault=faults[part]) for part in parts if part in faults]
    if not refused:
        return row_result(row.identity, record_id=row.record_id)
    worst = next((one for one in refused if one.retryable), refused[0])
    stale = worst.code in GONE | {CONVERTED}
    return replace(worst, record_id=row.record_id, stale=stale)
