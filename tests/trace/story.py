"""A hub in which something has happened: two suppliers, one run name, files, faults, pushes."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select, update

from leadline.hub import Hub
from leadline.hub.keys import email_key, lead_id
from leadline.hub.schema import (
    batch,
    crm_account,
    crm_record,
    delivery,
    event,
    history,
    lead,
    partner,
    pull,
    receipt,
    source_file,
    source_link,
    writeback,
)
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.routing.work import route_waiting
from leadline.runs import RunContext, start_run

RUN = "scheduled__2026-11-22T06:00:00+00:00"
SHA = "a" * 64
NOTE = "do not tell partners"
SAME_COUNTRY = {"lead": "country", "operator": "same_as_partner", "partner": "countries"}


def mapping_of(supplier: str) -> SupplierMapping:
    """Return a mapping with one required rule on the country."""
    return SupplierMapping.model_validate(
        {
            "supplier": supplier,
            "label": supplier.title(),
            "targets": {"production": {"connection": supplier}, "test": {"connection": f"{supplier}_test"}},
            "source": {"system": "sftp"},
            "fields": [
                {"name": "email", "source": "E-Mail", "required": True, "judge": "email"},
                {"name": "country", "source": "Country"},
                {"name": "note", "source": "Note", "visibility": "supplier_only"},
            ],
            "routing": {
                "rules": [
                    {
                        "name": "country",
                        "required": True,
                        "any": [{"all": [SAME_COUNTRY]}],
                    }
                ]
            },
        }
    )


def tell(hub: Hub, supplier: str, leads: dict[str, str], target: str = "production") -> dict[str, str]:
    """Let one run bring these leads (e-mail -> country) from a file, route them and push them; return ids.

    The first push is accepted, the second refused; before the first lead the file has a bad row.
    """
    mapping = mapping_of(supplier)
    ctx = start_run(
        hub,
        mapping,
        run_id=RUN,
        dag_id=f"{supplier}_distribution",
        kind="manual",
        task="pull_leads",
        target=target,
    )
    ids = _receive(hub, ctx, leads)
    _add_partners(hub, ctx.supplier)
    route_waiting(hub, ctx, mapping, now=5_000_000)
    _push(hub, ctx.supplier)
    _write_back(hub, ctx, ids)
    return ids


def _receive(hub: Hub, ctx: RunContext, leads: dict[str, str]) -> dict[str, str]:
    key = {"supplier": ctx.supplier}
    batch_id = f"{ctx.run_id}:leads:1"
    in_run: dict[str, Any] = {**key, "run_id": ctx.run_id}
    rows = 1 + len(leads)
    reasons = [{"field": "email", "rule": "judge", "message": "is no e-mail address"}]
    bad = {"row": 0, "line": 2, "identity": f"file:{SHA}:1", "reasons": json.dumps(reasons)}
    landed = {"manifest_uri": "file:///staging/m", "landed_at": 1_000, "completed_at": 2_000}
    file = {"sha256": SHA, "name": "leads_1.csv", "size": 9, "state": "landed", "first_seen_at": 1_000}
    batched = {"batch_id": batch_id, "number": 1, "uri": "u", "origin": f"file:{SHA}", "received_at": 2_000}
    with hub.transaction(ctx.supplier) as connection:

        def put(table: Any, **values: Any) -> None:
            connection.execute(insert(table).values(**values))

        put(pull, **in_run, **landed, kind="leads", rows=rows, judged="passed")
        put(source_file, **key, **file, kind="leads", rows=rows, first_run=ctx.run_id)
        put(batch, **in_run, **batched, kind="leads", rows=rows)
        put(receipt, **in_run, **bad, batch_id=batch_id, outcome="quarantined")
        ids = {}
        for row, (email, country) in enumerate(leads.items(), 1):
            identity = f"file:{SHA}:{row + 1}"
            ids[email] = lead_id(ctx.supplier, identity)
            about = {**key, "lead_id": ids[email]}
            of_run = {**about, "run_id": ctx.run_id}
            put(
                lead,
                **about,
                email=email,
                email_key=email_key(email),
                attributes={"email": email, "country": country, "note": NOTE},
                fingerprint="f",
                status="unassigned",
                sales_status="open",
                first_run=ctx.run_id,
                first_batch=batch_id,
                first_row=row,
                mapping_hash=ctx.mapping_hash,
                created_at=2_000 + row,
                updated_at=2_000,
            )
            put(receipt, **of_run, batch_id=batch_id, row=row, line=row + 2, identity=identity, outcome="new")
            put(
                history,
                **of_run,
                event_id=f"H{row}",
                at=2_000,
                kind="received",
                task="validate",
                actor="airflow",
            )
            put(event, **of_run, event_id=f"E{row}", type="Webinar", occurred_at=1_500, origin="supplier")
            origin = {"identity": identity, "record_id": f"leads_1.csv:{row + 2}"}
            put(source_link, **about, **origin, fingerprint="f", first_seen_at=2_000)
    return ids


def _add_partners(hub: Hub, supplier: str) -> None:
    with hub.transaction(supplier) as connection:
        for name, countries in (("P001", ["DE", "AT"]), ("P002", ["FR"])):
            account = CrmAccount(id=f"sf-{name}", connection=f"salesforce_{name}")
            settings: dict[str, Any] = {"attributes": {"countries": countries}, "auto_accept": True}
            one = Partner(id=name, name=f"Partner {name}", crm=account.id, **settings)
            connection.execute(insert(crm_account).values(stored_account(supplier, account, 1)))
            connection.execute(insert(partner).values(stored_partner(supplier, one, 1)))


def _push(hub: Hub, supplier: str) -> None:
    fields = {"Email": "x", "Country": "DE"}
    decision = {"operation": "create", "object": "Lead", "record_id": None, "fields": fields}
    refused = {"vendor_code": "STRING_TOO_LONG", "vendor_field": "City", "message": "too long"}
    with hub.transaction(supplier) as connection:
        waiting = connection.execute(
            select(delivery)
            .join(lead, (lead.c.supplier == delivery.c.supplier) & (lead.c.lead_id == delivery.c.lead_id))
            .where(delivery.c.supplier == supplier)
            .order_by(lead.c.first_row)
        ).all()
        for number, row in enumerate(waiting):
            outcome: dict[str, Any] = {"state": "refused", **refused}
            if number != 1:
                outcome = {"state": "sent", "sent_at": 6_000_000}
                record = {"account_id": row.account_id, "assignment_id": row.assignment_id, "object": "Lead"}
                linked = {"record_id": f"00Q{number}", "created": True, "linked_at": 6_000_000}
                connection.execute(insert(crm_record).values(supplier=supplier, **record, **linked))
            connection.execute(
                update(delivery)
                .where(delivery.c.supplier == supplier, delivery.c.delivery_id == row.delivery_id)
                .values(decision=json.dumps(decision), attempts=1, **outcome)
            )


def _write_back(hub: Hub, ctx: RunContext, ids: dict[str, str]) -> None:
    with hub.transaction(ctx.supplier) as connection:
        for number, lead_key in enumerate(ids.values()):
            connection.execute(
                insert(writeback).values(
                    supplier=ctx.supplier,
                    identity=f"file:{SHA}:{number + 2}",
                    sequence=1,
                    lead_id=lead_key,
                    body='{"distribution_status":"Accepted"}',
                    body_hash="h",
                    state="sent" if number == 0 else "waiting",
                    run_id=ctx.run_id,
                    queued_at=7_000_000,
                    sent_at=8_000_000 if number == 0 else None,
                )
            )
