"""The same person at work in each imitated CRM: what stands there in common words, and what a partner does.

A side reaches its tenant as its sales people do, never through our adapter; a house pushes and reads through
the hooks, over TLS, by an Airflow connection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

import pytest

from demo.connections import connections
from sandbox.launch import RunningSandbox
from sandbox.orgs import REPS
from tests.scenarios.house import House

ROOMS: Mapping[str, tuple[str, str]] = {
    "salesforce": ("salesforce_p001", "p001"),
    "dynamics": ("dynamics_d001", "d001"),
    "saleslink": ("saleslink_k001", "k001"),
}
"""CRM -> connection of the demonstration, and tenant."""

Record = dict[str, Any]


class CrmSide(Protocol):
    """Partner P1 in its own CRM. Records are dicts of `email`, `phone`, `company`, `tier`, with `id`."""

    crm: Mapping[str, Any]  # of the mapping: where the field `tier` goes
    contacted: str  # the CRM's own word for Contacted

    def leads(self) -> list[Record]: ...
    def contacts(self) -> list[Record]: ...
    def insert(self, **values: str) -> None: ...
    def set_status(self, record_id: str, word: str) -> None: ...
    def edit(self, record_id: str, **values: str) -> None: ...
    def open_deal(self, record_id: str, name: str, probability: int | None) -> str: ...
    def match_deal(self, email: str, name: str) -> str: ...
    def lose(self, deal: str) -> None: ...
    def move_deal(self, deal: str, probability: int) -> None: ...


def connect(sandbox: RunningSandbox, crm: str, monkeypatch: pytest.MonkeyPatch) -> CrmSide:
    """Return the side of this CRM, empty, and make it the connection of partner P1."""
    sandbox.control.reset()
    name, tenant = ROOMS[crm]
    found = connections(sandbox.addresses)[name]
    monkeypatch.setenv("AIRFLOW_CONN_CRM_P1", json.dumps(found))
    return {"salesforce": InSalesforce, "dynamics": InDynamics, "saleslink": InSaleslink}[crm](
        sandbox, tenant
    )


def attach(house: House) -> None:
    """Let a house reach its partners' CRMs by the hooks."""
    from hooks.systems import partner_crm

    house.open_crm = partner_crm


def _common(row: Mapping[str, Any], names: Mapping[str, str]) -> Record:
    return {ours: row.get(theirs) for ours, theirs in names.items()}


class InSalesforce:
    """An org."""

    crm = {"salesforce": {"lead": {"tier": "Tier_Need__c"}, "contact": {"tier": "Tier_Need__c"}}}
    contacted = "Working - Contacted"
    _names = {"id": "Id", "email": "Email", "phone": "Phone", "company": "Company", "tier": "Tier_Need__c"}
    _rep = REPS[0][2]

    def __init__(self, sandbox: RunningSandbox, org: str) -> None:
        self.control, self.org = sandbox.control, org

    def _rows(self, object_: str) -> list[Record]:
        return [_common(row, self._names) for row in self.control.records(self.org, object_)]

    def leads(self) -> list[Record]:
        return self._rows("Lead")

    def contacts(self) -> list[Record]:
        return self._rows("Contact")

    def _make(self, object_: str, **values: Any) -> str:
        return str(self.control.act(self.org, "insert", object=object_, rows=[values])[0])

    def insert(self, **values: str) -> None:
        self._make("Lead", LastName="Theirs", **{self._names[name]: value for name, value in values.items()})

    def _update(self, record_id: str, **values: Any) -> None:
        self.control.act(self.org, "update", id=record_id, values=values, by=self._rep)

    def set_status(self, record_id: str, word: str) -> None:
        self._update(record_id, Status=word)

    def edit(self, record_id: str, **values: str) -> None:
        self._update(record_id, **{self._names[name]: value for name, value in values.items()})

    def open_deal(self, record_id: str, name: str, probability: int | None) -> str:
        told = self.control.act(
            self.org, "convert", lead_id=record_id, opportunity_name=name, owner_id=self._rep
        )
        found = next(one for one in self.control.records(self.org, "Opportunity") if one["Name"] == name)
        assert told
        if probability is not None:
            self.move_deal(found["Id"], probability)
        return str(found["Id"])

    def match_deal(self, email: str, name: str) -> str:
        contact = self._make("Contact", LastName="Same", Email=email)
        deal = self._make("Opportunity", Name=name, StageName="Prospecting", CloseDate="2027-01-01")
        self._make("OpportunityContactRole", OpportunityId=deal, ContactId=contact, IsPrimary=True)
        return deal

    def lose(self, deal: str) -> None:
        self._update(deal, StageName="Closed Lost")

    def move_deal(self, deal: str, probability: int) -> None:
        self._update(deal, Probability=probability)


