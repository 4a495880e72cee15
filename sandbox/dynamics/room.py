"""The room: its tenants, and what the sandbox needs of one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from sandbox.hooks import SandboxHooks

from .app import create_app
from .environment import credentials, furnish
from .people import People
from .schema import Schema
from .store import Store

NAMES = ("d001", "d002", "d003")


class Environment:
    """One environment with its own authority."""

    def __init__(self, name: str, state: Path, hooks: SandboxHooks) -> None:
        self._name = name
        self._store = Store(state / f"dynamics-{name}.sqlite", Schema(), hooks.now)
        self._store.open()
        furnish(self._store, name)
        self._people = People(self._store, name)
        self._app = create_app(name, self._store, hooks)

    @property
    def app(self) -> Starlette:
        """Return the Web API and the authority."""
        return self._app

    @property
    def secrets(self) -> Mapping[str, Any]:
        """Return tenant, client id and secret, and whom a lead may be given to."""
        return credentials(self._name)

    def reset(self) -> None:
        """Forget all but what every environment has."""
        with self._store.lock:
            self._store.clear()
            furnish(self._store, self._name)

    def act(self, action: str, arguments: Mapping[str, Any]) -> Any:
        """Let something happen inside the environment (`sandbox/dynamics/people.py`)."""
        return self._people.act(action, arguments)


def make_room(name: str, state: Path, hooks: SandboxHooks) -> Environment:
    """Return the environment of this name, its state read back from `state`."""
    return Environment(name, state, hooks)
