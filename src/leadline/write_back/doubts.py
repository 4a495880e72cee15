"""What a record may hold without our knowing: it was sent, and the answer was lost.

A value that is sent may be kept by the supplier's system though no answer says so. If the lead returns to
what its record was told before, that has to be told again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.hub.schema import lead

Body = Mapping[str, str | None]
_decode = msgspec.json.Decoder(dict[str, str | None]).decode


def doubts_of_loaded(hub: Hub, connection: Connection, supplier: str) -> dict[str, list[Body]]:
    """Return identity -> the bodies that it may hold, for the records of the leads in `load_lead`."""
    found: dict[str, list[Body]] = {}
    for row in hub.run(connection, "writeback_doubtful", supplier=supplier).all():
        found.setdefault(row.identity, []).append(_decode(row.body))
    return found


def take_up(
    hub: Hub, connection: Connection, supplier: str, rows: Iterable[tuple[str, int, str]]
) -> dict[str, list[Body]]:
    """Note that rows are about to be sent, and return identity -> the bodies that it may hold.

    Args:
        rows: (identity, sequence, lead id), in the transaction that took them.
    """
    taken = list(rows)
    hub.load(connection, "writeback", ("identity", "sequence"), [one[:2] for one in taken])
    hub.run(connection, "writeback_taken", supplier=supplier)
    hub.load_columns(
        connection, "load_lead", (lead.c.lead_id,), [(one,) for one in {lead_id for _, _, lead_id in taken}]
    )
    return doubts_of_loaded(hub, connection, supplier)


def surely_held(told: Body, doubts: Sequence[Body]) -> dict[str, str | None]:
    """Return what a record was told without what it may hold another value of."""
    return {name: text for name, text in told.items() if all(body.get(name, text) == text for body in doubts)}


def perhaps_held(told: Body, doubts: Sequence[Body]) -> dict[str, str | None]:
    """Return what a record was told, and all that it may have been told besides."""
    return {name: text for body in doubts for name, text in body.items()} | dict(told)
