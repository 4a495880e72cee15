"""The outbox of one CRM account: what is open, and what came of it. One commit a step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec

from leadline.delivery.decision import Decision, Operation
from leadline.hub import Hub, now_us
from leadline.hub.keys import within_lead
from leadline.hub.schema import crm_record, delivery, history
from leadline.lifecycle import DistributionStatus
from leadline.partners import CrmAccount
from leadline.runs import RunContext


class Open(NamedTuple):
    """One delivery that may go now, with the lead's values of this moment (JSON text)."""

    delivery_id: str
    assignment_id: str
    sequence: int
    lead_id: str
    partner_id: str
    state: str
    changed: str | None
    decision: str | None
    attempts: int
    email: str
    attributes: str
    campaign: str | None
    record_id: str | None
    record_object: str | None
    entitled: bool  # its assignment is active and accepted, or pending where the CRM takes every lead
    queued_at: int


class Outcome(NamedTuple):
    """What became of one delivery.

    `state` is sent, refused, decided (to be tried again), waiting (to be decided anew) or superseded.
    """

    work: Open
    decision: Decision
    state: str
    record_id: str | None = None
    not_before: int = 0
    code: str | None = None
    field: str | None = None
    message: str | None = None
    left: tuple[str, ...] = ()  # fields that the record could not take


_COLUMNS = (
    delivery.c.delivery_id,
    delivery.c.assignment_id,
    delivery.c.lead_id,
    delivery.c.state,
    delivery.c.decision,
    delivery.c.attempts,
    delivery.c.not_before,
    delivery.c.vendor_code,
    delivery.c.vendor_field,
    delivery.c.message,
    crm_record.c.object,
    crm_record.c.record_id,
    crm_record.c.created,
    history.c.event_id,
    history.c.kind,
    history.c.after,
)
"""One load carries all that a store writes: the delivery, its record link and its history line."""


def besides_accepted(account: CrmAccount) -> str:
    """Return the other status with which an assignment may be pushed; accepted again where there is none."""
    return (DistributionStatus.PENDING if account.takes_pending else DistributionStatus.ACCEPTED).value


