"""Airflow's connection to a Marketo subscription, as a client of its REST API.

No provider and no living client library fits: the known one loses its token on a retry and never follows up
an ended one, so the calls are made here, over httpx.
"""

from __future__ import annotations

import json
from functools import cached_property
from urllib.parse import urlsplit

import httpx

from hooks.https_hook import HttpsHook
from hooks.marketo.client import MarketoClient, Token
from leadline.errors import ConfigurationError, CredentialsRefused, VendorUnavailable

TIMEOUT = httpx.Timeout(connect=10.0, read=120.0, write=60.0, pool=10.0)
"""Seconds. The server itself gives up after 30 to 90, paging tokens after 300 (error 604)."""


class MarketoHook(HttpsHook):
    """One subscription, by client credentials of a custom service with an API-only user.

    Connection type `generic`: `host` is the subscription's address
    (`https://123-ABC-456.mktorest.com`), `port` if it is not 443, `login` the client id, `password` its
    secret. Extra keys: `identity_url` (default: `/identity` of that address, and it must lie on it or on an
    `allowed_hosts` entry), `allowed_hosts` (comma-separated), `ca_bundle` (path).
    """

    conn_name_attr = "marketo_conn_id"
    default_conn_name = "marketo_default"
    conn_type = "marketo"
    hook_name = "Marketo"

    def __init__(self, marketo_conn_id: str = default_conn_name) -> None:
        super().__init__(marketo_conn_id)

    def get_client(self, daily_calls: int | None = None) -> MarketoClient:
        """Return a client of its own connection pool; it signs in at its first call. Close it after use.

        Args:
            daily_calls: Calls that the API user may make a day; None: as many as Marketo allows.
        """
        http = httpx.Client(timeout=TIMEOUT, verify=self.trust(), follow_redirects=False)
        return MarketoClient(self.origin_url, lambda: self.sign_in(http), http, daily_calls)

    def sign_in(self, http: httpx.Client) -> Token:
        """Return a token; asked again before it ends, Marketo gives the same one.

        Raises:
            ConfigurationError: The connection lacks a key.
            CredentialsRefused: Marketo grants no token.
            VendorUnavailable: It gives no answer.
        """
        form = {
            "grant_type": "client_credentials",
            "client_id": self._wanted("login", "the client id"),
            "client_secret": self._wanted("password", "the client secret"),
        }
        try:
            # As a form: in a URL the secret could reach a log.
            answer = http.post(f"{self.identity_url}/oauth/token", data=form, follow_redirects=False)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise VendorUnavailable(f"token request: {type(error).__name__}") from None
        return _read_token(answer)

    @cached_property
    def origin_url(self) -> str:
        """Return scheme, host and port of the subscription, without a path."""
        host = str(self.fields.host or "")
        if not host:
            raise ConfigurationError(
                f"connection {self.conn_id}: 'host' must be the subscription's address, "
                "such as https://123-ABC-456.mktorest.com"
            )
        parts = urlsplit(host if "://" in host else f"https://{host}")
        if parts.scheme != "https":
            raise ConfigurationError(f"connection {self.conn_id}: only https:// is allowed, not {host!r}")
        port = parts.port or self.fields.port
        return f"https://{parts.hostname}" + (f":{port}" if port and port != 443 else "")

    @cached_property
    def identity_url(self) -> str:
        """Return the address of the identity service."""
        url = str(self.extras.get("identity_url") or f"{self.origin_url}/identity").rstrip("/")
        parts, ours = urlsplit(url), urlsplit(self.origin_url)
        if parts.scheme != "https" or (
            parts.netloc != ours.netloc and parts.hostname not in self.allowed_hosts
        ):
            raise ConfigurationError(
                f"connection {self.conn_id}: 'identity_url' must be https:// on the subscription's host or "
                "on one of 'allowed_hosts'"
            )
        return url

    def _wanted(self, name: str, what: str) -> str:
        value = getattr(self.fields, name)
        if not value:
            raise ConfigurationError(f"connection {self.conn_id}: '{name}' is missing: it is {what}")
        return str(value)

    def greet(self, client: MarketoClient) -> str:
        """Ask for today's usage."""
        client.get("/rest/v1/stats/usage.json")
        return "Signed in"


def _read_token(answer: httpx.Response) -> Token:
    """Return the token that identity grants.

    Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication
    """
    status = answer.status_code
    if status >= 500 or status == 429:
        raise VendorUnavailable(f"token request: HTTP {status}")
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        raise VendorUnavailable(f"token request: HTTP {status}: the answer is not JSON") from None
    if status != 200 or not isinstance(body, dict) or not body.get("access_token"):
        code = body.get("error") if isinstance(body, dict) else None
        if status == 200 and not code:  # who is refused is told so
            raise VendorUnavailable("token request: the answer holds no token")
        raise CredentialsRefused(
            f"token request refused: {code or f'HTTP {status}'}: "
            "compare the connection's login and password with the custom service in LaunchPoint"
        )
    token = str(body["access_token"])
    try:
        life = float(body.get("expires_in") or 3600)
    except (TypeError, ValueError):
        life = 3600.0
    if not (token.isascii() and token.isprintable()):
        raise VendorUnavailable("token request: what was granted is no token")
    return Token(token, life, str(body.get("scope") or ""))
