"""The sandbox's clock: real time moved by an offset, or held still; kept over restarts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Tells the time of the imitated vendors, UTC."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = timedelta()
        self._held: datetime | None = None

    def load(self) -> None:
        """Go on where an earlier sandbox on this state left the clock."""
        if not self._file.exists():
            return
        saved = json.loads(self._file.read_text())
        self._offset = timedelta(seconds=saved["offset_seconds"])
        self._held = datetime.fromisoformat(saved["held"]) if saved["held"] else None

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return self._held or datetime.now(UTC) + self._offset

    def set(self, moment: datetime, *, hold: bool = False) -> None:
        """Let it be `moment` now; `hold` stops the clock there."""
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        self._offset = moment - datetime.now(UTC)
        self._held = moment if hold else None
        self._save()

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds; negative goes back."""
        step = timedelta(seconds=seconds)
        self._offset += step
        self._held = self._held + step if self._held else None
        self._save()

    def reset(self) -> None:
        """Tell real time again."""
        self._offset, self._held = timedelta(), None
        self._file.unlink(missing_ok=True)

    def as_json(self) -> dict[str, object]:
        """Return the clock as the control shows it."""
        return {
            "now": self.now().isoformat(),
            "offset_seconds": self._offset.total_seconds(),
            "held": self._held is not None,
        }

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(
            json.dumps(
                {
                    "offset_seconds": self._offset.total_seconds(),
                    "held": self._held.isoformat() if self._held else None,
                }
            )
        )
