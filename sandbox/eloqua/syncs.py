"""Syncs: what runs a definition, how far it is, and what it leaves.

Source: Oracle, "Syncs", "Checking sync status", "Retrieving large volumes of data".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sandbox.eloqua import exporting, importing, stamps
from sandbox.eloqua.calls import Answer, Call, Refused, bad_field
from sandbox.eloqua.lists import PAGE, list_page, page_of
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

DATA_PAGE = 50_000


def run(state: State, call: Call, record: Record) -> Record:
    """Run a definition, and return its sync as the vendor first shows it."""
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


def _of_user(state: State, call: Call, id_: str) -> Record:
    record = state.store.find("sync", id_)
    if record is None or record["user"] != call.user:
        raise Refused(404)  # only who asked for a sync may read it
    return record


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
