"""Rows into objects that have keys of their own: custom objects, opportunities, roles.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-objects
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from hooks.marketo.answers import Fault, place_of, row_fault
from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import Json, batches

Action = Literal["createOrUpdate", "updateOnly"]
By = Literal["dedupeFields", "idField"]
Outcome = tuple[str, Fault | None, Json]
"""The key of a row, why it was refused (None: it was not), and its result."""


def custom_path(name: str) -> str:
    """Return the address of a custom object's rows."""
    return f"/rest/v1/customobjects/{name}.json"


def write_rows(
    client: MarketoClient, path: str, rows: Mapping[str, Json], action: Action, by: By
) -> Iterator[Outcome]:
    """Yield one outcome per row, by its key; each result says by its `seq` which row it is about.

    Sending the same rows twice changes nothing: their keys find what is there.
    """
    keys = {id(row): key for key, row in rows.items()}
    for batch in batches(list(rows.values())):
        body = {"action": action, "dedupeBy": by, "input": batch}
        results = client.post(path, body, repeat="always").rows
        told: dict[str, Json] = {}
        for place, result in enumerate(results):
            number = place_of(result, len(batch))
            if number is None and "seq" not in result and len(results) == len(batch):
                number = place
            if number is not None:
                told[keys[id(batch[number])]] = result
        for row in batch:
            key = keys[id(row)]
            result = told.get(key, {})
            missing = Fault("713", "the answer holds no result of this row") if not result else None
            yield key, missing or row_fault(result), result


def find_rows(
    client: MarketoClient, path: str, field: str, values: Sequence[str], fields: Sequence[str]
) -> Iterator[Json]:
    """Yield the rows whose field has one of these values."""
    for first in range(0, len(values), 300):
        part = values[first : first + 300]
        params = [("filterType", field), ("filterValues", ",".join(part)), ("fields", ",".join(fields))]
        for page in client.pages(path, params):
            yield from page.rows