class Outbox:
    """The deliveries of one account of one supplier. Other runs keep off it (`turns.sole_sender`)."""

    def __init__(self, hub: Hub, ctx: RunContext, account: CrmAccount) -> None:
        self._hub = hub
        self._ctx = ctx
        self._ids = {"supplier": ctx.supplier, "account_id": account.id}
        self._besides = besides_accepted(account)

    def take(self, most: int, *, after: int = 0, holding: bool = False) -> list[Open]:
        """Return up to `most` deliveries that are due, in queue order; of an assignment, the oldest only.

        Args:
            after: Those queued up to then are passed over: what became of them is being stored.
            holding: Leads are left whose e-mail is that of a new record which rests before another try:
                they are to find it, not to make a second one.
        """
        with self._hub.reading() as connection:
            rows = self._hub.run(
                connection,
                "delivery_take",
                table_chosen="",
                table_holding="resting" if holding else "",
                **self._ids,
                besides=self._besides,
                now=now_us(),
                after=after,
                most=most,
            ).all()  # row by row costs three times as much
            return [Open._make(row) for row in rows]

    def take_these(self, delivery_ids: Sequence[str]) -> list[Open]:
        """Return those of these deliveries that are still open, in no order."""
        with self._hub.transaction() as connection:
            chosen = self._hub.load(connection, "delivery", ["delivery_id"], ((one,) for one in delivery_ids))
            rows = self._hub.run(
                connection,
                "delivery_take",
                table_chosen=chosen,
                table_holding="",
                **self._ids,
                besides=self._besides,
            )
            return [Open._make(row) for row in rows]

    def resting(self) -> list[tuple[str, str]]:
        """Return (object, e-mail) of new records that were decided and rest before another try."""
        with self._hub.reading() as connection:
            rows = self._hub.run(connection, "delivery_resting", **self._ids, now=now_us())
            decided = [(Decision.from_json(row.decision), row.email.strip().lower()) for row in rows]
        return [(one.object, email) for one, email in decided if one.operation == "create"]

    def ours(self, assignment_ids: Collection[str]) -> set[str]:
        """Return those of these ids that are assignments of this supplier's."""
        with self._hub.reading(loads=True) as connection:
            self._hub.load(connection, "assignment", ["assignment_id"], ((one,) for one in assignment_ids))
            rows = self._hub.run(connection, "assignment_ours", supplier=self._ids["supplier"])
            return {row.assignment_id for row in rows}

    def others(self, record_ids: Collection[str]) -> set[str]:
        """Return those of these records that serve leads of other suppliers, over the same connection."""
        with self._hub.reading(loads=True) as connection:
            self._hub.load(connection, "crm_record", ["record_id"], ((one,) for one in record_ids))
            rows = self._hub.run(connection, "crm_record_others", **self._ids)
            return {row.record_id for row in rows}

    def next_due(self, after: int) -> int | None:
        """Return when a row that rests at the moment `after` may go again; UTC microseconds, None: none."""
        with self._hub.reading() as connection:
            due: int | None = self._hub.run(connection, "delivery_due", **self._ids, after=after).scalar_one()
            return due

    def open_count(self) -> int:
        """Return how many deliveries are still open, due or not."""
        with self._hub.reading() as connection:
            count: int = self._hub.run(connection, "delivery_open", **self._ids).scalar_one()
            return count

    def store(self, outcomes: Sequence[Outcome], finished_plan: str | None = None) -> None:
        """Keep outcomes with their record links, notes to send and history lines, in one commit.

        Args:
            finished_plan: Key of the plan of which these are the last results.
        """
        if not outcomes and finished_plan is None:
            return
        hub, at = self._hub, now_us()
        us = {"supplier": self._ctx.supplier, "at": at}
        with hub.transaction(self._ctx.supplier) as connection:
            if outcomes:
                rows = (self._row(one) for one in outcomes)
                hub.load_columns(connection, "load_outcome", _COLUMNS, rows)
                hub.run(connection, "delivery_store", **us)
                hub.run(connection, "crm_record_link", **us, account_id=self._ids["account_id"])
                hub.run(connection, "delivery_events_again", supplier=self._ctx.supplier)
                hub.run(
                    connection,
                    "delivery_history",
                    **us,
                    run_id=self._ctx.run_id,
                    task=self._ctx.task,
                    actor=self._ctx.actor,
                )
                if any(one.decision.note is not None for one in outcomes):
                    hub.run(connection, "delivery_notes_queue", supplier=self._ctx.supplier)
            if finished_plan is not None:
                hub.run(connection, "crm_record_job_finish", **self._ids, job_key=finished_plan)

    def _row(self, one: Outcome) -> tuple[object, ...]:
        work, decision, state = one.work, one.decision, one.state
        kept: str | None = None
        if state == "decided" or (state == "sent" and decision.note is not None):
            kept = decision.to_json()
        kind = {"sent": "pushed", "refused": "push_refused"}.get(state)
        linked = (
            (work.record_object, work.record_id) if decision.followed else (decision.object, one.record_id)
        )
        return (
            work.delivery_id,
            work.assignment_id,
            work.lead_id,
            state,
            kept,
            work.attempts + 1,
            one.not_before,
            one.code,
            one.field,
            one.message,
            *linked,
            decision.operation == "create",
            # A delivery is sent, or refused, once: its own id names the event.
            f"{kind}:{within_lead(work.lead_id, work.delivery_id)}"[:40] if kind else None,
            kind,
            self._told(one) if kind else None,
        )

    def _told(self, one: Outcome) -> str:
        """Return a history line's text."""
        work, decision = one.work, one.decision
        line = _Line(
            self._ids["account_id"],
            work.assignment_id,
            work.delivery_id,
            decision.object,
            decision.operation,
            work.partner_id,
        )
        if one.state == "sent":
            line.record = one.record_id
        else:
            line.code, line.field = one.code, one.field
        if decision.operation == "update":
            line.fields = [name for name in decision.fields if name not in one.left]
        line.shortened = decision.shortened
        return _encode(line).decode()


class _Line(msgspec.Struct, omit_defaults=True):
    """What history says of a delivery: names of fields, never a value. A new record has all fields that the
    partner may see."""

    account: str
    assignment: str
    delivery: str
    object: str
    operation: Operation
    partner: str
    record: str | msgspec.UnsetType | None = msgspec.UNSET
    code: str | msgspec.UnsetType | None = msgspec.UNSET
    field: str | msgspec.UnsetType | None = msgspec.UNSET
    fields: list[str] | msgspec.UnsetType = msgspec.UNSET
    shortened: tuple[str, ...] = ()


_encode = msgspec.json.Encoder().encode


def ids_of(works: Iterable[Open]) -> dict[str, Open]:
    """Return deliveries by their id."""
    return {one.delivery_id: one for one in works}
