"""A run that went all the way: received, routed, pushed, ready to be settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from leadline import write_back as status
from leadline.delivery import queue_updates
from leadline.hub import keys
from leadline.hub.schema import crm_account, delivery, history, partner
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.ports import RowResult, StatusRow
from leadline.pulls import judge_pull
from leadline.routing import route_waiting
from leadline.runs import RunContext

RULES = [
    {
        "name": "country",
        "required": True,
        "any": [{"all": [{"lead": "country", "operator": "same_as_partner", "partner": "countries"}]}],
    }
]


class Records:
    """A supplier's records; the fourth takes no status."""

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Yield a result a row."""
        for row in rows:
            ok = row.record_id != "4"
            yield RowResult(row.identity, ok=ok, record_id=row.record_id, code=None if ok else "NO")


class Day:
    """A supplier's runs from record to CRM, on an `intake`; the CRM is left out, its results are not."""

    def __init__(self, intake: Any) -> None:
        self.intake = intake
        self.hub, self.mapping = intake.hub, intake.mapping

    def add_partners(self) -> None:
        """Two partners with a CRM that accept at once, one without that does not."""
        with self.hub.transaction("acme") as connection:
            for number, countries in enumerate((["DE"], ["FR"], ["ES"]), start=1):
                has_crm = number < 3
                one = Partner(
                    id=f"P{number}",
                    name=f"Partner {number}",
                    email=f"p{number}@partner.example",
                    attributes={"countries": countries},
                    auto_accept=has_crm,
                    crm=f"sf-p{number}" if has_crm else None,
                    field_updates="all",
                )
                if has_crm:
                    account = CrmAccount(id=f"sf-p{number}", type="salesforce", connection=f"sf_p{number}")
                    connection.execute(insert(crm_account).values(stored_account("acme", account, 1)))
                connection.execute(insert(partner).values(stored_partner("acme", one, 1)))

    def run(
        self,
        run_id: str,
        *records: Any,
        campaigns: tuple[Any, ...] = (),
        push: bool = True,
        write: bool = True,
    ) -> RunContext:
        """Take records through a whole run but its settling."""
        ctx = self.intake.start(run_id)
        for kind, items in (("campaigns", campaigns), ("leads", records)):
            for batch in self.intake.land(ctx, *items, kind=kind).batches:
                self.intake.receive(ctx, batch, queue_updates)
        judge_pull(self.hub, ctx, self.mapping)
        route_waiting(self.hub, ctx, self.mapping)
        if push:
            self.push(ctx)
        if write:
            self.write_back(ctx)
        return ctx

    def write_back(self, ctx: RunContext) -> None:
        """Write status into the supplier's records, which take it, but for the one that refuses."""
        status.queue(self.hub, ctx, self.mapping)
        status.write(self.hub, ctx, self.mapping, Records(), sleep=lambda _: None)

    def push(self, ctx: RunContext) -> None:
        """Store the results of pushes as delivery does: state and history in one commit."""
        with self.hub.transaction("acme") as connection:
            waiting = connection.execute(select(delivery).where(delivery.c.state == "waiting")).all()
            for one in waiting:
                connection.execute(
                    insert(history).values(
                        supplier="acme",
                        lead_id=one.lead_id,
                        event_id=keys.history_id(one.delivery_id, "pushed"),
                        at=one.queued_at + 1,
                        kind="pushed",
                        run_id=ctx.run_id,
                        task="push",
                        actor="airflow",
                    )
                )
            connection.execute(update(delivery).where(delivery.c.state == "waiting").values(state="sent"))


@pytest.fixture
def day(make_intake: Callable[..., Any]) -> Day:
    """Return a supplier with partners whose runs can be taken."""
    made = Day(make_intake(routing={"rules": RULES}, write_back={"distribution_status": "Status__c"}))
    made.add_partners()
    return made


@pytest.fixture
def records(record: Callable[..., Any]) -> list[Any]:
    """Return records of every outcome: two accepted at once, one pending, one unassigned, two refused."""
    return [
        record("1", country="DE"),
        record("2", country="FR"),
        record("3", country="ES"),
        record("4", country="XX"),
        record("5", email=None),
        record("6", email="out@example.com"),
    ]
