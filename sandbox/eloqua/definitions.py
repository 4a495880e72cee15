"""Definitions of exports and imports, and what is staged for them.

Source: Oracle, "Export", "Import"; pages named in `sandbox/COVERAGE.md`.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from sandbox.eloqua import elements, exporting, importing, stamps, syncs
from sandbox.eloqua.calls import NO_BODY, Answer, Call, Refused, bad_field
from sandbox.eloqua.lists import list_page
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State


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
        return Answer(201, syncs.run(state, call, record), rows=len(rows))
    return Answer(204, rows=len(rows))


def unstage(state: State, call: Call, element: str, kind: str, id_: str) -> Answer:
    """Forget what a definition staged, or return an export's newest rows."""
    record = _definition(state, f"/{element}/{kind}/{id_}")
    if call.method == "DELETE":
        record["staged"], record["uploads"] = [], 0
        state.store.put("definition", record)
        return Answer(204)
    made = [one for one in state.store.live("sync") if one["definition"] == record["shown"]["uri"]]
    if not made:
        raise Refused(404)
    return syncs.data(state, call, made[-1]["id"])


def create_sync(state: State, call: Call) -> Answer:
    """Run a definition."""
    uri = str(call.json_object().get("syncedInstanceUri") or "")
    record = _definition(state, uri)
    if any(
        one["definition"] == record["shown"]["uri"] and one["polls"] != 0 for one in state.store.live("sync")
    ):
        raise Refused(409, "A sync of this definition is running.")
    return Answer(201, syncs.run(state, call, record))


def _definition(state: State, uri: str) -> Record:
    for record in state.store.live("definition"):
        if str(record["shown"]["uri"]).lower() == uri.lower():
            return record
    raise Refused(404, NO_BODY)


def _shown(state: State, call: Call) -> str:
    return f"{state.config.site}.{call.user}"
