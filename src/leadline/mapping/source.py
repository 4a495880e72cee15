"""Where a supplier's leads and campaigns come from (S1, S2, S5, S7, S8)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from leadline.mapping.values import Model, Number, Text, Whole


class Uniqueness(StrEnum):
    """What makes a lead one lead (S10)."""

    EVERY_RECEIPT = "every_receipt"
    EMAIL_AND_CAMPAIGN = "email_and_campaign"
    EMAIL = "email"


class CsvDialect(Model):
    """How the supplier writes CSV. Records end with LF or CRLF; quotes are doubled inside quotes."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: str = "utf-8"  # a BOM of UTF-8 or UTF-16 wins
    fallback_encoding: str | None = None  # e.g. cp1252; the choice is recorded with the file


class PgpDrops(Model):
    """Drops encrypted with OpenPGP. Keys never stand here: these are Airflow connections.

    `connection`: its extra holds `private_key`, or `private_key_file`; its password unlocks the key.
    `signer`: its extra holds `public_key`, or `public_key_file`; every drop must carry a signature of it.
    """

    connection: Text
    signer: Text | None = None
    required: bool = True  # a drop that is not encrypted is unreadable


class SftpSource(Model):
    """CSV drops in a folder. `marker` is appended to a file's name; without it a file is complete when
    its size and mtime stood still between two listings `stable_seconds` apart."""

    system: Literal["sftp"]
    inbox: Text = "/inbox"
    archive: Text = "/archive"
    error: Text = "/error"
    outbox: Text = "/outbox"
    leads: Text = "leads_*.csv*"
    campaigns: Text | None = None  # pattern of campaign files
    marker: Text | None = None
    stable_seconds: Number = Field(default=30, ge=0, le=3600)
    max_bytes: Whole = Field(default=250_000_000, ge=1)
    dialect: CsvDialect = CsvDialect()
    pgp: PgpDrops | None = None
    uniqueness: Literal[Uniqueness.EVERY_RECEIPT] = Uniqueness.EVERY_RECEIPT


class ActivitySource(Model):
    """Activities pulled with the leads (S7): a child object with its link to the lead."""

    object: Text = "Task"
    lead_field: Text = "WhoId"
    type_field: Text = "Subject"
    at_field: Text = "ActivityDate"
    text_field: Text | None = "Description"
    types: tuple[Text, ...] = ()  # empty: all


class SalesforceSource(Model):
    """Leads by campaign membership (`object: CampaignMember`) or as records (`object: Lead`)."""

    system: Literal["salesforce"]
    object: Literal["CampaignMember", "Lead"] = "CampaignMember"
    where: Text | None = None  # SOQL, ANDed to ours: leads that may be pulled at all
    campaign_where: Text | None = None  # SOQL: the chosen campaigns (S6)
    overlap_minutes: Whole = Field(default=10, ge=0, le=1440)
    page_size: Whole = Field(default=2000, ge=200, le=2000)
    bulk_above: Whole = Field(default=50_000, ge=0)  # rows; more are read with a Bulk query
    api_budget_share: Number = Field(default=0.5, gt=0, le=1)  # of the org's daily calls
    activities: ActivitySource | None = None
    uniqueness: Literal[Uniqueness.EMAIL_AND_CAMPAIGN, Uniqueness.EMAIL] = Uniqueness.EMAIL_AND_CAMPAIGN


class MarketoSource(Model):
    """Leads handed over by a static list or a program; every hand-over is a lead of its own.

    A hand-over is an activity: added to one of the lists, or a new status in one of the programs. Which
    statuses count is named by `handover_statuses`; none: joining the program, from `outside_statuses`.
    """

    system: Literal["marketo"]
    handover: Literal["list", "program"] = "program"
    handover_ids: tuple[Whole, ...]
    handover_statuses: tuple[Text, ...] = ()
    outside_statuses: tuple[Text, ...] = ("Not in Program",)  # besides no status at all
    changes: bool = True  # later changes of mapped fields are news of the lead
    activities: tuple[Text, ...] = ()  # activity types pulled with the leads (S7), by name or id; none: not
    bulk: bool = False  # read hand-overs by bulk extract
    overlap_minutes: Whole = Field(default=10, ge=0, le=1440)
    daily_call_budget: Whole = Field(default=10_000, ge=1)
    uniqueness: Literal[Uniqueness.EVERY_RECEIPT] = Uniqueness.EVERY_RECEIPT


class EloquaSource(Model):
    """Contacts handed over by a form, a segment or rows of a custom object.

    A field's source is an internal name of a contact field (`C_EmailAddress`), `Account.M_CompanyName`
    (segment), `Form.<name of the input>` and `Activity.AssetName` (form), or `CustomObject.<internal name>`.
    """

    system: Literal["eloqua"]
    handover: Literal["form", "segment", "custom_object"] = "form"
    handover_id: Whole
    overlap_minutes: Whole = Field(default=60, ge=0, le=1440)
    form_in_filter: bool = False  # let Eloqua keep to the form's activities; else all forms' are read
    # A segment has no history: a contact in it is one hand-over, or one per value of this contact field,
    # such as a date that the supplier's programme sets.
    segment_stamp: Text | None = None
    segment_changed_only: bool = False  # only members whose contact changed in the window
    campaign_search: Text | None = None  # Eloqua search: the chosen campaigns (S6), "name='Partner*'"
    activities: tuple[
        Literal[
            "EmailOpen", "EmailClickthrough", "EmailSend", "Subscribe", "Unsubscribe", "Bounceback",
            "WebVisit", "PageView", "FormSubmit", "External",
        ],
        ...,
    ] = ()  # S7; none: no activities  # fmt: skip
    activity_days: Whole = Field(default=30, ge=1, le=3650)  # of history that a new lead brings
    link_rows_by: Text | None = None  # contact statement, "{{Contact.Id}}", that links rows we write
    sync_minutes: Whole = Field(default=30, ge=1, le=720)  # patience with one sync
    uniqueness: Literal[Uniqueness.EVERY_RECEIPT] = Uniqueness.EVERY_RECEIPT


Source = Annotated[
    SftpSource | SalesforceSource | MarketoSource | EloquaSource, Field(discriminator="system")
]


class Preassignment(Model):
    """The lead field that names a partner (S8, R1); `match` says by what: its id, its name, or the
    partner attribute `match_attribute`."""

    field: Text
    match: Literal["id", "name", "attribute"] = "name"
    match_attribute: Text | None = None

    @model_validator(mode="after")
    def attribute_is_named(self) -> Self:
        """Check that matching by an attribute names one."""
        if (self.match == "attribute") != (self.match_attribute is not None):
            raise ValueError("'match_attribute' goes with 'match: attribute', and only with it")
        return self
