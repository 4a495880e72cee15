"""What we wrote into a supplier's own fields (W11) comes back with the next pull, and is no news then."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.receipts.rows import fingerprint_of
from leadline.runs import RunContext


def expect_echoes(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    mapping: SupplierMapping,
    written: Mapping[str, Collection[str]],
) -> None:
    """Let the fingerprints of source records be those of what they hold now, in the caller's transaction.

    Known is what a record holds only where it is the one that its lead looks like; of others the next pull
    finds the partner's values in place, which changes nothing either.

    Args:
        written: Identity -> names of the lead fields that were written to it.
    """
    if not written:
        return
    hub.load(connection, "source_link", ("identity",), [(one,) for one in sorted(written)])
    links, leads = [], {}
    for row in hub.run(connection, "writeback_echoes", supplier=ctx.supplier).all():
        attributes = json.loads(row.attributes)
        for name, (_, source) in json.loads(row.partner_changes or "{}").items():
            if name not in written[row.identity] or not _is_read(mapping, name):
                attributes[name] = source  # what is read from the source knows nothing of this change
        fingerprint = fingerprint_of(attributes, mapping)
        links.append((row.identity, fingerprint))
        leads[row.lead_id] = fingerprint
    if not links:
        return
    hub.load(connection, "source_link", ("identity", "fingerprint"), links)
    hub.run(connection, "writeback_echo_link", supplier=ctx.supplier)
    hub.load(connection, "lead", ("lead_id", "fingerprint"), leads.items())
    hub.run(connection, "writeback_echo_lead", supplier=ctx.supplier)


def _is_read(mapping: SupplierMapping, name: str) -> bool:
    """Tell whether a partner's value goes into the very field that is read: it may go beside it."""
    target, field = mapping.write_back.fields.get(name), mapping.field(name)
    return target is not None and _last(target) == _last(field.source)


def _last(path: str) -> str:
    return path.rpartition(".")[2].casefold()
