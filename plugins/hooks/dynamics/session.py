"""The connections to one environment: where they go, whom they trust, how long they wait."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

TIMEOUT_SECONDS = (10.0, 150.0)  # to connect; Dataverse itself gives up after two minutes


class PlainSession(requests.Session):
    """Goes nowhere but where it is sent, trusts the connection's own CA, and waits long enough."""

    def __init__(self, ca_bundle: str | None) -> None:
        super().__init__()
        # Without an `auth` of ours, requests would let a .netrc entry replace the token.
        self.auth = _keep_header
        if ca_bundle:
            self.mount("https://", _TrustingAdapter(ca_bundle))

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        """Send one request."""
        options |= {"allow_redirects": False, "timeout": TIMEOUT_SECONDS}
        return super().request(*arguments, **options)


class _TrustingAdapter(HTTPAdapter):
    """Trusts the connection's own CA: `Session.verify` would yield to REQUESTS_CA_BUNDLE."""

    def __init__(self, ca_bundle: str) -> None:
        self._ca_bundle = ca_bundle
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        return super().send(request, *arguments, **(options | {"verify": self._ca_bundle}))


def _keep_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL; two URLs of one origin give equal values."""
    parts = urlsplit(url)
    return (
        parts.scheme,
        (parts.hostname or "").casefold(),
        parts.port or (443 if parts.scheme == "https" else 80),
    )
