"""How the control reads requests and answers them: JSON in, JSON out, mistakes as 400 with a sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]


async def body(request: Request) -> dict[str, Any]:
    """Return the request's JSON object; an empty body is an empty object."""
    content = await request.body()
    if not content:
        return {}
    try:
        value = await request.json()
    except ValueError as error:
        raise HTTPException(400, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise HTTPException(400, "a JSON object is expected")
    return value


def wanted(values: dict[str, Any], *names: str) -> list[Any]:
    """Return these values of a request; 400 names the ones that are missing."""
    if missing := [name for name in names if name not in values]:
        raise HTTPException(400, f"missing: {', '.join(missing)}")
    return [values[name] for name in names]


def answer(value: object, status: int = 200) -> JSONResponse:
    """Return a JSON answer."""
    return JSONResponse(value, status_code=status)


async def say_what_is_wrong(_: Request, error: Exception) -> Response:
    """Turn an error into a JSON answer that says it in a sentence."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    text = error.detail if isinstance(error, HTTPException) else str(error)
    return answer({"error": text}, status)
