"""Two small suppliers: what lies in their systems, who their partners are, what their second day brings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from leadline.partners import CrmAccount, Partner
from tests.crashes.rooms import Rooms

FIRST_DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
SECOND_DAY = FIRST_DAY + timedelta(days=1)
LATER = SECOND_DAY + timedelta(hours=1)
OWNER = "005000000000002AAA"

FIELDS = [
    {"name": "email", "source": "Lead.Email", "required": True, "judge": "email", "class": "profile"},
    {"name": "last_name", "source": "Lead.LastName", "required": True, "class": "profile"},
    {"name": "company", "source": "Lead.Company", "class": "profile"},
    {"name": "title", "source": "Lead.Title", "class": "profile"},
    {
        "name": "country",
        "source": "Lead.Country",
        "required": True,
        "judge": "country",
        "class": "profile",
    },
    {
        "name": "products",
        "source": "Lead.Products__c",
        "type": "multiselect",
        "values": ["Routers", "Switches", "Cloud"],
        "separator": ";",
    },
    {"name": "tier_need", "source": "Lead.Tier_Need__c", "label": "Service tier"},
    {"name": "industry", "source": "Lead.Industry", "label": "Line of business"},
    {"name": "budget", "source": "Lead.Budget__c", "type": "decimal", "visibility": "supplier_only"},
    {
        "name": "excluded",
        "source": "Lead.Exclude_From_Distribution__c",
        "type": "boolean",
        "visibility": "supplier_only",
    },
    {"name": "campaign_id", "source": "CampaignId"},
]
CRM = {
    "email": "Email",
    "last_name": "LastName",
    "title": "Title",
    "products": "Products__c",
}
ROUTING = {
    "round_robin": True,
    "rules": [
        {
            "name": "country",
            "required": True,
            "any": [{"all": [{"lead": "country", "operator": "same_as_partner", "partner": "countries"}]}],
        }
    ],
}
PARTNERS = (
    Partner(
        id="P001",
        name="Alpine",
        attributes={"countries": ("DE", "CH")},
        auto_accept=True,
        crm="sf-p001",
        crm_owner=OWNER,
        field_updates="all",
        custom_fields_into_notes=True,
    ),
    Partner(
        id="P002",
        name="Channel",
        attributes={"countries": ("GB", "CH")},
        auto_accept=True,
        crm="sf-p002",
        record_as="contact",
        field_updates="supplier",
    ),
    Partner(id="P003", name="Estrella", attributes={"countries": ("ES",)}, crm="sf-p001"),
)
ACCOUNTS = (
    CrmAccount(id="sf-p001", connection="salesforce_p001"),
    CrmAccount(id="sf-p002", connection="salesforce_p002"),
)


def salesforce_mapping(*, bulk: bool) -> dict[str, Any]:
    """Return the mapping of a supplier with Salesforce; `bulk`: it is read by bulk queries."""
    return {
        "supplier": "globex",
        "label": "Globex",
        "targets": {"production": {"connection": "globex_salesforce"}},
        "source": {
            "system": "salesforce",
            "campaign_where": "IsActive = true AND Distribute__c = true",
            "activities": {"object": "Task", "lead_field": "WhoId"},
            "bulk_above": 0 if bulk else 50_000,
        },
        "batch_rows": 6,
        "fields": FIELDS,
        "filter": {"any": [{"all": [{"lead": "excluded", "operator": "equals", "value": True}]}]},
        "campaigns": {
            "lead_field": "campaign_id",
            "fields": [{"name": "name", "source": "Name", "required": True}],
            "share_all": True,
        },
        "routing": ROUTING,
        "write_back": {
            "object": "CampaignMember",
            "distribution_status": "LL_Distribution_Status__c",
            "distribution_status_at": "LL_Status_At__c",
            "not_routed": "LL_Not_Routed__c",
            "partner_name": "LL_Partner__c",
        },
        "crm": {
            "salesforce": {
                "lead": CRM | {"company": "Company", "country": "Country", "tier_need": "Tier_Need__c"},
                "contact": CRM | {"country": "MailingCountry", "tier_need": "Tier_Need__c"},
                "campaign": {"name": "Campaign_Name__c"},
            }
        },
    }


def sftp_mapping() -> dict[str, Any]:
    """Return the mapping of a supplier that drops files; nobody pushes its leads to a CRM."""
    sources = {"email": "Email", "last_name": "Last Name", "country": "Country"}
    fields = [one | {"source": sources[one["name"]]} for one in FIELDS if one["name"] in sources]
    return {
        "supplier": "acme",
        "label": "Acme",
        "targets": {"production": {"connection": "acme_sftp"}},
        "source": {"system": "sftp", "marker": ".done", "leads": "leads_*.csv"},
        "batch_rows": 4,
        "fields": fields,
        "routing": ROUTING,
    }


class Supplier:
    """Globex's org, filled at times of one's own choice."""

    def __init__(self, rooms: Rooms) -> None:
        self._control = rooms.control
        self._minute = 0

    def at(self, moment: datetime) -> None:
        """Hold the sandbox's clock; records that follow come a minute apart, before it."""
        self._control.clock(set=moment.isoformat(), hold=True)
        self._minute, self._from = 0, moment - timedelta(hours=2)

    def act(self, action: str, **values: Any) -> Any:
        """Let something happen in the org."""
        return self._control.act("globex", action, **values)

    def insert(self, object_: str, **values: Any) -> str:
        """Store one record and return its id."""
        self._minute += 1
        stamp = (self._from + timedelta(minutes=self._minute)).isoformat()
        return str(self.act("insert", object=object_, rows=[values | {"SystemModstamp": stamp}])[0])

    def campaign(self, name: str) -> str:
        """Store a campaign that is chosen."""
        return self.insert("Campaign", Name=name, IsActive=True, Distribute__c=True)

    def member(self, campaign: str, name: str, country: str, *, tasks: int = 0, **values: Any) -> str:
        """Store a lead, its activities and its membership; return the lead's id."""
        lead = self.insert(
            "Lead",
            **{
                "LastName": name.title(),
                "Company": f"{name.title()} Ltd",
                "Email": f"{name}@buyer.example",
                "Country": country,
                "Products__c": "Routers;Cloud",
                "Industry": "Retail",
                "Budget__c": 1000,
            }
            | values,
        )
        for number in range(tasks):
            self.insert("Task", WhoId=lead, Subject=f"Call {number}", ActivityDate="2026-03-01")
        self.insert("CampaignMember", CampaignId=campaign, LeadId=lead, Status="Sent")
        return lead


