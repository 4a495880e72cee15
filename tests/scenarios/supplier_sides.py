"""The same leads in each imitated supplier system: handed over there, and what is told back, in common words.

A side reaches its tenant as the supplier's people do, never through our adapter; a house reads and writes
through the hooks, over TLS or SSH, by an Airflow connection.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import pytest

from demo.connections import connections
from sandbox.launch import RunningSandbox

Row = Mapping[str, Any]
"""A lead: `email`, `last_name`, `company`, `phone`, `tier`, `excluded`, `partner`, `campaign`."""

WORDS = {
    "distribution_status": "status",
    "not_routed": "not_routed",
    "partner_name": "partner",
    "sales_status": "sales",
    "sales_rep_name": "rep",
    "sales_rep_email": "rep_email",
}
"""What a mapping calls a status -> what `told` calls it; besides there are `reason` and `phone`."""

CAMPAIGNS = {"summer": "Shared", "winter": "Ours alone"}
"""The campaigns that are pulled, by theme, which says whether partners see them; each system that lets one
choose has a third, `aside`, which is not chosen."""

_EXCLUDED = {"any": [{"all": [{"lead": "excluded", "operator": "equals", "value": True}]}]}
_SHARED = {"any": [{"all": [{"campaign": "theme", "operator": "equals", "value": "Shared"}]}]}


class SupplierSide(Protocol):
    """One target of a supplier's system, empty but for its campaigns."""

    mapping: Mapping[str, Any]  # what a mapping of this system is made of

    def put(self, *rows: Row) -> None:
        """Hand leads over; a person who is there already is handed over again, as the same record."""
        ...

    def told(self, email: str) -> dict[str, str | None]:
        """Return what the system was told of this person, by the words of `WORDS`."""
        ...

    def events(self) -> list[str]:
        """Return the subjects of the partners' events that it was told."""
        ...

    def deals(self) -> list[tuple[str, str, int]]:
        """Return name, status and probability of the opportunity records that it holds."""
        ...


class Places:
    """Airflow connection and tenant of each target, by system."""

    by_system: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
        "sftp": (("acme_sftp", "acme"), ("acme_sftp_test", "acme_test")),
        "salesforce": (("globex_salesforce", "globex"), ("globex_salesforce_test", "globex_test")),
        "marketo": (("marketo_initech", "initech"), ("marketo_initech_test", "initech_test")),
        "eloqua": (("eloqua_umbrella", "umbrella"), ("eloqua_umbrella_test", "umbrella_test")),
    }


def connect(
    sandbox: RunningSandbox, system: str, monkeypatch: pytest.MonkeyPatch, target: str = "production"
) -> SupplierSide:
    """Return one target of a supplier, and let the mapping's connections lead to both."""
    found = connections(sandbox.addresses)
    for name, _ in Places.by_system[system]:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(found[name]))
    _, tenant = Places.by_system[system][target == "test"]
    return {"sftp": OfFiles, "salesforce": OfSalesforce, "marketo": OfMarketo, "eloqua": OfEloqua}[system](
        sandbox, tenant
    )


def _mapping(
    system: str, source: Mapping[str, Any], names: Mapping[str, str], **parts: Any
) -> dict[str, Any]:
    """Return the keywords of a mapping: `names` are the source fields by our own names."""
    profile = {"email", "last_name", "company", "phone"}
    more: dict[str, dict[str, Any]] = {
        "email": {"required": True, "judge": "email"},
        "excluded": {"type": "boolean", "visibility": "supplier_only"},
        "partner": {"visibility": "supplier_only"},
    }
    fields = [
        {"name": name, "source": field, "class": "profile" if name in profile else "supplier"}
        | more.get(name, {})
        for name, field in names.items()
    ]
    production, test = Places.by_system[system]
    body = {
        "targets": {"production": {"connection": production[0]}, "test": {"connection": test[0]}},
        "source": {"system": system, **source},
        "fields": fields,
        "filter": _EXCLUDED,
        "preassignment": {"field": "partner", "match": "id"},
        "rejection_fields": [{"name": "reason", "label": "Reason", "type": "string"}],
        "crm": {
            "salesforce": {
                "lead": {"tier": "Tier_Need__c"},
                "campaign": {"name": "Campaign_Name__c"},
            }
        },
    }
    return body | parts


def _campaigns(**sources: str) -> dict[str, Any]:
    """Return campaigns with these sources of `name` and `theme`; `key` and `lead_field` pass."""
    fields = [{"name": name, "source": sources.pop(name)} for name in ("name", "theme")]
    return {"fields": fields, "share": _SHARED, **sources}


