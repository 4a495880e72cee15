"""Which fields a supplier's record brings, by the kind of record."""

from __future__ import annotations

from leadline.mapping.fields import FieldMapping
from leadline.mapping.model import SupplierMapping
from leadline.ports import Kind

CAMPAIGN_KEY = "campaign_key"

OWN_COLUMNS = (
    "row",
    "line",
    "number",
    "identity",
    "record_id",
    CAMPAIGN_KEY,
    "stamp",
    "deleted",
    "merged_into",
)
"""Columns of a checked batch that stand beside its fields, so that no field may have their names."""


def inbound_fields(mapping: SupplierMapping, kind: Kind) -> tuple[FieldMapping, ...]:
    """Return the fields of a lead, or of a campaign: there the key comes first, as a field `campaign_key`."""
    if kind == "leads":
        return mapping.fields
    key = mapping.campaigns.key
    keys = (FieldMapping(name=CAMPAIGN_KEY, source=key, required=True, length=200),) if key else ()
    return keys + mapping.campaigns.fields
