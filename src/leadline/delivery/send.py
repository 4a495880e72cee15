"""Draining the outbox of one CRM account: resolve, decide, save the decision, send, store what came of it.

The process may die anywhere. Before a plan is saved nothing of it was sent; after it, a retry sends the same
writes again, which the CRM recognises by our external id, by its own record id, or by the saved bulk job.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from leadline.collector import collector_slowed
from leadline.delivery.activities import queue_events, send_activities
from leadline.delivery.decide import Decider
from leadline.delivery.decision import Decision
from leadline.delivery.limits import PushCounts, PushLimits
from leadline.delivery.outbox import Open, Outbox, Outcome, ids_of
from leadline.delivery.outcomes import Person, outcome_of, person_of, withdrawn
from leadline.delivery.plans import Plan, Planned, Plans, plan_of
from leadline.errors import ConfigurationError, SchemaDrift
from leadline.hub import Hub, now_us
from leadline.keeper import Keeper
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, load_partners
from leadline.ports import PartnerCrm, RowResult
from leadline.routing.predicates import partners_matching
from leadline.runs import RunContext
from leadline.turns import Turn, sole_sender

logger = logging.getLogger(__name__)

Sleep = Callable[[float], None]
Pair = tuple[Open, Decision]

_SENT = {"create": "created", "update": "updated", "keep": "kept"}
"""Operation of a delivery that was sent -> what counts it."""


def push(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account: CrmAccount,
    crm: PartnerCrm,
    *,
    limits: PushLimits | None = None,
    sleep: Sleep = time.sleep,
) -> PushCounts:
    """Bring everything that waits for this account into its CRM, and return what came of it.

    Raises:
        LeadlineError: A whole call failed. What was known by then is stored; the rest waits.
    """
    turn = sole_sender(hub, f"push:{ctx.supplier}:{account.id}", sleep=sleep)
    with turn as still_ours, collector_slowed(), Keeper() as keeper:
        counts = _Push(hub, ctx, mapping, account, crm, limits or PushLimits(), keeper, still_ours).drain(
            sleep
        )
    logger.info(
        "pushed %s to %s: %d created, %d updated, %d kept, %d refused, %d waiting, %d activities",
        ctx.supplier,
        account.id,
        counts.created,
        counts.updated,
        counts.kept,
        counts.refused,
        counts.waiting,
        counts.activities,
    )
    return counts


class _Push:
    """One push of one account."""

    def __init__(
        self,
        hub: Hub,
        ctx: RunContext,
        mapping: SupplierMapping,
        account: CrmAccount,
        crm: PartnerCrm,
        limits: PushLimits,
        keeper: Keeper,
        still_ours: Turn,
    ) -> None:
        self._hub = hub
        self._ctx = ctx
        self._mapping = mapping
        self._account = account
        self._crm = crm
        self._limits = limits
        self._outbox = Outbox(hub, ctx, account)
        self._plans = Plans(hub, ctx, account.id)
        self._keeper = keeper
        self._still_ours = still_ours
        self._counts: Counter[str] = Counter()
        self._resting: set[Person] = set()  # whose new record is to be tried again

    def drain(self, sleep: Sleep) -> PushCounts:
        """Send until nothing is due, waiting a little for rows that may be tried again."""
        decider = self._decider()
        self._plans.begin_turn()
        self._resume(decider)
        self._resting = set(self._outbox.resting())
        patience = self._limits.patience_seconds
        while True:
            began = now_us()
            while self._send_due(decider):
                pass
            queue_events(self._hub, self._ctx, self._account)
            self._still_ours()
            sent, refused = send_activities(
                self._hub, self._ctx, self._mapping, self._account.id, self._crm, self._limits.retries
            )
            self._counts["activities"] += sent
            self._counts["activities_refused"] += refused
            due = self._outbox.next_due(began)
            rest = 0.0 if due is None else max(0.0, (due - now_us()) / 1_000_000) + 0.001
            if due is None or rest > patience:
                break
            patience -= rest
            sleep(rest)
            self._resting = set(self._outbox.resting())
        self._still_ours()
        self._plans.end_turn()
        return PushCounts(**self._counts, waiting=self._outbox.open_count())

    def _decider(self) -> Decider:
        with self._hub.reading() as connection:
            partners = load_partners(self._hub, connection, self._ctx.supplier)
        population = self._mapping.campaigns.population
        sharing = partners if population is None else partners_matching(population, partners, self._mapping)
        return Decider(
            self._mapping,
            self._account.type,
            self._crm,
            {one.id: one for one in partners},
            frozenset(one.id for one in sharing),
            self._outbox.ours,
            self._outbox.others,
        )

    def _send_due(self, decider: Decider) -> bool:
        """Send what is due, once through the queue; return whether there was anything."""
        after, some = 0, False
        while works := self._outbox.take(self._limits.chunk_rows, after=after, holding=bool(self._resting)):
            after, some = works[-1].queued_at, True
            self._send_chunk(decider, works)
        self._keeper.wait()
        return some

    def _resume(self, decider: Decider) -> None:
        """Finish what an earlier push had decided when it ended."""
        for plan in self._plans.unfinished():
            works = ids_of(self._outbox.take_these([one.delivery_id for one in plan.entries]))
            self._carry_out(decider, plan, works)
        self._keeper.wait()

    def _send_chunk(self, decider: Decider, works: Sequence[Open]) -> None:
        """Send a chunk in rounds: of several new records with one e-mail, the first goes alone, for the
        others are then updates of what it became."""
        self._store([withdrawn(one) for one in works if not one.entitled])
        works = [one for one in works if one.entitled]
        ready = [(one, Decision.from_json(one.decision)) for one in works if one.decision is not None]
        rest = [one for one in works if one.decision is None]
        while ready or rest:
            creating = {person_of(one, decision) for one, decision in ready if decision.operation == "create"}
            creating |= self._resting
            found = decider.find(rest) if rest else {}
            decided: list[Pair] = list(ready)
            ended: list[Outcome] = []
            later: list[tuple[Open, Person]] = []
            for one in rest:
                decision = decider.decide(one, found.get(one.delivery_id))
                if isinstance(decision, Outcome):
                    ended.append(decision)
                elif decision.operation == "keep":
                    ended.append(Outcome(one, decision, "sent", decision.record_id))
                elif decision.operation == "create":
                    person = person_of(one, decision)
                    if person in creating:
                        later.append((one, person))
                    else:
                        creating.add(person)
                        decided.append((one, decision))
                else:
                    decided.append((one, decision))
            self._store(ended)
            self._send(decider, decided)
            # Where the first is to be tried again, the others stay in the hub until it is.
            ready, rest = [], [one for one, person in later if person not in self._resting]

    def _send(self, decider: Decider, decided: Sequence[Pair]) -> None:
        """Save decisions, those of one operation and object together, and carry them out."""
        groups: dict[tuple[str, str], list[Pair]] = defaultdict(list)
        for work, decision in decided:
            groups[decision.operation, decision.object].append((work, decision))
        plans = [
            plan_of([Planned(work.delivery_id, work.assignment_id, decision) for work, decision in group])
            for group in groups.values()
        ]
        if plans:
            # By the same thread: what it still writes of the chunk before would only be waited for.
            self._keeper.do(lambda: self._plans.save_plans(plans))
            self._keeper.wait()
        works = ids_of(work for work, _ in decided)
        for plan in plans:
            self._carry_out(decider, plan, works)

    def _carry_out(self, decider: Decider, plan: Plan, works: Mapping[str, Open]) -> None:
        """Send a saved plan as a whole and store what came of those deliveries that are still open."""
        waiting = {
            one.delivery_id: (works[one.delivery_id], one.decision)
            for one in plan.entries
            if one.delivery_id in works
        }
        outcomes: list[Outcome] = []
        ended = False
        try:
            self._still_ours()
            for result in self._crm.write(plan.writes, self._plans) if waiting else ():
                if (pair := waiting.pop(result.key, None)) is None:
                    continue
                outcomes.append(outcome_of(decider, *pair, result, self._limits.retries))
                if len(outcomes) >= self._limits.store_rows:
                    self._store(outcomes)
                    outcomes = []
            for key, pair in waiting.items():
                silent = RowResult(key, ok=False, code="NO_RESULT", message="no result", retryable=True)
                outcomes.append(outcome_of(decider, *pair, silent, self._limits.retries))
            ended = True
        except (ConfigurationError, SchemaDrift):
            # What is decided cannot be written as things stand: decide it anew once that is mended. What
            # was written all the same is found then by its external id.
            outcomes += [Outcome(*pair, "waiting") for pair in waiting.values() if pair[0].decision]
            ended = True
            raise
        finally:
            self._store(outcomes, plan.key if ended else None)

    def _store(self, outcomes: Sequence[Outcome], finished_plan: str | None = None) -> None:
        if not outcomes and finished_plan is None:
            return
        self._keeper.do(lambda: self._outbox.store(outcomes, finished_plan))
        for one in outcomes:
            if one.state == "sent":
                self._counts[_SENT[one.decision.operation]] += 1
            elif one.state == "refused":
                self._counts["refused"] += 1
            if one.not_before and one.decision.operation == "create":
                self._resting.add(person_of(one.work, one.decision))
            elif self._resting:
                self._resting.discard(person_of(one.work, one.decision))
