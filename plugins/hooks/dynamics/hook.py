"""A Dataverse environment behind an Airflow connection of type `generic`."""

from __future__ import annotations

import json
import logging
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from azure.identity import ClientSecretCredential

from hooks.dynamics.client import BATCH_ROWS, DynamicsClient
from hooks.dynamics.credential import Credential
from hooks.dynamics.crm import DynamicsOptions
from hooks.https_hook import HttpsHook
from leadline.errors import ConfigurationError

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
DEFAULT_VERSION = "9.2"


class DynamicsHook(HttpsHook):
    """One environment, entered as an application user with client credentials.

    The connection: `host` (and `port`) is the environment's address, `login` the application's id, `password`
    its secret. Extra: `tenant_id` (needed), `authority` (default: Microsoft's public cloud), `api_version`,
    `ca_bundle` (path), `allowed_hosts` (comma-separated) that links in answers may name, `proxies`,
    `batch_rows`, `activities` (`task` or `annotation`), `regarding`, `topic`, `detect_duplicates`.
    """

    conn_name_attr = "dynamics_conn_id"
    hook_name = "Dynamics 365"

    def __init__(self, dynamics_conn_id: str) -> None:
        super().__init__(dynamics_conn_id)

    def get_client(self) -> DynamicsClient:
        """Return a client of its own connection pool; it signs in at its first call. Close it after use.

        Raises:
            ConfigurationError: The connection lacks something, or is not https.
        """
        tenant, login, password = self._needed()
        authority = str(self.extras.get("authority") or PUBLIC_AUTHORITY).rstrip("/")
        self._must_be_https("authority", authority)
        ca_bundle = self.extras.get("ca_bundle")
        proxies = self.extras.get("proxies") or {}
        if isinstance(proxies, str):
            proxies = json.loads(proxies)

        def make() -> ClientSecretCredential:
            options: dict[str, Any] = {"retry_total": 1, "connection_timeout": 10, "read_timeout": 60}
            options["logger"] = _quiet()
            if ca_bundle:
                options["connection_verify"] = ca_bundle
            if proxies:
                options["proxies"] = proxies
            # Only the public cloud can vouch for itself; another authority is the connection's own word.
            known = authority == PUBLIC_AUTHORITY
            return ClientSecretCredential(
                tenant, login, password, authority=authority, disable_instance_discovery=not known, **options
            )

        return DynamicsClient(
            self.environment_url,
            Credential(make),
            str(self.extras.get("api_version") or DEFAULT_VERSION),
            allowed_hosts=self.allowed_hosts,
            ca_bundle=ca_bundle,
            proxies=proxies,
            batch_rows=self._number("batch_rows", BATCH_ROWS),
        )

    def get_options(self) -> DynamicsOptions:
        """Return how this environment wants notes, topics and duplicates."""
        usual = DynamicsOptions()
        kind = str(self.extras.get("activities") or usual.activities)
        kinds: dict[str, Literal["task", "annotation"]] = {"task": "task", "annotation": "annotation"}
        if kind not in kinds:
            raise ConfigurationError(
                f"connection {self.conn_id}: 'activities' is task or annotation, not {kind!r}"
            )
        detect = self.extras.get("detect_duplicates")
        return DynamicsOptions(
            activities=kinds[kind],
            regarding=str(self.extras.get("regarding") or usual.regarding),
            topic=str(self.extras.get("topic") or usual.topic),
            detect_duplicates=detect is True or str(detect).casefold() in ("true", "1", "yes"),
        )

    @cached_property
    def environment_url(self) -> str:
        """Return scheme, host and port of the environment."""
        host = str(self.fields.host or "").strip()
        if not host:
            raise ConfigurationError(f"connection {self.conn_id}: 'host' must be the environment's address")
        url = host if "://" in host else f"https://{host}"
        parts = urlsplit(url)
        self._must_be_https("host", url)
        port = parts.port or self.fields.port
        return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")

    def greet(self, client: DynamicsClient) -> str:
        """Ask who we are."""
        client.get("WhoAmI")
        return "Signed in"

    def _needed(self) -> tuple[str, str, str]:
        """Return tenant, application and secret."""
        values = {
            "tenant_id": self.extras.get("tenant_id"),
            "login": self.fields.login,
            "password": self.fields.password,
        }
        if missing := [name for name, value in values.items() if not value]:
            raise ConfigurationError(f"connection {self.conn_id}: {', '.join(missing)} must be set")
        tenant, login, password = (str(value) for value in values.values())
        return tenant, login, password

    def _must_be_https(self, name: str, url: str) -> None:
        if urlsplit(url).scheme != "https":
            raise ConfigurationError(f"connection {self.conn_id}: '{name}' must be https://, not {url!r}")

    def _number(self, name: str, usual: int) -> int:
        text = str(self.extras.get(name) or usual)
        if not text.isdigit():
            raise ConfigurationError(f"connection {self.conn_id}: '{name}' is no number: {text!r}")
        return int(text)


def _quiet() -> logging.Logger:
    """Return a logger for azure's own account of each token request, which says nothing worth a line."""
    logger = logging.getLogger(f"{__name__}.entra")
    logger.setLevel(logging.WARNING)
    return logger
