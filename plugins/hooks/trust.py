"""Connections of requests that keep to what the Airflow connection says, whatever the machine is set to."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter


class TrustingAdapter(HTTPAdapter):
    """Trusts the connection's own CA: `Session.verify` would yield to REQUESTS_CA_BUNDLE."""

    def __init__(self, ca_bundle: str) -> None:
        self._ca_bundle = ca_bundle
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send one request."""
        return super().send(request, *arguments, **(options | {"verify": self._ca_bundle}))


def keep_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as it is; without an `auth` of ours, a .netrc entry could replace its token."""
    return request
