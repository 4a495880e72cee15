"""One ASGI application on one port, plain or TLS, that can be taken down and brought up again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from sandbox.ports import bind


@dataclass(frozen=True)
class Tls:
    """The servers' certificate and its key."""

    certificate: Path
    key: Path


class WebServer:
    """A port of a room. While it is down, connections are refused."""

    def __init__(self, app: Any, room: str, host: str, port: int, tls: Tls | None = None) -> None:
        self._app = app
        self._room = room
        self._host = host
        self._tls = tls
        self._server: uvicorn.Server | None = None
        self._ticking: asyncio.Task[None] | None = None
        self.port = port

    @property
    def is_up(self) -> bool:
        """Say whether it accepts connections."""
        return self._server is not None

    async def up(self) -> None:
        """Listen; a port picked by the system is kept for the next time."""
        if self._server:
            return
        bound = bind(self._host, self.port, self._room)
        self.port = bound.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
            ssl_certfile=self._tls.certificate if self._tls else None,
            ssl_keyfile=self._tls.key if self._tls else None,
        )
        config.load()
        # Not `serve()`: it would take the process's signals, and answers only when it is over.
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=[bound])
        self._ticking = asyncio.create_task(self._server.main_loop())

    async def down(self) -> None:
        """Stop listening and end the connections there are."""
        server, self._server = self._server, None
        if not server or not self._ticking:
            return
        server.should_exit = True
        await self._ticking
        for connection in list(server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await server.shutdown()
