"""A dealer's Saleslink: an Airflow connection becomes a client of its lead service.

The service's description comes from this package, never from the dealer's server, whose own copy may name
hosts that we must not call. The connection says where the service is; only https is spoken, the server's
certificate is verified, and no redirect is followed.
"""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlsplit

from hooks.https_hook import HttpsHook
from hooks.saleslink.client import CALLS_PER_MINUTE, SaleslinkClient
from hooks.saleslink.transport import ANSWER_SECONDS, Transport
from leadline.errors import ConfigurationError

DEFAULT_PATH = "/ZiftLeadService.asmx"
GONE_SHARE, GONE_MINIMUM = 0.5, 3


class SaleslinkHook(HttpsHook):
    """One dealer's lead service: login and password, and where it is.

    Extra keys: `wsdl_url` (as the dealer's administrator reads it in the CRM), `endpoint` (where calls go
    instead; default: `wsdl_url` without its query, else host, port and `/ZiftLeadService.asmx`), `ca_bundle`
    (path), `timeout` (seconds), `calls_per_minute` (0: do not pace), `gone_share` and `gone_minimum` (how
    many known leads may vanish at once before a pull stops: more than this share, and at least so many).
    """

    conn_type = "saleslink"
    hook_name = "Saleslink"

    def get_client(self) -> SaleslinkClient:
        """Return a client of its own connection pool; it calls nothing yet. Close it after use.

        Raises:
            ConfigurationError: The connection lacks what it needs, or does not speak https.
        """
        fields = self.fields
        if not fields.login or fields.password is None:
            raise ConfigurationError(
                f"connection {self.conn_id}: login and password of the lead service are needed"
            )
        seconds = self._number("timeout", ANSWER_SECONDS)
        return SaleslinkClient(
            self.endpoint,
            fields.login,
            fields.password,
            Transport(self.extras.get("ca_bundle") or None, seconds),
            calls_per_minute=int(self._number("calls_per_minute", CALLS_PER_MINUTE)),
        )

    @property
    def gone_limits(self) -> tuple[float, int]:
        """Return the share of known leads, and the least number, that count as a mass disappearance."""
        return self._number("gone_share", GONE_SHARE), int(self._number("gone_minimum", GONE_MINIMUM))

    @cached_property
    def endpoint(self) -> str:
        """Return the URL that calls are posted to."""
        fields = self.fields
        url = self.extras.get("endpoint") or self.extras.get("wsdl_url")
        if not url and fields.host:
            host = fields.host if "://" in fields.host else f"https://{fields.host}"
            port = f":{fields.port}" if fields.port and urlsplit(host).port is None else ""
            parts = urlsplit(host)
            url = f"{parts.scheme}://{parts.netloc}{port}{parts.path.rstrip('/') or DEFAULT_PATH}"
        if not url:
            raise ConfigurationError(
                f"connection {self.conn_id}: 'wsdl_url', 'endpoint' or the host must say where the "
                "lead service is"
            )
        parts = urlsplit(str(url))
        if parts.scheme != "https" or not parts.hostname:
            raise ConfigurationError(
                f"connection {self.conn_id}: only https:// is allowed for the lead service"
            )
        if parts.username or parts.password:
            raise ConfigurationError(
                f"connection {self.conn_id}: put login and password into their own fields, not the URL"
            )
        return f"https://{parts.netloc}{parts.path or DEFAULT_PATH}"

    def greet(self, client: SaleslinkClient) -> str:
        """Ask what the service is."""
        return f"Saleslink {client.service_info().product_version}"

    def _number(self, name: str, default: float) -> float:
        given = self.extras.get(name)
        if given in (None, ""):
            return default
        try:
            number = float(given)
        except (TypeError, ValueError):
            number = -1.0
        if number < 0:
            raise ConfigurationError(f"connection {self.conn_id}: '{name}' must be a number from 0 on")
        return number
