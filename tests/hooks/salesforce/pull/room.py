"""The supplier's org, and what our adapter reads of it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from leadline.ports import Window
from tests.hooks.salesforce.rooms import DAWN, Org, stamp

DUSK = datetime(2026, 11, 21, tzinfo=UTC)
DAY = Window(DAWN, DUSK)
NUMBERS = count(1)


class SourceOrg(Org):
    """Filled row by row, with stamps of one's own choice (seconds after dawn)."""

    def fault(self, kind, operation="query*", **order):
        super().fault(kind, operation, **order)

    def campaign(self, **values):
        values = {"Name": "C", "IsActive": True, "Distribute__c": True, **values}
        return self.insert("Campaign", **values)

    def lead(self, after=-86_400.0, **values):
        number = next(NUMBERS)
        values = {"LastName": f"L{number}", "Company": "B", "Email": f"l{number}@buyer.example", **values}
        return self.insert("Lead", **values, SystemModstamp=stamp(after))

    def member(self, campaign, lead, after=0.0, **values):
        row = {"CampaignId": campaign, "LeadId": lead, "SystemModstamp": stamp(after), **values}
        return self.insert("CampaignMember", **row)

    def members(self, campaign, stamps):
        """Insert members by (lead's stamp, own stamp), at once."""
        people = [
            {"LastName": f"M{number}", "Company": "B", "SystemModstamp": stamp(after)}
            for number, (after, _) in enumerate(stamps)
        ]
        leads = self.act("insert", object="Lead", rows=people)
        rows = [
            {"CampaignId": campaign, "LeadId": lead, "SystemModstamp": stamp(after)}
            for lead, (_, after) in zip(leads, stamps, strict=True)
        ]
        return self.act("insert", object="CampaignMember", rows=rows)


def records(pages):
    return [record for page in pages for record in page.records]


def ids(pages):
    return [record.record_id for record in records(pages)]
