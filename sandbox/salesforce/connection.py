"""Ends a client's connection without an answer, or in the middle of one."""

from __future__ import annotations

from typing import Any

from starlette.types import Receive


def hang_up(receive: Receive) -> None:
    """Close the connection behind an ASGI `receive`.

    ASGI has no message for it, so this reaches through to uvicorn's transport; another server would answer
    500 instead.
    """
    transport: Any = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
