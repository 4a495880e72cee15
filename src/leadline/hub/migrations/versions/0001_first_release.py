"""Make the tables of the first release.

Phase: expand
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "assignment",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("assignment_id", sa.String(length=40), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("rep_name", sa.Text(), nullable=True),
        sa.Column("rep_email", sa.Text(), nullable=True),
        sa.Column("queued", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "assignment_id", name=op.f("pk_assignment")),
    )
    op.create_index(
        op.f("ix_assignment_supplier_run_id_lead_id"),
        "assignment",
        ["supplier", "run_id", "lead_id"],
        unique=False,
    )
    op.create_index(
        "ix_assignment_open",
        "assignment",
        ["supplier", "status", "assigned_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('pending', 'rejected')"),
        postgresql_where=sa.text("status IN ('pending', 'rejected')"),
    )
    op.create_index(
        "ix_assignment_unqueued",
        "assignment",
        ["supplier", "partner_id"],
        unique=False,
        sqlite_where=sa.text("active AND NOT queued"),
        postgresql_where=sa.text("active AND NOT queued"),
    )
    op.create_index(
        op.f("ix_assignment_supplier_assigned_at_partner_id"),
        "assignment",
        ["supplier", "assigned_at", "partner_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_assignment_supplier_lead_id_attempt"),
        "assignment",
        ["supplier", "lead_id", "attempt"],
        unique=True,
    )
    op.create_index(
        "uq_assignment_active",
        "assignment",
        ["supplier", "lead_id"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "batch",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("replay_of", sa.Text(), nullable=True),
        sa.Column("replay_rows", sa.Text(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "batch_id", name=op.f("pk_batch")),
    )
    op.create_index(op.f("ix_batch_supplier_origin"), "batch", ["supplier", "origin"], unique=False)
    op.create_index(op.f("ix_batch_supplier_run_id"), "batch", ["supplier", "run_id"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("campaign_key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("updated_run", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "campaign_key", name=op.f("pk_campaign")),
    )
    op.create_table(
        "crm_account",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="active", nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("warned", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "account_id", name=op.f("pk_crm_account")),
    )
    op.create_table(
        "crm_job",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("job_key", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "account_id", "job_key", name=op.f("pk_crm_job")),
    )
    op.create_index(
        "ix_crm_job_open",
        "crm_job",
        ["supplier", "account_id", "job_key"],
        unique=False,
        sqlite_where=sa.text("state <> 'finished'"),
        postgresql_where=sa.text("state <> 'finished'"),
    )
    op.create_table(
        "crm_reading",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "run_id", "account_id", name=op.f("pk_crm_reading")),
    )
    op.create_table(
        "crm_record",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("assignment_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "assignment_id", "account_id", name=op.f("pk_crm_record")),
    )
    op.create_index(
        op.f("ix_crm_record_supplier_account_id_record_id"),
        "crm_record",
        ["supplier", "account_id", "record_id"],
        unique=False,
    )
    op.create_table(
        "delivery",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("delivery_id", sa.String(length=40), nullable=False),
        sa.Column("assignment_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("changed", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("vendor_field", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "delivery_id", name=op.f("pk_delivery")),
    )
    op.create_index(
        op.f("ix_delivery_supplier_run_id_lead_id"),
        "delivery",
        ["supplier", "run_id", "lead_id"],
        unique=False,
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["supplier", "account_id", "queued_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'decided')"),
        postgresql_where=sa.text("state IN ('waiting', 'decided')"),
    )
    op.create_index(op.f("ix_delivery_supplier_lead_id"), "delivery", ["supplier", "lead_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("opportunity_id", sa.String(length=40), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("queued", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "event_id", name=op.f("pk_event")),
    )
    op.create_index(
        "ix_event_unqueued",
        "event",
        ["supplier", "origin", "event_id"],
        unique=False,
        sqlite_where=sa.text("NOT queued"),
        postgresql_where=sa.text("NOT queued"),
    )
    op.create_index(
        "ix_event_of_partner",
        "event",
        ["supplier", "run_id"],
        unique=False,
        sqlite_where=sa.text("origin = 'partner'"),
        postgresql_where=sa.text("origin = 'partner'"),
    )
    op.create_index(op.f("ix_event_supplier_lead_id"), "event", ["supplier", "lead_id"], unique=False)
    op.create_table(
        "event_delivery",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("assignment_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "assignment_id", "event_id", name=op.f("pk_event_delivery")),
    )
    op.create_index(
        "ix_event_delivery_open",
        "event_delivery",
        ["supplier", "state", "assignment_id", "event_id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "finding",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "subject", "code", "detail", name=op.f("pk_finding")),
    )
    op.create_table(
        "history",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "lead_id", "event_id", name=op.f("pk_history")),
    )
    op.create_index(
        "ix_history_from_crm",
        "history",
        ["supplier", "run_id"],
        unique=False,
        sqlite_where=sa.text("substr(actor, 1, 4) = 'crm:'"),
        postgresql_where=sa.text("substr(actor, 1, 4) = 'crm:'"),
    )
    op.create_table(
        "incident",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("task", sa.String(length=120), nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "task", "cause", "opened_at", name=op.f("pk_incident")),
    )
    op.create_table(
        "lead",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("merge_key", sa.String(length=64), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("campaign_key", sa.String(length=200), nullable=True),
        sa.Column("preassigned", sa.Text(), nullable=True),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("sales_status", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Integer(), server_default="50", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=True),
        sa.Column("source_deleted", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("partner_changes", sa.Text(), nullable=True),
        sa.Column("first_run", sa.Text(), nullable=False),
        sa.Column("first_batch", sa.Text(), nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("mapping_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("supplier", "lead_id", name=op.f("pk_lead")),
    )
    op.create_index(
        "ix_lead_untold",
        "lead",
        ["supplier", "lead_id"],
        unique=False,
        sqlite_where=sa.text("decision IS NOT NULL AND looked_at <> updated_at"),
        postgresql_where=sa.text("decision IS NOT NULL AND looked_at <> updated_at"),
    )
    op.create_index(op.f("ix_lead_supplier_email_key"), "lead", ["supplier", "email_key"], unique=False)
    op.create_index(op.f("ix_lead_supplier_first_run"), "lead", ["supplier", "first_run"], unique=False)
    op.create_index(
        "ix_lead_undecided",
        "lead",
        ["supplier", "first_batch", "first_row", "lead_id"],
        unique=False,
        sqlite_where=sa.text("decision IS NULL"),
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_index(
        "uq_lead_merge_key",
        "lead",
        ["supplier", "merge_key"],
        unique=True,
        sqlite_where=sa.text("merge_key IS NOT NULL"),
        postgresql_where=sa.text("merge_key IS NOT NULL"),
    )
    op.create_table(
        "lease",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", name=op.f("pk_lease")),
    )
    op.create_table(
        "mail",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("mail_id", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text_body", sa.Text(), nullable=False),
        sa.Column("html_body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "mail_id", "recipient", name=op.f("pk_mail")),
    )
    op.create_index(
        "ix_mail_open",
        "mail",
        ["supplier", "queued_at", "mail_id", "recipient"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "mapping_version",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("mapping_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("rules_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "mapping_hash", name=op.f("pk_mapping_version")),
    )
    op.create_table(
        "pull",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("manifest_uri", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("watermark_to", sa.BigInteger(), nullable=True),
        sa.Column("judged", sa.String(length=10), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("taken_up_by", sa.Text(), nullable=True),
        sa.Column("landed_at", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "run_id", "kind", name=op.f("pk_pull")),
    )
    op.create_table(
        "receipt",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=300), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("replay_of_batch", sa.Text(), nullable=True),
        sa.Column("replay_of_row", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "batch_id", "row", name=op.f("pk_receipt")),
    )
    op.create_index(
        "ix_receipt_replay",
        "receipt",
        ["supplier", "replay_of_batch", "replay_of_row"],
        unique=False,
        sqlite_where=sa.text("replay_of_batch IS NOT NULL"),
        postgresql_where=sa.text("replay_of_batch IS NOT NULL"),
    )
    op.create_index(op.f("ix_receipt_supplier_lead_id"), "receipt", ["supplier", "lead_id"], unique=False)
    op.create_index(
        op.f("ix_receipt_supplier_run_id_outcome"), "receipt", ["supplier", "run_id", "outcome"], unique=False
    )
    op.create_table(
        "rotation",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("module", sa.String(length=63), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("numerator", sa.Text(), nullable=False),
        sa.Column("denominator", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "module", "partner_id", name=op.f("pk_rotation")),
    )
    op.create_table(
        "routing_decision",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "lead_id", "attempt", name=op.f("pk_routing_decision")),
    )
    op.create_index(
        op.f("ix_routing_decision_supplier_run_id_lead_id"),
        "routing_decision",
        ["supplier", "run_id", "lead_id"],
        unique=False,
    )
    op.create_table(
        "routing_trace",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "trace_id", name=op.f("pk_routing_trace")),
    )
    op.create_table(
        "run",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("mapping_hash", sa.String(length=64), nullable=False),
        sa.Column("rules_hash", sa.String(length=64), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=True),
        sa.Column("window_end", sa.BigInteger(), nullable=True),
        sa.Column("options", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("balanced", sa.Boolean(), nullable=True),
        sa.Column("books", sa.Text(), nullable=True),
        sa.Column("deliveries_queued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("write_backs_queued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("events_queued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opportunities_queued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("raw_removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "run_id", name=op.f("pk_run")),
    )
    op.create_index(
        "ix_run_raw",
        "run",
        ["supplier", "started_at"],
        unique=False,
        sqlite_where=sa.text("raw_removed_at IS NULL"),
        postgresql_where=sa.text("raw_removed_at IS NULL"),
    )
    op.create_table(
        "source_file",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("resend", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("first_run", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "sha256", "resend", name=op.f("pk_source_file")),
    )
    op.create_index(
        op.f("ix_source_file_supplier_first_run"), "source_file", ["supplier", "first_run"], unique=False
    )
    op.create_table(
        "source_link",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("identity", sa.String(length=300), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.Column("campaign_key", sa.String(length=200), nullable=True),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("written_hash", sa.String(length=32), nullable=True),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "identity", name=op.f("pk_source_link")),
    )
    op.create_index(
        op.f("ix_source_link_supplier_lead_id"), "source_link", ["supplier", "lead_id"], unique=False
    )
    op.create_index(
        op.f("ix_source_link_supplier_record_id"), "source_link", ["supplier", "record_id"], unique=False
    )
    op.create_table(
        "supplier",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("looked_for", sa.String(length=32), nullable=True),
        sa.Column("opportunities_looked_for", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("supplier", name=op.f("pk_supplier")),
    )
    op.create_table(
        "watermark",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("feed", sa.String(length=120), nullable=False),
        sa.Column("position_at", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "feed", name=op.f("pk_watermark")),
    )
    op.create_table(
        "writeback",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("identity", sa.String(length=300), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=32), nullable=False),
        sa.Column("lead_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "identity", "sequence", name=op.f("pk_writeback")),
    )
    op.create_index(op.f("ix_writeback_supplier_run_id"), "writeback", ["supplier", "run_id"], unique=False)
    op.create_index(
        "ix_writeback_open",
        "writeback",
        ["supplier", "state", "queued_at", "identity"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_writeback_refused",
        "writeback",
        ["supplier", "state", "identity"],
        unique=False,
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_index(op.f("ix_writeback_supplier_lead_id"), "writeback", ["supplier", "lead_id"], unique=False)
    op.create_table(
        "crm_login",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "account_id", "day", name=op.f("pk_crm_login")),
    )
    op.create_table(
        "crm_seen",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.String(length=200), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("distribution", sa.String(length=12), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("unmapped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("troubles", sa.Text(), nullable=True),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("reread", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "account_id", "record_id", name=op.f("pk_crm_seen")),
    )
    op.create_index(
        "ix_crm_seen_unmapped",
        "crm_seen",
        ["supplier", "account_id"],
        unique=False,
        sqlite_where=sa.text("unmapped"),
        postgresql_where=sa.text("unmapped"),
    )
    op.create_index(
        "ix_crm_seen_troubled",
        "crm_seen",
        ["supplier", "account_id"],
        unique=False,
        sqlite_where=sa.text("troubles IS NOT NULL"),
        postgresql_where=sa.text("troubles IS NOT NULL"),
    )
    op.create_table(
        "event_write",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=300), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "event_id", "identity", name=op.f("pk_event_write")),
    )
    op.create_index(
        op.f("ix_event_write_supplier_run_id"), "event_write", ["supplier", "run_id"], unique=False
    )
    op.create_index(
        "ix_event_write_open",
        "event_write",
        ["supplier", "state"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_event_write_refused",
        "event_write",
        ["supplier", "state", "queued_at"],
        unique=False,
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_index(
        op.f("ix_event_write_supplier_lead_id"), "event_write", ["supplier", "lead_id"], unique=False
    )
    op.create_index(
        op.f("ix_event_write_supplier_record_id"), "event_write", ["supplier", "record_id"], unique=False
    )
    op.create_table(
        "opportunity",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("opportunity_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("assignment_id", sa.String(length=40), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("found_by", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("reported_probability", sa.Text(), nullable=True),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("close_date", sa.String(length=10), nullable=True),
        sa.Column("owner_name", sa.Text(), nullable=True),
        sa.Column("owner_email", sa.Text(), nullable=True),
        sa.Column("stamp", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("source_record_id", sa.Text(), nullable=True),
        sa.Column("written_hash", sa.String(length=32), nullable=True),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("supplier", "opportunity_id", name=op.f("pk_opportunity")),
    )
    op.create_index(
        "ix_opportunity_untold",
        "opportunity",
        ["supplier", "opportunity_id"],
        unique=False,
        sqlite_where=sa.text("looked_at <> updated_at"),
        postgresql_where=sa.text("looked_at <> updated_at"),
    )
    op.create_index(
        op.f("ix_opportunity_supplier_account_id"), "opportunity", ["supplier", "account_id"], unique=False
    )
    op.create_index(
        op.f("ix_opportunity_supplier_lead_id"), "opportunity", ["supplier", "lead_id"], unique=False
    )
    op.create_table(
        "opportunity_write",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("opportunity_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("vendor_field", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", "opportunity_id", "sequence", name=op.f("pk_opportunity_write")),
    )
    op.create_index(
        "ix_opportunity_write_refused",
        "opportunity_write",
        ["supplier", "state", "opportunity_id"],
        unique=False,
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_index(
        op.f("ix_opportunity_write_supplier_run_id"),
        "opportunity_write",
        ["supplier", "run_id"],
        unique=False,
    )
    op.create_index(
        "ix_opportunity_write_open",
        "opportunity_write",
        ["supplier", "state", "opportunity_id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        op.f("ix_opportunity_write_supplier_lead_id"),
        "opportunity_write",
        ["supplier", "lead_id"],
        unique=False,
    )
    op.create_table(
        "partner",
        sa.Column("supplier", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.String(length=80), nullable=True),
        sa.Column("auto_accept", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier", "account_id"],
            ["crm_account.supplier", "crm_account.account_id"],
            name=op.f("fk_partner_crm_account"),
        ),
        sa.PrimaryKeyConstraint("supplier", "partner_id", name=op.f("pk_partner")),
    )
    # ### end Alembic commands ###
