"""The outbox of one CRM account: what is open, what was decided, what came of it. One commit a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leadline.delivery.decision import Decision, encode_json
from leadline.hub import Hub, now_us
from leadline.hub.keys import digest, history_id
from leadline.runs import RunContext


@dataclass(frozen=True, slots=True)
class Open:
    """One delivery that may go now, with the lead's values of this moment (JSON text)."""

    delivery_id: str
    assignment_id: str
    sequence: int
    lead_id: str
    partner_id: str
    state: str
    changed: str | None
    decision: str | None
    job_id: str | None
    attempts: int
    email: str
    attributes: str
    campaign: str | None
    record_id: str | None
    record_object: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery; `state` waiting means: decide it anew.

    `decided_now` says that the decision is not in the hub yet.
    """

    work: Open
    decision: Decision
    state: str  # sent, refused, decided (try again), waiting (decide anew)
    record_id: str | None = None
    not_before: int = 0
    code: str | None = None
    field: str | None = None
    message: str | None = None
    decided_now: bool = False


_STORED = (
    "delivery_id",
    "state",
    "decision",
    "attempts",
    "not_before",
    "vendor_code",
    "vendor_field",
    "message",
)
_LINKS = ("assignment_id", "object", "record_id", "created")
_LINES = ("lead_id", "event_id", "kind", "after")


class Outbox:
    """The deliveries of one account of one supplier. Other runs keep off it (`turns.sole_sender`)."""

    def __init__(self, hub: Hub, ctx: RunContext, account_id: str) -> None:
        self._hub = hub
        self._ctx = ctx
        self._account = account_id

    def withdraw(self) -> int:
        """Withdraw what waits for an assignment that has ended; return how many."""
        with self._hub.transaction(self._ctx.supplier) as connection:
            return self._hub.run(
                connection, "delivery_withdraw", supplier=self._ctx.supplier, account_id=self._account
            ).rowcount

    def take(self, most: int, *, holding: bool = False) -> list[Open]:
        """Return up to `most` deliveries that are due, in queue order; of an assignment, the oldest only.

        With `holding`, leads are left whose e-mail is that of a new record which rests before another try:
        they are to find it, not to make a second one.
        """
        with self._hub.reading() as connection:
            rows = self._hub.run(
                connection,
                "delivery_take",
                table_holding="resting" if holding else "",
                supplier=self._ctx.supplier,
                account_id=self._account,
                now=now_us(),
                most=most,
            )
            return [Open(*tuple(row)) for row in rows]

    def resting(self) -> list[tuple[str, str]]:
        """Return (object, e-mail) of new records that were decided and rest before another try."""
        with self._hub.reading() as connection:
            rows = self._hub.run(
                connection,
                "delivery_resting",
                supplier=self._ctx.supplier,
                account_id=self._account,
                now=now_us(),
            )
            decided = [(Decision.from_json(row.decision), row.email.strip().lower()) for row in rows]
        return [(one.object, email) for one, email in decided if one.operation == "create"]

    def next_due(self, after: int) -> int | None:
        """Return when a row that rests at the moment `after` may go again; UTC microseconds, None: none."""
        with self._hub.reading() as connection:
            due: int | None = self._hub.run(
                connection,
                "delivery_due",
                supplier=self._ctx.supplier,
                account_id=self._account,
                after=after,
            ).scalar_one()
            return due

    def open_count(self) -> int:
        """Return how many deliveries are still open, due or not."""
        with self._hub.reading() as connection:
            count: int = self._hub.run(
                connection, "delivery_open", supplier=self._ctx.supplier, account_id=self._account
            ).scalar_one()
            return count

    def save(self, decisions: Sequence[tuple[Open, Decision]]) -> None:
        """Keep decisions, committed, before anything is sent."""
        if not decisions:
            return
        with self._hub.transaction(self._ctx.supplier) as connection:
            self._hub.load(
                connection,
                "delivery",
                ["delivery_id", "decision"],
                ((work.delivery_id, decision.to_json()) for work, decision in decisions),
            )
            self._hub.run(connection, "delivery_decide", supplier=self._ctx.supplier)

    def store(self, outcomes: Sequence[Outcome]) -> None:
        """Keep outcomes with their record links, notes to send and history lines, in one commit."""
        if not outcomes:
            return
        supplier, at = self._ctx.supplier, now_us()
        sent = [one for one in outcomes if one.state == "sent"]
        notes = [one for one in sent if one.decision.note is not None]
        lines = [one for one in outcomes if one.state in ("sent", "refused")]
        hub = self._hub
        with hub.transaction(supplier) as connection:
            hub.load(connection, "delivery", _STORED, (_stored(one) for one in outcomes))
            hub.run(connection, "delivery_store", supplier=supplier, at=at)
            if sent:
                hub.load(connection, "crm_record", _LINKS, (_link(one) for one in sent))
                hub.run(connection, "crm_record_link", supplier=supplier, account_id=self._account, at=at)
            if notes:
                hub.load(
                    connection,
                    "event_delivery",
                    ["assignment_id", "event_id"],
                    ((one.work.assignment_id, one.work.delivery_id) for one in notes),
                )
                hub.run(connection, "delivery_notes_queue", supplier=supplier)
            if lines:
                hub.load(connection, "history", _LINES, (self._line(one) for one in lines))
                hub.run(
                    connection,
                    "delivery_history",
                    supplier=supplier,
                    at=at,
                    run_id=self._ctx.run_id,
                    task=self._ctx.task,
                    actor=self._ctx.actor,
                )

    def _line(self, one: Outcome) -> tuple[str, str, str, str]:
        """Return the history line of a delivery that has ended: names of fields, never a value."""
        after: dict[str, object] = {
            "account": self._account,
            "assignment": one.work.assignment_id,
            "delivery": one.work.delivery_id,
            "fields": list(one.decision.fields),
            "object": one.decision.object,
            "operation": one.decision.operation,
            "partner": one.work.partner_id,
        }
        if one.decision.shortened:
            after["shortened"] = one.decision.shortened
        if one.state == "sent":
            after["record"] = one.record_id
            kind = "pushed"
        else:
            after |= {"code": one.code, "field": one.field}
            kind = "push_refused"
        return one.work.lead_id, history_id(one.work.delivery_id, kind), kind, encode_json(after)


def _stored(one: Outcome) -> tuple[object, ...]:
    return (
        one.work.delivery_id,
        one.state,
        one.decision.to_json() if one.decided_now else None,
        one.work.attempts + 1,
        one.not_before,
        one.code,
        one.field,
        one.message,
    )


def _link(one: Outcome) -> tuple[object, ...]:
    decision = one.decision
    return one.work.assignment_id, decision.object, one.record_id, decision.operation == "create"


class HubJobLedger:
    """The bulk jobs of one account, as deliveries name them (`ports.JobLedger`)."""

    def __init__(self, hub: Hub, ctx: RunContext, account_id: str, known: Mapping[str, str | None]) -> None:
        self._hub = hub
        self._ctx = ctx
        self._account = account_id
        self._known = dict(known)

    def job_for(self, keys: Sequence[str]) -> str | None:
        """Return the one job that carries all of these deliveries and whose results are not all stored."""
        jobs = {self._known.get(key) for key in keys}
        return jobs.pop() if len(jobs) == 1 else None

    def save(self, keys: Sequence[str], job_id: str, operation: str, object_: str) -> None:
        """Keep the job's id with its deliveries, committed, before anything is uploaded."""
        with self._hub.transaction(self._ctx.supplier) as connection:
            self._hub.load(connection, "delivery", ["delivery_id"], ((key,) for key in keys))
            self._hub.run(connection, "delivery_job", supplier=self._ctx.supplier, job_id=job_id)
            self._hub.run(
                connection,
                "crm_record_job",
                supplier=self._ctx.supplier,
                account_id=self._account,
                job_key=digest(job_id),
                job_id=job_id,
                operation=operation,
                object=object_,
                rows=len(keys),
                at=now_us(),
            )
        self._known.update(dict.fromkeys(keys, job_id))

    def finish(self, job_id: str) -> None:
        """Say that all results of the job were read; a delivery whose result got lost still names it."""
        with self._hub.transaction(self._ctx.supplier) as connection:
            self._hub.run(
                connection,
                "crm_record_job_finish",
                supplier=self._ctx.supplier,
                account_id=self._account,
                job_key=digest(job_id),
            )


def known_jobs(work: Iterable[Open]) -> dict[str, str | None]:
    """Return which saved job carries which delivery."""
    return {one.delivery_id: one.job_id for one in work}