def _common(mapping: Mapping[str, Any], read: Callable[[str], Any]) -> dict[str, str | None]:
    """Return what a record was told in common words; `read` gives the value of a source field."""
    chosen = mapping["write_back"]
    found = {word: read(chosen[name]) for name, word in WORDS.items()}
    found |= {"reason": read(chosen["rejection_fields"]["reason"]), "phone": read(chosen["fields"]["phone"])}
    return {word: value or None for word, value in found.items()}


class OfFiles:
    """A supplier that drops files; each `put` is one of them."""

    _columns = {
        "email": "E-Mail", "last_name": "Last Name", "company": "Company", "phone": "Phone", "tier": "Tier",
        "excluded": "Excluded", "partner": "Partner", "campaign": "Campaign",
    }  # fmt: skip

    def __init__(self, sandbox: RunningSandbox, account: str) -> None:
        self.control, self.account = sandbox.control, account
        self._files = 0
        text = "Code,Name,Theme\r\n" + "".join(f"{name},{name},{CAMPAIGNS[name]}\r\n" for name in CAMPAIGNS)
        self.control.put_file("/inbox/campaigns_1.csv", text, account=account)
        self.mapping = _mapping(
            "sftp",
            {"stable_seconds": 0, "campaigns": "campaigns_*.csv"},
            self._columns,
            campaigns=_campaigns(key="Code", lead_field="campaign", name="Name", theme="Theme"),
            write_back={
                **{name: f"LL {word}" for name, word in WORDS.items()},
                "rejection_fields": {"reason": "LL reason"},
                "fields": {"phone": "LL phone"},
                "file": {"columns": {"Mail": "email", "Line": "line", "No": "sequence"}},
                "events": {"object": "events"},
                "opportunities": {
                    "object": "deals",
                    "external_id": "Deal",
                    "lead_field": "Row",
                    "fields": {"name": "Name", "status": "Status", "probability": "Probability"},
                    "events": True,
                },
            },
        )

    def put(self, *rows: Row) -> None:
        self._files += 1
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(self._columns), restval="")
        writer.writerow(self._columns)
        writer.writerows({**row, "excluded": "yes" if row.get("excluded") else "no"} for row in rows)
        self.control.put_file(f"/inbox/leads_{self._files}.csv", text.getvalue(), account=self.account)

    def _outbox(self, kind: str) -> Iterator[dict[str, str]]:
        for one in self.control.files(self.account):
            if not one["path"].startswith(f"/outbox/{kind}_"):
                continue
            text = self.control.read_file(one["path"], account=self.account).decode("utf-8-sig")
            yield from csv.DictReader(io.StringIO(text, newline=""))

    def told(self, email: str) -> dict[str, str | None]:
        rows = [row for row in self._outbox("status") if row["Mail"] == email]
        last = max(rows, key=lambda row: int(row["No"]), default={})
        # What a spreadsheet might run was quoted.
        return _common(self.mapping, lambda column: last.get(column, "").removeprefix("'"))

    def events(self) -> list[str]:
        return sorted(row["subject"] for row in self._outbox("events"))

    def deals(self) -> list[tuple[str, str, int]]:
        rows = sorted(self._outbox("deals"), key=lambda row: int(row["No"]))
        last = {row["Deal"]: row for row in rows}
        return sorted((row["Name"], row["Status"], int(row["Probability"])) for row in last.values())


