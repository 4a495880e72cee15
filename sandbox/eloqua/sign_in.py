"""Who may come in, and where the tenant's APIs are: `/id`, `/auth/oauth2/token`, Basic and Bearer.

Source: Oracle, "Determining base URLs", "Authentication"; the life of tokens: reference of the clients.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from sandbox.eloqua import stamps
from sandbox.eloqua.calls import Answer, Call, Refused
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

ACCESS_SECONDS = 28_800
REFRESH_DAYS = 365
LOGIN_REQUIRED = Refused(401, "Login required.")


def user_of(state: State, call: Call) -> str:
    """Return who signed a call.

    Raises:
        Refused: 401; nobody we know, a token that ended, or a base that the tenant moved away from.
    """
    base = state.store.find("setting", "base")
    if base and base["value"].rstrip("/") != call.base_url.rstrip("/"):
        raise LOGIN_REQUIRED
    user = _signed(state, call.headers.get("authorization", ""))
    if user is None:
        raise LOGIN_REQUIRED
    return user


def identity(state: State, call: Call) -> Answer:
    """Answer `/id`: the site, the user, the addresses; a text, and 200, for those we do not know."""
    user = _signed(state, call.headers.get("authorization", ""))
    if user is None:
        return Answer(200, "Not authenticated.")
    moved = state.store.find("setting", "base")
    base = str(moved["value"] if moved else call.base_url).rstrip("/")
    site = state.config.site
    body = {
        "site": {"id": state.config.site_id, "name": site},
        "user": {
            "id": 300 + [one.name for one in state.config.users].index(user),
            "username": user,
            "displayName": user.replace(".", " "),
            "firstName": user.partition(".")[0],
            "lastName": user.partition(".")[2],
            "emailAddress": f"{user.lower()}@{site.lower()}.example",
        },
        "urls": {
            "base": base,
            "apis": {
                "soap": {"standard": f"{base}/API/{{version}}/Service.svc"},
                "rest": {
                    "standard": f"{base}/API/REST/{{version}}/",
                    "bulk": f"{base}/API/Bulk/{{version}}/",
                },
            },
        },
    }
    return Answer(200, body)


def token(state: State, call: Call) -> Answer:
    """Grant tokens; a refresh token works once."""
    if _client(call.headers.get("authorization", "")) != (
        state.config.client_id,
        state.config.client_secret,
    ):
        raise Refused(401, {"error": "invalid_client"})
    form = _form(call)
    grant = form.get("grant_type")
    if grant == "password":
        user = _user(state, str(form.get("username", "")), str(form.get("password", "")))
    elif grant == "refresh_token":
        user = _spend(state, str(form.get("refresh_token", "")))
    else:
        raise Refused(400, {"error": "unsupported_grant_type"})
    if user is None:
        raise Refused(400, {"error": "invalid_grant"})
    now = state.store.now()
    number = state.store.next_id("token")
    access, refresh = _secret(state, "access", number), _secret(state, "refresh", number)
    for kind, text, life in (
        ("access", access, timedelta(seconds=ACCESS_SECONDS)),
        ("refresh", refresh, timedelta(days=REFRESH_DAYS)),
    ):
        record = {"id": _digest(text), "kind": kind, "user": user, "until": stamps.kept(now + life)}
        state.store.put("token", record)
    granted = {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
    }
    return Answer(200, granted)


def _spend(state: State, text: str) -> str | None:
    """Return whose refresh token this is, and make it useless."""
    first = text == state.config.refresh_token
    known = state.store.find("token", _digest(text))
    if first and known is None:
        state.store.put("token", {"id": _digest(text), "kind": "spent", "user": "", "until": state.now})
        return state.config.users[0].name
    if known is None or known["kind"] != "refresh" or known["until"] <= state.now:
        return None
    state.store.put("token", {**known, "kind": "spent"})
    return str(known["user"])


def _signed(state: State, header: str) -> str | None:
    kind, _, rest = header.partition(" ")
    if kind.lower() == "bearer":
        found = state.store.find("token", _digest(rest))
        alive = found is not None and found["kind"] == "access" and found["until"] > state.now
        return str(found["user"]) if found is not None and alive else None
    if kind.lower() == "basic" and (pair := _client(header)):
        return _user(state, *pair)
    return None


def _user(state: State, login: str, password: str) -> str | None:
    site, _, name = login.partition("\\")
    if site.casefold() != state.config.site.casefold():
        return None
    for user in state.config.users:
        changed: Record = state.store.find("setting", f"password:{user.name}") or {}
        if user.name.casefold() == name.casefold() and password == changed.get("value", user.password):
            return user.name
    return None


def _client(header: str) -> tuple[str, str] | None:
    kind, _, rest = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name, secret


def _form(call: Call) -> Mapping[str, Any]:
    if call.headers.get("content-type", "").startswith("application/json"):
        return dict(call.json_object())
    return dict(parse_qsl(call.body.decode("utf-8", "replace")))


def _secret(state: State, kind: str, number: str) -> str:
    return sha256(f"{state.config.name}:{kind}:{number}:{state.now}".encode()).hexdigest()


def _digest(text: str) -> str:
    return sha256(json.dumps(text).encode()).hexdigest()[:24]
