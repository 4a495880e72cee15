"""Rows by id, whatever their number, with merges followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hooks.dynamics.client import ALL_ANNOTATIONS, DynamicsClient
from hooks.dynamics.messages import GUID, Json
from hooks.dynamics.tables import Table

FILTER_IDS = 150
"""Ids in one `$filter`: Dataverse takes 500 conditions and a URL of 32,768 characters."""
MERGES_FOLLOWED = 5


def chunks(values: Iterable[str], size: int = FILTER_IDS) -> Iterator[list[str]]:
    """Yield distinct values in lists, order kept."""
    distinct = list(dict.fromkeys(values))
    for first in range(0, len(distinct), size):
        yield distinct[first : first + size]


def any_of(name: str, values: Sequence[str]) -> str:
    """Return a condition on ids: guids stand in a filter as they are."""
    return "(" + " or ".join(f"{name} eq {value}" for value in values) + ")"


def by_id(
    client: DynamicsClient, table: Table, ids: Iterable[str], select: Sequence[str], **more: str
) -> dict[str, Json]:
    """Return the rows that are there, by id in lower case; text that is no guid is nobody's id."""
    found: dict[str, Json] = {}
    for chunk in chunks(one.lower() for one in ids if GUID.fullmatch(one)):
        params = {"$select": ",".join(select), "$filter": any_of(table.id_column, chunk)} | more
        for row in client.rows(table.set_name, params, annotations=ALL_ANNOTATIONS):
            found[str(row[table.id_column]).lower()] = row
    return found


def following_merges(
    client: DynamicsClient, table: Table, rows: Mapping[str, Json], select: Sequence[str]
) -> dict[str, Json]:
    """Return, by the ids asked for, the rows that survived; `select` has `merged` and `_masterid_value`."""
    ends = dict(rows)
    for _ in range(MERGES_FOLLOWED):
        masters = {
            one: str(row["_masterid_value"]).lower()
            for one, row in ends.items()
            if row.get("merged") and row.get("_masterid_value")
        }
        if not masters:
            break
        survivors = by_id(client, table, masters.values(), select)
        moved = {one: survivors[master] for one, master in masters.items() if master in survivors}
        if not moved:
            break
        ends |= moved
    return ends
