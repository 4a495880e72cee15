"""Factories of routing's tests: partners, rule sets, and leads that wait in a hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from sqlalchemy import insert

from leadline.hub import Hub
from leadline.hub.keys import lead_id
from leadline.hub.schema import batch, crm_account, lead, partner, pull, run
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner


def make_partner(name: str, /, **changes: Any) -> Partner:
    """Return a partner with this id; keywords that are no settings of a partner become attributes."""
    settings = {key: value for key, value in changes.items() if key in Partner.model_fields}
    attributes = {key: value for key, value in changes.items() if key not in Partner.model_fields}
    body = {"id": name, "name": f"Partner {name}", "attributes": attributes}
    return Partner.model_validate(body | settings)


def condition(text: str, *values: Any) -> dict[str, Any]:
    """Return a condition from `lead.country same_as_partner countries`, or `lead.size at_least` with 5."""
    subject, operator, *partner_field = text.split()
    side, name = subject.split(".")
    body: dict[str, Any] = {side: name, "operator": operator}
    if partner_field:
        body["partner"] = partner_field[0]
    if operator in ("one_of", "none_of", "between"):
        body["values"] = list(values)
    elif values:
        body["value"] = values[0]
    return body


def rule(name: str, *groups: Iterable[Mapping[str, Any]], required: bool = False) -> dict[str, Any]:
    """Return a rule of these groups of conditions."""
    return {"name": name, "required": required, "any": [{"all": list(group)} for group in groups]}


FIELDS: list[dict[str, Any]] = [
    {"name": "email", "source": "Email", "required": True, "judge": "email", "class": "profile"},
    {"name": "country", "source": "Country"},
    {"name": "state", "source": "State"},
    {"name": "postal_code", "source": "Postal"},
    {"name": "employees", "source": "Employees", "type": "integer"},
    {"name": "revenue", "source": "Revenue", "type": "decimal"},
    {"name": "event_date", "source": "Event", "type": "date"},
    {"name": "registered_at", "source": "Registered", "type": "datetime"},
    {"name": "opt_in", "source": "Opt In", "type": "boolean"},
    {
        "name": "products",
        "source": "Products",
        "type": "multiselect",
        "values": ["Routers", "Switches", "Cloud"],
    },
    {"name": "partner_name", "source": "Partner Name", "visibility": "supplier_only"},
    {"name": "campaign_code", "source": "Campaign"},
]


def make_routing(make_mapping: Callable[..., SupplierMapping], **changes: Any) -> SupplierMapping:
    """Return a mapping with all kinds of fields; keywords go into its `routing` section."""
    top = {key: changes.pop(key) for key in list(changes) if key in SupplierMapping.model_fields}
    body = {"fields": FIELDS, "preassignment": {"field": "partner_name"}} | top
    return make_mapping(routing=changes, **body)


@pytest.fixture
def routing(make_mapping: Callable[..., SupplierMapping]) -> Callable[..., SupplierMapping]:
    """Return a factory of mappings by their routing section."""
    return lambda **changes: make_routing(make_mapping, **changes)


def add_partners(hub: Hub, partners: Iterable[Partner], supplier: str = "acme") -> None:
    """Put partners into the hub, each with the account it names."""
    with hub.transaction(supplier) as connection:
        for one in partners:
            connection.execute(
                partner.delete().where(partner.c.supplier == supplier, partner.c.partner_id == one.id)
            )
            known = connection.execute(
                crm_account.select().where(
                    crm_account.c.supplier == supplier, crm_account.c.account_id == one.crm
                )
            ).first()
            if one.crm and known is None:
                account = CrmAccount(id=one.crm, connection=f"crm_{one.id}")
                connection.execute(insert(crm_account).values(stored_account(supplier, account, 1)))
            connection.execute(insert(partner).values(stored_partner(supplier, one, 1)))


def add_leads(
    hub: Hub,
    leads: Iterable[Mapping[str, Any]],
    *,
    run_id: str = "run-1",
    number: int = 1,
    started_at: int = 1_000,
    judged: str | None = "passed",
    supplier: str = "acme",
) -> list[str]:
    """Put leads that wait for routing into the hub, as one batch of a run; return their ids in order.

    A lead is its fields; `preassigned`, `campaign_key` and `source_deleted` are columns of it.
    """
    batch_id = f"{run_id}:leads:{number}"
    ids = []
    with hub.transaction(supplier) as connection:
        if number == 1:
            connection.execute(
                insert(run).values(
                    supplier=supplier,
                    run_id=run_id,
                    dag_id="acme",
                    kind="manual",
                    mapping_hash="0",
                    rules_hash="0",
                    started_at=started_at,
                )
            )
            connection.execute(
                insert(pull).values(
                    supplier=supplier,
                    run_id=run_id,
                    kind="leads",
                    manifest_uri="-",
                    rows=1,
                    judged=judged,
                    landed_at=1,
                )
            )
        rows = []
        for row, values in enumerate(leads):
            ids.append(lead_id(supplier, f"{batch_id}:{row}"))
            attributes = {key: one for key, one in values.items() if key not in lead.c}
            rows.append(
                {
                    "supplier": supplier,
                    "lead_id": ids[-1],
                    "email": f"person{row}@example.com",
                    "email_key": f"person{row}@example.com",
                    "campaign_key": values.get("campaign_key"),
                    "preassigned": values.get("preassigned"),
                    "attributes": attributes,
                    "fingerprint": "f",
                    "status": "unassigned",
                    "sales_status": "open",
                    "source_deleted": values.get("source_deleted", False),
                    "first_run": run_id,
                    "first_batch": batch_id,
                    "first_row": row,
                    "mapping_hash": "0",
                    "created_at": started_at,
                    "updated_at": started_at,
                }
            )
        connection.execute(
            insert(batch).values(
                supplier=supplier,
                batch_id=batch_id,
                run_id=run_id,
                kind="leads",
                number=number,
                uri="-",
                origin="test",
                rows=len(rows),
            )
        )
        if rows:
            connection.execute(insert(lead), rows)
    return ids
