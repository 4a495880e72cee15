"""The connections to one environment: where they go, whom they trust, how long they wait."""

from __future__ import annotations

import math
from typing import Any

import requests

from hooks.trust import TrustingAdapter, keep_header
from hooks.waiting import wished_seconds

TIMEOUT_SECONDS = (10.0, 150.0)  # to connect; Dataverse itself gives up after two minutes


class PlainSession(requests.Session):
    """Goes nowhere but where it is sent, trusts the connection's own CA, and waits long enough."""

    def __init__(self, ca_bundle: str | None) -> None:
        super().__init__()
        self.auth = keep_header
        if ca_bundle:
            self.mount("https://", TrustingAdapter(ca_bundle))

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        """Send one request; its Retry-After is made whole seconds, for Microsoft's client reads no date."""
        options |= {"allow_redirects": False, "timeout": TIMEOUT_SECONDS}
        answer = super().request(*arguments, **options)
        wish = wished_seconds(answer.headers.get("Retry-After"))
        if wish is not None:
            answer.headers["Retry-After"] = str(math.ceil(wish))
        return answer
