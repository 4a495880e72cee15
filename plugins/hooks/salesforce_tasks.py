"""Notes and marketing events as completed tasks, each known again by our key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC

from hooks.salesforce_answers import first_fault, row_result
from hooks.salesforce_client import COLLECTION_ROWS, Json, SalesforceClient
from hooks.salesforce_soql import in_lists
from leadline.errors import SchemaDrift
from leadline.ports import ActivityWrite, RowResult

KEY_FIELD = "Leadline_Id__c"
"""A text field of Task (Activity) that holds our key; unique and external id if the org can."""

_SUBJECT, _DESCRIPTION = 255, 32_000


class TaskWriter:
    """Tasks of one org.

    Raises:
        SchemaDrift: Task has no key field, so that a repeated task could not be recognised.
    """

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        fields = {str(one["name"]): one for one in client.describe("Task")["fields"]}
        if KEY_FIELD not in fields:
            raise SchemaDrift(f"Task has no field '{KEY_FIELD}', by which a repeated note would be known")
        self._upserts = bool(fields[KEY_FIELD].get("externalId") and fields[KEY_FIELD].get("unique"))
        self._longest = int(fields.get("Description", {}).get("length") or _DESCRIPTION)

    def add(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Yield one result per activity; one that is there already, even deleted by the partner, is done."""
        there = self._there([one.key for one in activities])
        for one in activities:
            if one.key in there:
                yield row_result(one.key, record_id=there[one.key])
        new = [one for one in activities if one.key not in there]
        for first in range(0, len(new), COLLECTION_ROWS):
            chunk = new[first : first + COLLECTION_ROWS]
            results = self._client.collections(
                "PATCH" if self._upserts else "POST",
                [self._json(one) for one in chunk],
                upsert_on=("Task", KEY_FIELD) if self._upserts else None,
                repeatable=self._upserts,
            )
            for one, result in zip(chunk, results, strict=True):
                if result.get("success"):
                    yield row_result(one.key, record_id=result.get("id"), created=True)
                else:
                    yield row_result(one.key, fault=first_fault(result.get("errors")))

    def _there(self, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for listed in in_lists(keys):
            soql = f"SELECT Id, {KEY_FIELD} FROM Task WHERE {KEY_FIELD} IN {listed}"  # noqa: S608  quoted
            for record in self._client.records(soql, all_rows=True):
                found[str(record[KEY_FIELD])] = str(record["Id"])
        return found

    def _json(self, one: ActivityWrite) -> Json:
        task: Json = {
            "attributes": {"type": "Task"},
            KEY_FIELD: one.key,
            "WhoId": one.record_id,
            "Subject": one.subject[:_SUBJECT],
            "Status": "Completed",
            "Priority": "Normal",
        }
        if one.body:
            task["Description"] = one.body[: self._longest]
        if one.occurred_at:
            task["ActivityDate"] = one.occurred_at.astimezone(UTC).date().isoformat()
        return task
