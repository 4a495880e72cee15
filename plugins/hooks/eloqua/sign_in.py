"""Who we are to Eloqua, and where it lets us in: Basic or OAuth 2, then `/id`.

Source: Oracle, "Authentication", "Determining base URLs". There is no client-credentials grant: OAuth signs
in with user and password, or with a refresh token that works once and gives the next one.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import httpx

from hooks.origins import origin
from hooks.waiting import wished_seconds
from leadline.errors import ConfigurationError, CredentialsRefused, NotAllowed, VendorUnavailable

logger = logging.getLogger(__name__)

EARLY_SECONDS = 120.0  # before its end a token is not used any more
_VENDOR = ".eloqua.com"
_VERSION = "2.0"


class TokenStore(Protocol):
    """Where tokens are kept between processes: a refresh token works once."""

    def load(self) -> Mapping[str, Any]:
        """Return what was saved; empty: nothing."""
        ...

    def save(self, tokens: Mapping[str, Any]) -> None:
        """Keep the tokens, before anybody uses them."""
        ...


@dataclass(frozen=True)
class Credentials:
    """What a connection says. With `client_id` it is OAuth, else Basic."""

    user: str  # Site\\user
    password: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Endpoints:
    """Where this tenant's APIs are, each ending in "/"; they change when it is moved."""

    rest: str
    bulk: str


