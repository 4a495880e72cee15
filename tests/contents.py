"""All that a hub holds, to be compared before and after."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from leadline.hub import Hub
from leadline.hub.schema import metadata


def contents(hub: Hub, *but: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row by table, sorted, but for some tables; not how often a supplier's lock was held."""
    with hub.reading() as connection:
        return {
            name: sorted(
                (
                    tuple(row)
                    for row in connection.execute(select(*(one for one in table.c if one.name != "revision")))
                ),
                key=repr,
            )
            for name, table in metadata.tables.items()
            if name not in but
        }
