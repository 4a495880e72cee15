"""What all tables share: one metadata, JSON on both databases, the supplier's key."""

from __future__ import annotations

from sqlalchemy import JSON, Column, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

Json = JSON().with_variant(JSONB(), "postgresql")


def supplier_key() -> Column[str]:
    """Return the column that binds a row to its supplier."""
    return Column("supplier", String(80), primary_key=True)
