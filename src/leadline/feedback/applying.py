"""Keeping what a CRM told of its records: one page, one transaction, compared with what was seen last."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from leadline.delivery.crm_fields import VOCABULARIES
from leadline.feedback.changes import Past, changes_of, is_suspect, past_of, still_refused, texts_of
from leadline.feedback.fields import FieldPairs
from leadline.feedback.following import follow
from leadline.feedback.replies import reply
from leadline.feedback.reps import assign_rep, owner_seen
from leadline.feedback.statuses import folded, sales_status
from leadline.feedback.world import Holder, Seen, Trouble, World, read_world, write_world
from leadline.hub import Hub, now_us
from leadline.lifecycle import Move, SalesStatus
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, RecordAs
from leadline.ports import CrmRecord, with_storable_texts
from leadline.runs import RunContext

QueueFirst = Callable[[Hub, Connection, RunContext, Iterable[str]], int]
"""Who hears of assignments that a CRM accepted: `delivery.queue_first`."""


class Applier:
    """Keeps what one account's CRM tells; `ctx` names the CRM as the actor."""

    def __init__(
        self,
        hub: Hub,
        ctx: RunContext,
        mapping: SupplierMapping,
        account: CrmAccount,
        partners: Mapping[str, Partner],
        pairs_of: Callable[[str], FieldPairs],
        queue_first: QueueFirst | None,
    ) -> None:
        self._hub, self._ctx, self._mapping, self._account = hub, ctx, mapping, account
        self._partners, self._pairs_of, self._queue_first = partners, pairs_of, queue_first
        vocabulary = VOCABULARIES.get(account.type)
        self._contact = vocabulary.objects[RecordAs.CONTACT] if vocabulary else None
        self.counts: Counter[str] = Counter()
        self.followed: set[str] = set()  # what records became: to be read in this same run

    def keep(self, records: Sequence[CrmRecord]) -> None:
        """Keep records that are there, merged ones and converted ones among them."""
        if not records:
            return
        records = [with_storable_texts(one) for one in records]
        targets = [one.merged_into or one.converted_to for one in records]
        with self._hub.transaction(self._ctx.supplier) as connection:
            ids = [*(one.record_id for one in records), *(one for one in targets if one)]
            world = read_world(self._hub, connection, self._ctx, self._account.id, ids)
            self._learn(world, records)
            past = self._past(connection, world, records)
            accepted: list[str] = []
            for record in records:
                seen = world.seen.get(record.record_id)
                if seen is not None and record.record_id not in world.forgotten:
                    self._keep(connection, world, seen, record, past, accepted)
            write_world(self._hub, connection, self._ctx, self._account.id, world, now_us())
            if accepted and self._queue_first is not None:
                self._queue_first(self._hub, connection, self._ctx, accepted)
        self.counts["records"] += len(records)

    def _learn(self, world: World, records: Sequence[CrmRecord]) -> None:
        """Read the texts of all records at once, by object; see `FieldPairs.learn`."""
        texts: dict[str, list[Any]] = defaultdict(list)
        for record in records:
            seen, holders = world.seen.get(record.record_id), world.holders.get(record.record_id, [])
            if seen is not None and holders and not record.merged_into:
                texts[seen.object] += texts_of(self._pairs_of(seen.object), seen, holders, record.values)
        for object_, of_records in texts.items():
            self._pairs_of(object_).learn(of_records)

    def _past(self, connection: Connection, world: World, records: Sequence[CrmRecord]) -> Past:
        """Return what leads held before, of those whose record differs from what is expected."""
        asked: set[str] = set()
        for record in records:
            seen, holders = world.seen.get(record.record_id), world.holders.get(record.record_id, [])
            if seen is None or not holders or record.merged_into:
                continue
            if is_suspect(self._pairs_of(seen.object), seen, holders, record.values):
                asked.update(one.lead.lead_id for one in holders)
        if not asked:
            return Past()
        self._hub.load(connection, "lead", ("lead_id",), [(one,) for one in sorted(asked)])
        ours = {"supplier": self._ctx.supplier, "account_id": self._account.id}
        rows = self._hub.run(connection, "feedback_own_values", **ours).all()
        return past_of(sorted(rows, key=lambda row: row.at), self._account.id)

    def _keep(
        self,
        connection: Connection,
        world: World,
        seen: Seen,
        record: CrmRecord,
        past: Past,
        accepted: list[str],
    ) -> None:
        holders = world.holders.get(record.record_id, [])
        if not record.merged_into:
            self._returned(world, seen, holders)
            listed, seen.troubles = seen.troubles, []
            self._reply(connection, seen, holders, record, accepted)
            self._status(world, seen, holders, record)
            self._owner(world, seen, holders, record)
            self._fields(world, seen, holders, record, past, listed)
            seen.stamp, seen.reread = record.stamp, False
            world.kept[seen.record_id] = seen
        elif world.seen.get(record.merged_into) is not None and record.status is not None:
            # Where the survivor stands is no news of it, so its next reading would not tell these leads.
            self._status(world, seen, holders, record)
            self._owner(world, seen, holders, record)
        if follow(world, seen, record, self._contact, self._pairs_of):
            self.counts["moved"] += 1
            self.followed.add(record.merged_into or record.converted_to or "")

    def _returned(self, world: World, seen: Seen, holders: Sequence[Holder]) -> None:
        seen.missing_since = None
        if seen.gone_at is not None:
            seen.gone_at = None
            for holder in holders:
                world.tell(seen, holder, "crm_restored", None, {"record": seen.record_id})

    def _reply(
        self,
        connection: Connection,
        seen: Seen,
        holders: Sequence[Holder],
        record: CrmRecord,
        accepted: list[str],
    ) -> None:
        if record.distribution is None:
            return
        for holder in holders:
            made, trouble = reply(
                connection, self._ctx, self._mapping, holder, record.distribution, record.reason
            )
            if trouble is not None:
                seen.troubles.append(trouble)
            if made is not None and made.move is Move.MADE:
                self.counts[record.distribution] += 1
                if record.distribution == "accepted":
                    accepted.append(holder.assignment_id)
        seen.distribution = record.distribution

    def _status(self, world: World, seen: Seen, holders: Sequence[Holder], record: CrmRecord) -> None:
        word, meaning = record.status, sales_status(self._account, record.status)
        has_word = bool(word and folded(word))
        if has_word and meaning is None:
            message = (
                f"the status '{word}' means nothing to us, so it changes nothing; "
                f"map it in the status mapping of account {self._account.id}"
            )
            seen.troubles.append(("status_unmapped", str(word), message, "warning"))
        # A status that was read before its word was mapped is news once it is.
        news = word != seen.status or (seen.unmapped and meaning is not None)
        if not seen.known and meaning is SalesStatus.OPEN:
            news = False  # what every new record says; a partner may be further by another way
        if news and meaning is not None:
            self._set_status(world, seen, holders, meaning, {"word": word})
        seen.status, seen.unmapped = word, has_word and meaning is None
        if record.converted_to and record.opportunity_id:
            self._set_status(
                world, seen, holders, SalesStatus.QUALIFIED, {"opportunity": record.opportunity_id}
            )

    def _set_status(
        self,
        world: World,
        seen: Seen,
        holders: Sequence[Holder],
        status: SalesStatus,
        cause: dict[str, Any],
    ) -> None:
        for holder in holders:
            lead = holder.lead
            if not holder.active or lead.sales_status == status:
                continue
            after = {"sales_status": status, "record": seen.record_id, "partner": holder.partner_id} | cause
            world.tell(seen, holder, "sales_status", {"sales_status": lead.sales_status}, after)
            lead.sales_status, lead.changed = status, True
            self.counts["statuses"] += 1

    def _owner(self, world: World, seen: Seen, holders: Sequence[Holder], record: CrmRecord) -> None:
        if record.owner is None:
            return
        for holder in holders:
            if not holder.active:
                continue
            partner = self._partners.get(holder.partner_id)
            exceptions = self._mapping.role_address_exceptions
            before = assign_rep(seen, holder, record.owner, partner, exceptions)
            if before is not None:
                after = {"name": holder.rep_name, "email": holder.rep_email}
                world.tell(seen, holder, "rep_assigned", before, after)
                self.counts["reps"] += 1
        seen.owner = owner_seen(record.owner)

    def _fields(
        self,
        world: World,
        seen: Seen,
        holders: Sequence[Holder],
        record: CrmRecord,
        past: Past,
        listed: Sequence[Trouble],
    ) -> None:
        pairs = self._pairs_of(seen.object)
        if holders:
            changes, troubles = changes_of(pairs, seen, holders, record.values, past)
            seen.troubles += troubles + [
                one for one in listed if still_refused(one, pairs, seen, record.values)
            ]
            for holder in holders:
                if holder.active and changes:
                    before: dict[str, Any] = {}
                    after: dict[str, Any] = {}
                    for one in changes:
                        old = _set_field(holder, one.of.name, one.value)
                        if old != one.value:
                            before[one.of.name], after[one.of.name] = old, one.value
                    if after:
                        world.tell(seen, holder, "crm_updated", before, after)
                        self.counts["fields"] += 1
        seen.fields = seen.fields | {crm: record.values[crm] for crm in pairs.by_crm if crm in record.values}
        # What is no pair (any more) need not be remembered.
        seen.fields = {crm: text for crm, text in seen.fields.items() if crm in pairs.by_crm}


def _set_field(holder: Holder, name: str, value: Any) -> Any:
    """Give a lead the partner's value, remembering what the source holds; return what it had."""
    lead = holder.lead
    old = lead.attributes.get(name)
    known = lead.partner_changes.get(name)
    lead.partner_changes[name] = [value, *(known[1:] if known else [old])]
    if value is None:
        lead.attributes.pop(name, None)
    else:
        lead.attributes[name] = value
        if name == "email":
            lead.email = value
    lead.changed = True
    return old
