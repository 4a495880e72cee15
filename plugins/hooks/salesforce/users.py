"""Who owns records of an org: its users, or a queue; our own integration user is no sales rep."""

from __future__ import annotations

from collections.abc import Iterable

from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.rows import rows_in, short
from leadline.ports import CrmUser

_USER = "005"


class Users:
    """Users of one org, each asked for once."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._known: dict[str, CrmUser] = {}

    def learn(self, owner_ids: Iterable[object]) -> None:
        """Ask for those that are not known yet, so that `get` can tell them."""
        wanted = {str(one) for one in owner_ids if str(one or "").startswith(_USER)}
        unknown = sorted(one for one in wanted if short(one) not in self._known)
        for row in rows_in(self._client, "SELECT Id, Name, Email FROM User WHERE Id IN", unknown):
            user = CrmUser(str(row["Id"]), row.get("Name"), row.get("Email"))
            self._known[short(row["Id"])] = user

    def get(self, owner_id: object) -> CrmUser | None:
        """Return the owner, by id alone where it is a queue or the org shows no more; None: us or nobody.

        A queue is told: who had the record until then has it no more.
        """
        if not owner_id or short(owner_id) == short(self._client.session.user_id):
            return None
        return self._known.get(short(owner_id)) or CrmUser(str(owner_id))
