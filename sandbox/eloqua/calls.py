"""One request, one answer and one refusal, apart from any web framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.hooks import Fault

NO_BODY = object()


class Refused(Exception):
    """The tenant says no: an HTTP status, and a body that is JSON, or plain text where it is not."""

    def __init__(self, status: int, body: Any = NO_BODY, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def bad_field(name: str, value: Any, constraint: str) -> Refused:
    """Return the refusal of a part of a Bulk definition."""
    return Refused(400, {"failures": [{"field": name, "value": value, "constraint": constraint}]})


def bad_property(name: str, value: Any, requirement: str) -> Refused:
    """Return the refusal of a property of an asset or record of the Application API."""
    error = {
        "type": "ObjectValidationError",
        "property": name,
        "requirement": {"type": requirement},
        "value": value,
    }
    return Refused(400, [error])


@dataclass(frozen=True)
class Call:
    """A request to the tenant.

    Args:
        path: Decoded, not empty segments after the host, as they were written.
        query: By name as it was written; the last of several wins.
        headers: By lower-case name.
        base_url: Scheme, host and port that the client used.
        user: Who signed in; "" before.
        fault: Trouble that the handler itself must make, or None.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    user: str = ""
    fault: Fault | None = None

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """Return the path in lower case: Eloqua does not mind the case of a path."""
        return tuple(part.lower() for part in self.path)

    @cached_property
    def json(self) -> Any:
        """Return the body's JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Refused(400, "The request body is not valid JSON.") from None

    def json_object(self) -> dict[str, Any]:
        """Return the body, which must be a JSON object."""
        if not isinstance(self.json, dict):
            raise Refused(400, "A JSON object is expected.")
        return self.json

    def number(self, name: str, default: int, most: int, least: int = 0) -> int:
        """Return a numeric parameter; an empty one is the default."""
        text = self.query.get(name) or str(default)
        try:
            value = int(text)
        except ValueError:
            raise bad_field(name, text, "Must be an integer") from None
        if not least <= value <= most:
            raise bad_field(name, text, f"Must be between {least} and {most}")
        return value

    def trouble(self, kind: str) -> Mapping[str, Any] | None:
        """Return the arguments of the fault to be made, when it is of this kind."""
        return self.fault.arguments if self.fault is not None and self.fault.kind == kind else None


@dataclass(frozen=True)
class Answer:
    """What goes back; `rows` counts what it is about, for the journal."""

    status: int = 200
    body: Any = NO_BODY
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json;charset=utf-8"
    rows: int = 0
