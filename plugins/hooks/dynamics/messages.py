"""What is sent to Dataverse and what comes back: bodies, query strings, the parts of a batch."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from PowerPlatform.Dataverse.core.errors import HttpError

from hooks.dynamics.answers import Fault, call_error
from hooks.waiting import wished_seconds
from leadline.errors import VendorUnavailable

Json = dict[str, Any]

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Part:
    """One request of a batch, below the API's address."""

    method: str
    path: str
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PartAnswer:
    """What became of one request of a batch; `fault` is None when it was carried out."""

    fault: Fault | None = None
    entity_id: str | None = None
    data: Json | None = None


def fault_of(error: HttpError) -> Fault:
    """Return the refusal that Microsoft's client raised."""
    details = error.details or {}
    retry_after = details.get("retry_after")
    return Fault(
        int(error.status_code or 0),
        str(details.get("service_error_code") or "").lower(),
        error.message,
        None if retry_after is None else float(retry_after),
    )


def query(params: Mapping[str, str] | None) -> str:
    """Return a query string with `$` as it is and blanks as %20."""
    return urlencode(dict(params or {}), quote_via=quote, safe="$(),'/:")


def parse(answer: requests.Response) -> Json:
    """Return an answer's JSON object.

    Raises:
        VendorUnavailable: It is none: something else than the API spoke.
        LeadlineError: It is an error, whatever its status says.
    """
    what = f"{answer.request.method} {shown(str(answer.request.url))}" if answer.request else "answer"
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise VendorUnavailable(
            f"Dynamics, {what}: HTTP {answer.status_code}, and no JSON object (it is tried again)"
        )
    error = body.get("error")
    if isinstance(error, dict):
        code, message = str(error.get("code") or "").lower(), str(error.get("message") or "")
        wait = wished_seconds(answer.headers.get("Retry-After"))
        raise call_error(Fault(answer.status_code, code, message, wait), what)
    return body


def encode(body: Json) -> bytes:
    """Return a body as it is sent."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def shown(url: str) -> str:
    """Return a path without its query and its keys, which may hold values."""
    return urlsplit(url).path.split("(", 1)[0].removeprefix("/api/data/")
