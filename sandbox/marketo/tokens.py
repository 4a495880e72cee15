"""Sign-in of the custom service: one token for an hour, and the same one when asked again.

Source: developer.adobe.com/marketo-apis, "Authentication".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from .config import TenantConfig
from .errors import Refused
from .stamps import read
from .store import Store, stamp

LIFE_SECONDS = 3600


class Tokens:
    """The tenant's tokens; on disk only their hashes, and in memory the one that is handed out again."""

    def __init__(self, store: Store, config: TenantConfig) -> None:
        self._store = store
        self._config = config
        self._current: tuple[str, str] | None = None  # token, expiry

    def grant(self, client_id: str, client_secret: str, grant_type: str) -> dict[str, Any]:
        """Return the answer of `/identity/oauth/token`.

        Raises:
            Refused: HTTP 401, as identity refuses.
        """
        if grant_type != "client_credentials":
            raise _unauthorized("unsupported_grant_type", f"Unsupported grant type: {grant_type}")
        if client_id != self._config.client_id:
            raise _unauthorized("invalid_client", f"No client with requested id: {client_id}")
        if not hmac.compare_digest(client_secret, self._config.client_secret):
            raise _unauthorized("unauthorized", "Bad client credentials")
        now = self._store.now()
        if self._current is None or read(self._current[1]) <= now or not self._known(self._current[0]):
            token = f"{secrets.token_hex(16)}:int"
            expires = stamp(now + timedelta(seconds=LIFE_SECONDS))
            self._current = (token, expires)
            self._store.put("token", _digest(token), {"expires": expires})
        left = int((read(self._current[1]) - now).total_seconds())
        return {
            "access_token": self._current[0],
            "token_type": "bearer",
            "expires_in": max(left, 0),
            "scope": self._config.api_user,
        }

    def check(self, header: str | None) -> None:
        """Accept a bearer token.

        Raises:
            Refused: 600, 601 or 602.
        """
        scheme, _, token = (header or "").partition(" ")
        if scheme.casefold() != "bearer" or not token.strip():
            raise Refused("600")
        known = self._store.table("token").get(_digest(token.strip()))
        if known is None:
            raise Refused("601")
        if read(known["expires"]) <= self._store.now():
            raise Refused("602")

    def expire(self) -> None:
        """Let every token be past its hour."""
        now = stamp(self._store.now() - timedelta(seconds=1))
        for digest, token in list(self._store.table("token").items()):
            self._store.put("token", digest, {**token, "expires": now})
        self._current = None

    def revoke(self) -> None:
        """Forget every token."""
        for digest in list(self._store.table("token")):
            self._store.drop("token", digest)
        self._current = None

    def _known(self, token: str) -> bool:
        return _digest(token) in self._store.table("token")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _unauthorized(error: str, description: str) -> Refused:
    return Refused(error, status=401, body={"error": error, "error_description": description})
