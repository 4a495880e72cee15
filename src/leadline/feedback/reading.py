"""Reading one CRM account back: its records, what became of them, what happened on them."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from leadline.chunks import chunks
from leadline.cursors import cursor, keep_reading, move_cursor, position_of
from leadline.delivery.crm_fields import VOCABULARIES
from leadline.feedback.applying import Applier, QueueFirst
from leadline.feedback.fields import FieldPairs
from leadline.feedback.gone import is_gone, keep_gone
from leadline.feedback.limits import FeedbackCounts, FeedbackLimits
from leadline.feedback.replies import by_crm
from leadline.feedback.statuses import sales_status
from leadline.feedback.world import read_world
from leadline.hub import Hub, now_us
from leadline.mapping.model import SupplierMapping
from leadline.partner_events import Place, keep_activities
from leadline.partners import CrmAccount, RecordAs, load_partners
from leadline.ports import CheckFinding, CrmActivity, CrmRecord, KnownRecord, PartnerCrm
from leadline.runs import RunContext
from leadline.turns import Turn, sole_sender

logger = logging.getLogger(__name__)

ROUNDS = 4  # a record may be merged, and its survivor converted: each is followed at once


def read_account(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account: CrmAccount,
    crm: PartnerCrm,
    *,
    since: datetime | None = None,
    believe_gone: bool = False,
    limits: FeedbackLimits | None = None,
    queue_first: QueueFirst | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> FeedbackCounts:
    """Read what a partner did with its leads since the last reading, and keep it; return counts.

    Records that were never read, or not since they became what they are, are read whole. Repeating it
    changes nothing; the cursors move only once all of it is kept.

    Args:
        since: Read further back, from here; a later moment than the last reading's changes nothing.
        believe_gone: A person says that records which are gone in numbers are really gone.
        queue_first: Told which assignments the CRM accepted, in the transaction that accepts them.

    Raises:
        ThresholdExceeded: Too many records are gone at once; all else was kept.
        LeadlineError: A whole call failed. What was kept by then stays, the rest is read again.
    """
    limits = limits or FeedbackLimits()
    with sole_sender(hub, f"feedback:{ctx.supplier}:{account.id}", sleep=sleep) as still_ours:
        reading = _Reading(hub, ctx, mapping, account, crm, limits, since, still_ours)
        counts = reading.read(believe_gone, queue_first)
    logger.info("%s: feedback of %s: %s", ctx.supplier, account.id, counts)
    return counts


def findings_of(hub: Hub, supplier: str, account_id: str) -> list[CheckFinding]:
    """Return what stands about an account's records for an operator to look at, each thing once."""
    with hub.reading() as connection:
        rows = hub.run(connection, "feedback_troubles", supplier=supplier, account_id=account_id).all()
    found = {}
    for row in rows:
        for code, detail, message, severity in json.loads(row.troubles):
            found[code, detail] = CheckFinding(code, detail, message, severity)
    return list(found.values())


