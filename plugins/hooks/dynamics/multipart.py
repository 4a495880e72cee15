"""What a batch was answered, part by part, with each part's own status, code and Retry-After.

Microsoft's client drops the headers of parts, and takes an error under a good status for success.
Source: Microsoft Learn, "Execute batch operations using the Web API"; RFC 2046, 5.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import requests

from hooks.dynamics.answers import Fault
from hooks.dynamics.messages import GUID, PartAnswer, parse
from hooks.waiting import wished_seconds
from leadline.errors import VendorUnavailable

_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)"?', re.IGNORECASE)
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})\b")
UNREADABLE = 502  # as what a part counts whose answer is no JSON: something else than the API spoke

Headers = dict[str, str]


def read_answers(answer: requests.Response) -> list[PartAnswer]:
    """Return one answer for each part, those of change sets among them, in the order in which they stand.

    Raises:
        LeadlineError: The answer is one error, by `answers`.
        VendorUnavailable: It is no multipart answer, or breaks off.
    """
    found = _BOUNDARY.search(answer.headers.get("Content-Type", ""))
    if found is None:
        parse(answer)  # an error under a good status says what it is
        raise VendorUnavailable("Dynamics, POST $batch: the answer has no parts (it is tried again)")
    text = answer.content.decode("utf-8", "replace").replace("\r\n", "\n")
    return [_part(content) for content in _contents(text, found[1])]


def _contents(text: str, boundary: str) -> Iterator[str]:
    """Yield the HTTP answers between these boundaries."""
    marker, end = f"--{boundary}", f"--{boundary}--"
    pieces: list[list[str]] = []
    for line in text.split("\n"):
        bare = line.rstrip()
        if bare == end:
            break
        if bare == marker:
            pieces.append([])
        elif pieces:
            pieces[-1].append(line)
    else:
        raise VendorUnavailable("Dynamics, POST $batch: the answer breaks off (it is tried again)")
    for piece in pieces:
        headers, content = _split(piece)
        inner = _BOUNDARY.search(headers.get("content-type", ""))
        if inner is not None:
            yield from _contents(content, inner[1])
        else:
            yield content


def _split(lines: list[str]) -> tuple[Headers, str]:
    headers: Headers = {}
    for number, line in enumerate(lines):
        if not line.strip():
            return headers, "\n".join(lines[number + 1 :])
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers, ""


def _part(content: str) -> PartAnswer:
    first, *rest = content.lstrip("\n").split("\n")
    status = _STATUS.match(first)
    if status is None:
        return PartAnswer(Fault(UNREADABLE, "", "the answer is no HTTP"))
    headers, text = _split(rest)
    code = int(status[1])
    data = _object(text)
    error = data.get("error") if data is not None else None
    if isinstance(error, dict):
        return PartAnswer(_fault(code, error, headers))
    if not 200 <= code < 300:
        return PartAnswer(Fault(code, "", "", wished_seconds(headers.get("retry-after"))))
    if text.strip() and data is None:
        return PartAnswer(Fault(UNREADABLE, "", "the answer is no JSON object"))
    told = GUID.search(headers.get("odata-entityid", ""))
    return PartAnswer(None, told[0] if told else None, data)


def _fault(status: int, error: dict[str, Any], headers: Headers) -> Fault:
    wish = wished_seconds(headers.get("retry-after"))
    return Fault(status, str(error.get("code") or "").lower(), str(error.get("message") or ""), wish)


def _object(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
