"""The tenants of the imitated Saleslink."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from sandbox.hooks import SandboxHooks
from sandbox.saleslink.app import PATH, Endpoint
from sandbox.saleslink.people import People
from sandbox.saleslink.store import Store

NAMES = ("k001", "k002")
USERNAME = "zift"


class SaleslinkTenant:
    """One dealer's Saleslink."""

    def __init__(self, name: str, state: Path, hooks: SandboxHooks) -> None:
        self.name = name
        self._store = Store(state / f"{name}.sqlite", hooks.now)
        self._people = People(self._store)
        self._password = f"{name}-saleslink-password"
        self._endpoint = Endpoint(name, self._store, (USERNAME, self._password), hooks)
        self._app = self._endpoint.app()

        @asynccontextmanager
        async def lifespan(_: Starlette) -> Any:
            yield
            self._store.close()

        self._app.router.lifespan_context = lifespan
        self._staff()

    @property
    def app(self) -> Starlette:
        """Return the API of this tenant."""
        return self._app

    @property
    def secrets(self) -> Mapping[str, Any]:
        """Return the service's path, the credentials, and a user who may own leads."""
        return {
            "path": PATH,
            "username": USERNAME,
            "password": self._password,
            "owner": f"kim.larsen@{self.name}.example",
        }

    def reset(self) -> None:
        """Forget all but the staff."""
        self._store.clear()
        self._endpoint.forget()
        self._staff()

    def act(self, action: str, arguments: Mapping[str, Any]) -> Any:
        """Let people do something; see `people.People`."""
        if action not in People.ACTIONS:
            raise LookupError(f"there is no action; actions are {', '.join(People.ACTIONS)}")
        with self._store.transaction():
            return getattr(self._people, action)(**arguments)

    def _staff(self) -> None:
        staff = (
            ("U-1", "Kim Larsen", "kim.larsen", True),
            ("U-2", "Robin Vance", "robin.vance", True),
            ("U-3", "Sales Desk", "sales", True),
            ("U-4", "Sam Former", "sam.former", False),
        )
        with self._store.transaction():
            if self._store.users():
                return
            for user_id, label, address, active in staff:
                email = f"{address}@{self.name}.example"
                self._store.keep_user({"UserId": user_id, "Name": label, "Email": email, "Active": active})


def make_room(name: str, state: Path, hooks: SandboxHooks) -> SaleslinkTenant:
    """Return the tenant of this name, with what its state file holds."""
    return SaleslinkTenant(name, state, hooks)
