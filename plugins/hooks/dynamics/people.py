"""Owners both ways: whom a name of ours means, and who owns a record."""

from __future__ import annotations

from collections.abc import Iterable

from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.messages import GUID, Json
from hooks.dynamics.rows import any_of, chunks
from hooks.dynamics.values import FORMATTED, LOOKUP_TYPE, quoted
from leadline.errors import VendorUnavailable
from leadline.ports import CrmUser

_USER = "systemuserid,fullname,internalemailaddress,domainname"


class People:
    """Users and teams of one environment, asked for once each."""

    def __init__(self, client: DynamicsClient) -> None:
        self._client = client
        self._owners: dict[str, str | None] = {}
        self._users: dict[str, Json] = {}
        self._me: str | None = None

    @property
    def me(self) -> str:
        """Return our own user id: what it wrote is ours."""
        if self._me is None:
            me = self._client.get("WhoAmI").get("UserId")
            if not me:
                raise VendorUnavailable("Dynamics, GET WhoAmI: the answer names no user (it is tried again)")
            self._me = str(me).lower()
        return self._me

    def reference(self, owner: str) -> str | None:
        """Return `/systemusers(<id>)` or `/teams(<id>)` of an owner named by id, e-mail, user name, full name
        or a team's name; None where the environment knows none, or several."""
        name = owner.strip().strip("{}")
        if name.casefold() not in self._owners:
            self._owners[name.casefold()] = self._find(name)
        return self._owners[name.casefold()]

    def _find(self, name: str) -> str | None:
        if GUID.fullmatch(name):
            user, team = f"systemuserid eq {name}", f"teamid eq {name}"
        else:
            text = quoted(name)
            user = f"(internalemailaddress eq {text} or domainname eq {text} or fullname eq {text})"
            team = f"name eq {text}"
        users = self._ask("systemusers", "systemuserid", f"isdisabled eq false and {user}")
        found = users or self._ask("teams", "teamid", f"teamtype eq 0 and {team}")
        return found[0] if len(found) == 1 else None

    def _ask(self, set_name: str, id_column: str, condition: str) -> list[str]:
        params = {"$select": id_column, "$filter": condition}
        return [f"/{set_name}({row[id_column]})" for row in self._client.rows(set_name, params)]

    def learn(self, rows: Iterable[Json]) -> None:
        """Ask for the owners of these rows, all at once."""
        ids = {
            str(row["_ownerid_value"]).lower()
            for row in rows
            if row.get("_ownerid_value") and row.get(f"_ownerid_value@{LOOKUP_TYPE}") != "team"
        }
        for chunk in chunks(sorted(ids - set(self._users))):
            params = {"$select": _USER, "$filter": any_of("systemuserid", chunk)}
            for user in self._client.rows("systemusers", params):
                self._users[str(user["systemuserid"]).lower()] = user

    def owner_of(self, row: Json) -> CrmUser | None:
        """Return who owns a row; a team has a name and no e-mail, and we ourselves are nobody's sales rep."""
        owner = row.get("_ownerid_value")
        if not owner or str(owner).lower() == self.me:
            return None
        user = self._users.get(str(owner).lower())
        name = row.get(f"_ownerid_value@{FORMATTED}")
        if user is None:
            return CrmUser(str(owner), name)
        email = user.get("internalemailaddress") or None
        return CrmUser(str(owner), user.get("fullname") or name, email)

    def is_me(self, user_id: object) -> bool:
        """Say whether a user id is our own."""
        return bool(user_id) and str(user_id).lower() == self.me