class OfSalesforce:
    """A supplier's org: a lead is handed over by membership in a campaign."""

    def __init__(self, sandbox: RunningSandbox, org: str) -> None:
        self.control, self.org = sandbox.control, org
        self._leads: dict[str, str] = {}
        rows = [
            {"Name": name, "Theme__c": theme, "IsActive": True, "Distribute__c": True}
            for name, theme in CAMPAIGNS.items()
        ]
        aside = {"Name": "aside", "Theme__c": "Shared", "IsActive": True, "Distribute__c": False}
        self._campaigns = dict(
            zip([*CAMPAIGNS, "aside"], self._insert("Campaign", *rows, aside), strict=True)
        )
        self._names = {
            "email": "Lead.Email", "last_name": "Lead.LastName", "company": "Lead.Company",
            "phone": "Lead.Phone", "tier": "Lead.Tier_Need__c",
            "excluded": "Lead.Exclude_From_Distribution__c", "partner": "Lead.Assigned_Partner__c",
            "campaign": "CampaignId",
        }  # fmt: skip
        self.mapping = _mapping(
            "salesforce",
            {"object": "CampaignMember", "campaign_where": "Distribute__c = true"},
            self._names,
            campaigns=_campaigns(lead_field="campaign", name="Name", theme="Theme__c"),
            write_back={
                "object": "CampaignMember",
                "distribution_status": "LL_Distribution_Status__c",
                "not_routed": "LL_Not_Routed__c",
                "partner_name": "LL_Partner__c",
                "sales_status": "LL_Sales_Status__c",
                "sales_rep_name": "LL_Rep_Name__c",
                "sales_rep_email": "LL_Rep_Email__c",
                "rejection_fields": {"reason": "LL_Rejection_Reason__c"},
                "fields": {"phone": "Lead.Phone"},
                "events": {"object": "Task"},
                "opportunities": {
                    "object": "Partner_Opportunity__c",
                    "external_id": "Leadline_Id__c",
                    "lead_field": "Lead__c",
                    "fields": {"name": "Name", "status": "Status__c", "probability": "Probability__c"},
                    "events": True,
                },
            },
        )

    def _insert(self, object_: str, *rows: Row) -> list[str]:
        return list(self.control.act(self.org, "insert", object=object_, rows=list(rows)))

    def _rows(self, object_: str) -> list[dict[str, Any]]:
        return self.control.records(self.org, object_)

    def put(self, *rows: Row) -> None:
        for row in rows:
            campaign = self._campaigns[row.get("campaign", "summer")]
            if row["email"] not in self._leads:
                values = {
                    self._names[name].removeprefix("Lead."): value
                    for name, value in row.items()
                    if name != "campaign"
                }
                (self._leads[row["email"]],) = self._insert("Lead", values)
            self._insert("CampaignMember", {"CampaignId": campaign, "LeadId": self._leads[row["email"]]})

    def told(self, email: str) -> dict[str, str | None]:
        (lead,) = [one for one in self._rows("Lead") if one["Email"] == email]
        member = next(one for one in self._rows("CampaignMember") if one["LeadId"] == lead["Id"])
        record = member | {f"Lead.{name}": value for name, value in lead.items()}
        return _common(self.mapping, record.get)

    def events(self) -> list[str]:
        return sorted(one["Subject"].removeprefix("Task: ") for one in self._rows("Task"))  # its type first

    def deals(self) -> list[tuple[str, str, int]]:
        rows = self._rows("Partner_Opportunity__c")
        return sorted((one["Name"], one["Status__c"], int(one["Probability__c"])) for one in rows)


class OfMarketo:
    """A supplier's subscription: a lead is handed over by its status in a program."""

    def __init__(self, sandbox: RunningSandbox, tenant: str) -> None:
        self.control, self.tenant = sandbox.control, tenant
        self._leads: dict[str, int] = {}
        programs = [{"name": name, "tags": {"Theme": theme}} for name, theme in CAMPAIGNS.items()]
        self._programs = dict(zip(CAMPAIGNS, self._insert("program", *programs), strict=True))
        self._insert("program", {"name": "aside", "tags": {"Theme": "Shared"}})
        self._names = {
            "email": "email", "last_name": "lastName", "company": "company", "phone": "phone",
            "tier": "serviceTier", "excluded": "excludeFromDistribution", "partner": "partnerId",
        }  # fmt: skip
        self.mapping = _mapping(
            "marketo",
            {"handover_ids": list(self._programs.values()), "handover_statuses": ["Sent to Partner"]},
            self._names,
            campaigns=_campaigns(name="name", theme="tags.Theme"),
            write_back={
                "distribution_status": "llDistributionStatus",
                "not_routed": "llNotRouted",
                "partner_name": "llPartner",
                "sales_status": "llSalesStatus",
                "sales_rep_name": "llSalesRep",
                "sales_rep_email": "llSalesRepEmail",
                "rejection_fields": {"reason": "llRejectionReason"},
                "fields": {"phone": "llPhone"},
                "events": {
                    "object": "100001",
                    "fields": {"type": "primaryAttributeValue", "subject": "subject", "key": "leadlineKey"},
                },
                "opportunities": {
                    "object": "opportunity",
                    "external_id": "externalOpportunityId",
                    "lead_field": "leadId",
                    "fields": {"name": "name", "status": "dealStatus", "probability": "probability"},
                    "events": True,
                },
            },
        )

    def _do(self, action: str, **values: Any) -> Any:
        return self.control.do("marketo", self.tenant, action, **values)

    def _insert(self, object_: str, *rows: Row) -> list[Any]:
        return list(self._do("insert", object=object_, rows=list(rows)))

    def put(self, *rows: Row) -> None:
        for row in rows:
            program = self._programs[row.get("campaign", "summer")]
            if row["email"] in self._leads:
                lead = self._leads[row["email"]]
                self._do("set_status", program_id=program, lead_ids=[lead], status="Member")
            else:
                values = {self._names[name]: value for name, value in row.items() if name != "campaign"}
                (lead,) = self._insert("lead", values)
                self._leads[row["email"]] = lead
            self._do("set_status", program_id=program, lead_ids=[lead], status="Sent to Partner")

    def merge(self, email: str, *, into: str) -> None:
        self._do("merge", winner=self._leads[into], losers=[self._leads[email]])

    def told(self, email: str) -> dict[str, str | None]:
        (lead,) = [one for one in self._do("rows", object="lead") if one["email"] == email]
        return _common(self.mapping, lead.get)

    def events(self) -> list[str]:
        found = [one for one in self._do("rows", object="activity") if one["activityTypeId"] == 100001]
        named = [{one["name"]: one.get("value") for one in entry["attributes"]} for entry in found]
        return sorted(str(one.get("Subject") or one.get("subject")) for one in named)

    def deals(self) -> list[tuple[str, str, int]]:
        rows = self._do("rows", object="opportunity")
        return sorted((one["name"], one["dealStatus"], int(one["probability"])) for one in rows)