class SignIn:
    """Signs calls and finds the tenant. Not for several threads at once.

    Args:
        login_url: Of the vendor's sign-in, without a path.
        http: Follows no redirects.
        tokens: Only OAuth needs it.
        allowed_hosts: Hosts besides the login's own to which `/id` may lead.
        clock: Epoch seconds.
    """

    def __init__(
        self,
        login_url: str,
        credentials: Credentials,
        http: httpx.Client,
        tokens: TokenStore,
        allowed_hosts: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._login_url = login_url.rstrip("/")
        self._credentials = credentials
        self._http = http
        self._tokens = tokens
        self._allowed_hosts = allowed_hosts
        self._clock = clock
        self._access: str | None = None

    def header(self) -> str:
        """Return the Authorization header of a call."""
        if self._credentials.client_id is None:
            return _basic(self._credentials.user, self._credentials.password or "")
        if self._access is None:
            self._access = self._stored() or self._granted()
        return f"Bearer {self._access}"

    def renew(self) -> None:
        """Forget an access token that was refused."""
        if self._access is not None:
            stored = dict(self._tokens.load())
            if stored.get("access_token") == self._access:
                self._tokens.save({**stored, "access_token": None})
        self._access = None

    def endpoints(self) -> Endpoints:
        """Return where the tenant is now.

        Raises:
            CredentialsRefused: Eloqua does not know us; it says so with HTTP 200.
            NotAllowed: The answer leads to a host that this connection does not allow.
        """
        answer = self._send("GET", f"{self._login_url}/id", headers={"Authorization": self.header()})
        if answer.status_code == 401 and self._credentials.client_id:
            self.renew()
            answer = self._send("GET", f"{self._login_url}/id", headers={"Authorization": self.header()})
        if answer.status_code in (401, 403):
            raise CredentialsRefused(f"/id: HTTP {answer.status_code}: check user and password")
        if answer.status_code != 200:
            raise VendorUnavailable(f"/id: HTTP {answer.status_code}", _retry_after(answer))
        body = _json(answer, "/id")
        if isinstance(body, str):
            raise CredentialsRefused(f"/id: {body[:100]} Check company, user and password of the connection.")
        try:
            apis = body["urls"]["apis"]["rest"]
            found = Endpoints(
                *(str(apis[name]).replace("{version}", _VERSION) for name in ("standard", "bulk"))
            )
        except (KeyError, TypeError):
            raise VendorUnavailable("/id: the answer names no addresses") from None
        for url in (found.rest, found.bulk):
            self._check(url)
        return Endpoints(found.rest.rstrip("/") + "/", found.bulk.rstrip("/") + "/")

    def _check(self, url: str) -> None:
        scheme, host, _ = origin(url)
        asked = origin(self._login_url)
        vendors = asked[1].endswith(_VENDOR) and host.endswith(_VENDOR)
        if scheme != "https" or not (origin(url) == asked or vendors or host in self._allowed_hosts):
            raise NotAllowed(
                f"/id leads to {scheme}://{host}, which this connection does not allow: "
                "add the host to its 'allowed_hosts' if it is right"
            )

    def _stored(self) -> str | None:
        """Return the access token that another process was granted, if it still holds."""
        stored = self._own(self._tokens.load())
        if stored.get("access_token") and float(stored.get("until") or 0) > self._clock() + EARLY_SECONDS:
            return str(stored["access_token"])
        return None

    def _own(self, stored: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return stored tokens if they are of these credentials: a new one in the connection begins anew."""
        return stored if stored.get("of") == self._mark else {}

    @property
    def _mark(self) -> str:
        own = self._credentials
        parts = [self._login_url, own.user, own.client_id, own.refresh_token]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def _granted(self) -> str:
        """Return a fresh access token; the refresh token that comes with it is saved before it is used."""
        own, spent = self._credentials, set[str]()
        while True:
            newest = self._own(self._tokens.load()).get("refresh_token") or own.refresh_token
            if not newest or newest in spent:
                break
            granted = self._grant({"grant_type": "refresh_token", "refresh_token": str(newest)})
            if granted:
                return granted
            # Another process may have spent it just now and saved the next: look once more.
            spent.add(str(newest))
            if stored := self._stored():
                return stored
        if own.password:
            granted = self._grant({"grant_type": "password", "username": own.user, "password": own.password})
            if granted:
                return granted
        raise CredentialsRefused(
            "Eloqua grants no token: put a new 'refresh_token', or user and password, into the connection"
        )

    def _grant(self, form: Mapping[str, str]) -> str | None:
        own = self._credentials
        answer = self._send(
            "POST",
            f"{self._login_url}/auth/oauth2/token",
            data={**form, "scope": "full"},
            headers={"Authorization": _basic(own.client_id or "", own.client_secret or "")},
        )
        if answer.status_code == 401:
            raise CredentialsRefused("token request: Eloqua does not know 'client_id' and 'client_secret'")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise VendorUnavailable(f"token request: HTTP {answer.status_code}", _retry_after(answer))
        if answer.status_code != 200:
            logger.info("token request by %s: HTTP %s", form["grant_type"], answer.status_code)
            return None
        body = _json(answer, "token request")
        if not isinstance(body, Mapping) or not body.get("access_token"):
            raise VendorUnavailable("token request: the answer holds no token")
        self._tokens.save(
            {
                "of": self._mark,
                "access_token": body["access_token"],
                "refresh_token": body.get("refresh_token"),
                "until": self._clock() + _seconds(body.get("expires_in")),
            }
        )
        return str(body["access_token"])

    def _send(self, method: str, url: str, **call: Any) -> httpx.Response:
        try:
            return self._http.request(method, url, **call)
        except httpx.HTTPError as error:
            raise VendorUnavailable(f"sign-in: {type(error).__name__}") from None


def full_user(login: str, company: str | None) -> str:
    """Return `Site\\user` of a connection's login and company.

    Raises:
        ConfigurationError: Neither names the company.
    """
    if "\\" in login:
        return login
    if not company:
        raise ConfigurationError(
            "Eloqua's user is 'Company\\user': put the company into 'login' or 'company'"
        )
    return f"{company}\\{login}"


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode("ascii")


def _retry_after(answer: httpx.Response) -> float | None:
    return wished_seconds(answer.headers.get("Retry-After"))


def _seconds(told: Any) -> float:
    try:
        return float(told or 0)
    except (TypeError, ValueError):
        return 0.0


def _json(answer: httpx.Response, what: str) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        raise VendorUnavailable(f"{what}: the answer is not JSON") from None
