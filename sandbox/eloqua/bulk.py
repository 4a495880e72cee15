"""Bulk API 2.0: fields, definitions, staged data, syncs and what they leave.

Source: Oracle, "Bulk API 2.0"; pages named in `sandbox/COVERAGE.md`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sandbox.eloqua import elements, exporting, importing, stamps
from sandbox.eloqua.calls import NO_BODY, Answer, Call, Refused, bad_field
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

PAGE, DATA_PAGE = 1000, 50_000


def page_of(items: Sequence[Any], limit: int, offset: int) -> Answer:
    """Return a page; `items` is left out where there are none."""
    total = len(items)
    part = list(items[offset : offset + limit])
    body: Record = {
        "totalResults": total,
        "limit": limit,
        "offset": offset,
        "count": len(part),
        "hasMore": offset + len(part) < total,
    }
    if part:
        body["items"] = part
    return Answer(200, body, rows=len(part))


def list_page(call: Call, items: Sequence[Any]) -> Answer:
    """Return the page of a list that a call asks for."""
    limit = call.number("limit", PAGE, PAGE, 1)
    return page_of(items, limit, call.number("offset", 0, 10**9))


def fields(state: State, call: Call, element: str) -> Answer:
    """List the fields of an element."""
    elements.check_element(state, element)
    return list_page(call, elements.field_items(state, element, call.query.get("activityType")))


def one_field(state: State, _: Call, element: str, id_: str) -> Answer:
    """Return one field."""
    for item in elements.field_items(state, element):
        if item["uri"].endswith(f"/{id_}"):
            return Answer(200, item, rows=1)
    raise Refused(404)


def custom_objects(state: State, call: Call) -> Answer:
    """List the custom objects; `q=name='…'` finds one by its name."""
    wanted = call.query.get("q", "").partition("=")[2].strip("'\"").casefold()
    items = [
        {
            "name": record["name"],
            "uri": f"/customObjects/{record['id']}",
            "createdAt": stamps.in_definition(stamps.moment(record["createdAt"])),
            "updatedAt": stamps.in_definition(stamps.moment(record["updatedAt"])),
        }
        for record in state.store.live("customObject")
    ]
    return list_page(call, [item for item in items if not wanted or item["name"].casefold() == wanted])


def places(state: State, call: Call, kind: str) -> Answer:
    """List segments or shared lists of contacts."""
    items = [
        {"name": record["name"], "count": len(record["members"]), "uri": f"/contacts/{kind}s/{record['id']}"}
        for record in state.store.live(kind)
    ]
    return list_page(call, items)


def define(state: State, call: Call, element: str, kind: str) -> Answer:
    """Keep a new export or import definition."""
    elements.check_element(state, element)
    body = call.json_object()
    if not body.get("name") or len(str(body["name"])) > 100:
        raise bad_field("name", body.get("name"), "Must be 1 to 100 characters")
    (exporting if kind == "exports" else importing).check(state, element, body)
    id_ = state.store.next_id("definition")
    at = stamps.in_definition(state.store.now())
    shown = {
        **{name: value for name, value in body.items() if value is not None},
        "uri": f"/{element}/{kind}/{id_}",
        "createdBy": _shown(state, call),
        "createdAt": at,
        "updatedBy": _shown(state, call),
        "updatedAt": at,
    }
    if kind == "imports":
        shown.setdefault("isSyncTriggeredOnImport", True)
        shown.setdefault("updateRule", "always")
    record = {"id": id_, "element": element, "kind": kind, "shown": shown, "staged": [], "uploads": 0}
    state.store.put("definition", record)
    return Answer(201, shown)


def definitions(state: State, call: Call, element: str, kind: str) -> Answer:
    """List the definitions of an element; `q=name='…'` finds those of a name."""
    wanted = call.query.get("q", "").partition("=")[2].strip("'\"")
    shown = [
        record["shown"]
        for record in state.store.live("definition")
        if (record["element"], record["kind"]) == (element, kind)
    ]
    return list_page(call, [one for one in shown if not wanted or one["name"] == wanted])


def definition(state: State, call: Call, element: str, kind: str, id_: str) -> Answer:
    """Read, change or delete a definition."""
    record = _definition(state, f"/{element}/{kind}/{id_}")
    if call.method == "DELETE":
        state.store.drop("definition", record["id"])
        return Answer(204)
    if call.method == "PUT":
        body = call.json_object()
        (exporting if kind == "exports" else importing).check(state, element, body)
        record["shown"] = {**record["shown"], **body}
        state.store.put("definition", record)
    return Answer(200, record["shown"])


def stage(state: State, call: Call, element: str, id_: str) -> Answer:
    """Take rows into a definition's staging area; with automatic syncs, run one."""
    record = _definition(state, f"/{element}/imports/{id_}")
    if len(call.body) > state.setting("upload_bytes"):
        raise Refused(404)  # over the hard limit, the vendor says "not found"
    if record["uploads"] >= state.setting("uploads"):
        raise Refused(413, "ELQ-00136: too many files are staged for this import.")
    if call.headers.get("content-type", "").startswith("text/csv"):
        rows: Any = list(csv.DictReader(io.StringIO(call.body.decode("utf-8-sig"))))
    else:
        rows = call.json
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused(400, "An array of objects is expected.")
    record["staged"] = [*record["staged"], *rows]
    record["uploads"] += 1
    state.store.put("definition", record)
    if record["shown"]["isSyncTriggeredOnImport"]:
        return Answer(201, _sync(state, call, record), rows=len(rows))
    return Answer(204, rows=len(rows))


