"""One request and one answer, apart from any web framework, so that parts of a batch can be made too."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import Refused, bad_payload
from .records import Writer
from .schema import Schema
from .store import Store

_PREFERENCE = re.compile(r'\s*([\w.\-]+)(?:\s*=\s*(?:"([^"]*)"|([^,;]*)))?\s*(?:[,;]|\Z)')


@dataclass(frozen=True)
class Answer:
    """What goes back; `rows` counts the rows it is about, for the journal."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True)
class Call:
    """A request to the Web API.

    Args:
        path: Below `/api/data/vN.N/`, decoded.
        query: The options after the question mark, decoded.
        headers: By lower-case name.
        api: Scheme, host, port and path of the API as the client called it, without a slash at the end.
        user_id: Whose token it carries.
        trouble: Arguments of a fault inside the handling, by its kind.
    """

    store: Store
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    api: str
    user_id: str = ""
    trouble: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """Return the tables."""
        return self.store.schema

    @property
    def json(self) -> Any:
        """Return the body.

        Raises:
            Refused: It is no JSON.
        """
        try:
            return json.loads(self.body) if self.body.strip() else {}
        except (ValueError, RecursionError):
            raise bad_payload("Invalid JSON.") from None

    @property
    def preferences(self) -> dict[str, str]:
        """Return what `Prefer` asks for; a preference without a value has "" ."""
        found: dict[str, str] = {}
        text, position = self.headers.get("prefer", ""), 0
        while position < len(text):
            match = _PREFERENCE.match(text, position)
            if match is None or match.end() == position:
                break
            found[match[1].lower()] = match[2] if match[2] is not None else (match[3] or "").strip()
            position = match.end()
        return found

    @property
    def annotations(self) -> tuple[str, ...]:
        """Return the annotations that are asked for."""
        wished = self.preferences.get("odata.include-annotations", "")
        return tuple(one.strip() for one in wished.split(",") if one.strip())

    @property
    def writer(self) -> Writer:
        """Return who writes."""
        detect = self.headers.get("mscrm.suppressduplicatedetection", "").strip().lower() == "false"
        return Writer(self.user_id, detect)

    def need(self, right: str, table: str) -> None:
        """Raise unless the caller has a privilege such as `Create` on a table."""
        name = f"prv{right}{PRIVILEGE_NAMES.get(table, table.capitalize())}"
        missing = self.store.note("config", "missing_privileges") or []
        if name.lower() in {str(one).lower() for one in missing}:
            raise Refused(
                "0x80040220",
                f"Principal user (Id={self.user_id}, type=8) is missing {name} privilege on OTC"
                f" '{self.schema.tables[table].type_code}' for entity '{table}'.",
            )


PRIVILEGE_NAMES = {
    "task": "Activity",
    "phonecall": "Activity",
    "appointment": "Activity",
    "campaignresponse": "Activity",
    "activitypointer": "Activity",
    "annotation": "Note",
    "systemuser": "User",
    "listmember": "List",
    "transactioncurrency": "TransactionCurrency",
}
"""Tables whose privileges have another name than the table."""
