"""What a room of the sandbox asks of the sandbox's core: the clock, the journal, the faults.

Rooms know this protocol only. The core implements it; a test may implement it in ten lines.
`journal` and `fault` are called from the room's event loop; `now` from worker threads too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """One trouble to be made now; the core has already counted it as used.

    Args:
        kind: What happens; each room lists its kinds (`sandbox/salesforce/faults.py`).
        arguments: Numbers and texts of that kind, e.g. `{"status": 503}`.
    """

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


class SandboxHooks(Protocol):
    """The core of the sandbox as its rooms see it."""

    def now(self) -> datetime:
        """Return the sandbox clock: an aware datetime in UTC."""
        ...

    def journal(self, entry: dict[str, Any]) -> None:
        """Note one request that was answered (or cut off); entries hold no token and no payload."""
        ...

    def fault(self, room: str, operation: str, detail: dict[str, Any], moment: Moment) -> Fault | None:
        """Return the trouble to make at this moment, or None.

        Args:
            room: `salesforce`, `sftp`, `mail`.
            operation: The room's name of what is asked, e.g. `collections.upsert`.
            detail: What a fault may be aimed at: `org`, `method`, `path`, `object`.
            moment: `before` anything is done, or `after` the room has committed and before it answers.
        """
        ...
