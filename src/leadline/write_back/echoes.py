"""What we wrote into a supplier's own fields (W11) comes back with the next pull, and is no news then."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.hub.keys import FIELD
from leadline.mapping.model import SupplierMapping
from leadline.ports import text_of
from leadline.receipts.rows import fingerprint_of
from leadline.runs import RunContext

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def expect_echoes(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    mapping: SupplierMapping,
    written: Mapping[str, Mapping[str, str | None]],
) -> None:
    """Let the fingerprints of source records be those of what they hold now, in the caller's transaction.

    What a record was told is what it holds from now on: if the supplier changes it, even back to what it was
    before, that is news; and a later change of the partner's is compared with it.

    Known is what a record holds only where it is the one that its lead looks like; of others the next pull
    finds the partner's values in place, which changes nothing either.

    Args:
        written: Identity -> lead field -> the text that was written to it.
    """
    if not written:
        return
    hub.load(connection, "source_link", ("identity",), [(one,) for one in sorted(written)])
    links: list[tuple[str, str]] = []
    leads: dict[str, tuple[str, str | None]] = {}
    for row in hub.run(connection, "writeback_echoes", supplier=ctx.supplier).all():
        attributes, told = json.loads(row.attributes), written[row.identity]
        changes = json.loads(row.partner_changes or "{}")
        for name, (value, *sources) in changes.items():
            if name not in told or not is_read(mapping, name):
                attributes[name] = sources[0]  # what is read from the source knows nothing of this change
                continue
            # Of several records of a lead some may not have been told yet.
            kept = sources if row.others else []
            changes[name] = [value, *(one for one in kept if text_of(one) != told[name]), told[name]]
        fingerprint = leads[row.lead_id][0] if row.lead_id in leads else row.fingerprint
        if row.alike:
            fingerprint = fingerprint_of(attributes, mapping)
            links.append((row.identity, fingerprint))
        leads[row.lead_id] = (fingerprint, _encode(changes) if changes else None)
    if links:
        hub.load(connection, "source_link", ("identity", "fingerprint"), links)
        hub.run(connection, "writeback_echo_link", supplier=ctx.supplier)
    columns = ("lead_id", "fingerprint", "partner_changes")
    hub.load(connection, "lead", columns, [(lead_id, *both) for lead_id, both in leads.items()])
    hub.run(connection, "writeback_echo_lead", supplier=ctx.supplier)


def still_held(
    told: Mapping[str, str | None], partner_changes: str | None, mapping: SupplierMapping
) -> dict[str, str | None]:
    """Return what a record was told without what it holds no longer: the supplier changed it since, or its
    lead's partner did.

    Args:
        told: Name in a body -> text.
    """
    changes = json.loads(partner_changes or "{}")
    lost = {
        f"{FIELD}{name}"
        for name, (value, *sources) in changes.items()
        if is_read(mapping, name) and text_of(value) not in map(text_of, sources)
    }
    return {name: text for name, text in told.items() if name not in lost} if lost else dict(told)


def is_read(mapping: SupplierMapping, name: str) -> bool:
    """Tell whether a partner's value goes into the very field that is read: it may go beside it."""
    target, field = mapping.write_back.fields.get(name), mapping.field(name)
    return target is not None and _last(target) == _last(field.source)


def _last(path: str) -> str:
    return path.rpartition(".")[2].casefold()
