"""What partners do in their Saleslink during the week."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.seed.tenant_fields import places
from sandbox.seed.week_plan import Deal, Touch

REP, SALES_DESK = "U-2", "U-3"

Act = Callable[[str, dict[str, Any]], Any]


class SaleslinkWeek:
    """One tenant during one day of the week."""

    def __init__(self, act: Act) -> None:
        self._act = act
        rows = act("rows", {"object": "Lead"})
        self._ids = {str(row.get("Email", "")).lower(): row["LeadId"] for row in reversed(rows)}
        self._own = next((row["LeadId"] for row in rows if row.get("LastName") == "Walkin"), None)
        self._deals = {row["Name"]: row["OpportunityId"] for row in act("rows", {"object": "Opportunity"})}

    def do(self, touch: Touch, step: str) -> None:
        """Carry out one step.

        Raises:
            LookupError: The record is not there.
        """
        if touch.deal is not None and step in ("move", "close"):
            self._progress(touch.deal, step)
            return
        found = self._ids.get(touch.email.lower())
        if found is None:
            raise LookupError("no lead of this e-mail")
        if step == "open" and touch.deal is not None:
            # A matched one hangs on a lead of their own; only its contact's e-mail is ours.
            lead = self._own if touch.kind == "matched" else found
            told = {"LeadId": lead, "Name": touch.deal.name, "ContactEmail": touch.email}
            self._act("open_opportunity", told)
        elif step in ("delete", "rejected"):
            self._act("delete", {"object": "Lead", "id": found, "reason": touch.reason})
        elif step in ("rep", "role_owner"):
            self._act("assign", {"id": found, "user": REP if step == "rep" else SALES_DESK})
        elif step in ("profile", "custom_field"):
            names = places("saleslink", "lead", touch.lead.supplier)
            values = {names[name]: value for name, value in touch.values.items()}
            self._act("update", {"object": "Lead", "id": found, "values": values})

    def _progress(self, deal: Deal, step: str) -> None:
        found = self._deals.get(deal.name)
        if found is None:
            raise LookupError("no opportunity of this name")
        if step == "close":
            self._act("win" if deal.outcome == "won" else "lose", {"id": found})
            return
        values: dict[str, Any] = {"Amount": deal.amount, "Currency": "EUR", "CloseDate": deal.close_date}
        values |= {"Status": "Proposal"}
        if deal.outcome == "open":
            values["ProbabilityPercent"] = deal.probability
        self._act("update", {"object": "Opportunity", "id": found, "values": values})
