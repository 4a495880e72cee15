"""`$batch`: reading its parts, and writing their answers.

Source: Microsoft Learn, "Execute batch operations using the Web API".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from .calls import Answer, Call
from .errors import Refused
from .faults import row_error
from .queries import read_query

MOST_PARTS = 1000
_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)"?', re.IGNORECASE)
_API = re.compile(r"^(?:https?://[^/]+)?/?(?:api/data/v[\d.]+/)?")
_REFERENCE = re.compile(r"\$(\d+)")
_REASONS = {200: "OK", 201: "Created", 204: "No Content"}

Handle = Callable[[Call], Answer]


@dataclass(frozen=True)
class Part:
    """One request of a batch; `content_id` only in a change set."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    content_id: str | None = None


def run_batch(call: Call, handle: Handle) -> Answer:
    """Carry out a batch and return the answer, its body being the bytes to send.

    Raises:
        Refused: It cannot be read, or has too many parts.
    """
    items = read_parts(call.headers.get("content-type", ""), call.body)
    count = sum(len(item) if isinstance(item, list) else 1 for item in items)
    if count > MOST_PARTS:
        raise Refused("0x80060888", f"The batch request has {count} parts; the limit is {MOST_PARTS}.", 400)
    goes_on = "odata.continue-on-error" in call.preferences
    boundary = f"batchresponse_{uuid4()}"
    chunks: list[str] = []
    status = 200
    number = 0
    for item in items:
        if isinstance(item, list):
            answer_text, failed = _change_set(call, item, handle, number)
            number += len(item)
            chunks.append(f"--{boundary}\r\n{answer_text}\r\n")
        else:
            number += 1
            answer = _one(call, item, handle, number)
            failed = answer.status if answer.status >= 400 else None
            chunks.append(f"--{boundary}\r\n{_part_text(answer, item.content_id)}\r\n")
        if failed and not goes_on:
            status = failed
            break
    body = "".join(chunks) + f"--{boundary}--\r\n"
    headers = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
    return Answer(status, body.encode(), headers, rows=count)


def _one(call: Call, part: Part, handle: Handle, number: int) -> Answer:
    store = call.store
    mark = store.mark()
    try:
        if part.method != "GET" and (planned := row_error(call.trouble.get("row_error"), number, part.body)):
            raise planned
        return handle(_part_call(call, part))
    except Refused as refused:
        store.rollback(mark)
        return Answer(refused.status, refused.body(), refused.headers)


def _change_set(call: Call, parts: list[Part], handle: Handle, before: int) -> tuple[str, int | None]:
    mark = call.store.mark()
    boundary = f"changesetresponse_{uuid4()}"
    answers: list[tuple[Part, Answer]] = []
    made: dict[str, str] = {}
    for number, part in enumerate(parts, start=before + 1):
        part = _resolved(part, made)
        answer = _one(call, part, handle, number)
        if answer.status >= 400:
            call.store.rollback(mark)
            return _part_text(answer, part.content_id), answer.status
        if part.content_id and "OData-EntityId" in answer.headers:
            made[part.content_id] = answer.headers["OData-EntityId"]
        answers.append((part, answer))
    inner = "".join(f"--{boundary}\r\n{_part_text(answer, part.content_id)}\r\n" for part, answer in answers)
    return f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{inner}--{boundary}--\r\n", None


def _resolved(part: Part, made: Mapping[str, str]) -> Part:
    """Return the part with `$1` replaced by what the request of that Content-ID made."""
    if not made:
        return part
    body = re.sub(r'"\$(\d+)"', lambda one: json.dumps(made.get(one[1], one[0])), part.body.decode())
    return replace(
        part, url=_REFERENCE.sub(lambda one: made.get(one[1], one[0]), part.url, count=1), body=body.encode()
    )


def _part_call(call: Call, part: Part) -> Call:
    url = urlsplit(part.url)
    path = unquote(_API.sub("", url._replace(query="", fragment="").geturl()))
    kept = {name: value for name, value in call.headers.items() if name.startswith("mscrm.")}
    return replace(
        call,
        method=part.method,
        path=path,
        query=read_query(url.query),
        headers=kept | dict(part.headers),
        body=part.body,
        trouble={name: values for name, values in call.trouble.items() if name != "row_error"},
    )


def _part_text(answer: Answer, content_id: str | None) -> str:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id:
        lines.append(f"Content-ID: {content_id}")
    lines += ["", f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append("OData-Version: 4.0")
    if answer.body is not None:
        lines += ["Content-Type: application/json; odata.metadata=minimal", "", json.dumps(answer.body)]
    else:
        lines += ["", ""]
    return "\r\n".join(lines)


def read_parts(content_type: str, body: bytes) -> list[Part | list[Part]]:
    """Return the requests of a batch; those of a change set as a list of their own.

    Raises:
        Refused: There is no boundary, or a part cannot be read.
    """
    items: list[Part | list[Part]] = []
    for headers, content in _pieces(content_type, body.decode("utf-8").replace("\r\n", "\n")):
        if headers.get("content-type", "").lower().startswith("multipart/mixed"):
            inner = [
                _request(text, own.get("content-id"))
                for own, text in _pieces(headers["content-type"], content)
            ]
            if any(part.method == "GET" for part in inner):
                raise Refused("0x80048d19", "A change set must not hold a GET request.", 400)
            items.append(inner)
        else:
            items.append(_request(content, headers.get("content-id")))
    return items


def _pieces(content_type: str, text: str) -> list[tuple[dict[str, str], str]]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Refused("0x80048d19", "Invalid multipart content type: no boundary.", 400)
    marker = f"--{found[1]}"
    pieces: list[list[str]] = []
    for line in text.split("\n"):
        bare = line.strip()
        if bare == f"{marker}--":
            break
        if bare == marker:
            pieces.append([])
        elif pieces:
            pieces[-1].append(line)
    else:
        raise Refused("0x80048d19", "The batch body ends without its closing boundary.", 400)
    return [_split(piece) for piece in pieces]


def _split(lines: list[str]) -> tuple[dict[str, str], str]:
    headers: dict[str, str] = {}
    while lines and not lines[0].strip():
        lines = lines[1:]
    for number, line in enumerate(lines):
        if not line.strip():
            return headers, "\n".join(lines[number + 1 :])
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers, ""


def _request(text: str, content_id: str | None) -> Part:
    lines = text.strip("\n").split("\n")
    words = lines[0].split(" ") if lines else []
    if len(words) < 2:
        raise Refused("0x80048d19", "A part of the batch holds no request.", 400)
    url = " ".join(words[1:-1]) if words[-1].startswith("HTTP/") else " ".join(words[1:])
    headers, body = _split(["x-part: 1", *lines[1:]])
    return Part(words[0].upper(), url, headers, body.strip().encode(), content_id)


def kinds(items: list[Part | list[Part]]) -> dict[str, int]:
    """Return how many requests of each method a batch has, for the journal."""
    counts: dict[str, int] = {}
    for item in items:
        for part in item if isinstance(item, list) else [item]:
            counts[part.method] = counts.get(part.method, 0) + 1
    return counts
