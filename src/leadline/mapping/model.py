"""The mapping of one supplier: everything Leadline knows about it, in one frozen value."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from leadline.mapping.conditions import Conditions
from leadline.mapping.fields import FieldMapping, FieldType, Visibility
from leadline.mapping.routing import RoutingRules
from leadline.mapping.source import Preassignment, Source
from leadline.mapping.values import Line, Model, Name, Number, Text, Whole


class Target(Model):
    """One instance of the supplier's system; its hub rows are apart from the other target's (S9)."""

    connection: Text  # an Airflow connection id


class Contacts(Model):
    """Who is mailed when set-up or mapping fails (N8): none, one or several; a technical contact apart."""

    configured: tuple[Text, ...] = ()
    technical: tuple[Text, ...] = ()


class Threshold(Model):
    """How many rows of one pull may be quarantined before its task fails (M2)."""

    share: Number = Field(default=0.25, ge=0, le=1)
    minimum_rows: Whole = Field(default=20, ge=0)  # smaller pulls are never judged


class CampaignMapping(Model):
    """Campaigns: their fields, which lead field names them, which are shared and with whom (S6).

    `fields` must have one named `name`; `description`, `starts_on`, `ends_on` are known names too.
    """

    key: Text | None = None  # source field of the campaign's own id; SFTP: column of the campaign file
    lead_field: Text | None = None  # name of the lead field that holds the campaign's key
    fields: tuple[FieldMapping, ...] = ()
    share: Conditions | None = None  # on campaign fields; none: nothing is shared
    share_all: bool = False
    population: Conditions | None = None  # on partner fields: with whom; none: with every partner


class OpportunityMapping(Model):
    """Opportunity records in the supplier's system (M5, W6-W8).

    `fields` maps what the hub knows of an opportunity to the record's fields: `name`, `stage`, `status`
    (open, won, lost), `probability`, `amount`, `currency`, `close_date`, `partner_id`, `partner_name`,
    `sales_rep_name`, `sales_rep_email`.
    """

    object: Text  # Salesforce: an object's API name; Marketo: `opportunity` or a custom object; Eloqua: an id
    external_id: Text  # its field that holds our id
    lead_field: Text  # its field that names the source record
    fields: dict[Text, Text] = {}
    role: Text = "Distributed lead"  # Marketo: the lead's role on an `opportunity`
    probability_steps: tuple[Whole, ...] = (10, 25, 50, 75, 100)
    events: bool = False  # W8: the partner's activities on it are told too


class EventWriteBack(Model):
    """Where the partner's events go in the supplier's system (W5)."""

    object: Text  # Salesforce: Task; Marketo: a custom activity type's id; Eloqua: a custom object's id
    fields: dict[
        Text, Text
    ] = {}  # `type`, `subject`, `body`, `occurred_at`, `key`, `lead`, `opportunity` -> field there
    types: dict[Text, Text] = {}  # CRM's word -> the supplier's; empty: as they are


class StatusFile(Model):
    """Status files for a supplier with files: one per run, in its outbox (W-rows over SFTP)."""

    name: Text = "status_{run}.csv"  # {run}, {date}, {time}; UTC
    columns: dict[
        Text, Text
    ] = {}  # column -> `file`, `line`, `lead_id`, or a lead field; status columns follow


class WriteBack(Model):
    """Hub value -> source field; what is not named is not written (M4, W1-W11)."""

    # Salesforce: Lead unless named; Eloqua: contacts, or a custom object's id; Marketo: the lead,
    # `program_member`, or a custom object's API name
    object: Text | None = None
    key: Text | None = None  # Eloqua, Marketo: its field that holds our lead's id, in an object of its own
    lead_field: Text | None = None  # Eloqua, Marketo: its field that takes the contact's or lead's id
    distribution_status: Text | None = None
    distribution_status_at: Text | None = None
    not_routed: Text | None = None  # W9
    not_routed_value: Text = "Not routed"
    partner_id: Text | None = None
    partner_name: Text | None = None
    rejection_reason: Text | None = None
    sales_status: Text | None = None
    sales_rep_name: Text | None = None
    sales_rep_email: Text | None = None
    rejection_fields: dict[Name, Text] = {}  # W2: rejection field -> source field
    fields: dict[Name, Text] = {}  # W11: lead field that the partner may change -> source field
    converted: dict[Text, Text] = {}  # Salesforce: field of a lead -> of the contact it was converted to
    events: EventWriteBack | None = None  # W5
    opportunities: OpportunityMapping | None = None  # W6-W8
    file: StatusFile = StatusFile()  # only of suppliers with files
    status_labels: dict[Text, Text] = {}  # our code -> the supplier's word

    @property
    def mapped(self) -> dict[str, str]:
        """Return hub value -> source field, for those that are mapped."""
        names = (
            "distribution_status",
            "distribution_status_at",
            "not_routed",
            "partner_id",
            "partner_name",
            "rejection_reason",
            "sales_status",
            "sales_rep_name",
            "sales_rep_email",
        )
        return {name: getattr(self, name) for name in names if getattr(self, name)}


class CrmFields(Model):
    """Lead field -> CRM field, for records kept as leads and as contacts (M6).

    A field that is not named takes the CRM's usual one, if it has one, and goes into the notes if not.
    `campaign` maps shared campaign fields.
    """

    lead: dict[Name, Text] = {}
    contact: dict[Name, Text] = {}
    campaign: dict[Name, Text] = {}
    external_id: Text = "Leadline_Id__c"
    lead_source: Text | None = "Leadline"


class DynamicsFields(CrmFields):
    """The same for Dynamics: columns of its tables."""

    external_id: Text = "ll_leadlineid"


class SaleslinkFields(CrmFields):
    """The same for Saleslink, whose service names the external id itself."""

    external_id: Text = "ExternalId"


class CrmMappings(Model):
    """Field mapping per CRM type."""

    salesforce: CrmFields = CrmFields()
    dynamics: DynamicsFields = DynamicsFields()
    saleslink: SaleslinkFields = SaleslinkFields()


class RejectionField(Model):
    """One field a partner fills when it rejects a lead (M3)."""

    name: Name
    label: Text
    type: Literal["string", "text", "select"] = "select"
    values: tuple[Text, ...] = ()
    required: bool = False


class Schedule(Model):
    """When the daily DAGs run, and where their day begins."""

    cron: Text = "0 6 * * *"
    timezone: Text = "UTC"
    start_date: Text = "2026-01-01"


class SupplierMapping(Model):
    """Everything about one supplier. File name and `supplier` agree."""

    supplier: Name
    label: Line
    contacts: Contacts = Contacts()
    target: Literal["production", "test"] = "production"
    targets: dict[Literal["production", "test"], Target]
    schedule: Schedule = Schedule()
    source: Source
    filter: Conditions | None = None  # S5: leads for which this holds are kept out
    preassignment: Preassignment | None = None
    threshold: Threshold = Threshold()
    batch_rows: Whole = Field(default=50_000, ge=1, le=50_000)
    timezone: Text = "UTC"  # of dates and times that name none
    default_region: Text | None = None  # ISO country for phone numbers without a country code
    fields: tuple[FieldMapping, ...]
    campaigns: CampaignMapping = CampaignMapping()
    routing: RoutingRules = RoutingRules()
    write_back: WriteBack = WriteBack()
    crm: CrmMappings = CrmMappings()
    rejection_fields: tuple[RejectionField, ...] = ()
    role_address_exceptions: tuple[Text, ...] = ()
    raw_retention_days: Whole = Field(default=30, ge=1)

    def field(self, name: str) -> FieldMapping:
        """Return the lead field of this name; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def shared_fields(self) -> tuple[FieldMapping, ...]:
        """Return the fields that a partner may see."""
        return tuple(field for field in self.fields if field.visibility is Visibility.SHARED)

    def key(self, target: str | None = None) -> str:
        """Return what every hub row of this supplier and target is bound to: `acme`, or `acme~test`."""
        target = target or self.target
        return self.supplier if target == "production" else f"{self.supplier}~{target}"

    @property
    def title(self) -> str:
        """Return what mails call this supplier: its label, and the target unless that is production."""
        return self.label if self.target == "production" else f"{self.label} ({self.target})"

    @model_validator(mode="after")
    def parts_agree(self) -> Self:
        """Check references between the parts; each message names the value and what is allowed."""
        names = [field.name for field in self.fields]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"field names used twice: {', '.join(twice)}")
        if "email" not in names:
            raise ValueError("a field named 'email' is needed: a distributed lead must have an e-mail")
        if not self.field("email").required or self.field("email").type is not FieldType.STRING:
            raise ValueError("the field 'email' must be a required string")
        if self.target not in self.targets:
            raise ValueError(
                f"target '{self.target}' is not among targets: {', '.join(sorted(self.targets))}"
            )
        references = [
            ("preassignment.field", self.preassignment.field if self.preassignment else None),
            ("campaigns.lead_field", self.campaigns.lead_field),
        ]
        for where, name in references:
            if name is not None and name not in names:
                raise ValueError(f"{where} '{name}' is not a field; fields are: {', '.join(names)}")
        return self
