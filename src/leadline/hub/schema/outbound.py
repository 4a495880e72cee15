"""What goes into partners' CRMs: the outbox, what stands there, and bulk jobs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, text

from leadline.hub.schema.foundation import metadata, supplier_key

delivery = Table(
    "delivery",
    metadata,
    supplier_key(),
    Column("delivery_id", String(40), primary_key=True),  # from assignment and sequence
    Column("assignment_id", String(40), nullable=False),
    Column("sequence", Integer, nullable=False),  # 1: the first push; above: updates
    Column("lead_id", String(40), nullable=False),
    Column("partner_id", String(80), nullable=False),
    Column("account_id", String(80), nullable=False),
    Column("state", String(12), nullable=False),  # waiting, decided, sent, refused, superseded
    Column("changed", Text),  # names of the lead fields an update is about; null: everything
    Column("decision", Text),  # delivery.Decision: operation, object, record id, fields
    Column("job_id", Text),  # the vendor's bulk job that carries it
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("vendor_code", Text),
    Column("vendor_field", Text),
    Column("message", Text),
    Column("run_id", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index(
        "ix_delivery_open",
        "supplier",
        "account_id",
        "queued_at",  # one delivery a microsecond: the order in which they go
        sqlite_where=text("state IN ('waiting', 'decided')"),
        postgresql_where=text("state IN ('waiting', 'decided')"),
    ),
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "run_id", "lead_id"),
)

crm_record = Table(
    "crm_record",
    metadata,
    supplier_key(),
    Column("assignment_id", String(40), primary_key=True),
    Column("account_id", String(80), primary_key=True),
    Column("object", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("created", Boolean, nullable=False),  # false: it was there before us
    Column("linked_at", BigInteger, nullable=False),
    Index(None, "supplier", "account_id", "record_id"),
)

crm_job = Table(
    "crm_job",
    metadata,
    supplier_key(),
    Column("account_id", String(80), primary_key=True),
    Column("job_key", String(40), primary_key=True),  # ours, from the deliveries it carries; `turn`: a push
    Column("job_id", Text),  # the vendor's, saved before the upload
    Column("operation", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("state", String(12), nullable=False),  # planned, created, uploaded, finished
    Column("created_at", BigInteger, nullable=False),
    Column("plan", LargeBinary),  # delivery.plans: decisions saved before they are sent; null once finished
    Index(
        "ix_crm_job_open",
        "supplier",
        "account_id",
        "job_key",
        sqlite_where=text("state <> 'finished'"),
        postgresql_where=text("state <> 'finished'"),
    ),
)

event_delivery = Table(
    "event_delivery",
    metadata,
    supplier_key(),
    Column("assignment_id", String(40), primary_key=True),
    Column("event_id", String(64), primary_key=True),  # of the event, or the delivery whose note it is
    Column("state", String(12), nullable=False),  # waiting, sent, refused
    Column("record_id", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("vendor_code", Text),
    Column("message", Text),
    Column("sent_at", BigInteger),
    Index(
        "ix_event_delivery_open",
        "supplier",
        "state",
        "assignment_id",  # with the next, the order in which they go
        "event_id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
