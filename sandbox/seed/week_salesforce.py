"""What partners do in their Salesforce during the week, as sales people and not as our integration user."""

from __future__ import annotations

from typing import Any

from sandbox.orgs import REPS
from sandbox.salesforce import records
from sandbox.salesforce.control import act
from sandbox.salesforce.org import Org
from sandbox.salesforce.records import Writing
from sandbox.seed.records import CUSTOM
from sandbox.seed.week_plan import Deal, Touch

STATUS = {
    "contacted": "Working - Contacted",
    "unqualified": "Closed - Not Converted",
    "parked": "Parked",
    "unknown_status": "Waiting for Godot",
}
PROFILE = {"phone": "Phone", "title": "Title"}
_FIRST_STAGE, _NEXT_STAGE = "Prospecting", "Value Proposition"
_CLOSED = {"won": "Closed Won", "lost": "Closed Lost"}


class SalesforceWeek:
    """One org during one day of the week."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._ids: dict[tuple[str, str], str] = {}
        for name in ("Lead", "Contact"):
            for row in act(org, "rows", {"object": name}):
                self._ids.setdefault((name.lower(), str(row.get("Email", "")).lower()), row["Id"])
        self._deals = {row["Name"]: row["Id"] for row in act(org, "rows", {"object": "Opportunity"})}

    def do(self, touch: Touch, step: str) -> None:
        """Carry out one step.

        Raises:
            LookupError: The record is not there.
        """
        if touch.deal is not None and step in ("move", "close"):
            self._progress(touch.deal, step)
            return
        found = self._ids.get((touch.table, touch.email.lower()))
        if found is None:
            raise LookupError(f"no {touch.table} of this e-mail")
        if step in STATUS:
            self._update("Lead", found, {"Status": STATUS[step]})
        elif step == "rep" and touch.rep is not None:
            rep = next(id_ for first, last, id_ in REPS if touch.rep[0] == f"{first} {last}")
            self._update(touch.table.capitalize(), found, {"OwnerId": rep})
        elif step in ("profile", "custom_field"):
            names = PROFILE | CUSTOM[touch.lead.supplier]
            values = {names[name]: value for name, value in touch.values.items()}
            self._update(touch.table.capitalize(), found, values)
        elif step in ("call", "meeting"):
            self._log(found, step)
        elif step == "open" and touch.deal is not None:
            self._open(touch, touch.deal, found)
        elif step == "deleted":
            act(self._org, "delete", {"id": found})

    def _open(self, touch: Touch, deal: Deal, found: str) -> None:
        if touch.kind == "matched":
            lead = touch.lead.lead
            values = {"FirstName": lead["first_name"], "LastName": lead["last_name"], "Email": lead["email"]}
            found = self._create("Contact", values)
        elif touch.table == "lead":
            options = {"lead_id": found, "opportunity_name": deal.name, "owner_id": REPS[0][2]}
            act(self._org, "convert", options)
            return
        values = {"Name": deal.name, "StageName": _FIRST_STAGE, "CloseDate": deal.close_date}
        made = self._create("Opportunity", values)
        role = {"OpportunityId": made, "ContactId": found, "IsPrimary": True}
        self._create("OpportunityContactRole", role)

    def _progress(self, deal: Deal, step: str) -> None:
        found = self._deals.get(deal.name)
        if found is None:
            raise LookupError("no opportunity of this name")
        if step == "close":
            self._update("Opportunity", found, {"StageName": _CLOSED[deal.outcome]})
            return
        amount = float(deal.amount)
        values = {"Amount": amount, "CloseDate": deal.close_date, "StageName": _NEXT_STAGE}
        self._update("Opportunity", found, values)
        if deal.outcome == "open":
            self._update("Opportunity", found, {"Probability": deal.probability})

    def _log(self, found: str, step: str) -> None:
        today = self._org.store.stamp()
        call = {"WhoId": found, "Subject": "Call", "Status": "Completed", "ActivityDate": today[:10]}
        self._create("Task", call | {"Description": "Talked about prices"})
        if step == "meeting":
            meeting = {"WhoId": found, "Subject": "Meeting", "StartDateTime": today, "DurationInMinutes": 60}
            self._create("Event", meeting)

    def _writing(self) -> Writing:
        return Writing(REPS[0][2], self._org.store.stamp(), assignment=False, allow_duplicates=True)

    def _update(self, name: str, record_id: str, values: dict[str, Any]) -> None:
        store = self._org.store
        with store.lock, store.transaction():
            records.update(store, store.schema.objects[name], record_id, values, self._writing())

    def _create(self, name: str, values: dict[str, Any]) -> str:
        store = self._org.store
        with store.lock, store.transaction():
            return records.create(store, store.schema.objects[name], values, self._writing())
