"""Access tokens of one org: given at sign-in, forgotten after the session time without use."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from . import stamps
from .errors import Refused, session_expired
from .store import OrgStore

_REWRITE = timedelta(minutes=1)  # how stale the stored time of the last use may get


class Sessions:
    """The sessions of one org; tokens are kept as digests only."""

    def __init__(self, store: OrgStore) -> None:
        self._store = store
        self._open: dict[str, dict[str, Any]] = {}

    def load(self) -> None:
        """Read back what an earlier process gave out."""
        self._open = self._store.disk.notes("token")

    def clear(self) -> None:
        """End all sessions."""
        for digest in self._open:
            self._store.write_note("token", digest, None)
        self._open = {}

    def issue(self, user_id: str) -> str:
        """Return a new access token: the org's id, an exclamation mark, and a secret."""
        token = f"{self._store.org_id[:15]}!AQ{secrets.token_urlsafe(60).replace('-', '.')}"
        now = stamps.text(self._store.now())
        session = {"user": user_id, "used": now}
        self._open[_digest(token)] = session
        self._store.write_note("token", _digest(token), session)
        return token

    def user(self, authorization: str | None) -> str:
        """Return whose session an `Authorization` header names.

        Raises:
            Refused: INVALID_AUTH_HEADER, or INVALID_SESSION_ID for an unknown or expired token.
        """
        if not authorization:
            raise session_expired()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {"bearer", "oauth"} or not token:
            raise Refused("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        digest = _digest(token.strip())
        session = self._open.get(digest)
        if session is None:
            raise session_expired()
        now = self._store.now()
        idle = now - stamps.moment(session["used"])
        if idle > timedelta(minutes=self._store.config.limits.session_minutes):
            del self._open[digest]
            self._store.write_note("token", digest, None)
            raise session_expired()
        if idle > _REWRITE:
            session["used"] = stamps.text(now)
            self._store.write_note("token", digest, session)
        return str(session["user"])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
