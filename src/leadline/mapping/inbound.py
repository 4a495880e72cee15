"""Which fields a supplier's record brings, by the kind of record."""

from __future__ import annotations

from leadline.mapping.fields import FieldMapping
from leadline.mapping.model import SupplierMapping
from leadline.ports import Kind

CAMPAIGN_KEY = "campaign_key"
LONGEST_CAMPAIGN_KEY = 200
"""Characters that the hub keeps of a campaign's key, be it in a campaign's record or in a lead's."""

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
    """Return the fields of a lead, or of a campaign: there the key comes first, as a field `campaign_key`.

    The field of a lead that names its campaign is at most as long as the key of one.
    """
    if kind == "leads":
        naming = mapping.campaigns.lead_field
        return tuple(_as_key(field) if field.name == naming else field for field in mapping.fields)
    key = mapping.campaigns.key
    longest = LONGEST_CAMPAIGN_KEY
    keys = (FieldMapping(name=CAMPAIGN_KEY, source=key, required=True, length=longest),) if key else ()
    return keys + mapping.campaigns.fields


def indispensable_sources(mapping: SupplierMapping, kind: Kind) -> frozenset[str]:
    """Return the columns without which nothing of a file is taken.

    Those of required fields; and those that the filter looks at, for without them it would keep nobody out.
    """
    filter_ = mapping.filter if kind == "leads" else None
    looked_at = {condition.lead for group in (filter_.any if filter_ else ()) for condition in group.all}
    return frozenset(
        field.source for field in inbound_fields(mapping, kind) if field.required or field.name in looked_at
    )


def _as_key(field: FieldMapping) -> FieldMapping:
    longest = min(field.max_length or LONGEST_CAMPAIGN_KEY, LONGEST_CAMPAIGN_KEY)
    return field.model_copy(update={"length": longest})
