"""Records that are no longer there: listed, or a rejection where the CRM type says so; never an outage.

A record that is merely not to be found must be missed by two readings, far enough apart. And too many gone at
once are taken for what they look like: an outage, or another database behind the same address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from leadline.errors import ThresholdExceeded
from leadline.feedback.limits import FeedbackLimits
from leadline.feedback.replies import DISTRIBUTING, reply
from leadline.feedback.world import Holder, Seen, World, read_world, write_world
from leadline.hub import Hub, now_us
from leadline.lifecycle import Move, SalesStatus
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount
from leadline.ports import CrmRecord, with_storable_texts
from leadline.runs import RunContext


def is_gone(record: CrmRecord) -> bool:
    """Tell whether a CRM says that a record is not there, or that its lead was turned down."""
    if record.merged_into:
        return False
    return record.deleted or record.missing or record.distribution == "rejected"


def keep_gone(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account: CrmAccount,
    records: Sequence[CrmRecord],
    known: int,
    limits: FeedbackLimits,
    *,
    believed: bool = False,
) -> Counter[str]:
    """Keep what is gone, all of it or none; return counts.

    Args:
        records: Of one reading, all that are gone, each `is_gone`.
        known: How many records of this account were asked for.
        believed: A person says that so many are really gone.

    Raises:
        ThresholdExceeded: So many are gone at once that it looks like an outage; nothing was kept.
    """
    counts: Counter[str] = Counter()
    with hub.transaction(ctx.supplier) as connection:
        at = now_us()
        world = read_world(hub, connection, ctx, account.id, (one.record_id for one in records))
        news = [one for one in records if _is_news(world, one)]
        most = max(limits.gone_minimum, int(limits.gone_share * known))
        if len(news) > most and not believed:
            raise ThresholdExceeded(
                f"account {account.id}: {len(news)} of {known} records are gone at once (at most {most} are "
                "believed); nothing was taken from this. If they are really gone, start the feedback "
                "run with 'believe deletions'; else look at the CRM and its connection"
            )
        for record in map(with_storable_texts, records):
            seen = world.seen.get(record.record_id)
            if seen is None:
                continue
            seen.stamp = record.stamp or seen.stamp
            if record.missing and not record.deleted and not _missed_long_enough(seen, at, limits):
                seen.missing_since = seen.missing_since or at
                world.kept[seen.record_id] = seen
                continue
            seen.troubles = []
            if record.deleted or record.missing:
                _note(world, seen, record, account, at, counts)
            if record.distribution == "rejected" or _rejects(account, record, seen):
                for holder in world.holders.get(seen.record_id, ()):
                    made, trouble = reply(connection, ctx, mapping, holder, "rejected", record.reason)
                    if trouble is not None:
                        seen.troubles.append(trouble)
                    if made is not None and made.move is Move.MADE:
                        counts["rejected"] += 1
                        _give_up(world, seen, holder)
                seen.distribution = "rejected"
            world.kept[seen.record_id] = seen
        write_world(hub, connection, ctx, account.id, world, at)
    counts["records"] += len(records)
    return counts


def _give_up(world: World, seen: Seen, holder: Holder) -> None:
    """Note that whoever deleted a lead does not sell to it."""
    lead = holder.lead
    if lead.sales_status == SalesStatus.UNQUALIFIED:
        return
    after = {"sales_status": SalesStatus.UNQUALIFIED, "record": seen.record_id, "partner": holder.partner_id}
    world.tell(seen, holder, "sales_status", {"sales_status": lead.sales_status}, after)
    lead.sales_status, lead.changed = SalesStatus.UNQUALIFIED, True


def _is_news(world: World, record: CrmRecord) -> bool:
    seen = world.seen.get(record.record_id)
    if seen is None or seen.gone_at is not None:
        return False
    return not (record.distribution == "rejected" and seen.distribution == "rejected")


def _missed_long_enough(seen: Seen, at: int, limits: FeedbackLimits) -> bool:
    if seen.gone_at is not None:
        return True
    wait = int(limits.missing_after.total_seconds() * 1_000_000)
    return seen.missing_since is not None and at - seen.missing_since >= wait


def _rejects(account: CrmAccount, record: CrmRecord, seen: Seen) -> bool:
    """Tell whether a record that is gone was rejected by that: an accepted lead's record may well go."""
    return account.type in DISTRIBUTING and record.distribution is None and seen.distribution != "accepted"


def _note(
    world: World, seen: Seen, record: CrmRecord, account: CrmAccount, at: int, counts: Counter[str]
) -> None:
    if not _rejects(account, record, seen) and record.distribution != "rejected":
        what = "deleted" if record.deleted else "no longer to be found"
        message = (
            f"record {seen.record_id} is {what} in the CRM of account {account.id}: "
            "its lead stays with the partner; assign it anew if somebody else shall have it"
        )
        seen.troubles.append(("record_gone", seen.record_id, message, "warning"))
    if seen.gone_at is not None:
        return
    seen.gone_at = at
    counts["gone"] += 1
    for holder in world.holders.get(seen.record_id, ()):
        after = {"record": seen.record_id, "missing": record.missing and not record.deleted}
        world.tell(seen, holder, "crm_deleted", None, after)
