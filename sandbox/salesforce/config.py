"""How one imitated org is set up: its users, keys, extra fields, rules and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class OrgUser:
    """A user of the org.

    `approved` says whether the connected app is pre-authorised for the user (JWT bearer asks for it).
    `id` is made from the order of the users when left out.
    """

    username: str
    last_name: str = "Integration"
    first_name: str | None = "Api"
    email: str | None = None
    id: str | None = None
    active: bool = True
    approved: bool = True


@dataclass(frozen=True)
class CustomField:
    """A field that the org's administrators added, or a change of a standard one of the same name.

    `type` is a describe type (`string`, `picklist`, `multipicklist`, `boolean`, `int`, `double`, `currency`,
    `date`, `datetime`, `textarea`, `email`, `phone`, `url`, `reference`). `length` is in characters.
    """

    object: str
    name: str
    type: str = "string"
    label: str | None = None
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    required: bool = False
    default: Any = None
    picklist: tuple[str, ...] = ()
    restricted: bool = True
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    createable: bool = True
    updateable: bool = True


@dataclass(frozen=True)
class CustomObject:
    """An object that the org's administrators added; it has a text `Name` and the system fields.

    `activities`: tasks and events may be about its records.
    """

    name: str
    label: str
    key_prefix: str
    fields: tuple[CustomField, ...] = ()
    activities: bool = False


@dataclass(frozen=True)
class AssignmentEntry:
    """Lead records that satisfy `where` (a SOQL condition, "" for all) go to `owner` (user or queue id)."""

    owner: str
    where: str = ""


@dataclass(frozen=True)
class AssignmentRule:
    """A lead assignment rule; the first entry that fits decides the owner."""

    id: str
    entries: tuple[AssignmentEntry, ...]
    name: str = "Standard"
    active: bool = True


@dataclass(frozen=True)
class DuplicateRule:
    """Refuses (`Block`) or warns of (`Alert`) records equal to another in all `fields`.

    `against` names the objects searched: a lead rule may look at contacts too.
    """

    object: str
    fields: tuple[str, ...] = ("Email",)
    action: Literal["Block", "Alert"] = "Alert"
    name: str = "Standard_Lead_Duplicate_Rule"
    match_rule: str = "Standard_Lead_Match_Rule_v1_0"
    message: str = "Use one of these records?"
    against: tuple[str, ...] = ()
    on_update: bool = False
    active: bool = True


@dataclass(frozen=True)
class ValidationRule:
    """Refuses records that satisfy `error_when`, a SOQL condition over the record's own fields."""

    object: str
    error_when: str
    message: str
    field: str | None = None
    active: bool = True


@dataclass(frozen=True)
class OrgLimits:
    """Numbers of the org; `page_rows` is the most that a query page holds whatever the client asks."""

    daily_api_requests: int = 100_000
    session_minutes: int = 120
    page_rows: int = 2_000
    bulk_query_rows: int = 100_000
    report_rows: int = 2_000


@dataclass(frozen=True)
class OrgConfig:
    """Everything that makes one org.

    Args:
        name: Short name, part of the state file's name.
        org_id: Organization id (`00D…`, 15 or 18 characters).
        users: At least one; the first is the execution user of the client-credentials flow and the
            default owner.
        client_id: Consumer key of the org's app.
        client_secret: Consumer secret of the org's app.
        public_key_pem: Public key or certificate that JWT assertions are checked with; None refuses JWT.
        refresh_token: Accepted by the refresh-token grant; None refuses it.
        rotate_refresh_token: Every answer carries a new refresh token and kills the old one.
        instance_url: What token answers name; None takes it from the request, which suits one port per org.
        queues: (id, name) of the queues that may own leads.
        picklists: Other values for a standard picklist, `{"Lead.Status": ("New", "Working")}`.
        hidden_fields: `Lead.Budget__c`: not visible to the integration user.
    """

    name: str
    org_id: str
    users: tuple[OrgUser, ...]
    client_id: str
    client_secret: str
    public_key_pem: str | None = None
    refresh_token: str | None = None
    rotate_refresh_token: bool = False
    instance_url: str | None = None
    organization_name: str | None = None
    is_sandbox: bool = False
    queues: tuple[tuple[str, str], ...] = ()
    custom_fields: tuple[CustomField, ...] = ()
    custom_objects: tuple[CustomObject, ...] = ()
    picklists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden_fields: tuple[str, ...] = ()
    assignment_rules: tuple[AssignmentRule, ...] = ()
    duplicate_rules: tuple[DuplicateRule, ...] = ()
    validation_rules: tuple[ValidationRule, ...] = ()
    limits: OrgLimits = OrgLimits()
