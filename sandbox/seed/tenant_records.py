"""What must stand in a partner's Dynamics or Saleslink after the pushes, record by record.

The same rules as in `records`: new records get every shared field that has a place, records that were there
already only what the partner lets in, and empty values clear nothing. Saleslink keeps a lead per assignment
and cannot be asked for e-mails; Dynamics finds the record of the same object and e-mail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.seed.channel_partners import ChannelPartner
from sandbox.seed.people import Person
from sandbox.seed.plan import Distributed
from sandbox.seed.tenant_fields import OWN_FIELDS, unplaced, watched, written

APPLICATION = "application"
PEOPLE = "people"


@dataclass
class TenantRecord:
    """One record that must be there.

    Attributes:
        table: lead or contact.
        origin: created, updated (was there and changed), linked (was there and stayed) or untouched.
        activities: How many tasks, notes or events hang on it.
        made_by: Who made it, and so owns it: the application, or people of the partner.
    """

    table: str
    origin: str
    fields: dict[str, Any]
    made_by: str
    activities: int = 0
    why: str = ""
    leads: list[str] = field(default_factory=list)


class ExpectedTenant:
    """The records of one partner's tenant as push after push must change them."""

    def __init__(self, partner: ChannelPartner) -> None:
        self.partner = partner
        self.records: list[TenantRecord] = []
        self.known: list[tuple[str, dict[str, Any]]] = []

    @property
    def table(self) -> str:
        """Return what leads become there."""
        return "contact" if self.partner.record_as == "contact" else "lead"

    def start_with(self, table: str, values: dict[str, Any], why: str) -> None:
        """Begin with a record that is there already."""
        self.known.append((table, values))
        fields = {name: values.get(name) for name in watched(self.partner.vendor, table)}
        self.records.append(TenantRecord(table, "untouched", fields, PEOPLE, why=why))

    def know(self, lead: Person, number: int, *, table: str | None = None) -> None:
        """Begin with an older record of a lead's person, in Dynamics."""
        table = table or self.table
        values = {
            "firstname": lead["first_name"],
            "lastname": lead["last_name"],
            "emailaddress1": lead["email"],
            "jobtitle": "as we know them",
            "telephone1": f"+49309001{number:04}",
            "description": "from our own list",
        }
        if table == "lead":
            values |= {"companyname": f"{lead['company']} (old)", "subject": "From our own list"}
        self.start_with(table, values, "known" if table == self.table else "other_object")

    def push(self, one: Distributed) -> str:
        """Bring one lead in; return created, updated or linked."""
        vendor, table = self.partner.vendor, self.table
        found = None if vendor == "saleslink" else self._find(one.lead["email"])
        if found is None:
            values = written(vendor, table, one.supplier, one.lead, one.shown_campaign)
            fields = {name: values.get(name) for name in watched(vendor, table)}
            found = TenantRecord(table, "created", fields, APPLICATION)
            self.records.append(found)
            outcome = "created"
            noted = bool(unplaced(vendor, table, one.supplier, one.lead))
        else:
            outcome = self._change(found, one)
            noted = True  # what the record does not take goes into the notes, too
        found.activities += one.events + (1 if self.partner.notes and noted else 0)
        found.leads.append(one.lead["email"])
        return outcome

    def _find(self, email: str) -> TenantRecord | None:
        for record in self.records:
            if record.table == self.table and record.fields["emailaddress1"] == email:
                return record
        return None

    def _change(self, found: TenantRecord, one: Distributed) -> str:
        changes: dict[str, Any] = {}
        lead = one.lead
        if self.partner.field_updates == "supplier":
            lead = {name: value for name, value in lead.items() if name in OWN_FIELDS[one.supplier]}
        if self.partner.field_updates != "none":
            changes = written(self.partner.vendor, found.table, one.supplier, lead, one.shown_campaign)
        found.fields.update(changes)
        if changes and found.origin in ("untouched", "linked"):
            found.origin = "updated"
        elif found.origin == "untouched":
            found.origin = "linked"
        return "updated" if changes else "linked"


def unrelated(vendor: str, number: int) -> dict[str, Any]:
    """Return a lead that has nothing to do with ours."""
    if vendor == "saleslink":
        return {
            "FirstName": "Walter",
            "LastName": "Walkin",
            "Company": "Corner Shop",
            "Email": f"walter.{number}@cornershop.example",
        }
    return {
        "firstname": "Walter",
        "lastname": "Walkin",
        "companyname": "Corner Shop",
        "emailaddress1": f"walter.{number}@cornershop.example",
        "subject": "Walked in",
    }
