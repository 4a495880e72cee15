"""Decisions, saved before they are sent: one compressed row for all writes of one kind in a chunk.

A row of its own for every decision would cost as much as all the rest of a push. Once the results of all its
writes are stored a plan is emptied, so that what was sent is not kept twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import pyarrow as pa

from leadline.delivery.decision import Decision
from leadline.hub import Hub, now_us
from leadline.hub.keys import digest
from leadline.ports import RecordWrite
from leadline.runs import RunContext

TURN = "turn"
"""The job key of a push at work. Who changes a lead meanwhile cannot know whether it was read already."""


class Planned(msgspec.Struct, frozen=True, array_like=True):
    """One decided delivery."""

    delivery_id: str
    assignment_id: str
    decision: Decision


@dataclass(frozen=True)
class Plan:
    """Writes of one operation into one object, which go together, now and in every retry."""

    key: str
    entries: Sequence[Planned]

    @property
    def writes(self) -> list[RecordWrite]:
        """Return them as an adapter sends them."""
        return [one.decision.write(one.delivery_id, one.assignment_id) for one in self.entries]

    def to_bytes(self) -> bytes:
        """Return it as the hub keeps it."""
        return bytes(_CODEC.compress(_encode(self.entries), asbytes=True))

    @classmethod
    def from_bytes(cls, key: str, body: bytes) -> Plan:
        """Return what the hub kept."""
        return cls(key, _decode(pa.input_stream(pa.BufferReader(body), compression=_CODEC.name).read()))


_CODEC = pa.Codec("zstd", 1)  # a third of the CPU of zlib's fastest, and smaller
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Planned]).decode


def plan_of(entries: Sequence[Planned]) -> Plan:
    """Return a plan of decisions that have one operation and object."""
    return Plan(digest(*(one.delivery_id for one in entries)), entries)


class Plans:
    """The plans and bulk jobs of one account; a `ports.JobLedger` too."""

    def __init__(self, hub: Hub, ctx: RunContext, account_id: str) -> None:
        self._hub = hub
        self._ids = {"supplier": ctx.supplier, "account_id": account_id}

    def begin_turn(self) -> None:
        """Say that a push of this account is at work, before it reads anything."""
        with self._hub.transaction(self._ids["supplier"]) as connection:
            self._hub.run(connection, "crm_record_turn", **self._ids, job_key=TURN, at=now_us())

    def end_turn(self) -> None:
        """Say that it has ended; a push that dies leaves that to the next one."""
        with self._hub.transaction() as connection:
            self._hub.run(connection, "crm_record_job_finish", **self._ids, job_key=TURN)

    def unfinished(self) -> list[Plan]:
        """Return what an earlier push decided and did not finish, oldest first."""
        with self._hub.reading() as connection:
            rows = self._hub.run(connection, "crm_record_plans", **self._ids).all()
        return [Plan.from_bytes(row.job_key, bytes(row.plan)) for row in rows]

    def save_plans(self, plans: Iterable[Plan]) -> None:
        """Keep plans, committed, before anything of them is sent."""
        with self._hub.transaction() as connection:
            for plan in plans:
                first = plan.entries[0].decision
                self._hub.run(
                    connection,
                    "crm_record_plan",
                    **self._ids,
                    job_key=plan.key,
                    operation=first.operation,
                    object=first.object,
                    rows=len(plan.entries),
                    plan=plan.to_bytes(),
                    at=now_us(),
                )

    def job_for(self, keys: Sequence[str]) -> str | None:
        """Return the saved job that carries exactly these deliveries."""
        with self._hub.reading() as connection:
            row = self._hub.run(
                connection, "crm_record_job_of", **self._ids, job_key=digest(*keys)
            ).one_or_none()
        return None if row is None else row.job_id

    def save(self, keys: Sequence[str], job_id: str, operation: str, object_: str) -> None:
        """Keep the job's id, committed, before anything is uploaded."""
        with self._hub.transaction() as connection:
            self._hub.run(
                connection,
                "crm_record_job",
                **self._ids,
                job_key=digest(*keys),
                job_id=job_id,
                operation=operation,
                object=object_,
                rows=len(keys),
                at=now_us(),
            )

    def finish(self, job_id: str) -> None:
        """Say that a job's results were read; a plan that is one job ends when they are stored."""
        with self._hub.transaction() as connection:
            self._hub.run(connection, "crm_record_job_read", **self._ids, job_id=job_id)
