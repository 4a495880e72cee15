"""How often a row is tried, and how long it rests in between."""

from __future__ import annotations

from dataclasses import dataclass

from leadline.hub import now_us


@dataclass(frozen=True)
class Retries:
    """`attempts` tries in all; the rest doubles from `first_seconds` up to `longest_seconds`."""

    attempts: int = 8
    first_seconds: float = 1.0
    longest_seconds: float = 3_600.0

    def next_at(self, attempts: int) -> int:
        """Return when a row that was tried `attempts` times may go again, in UTC microseconds."""
        seconds = min(self.first_seconds * 2 ** (attempts - 1), self.longest_seconds)
        return now_us() + int(seconds * 1_000_000)
