"""Airflow's connection to an Eloqua tenant.

`host`: the sign-in's address (default https://login.eloqua.com); `login` and `password`: of `Company\\user`.
Extra keys: `company`; for OAuth `client_id`, `client_secret` and perhaps `refresh_token`, else Basic;
`allowed_hosts` (comma-separated) to which `/id` may lead besides Eloqua's own; `ca_bundle` (path).
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx
from airflow.sdk import BaseHook, Variable

from hooks.eloqua_client import TIMEOUT_SECONDS, EloquaClient
from hooks.eloqua_sign_in import Credentials, SignIn, full_user, origin
from leadline.errors import ConfigurationError, LeadlineError

logger = logging.getLogger(__name__)

LOGIN_URL = "https://login.eloqua.com"


class EloquaHook(BaseHook):  # type: ignore[misc]  # Airflow is not typed for us
    """One tenant: Basic, or OAuth 2 with user and password or a refresh token."""

    conn_name_attr = "eloqua_conn_id"
    default_conn_name = "eloqua_default"
    conn_type = "eloqua"
    hook_name = "Eloqua"

    def __init__(self, eloqua_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.conn_id = eloqua_conn_id

    def get_client(self) -> EloquaClient:
        """Return a client of its own connection pool; it signs in at its first call. Close it after use."""
        http = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, verify=self._trusted())
        sign_in = SignIn(
            self.login_url, self.credentials, http, VariableTokens(self.conn_id), self._allowed_hosts
        )
        return EloquaClient(sign_in, http)

    @cached_property
    def _fields(self) -> Any:
        return self.get_connection(self.conn_id)

    @cached_property
    def _extras(self) -> Mapping[str, Any]:
        extras: Mapping[str, Any] = self._fields.extra_dejson
        return extras

    @cached_property
    def login_url(self) -> str:
        """Return where to sign in: scheme, host and port."""
        url = str(self._fields.host or LOGIN_URL)
        url = url if "://" in url else f"https://{url}"
        scheme, host, port = origin(url)
        if scheme != "https" or not host:
            raise ConfigurationError(f"connection {self.conn_id}: 'host' must be an https:// address")
        port = self._fields.port or port
        return f"https://{host}" + (f":{port}" if port != 443 else "")

    @cached_property
    def credentials(self) -> Credentials:
        """Return what the connection says about us.

        Raises:
            ConfigurationError: It lacks what its way of signing in needs.
        """
        extras = self._extras
        client_id, token = extras.get("client_id"), extras.get("refresh_token")
        if client_id and not extras.get("client_secret"):
            raise ConfigurationError(f"connection {self.conn_id}: 'client_id' needs 'client_secret'")
        if token and not client_id:
            raise ConfigurationError(f"connection {self.conn_id}: 'refresh_token' needs 'client_id'")
        if not (self._fields.login and self._fields.password) and not (client_id and token):
            raise ConfigurationError(
                f"connection {self.conn_id}: 'login' and 'password' are needed, or 'client_id', "
                "'client_secret' and 'refresh_token'"
            )
        login = str(self._fields.login or "")
        return Credentials(
            user=full_user(login, extras.get("company")) if login else "",
            password=self._fields.password or None,
            client_id=client_id or None,
            client_secret=extras.get("client_secret") or None,
            refresh_token=token or None,
        )

    @property
    def _allowed_hosts(self) -> frozenset[str]:
        named = self._extras.get("allowed_hosts") or ()
        hosts = named.split(",") if isinstance(named, str) else named
        return frozenset(host.strip().casefold() for host in hosts if host.strip())

    def _trusted(self) -> ssl.SSLContext | bool:
        path = self._extras.get("ca_bundle")
        if not path:
            return True
        try:
            return ssl.create_default_context(cafile=path)
        except OSError as error:
            raise ConfigurationError(
                f"connection {self.conn_id}: 'ca_bundle' cannot be read: {error.strerror or error}"
            ) from None

    def test_connection(self) -> tuple[bool, str]:
        """Return whether Eloqua lets us in, and what it says: the button of Airflow's connection form."""
        client = self.get_client()
        try:
            client.get("bulk", "contacts/fields", {"limit": "1"})
        except LeadlineError as error:
            return False, str(error)
        finally:
            client.close()
        return True, "Signed in"


class VariableTokens:
    """Tokens of one connection in an Airflow variable: a refresh token works once, and the next must be kept.

    The variable's name makes Airflow hide its value; it is encrypted as connections are.
    """

    def __init__(self, conn_id: str) -> None:
        self._name = f"eloqua_token_secret_{conn_id}"

    def load(self) -> Mapping[str, Any]:
        """Return what was saved; empty: nothing."""
        text = Variable.get(self._name, default=None)
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def save(self, tokens: Mapping[str, Any]) -> None:
        """Keep the tokens."""
        Variable.set(self._name, json.dumps(dict(tokens)))
