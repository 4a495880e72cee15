"""Records that carry a key of ours, so that one that is sent again makes no second one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hooks.salesforce.answers import first_fault, row_result, safe_text
from hooks.salesforce.bodies import Json
from hooks.salesforce.client import COLLECTION_ROWS, SalesforceClient
from hooks.salesforce.rows import rows_in
from hooks.salesforce.values import FieldValues
from leadline.errors import SchemaDrift
from leadline.ports import RowResult


class KeyedWriter:
    """New records of one object, known by a field that holds our key.

    Raises:
        SchemaDrift: The object has no such field, so that a repeated record could not be recognised.
    """

    def __init__(self, client: SalesforceClient, object_: str, key_field: str) -> None:
        self._client = client
        self._object = object_
        self.values = FieldValues(client, object_)
        field = self.values.field(key_field)
        if field is None:
            raise SchemaDrift(
                f"{object_} has no field '{key_field}', by which a repeated one would be known: add it there"
            )
        self._key = str(field["name"])
        self._upserts = bool(field.get("externalId") and field.get("unique"))

    def add(self, records: Sequence[tuple[str, Json]]) -> Iterator[RowResult]:
        """Yield one result per (key, fields); one that is there already, even deleted since, is done."""
        there = self._there([key for key, _ in records])
        for key, _ in records:
            if key in there:
                yield row_result(key, record_id=there[key])
        new = [(key, fields) for key, fields in dict(records).items() if key not in there]
        for first in range(0, len(new), COLLECTION_ROWS):
            chunk = new[first : first + COLLECTION_ROWS]
            results = self._client.collections(
                "PATCH" if self._upserts else "POST",
                [{"attributes": {"type": self._object}, self._key: key} | fields for key, fields in chunk],
                upsert_on=(self._object, self._key) if self._upserts else None,
                repeatable=self._upserts,
            )
            for (key, _), result in zip(chunk, results, strict=True):
                if result.get("success"):
                    yield row_result(key, record_id=result.get("id"), created=True)
                    continue
                fault = first_fault(result.get("errors"))
                if fault.code == "INVALID_FIELD":
                    raise SchemaDrift(f"{self._object}: {safe_text(fault.message)}")
                yield row_result(key, fault=fault)

    def _there(self, keys: Sequence[str]) -> dict[str, str]:
        head = f"SELECT Id, {self._key} FROM {self._object} WHERE {self._key} IN"  # noqa: S608  described
        rows = rows_in(self._client, head, keys, all_rows=True)
        return {str(row[self._key]): str(row["Id"]) for row in rows}