def unstage(state: State, call: Call, element: str, kind: str, id_: str) -> Answer:
    """Forget what a definition staged, or return an export's newest rows."""
    record = _definition(state, f"/{element}/{kind}/{id_}")
    if call.method == "DELETE":
        record["staged"], record["uploads"] = [], 0
        state.store.put("definition", record)
        return Answer(204)
    syncs = [one for one in state.store.live("sync") if one["definition"] == record["shown"]["uri"]]
    if not syncs:
        raise Refused(404)
    return data(state, call, syncs[-1]["id"])


def create_sync(state: State, call: Call) -> Answer:
    """Run a definition."""
    uri = str(call.json_object().get("syncedInstanceUri") or "")
    record = _definition(state, uri)
    if any(
        one["definition"] == record["shown"]["uri"] and one["polls"] != 0 for one in state.store.live("sync")
    ):
        raise Refused(409, "A sync of this definition is running.")
    return Answer(201, _sync(state, call, record))


def _sync(state: State, call: Call, record: Record) -> Record:
    kind = record["kind"]
    _count(state, kind)
    failing, warning, slow = (call.trouble(name) for name in ("sync_error", "sync_warning", "slow_sync"))
    id_ = state.store.next_id("sync")
    at = stamps.in_definition(state.store.now())
    sync: Record = {
        "id": id_,
        "definition": record["shown"]["uri"],
        "user": call.user,
        "status": "success",
        "polls": state.setting("polls") if slow is None else int(slow.get("polls", 5)),
        "createdAt": at,
        "rejects": [],
        "logs": [],
        "kind": kind,
    }
    logs: list[tuple[str, str, str, int]] = []
    if kind == "exports":
        rows = [] if failing is not None else exporting.run(state, record["element"], record["shown"])
        if failing is None:
            logs.append(("information", "ELQ-00102", "Successfully exported members to csv file.", len(rows)))
        state.store.put("staged", {"id": id_, "rows": rows, "until": _until(state, record)})
    else:
        most = None if failing is None else int(failing.get("after", 0))
        work = importing.Import(state, record["element"], record["shown"])
        counts = work.run(record["staged"], call.trouble("row_reject"), most)
        sync["rejects"] = work.rejects
        logs += [
            (
                "warning" if code in {"ELQ-00060"} else "information",
                code,
                importing.MESSAGES.get(code, code),
                n,
            )
            for code, n in counts.items()
        ]
        if work.rejects:
            sync["status"] = "warning"
        record["staged"], record["uploads"] = [], 0
        state.store.put("definition", record)
    for trouble, status, code in ((warning, "warning", "ELQ-00040"), (failing, "error", "ELQ-00107")):
        if trouble is not None:
            sync["status"] = status
            text = str(trouble.get("message", "There was an error processing the request."))
            logs.append((status, str(trouble.get("code", code)), text, int(trouble.get("count", 0))))
    logs.append(("information", "ELQ-00101", f"Sync processed, resulting in {sync['status']} status.", 0))
    sync["logs"] = [
        {
            "syncUri": f"/syncs/{id_}",
            "count": count,
            "severity": severity,
            "statusCode": code,
            "message": text,
            "createdAt": at,
        }
        for severity, code, text, count in logs
    ]
    state.store.put("sync", sync)
    return _shown_sync(state, sync, "pending")


def sync(state: State, call: Call, id_: str) -> Answer:
    """Tell how far a sync is; each question brings it a step further."""
    record = _of_user(state, call, id_)
    status = "active" if record["polls"] else record["status"]
    if record["polls"] > 0:
        record["polls"] -= 1
        state.store.put("sync", record)
    return Answer(200, _shown_sync(state, record, status))


