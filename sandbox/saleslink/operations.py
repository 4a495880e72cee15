"""What each operation of the service does, on the records of one tenant."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.hooks import Fault
from sandbox.saleslink.soap import Refused, Value, children, pairs, text, texts
from sandbox.saleslink.store import Record, Store, stamp

MAX_ITEMS = 200
PRODUCT_VERSION, SERVICE_VERSION = "3.5", "1.0"
LONGEST = {"LastName": 80, "FirstName": 40, "Phone": 40, "MobilePhone": 40, "Fax": 40, "Notes": 65_000}
LONGEST_OTHER = 255

STANDARD = (
    "Salutation", "FirstName", "LastName", "Title", "Email", "Company", "Phone", "MobilePhone", "Fax",
    "Street", "City", "State", "PostalCode", "Country", "Website", "Source", "Campaign", "Notes",
    "OwnerUserId",
)  # fmt: skip

Answer = Mapping[str, Value]


class Operations:
    """The eight operations; each runs inside the store's transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def known(self) -> Mapping[str, Callable[[Any, Fault | None], Answer]]:
        """Return the operations by name."""
        return {
            "GetServiceInfo": self.get_service_info,
            "CreateLead": self.create_lead,
            "UpdateLead": self.update_lead,
            "AddMarketingEvents": self.add_marketing_events,
            "GetLeads": self.get_leads,
            "GetChangedLeads": self.get_changed_leads,
            "GetOpportunities": self.get_opportunities,
            "GetUsers": self.get_users,
        }

    def get_service_info(self, _call: Any, _fault: Fault | None) -> Answer:
        """Answer versions, time and the largest list."""
        settings = self._store.settings()
        return {
            "ProductVersion": str(settings.get("product_version", PRODUCT_VERSION)),
            "ServiceVersion": SERVICE_VERSION,
            "ServerTimeUtc": self._store.now(),
            "MaxItems": str(MAX_ITEMS),
        }

    def create_lead(self, call: Any, _fault: Fault | None) -> Answer:
        """Create a lead, unless one of this ExternalId is there, deleted or not."""
        (given,) = children(call, "Lead")
        external_id = text(given, "ExternalId") or ""
        if not external_id:
            raise Refused("VALIDATION", "ExternalId must not be empty", field="ExternalId")
        if there := self._store.lead_of(external_id):
            return {"LeadId": there["LeadId"], "Created": "false"}
        values: dict[str, str | None] = {name: text(given, name) for name in STANDARD}
        fields = pairs(given)
        self._check(values, fields)
        if not values["LastName"] and not values["Company"]:
            raise Refused("VALIDATION", "a lead needs a LastName or a Company", field="LastName")
        if self._store.settings().get("duplicates_by_email") and values["Email"]:
            twin = self._store.lead_with(values["Email"])
            if twin is not None:
                raise Refused("DUPLICATE", "a lead with this e-mail is there", lead_id=twin["LeadId"])
        (lead_id,) = self._store.new_ids("L", 1)
        self._store.keep_leads([new_lead(lead_id, external_id, values, fields, self._store.now())])
        return {"LeadId": lead_id, "Created": "true"}

    def update_lead(self, call: Any, _fault: Fault | None) -> Answer:
        """Change fields of a living lead."""
        lead = self._living(text(call, "LeadId") or "")
        given = pairs(call)
        values = {name: value for name, value in given.items() if name in STANDARD}
        fields = {name: value for name, value in given.items() if name not in STANDARD}
        self._check(values, fields)
        changed = lead | values
        changed["Fields"] = {**lead["Fields"], **fields}
        changed["ModifiedUtc"] = self._store.now()
        self._store.keep_leads([changed])
        return {"LeadId": changed["LeadId"], "ModifiedUtc": changed["ModifiedUtc"]}

    def add_marketing_events(self, call: Any, _fault: Fault | None) -> Answer:
        """Add the events that the lead does not have yet."""
        lead = self._living(text(call, "LeadId") or "")
        events = children(call, "Event")
        if len(events) > MAX_ITEMS:
            raise Refused("VALIDATION", f"at most {MAX_ITEMS} events", field="Event")
        added = 0
        for one in events:
            if len(text(one, "Text") or "") > LONGEST["Notes"]:
                raise Refused("VALIDATION", "Text is too long", field="Text")
            event = {name: text(one, name) for name in ("ExternalId", "Type", "OccurredUtc", "Text")}
            added += self._store.add_event(lead["LeadId"], {"LeadId": lead["LeadId"], **event})
        return {"Added": str(added), "Known": str(len(events) - added)}

    def get_leads(self, call: Any, fault: Fault | None) -> Answer:
        """Answer the state of each lead asked for, also of those that are not there."""
        ids, external = texts(call, "LeadId"), texts(call, "ExternalId")
        names = texts(call, "FieldName")
        if not 1 <= len(ids) + len(external) <= MAX_ITEMS:
            raise Refused("VALIDATION", f"ask for 1 to {MAX_ITEMS} leads", field="LeadId")
        missing = fault is not None and fault.kind == "all_missing"
        found: list[Answer] = []
        for name, wanted, look in (
            ("LeadId", ids, self._store.lead),
            ("ExternalId", external, self._store.lead_of),
        ):
            for one in wanted:
                lead = None if missing else look(one)
                found.append(self._status(lead, names, fault) if lead else {name: one, "State": "NotFound"})
        if fault is not None and fault.kind == "no_items":
            found = []
        return {"LeadStatus": found, "ServerTimeUtc": self._store.now()}

    def get_changed_leads(self, call: Any, fault: Fault | None) -> Answer:
        """Answer leads changed at or after a moment, deleted ones too, page by page."""
        since, after = _since(call), _cursor(call)
        most = min(int(text(call, "MaxItems") or MAX_ITEMS), MAX_ITEMS)
        most = _short(most, fault)
        found = self._store.changed_leads(since, after, most + 1)
        more = [found[most - 1][name] for name in ("ModifiedUtc", "LeadId")] if len(found) > most else None
        if fault is not None and fault.kind in ("no_items", "all_missing"):
            found, more = [], None
        return {
            "LeadStatus": [self._status(one, [], fault) for one in found[:most]],
            "NextCursor": _next(more),
            "ServerTimeUtc": self._store.now(),
        }

    def get_opportunities(self, call: Any, fault: Fault | None) -> Answer:
        """Answer the opportunities of leads, or those changed at or after a moment."""
        ids = texts(call, "LeadId")
        if len(ids) > MAX_ITEMS or (not ids and text(call, "SinceUtc") is None):
            raise Refused("VALIDATION", f"ask for 1 to {MAX_ITEMS} leads, or name SinceUtc", field="LeadId")
        more = None
        if ids:
            found = [one for lead_id in dict.fromkeys(ids) for one in self._store.opportunities(lead_id)]
            if text(call, "SinceUtc") is not None:
                found = [one for one in found if one["ModifiedUtc"] >= _since(call)]
        else:
            most = _short(MAX_ITEMS, fault)
            found = self._store.changed_opportunities(_since(call), _cursor(call), most + 1)
            if len(found) > most:
                more = [found[most - 1][name] for name in ("ModifiedUtc", "OpportunityId")]
            found = found[:most]
        if fault is not None and fault.kind in ("no_items", "all_missing", "all_deleted"):
            found, more = [], None
        return {
            "Opportunity": [_shown(one) for one in found],
            "NextCursor": _next(more),
            "ServerTimeUtc": self._store.now(),
        }

    def get_users(self, call: Any, fault: Fault | None) -> Answer:
        """Answer everybody who may own a lead, page by page."""
        users = self._store.users()
        after = _cursor(call)[0]
        most = _short(MAX_ITEMS, fault)
        left = [one for one in users if one["UserId"] > after]
        if fault is not None and fault.kind == "no_items":
            left = []
        more = [left[most - 1]["UserId"]] if len(left) > most else None
        return {
            "User": [_shown(one) for one in left[:most]],
            "NextCursor": _next(more),
            "ServerTimeUtc": self._store.now(),
        }

    def _living(self, lead_id: str) -> Record:
        lead = self._store.lead(lead_id)
        if lead is None or lead["Deleted"]:
            raise Refused("NOT_FOUND", "there is no such lead, or it was deleted")
        return lead

    def _check(self, values: Mapping[str, str | None], fields: Mapping[str, str | None]) -> None:
        settings = self._store.settings()
        for name, value in (*values.items(), *fields.items()):
            if value is not None and len(value) > LONGEST.get(name, LONGEST_OTHER):
                raise Refused("VALIDATION", f"{name} is too long", field=name)
        custom = settings.get("fields")
        if custom is not None and (unknown := sorted(set(fields) - set(custom))):
            raise Refused("VALIDATION", f"there is no field {unknown[0]}", field=unknown[0])
        if (required := settings.get("required")) and not values.get(required, fields.get(required, "-")):
            raise Refused("VALIDATION", f"{required} must not be empty", field=required)
        owner = values.get("OwnerUserId")
        if owner and owner not in {one["UserId"] for one in self._store.users() if one["Active"]}:
            raise Refused("VALIDATION", "there is no such active user", field="OwnerUserId")

    def _status(self, lead: Record, names: Iterable[str], fault: Fault | None) -> Answer:
        opportunities = self._store.opportunities(lead["LeadId"])
        deleted = lead["Deleted"] or (fault is not None and fault.kind == "all_deleted")
        state = "Deleted" if deleted else ("Opportunity" if opportunities else "Lead")
        if fault is not None and fault.kind == "all_deleted":
            opportunities = []
        values = lead | lead["Fields"]
        return {
            "LeadId": lead["LeadId"],
            "ExternalId": lead["ExternalId"],
            "State": state,
            "OpportunityStatus": opportunities[-1]["Status"] if opportunities else None,
            "OwnerUserId": lead.get("OwnerUserId"),
            "DeleteReason": lead.get("DeleteReason") if deleted else None,
            "ModifiedUtc": lead["ModifiedUtc"],
            "Field": [
                {"Name": name, "Value": values.get(name)}
                for name in names
                if name in STANDARD or name in values
            ],
        }


