"""Faults put into the product on purpose: each takes away one thing that makes a repeat harmless.

A run that nobody kills does not show them.
"""

from __future__ import annotations

from typing import Any

from hooks.salesforce.client import SalesforceClient
from leadline.delivery.plans import Plans
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
    receiving.earlier_counts = lambda *_: None


def _insert_plainly(objects: set[str]) -> None:
    plain = SalesforceClient.collections

    def collections(self: SalesforceClient, method: str, records: Any, **call: Any) -> Any:
        upsert_on = call.get("upsert_on")
        if upsert_on and upsert_on[0] in objects:
            records = [{name: one[name] for name in one if name != upsert_on[1]} for one in records]
            method, call["upsert_on"] = "POST", None
        return plain(self, method, records, **call)

    SalesforceClient.collections = collections  # type: ignore[method-assign]
