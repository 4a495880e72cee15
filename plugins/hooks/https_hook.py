"""What every hook of a vendor without a provider does the same way with its Airflow connection."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from airflow.sdk import BaseHook

from hooks.origins import host_names
from leadline.errors import ConfigurationError, LeadlineError


class Closing(Protocol):
    """A client that is closed after use."""

    def close(self) -> None: ...


class HttpsHook(BaseHook):  # type: ignore[misc]  # Airflow is not typed for us
    """One vendor's address, credentials and extras. A subclass makes the client and says hello.

    Extra keys that all of them know: `ca_bundle` (path) and `allowed_hosts` (comma-separated): to which
    addresses in answers may lead besides the connection's own.
    """

    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self.conn_id = conn_id

    def get_client(self) -> Any:
        """Return a client of its own connection pool; close it after use."""
        raise NotImplementedError

    def greet(self, client: Any) -> str:
        """Make the cheapest call that needs the credentials; return what to tell people of it."""
        raise NotImplementedError

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the vendor lets us in, and what it says."""
        try:
            client: Closing = self.get_client()
        except LeadlineError as error:
            return False, str(error)
        try:
            return True, self.greet(client)
        except LeadlineError as error:
            return False, str(error)
        finally:
            client.close()

    @cached_property
    def fields(self) -> Any:
        """Return the connection."""
        return self.get_connection(self.conn_id)

    @cached_property
    def extras(self) -> Mapping[str, Any]:
        """Return the connection's extra keys."""
        extras: Mapping[str, Any] = self.fields.extra_dejson
        return extras

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Return the hosts to which an answer may lead besides the connection's own, in lower case."""
        return host_names(self.extras.get("allowed_hosts"))

    def trust(self) -> ssl.SSLContext | bool:
        """Return by what the server's certificate is verified: the `ca_bundle`, or the machine's own.

        Raises:
            ConfigurationError: The bundle cannot be read.
        """
        bundle = self.extras.get("ca_bundle")
        if not bundle:
            return True
        try:
            return ssl.create_default_context(cafile=str(bundle))
        except (OSError, ssl.SSLError):
            raise ConfigurationError(f"connection {self.conn_id}: 'ca_bundle' cannot be read") from None