class InDynamics:
    """An environment."""

    crm = {"dynamics": {"lead": {"tier": "ll_details"}, "contact": {"tier": "ll_details"}}}
    contacted = "Contacted"
    _names = {
        "email": "emailaddress1",
        "phone": "telephone1",
        "company": "companyname",
        "tier": "ll_details",
    }

    def __init__(self, sandbox: RunningSandbox, tenant: str) -> None:
        self.control, self.tenant = sandbox.control, tenant

    def _do(self, action: str, **arguments: Any) -> Any:
        return self.control.do("dynamics", self.tenant, action, **arguments)

    def _rows(self, table: str) -> list[Record]:
        return [_common(row, {"id": f"{table}id", **self._names}) for row in self._do("rows", object=table)]

    def leads(self) -> list[Record]:
        return self._rows("lead")

    def contacts(self) -> list[Record]:
        return self._rows("contact")

    def insert(self, **values: str) -> None:
        row = {self._names[name]: value for name, value in values.items()}
        self._do("insert", object="lead", rows=[{"lastname": "Theirs", "subject": "ours", **row}])

    def set_status(self, record_id: str, word: str) -> None:
        code = {"Contacted": 2, "Under review": 100_000_002}[word]
        self._do("update", object="lead", id=record_id, values={"statuscode": code})

    def edit(self, record_id: str, **values: str) -> None:
        row = {self._names[name]: value for name, value in values.items()}
        self._do("update", object="lead", id=record_id, values=row)

    def open_deal(self, record_id: str, name: str, probability: int | None) -> str:
        deal = self._do("qualify", id=record_id)["opportunity"]
        self._do("update", object="opportunity", id=deal, values={"name": name})
        if probability is not None:
            self.move_deal(deal, probability)
        return str(deal)

    def match_deal(self, email: str, name: str) -> str:
        (contact,) = self._do("insert", object="contact", rows=[{"lastname": "Same", "emailaddress1": email}])
        row = {"name": name, "parentcontactid": ["contact", contact], "customerid": ["contact", contact]}
        return str(self._do("insert", object="opportunity", rows=[row])[0])

    def lose(self, deal: str) -> None:
        self._do("lose", id=deal)

    def move_deal(self, deal: str, probability: int) -> None:
        self._do("update", object="opportunity", id=deal, values={"closeprobability": probability})


class InSaleslink:
    """A dealer's service."""

    crm = {"saleslink": {"lead": {"tier": "Tier"}}}
    contacted = "Quote"  # what the account's mapping makes Contacted
    _names = {"id": "LeadId", "email": "Email", "phone": "Phone", "company": "Company", "tier": "Tier"}

    def __init__(self, sandbox: RunningSandbox, tenant: str) -> None:
        self.control, self.tenant = sandbox.control, tenant

    def _do(self, action: str, **arguments: Any) -> Any:
        return self.control.do("saleslink", self.tenant, action, **arguments)

    def leads(self) -> list[Record]:
        return [_common(row, self._names) for row in self._do("rows", object="Lead")]

    def contacts(self) -> list[Record]:
        return []

    def insert(self, **values: str) -> None:
        row = {self._names[name]: value for name, value in values.items()}
        self._do("insert", object="Lead", rows=[{"LastName": "Theirs", **row}])

    def set_status(self, record_id: str, word: str) -> None:
        self._do("open_opportunity", LeadId=record_id, Status=word)

    def edit(self, record_id: str, **values: str) -> None:
        row = {self._names[name]: value for name, value in values.items()}
        self._do("update", object="Lead", id=record_id, values=row)

    def open_deal(self, record_id: str, name: str, probability: int | None) -> str:
        deal = self._do("open_opportunity", LeadId=record_id, Name=name)
        found = next(one for one in self._do("rows", object="Opportunity") if one["Name"] == name)
        assert deal
        if probability is not None:
            self.move_deal(found["OpportunityId"], probability)
        return str(found["OpportunityId"])

    def match_deal(self, email: str, name: str) -> str:
        (theirs,) = self._do("insert", object="Lead", rows=[{"LastName": "Walkin"}])
        self._do("open_opportunity", LeadId=theirs, Name=name, ContactEmail=email)
        found = next(one for one in self._do("rows", object="Opportunity") if one["Name"] == name)
        return str(found["OpportunityId"])

    def lose(self, deal: str) -> None:
        self._do("lose", id=deal)

    def move_deal(self, deal: str, probability: int) -> None:
        values = {"ProbabilityPercent": probability}
        self._do("update", object="Opportunity", id=deal, values=values)