class OfEloqua:
    """A supplier's Eloqua: a contact is handed over by sending a form."""

    def __init__(self, sandbox: RunningSandbox, tenant: str) -> None:
        self.control, self.tenant = sandbox.control, tenant
        self._contacts: dict[str, str] = {}
        rows = [{"name": name, "campaignCategory": theme} for name, theme in CAMPAIGNS.items()]
        self._campaigns = dict(zip(CAMPAIGNS, self._insert("campaign", *rows), strict=True))
        self._insert("campaign", {"name": "aside", "campaignCategory": "Shared"})
        # The rows of partners' events name their contact, or the row of their opportunity.
        self._do("add_field", element="customObjects/8", internal="Deal_Id1")
        self._names = {
            "email": "C_EmailAddress", "last_name": "C_LastName", "company": "C_Company",
            "phone": "C_BusPhone", "tier": "C_Service_Tier1", "excluded": "C_Keep_From_Partners1",
            "partner": "C_Assigned_Partner1",
        }  # fmt: skip
        self.mapping = _mapping(
            "eloqua",
            {"handover": "form", "handover_id": 7, "campaign_search": "name='*er'"},
            {**self._names, "campaign": "Activity.CampaignId"},
            campaigns=_campaigns(lead_field="campaign", name="name", theme="campaignCategory"),
            write_back={
                "distribution_status": "C_LL_Status1",
                "not_routed": "C_LL_Not_Routed1",
                "partner_name": "C_LL_Partner1",
                "sales_status": "C_LL_Sales_Status1",
                "sales_rep_name": "C_LL_Rep_Name1",
                "sales_rep_email": "C_LL_Rep_Email1",
                "rejection_fields": {"reason": "C_LL_Rejection1"},
                "fields": {"phone": "C_LL_Phone1"},
                "events": {
                    "object": "8",
                    "fields": {
                        "key": "Event_Key1",
                        "lead": "Contact_Id1",
                        "opportunity": "Deal_Id1",
                        "subject": "Subject1",
                    },
                },
                "opportunities": {
                    "object": "9",
                    "external_id": "Leadline_Id1",
                    "lead_field": "Contact_Id1",
                    "fields": {"name": "Name1", "status": "Status1", "probability": "Probability1"},
                    "events": True,
                },
            },
        )

    def _do(self, action: str, **values: Any) -> Any:
        return self.control.do("eloqua", self.tenant, action, **values)

    def _insert(self, object_: str, *rows: Row) -> list[str]:
        return list(self._do("insert", object=object_, rows=list(rows)))

    def put(self, *rows: Row) -> None:
        for row in rows:
            if row["email"] not in self._contacts:
                values = {self._names[name]: value for name, value in row.items() if name != "campaign"}
                values["C_Keep_From_Partners1"] = "true" if row.get("excluded") else "false"
                (self._contacts[row["email"]],) = self._insert("contact", values)
            campaign = self._campaigns[row.get("campaign", "summer")]
            sent = {"emailAddress": row["email"]}
            self._do("submit_form", form="7", values=sent, campaign=campaign)

    def merge(self, email: str, *, into: str) -> None:
        self._do("merge", winner=self._contacts[into], losers=[self._contacts[email]])

    def add(self, row: Row) -> None:
        """Add somebody who was not handed over."""
        values = {self._names[name]: value for name, value in row.items()}
        (self._contacts[row["email"]],) = self._insert("contact", values)

    def id_of(self, email: str) -> str:
        return self._contacts[email]

    def told(self, email: str) -> dict[str, str | None]:
        (contact,) = [one for one in self._do("rows", object="contact") if one["C_EmailAddress"] == email]
        return _common(self.mapping, contact.get)

    def events(self) -> list[str]:
        return sorted(one["Subject1"] for one in self._do("rows", object="customObject/8"))

    def deals(self) -> list[tuple[str, str, int]]:
        rows = self._do("rows", object="customObject/9")
        return sorted((one["Name1"], one["Status1"], int(float(one["Probability1"]))) for one in rows)
