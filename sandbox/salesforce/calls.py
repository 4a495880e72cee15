"""One request and one answer, apart from any web framework, so that composite calls can make them too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.hooks import Fault

from .errors import Refused
from .records import Writing

if TYPE_CHECKING:
    from .org import Org


def _no_json(word: str) -> Any:
    raise ValueError(word)  # Python's reader would take NaN and Infinity


@dataclass(frozen=True)
class Call:
    """A request to the org.

    Args:
        path: Decoded segments after the host, `("services", "data", "v62.0", "query")`.
        headers: By lower-case name.
        base_url: Scheme, host and port that the client used.
        user_id: Whose token it carries; "" before sign-in.
        fault: Trouble that the handler itself must make (a bad row, short pages), or None.
    """

    org: Org
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    user_id: str = ""
    fault: Fault | None = None

    @property
    def version(self) -> str:
        """Return the API version of the path, `62.0`."""
        return self.path[2][1:] if len(self.path) > 2 else ""

    @property
    def base(self) -> str:
        """Return the path that all resources of this version begin with."""
        return f"/services/data/v{self.version}"

    @cached_property
    def json(self) -> Any:
        """Return the body.

        Raises:
            Refused: JSON_PARSER_ERROR.
        """
        try:
            return json.loads(self.body, parse_constant=_no_json) if self.body.strip() else {}
        except (ValueError, RecursionError):
            raise Refused("JSON_PARSER_ERROR", "Unexpected character in the request body") from None

    def json_object(self) -> dict[str, Any]:
        """Return the body, which must be a JSON object."""
        if not isinstance(self.json, dict):
            raise Refused("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object")
        return self.json

    def writing(self) -> Writing:
        """Return who writes under which headers, stamped with now."""
        wish = self.headers.get("sforce-auto-assign", "TRUE").strip()
        assignment: bool | str = {"TRUE": True, "FALSE": False}.get(wish.upper(), wish)
        duplicates = self.headers.get("sforce-duplicate-rule-header", "").lower().replace(" ", "")
        return Writing(
            user_id=self.user_id,
            stamp=self.org.store.stamp(),
            assignment=assignment,
            allow_duplicates="allowsave=true" in duplicates,
        )

    def trouble(self, kind: str) -> Mapping[str, Any] | None:
        """Return the arguments of the fault to be made, when it is of this kind."""
        return self.fault.arguments if self.fault is not None and self.fault.kind == kind else None


@dataclass(frozen=True)
class Answer:
    """What goes back; `records` counts the rows it is about, for the journal."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json;charset=UTF-8"
    records: int = 0
