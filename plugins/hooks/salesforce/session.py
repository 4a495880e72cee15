"""A signed-in session of one org, and how a call carries it."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests
from requests.auth import AuthBase


@dataclass(frozen=True)
class Session:
    """A granted access token, the instance it is for, and whose it is ("": not told)."""

    token: str = field(repr=False)
    instance_url: str
    user_id: str = ""


class Bearer(AuthBase):
    """Sets our token. Without an `auth` of ours, requests would let a .netrc entry replace the header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token into one request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request
