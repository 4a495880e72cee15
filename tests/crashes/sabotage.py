"""Faults put into the product on purpose: each takes away one thing that makes a repeat harmless.

A run that nobody kills does not show them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hooks.dynamics import tasks
from hooks.dynamics.records import RecordWriter
from hooks.salesforce.client import SalesforceClient
from hooks.saleslink.client import SaleslinkClient
from leadline import receipts
from leadline.delivery.plans import Plans
from leadline.ports import RowResult
from leadline.receipts import receiving


def records_without_our_id() -> None:
    """Insert new records without our id, where they should be upserted by it."""
    _insert_plainly({"Lead", "Contact"})


def tasks_without_our_id() -> None:
    """Insert notes and events without our id."""
    _insert_plainly({"Task"})


def decisions_not_saved() -> None:
    """Send what was decided without having saved it."""
    Plans.save_plans = lambda *_: None  # type: ignore[method-assign]


def batches_not_looked_up() -> None:
    """Receive a batch though it was received before."""
    receipts.counts_of = lambda *_: None
    receiving.earlier_counts = lambda *_: None


def rows_without_our_key() -> None:
    """Make new rows in Dynamics under ids of nobody's choice and without our id."""
    plain = RecordWriter._row

    def row(self: RecordWriter, write: Any) -> Any:
        made = plain(self, write)
        if not self._creates:
            return made
        body = {name: value for name, value in (made.part.body or {}).items() if name != self._key_column}
        return replace(made, part=replace(made.part, method="POST", path="leads", body=body, headers={}))

    RecordWriter._row = row  # type: ignore[method-assign]
    RecordWriter._done = lambda _self, row, answer: RowResult(  # type: ignore[method-assign]
        row.write.key, ok=True, record_id=row.write.record_id or answer.entity_id
    )


def tasks_under_any_id() -> None:
    """Make tasks in Dynamics under ids that no repeat has again."""
    tasks.own_id = lambda key: str(uuid5(NAMESPACE_URL, f"{key} {os.getpid()}"))


def leads_under_any_id() -> None:
    """Make leads in Saleslink under an ExternalId that no repeat has again."""
    _in_saleslink("CreateLead", lambda sent: sent["Lead"])


def events_under_any_id() -> None:
    """Add events to Saleslink under an ExternalId that no repeat has again."""
    _in_saleslink("AddMarketingEvents", lambda sent: sent["Event"][0])


def _in_saleslink(operation: str, part: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    plain = SaleslinkClient.send

    def send(self: SaleslinkClient, called: str, **sent: Any) -> Any:
        if called == operation:
            part(sent)["ExternalId"] += f" {os.getpid()}"
        return plain(self, called, **sent)

    SaleslinkClient.send = send  # type: ignore[method-assign]


def _insert_plainly(objects: set[str]) -> None:
    plain = SalesforceClient.collections

    def collections(self: SalesforceClient, method: str, records: Any, **call: Any) -> Any:
        upsert_on = call.get("upsert_on")
        if upsert_on and upsert_on[0] in objects:
            records = [{name: one[name] for name in one if name != upsert_on[1]} for one in records]
            method, call["upsert_on"] = "POST", None
        return plain(self, method, records, **call)

    SalesforceClient.collections = collections  # type: ignore[method-assign]
