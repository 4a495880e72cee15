"""The environment's own Entra ID: client credentials, tokens that end by the sandbox clock.

Source: Microsoft Learn, "Microsoft identity platform and the OAuth 2.0 client credentials flow".
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from .calls import Answer
from .environment import TOKEN_SECONDS, credentials
from .errors import Refused
from .store import Store

_CODES = {
    "invalid_client": (7000215, "Invalid client secret provided."),
    "unauthorized_client": (700016, "Application was not found in the directory."),
    "invalid_scope": (70011, "The provided value for the input parameter 'scope' is not valid."),
    "unsupported_grant_type": (70003, "The app returned an unsupported grant type."),
    "invalid_request": (90002, "Tenant not found."),
    "invalid_tenant": (90002, "Tenant not found. Check to make sure you have the correct tenant ID."),
}


def openid(base_url: str, name: str, tenant: str) -> Answer:
    """Return where the authority's endpoints are."""
    if tenant != credentials(name)["tenant_id"]:
        return _refusal("invalid_tenant", 400)
    root = f"{base_url}/{tenant}"
    return Answer(
        200,
        {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "issuer": f"{root}/v2.0",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        },
    )


def discovery(base_url: str, tenant: str) -> Answer:
    """Return what the instance discovery says about this authority."""
    host = base_url.split("://", 1)[1]
    metadata = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
    endpoint = f"{base_url}/{tenant}/v2.0/.well-known/openid-configuration"
    return Answer(200, {"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": metadata})


def grant(store: Store, name: str, tenant: str, body: bytes) -> Answer:
    """Return a token for the form of a client, or why there is none."""
    form = dict(parse_qsl(body.decode("utf-8", "replace")))
    known = credentials(name)
    if tenant != known["tenant_id"]:
        return _refusal("invalid_request", 400)
    if form.get("grant_type") != "client_credentials":
        return _refusal("unsupported_grant_type", 400)
    if form.get("client_id") != known["client_id"]:
        return _refusal("unauthorized_client", 400)
    secret = store.note("config", "client_secret") or known["client_secret"]
    if form.get("client_secret") != secret and "client_assertion" not in form:
        return _refusal("invalid_client", 401)
    scope = form.get("scope", "")
    if not scope.endswith("/.default") or "//.default" in scope:
        return _refusal("invalid_scope", 400)
    token = secrets.token_urlsafe(24)
    ends = store.now() + timedelta(seconds=TOKEN_SECONDS)
    store.keep("token", token, ends.isoformat())
    return Answer(
        200,
        {
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "access_token": token,
        },
    )


def _refusal(error: str, status: int) -> Answer:
    number, text = _CODES[error]
    body: dict[str, Any] = {
        "error": error,
        "error_description": f"AADSTS{number}: {text} Trace ID: {uuid4()}",
        "error_codes": [number],
        "timestamp": "2026-11-22 10:00:00Z",
        "trace_id": str(uuid4()),
        "correlation_id": str(uuid4()),
    }
    return Answer(status, body)


def user_of(store: Store, name: str, headers: Mapping[str, str]) -> str:
    """Return the user whose token a request carries.

    Raises:
        Refused: There is none, it has ended, or the application is no user of the environment.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    ends = store.note("token", token) if scheme.lower() == "bearer" else None
    if ends is None or datetime.fromisoformat(ends) <= store.now():
        raise Refused(
            "", "The token is missing, unknown or has expired.", 401, {"WWW-Authenticate": "Bearer"}
        )
    if store.note("config", "not_a_member"):
        raise Refused("0x80072560", "The user is not a member of the organization.", 403)
    return str(credentials(name)["user_id"])
