"""Reading sets of rows: filter, order, pages, counts, change tracking."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from .errors import Refused, bad_query
from .filters import comparable, compile_filter, reader_of
from .schema import Table
from .shapes import Shower, read_shape
from .store import Row, Store

PAGE_ROWS = 5000
TOKEN_DAYS = 7
LONGEST_COUNT = 5000

_OPTIONS = {
    "$select",
    "$filter",
    "$orderby",
    "$expand",
    "$top",
    "$count",
    "$skiptoken",
    "$deltatoken",
    "fetchXml",
    "sql",
    "$apply",
}


@dataclass(frozen=True)
class Asked:
    """One question about a set; `url` is the set's own absolute address."""

    url: str
    query: Mapping[str, str]
    page_rows: int | None
    annotations: tuple[str, ...]
    track_changes: bool = False


def answer_query(store: Store, table: Table, asked: Asked, rows: list[Row] | None = None) -> dict[str, Any]:
    """Return the page that a question asks for.

    Raises:
        Refused: An option is unknown or cannot be read.
    """
    query = asked.query
    for name in query:
        if name.startswith("$") and name not in _OPTIONS:
            raise bad_query(f"The query parameter {name} is not supported")
    if "$deltatoken" in query:
        return _changes(store, table, asked)
    shower = Shower(store, table, read_shape(query, asked.annotations))
    if asked.track_changes:
        if refused := sorted({"$filter", "$orderby", "$expand", "$top"} & set(query)):
            raise bad_query(f"The {refused[0]} option is not supported with change tracking")
        if not tracks_changes(store, table):
            raise Refused("0x80060013", f"Entity: {table.name} isn't enabled for change tracking.", 400)
    found = list(store.tables[table.name].values()) if rows is None else rows
    if table.name == "activitypointer":
        found = [
            row
            for name, one in store.schema.tables.items()
            if one.is_activity
            for row in store.tables[name].values()
        ]
    if "$filter" in query:
        test = compile_filter(store, table, query["$filter"])
        found = [row for row in found if test(row)]
    found = _ordered(store, table, found, query.get("$orderby"))
    if "$top" in query and asked.page_rows is None:
        found = found[: int(query["$top"])]
    first = int(_read_token(query["$skiptoken"])["first"]) if "$skiptoken" in query else 0
    size = min(asked.page_rows or PAGE_ROWS, PAGE_ROWS)
    body: dict[str, Any] = {"@odata.context": _context(asked, table)}
    if query.get("$count") == "true":
        body["@odata.count"] = min(len(found), LONGEST_COUNT)
        body["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] = len(found) > LONGEST_COUNT
    body["value"] = [shower.show(row) for row in found[first : first + size]]
    if first + size < len(found):
        rest = {name: value for name, value in query.items() if name != "$skiptoken"}
        page = f'<cookie pagenumber="{first // size + 2}" istracking="False" />'
        token = page + _write_token({"first": first + size})
        body["@odata.nextLink"] = f"{asked.url}?{urlencode(rest | {'$skiptoken': token}, quote_via=quote)}"
    elif asked.track_changes:
        body["@odata.deltaLink"] = _delta_link(store, asked)
    return body


def tracks_changes(store: Store, table: Table) -> bool:
    """Say whether change tracking is on for a table."""
    return table.name in (
        store.note("config", "tracked") or ["lead", "contact", "opportunity", "account", "task"]
    )


def _ordered(store: Store, table: Table, rows: list[Row], order: str | None) -> list[Row]:
    for part in reversed((order or "").split(",")):
        words = part.split()
        if not words:
            continue
        read, _ = reader_of(store, table, words[0])
        rows = sorted(
            rows,
            key=lambda row: ((value := comparable(read(row))) is not None, value if value is not None else 0),
            reverse=len(words) > 1 and words[1].lower() == "desc",
        )
    return rows


def _changes(store: Store, table: Table, asked: Asked) -> dict[str, Any]:
    token = _read_token(asked.query["$deltatoken"])
    oldest = store.now() - timedelta(days=TOKEN_DAYS)
    if (
        token["version"] < int(store.note("config", "delta_floor") or 0)
        or datetime.fromisoformat(token["at"]) < oldest
    ):
        raise Refused(
            "0x80044352",
            "Version stamp associated with the client has expired. Please perform a full sync.",
            400,
        )
    shower = Shower(store, table, read_shape(asked.query, asked.annotations))
    changed = [
        row for row in store.tables[table.name].values() if int(row["versionnumber"]) > token["version"]
    ]
    changed.sort(key=lambda row: int(row["versionnumber"]))
    value = [shower.show(row) for row in changed]
    for (kind, record_id), gone in store.notes.items():
        if (
            kind == f"gone:{table.name}"
            and gone["version"] > token["version"]
            and record_id not in store.tables[table.name]
        ):
            context = f"{asked.url.rsplit('/', 1)[0]}/$metadata#{table.set_name}/$deletedEntity"
            value.append({"@odata.context": context, "id": record_id, "reason": "deleted"})
    return {
        "@odata.context": _context(asked, table) + "/$delta",
        "@odata.deltaLink": _delta_link(store, asked),
        "value": value,
    }


def _delta_link(store: Store, asked: Asked) -> str:
    version = int(store.note("counter", "version") or 0)
    token = _write_token({"version": version, "at": store.now().isoformat()})
    rest = {name: value for name, value in asked.query.items() if name not in ("$skiptoken", "$deltatoken")}
    return f"{asked.url}?{urlencode(rest | {'$deltatoken': f'{version}!{token}'}, quote_via=quote)}"


def _context(asked: Asked, table: Table) -> str:
    shown = f"({asked.query['$select']})" if asked.query.get("$select") else ""
    return f"{asked.url.rsplit('/', 1)[0]}/$metadata#{table.set_name}{shown}"


def _write_token(values: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read_token(text: str) -> dict[str, Any]:
    encoded = text.rsplit(">", 1)[-1].rsplit("!", 1)[-1]
    try:
        return dict(json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))))
    except (ValueError, TypeError):
        raise bad_query("Malformed XML in the Paging Cookie or delta token") from None


def read_query(text: str) -> dict[str, str]:
    """Return the options of a query string."""
    return dict(parse_qsl(text, keep_blank_values=True))
