"""Who may own leads in a dealer's Saleslink."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from hooks.saleslink.client import SaleslinkClient
from leadline.errors import ConfigurationError
from leadline.ports import CrmUser


class Users:
    """The users of one service, read once."""

    def __init__(self, client: SaleslinkClient) -> None:
        self._client = client

    def all(self) -> Iterator[Any]:
        """Yield the users as the service tells them now."""
        yield from self._client.pages("GetUsers", "User")

    def of(self, user_id: str | None) -> CrmUser | None:
        """Return an owner by id; one that the service does not tell is known by its id alone."""
        if not user_id:
            return None
        found = self._by_id.get(user_id)
        return CrmUser(user_id, found.Name, found.Email) if found is not None else CrmUser(user_id)

    def id_of(self, owner: str) -> str:
        """Return the id of an active user who is named by id, e-mail or name.

        Raises:
            ConfigurationError: There is no such user, or more than one.
        """
        wanted = owner.strip().casefold()
        active = [one for one in self._by_id.values() if one.Active]
        for said in ("UserId", "Email", "Name"):
            found = [one for one in active if str(getattr(one, said) or "").casefold() == wanted]
            if len(found) == 1:
                return str(found[0].UserId)
            if found:
                break
        many = "more than one" if found else "no"
        raise ConfigurationError(f"Saleslink knows {many} active user {owner!r}: correct the lead owner")

    @cached_property
    def _by_id(self) -> dict[str, Any]:
        return {str(one.UserId): one for one in self.all()}
