"""Notes and marketing events of one account: sent once each, after the record that carries them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row

from leadline.delivery.decision import Decision
from leadline.delivery.outbox import besides_accepted
from leadline.hub import Hub, now_us
from leadline.hub.keys import digest
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount
from leadline.ports import ActivityWrite, PartnerCrm, RowResult
from leadline.retries import Retries
from leadline.runs import RunContext

CHUNK_ROWS = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "assignment_id",
    "event_id",
    "state",
    "record_id",
    "attempts",
    "not_before",
    "vendor_code",
    "message",
)


def queue_events(hub: Hub, ctx: RunContext, account: CrmAccount) -> int:
    """Queue the supplier's events on leads that have a record in this account; return how many are new."""
    with hub.transaction(ctx.supplier) as connection:
        queued = hub.run(
            connection,
            "delivery_events_queue",
            supplier=ctx.supplier,
            account_id=account.id,
            besides=besides_accepted(account),
        )
        pass_over_events(hub, connection, ctx)
        return queued.rowcount


def pass_over_events(hub: Hub, connection: Connection, ctx: RunContext) -> None:
    """Note which of the supplier's events have nowhere left to go, so that nobody looks at them again.

    A new record of their lead in a CRM takes that back. The caller's transaction holds the supplier's lock.
    """
    hub.run(connection, "delivery_events_queued", supplier=ctx.supplier)


def send_activities(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, account_id: str, crm: PartnerCrm, retries: Retries
) -> tuple[int, int]:
    """Send the notes and events that are due; return how many were sent and how many refused.

    Each carries a key of ours by which the adapter knows it again: a repeat adds none.
    """
    sent = refused = 0
    while True:
        with hub.reading() as connection:
            rows = hub.run(
                connection,
                "delivery_events_take",
                supplier=ctx.supplier,
                account_id=account_id,
                now=now_us(),
                most=CHUNK_ROWS,
            ).all()
        if not rows:
            return sent, refused
        waiting = {_key(ctx, row): row for row in rows}
        writes = [_activity(key, row, mapping) for key, row in waiting.items()]
        results: list[tuple[Row[tuple[object, ...]], RowResult]] = []
        try:
            for result in crm.add_activities(writes):
                if (row := waiting.pop(result.key, None)) is not None:
                    results.append((row, result))
            results += [(row, _silent(key)) for key, row in waiting.items()]
        finally:
            states = _store(hub, ctx, results, retries)
            sent += states.count("sent")
            refused += states.count("refused")


def _silent(key: str) -> RowResult:
    return RowResult(key, ok=False, code="NO_RESULT", message="the CRM gave no result", retryable=True)


def _key(ctx: RunContext, row: Row[tuple[object, ...]]) -> str:
    if row.decision is not None:
        return str(row.event_id)  # a note: the id of its delivery
    return "E" + digest(ctx.supplier, row.assignment_id, row.event_id)


def _activity(key: str, row: Row[tuple[object, ...]], mapping: SupplierMapping) -> ActivityWrite:
    if row.decision is not None:
        decision = Decision.from_json(row.decision)
        what = "details" if decision.operation == "create" else "update"
        # What was decided is the record that holds the values: its link may still name what it was before.
        return ActivityWrite(
            key,
            decision.record_id or row.record_id,
            f"{mapping.label}: lead {what}",
            decision.note,
            _moment(row.sent_at),
        )
    subject = f"{mapping.label}: {row.type}"
    return ActivityWrite(key, row.record_id, subject, row.body, _moment(row.occurred_at))


def _moment(at: int | None) -> datetime | None:
    return None if at is None else _EPOCH + timedelta(microseconds=at)


def _store(
    hub: Hub,
    ctx: RunContext,
    results: Sequence[tuple[Row[tuple[object, ...]], RowResult]],
    retries: Retries,
) -> list[str]:
    """Keep what came of activities, in one commit; return their states."""
    if not results:
        return []
    stored = []
    for row, result in results:
        attempts = row.attempts + 1
        state, not_before = "sent", 0
        if not result.ok:
            again = result.retryable and attempts < retries.attempts
            state, not_before = ("waiting", retries.next_at(attempts)) if again else ("refused", 0)
        stored.append(
            (
                row.assignment_id,
                row.event_id,
                state,
                result.record_id,
                attempts,
                not_before,
                result.code,
                result.message,
            )
        )
    with hub.transaction(ctx.supplier) as connection:
        hub.load(connection, "event_delivery", _COLUMNS, stored)
        hub.run(connection, "delivery_events_store", supplier=ctx.supplier, at=now_us())
    return [str(one[2]) for one in stored]
