"""The supplier's org, and what our adapter writes back into it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.supplier import SalesforceSupplier
from leadline.mapping.model import SupplierMapping
from leadline.ports import EventWrite, OpportunityWrite, RowResult, StatusRow
from sandbox.launch import RunningSandbox
from tests.hooks.salesforce.rooms import GLOBEX, Org

DEAL = "Partner_Opportunity__c"
NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


class WrittenOrg(Org):
    """The supplier's org and our adapter for it."""

    def __init__(self, sandbox: RunningSandbox, name: str, client: SalesforceClient) -> None:
        super().__init__(sandbox, name)
        self.client = client
        self._people = 0
        self.campaign = self.insert("Campaign", Name="C", IsActive=True, Distribute__c=True)

    def lead(self, **values: Any) -> str:
        self._people += 1
        return self.insert("Lead", **{"LastName": f"L{self._people}", "Company": "Example"} | values)

    def member(self, lead: str, campaign: str | None = None) -> str:
        return self.insert("CampaignMember", CampaignId=campaign or self.campaign, LeadId=lead)

    def rows(self, object_: str, *, deleted: bool = False) -> dict[str, dict[str, Any]]:
        found = self.act("rows", object=object_, deleted=deleted)
        return {row["Id"]: row for row in found}

    def system(self, mapping: SupplierMapping = GLOBEX) -> SalesforceSupplier:
        return SalesforceSupplier(self.client, mapping)

    def back(self, *rows: StatusRow, mapping: SupplierMapping = GLOBEX) -> dict[str, RowResult]:
        return {one.key: one for one in self.system(mapping).write_back(rows)}

    def events(self, *events: EventWrite, mapping: SupplierMapping = GLOBEX) -> dict[str, RowResult]:
        return {one.key: one for one in self.system(mapping).write_events(events)}

    def deals(self, *writes: OpportunityWrite, mapping: SupplierMapping = GLOBEX) -> dict[str, RowResult]:
        return {one.key: one for one in self.system(mapping).write_opportunities(writes)}


def mapped(**write_back: Any) -> SupplierMapping:
    return GLOBEX.model_copy(update={"write_back": GLOBEX.write_back.model_copy(update=write_back)})


def status(record_id: str, **values: str | None) -> StatusRow:
    named = {name.replace("Lead_", "Lead."): value for name, value in values.items()}
    return StatusRow(f"salesforce:{record_id}:", record_id, 1, named, "L1")


def event(key: str, record_id: str, **values: Any) -> EventWrite:
    return EventWrite(key, record_id, **{"type": "Call", "occurred_at": NOON, "subject": "Asked"} | values)


def deal(key: str, lead: str, record_id: str | None = None, **values: str | None) -> OpportunityWrite:
    given = {"Name": "Example - 5 routers", "Probability__c": "50"} | values
    return OpportunityWrite(f"W-{key}", f"O-{key}", record_id, lead, given)
