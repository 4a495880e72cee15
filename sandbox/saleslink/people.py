"""What people of the dealer do in Saleslink, and what tests ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.saleslink.operations import STANDARD, new_lead
from sandbox.saleslink.store import Record, Store

OBJECTS = ("Lead", "Opportunity", "User", "Event")
_LEAD_OWN = ("LeadId", "ExternalId", "Deleted", "DeleteReason", "CreatedUtc", "ModifiedUtc")


class People:
    """Actions by name; each method is one, its arguments are the action's."""

    ACTIONS = (
        "insert", "rows", "update", "delete", "open_opportunity", "win", "lose", "assign", "restore",
        "configure", "settings",
    )  # fmt: skip

    def __init__(self, store: Store) -> None:
        self._store = store

    def insert(self, object: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Add records that people made themselves; return their ids."""
        store, now = self._store, self._store.now()
        if object == "Lead":
            ids = store.new_ids("L", len(rows))
            leads = []
            for lead_id, row in zip(ids, rows, strict=True):
                values = {name: row.get(name) for name in STANDARD}
                custom = {k: v for k, v in row.items() if k not in STANDARD and k not in _LEAD_OWN}
                leads.append(new_lead(lead_id, row.get("ExternalId"), values, custom, now))
            store.keep_leads(leads)
            return ids
        if object == "Opportunity":
            return [self.open_opportunity(**row) for row in rows]
        if object == "User":
            ids = [
                row.get("UserId") or new for row, new in zip(rows, store.new_ids("U", len(rows)), strict=True)
            ]
            for user_id, row in zip(ids, rows, strict=True):
                store.keep_user({"Name": user_id, "Email": None, "Active": True, **row, "UserId": user_id})
            return ids
        raise LookupError(f"people insert Lead, Opportunity or User, not {object}")

    def rows(self, object: str, deleted: bool = False) -> list[Record]:
        """Return the records of one object; a lead's own fields stand beside the standard ones."""
        if object == "Lead":
            return [self._flat(one) for one in self._store.leads(deleted=deleted)]
        if object == "Opportunity":
            return self._store.opportunities()
        if object == "User":
            return self._store.users()
        if object == "Event":
            return self._store.events()
        raise LookupError(f"there is no object {object}; objects are {', '.join(OBJECTS)}")

    def update(self, object: str, id: str, values: Mapping[str, Any]) -> Record:
        """Change a record as a person does."""
        if object == "Lead":
            lead = self._lead(id)
            changed = lead | {name: value for name, value in values.items() if name in STANDARD}
            own = {name: value for name, value in values.items() if name not in STANDARD}
            changed["Fields"] = {**lead["Fields"], **own}
            return self._flat(self._keep(changed))
        if object == "Opportunity":
            return self._progress(id, **values)
        if object == "User":
            for one in self._store.users():
                if one["UserId"] == id:
                    self._store.keep_user(one | dict(values))
                    return one | dict(values)
        raise LookupError(f"there is no {object} {id}")

    def delete(self, object: str, id: str, reason: str | None = None, hard: bool = False) -> None:
        """Delete a lead, leaving a tombstone unless `hard`; or an opportunity. Opportunities of it stay."""
        if object == "Opportunity":
            one = self._store.opportunity(id)
            if one is None or not self._store.forget_opportunity(id):
                raise LookupError(f"there is no opportunity {id}")
            self._touch(one["LeadId"])
            return
        lead = self._lead(id)
        if hard:
            self._store.forget_lead(id)
        else:
            self._keep(lead | {"Deleted": True, "DeleteReason": reason})

    def restore(self, id: str) -> None:
        """Bring a deleted lead back."""
        self._keep(self._lead(id) | {"Deleted": False, "DeleteReason": None})

    def assign(self, id: str, user: str) -> None:
        """Give a lead to a user."""
        if user not in {one["UserId"] for one in self._store.users()}:
            raise LookupError(f"there is no user {user}")
        self._keep(self._lead(id) | {"OwnerUserId": user})

    def open_opportunity(self, LeadId: str, **values: Any) -> str:  # noqa: N803
        """Open an opportunity on a lead and return its id."""
        lead = self._store.lead(LeadId)
        (opportunity_id,) = self._store.new_ids("O", 1)
        record = {
            "OpportunityId": opportunity_id,
            "LeadId": LeadId,
            "Name": None,
            "Status": "Qualify",
            "ProbabilityPercent": 25,
            "Amount": None,
            "Currency": None,
            "CloseDate": None,
            "ContactEmail": (lead or {}).get("Email"),
            "IsClosed": False,
            "IsWon": False,
            **values,
            "ModifiedUtc": self._store.now(),
        }
        self._store.keep_opportunity(record)
        self._touch(LeadId)
        return opportunity_id

    def win(self, id: str) -> Record:
        """Win an opportunity."""
        return self._progress(id, Status="Won", ProbabilityPercent=100, IsClosed=True, IsWon=True)

    def lose(self, id: str) -> Record:
        """Lose an opportunity."""
        return self._progress(id, Status="Lost", ProbabilityPercent=0, IsClosed=True, IsWon=False)

    def configure(self, **values: Any) -> Record:
        """Change the tenant's set-up: `product_version`, `calls_per_minute` (0: no limit), `password`,
        `fields` (the custom fields there are; None: any), `required`, `duplicates_by_email`,
        `advertised` (the address in the WSDL)."""
        self._store.configure(values)
        return self._store.settings()

    def settings(self) -> Record:
        """Return the set-up that was changed."""
        return self._store.settings()

    def _progress(self, opportunity_id: str, **values: Any) -> Record:
        one = self._store.opportunity(opportunity_id)
        if one is None:
            raise LookupError(f"there is no opportunity {opportunity_id}")
        changed = one | values | {"ModifiedUtc": self._store.now()}
        self._store.keep_opportunity(changed)
        self._touch(one["LeadId"])
        return changed

    def _lead(self, lead_id: str) -> Record:
        lead = self._store.lead(lead_id)
        if lead is None:
            raise LookupError(f"there is no lead {lead_id}")
        return lead

    def _keep(self, lead: Record) -> Record:
        changed = lead | {"ModifiedUtc": self._store.now()}
        self._store.keep_leads([changed])
        return changed

    def _touch(self, lead_id: str) -> None:
        lead = self._store.lead(lead_id)
        if lead is not None:
            self._keep(lead)

    def _flat(self, lead: Record) -> Record:
        opportunities = self._store.opportunities(lead["LeadId"])
        state = "Deleted" if lead["Deleted"] else ("Opportunity" if opportunities else "Lead")
        own = {name: value for name, value in lead.items() if name != "Fields"}
        return {**lead["Fields"], **own, "LeadState": state}
