"""Partners, and who got which lead, and why."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from leadline.hub.schema.foundation import metadata, supplier_key

crm_account = Table(
    "crm_account",
    metadata,
    supplier_key(),
    Column("account_id", String(80), primary_key=True),
    Column("type", String(20), nullable=False),  # salesforce, dynamics, saleslink
    Column("connection", Text, nullable=False),
    Column("state", String(12), nullable=False, server_default="active"),  # active, deactivated
    Column("options", Text, nullable=False),  # of partners.CrmAccount: status mapping, external id field
    Column("warned", Integer, nullable=False, server_default="0"),  # steps of the login escalation
    Column("updated_at", BigInteger, nullable=False),
)

partner = Table(
    "partner",
    metadata,
    supplier_key(),
    Column("partner_id", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # trimmed, folded: what a partner-name column is matched by
    Column("active", Boolean, nullable=False),
    Column("account_id", String(80)),
    Column("auto_accept", Boolean, nullable=False, server_default=text("false")),
    Column(
        "profile", Text, nullable=False
    ),  # partners.Partner as JSON: attributes, weight, cap, owners, options
    Column("updated_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["supplier", "account_id"], ["crm_account.supplier", "crm_account.account_id"]),
)

routing_trace = Table(
    "routing_trace",
    metadata,
    supplier_key(),
    Column("trace_id", String(32), primary_key=True),  # of its body: equal paths are kept once
    Column("body", Text, nullable=False),  # with the versions of mapping and rules: routing.trace
)

routing_decision = Table(
    "routing_decision",
    metadata,
    supplier_key(),
    Column("lead_id", String(40), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("outcome", String(12), nullable=False),  # assigned, unassigned
    Column("partner_id", String(80)),
    Column("reason", String(40), nullable=False),  # routing.Reason
    Column("trace_id", String(32), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("details", Text),  # lead values the rules saw and the rotation compared, as JSON: routing.trace
    Index(None, "supplier", "run_id", "lead_id"),
)

rotation = Table(
    "rotation",
    metadata,
    supplier_key(),
    Column("module", String(63), primary_key=True),
    Column("partner_id", String(80), primary_key=True),
    Column("numerator", Text, nullable=False),  # of the virtual time, an exact fraction
    Column("denominator", Text, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),  # order of assignments in this module; 0: never
    Column("present", Boolean, nullable=False),  # was a candidate when last looked at
)

assignment = Table(
    "assignment",
    metadata,
    supplier_key(),
    Column("assignment_id", String(40), primary_key=True),  # the external id at the vendor
    Column("lead_id", String(40), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("partner_id", String(80), nullable=False),
    Column("status", String(12), nullable=False),  # lifecycle.DistributionStatus
    Column("active", Boolean, nullable=False),
    Column("cause", String(40), nullable=False),  # routing.Reason, or manual
    Column("run_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("assigned_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("reasons", Text),  # of a rejection, by rejection field, as JSON
    Column("rep_name", Text),  # the partner's sales rep
    Column("rep_email", Text),
    # Its first delivery is there; false also where there is none to come.
    Column("queued", Boolean, nullable=False, server_default=text("false")),
    Index(
        "uq_assignment_active",
        "supplier",
        "lead_id",
        unique=True,
        sqlite_where=text("active"),
        postgresql_where=text("active"),
    ),
    Index(None, "supplier", "lead_id", "attempt", unique=True),
    Index(None, "supplier", "assigned_at", "partner_id"),  # what counts for caps
    Index(None, "supplier", "run_id", "lead_id"),
    Index(
        "ix_assignment_open",
        "supplier",
        "status",
        "assigned_at",
        sqlite_where=text("status IN ('pending', 'rejected')"),
        postgresql_where=text("status IN ('pending', 'rejected')"),
    ),
    Index(
        "ix_assignment_unqueued",
        "supplier",
        "partner_id",
        sqlite_where=text("active AND NOT queued"),
        postgresql_where=text("active AND NOT queued"),
    ),
)
