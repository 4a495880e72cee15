"""Notes and marketing events as completed tasks, each known again by our key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.keyed import KeyedWriter
from hooks.salesforce.rows import current, retrieve, short
from leadline.ports import ActivityWrite, RowResult

KEY_FIELD = "Leadline_Id__c"
"""A text field of Task (Activity) that holds our key; unique and external id if the org can."""

_CONVERTED = "CANNOT_UPDATE_CONVERTED_LEAD"

COMPLETED = {"Status": "Completed", "Priority": "Normal"}


class TaskWriter:
    """Tasks of one org.

    Raises:
        SchemaDrift: Task has no key field, so that a repeated task could not be recognised.
    """

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._tasks = KeyedWriter(client, "Task", KEY_FIELD)

    def add(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Yield one result per activity; one that is there already, even deleted by the partner, is done.

        A converted lead takes no task any more: what happened on it belongs to its contact.
        """
        by_key = {one.key: one for one in activities}
        refused: list[RowResult] = []
        for result in self._tasks.add([(one.key, self._json(one, one.record_id)) for one in activities]):
            if result.code == _CONVERTED:
                refused.append(result)
            else:
                yield result
        contacts = self._contacts([by_key[one.key].record_id for one in refused]) if refused else {}
        moved: list[tuple[str, Json]] = []
        for result in refused:
            one = by_key[result.key]
            if contact := contacts.get(short(one.record_id)):
                moved.append((one.key, self._json(one, contact)))
            else:
                yield result
        if moved:
            yield from self._tasks.add(moved)

    def _contacts(self, leads: Sequence[str]) -> dict[str, str]:
        """Return the contact that each lead became and that is there, by the lead's id."""
        rows = retrieve(self._client, "Lead", leads, ["Id", "ConvertedContactId"])
        became = {
            lead: str(row["ConvertedContactId"])
            for lead, row in rows.items()
            if row.get("ConvertedContactId")
        }
        there = current(self._client, "Contact", sorted(set(became.values())), ())
        ends = {contact: str(row["Id"]) for contact, row in there.items() if not row["IsDeleted"]}
        return {lead: ends[short(contact)] for lead, contact in became.items() if short(contact) in ends}

    def _json(self, one: ActivityWrite, record_id: str) -> Json:
        cut = self._tasks.values.cut
        task: Json = {"WhoId": record_id, "Subject": cut("Subject", one.subject)} | COMPLETED
        if one.body:
            task["Description"] = cut("Description", one.body)
        if one.occurred_at:
            task["ActivityDate"] = one.occurred_at.astimezone(UTC).date().isoformat()
        return task