class _Reading:
    def __init__(
        self,
        hub: Hub,
        ctx: RunContext,
        mapping: SupplierMapping,
        account: CrmAccount,
        crm: PartnerCrm,
        limits: FeedbackLimits,
        since: datetime | None,
        still_ours: Turn,
    ) -> None:
        self._hub, self._ctx, self._mapping, self._account = hub, ctx, mapping, account
        self._crm, self._limits, self._since = crm, limits, since
        self._still_ours = still_ours
        self._started_at = now_us()
        self._pairs: dict[str, FieldPairs] = {}
        self._stamps: list[str | None] = []
        self._gone: dict[str, CrmRecord] = {}

    def read(self, believe_gone: bool, queue_first: QueueFirst | None) -> FeedbackCounts:
        ctx = by_crm(self._ctx, self._account.id)
        with self._hub.reading() as connection:
            partners = {one.id: one for one in load_partners(self._hub, connection, self._ctx.supplier)}
        applier = Applier(self._hub, ctx, self._mapping, self._account, partners, self._pairs_of, queue_first)
        known = self._known()
        self._describe(known)
        fresh = {row.record_id for row in known if row.fresh} | self._now_mapped()
        asked = known
        for _ in range(ROUNDS):
            applier.followed = set()
            self._read_records(applier, asked, fresh)
            if not applier.followed:
                break
            asked = [row for row in self._known() if row.record_id in applier.followed and row.fresh]
            fresh |= {row.record_id for row in asked}
            if not asked:
                break
        counts: Counter[str] = applier.counts
        # All records of an account are many: they are listed anew only where something became of one.
        now_known = self._known() if counts["records"] else known
        counts["events"] += self._read_activities(ctx, now_known, fresh)
        self._still_ours()
        if self._gone:
            alive = sum(not row.gone for row in known)
            counts += keep_gone(
                self._hub, ctx, self._mapping, self._account, list(self._gone.values()), alive,
                self._limits, believed=believe_gone,
            )  # fmt: skip
        keep_reading(self._hub, self._ctx, self._account.id, counts["records"])
        self._advance("status", position_of(self._stamps, self._started_at))
        listed = len(findings_of(self._hub, self._ctx.supplier, self._account.id))
        return FeedbackCounts(**counts, listed=listed)

    def _known(self) -> Sequence[Row[Any]]:
        ended_after = self._started_at - _us(self._limits.recently_ended)
        values = {"supplier": self._ctx.supplier, "account_id": self._account.id}
        with self._hub.reading() as connection:
            return self._hub.run(connection, "feedback_known", **values, ended_after=ended_after).all()

    def _now_mapped(self) -> set[str]:
        """Return records whose status meant nothing when it was read, and does now."""
        values = {"supplier": self._ctx.supplier, "account_id": self._account.id}
        with self._hub.reading() as connection:
            rows = self._hub.run(connection, "feedback_unmapped", **values).all()
        return {row.record_id for row in rows if sales_status(self._account, row.status) is not None}

    def _describe(self, known: Sequence[Row[Any]]) -> None:
        """Ask for every description beforehand: never while a transaction waits."""
        vocabulary = VOCABULARIES.get(self._account.type)
        contact = {vocabulary.objects[RecordAs.CONTACT]} if vocabulary and known else set()
        for object_ in sorted({row.object for row in known} | contact):
            self._pairs_of(object_)

    def _pairs_of(self, object_: str) -> FieldPairs:
        if object_ not in self._pairs:
            present = self._crm.describe([object_]).get(object_, ())
            self._pairs[object_] = FieldPairs(self._mapping, self._account.type, object_, present)
        return self._pairs[object_]

    def _read_records(self, applier: Applier, known: Sequence[Row[Any]], fresh: set[str]) -> None:
        since = self._cursor("status")
        wanted = {row.record_id for row in known}
        for whole in (False, True):
            for object_ in sorted({row.object for row in known}):
                rows = [row for row in known if row.object == object_]
                rows = [row for row in rows if (row.record_id in fresh) == whole]
                for chunk in chunks(map(_known_record, rows), self._limits.ask_records):
                    fields = self._pairs_of(object_).names
                    records = self._crm.pull_records(chunk, fields, None if whole else since)
                    for page in chunks(self._there(records, wanted), self._limits.store_records):
                        self._still_ours()
                        applier.keep(page)

    def _there(self, records: Iterable[CrmRecord], wanted: set[str]) -> Iterator[CrmRecord]:
        """Yield records that are there; those that are gone are put aside until all are known."""
        for one in records:
            if one.record_id not in wanted:
                continue  # not ours, whatever a CRM answers
            if is_gone(one):
                self._gone[one.record_id] = one
                continue
            self._gone.pop(one.record_id, None)
            if not one.merged_into:
                self._stamps.append(one.stamp)
            yield one

    def _read_activities(self, ctx: RunContext, listed: Sequence[Row[Any]], fresh: set[str]) -> int:
        known = [row for row in listed if not row.gone]
        since = self._cursor("activities")
        stamps: list[str | None] = []
        new = 0
        for whole in (False, True):
            rows = [row for row in known if (row.record_id in fresh) == whole]
            for chunk in chunks(map(_known_record, rows), self._limits.ask_records):
                places = self._places(chunk)
                activities = self._crm.pull_activities(chunk, None if whole else since)
                for page in chunks(_noting(activities, stamps), self._limits.store_records):
                    new += keep_activities(self._hub, ctx, self._account.id, page, places)
        self._advance("activities", position_of(stamps, self._started_at))
        return new

    def _places(self, chunk: Sequence[KnownRecord]) -> Mapping[str, Sequence[Place]]:
        """Return the leads that are with the partner now, by record."""
        with self._hub.transaction() as connection:
            ids = (one.record_id for one in chunk)
            world = read_world(self._hub, connection, self._ctx, self._account.id, ids)
        return {
            record_id: [(one.lead.lead_id, None) for one in holders if one.active]
            for record_id, holders in world.holders.items()
        }

    def _cursor(self, feed: str) -> datetime | None:
        name = f"{feed}:{self._account.id}"
        return cursor(self._hub, self._ctx.supplier, name, self._limits.overlap, self._since)

    def _advance(self, feed: str, position_at: int | None) -> None:
        if position_at is not None:
            with self._hub.transaction(self._ctx.supplier) as connection:
                move_cursor(self._hub, connection, self._ctx, f"{feed}:{self._account.id}", position_at)


def _noting(activities: Iterable[CrmActivity], stamps: list[str | None]) -> Iterator[CrmActivity]:
    for one in activities:
        stamps.append(one.stamp)
        yield one


def _known_record(row: Row[Any]) -> KnownRecord:
    return KnownRecord(row.record_id, row.object, row.external_id, row.email, row.stamp)


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
