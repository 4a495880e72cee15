"""From a CRM's result to what becomes of the delivery."""

from __future__ import annotations

from leadline.delivery.decide import Decider
from leadline.delivery.decision import Decision
from leadline.delivery.outbox import Open, Outcome
from leadline.ports import RowResult
from leadline.retries import Retries

Person = tuple[str, str]
"""(object, e-mail): by what one record serves several leads."""


def outcome_of(
    decider: Decider, work: Open, decision: Decision, result: RowResult, retries: Retries
) -> Outcome:
    """Return what a result makes of a delivery: sent, refused, or to be tried or decided again."""
    if result.ok:
        record_id = result.record_id or decision.record_id
        return Outcome(work, decision, "sent", record_id, left=result.left)
    attempts = work.attempts + 1
    left = attempts < retries.attempts
    if left and result.stale and decision.operation == "update":
        return _failed(work, decision, "waiting", result)
    if left and result.record_id and not result.retryable and decision.operation == "create":
        # A duplicate: what the partner's own rules found is the record of this lead.
        update = decider.update(work, result.object or decision.object, result.record_id)
        if update.operation == "keep":
            return Outcome(work, update, "sent", result.record_id)
        return _failed(work, update, "decided", result)
    if left and result.retryable:
        return _failed(work, decision, "decided", result, not_before=retries.next_at(attempts))
    return _failed(work, decision, "refused", result)


def withdrawn(work: Open) -> Outcome:
    """Return the outcome of a delivery whose assignment is no longer the partner's."""
    decision = Decision("keep", "", None, {})
    return Outcome(work, decision, "superseded", message="the assignment has ended")


def person_of(work: Open, decision: Decision) -> Person:
    """Return by what one record serves several leads."""
    return decision.object, work.email.strip().lower()


def _failed(
    work: Open,
    decision: Decision,
    state: str,
    result: RowResult,
    *,
    not_before: int = 0,
) -> Outcome:
    return Outcome(
        work,
        decision,
        state,
        not_before=not_before,
        code=result.code,
        field=result.field,
        message=result.message,
    )
