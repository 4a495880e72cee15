"""What a tenant is made of before anything happens in it: fields, forms, segments, custom objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NAMES = ("umbrella", "umbrella_test")


@dataclass(frozen=True)
class Field:
    """One field of contacts, accounts or a custom object."""

    id: str
    internal: str
    name: str
    type: str = "string"  # string, number, date, boolean, emailAddress, largeText
    property: str = ""  # of the Application API; else it stands among fieldValues
    unique: bool = False
    read_only: bool = False


def _fields(first: int, *entries: tuple[str, ...]) -> tuple[Field, ...]:
    return tuple(
        Field(
            str(first + number),
            entry[0],
            entry[1],
            entry[2] if len(entry) > 2 else "string",
            entry[3] if len(entry) > 3 else "",
            unique=entry[0] == "C_EmailAddress",
        )
        for number, entry in enumerate(entries)
    )


CONTACT_FIELDS = _fields(
    100001,
    ("C_EmailAddress", "Email Address", "emailAddress", "emailAddress"),
    ("C_FirstName", "First Name", "string", "firstName"),
    ("C_LastName", "Last Name", "string", "lastName"),
    ("C_Company", "Company", "string", "accountName"),
    ("C_Title", "Title", "string", "title"),
    ("C_BusPhone", "Business Phone", "string", "businessPhone"),
    ("C_Address1", "Address 1", "string", "address1"),
    ("C_City", "City", "string", "city"),
    ("C_State_Prov", "State or Province", "string", "province"),
    ("C_Zip_Postal", "Zip or Postal Code", "string", "postalCode"),
    ("C_Country", "Country", "string", "country"),
    ("C_Salesperson", "Salesperson", "string", "salesPerson"),
    ("C_Industry1", "Industry"),
    ("C_Number_of_Employees1", "Number of Employees", "number"),
    ("C_Products_of_Interest1", "Products of Interest", "largeText"),
    ("C_Service_Tier1", "Service Tier"),
    ("C_Budget1", "Budget", "number"),
    ("C_Demo_Requested1", "Demo Requested"),
    ("C_Demo_Date1", "Demo Date", "date"),
    ("C_Internal_Rating1", "Internal Rating"),
    ("C_Assigned_Partner1", "Assigned Partner"),
    ("C_Keep_From_Partners1", "Keep from Partners"),
    ("C_Handed_Over_At1", "Handed Over At", "date"),
    ("C_LL_Status1", "LL Status"),
    ("C_LL_Status_At1", "LL Status At", "date"),
    ("C_LL_Not_Routed1", "LL Not Routed"),
    ("C_LL_Partner1", "LL Partner"),
    ("C_LL_Sales_Status1", "LL Sales Status"),
    ("C_LL_Rep_Name1", "LL Rep Name"),
    ("C_LL_Rep_Email1", "LL Rep Email"),
    ("C_LL_Rejection1", "LL Rejection"),
    ("C_LL_Reject_Comment1", "LL Reject Comment", "largeText"),
    ("C_LL_Phone1", "LL Phone"),
    ("C_LL_Budget1", "LL Budget", "number"),
)
ACCOUNT_FIELDS = _fields(200001, ("M_CompanyName", "Company Name"), ("M_Country", "Country"))

CUSTOM_OBJECTS: dict[str, tuple[str, tuple[Field, ...]]] = {
    "7": (
        "Partner hand-over",
        _fields(
            71,
            ("Email_Address1", "Email Address", "emailAddress"),
            ("Campaign_Id1", "Campaign Id"),
            ("Interest1", "Interest"),
            ("Comments1", "Comments", "largeText"),
            ("LL_Status1", "LL Status"),
            ("LL_Partner1", "LL Partner"),
        ),
    ),
    "8": (
        "Partner events",
        _fields(
            81,
            ("Event_Key1", "Event Key"),
            ("Contact_Id1", "Contact Id"),
            ("Event_Type1", "Event Type"),
            ("Subject1", "Subject"),
            ("Body1", "Body", "largeText"),
            ("Occurred_At1", "Occurred At", "date"),
        ),
    ),
    "9": (
        "Partner opportunities",
        _fields(
            91,
            ("Leadline_Id1", "Leadline Id"),
            ("Contact_Id1", "Contact Id"),
            ("Name1", "Name"),
            ("Stage1", "Stage"),
            ("Status1", "Status"),
            ("Probability1", "Probability", "number"),
            ("Amount1", "Amount", "number"),
            ("Currency1", "Currency"),
            ("Close_Date1", "Close Date", "date"),
            ("Partner1", "Partner"),
        ),
    ),
    "10": (
        "Lead status",
        _fields(
            101,
            ("Lead_Key1", "Lead Key"),
            ("Contact_Id1", "Contact Id"),
            ("LL_Status1", "LL Status"),
            ("LL_Partner1", "LL Partner"),
        ),
    ),
}

FORMS: dict[str, tuple[str, Sequence[str]]] = {
    "7": ("Partner enquiry", ("emailAddress", "firstName", "lastName", "company", "comments", "interest")),
    "8": ("Newsletter", ("emailAddress",)),
}
FORM_TO_CONTACT = {
    "emailAddress": "C_EmailAddress",
    "firstName": "C_FirstName",
    "lastName": "C_LastName",
    "company": "C_Company",
}
SEGMENTS = {"12": "Ready for partners", "13": "Everybody"}
LISTS = {"12": "Partner leads"}

ACTIVITY_TYPES = (
    "EmailOpen", "EmailClickthrough", "EmailSend", "Subscribe", "Unsubscribe", "Bounceback", "WebVisit",
    "PageView", "FormSubmit", "External",
)  # fmt: skip


@dataclass(frozen=True)
class User:
    """Who may sign in."""

    name: str
    password: str


@dataclass(frozen=True)
class Config:
    """One tenant: its site and who may use it."""

    name: str
    site_id: int
    users: tuple[User, ...]
    client_id: str
    client_secret: str
    refresh_token: str

    @property
    def site(self) -> str:
        """Return the company name that stands before the backslash."""
        return self.name.replace("_", "").capitalize()


def config(name: str) -> Config:
    """Return a tenant's configuration."""
    return Config(
        name=name,
        site_id=4200 + NAMES.index(name),
        users=(User("Api.User", f"{name}-api-pass"), User("Second.User", f"{name}-second-pass")),
        client_id=f"{name}-client",
        client_secret=f"{name}-client-secret",
        refresh_token=f"{name}-first-refresh",
    )
