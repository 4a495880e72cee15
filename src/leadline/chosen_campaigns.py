"""Campaigns that a person chose for a run: does anybody know them, if the run found nothing of theirs?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Column, Connection, Table, select

from leadline.errors import FormRefused
from leadline.hub import Hub
from leadline.hub.schema import campaign, lead
from leadline.ports import RecordPage, SupplierSystem, Window

_SHOWN = 20


def keep_chosen(
    hub: Hub, supplier: str, system: SupplierSystem, window: Window, pages: Iterable[RecordPage]
) -> Iterator[RecordPage]:
    """Yield pages of leads with the records of the window's campaigns only; at the end, know each of these.

    A campaign is known if one of the records came with it, if the hub has it or leads of it, or if the source
    has it. The source is asked last, and only about what nobody else knows: a new campaign without a lead.

    Args:
        supplier: The supplier key.
        window: Names at least one campaign.

    Raises:
        FormRefused: Nobody knows some of them; the message names those, and campaigns there are.
            Nothing of the pull is taken then.
    """
    wanted = frozenset(window.campaigns)
    seen: set[str] = set()
    for page in pages:
        records = [one for one in page.records if one.campaign_key in wanted]
        seen |= {one.campaign_key for one in records if one.campaign_key}
        yield replace(page, records=records)
    unknown = wanted - seen
    if unknown:
        with hub.reading() as connection:
            for table in (campaign, lead):
                unknown -= _held(connection, table, table.c.campaign_key, supplier, unknown)
    if unknown:
        there = _at_the_source(system, window)
        unknown -= there
        if unknown:
            raise FormRefused(_refusal(hub, supplier, unknown, there))


def _held(
    connection: Connection, table: Table, key: Column[str], supplier: str, wanted: Collection[str]
) -> set[str]:
    query = select(key).where(table.c.supplier == supplier, key.in_(sorted(wanted))).distinct()
    return set(connection.execute(query).scalars())


def _at_the_source(system: SupplierSystem, window: Window) -> set[str]:
    everything = replace(window, start=None, campaigns=())
    return {
        one.record_id
        for item in system.pull("campaigns", everything)
        if isinstance(item, RecordPage)
        for one in item.records
        if not one.deleted
    }


def _refusal(hub: Hub, supplier: str, unknown: Collection[str], there: Collection[str]) -> str:
    with hub.reading() as connection:
        query = select(campaign.c.campaign_key, campaign.c.name).where(campaign.c.supplier == supplier)
        names = {row.campaign_key: row.name for row in connection.execute(query)}
    known = sorted({*there, *names})
    shown = [f"{key} ({names[key]})" if names.get(key) else key for key in known[:_SHOWN]]
    if len(known) > _SHOWN:
        shown.append(f"{len(known) - _SHOWN} more")
    what = "campaign" if len(unknown) == 1 else "campaigns"
    return (
        f"{supplier}: neither the hub nor the source knows the {what} {', '.join(sorted(unknown))}, and no "
        f"lead came with it; nothing was taken. There are: {', '.join(shown) or 'none'}"
    )
