"""Partners and their CRM accounts: what one supplier has agreed with each of them (P1, P2, P5).

They live in the hub, bound to a supplier key; `partner_files` imports them.
"""

from __future__ import annotations

import json
import unicodedata
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StrictBool, model_validator
from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.mapping.routing import Cap
from leadline.mapping.values import Day, Line, Model, Number, Text

AttributeValue = StrictBool | int | float | str | tuple[str | int | float, ...]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; write one like 'Europe/Berlin' or 'UTC'") from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class RecordAs(StrEnum):
    """What a lead becomes in the partner's CRM."""

    LEAD = "lead"
    CONTACT = "contact"


class FieldUpdates(StrEnum):
    """Which fields may change on a CRM record that exists already (Lead Field Updates)."""

    NONE = "none"
    SUPPLIER = "supplier"  # the supplier's own fields only
    ALL = "all"  # profile and supplier-specific


class Opportunities(StrEnum):
    """Which opportunities the partner shares (Provide Distributed Lead Opportunities)."""

    NONE = "none"
    ORIGINATING = "originating"
    CONTACT_MATCH = "contact_match"


class PartnerCap(Cap):
    """At most `leads` assignments in one period; its time zone is known."""

    timezone: TimeZone = "UTC"


class Absence(Model):
    """Days on which a partner takes no leads, first and last included, in its time zone."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    timezone: TimeZone = "UTC"

    @model_validator(mode="after")
    def ends_after_it_starts(self) -> Self:
        """Refuse an absence that would never hold."""
        if self.last < self.first:
            raise ValueError(f"an absence ends ({self.last}) before it starts ({self.first})")
        return self


class Rep(Model):
    """A sales rep of a partner; the e-mail is its identity."""

    email: Text
    first_name: Text | None = None
    last_name: Text | None = None
    roles: tuple[Text, ...] = ("sales_representative",)
    crm_user: Text | None = None


class Partner(Model):
    """One partner as one supplier sees it.

    `weight` is its share in the rotation relative to the others; `crm` names a `CrmAccount`.
    """

    id: Annotated[Line, Field(max_length=80)]
    name: Line
    email: Text | None = None
    active: bool = True
    attributes: dict[str, AttributeValue] = {}
    weight: Number = Field(default=1, gt=0, le=1000)
    cap: PartnerCap | None = None
    absences: tuple[Absence, ...] = ()
    auto_accept: bool = False
    crm: Text | None = None
    record_as: RecordAs = RecordAs.LEAD
    field_updates: FieldUpdates = FieldUpdates.NONE
    custom_fields_into_notes: bool = False
    synchronize: bool = True
    default_owners: tuple[Text, ...] = ()
    crm_owner: Text | None = None
    reps: tuple[Rep, ...] = ()
    opportunities: Opportunities = Opportunities.NONE

    def value(self, name: str) -> AttributeValue | None:
        """Return what a rule sees under this partner field: `id`, `name`, or an attribute."""
        if name == "id":
            return self.id
        if name == "name":
            return self.name
        return self.attributes.get(name)

    @property
    def share(self) -> Fraction:
        """Return the weight as the exact number that was written."""
        return Fraction(repr(self.weight))


PUSHED_WHILE_PENDING = "saleslink"
"""The CRM type that gets every lead at assignment, whatever auto-accept says: its partners accept there."""


LEADS_ONLY = frozenset({"saleslink"})
"""CRM types without contacts."""


class CrmAccount(Model):
    """A partner's CRM: where it is, and how its statuses map to ours. Secrets stay in the connection."""

    id: Annotated[Line, Field(max_length=80)]
    type: Literal["salesforce", "dynamics", "saleslink"] = "salesforce"
    connection: Text  # an Airflow connection id
    status_mapping: dict[str, str] = {}
    external_id_field: Text | None = None

    @property
    def takes_pending(self) -> bool:
        """Say whether leads go in before the partner accepted them."""
        return self.type == PUSHED_WHILE_PENDING


def name_key(name: str) -> str:
    """Return a name in the form in which equal ones are equal: trimmed, NFKC, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def load_partners(hub: Hub, connection: Connection, supplier: str) -> tuple[Partner, ...]:
    """Return all partners of a supplier key, active or not, in the order of their ids."""
    rows = hub.run(connection, "partner_list", supplier=supplier)
    found = [Partner.model_validate_json(body) for (body,) in rows]
    return tuple(sorted(found, key=lambda one: one.id))


def load_accounts(hub: Hub, connection: Connection, supplier: str) -> tuple[CrmAccount, ...]:
    """Return all CRM accounts of a supplier key, deactivated ones too, in the order of their ids."""
    found = [
        CrmAccount(id=row.account_id, type=row.type, connection=row.connection, **json.loads(row.options))
        for row in hub.run(connection, "partner_accounts", supplier=supplier)
    ]
    return tuple(sorted(found, key=lambda one: one.id))


def stored_partner(supplier: str, one: Partner, at: int) -> dict[str, Any]:
    """Return the hub row of a partner; `at` in UTC microseconds."""
    return {
        "supplier": supplier,
        "partner_id": one.id,
        "name": one.name,
        "name_key": name_key(one.name),
        "active": one.active,
        "account_id": one.crm,
        "auto_accept": one.auto_accept,
        "profile": _compact(one.model_dump(mode="json", by_alias=True)),
        "updated_at": at,
    }


def stored_account(supplier: str, account: CrmAccount, at: int) -> dict[str, Any]:
    """Return the hub row of a CRM account; `at` in UTC microseconds. Its state is the hub's own."""
    options = account.model_dump(mode="json", include={"status_mapping", "external_id_field"})
    return {
        "supplier": supplier,
        "account_id": account.id,
        "type": account.type,
        "connection": account.connection,
        "options": _compact(options),
        "updated_at": at,
    }


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
