"""The journal: one entry per request that a room answered or cut off, numbered, in order."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any

KEPT = 200_000
"""Entries held in memory; older ones are in the file only."""


class Journal:
    """Entries with `number`, `at`, `room`, `operation` and whatever the room adds; no token, no payload."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._number = 0
        self._stream: IO[str] | None = None

    def open(self) -> None:
        """Read what an earlier sandbox on this state noted, and go on below it."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._file.exists():
            with self._file.open() as lines:
                for line in lines:
                    if line.endswith("\n"):
                        self._entries.append(json.loads(line))
            if self._entries:
                self._number = self._entries[-1]["number"]
        self._stream = self._file.open("a", buffering=1)

    def close(self) -> None:
        """Close the file."""
        if self._stream:
            self._stream.close()
            self._stream = None

    def add(self, entry: dict[str, Any]) -> None:
        """Note one request."""
        self._number += 1
        line = {"number": self._number, "at": self._now().isoformat(), "room": "", "operation": "", **entry}
        self._entries.append(line)
        if self._stream:
            self._stream.write(json.dumps(line, default=str, separators=(",", ":")) + "\n")

    def read(
        self, room: str | None = None, since: int = 0, operation: str | None = None, org: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the entries after number `since`; `operation` may be a pattern."""
        return [
            entry
            for entry in self._entries
            if entry["number"] > since
            and (room is None or entry["room"] == room)
            and (operation is None or fnmatchcase(str(entry["operation"]), operation))
            and (org is None or entry.get("org") == org)
        ]

    @property
    def last(self) -> int:
        """Return the number of the newest entry, for `since`."""
        return self._number

    def clear(self) -> None:
        """Forget the entries; numbers go on, so that a `since` kept by a client stays right."""
        self._entries.clear()
        if self._stream:
            self._stream.truncate(0)
