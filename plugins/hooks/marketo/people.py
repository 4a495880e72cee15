"""Leads by id: the fields that a mapping names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import BATCH_ROWS, Json
from hooks.shapes import understood


def read_leads(
    client: MarketoClient,
    ids: Iterable[str],
    fields: Sequence[str],
    keep: Callable[[bytes], None] = lambda _: None,
) -> dict[str, Json]:
    """Return the leads that are there, by id; 300 cost one call, missing ones another.

    Whoever is missing counts as deleted, so that a page which left somebody out is not believed at once.

    https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
    """
    found: dict[str, Json] = {}
    wanted = list(dict.fromkeys(ids))
    _read_into(found, client, wanted, fields, keep)
    if missing := [lead for lead in wanted if lead not in found]:
        _read_into(found, client, missing, fields, keep)
    return found


def _read_into(
    found: dict[str, Json],
    client: MarketoClient,
    ids: Sequence[str],
    fields: Sequence[str],
    keep: Callable[[bytes], None],
) -> None:
    for part in parts(ids, BATCH_ROWS):
        names = ",".join(dict.fromkeys(["id", *fields]))
        params = [("filterType", "id"), ("filterValues", ",".join(part)), ("fields", names)]
        for page in client.pages("/rest/v1/leads.json", [*params, ("batchSize", str(BATCH_ROWS))]):
            keep(page.raw)
            with understood("GET /rest/v1/leads.json"):
                # An answer about somebody who was not asked for is no answer.
                found |= {str(row["id"]): row for row in page.rows if str(row["id"]) in part}


def parts(items: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield the items in parts."""
    for first in range(0, len(items), size):
        yield list(items[first : first + size])
