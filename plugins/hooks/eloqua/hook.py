"""Airflow's connection to an Eloqua tenant.

`host`: the sign-in's address (default https://login.eloqua.com); `login` and `password`: of `Company\\user`.
Extra keys: `company`; for OAuth `client_id`, `client_secret` and perhaps `refresh_token`, else Basic;
`allowed_hosts` (comma-separated) to which `/id` may lead besides Eloqua's own; `ca_bundle` (path).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx
from airflow.sdk import Variable

from hooks.eloqua.client import TIMEOUT_SECONDS, EloquaClient
from hooks.eloqua.sign_in import Credentials, SignIn, full_user
from hooks.https_hook import HttpsHook
from hooks.origins import origin
from leadline.errors import ConfigurationError

logger = logging.getLogger(__name__)

LOGIN_URL = "https://login.eloqua.com"


class EloquaHook(HttpsHook):
    """One tenant: Basic, or OAuth 2 with user and password or a refresh token."""

    conn_name_attr = "eloqua_conn_id"
    default_conn_name = "eloqua_default"
    conn_type = "eloqua"
    hook_name = "Eloqua"

    def __init__(self, eloqua_conn_id: str = default_conn_name) -> None:
        super().__init__(eloqua_conn_id)

    def get_client(self) -> EloquaClient:
        """Return a client of its own connection pool; it signs in at its first call. Close it after use."""
        http = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, verify=self.trust())
        sign_in = SignIn(
            self.login_url, self.credentials, http, VariableTokens(self.conn_id), self.allowed_hosts
        )
        return EloquaClient(sign_in, http)

    @cached_property
    def login_url(self) -> str:
        """Return where to sign in: scheme, host and port."""
        url = str(self.fields.host or LOGIN_URL)
        url = url if "://" in url else f"https://{url}"
        scheme, host, port = origin(url)
        if scheme != "https" or not host:
            raise ConfigurationError(f"connection {self.conn_id}: 'host' must be an https:// address")
        port = self.fields.port or port
        return f"https://{host}" + (f":{port}" if port != 443 else "")

    @cached_property
    def credentials(self) -> Credentials:
        """Return what the connection says about us.

        Raises:
            ConfigurationError: It lacks what its way of signing in needs.
        """
        extras = self.extras
        client_id, token = extras.get("client_id"), extras.get("refresh_token")
        if client_id and not extras.get("client_secret"):
            raise ConfigurationError(f"connection {self.conn_id}: 'client_id' needs 'client_secret'")
        if token and not client_id:
            raise ConfigurationError(f"connection {self.conn_id}: 'refresh_token' needs 'client_id'")
        if not (self.fields.login and self.fields.password) and not (client_id and token):
            raise ConfigurationError(
                f"connection {self.conn_id}: 'login' and 'password' are needed, or 'client_id', "
                "'client_secret' and 'refresh_token'"
            )
        login = str(self.fields.login or "")
        return Credentials(
            user=full_user(login, extras.get("company")) if login else "",
            password=self.fields.password or None,
            client_id=client_id or None,
            client_secret=extras.get("client_secret") or None,
            refresh_token=token or None,
        )

    def greet(self, client: EloquaClient) -> str:
        """Ask for one contact field."""
        client.get("bulk", "contacts/fields", {"limit": "1"})
        return "Signed in"


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
