"""SOQL over REST, page by page.

Source: REST API Developer Guide, "Query", "QueryAll", "Query More Results", "Query Options Header".
"""

from __future__ import annotations

import re
from typing import Any

from .calls import Answer, Call
from .errors import Refused
from .fields import NUMBER_TYPES
from .soql.selection import Selection, select

_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


def query(call: Call) -> Answer:
    """Answer `GET query?q=…`."""
    return _first(call, deleted=False)


def query_all(call: Call) -> Answer:
    """Answer `GET queryAll?q=…`: deleted and archived rows too."""
    return _first(call, deleted=True)


def more(call: Call, locator: str) -> Answer:
    """Answer `GET query/<locator>`; other parameters, such as a repeated `q`, are ignored."""
    if call.trouble("expired_locator") is not None:
        call.org.cursors.expire(locator)
    selection, batch, offset, name = call.org.cursors.page(locator)
    return _page(call, selection, _shortened(call, batch), offset, name, batch)


def _first(call: Call, *, deleted: bool) -> Answer:
    if call.trouble("query_timeout") is not None:
        raise Refused("QUERY_TIMEOUT", "Your query request was running for too long.")
    statement = call.query.get("q")
    if not statement:
        raise Refused("MALFORMED_QUERY", "A query string has to be specified")
    selection = select(call.org.store, statement, deleted=deleted)
    if call.query.get("columns", "").lower() == "true":
        return Answer(200, _columns(selection))
    if selection.query.is_count:
        return Answer(200, {"totalSize": selection.total, "done": True, "records": []})
    match = _BATCH.search(call.headers.get("sforce-query-options", ""))
    wished = min(max(int(match.group(1)), 200), 2000) if match else 2000
    batch = min(wished, call.org.page_rows)
    return _page(call, selection, _shortened(call, batch), 0, None, batch)


def _shortened(call: Call, batch: int) -> int:
    short = call.trouble("short_pages")
    return max(min(int(short.get("rows", 1)), batch), 1) if short is not None else batch


def _page(call: Call, selection: Selection, rows: int, offset: int, cursor: str | None, batch: int) -> Answer:
    page = selection.rows[offset : offset + rows]
    body: dict[str, Any] = {"totalSize": selection.total, "done": offset + rows >= selection.total}
    if not body["done"]:
        cursor = cursor or call.org.cursors.open(selection, batch)
        body["nextRecordsUrl"] = f"{call.base}/query/{cursor}-{offset + rows}"
    body["records"] = [selection.write(record, call.base) for record in page]
    return Answer(200, body, records=len(page))


def _columns(selection: Selection) -> dict[str, Any]:
    return {
        "columnMetadata": [
            {
                "aggregate": False,
                "apexType": column.field.type.capitalize() if column.field.type != "id" else "Id",
                "booleanType": column.field.type == "boolean",
                "columnName": column.parts[-1],
                "custom": column.field.custom,
                "displayName": column.parts[-1],
                "foreignKeyName": column.parts[0] if len(column.parts) > 1 else None,
                "insertable": column.field.createable,
                "joinColumns": [],
                "numberType": column.field.type in NUMBER_TYPES,
                "textType": column.field.type in {"string", "textarea", "email", "phone", "url"},
                "updatable": column.field.updateable,
            }
            for column in selection.columns
        ],
        "entityName": selection.sobject.name,
        "groupBy": bool(selection.query.group_by),
        "idSelected": any(column.parts == ("Id",) for column in selection.columns),
        "keyPrefix": selection.sobject.prefix,
    }
