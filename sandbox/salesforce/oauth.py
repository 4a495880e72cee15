"""The org's token endpoint and the identity pages behind it.

Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow", "OAuth 2.0 Client Credentials Flow",
"OAuth 2.0 Refresh Token Flow", "OAuth 2.0 Authorization Errors".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from .calls import Answer, Call
from .config import OrgUser
from .org import Org

_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_MILLISECONDS = 100_000_000_000  # an `exp` above this is in milliseconds: the sf CLI sends those


class _Denied(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": description}


def token(call: Call) -> Answer:
    """Answer `POST /services/oauth2/token`."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)) or dict(call.query)
    grants = {
        "client_credentials": _client_credentials,
        _JWT_GRANT: _jwt_bearer,
        "refresh_token": _refresh_token,
    }
    try:
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            raise _Denied("unsupported_grant_type", "grant type not supported")
        user, extra = grant(call, form)
    except _Denied as denied:
        return Answer(400, denied.body)
    return Answer(200, _granted(call, user, extra))


def _granted(call: Call, user: OrgUser, extra: Mapping[str, Any]) -> dict[str, Any]:
    org = call.org
    user_id = org.user_ids[user.username]
    identity = f"{_site(call)}/id/{org.store.org_id}/{user_id}"
    issued = str(int(time.time() * 1000))
    signature = hmac.new(
        org.store.config.client_secret.encode(), (identity + issued).encode(), hashlib.sha256
    )
    return {
        "access_token": org.sessions.issue(user_id),
        "signature": base64.b64encode(signature.digest()).decode(),
        "scope": "api",
        "instance_url": _site(call),
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued,
        **extra,
    }


def _site(call: Call) -> str:
    return call.org.store.config.instance_url or call.base_url


def _client_credentials(call: Call, form: Mapping[str, str]) -> tuple[OrgUser, dict[str, Any]]:
    _check_client(call.org, *_client(call, form))
    user = call.org.store.config.users[0]
    if not user.active:
        raise _Denied("inactive_user", "user is inactive")
    return user, {}


def _refresh_token(call: Call, form: Mapping[str, str]) -> tuple[OrgUser, dict[str, Any]]:
    client_id, secret = _client(call, form)
    _check_client(call.org, client_id, secret, secret_optional=True)
    current = call.org.refresh_token()
    given = form.get("refresh_token", "")
    if current is None or not hmac.compare_digest(current.encode(), given.encode()):
        raise _Denied("invalid_grant", "expired access/refresh token")
    extra = {}
    if call.org.store.config.rotate_refresh_token:
        extra["refresh_token"] = call.org.rotate_refresh_token("5Aep861" + secrets.token_urlsafe(40))
    return call.org.store.config.users[0], extra


def _client(call: Call, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _Denied("invalid_client", "invalid client credentials") from None
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _check_client(org: Org, client_id: str, secret: str, *, secret_optional: bool = False) -> None:
    config = org.store.config
    if client_id != config.client_id:
        raise _Denied("invalid_client_id", "client identifier invalid")
    if secret_optional and not secret:
        return
    if not hmac.compare_digest(secret.encode(), config.client_secret.encode()):
        raise _Denied("invalid_client", "invalid client credentials")


def _jwt_bearer(call: Call, form: Mapping[str, str]) -> tuple[OrgUser, dict[str, Any]]:
    config = call.org.store.config
    if config.public_key_pem is None:
        raise _Denied("invalid_app_access", "the app has no certificate")
    try:
        claims = jwt.decode(
            form.get("assertion", ""),
            _public_key(config.public_key_pem),
            algorithms=["RS256"],
            options={
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
                "require": ["iss", "sub"],
            },
        )
    except jwt.InvalidTokenError:
        raise _Denied("invalid_grant", "invalid assertion") from None
    if claims["iss"] != config.client_id:
        raise _Denied("invalid_client_id", "client identifier invalid")
    _check_audience(call, claims.get("aud"))
    _check_expiry(claims.get("exp"))
    user = next((user for user in config.users if user.username.lower() == str(claims["sub"]).lower()), None)
    if user is None or not user.approved:
        raise _Denied("invalid_grant", "user hasn't approved this consumer")
    if not user.active:
        raise _Denied("inactive_user", "user is inactive")
    return user, {}


def _check_audience(call: Call, given: Any) -> None:
    allowed = {*_LOGIN_HOSTS, _site(call), call.base_url}
    audiences = given if isinstance(given, list) else [given]
    if not any(str(audience).rstrip("/") in allowed for audience in audiences):
        raise _Denied("invalid_grant", "audience is invalid")


def _check_expiry(given: Any) -> None:
    # The machine's clock, not the sandbox's: the client that signed it has no other.
    try:
        expires = float(given)
    except (TypeError, ValueError):
        raise _Denied("invalid_grant", "invalid assertion") from None
    if expires > _MILLISECONDS:
        expires /= 1000
    if expires < time.time():
        raise _Denied("invalid_grant", "expired authorization code")


def _public_key(pem: str) -> RSAPublicKey:
    data = pem.encode()
    key = (
        load_pem_x509_certificate(data).public_key()
        if b"BEGIN CERTIFICATE" in data
        else load_pem_public_key(data)
    )
    if not isinstance(key, RSAPublicKey):
        raise _Denied("invalid_app_access", "the app's certificate is not RSA")
    return key


def userinfo(call: Call) -> Answer:
    """Answer `GET /services/oauth2/userinfo`."""
    user = call.org.store.get("User", call.user_id) or {}
    return Answer(
        200,
        {
            "sub": f"{_site(call)}/id/{call.org.store.org_id}/{call.user_id}",
            "user_id": call.user_id,
            "organization_id": call.org.store.org_id,
            "preferred_username": user.get("Username"),
            "nickname": user.get("Alias"),
            "name": user.get("Name"),
            "email": user.get("Email"),
            "email_verified": True,
            "given_name": user.get("FirstName"),
            "family_name": user.get("LastName"),
            "zoneinfo": "UTC",
            "locale": "en_US",
            "active": user.get("IsActive"),
            "user_type": "STANDARD",
            "urls": _urls(call),
        },
    )


def identity(call: Call, org_id: str, user_id: str) -> Answer:
    """Answer `GET /id/<org>/<user>`."""
    user = call.org.store.get("User", user_id)
    if user is None or org_id[:15] != call.org.store.org_id[:15]:
        return Answer(404, [{"message": "Not Found", "errorCode": "NOT_FOUND"}])
    return Answer(
        200,
        {
            "id": f"{_site(call)}/id/{call.org.store.org_id}/{user['Id']}",
            "asserted_user": user["Id"] == call.user_id,
            "user_id": user["Id"],
            "organization_id": call.org.store.org_id,
            "username": user["Username"],
            "display_name": user["Name"],
            "nick_name": user.get("Alias"),
            "email": user.get("Email"),
            "first_name": user.get("FirstName"),
            "last_name": user.get("LastName"),
            "active": user["IsActive"],
            "user_type": "STANDARD",
            "timezone": "UTC",
            "language": "en_US",
            "locale": "en_US",
            "urls": _urls(call),
            "last_modified_date": user["LastModifiedDate"],
        },
    )


def _urls(call: Call) -> dict[str, str]:
    data = f"{_site(call)}/services/data/v{{version}}/"
    return {
        "rest": data,
        "sobjects": f"{data}sobjects/",
        "query": f"{data}query/",
        "search": f"{data}search/",
        "profile": f"{_site(call)}/{call.user_id}",
    }
