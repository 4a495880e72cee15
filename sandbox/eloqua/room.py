"""The tenants of Eloqua as the sandbox holds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from sandbox.eloqua.acts import ACTIONS
from sandbox.eloqua.app import create_app
from sandbox.eloqua.config import NAMES, config
from sandbox.eloqua.tenant import State
from sandbox.hooks import SandboxHooks

__all__ = ["NAMES", "EloquaTenant", "make_room"]


class EloquaTenant:
    """One tenant (`sandbox.vendor_rooms.Tenant`)."""

    def __init__(self, state: State, app: Starlette) -> None:
        self._state = state
        self._app = app

    @property
    def app(self) -> Starlette:
        """Return the API of this tenant."""
        return self._app

    @property
    def secrets(self) -> Mapping[str, Any]:
        """Return site, users and OAuth client."""
        chosen = self._state.config
        return {
            "site": chosen.site,
            "user": chosen.users[0].name,
            "password": chosen.users[0].password,
            "second_user": chosen.users[1].name,
            "second_password": chosen.users[1].password,
            "client_id": chosen.client_id,
            "client_secret": chosen.client_secret,
            "refresh_token": chosen.refresh_token,
        }

    def reset(self) -> None:
        """Forget all but the configuration."""
        self._state.reset()

    def act(self, action: str, arguments: Mapping[str, Any]) -> Any:
        """Let something happen inside the tenant; see `acts.ACTIONS`."""
        if action not in ACTIONS:
            raise LookupError(f"no action {action}; there are {', '.join(ACTIONS)}")
        with self._state.store.transaction():
            return ACTIONS[action](self._state, **arguments)


def make_room(name: str, state: Path, hooks: SandboxHooks) -> EloquaTenant:
    """Return the tenant of this name; what is in the folder is read back."""
    opened = State(config(name), state, hooks.now)
    opened.open()
    return EloquaTenant(opened, create_app(opened, hooks))
