"""Which records of a partner's org stand for our leads already: by id, by our external id, by e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from hooks.parts import by_size
from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient, quoted
from hooks.salesforce.rows import rows_in, short
from hooks.salesforce.soql import in_lists, quote_value
from leadline.ports import FoundRecord, RecordKeys

LONGEST_CONDITION = 12_000  # bytes once encoded; a URL holds some 16,000
MERGES_FOLLOWED = 5


class RecordFinder:
    """Look-ups in one object of one org."""

    def __init__(self, client: SalesforceClient, object_: str, external_id_field: str) -> None:
        self._client = client
        self._object = object_
        self._external_id = external_id_field
        self._known = {str(one["name"]) for one in client.describe(object_)["fields"]}

    def find(self, keys: Sequence[RecordKeys]) -> dict[str, FoundRecord]:
        """Return what is there, by `RecordKeys.key`: by stored id, else by external id, else by e-mail."""
        found = self._by_id([key for key in keys if key.record_id])
        rest = [key for key in keys if key.key not in found]
        by_external: dict[str, Json] = {}
        by_email: dict[str, list[Json]] = {}
        for record in self._named(rest):
            external = record.get(self._external_id)
            if external:
                by_external.setdefault(str(external).casefold(), record)
            email = str(record.get("Email") or "").strip().casefold()
            if email:
                by_email.setdefault(email, []).append(record)
        for key in rest:
            if key.external_id.casefold() in by_external:
                found[key.key] = self._found(by_external[key.external_id.casefold()], "external_id")
            elif (same := _best(by_email.get(key.email.strip().casefold(), ()), key)) is not None:
                found[key.key] = self._found(same, "email")
        return self._with_leads(found) if self._object == "Contact" else found

    def _with_leads(self, found: dict[str, FoundRecord]) -> dict[str, FoundRecord]:
        """Give contacts without an id of ours, found by e-mail, that of the lead that became them."""
        bare = {
            key: short(one.record_id)
            for key, one in found.items()
            if one.by == "email" and not one.external_id
        }
        described = {str(one["name"]) for one in self._client.describe("Lead")["fields"]} if bare else set()
        ids: dict[str, str] = {}
        if self._external_id in described:
            head = f"SELECT Id, ConvertedContactId, {self._external_id} FROM Lead"  # noqa: S608  names of ours
            head += f" WHERE {self._external_id} != null AND ConvertedContactId IN"
            for row in rows_in(self._client, head, sorted(bare.values()), all_rows=True):
                ids.setdefault(short(row["ConvertedContactId"]), str(row[self._external_id]))
        more = {key: replace(found[key], external_id=ids[one]) for key, one in bare.items() if one in ids}
        return {**found, **more}

    def _by_id(self, keys: Sequence[RecordKeys]) -> dict[str, FoundRecord]:
        """Look for stored ids; a record that was merged away leads to the one that it became."""
        wanted = {key.key: str(key.record_id) for key in keys}
        found: dict[str, FoundRecord] = {}
        for _ in range(MERGES_FOLLOWED):
            if not wanted:
                break
            records = {short(record["Id"]): record for record in self._with_ids(sorted(set(wanted.values())))}
            merged: dict[str, str] = {}
            for key, record_id in wanted.items():
                if short(record_id) not in records:
                    continue
                record = records[short(record_id)]
                if not record.get("IsDeleted"):
                    found[key] = self._found(record, "record_id")
                elif survivor := record.get("MasterRecordId"):
                    merged[key] = str(survivor)
            wanted = merged
        return found

    def _with_ids(self, ids: Sequence[str]) -> Iterator[Json]:
        columns = self._columns("IsDeleted", "MasterRecordId")
        for listed in in_lists(ids, LONGEST_CONDITION):
            soql = f"SELECT {columns} FROM {self._object} WHERE Id IN {listed}"  # noqa: S608  quoted
            yield from self._client.records(soql, all_rows=True)

    def _named(self, keys: Sequence[RecordKeys]) -> Iterator[Json]:
        columns = self._columns("Email", self._external_id)
        for chunk in by_size(keys, _cost, LONGEST_CONDITION):
            ids = ",".join(quote_value(key.external_id) for key in chunk)
            emails = ",".join(sorted({quote_value(key.email) for key in chunk if key.email}))
            where = f"{self._external_id} IN ({ids})" if self._external_id in self._known else ""
            if emails:
                where += f"{' OR ' if where else ''}Email IN ({emails})"
            soql = f"SELECT {columns} FROM {self._object} WHERE {where} ORDER BY CreatedDate, Id"  # noqa: S608
            yield from self._client.records(soql)

    def _columns(self, *names: str) -> str:
        wanted = ("Id", "IsConverted", "ConvertedContactId", *names)
        return ", ".join(dict.fromkeys(name for name in wanted if name in self._known))

    def _found(
        self, record: Mapping[str, Any], by: Literal["record_id", "external_id", "email"]
    ) -> FoundRecord:
        converted = str(record.get("ConvertedContactId") or "") if record.get("IsConverted") else None
        return FoundRecord(
            str(record["Id"]), self._object, record.get(self._external_id), by=by, converted_to=converted
        )


def _best(records: Iterable[Json], key: RecordKeys) -> Json | None:
    """Return the oldest, which comes first; one that is still a lead before one that was converted."""
    may_be = [one for one in records if str(one["Id"]) not in key.apart]
    return next((one for one in may_be if not one.get("IsConverted")), may_be[0] if may_be else None)


def _cost(key: RecordKeys) -> int:
    return len(key.external_id) + len(quoted(key.email)) + 18
