"""Receiving campaigns: received, quarantined and counted like leads, kept by their key (S6)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection

from leadline.conditions import holds
from leadline.hub import Hub, now_us
from leadline.hub.schema import receipt
from leadline.manifests import Batch
from leadline.mapping.model import SupplierMapping
from leadline.matching import Fields
from leadline.receipts.json_columns import json_objects
from leadline.receipts.ledger import (
    Counts,
    check_is_whole,
    close_batch,
    earlier_counts,
    refused_receipts,
    replayed_row,
)
from leadline.receipts.outcomes import FILTERED, KNOWN, NEW, UPDATED
from leadline.receipts.rows import fingerprints
from leadline.runs import RunContext

if TYPE_CHECKING:  # the package loads Great Expectations, which takes seconds
    from leadline.checks.values import CheckedBatch

logger = logging.getLogger(__name__)

_RECEIPT: tuple[Column[Any], ...] = tuple(
    receipt.c[name] for name in ("row", "line", "identity", "outcome", "lead_id", "reasons", "replay_of_row")
)


def receive_campaigns(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, batch: Batch, checked: CheckedBatch
) -> Counts:
    """Give each row of a batch of campaigns its one receipt, and keep what the campaigns are now; once.

    A campaign that is sent again unchanged is known; one whose sharing changed with the mapping is shared
    anew without being news. One that its source deleted is kept, and no longer shared.

    Raises:
        BooksDoNotBalance: The verdict does not name each row once; nothing is taken.
        UnknownRun: The batch was not landed.
    """
    check_is_whole(batch, checked)
    rows = list(_rows(checked, mapping))
    with hub.transaction(ctx.supplier) as connection:
        earlier = earlier_counts(hub, connection, ctx, batch)
        if earlier is not None:
            return earlier
        before = _fingerprints_of(hub, connection, ctx, rows)
        overtaken = _overtaken(hub, connection, ctx, batch)
        kept: dict[str, dict[str, Any]] = {}
        receipts: list[tuple[Any, ...]] = []
        for row in rows:
            # What a dead run left behind may be received after what came later.
            outcome = KNOWN if row["identity"] in overtaken else _outcome(row, before)
            receipts.append((row["row"], row["line"], row["identity"], outcome, None, None))
            if outcome != FILTERED and row["identity"] not in overtaken:
                before[row["key"]] = row["fingerprint"]
                kept[row["key"]] = row
        receipts += refused_receipts(checked)
        _write_receipts(hub, connection, ctx, batch, receipts)
        _keep(hub, connection, ctx, kept)
        counts = close_batch(hub, connection, ctx, batch)
    logger.info("%s: batch %s of campaigns received: %s", ctx.supplier, batch.batch_id, counts)
    return counts


def is_shared(mapping: SupplierMapping, values: Mapping[str, Any]) -> bool:
    """Return whether a campaign with these values reaches partners; with which ones is for routing."""
    share = mapping.campaigns.share
    if mapping.campaigns.share_all:
        return True
    return share is not None and holds(share, Fields.of(mapping), campaign=values)


def _rows(checked: CheckedBatch, mapping: SupplierMapping) -> Iterator[dict[str, Any]]:
    accepted = checked.accepted
    names = [field.name for field in mapping.campaigns.fields]
    bodies = json_objects(accepted, names).to_pylist()
    columns = {name: accepted[name].to_pylist() for name in ("row", "line", "identity", "campaign_key")}
    gone = accepted["deleted"].to_pylist() if "deleted" in accepted.column_names else [False] * len(bodies)
    for row, line, identity, key, deleted, body, fingerprint in zip(
        *columns.values(), gone, bodies, fingerprints(bodies), strict=True
    ):
        values = json.loads(body)
        yield {
            "row": row,
            "line": line,
            "identity": identity,
            "key": key,
            "deleted": bool(deleted),
            "name": values.get("name"),
            "attributes": body,
            # A deletion is news, whatever the values say.
            "fingerprint": "0" * 32 if deleted else fingerprint,
            "shared": not deleted and is_shared(mapping, values),
        }


def _outcome(row: Mapping[str, Any], before: Mapping[str, str]) -> str:
    known = before.get(row["key"])
    if known is None:
        return FILTERED if row["deleted"] else NEW
    return KNOWN if known == row["fingerprint"] else UPDATED


def _fingerprints_of(
    hub: Hub, connection: Connection, ctx: RunContext, rows: list[dict[str, Any]]
) -> dict[str, str]:
    hub.load(connection, "campaign", ["campaign_key"], ((row["key"],) for row in rows))
    found = hub.run(connection, "campaign_fingerprint", supplier=ctx.supplier)
    return {row.campaign_key: row.fingerprint for row in found}


def _overtaken(hub: Hub, connection: Connection, ctx: RunContext, batch: Batch) -> frozenset[str]:
    """Return the identities of which a later pull knows more; what a person replays is never overtaken."""
    if batch.replay_of is not None:
        return frozenset()
    found = hub.run(connection, "campaign_overtaken", supplier=ctx.supplier, run_id=ctx.run_id)
    return frozenset(one for (one,) in found)


def _write_receipts(
    hub: Hub, connection: Connection, ctx: RunContext, batch: Batch, receipts: list[tuple[Any, ...]]
) -> None:
    rows = ((*one, replayed_row(batch, one[0])) for one in receipts)
    hub.load_columns(connection, "load_incoming", _RECEIPT, rows)
    hub.run(
        connection,
        "receipt_write",
        supplier=ctx.supplier,
        batch_id=batch.batch_id,
        run_id=ctx.run_id,
        replay_of=batch.replay_of,
    )


def _keep(hub: Hub, connection: Connection, ctx: RunContext, kept: Mapping[str, Mapping[str, Any]]) -> None:
    columns = ["campaign_key", "name", "attributes", "fingerprint", "shared"]
    rows = (
        (key, row["name"], row["attributes"], row["fingerprint"], row["shared"])
        for key, row in sorted(kept.items())
    )
    hub.load(connection, "campaign", columns, rows)
    hub.run(connection, "campaign_keep", supplier=ctx.supplier, run_id=ctx.run_id, now=now_us())