def new_lead(
    lead_id: str,
    external_id: str | None,
    values: Mapping[str, str | None],
    fields: Mapping[str, str | None],
    now: str,
) -> Record:
    """Return a lead as the store keeps it."""
    return {
        "LeadId": lead_id,
        "ExternalId": external_id,
        **values,
        "Fields": dict(fields),
        "Deleted": False,
        "DeleteReason": None,
        "CreatedUtc": now,
        "ModifiedUtc": now,
    }


def _shown(record: Record) -> Answer:
    return {
        name: (str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in record.items()
        if value is not None
    }


def _since(call: Any) -> str:
    given = datetime.fromisoformat((text(call, "SinceUtc") or "").strip().replace("Z", "+00:00"))
    return stamp(given.replace(tzinfo=given.tzinfo or UTC).astimezone(UTC))


def _short(most: int, fault: Fault | None) -> int:
    return int(fault.arguments.get("rows", 1)) if fault is not None and fault.kind == "short_pages" else most


def _cursor(call: Any) -> list[str]:
    given = text(call, "Cursor")
    if not given:
        return ["", ""]
    try:
        return [str(one) for one in json.loads(base64.b64decode(given))]
    except ValueError:
        raise Refused("VALIDATION", "this cursor is none of ours", field="Cursor") from None


def _next(place: list[str] | None) -> str | None:
    return None if place is None else base64.b64encode(json.dumps(place).encode()).decode()
