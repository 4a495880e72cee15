"""One org: its records, sessions, cursors and usage, and what its people do outside the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from .base_records import user_ids, write_base_records
from .config import OrgConfig
from .cursors import Cursors
from .limits import ApiUsage
from .sessions import Sessions
from .store import OrgStore


class Org:
    """The state of one org behind its API."""

    def __init__(self, config: OrgConfig, state_dir: Path, now: Callable[[], datetime]) -> None:
        self.store = OrgStore(config, state_dir, now)
        self.sessions = Sessions(self.store)
        self.cursors = Cursors()
        self.usage = ApiUsage(config.limits, now)
        self.user_ids = user_ids(self.store)
        self.jobs: dict[str, Any] = {}
        self.page_rows = config.limits.page_rows
        self.bulk_query_rows = config.limits.bulk_query_rows
        self.report_rows = config.limits.report_rows

    @property
    def name(self) -> str:
        """Return the org's short name."""
        return self.store.config.name

    def open(self) -> None:
        """Read the state back from disk and add the records that every org has."""
        with self.store.lock:
            self.store.open()
            self.sessions.load()
            self.jobs = self.store.disk.notes("job")
            write_base_records(self.store)

    def close(self) -> None:
        """Let go of the state file."""
        with self.store.lock:
            self.store.disk.close()

    def reset(self) -> None:
        """Forget all but the configuration: records, sessions, jobs, cursors, usage."""
        with self.store.lock:
            self.store.clear()
            self.sessions.load()
            self.cursors.expire()
            self.jobs.clear()
            self.page_rows = self.store.config.limits.page_rows
            self.bulk_query_rows = self.store.config.limits.bulk_query_rows
            self.report_rows = self.store.config.limits.report_rows
            self.usage = ApiUsage(self.store.config.limits, self.store.now)
            write_base_records(self.store)

    def refresh_token(self) -> str | None:
        """Return the refresh token that is good now."""
        kept = self.store.read_note("oauth", "refresh_token")
        return str(kept) if kept else self.store.config.refresh_token

    def rotate_refresh_token(self, new: str) -> str:
        """Replace the refresh token; the one before is dead."""
        self.store.write_note("oauth", "refresh_token", new)
        return new