def syncs(state: State, call: Call) -> Answer:
    """List the syncs, newest first."""
    shown = [
        _shown_sync(state, one, "active" if one["polls"] else one["status"])
        for one in state.store.live("sync")
    ]
    return list_page(call, shown[::-1])


def logs(state: State, call: Call, id_: str) -> Answer:
    """Return the log of a sync."""
    return list_page(call, _of_user(state, call, id_)["logs"])


def rejects(state: State, call: Call, id_: str) -> Answer:
    """Return the rows that an import did not take."""
    items = _of_user(state, call, id_)["rejects"]
    limit = call.number("limit", PAGE, PAGE, 1)
    short = call.trouble("rejects_page")
    if short is not None:
        limit = min(limit, int(short.get("rows", 1)))
    return page_of(items, limit, call.number("offset", 0, 10**9))


def data(state: State, call: Call, id_: str) -> Answer:
    """Return a page of what an export staged."""
    record = _of_user(state, call, id_)
    staged = state.store.find("staged", id_)
    expired = call.trouble("expired")
    if expired is not None:
        raise Refused(int(expired.get("status", 410)))
    if staged is None or record["polls"]:
        raise Refused(404)
    if staged["until"] <= state.now:
        raise Refused(410)
    limit, offset = call.number("limit", PAGE, DATA_PAGE, 1), call.number("offset", 0, 10**9)
    short = call.trouble("short_pages")
    if short is not None:
        limit = min(limit, int(short.get("rows", 1)))
    rows = staged["rows"]
    if call.trouble("empty_page") is not None and offset < len(rows):
        body = {"totalResults": len(rows), "limit": limit, "offset": offset, "count": 0, "hasMore": True}
        return Answer(200, body)
    if "text/csv" in call.headers.get("accept", ""):
        return _as_csv(rows[offset : offset + limit])
    answer = page_of(rows, limit, offset)
    items: list[Record] = answer.body.get("items", [])
    lost = call.trouble("lost_rows")
    if lost is not None and items:
        answer.body["items"] = items[: -int(lost.get("rows", 1))]
        answer.body["count"] = len(answer.body["items"])
    if call.trouble("twice") is not None and items:
        answer.body["items"] = [items[0], *items]
        answer.body["count"] += 1
    if call.trouble("null_cells") is not None:
        answer.body["items"] = [{name: cell or None for name, cell in row.items()} for row in items]
    return answer


def _as_csv(rows: Sequence[Mapping[str, str]]) -> Answer:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return Answer(200, text.getvalue().encode(), media="text/csv", rows=len(rows))


def _definition(state: State, uri: str) -> Record:
    for record in state.store.live("definition"):
        if str(record["shown"]["uri"]).lower() == uri.lower():
            return record
    raise Refused(404, NO_BODY)


def _of_user(state: State, call: Call, id_: str) -> Record:
    record = state.store.find("sync", id_)
    if record is None or record["user"] != call.user:
        raise Refused(404)  # only who asked for a sync may read it
    return record


def _shown(state: State, call: Call) -> str:
    return f"{state.config.site}.{call.user}"


def _shown_sync(state: State, record: Record, status: str) -> Record:
    shown = {
        "syncedInstanceUri": record["definition"],
        "status": status,
        "createdAt": record["createdAt"],
        "createdBy": f"{state.config.site}.{record['user']}",
        "uri": f"/syncs/{record['id']}",
    }
    if status != "pending":
        shown["syncStartedAt"] = record["createdAt"]
    if status not in ("pending", "active"):
        shown["syncEndedAt"] = record["createdAt"]
    return shown


def _count(state: State, kind: str) -> None:
    """Count a sync of this hour; above the quota there is none."""
    since = state.store.now() - timedelta(hours=1)
    used = sum(
        one["kind"] == kind and stamps.moment(one["createdAt"][:-2] + "Z") > since
        for one in state.store.live("sync")
    )
    if used >= state.setting(f"{kind}_per_hour"):
        raise Refused(429, "Too many syncs in this hour.")


def _until(state: State, record: Record) -> str:
    return stamps.kept(state.store.now() + _duration(record["shown"].get("dataRetentionDuration") or "PT12H"))


def _duration(text: str) -> timedelta:
    """Return an ISO 8601 duration of days or hours."""
    number = "".join(letter for letter in text if letter.isdigit())
    if not number:
        raise bad_field("dataRetentionDuration", text, "Must be an ISO-8601 duration")
    return timedelta(days=int(number)) if text.endswith("D") else timedelta(hours=int(number))
