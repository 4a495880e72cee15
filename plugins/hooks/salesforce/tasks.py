"""Notes and marketing events as completed tasks, each known again by our key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.keyed import KeyedWriter
from leadline.ports import ActivityWrite, RowResult

KEY_FIELD = "Leadline_Id__c"
"""A text field of Task (Activity) that holds our key; unique and external id if the org can."""

COMPLETED = {"Status": "Completed", "Priority": "Normal"}


class TaskWriter:
    """Tasks of one org.

    Raises:
        SchemaDrift: Task has no key field, so that a repeated task could not be recognised.
    """

    def __init__(self, client: SalesforceClient) -> None:
        self._tasks = KeyedWriter(client, "Task", KEY_FIELD)

    def add(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Yield one result per activity; one that is there already, even deleted by the partner, is done."""
        return self._tasks.add([(one.key, self._json(one)) for one in activities])

    def _json(self, one: ActivityWrite) -> Json:
        cut = self._tasks.values.cut
        task: Json = {"WhoId": one.record_id, "Subject": cut("Subject", one.subject)} | COMPLETED
        if one.body:
            task["Description"] = cut("Description", one.body)
        if one.occurred_at:
            task["ActivityDate"] = one.occurred_at.astimezone(UTC).date().isoformat()
        return task
