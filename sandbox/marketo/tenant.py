"""One subscription: its records, tokens and limits behind one door (`vendor_rooms.Tenant`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.hooks import SandboxHooks

from .config import CUSTOM_ACTIVITIES, CUSTOM_OBJECTS, TenantConfig
from .limits import Limits
from .people import People
from .store import Store
from .tokens import Tokens


class Subscription:
    """The tenant as handlers and people see it."""

    def __init__(self, config: TenantConfig, state: Path, hooks: SandboxHooks) -> None:
        from .app import Endpoint

        self.config = config
        self.store = Store(state / f"{config.name}.sqlite", hooks.now)
        self.people = People(self.store)
        self.tokens = Tokens(self.store, config)
        self.limits = Limits(self.store, config.api_user)
        self.store.open()
        self._fill()

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            yield
            self.store.close()

        self.app = Starlette(routes=[Mount("/", app=Endpoint(self, hooks))], lifespan=lifespan)

    @property
    def secrets(self) -> Mapping[str, Any]:
        """Return what a client needs besides the address."""
        return {
            "munchkin_id": self.config.munchkin_id,
            "client_id": self.config.client_id,
            "client_secret": self.config.client_secret,
            "api_user": self.config.api_user,
        }

    def reset(self) -> None:
        """Forget all but the configuration."""
        with self.store.transaction():
            self.store.clear()
            self.tokens.revoke()
            self.limits = Limits(self.store, self.config.api_user)
            self._fill()

    def act(self, action: str, arguments: Mapping[str, Any]) -> Any:
        """Let something happen inside the subscription (see `control`)."""
        from .control import ACTIONS

        if action not in ACTIONS:
            raise LookupError(f"no action {action}; there are {', '.join(sorted(ACTIONS))}")
        with self.store.transaction():
            return ACTIONS[action](self, **arguments)

    def _fill(self) -> None:
        """Set up what every subscription has: custom activity types and custom objects."""
        with self.store.transaction():
            for kind in CUSTOM_ACTIVITIES:
                if str(kind["id"]) not in self.store.table("custom_type"):
                    self.store.put("custom_type", str(kind["id"]), dict(kind))
            for name, custom in CUSTOM_OBJECTS.items():
                if name not in self.store.table("custom_object"):
                    self.store.put("custom_object", name, dict(custom))
