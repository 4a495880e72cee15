"""One request and one answer, apart from any web framework."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sandbox.hooks import Fault

from .errors import Refused

if TYPE_CHECKING:
    from .tenant import Subscription

LARGEST_BATCH = 300


@dataclass(frozen=True)
class Call:
    """A request to the tenant.

    Args:
        path: Normalised, with a leading slash.
        pairs: Query and form together: GET requests may come as POST with `_method=GET`.
        headers: By lower-case name.
        fault: Trouble that the handler itself must make, or None.
    """

    tenant: Subscription
    method: str
    path: str
    pairs: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None = None

    def value(self, name: str, default: str | None = None) -> str | None:
        """Return one parameter; the last of several."""
        found = [value for key, value in self.pairs if key == name]
        return found[-1] if found else default

    def wanted(self, name: str) -> str:
        """Return one parameter.

        Raises:
            Refused: 1002 or 701, it is not there or empty.
        """
        found = self.value(name)
        if found is None:
            raise Refused("1002", f"Missing value for the required parameter '{name}'")
        if not found.strip():
            raise Refused("701", f"{name} cannot be blank")
        return found

    def values(self, *names: str) -> list[str]:
        """Return a list parameter, repeated or with commas."""
        found = [value for key, value in self.pairs if key in names]
        return [part.strip() for value in found for part in value.split(",") if part.strip()]

    def number(self, name: str, default: int, most: int) -> int:
        """Return a positive number, clipped."""
        text = self.value(name)
        if text is None:
            return default
        if not text.isdigit() or int(text) < 1:
            raise Refused("1003", f"Invalid value '{text}' for '{name}'")
        return min(int(text), most)

    @cached_property
    def json(self) -> dict[str, Any]:
        """Return the body, a JSON object.

        Raises:
            Refused: 609 or 612.
        """
        if "json" not in self.headers.get("content-type", ""):
            raise Refused("612")
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refused("609") from None
        if not isinstance(body, dict):
            raise Refused("609")
        return body

    def inputs(self, key: str = "input") -> list[dict[str, Any]]:
        """Return the rows of a batch.

        Raises:
            Refused: None, or too many.
        """
        rows = self.json.get(key)
        if not isinstance(rows, list) or not rows:
            raise Refused("1002", f"Missing value for the required parameter '{key}'")
        if len(rows) > LARGEST_BATCH:
            raise Refused("1003", f"The number of items in '{key}' exceeds {LARGEST_BATCH}")
        if not all(isinstance(row, dict) for row in rows):
            raise Refused("609")
        return rows

    def trouble(self, kind: str) -> Mapping[str, Any] | None:
        """Return the arguments of the fault to be made, when it is of this kind."""
        return self.fault.arguments if self.fault is not None and self.fault.kind == kind else None

    def row_fault(self, number: int, row: Mapping[str, Any]) -> Refused | None:
        """Return the refusal of a row, numbered from 1, when a `row_error` fault is aimed at it."""
        arguments = self.trouble("row_error")
        if arguments is None:
            return None
        rows, every, text = arguments.get("rows"), arguments.get("every"), arguments.get("match")
        hit = rows is None and every is None and text is None
        hit = hit or (rows is not None and number in rows)
        hit = hit or (every is not None and number % int(every) == 0)
        hit = hit or (text is not None and str(text) in json.dumps(row, default=str))
        return Refused(str(arguments.get("code", "1003")), arguments.get("message")) if hit else None


@dataclass(frozen=True)
class Answer:
    """What goes back. `body` bytes are sent as they are; a dict is wrapped into the usual envelope."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json;charset=UTF-8"
    rows: int = 0
    plain: bool = False  # no envelope


def result(rows: Sequence[Any], **more: Any) -> Answer:
    """Return rows in the envelope; `more` are its other keys, left out where None."""
    extra = {name: value for name, value in more.items() if value is not None}
    return Answer({"result": list(rows), **extra}, rows=len(rows))


def no_assets() -> Answer:
    """Return the asset API's way to say that nothing was found: no `result` at all."""
    return Answer({"errors": [], "warnings": ["No assets found for the given search criteria."]})


def skipped(refused: Refused, **more: Any) -> dict[str, Any]:
    """Return the result of a row that was refused."""
    return {**more, "status": "skipped", "reasons": [refused.error()]}


def read_pairs(query: bytes, body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return the parameters of query and form body, in order."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    if "x-www-form-urlencoded" in content_type:
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return pairs