def fill_first_day(rooms: Rooms) -> dict[str, str]:
    """Fill the orgs with what there is before the first run; return ids by name."""
    rooms.control.reset()
    globex = Supplier(rooms)
    globex.at(FIRST_DAY)
    for org, object_, values in (
        ("p001", "Lead", {"Company": "Knut old", "Title": "as known", "Industry": "Arms"}),
        ("p002", "Contact", {"Title": "as known"}),
        ("p001", "Lead", {"Company": "Walk-in", "Email": "walter@shop.example"}),
    ):
        email = {"p001": "knut@buyer.example", "p002": "kate@buyer.example"}[org]
        row = {"LastName": "Known", "Email": email} | values
        rooms.control.act(org, "insert", object=object_, rows=[row])
    spring = globex.campaign("Spring")
    globex.campaign("Autumn")
    return {
        "spring": spring,
        "anna": globex.member(spring, "anna", "DE"),
        "bob": globex.member(spring, "bob", "GB", tasks=1),
        "carl": globex.member(spring, "carl", "DE"),
        "dora": globex.member(spring, "dora", "FR"),
    }


def fill_second_day(rooms: Rooms, ids: dict[str, str]) -> None:
    """Let a day pass at the supplier: changes, a deletion, an activity, and new members of each fate."""
    globex = Supplier(rooms)
    globex.at(SECOND_DAY - timedelta(minutes=30))
    globex.act("update", id=ids["anna"], values={"Title": "CTO", "Industry": "Trade"})
    globex.act("update", id=ids["bob"], values={"Tier_Need__c": "Plus"})
    globex.act("delete", id=ids["carl"])
    globex.act("update", id=ids["spring"], values={"Name": "Spring Fair"})
    globex.at(SECOND_DAY - timedelta(minutes=10))
    globex.insert("Task", WhoId=ids["anna"], Subject="Visited", ActivityDate="2026-03-02")
    summer = globex.campaign("Summer")
    globex.member(summer, "emil", "DE", tasks=1)
    globex.member(summer, "knut", "DE")  # P001 has a lead of this e-mail
    globex.member(summer, "kate", "GB", tasks=2)  # P002 has a contact of this e-mail
    globex.member(summer, "fred", "CH")
    globex.member(ids["spring"], "fred", "DE")  # another lead of one person
    globex.member(summer, "greta", "GB")
    globex.member(summer, "greta", "GB", Title="Buyer")  # merged into the one before
    globex.member(summer, "hugo", "FR")  # nobody's country
    globex.member(summer, "ines", "Atlantis")  # quarantined
    globex.member(summer, "jan", "DE", Exclude_From_Distribution__c=True)  # filtered
    globex.member(summer, "lena", "CH")
    globex.member(summer, "mona", "ES")  # accepted by hand
    globex.at(SECOND_DAY)


def fill_drops(rooms: Rooms) -> None:
    """Drop two good files, one with a bad row, and one that cannot be read."""
    rooms.control.reset()
    header = "Email,Last Name,Country\n"
    files = {
        "leads_1.csv": header + "".join(f"a{n}@buyer.example,A{n},DE\n" for n in range(6)),
        "leads_2.csv": header + "b1@buyer.example,B1,GB\nb2@buyer.example,B2,Atlantis\n",
        "leads_3.csv": "Email,Email,Country\nc@buyer.example,C,DE\n",
    }
    for minute, (name, text) in enumerate(files.items()):
        at = (SECOND_DAY - timedelta(minutes=90 - minute)).timestamp()
        rooms.control.put_file(f"/inbox/{name}", text, mtime=at)
        rooms.control.put_file(f"/inbox/{name}.done", b"", mtime=at)
