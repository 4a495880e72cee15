"""What partners do in their Dynamics during the week, as Rep One."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.seed.tenant_fields import PRODUCT_CODES
from sandbox.seed.week_plan import Deal, Touch

CONTACTED, PARKED, UNDER_REVIEW = 2, 100_000_000, 100_000_002
STATUS = {"contacted": CONTACTED, "parked": PARKED, "unknown_status": UNDER_REVIEW}
_LOST_REASONS = (4, 5, 6, 7)
_ACTIVITIES = {"call": ("phonecall",), "meeting": ("appointment", "phonecall")}

Act = Callable[[str, dict[str, Any]], Any]


class DynamicsWeek:
    """One environment during one day of the week."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._ids: dict[tuple[str, str], str] = {}
        for table in ("lead", "contact"):
            for row in act("rows", {"object": table}):
                email = str(row.get("emailaddress1", "")).lower()
                self._ids.setdefault((table, email), row[f"{table}id"])
        self._deals = {row["name"]: row["opportunityid"] for row in act("rows", {"object": "opportunity"})}

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
            self._update(touch.table, found, {"statuscode": STATUS[step]})
        elif step == "unqualified":
            reason = _LOST_REASONS[len(touch.email) % len(_LOST_REASONS)]
            self._act("disqualify", {"id": found, "status": reason})
        elif step == "rep":
            self._act("assign", {"object": touch.table, "id": found, "to": "rep2"})
        elif step == "profile":
            values = {"telephone1": touch.values["phone"], "jobtitle": touch.values["title"]}
            self._update(touch.table, found, values)
        elif step == "custom_field":
            codes = sorted(PRODUCT_CODES[one] for one in touch.values["products"])
            self._update(touch.table, found, {"ll_products": ",".join(map(str, codes))})
        elif step in _ACTIVITIES:
            self._log(touch, found, step)
        elif step == "open" and touch.deal is not None:
            self._open(touch, touch.deal, found)
        elif step == "deleted":
            self._act("delete", {"object": touch.table, "id": found})

    def _log(self, touch: Touch, found: str, step: str) -> None:
        for kind in _ACTIVITIES[step]:
            told = {"type": kind, "regarding": [touch.table, found], "subject": step.capitalize()}
            self._act("log_activity", told | {"description": "Talked about prices", "done": True})

    def _open(self, touch: Touch, deal: Deal, found: str) -> None:
        if touch.kind != "matched" and touch.table == "lead":
            made = self._act("qualify", {"id": found})
            self._update("opportunity", made["opportunity"], {"name": deal.name})
            return
        if touch.kind == "matched":
            lead = touch.lead.lead
            values = {"firstname": lead["first_name"], "lastname": lead["last_name"]}
            contact = values | {"emailaddress1": lead["email"]}
            (found,) = self._act("insert", {"object": "contact", "rows": [contact]})
        row = {"name": deal.name, "parentcontactid": ["contact", found], "customerid": ["contact", found]}
        self._act("insert", {"object": "opportunity", "rows": [row]})

    def _progress(self, deal: Deal, step: str) -> None:
        found = self._deals.get(deal.name)
        if found is None:
            raise LookupError("no opportunity of this name")
        if step == "close":
            self._act("win" if deal.outcome == "won" else "lose", {"id": found})
            return
        values: dict[str, Any] = {"estimatedvalue": float(deal.amount), "estimatedclosedate": deal.close_date}
        values |= {"stepname": "2-Develop"}
        if deal.outcome == "open":
            values["closeprobability"] = deal.probability
        self._update("opportunity", found, values)

    def _update(self, table: str, record_id: str, values: dict[str, Any]) -> None:
        self._act("update", {"object": table, "id": record_id, "values": values})
