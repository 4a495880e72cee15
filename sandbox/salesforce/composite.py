"""Several requests in one: composite (with references), batch, and trees of new records.

Source: REST API Developer Guide, "Composite", "Composite Batch", "sObject Tree".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import records
from .calls import Answer, Call
from .errors import Refused
from .fields import SObject

MOST = 25
_MOST_QUERIES = 5
_MOST_TREE = 200
_REFERENCE = re.compile(r"@\{([^}.\[]+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")

Dispatch = Callable[[Call], Answer]


def composite(call: Call, dispatch: Dispatch) -> Answer:
    """Answer `POST composite`; sub-requests may use `@{reference.field}` of earlier answers."""
    body = call.json_object()
    parts = _parts(body.get("compositeRequest"))
    if sum(_is_query(part) for part in parts) > _MOST_QUERIES:
        raise Refused("LIMIT_EXCEEDED", f"at most {_MOST_QUERIES} queries and collections in one request")
    store = call.org.store
    together = body.get("allOrNone") is True
    start = store.mark()
    known: dict[str, Any] = {}
    answers: list[dict[str, Any]] = []
    for part in parts:
        mark = store.mark()
        reference = str(part.get("referenceId", ""))
        try:
            filled = _fill(part, known)
            answer = dispatch(_sub_call(call, filled))
        except Refused as refused:
            store.rollback(mark)
            answer = Answer(refused.status, refused.body())
        if answer.status < 300:
            known[reference] = answer.body
        answers.append(
            {
                "body": answer.body,
                "httpHeaders": dict(answer.headers),
                "httpStatusCode": answer.status,
                "referenceId": reference,
            }
        )
        if answer.status >= 300 and together:
            store.rollback(start)
            _halt(answers, parts)
            break
    return Answer(200, {"compositeResponse": answers}, records=len(parts))


def batch(call: Call, dispatch: Dispatch) -> Answer:
    """Answer `POST composite/batch`: independent sub-requests, each counted as a call."""
    body = call.json_object()
    parts = _parts(body.get("batchRequests"))
    call.org.usage.take(len(parts) - 1)
    store = call.org.store
    results: list[dict[str, Any]] = []
    failed = False
    for part in parts:
        mark = store.mark()
        if failed and body.get("haltOnError") is True:
            halted = Refused("BATCH_PROCESSING_HALTED", "Batch processing halted by request", status=412)
            results.append({"statusCode": 412, "result": halted.body()})
            continue
        try:
            renamed = {**part, "body": part.get("richInput")}
            answer = dispatch(_sub_call(call, renamed))
        except Refused as refused:
            store.rollback(mark)
            answer = Answer(refused.status, refused.body())
        failed = failed or answer.status >= 300
        results.append({"statusCode": answer.status, "result": answer.body})
    return Answer(200, {"hasErrors": failed, "results": results}, records=len(parts))


def tree(call: Call, name: str) -> Answer:
    """Answer `POST composite/tree/X`: new records with their children, all or none."""
    store = call.org.store
    writing = call.writing()
    start = store.mark()
    done: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []

    def plant(rows: Any, sobject: SObject, link: str | None, parent: str | None) -> None:
        for row in rows if isinstance(rows, list) else []:
            if len(done) + len(errors) >= _MOST_TREE:
                raise Refused("EXCEEDED_ID_LIMIT", f"at most {_MOST_TREE} records in one request")
            reference = str(row.get("attributes", {}).get("referenceId", ""))
            children = {k: v for k, v in row.items() if isinstance(v, dict) and "records" in v}
            values = {k: v for k, v in row.items() if k not in children}
            if link is not None:
                values[link] = parent
            try:
                record_id = records.create(store, sobject, values, writing)
            except Refused as refused:
                errors.append({"referenceId": reference, "errors": [refused.row()]})
                continue
            done.append({"referenceId": reference, "id": record_id})
            for relationship, below in children.items():
                found = store.schema.child(sobject, relationship)
                if found is None:
                    raise Refused("INVALID_FIELD", f"Didn't understand relationship '{relationship}'")
                plant(below["records"], found[0], found[1].name, record_id)

    plant(call.json_object().get("records"), store.schema.object(name), None, None)
    if errors:
        store.rollback(start)
        return Answer(400, {"hasErrors": True, "results": errors})
    return Answer(201, {"hasErrors": False, "results": done}, records=len(done))


def _parts(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not found or not all(isinstance(part, dict) for part in found):
        raise Refused("JSON_PARSER_ERROR", "The request body must hold an array of sub-requests")
    if len(found) > MOST:
        raise Refused("LIMIT_EXCEEDED", f"at most {MOST} sub-requests in one request")
    return found


def _is_query(part: dict[str, Any]) -> bool:
    path = urlsplit(str(part.get("url", ""))).path
    return "/query" in path or "/composite/sobjects" in path


def _sub_call(call: Call, part: dict[str, Any]) -> Call:
    url = urlsplit(str(part.get("url", "")))
    segments = [unquote(segment) for segment in url.path.split("/") if segment]
    if segments and segments[0].startswith("v") and segments[0][1:2].isdigit():
        segments = ["services", "data", *segments]  # batch URLs begin with the version
    headers = {str(name).lower(): str(value) for name, value in (part.get("httpHeaders") or {}).items()}
    body = part.get("body")
    return replace(
        call,
        method=str(part.get("method", "GET")).upper(),
        path=tuple(segments),
        query=dict(parse_qsl(url.query, keep_blank_values=True)),
        headers={**call.headers, **headers},
        body=json.dumps(body).encode() if body is not None else b"",
        fault=call.fault,
    )


def _fill(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _resolve(match, known), value)
    if isinstance(value, dict):
        return {key: _fill(content, known) for key, content in value.items()}
    if isinstance(value, list):
        return [_fill(content, known) for content in value]
    return value


def _resolve(match: re.Match[str], known: dict[str, Any]) -> str:
    found = known.get(match.group(1))
    for name, index in _STEP.findall(match.group(2)):
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and index and int(index) < len(found):
            found = found[int(index)]
        else:
            found = None
    if found is None:
        raise Refused(
            "PROCESSING_HALTED", f"Invalid reference specified. No value for {match.group(0)} found"
        )
    return str(found)


def _halt(answers: list[dict[str, Any]], parts: list[dict[str, Any]]) -> None:
    """Rewrite the answers of an all-or-none request: all but the failed one were rolled back."""
    halted = Refused(
        "PROCESSING_HALTED",
        "The transaction was rolled back since another operation in the same transaction failed.",
    )
    for number, part in enumerate(parts):
        if number == len(answers) - 1:
            continue
        entry = {
            "body": halted.body(),
            "httpHeaders": {},
            "httpStatusCode": 400,
            "referenceId": str(part.get("referenceId", "")),
        }
        if number < len(answers):
            answers[number] = entry
        else:
            answers.append(entry)
