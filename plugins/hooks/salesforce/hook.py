"""Airflow's Salesforce connection, signed in at the connection's own origin.

The provider's hook and simple-salesforce ask for their token at `https://<domain>.salesforce.com` whatever
the connection says. This one asks at the connection's origin, and keeps Airflow's connection form.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook as ProviderSalesforceHook
from simple_salesforce import Salesforce

from hooks.origins import host_names, origin
from hooks.salesforce.answers import read_faults
from hooks.salesforce.bodies import parse
from hooks.salesforce.client import TIMEOUT_SECONDS, SalesforceClient
from hooks.salesforce.session import Session
from hooks.trust import TrustingAdapter, keep_header
from hooks.waiting import wished_seconds
from leadline.errors import (
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    VendorUnavailable,
)

DEFAULT_VERSION = "62.0"
ASSERTION_SECONDS = 180
_VENDOR = ".salesforce.com"
_PASSING = frozenset({"unknown_error", "server_error", "temporarily_unavailable", "rate_limit_exceeded"})
"""What a token answer says of itself, not of our credentials: `unknown_error` reads "retry your request"."""


class SalesforceHook(ProviderSalesforceHook):  # type: ignore[misc]  # Airflow is not typed for us
    """One org: JWT bearer or client credentials, at the connection's own origin.

    Extra keys, besides those of Airflow's form: `token_url` (default: `/services/oauth2/token` of the
    origin), `audience` of the JWT, `allowed_hosts` (comma-separated) that URLs in answers may name besides
    the origin, `ca_bundle` (path). The origin is `instance_url`, else `host`, else `domain`.
    """

    def __init__(self, salesforce_conn_id: str = ProviderSalesforceHook.default_conn_name) -> None:
        super().__init__(salesforce_conn_id)

    def get_client(self) -> SalesforceClient:
        """Return a client of its own connection pool; it signs in at its first call. Close it after use."""
        http = requests.Session()
        if proxies := self._extra("proxies"):
            http.proxies.update(json.loads(proxies) if isinstance(proxies, str) else proxies)
        return SalesforceClient(
            sign_in=lambda: self.sign_in(http),
            http=http,
            version=str(self._extra("version") or DEFAULT_VERSION),
            allowed_hosts=self._allowed_hosts,
            ca_bundle=self._extra("ca_bundle"),
        )

    def sign_in(self, http: requests.Session) -> Session:
        """Return a fresh session.

        Raises:
            ConfigurationError: The connection lacks a key that its flow needs.
            CredentialsRefused: Salesforce grants no token.
        """
        session = _read_session(_post_form(http, self.token_url, self._grant(), self._extra("ca_bundle")))
        instance = session.instance_url or self.origin_url
        scheme, host, _ = origin(instance)
        if scheme != "https" or not self._may_lead_to(instance, host):
            raise NotAllowed(
                f"the token answer points to {scheme}://{host}, which this connection does not allow"
            )
        return Session(session.token, instance, session.user_id)

    def _may_lead_to(self, instance: str, host: str) -> bool:
        if (
            origin(instance) in (origin(self.origin_url), origin(self.token_url))
            or host in self._allowed_hosts
        ):
            return True
        # login.salesforce.com answers with the org's own host: both are the vendor's.
        asked = origin(self.token_url)[1]
        return asked.endswith(_VENDOR) and host.endswith((_VENDOR, ".force.com"))

    @cached_property
    def _fields(self) -> Any:
        return self.get_connection(self.conn_id)

    @cached_property
    def _extras(self) -> Mapping[str, Any]:
        extras: Mapping[str, Any] = self._fields.extra_dejson
        return extras

    def _extra(self, name: str) -> Any:
        return self._get_field(dict(self._extras), name)

    @property
    def _allowed_hosts(self) -> frozenset[str]:
        return host_names(self._extra("allowed_hosts"))

    @cached_property
    def origin_url(self) -> str:
        """Return scheme, host and port that this connection is about, without a path."""
        url = self._extra("instance_url") or self._fields.host
        if not url and (domain := self._extra("domain")):
            url = f"https://{domain}{_VENDOR}"
        if not url:
            raise ConfigurationError(
                f"connection {self.conn_id}: 'instance_url', 'host' or 'domain' must say where the org is"
            )
        if url == self._fields.host and self._fields.port:
            url = f"{url}:{self._fields.port}"
        url = url if "://" in url else f"https://{url}"
        if origin(url)[0] != "https":
            raise ConfigurationError(f"connection {self.conn_id}: only https:// is allowed, not {url!r}")
        return _without_path(url)

    @cached_property
    def token_url(self) -> str:
        """Return where the token is asked for."""
        url = str(self._extra("token_url") or f"{self.origin_url}/services/oauth2/token")
        if origin(url)[0] != "https":
            raise ConfigurationError(f"connection {self.conn_id}: 'token_url' must be https://")
        return url

    def _grant(self) -> dict[str, str]:
        key = self._extra("consumer_key")
        if not key:
            raise ConfigurationError(f"connection {self.conn_id}: 'consumer_key' is missing")
        if private_key := self._private_key():
            return {
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion": self._assertion(str(key), private_key),
            }
        if secret := self._extra("consumer_secret"):
            return {
                "grant_type": "client_credentials",
                "client_id": str(key),
                "client_secret": str(secret),
            }
        raise ConfigurationError(
            f"connection {self.conn_id}: 'private_key', 'private_key_file_path' or 'consumer_secret' is"
            " needed; passwords and security tokens are not supported (Salesforce retires that sign-in)"
        )

    def _private_key(self) -> str | None:
        if text := self._extra("private_key"):
            return str(text).replace("\\n", "\n")
        if path := self._extra("private_key_file_path"):
            try:
                return Path(path).read_text(encoding="ascii")
            except OSError as error:
                raise ConfigurationError(
                    f"connection {self.conn_id}: the private key cannot be read: {error.strerror}"
                ) from None
        return None

    def _assertion(self, consumer_key: str, private_key: str) -> str:
        """Return the signed claim of who we are. Source: Salesforce help, "OAuth 2.0 JWT Bearer Flow"."""
        if not self._fields.login:
            raise ConfigurationError(f"connection {self.conn_id}: the JWT flow needs a user name in 'login'")
        claims = {
            "iss": consumer_key,
            "sub": self._fields.login,
            "aud": self._extra("audience") or _without_path(self.token_url),
            "exp": int(time.time()) + ASSERTION_SECONDS,
        }
        try:
            return jwt.encode(claims, private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ConfigurationError(
                f"connection {self.conn_id}: the private key is no RSA key in PEM"
            ) from None

    @cached_property
    def conn(self) -> Salesforce:
        """Return simple-salesforce on our session, for the provider's own methods and operators."""
        http = requests.Session()
        session = self.sign_in(http)
        if path := self._extra("ca_bundle"):
            http.mount("https://", TrustingAdapter(path))
        version = str(self._extra("version") or DEFAULT_VERSION)
        return Salesforce(
            session_id=session.token, instance_url=session.instance_url, version=version, session=http
        )

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the org lets us in, and what it says."""
        client = self.get_client()
        try:
            client.request("GET", "limits")
        except LeadlineError as error:
            return False, str(error)
        finally:
            client.close()
        return True, "Signed in"


def _without_path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _post_form(
    http: requests.Session, url: str, form: Mapping[str, str], ca_bundle: str | None
) -> requests.Response:
    """Return the answer to a token request; the form is never part of an error's text."""
    try:
        return http.post(
            url,
            data=dict(form),
            headers={"Accept": "application/json"},
            auth=keep_header,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            verify=ca_bundle,
        )
    except requests.RequestException as error:
        raise VendorUnavailable(f"token request: {type(error).__name__}") from None


def _read_session(answer: requests.Response) -> Session:
    """Return the session that a token answer grants.

    Raises:
        CredentialsRefused: It grants none, and says why.
    """
    if answer.status_code >= 500 or answer.status_code in (404, 429):
        wish = wished_seconds(answer.headers.get("Retry-After"))
        raise VendorUnavailable(f"token request: HTTP {answer.status_code}", wish)
    body = parse(answer)
    if answer.status_code != 200 or not isinstance(body, dict) or not body.get("access_token"):
        fault = read_faults(answer.content)
        code = fault[0].code if fault else f"HTTP {answer.status_code}"
        if code in _PASSING:
            raise VendorUnavailable(f"token request: {code}")
        raise CredentialsRefused(f"token request refused: {code}: {fault[0].message if fault else ''}")
    # `id` is the address of who we are: …/id/<org>/<user>.
    user_id = str(body.get("id") or "").rpartition("/")[2]
    return Session(str(body["access_token"]), str(body.get("instance_url") or ""), user_id)
