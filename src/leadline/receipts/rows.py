"""Accepted rows as the values that deciding and storing need, with fingerprint and keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from leadline.hub import keys
from leadline.mapping.fields import FieldMapping
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SalesforceSource, Uniqueness
from leadline.receipts.json_columns import json_texts


class Row(NamedTuple):
    """One accepted row. `attributes` is compact JSON; `merge_key` is None where nothing merges."""

    row: int
    line: int
    identity: str
    record_id: str | None
    campaign_key: str | None
    stamp: str | None
    deleted: bool
    merged_into: str | None
    email: str
    email_key: str
    preassigned: str | None
    merge_key: str | None
    lead_id: str  # of the lead that this row would found
    attributes: str
    fingerprint: str


def accepted_rows(accepted: pa.Table, mapping: SupplierMapping, supplier: str) -> Iterator[Row]:
    """Yield the accepted rows of a checked batch of leads, in its order."""
    names = [field.name for field in mapping.fields]
    inbound = [field.name for field in inbound_fields(mapping)]
    bodies = json_texts(accepted, names)
    prints = fingerprints(bodies if inbound == names else json_texts(accepted, inbound))
    campaigns = _campaign_keys(accepted, mapping)
    emails = [email or "" for email in _texts(accepted, "email")]
    email_keys = list(map(keys.email_key, emails))
    identities = accepted["identity"].to_pylist()
    merge_keys = _merge_keys(mapping, email_keys, campaigns)
    founders = map(lambda merge, identity: merge or identity, merge_keys, identities)
    return map(
        Row._make,
        zip(
            accepted["row"].to_pylist(),
            accepted["line"].to_pylist(),
            identities,
            _texts(accepted, "record_id"),
            campaigns,
            _texts(accepted, "stamp"),
            _flags(accepted, "deleted"),
            _texts(accepted, "merged_into"),
            emails,
            email_keys,
            _texts(accepted, mapping.preassignment.field if mapping.preassignment else None),
            merge_keys,
            keys.lead_ids(supplier, founders),
            bodies,
            prints,
            strict=True,
        ),
    )


def fingerprints(bodies: Sequence[str]) -> list[str]:
    """Return BLAKE2b-128 of each JSON body, 32 hex digits."""
    return [blake2b(body.encode(), digest_size=16).hexdigest() for body in bodies]


def fingerprint_of(attributes: Mapping[str, Any], mapping: SupplierMapping) -> str:
    """Return the fingerprint of a record with these values, as `accepted_rows` would give it."""
    inbound = {field.name: attributes.get(field.name) for field in inbound_fields(mapping)}
    present = {name: value for name, value in inbound.items() if value is not None and value != []}
    body = json.dumps(present, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return blake2b(body.encode(), digest_size=16).hexdigest()


def inbound_fields(mapping: SupplierMapping) -> tuple[FieldMapping, ...]:
    """Return the lead fields whose change is news: those that we do not write back ourselves."""
    written = _written_sources(mapping)
    return tuple(field for field in mapping.fields if field.source.casefold() not in written)


def _written_sources(mapping: SupplierMapping) -> set[str]:
    names = {*mapping.write_back.mapped.values(), *mapping.write_back.rejection_fields.values()}
    if isinstance(mapping.source, SalesforceSource):
        # "Status" on the pulled object and "Lead.Status" on its parent are different fields.
        written_object = mapping.write_back.object or "Lead"
        paths = {f"{written_object}.{name}" for name in names}
        names = paths | names if written_object == mapping.source.object else paths
    return {name.casefold() for name in names}


def _campaign_keys(accepted: pa.Table, mapping: SupplierMapping) -> list[str | None]:
    keys_ = _texts(accepted, "campaign_key")
    if mapping.campaigns.lead_field is None:
        return keys_
    checked = _texts(accepted, mapping.campaigns.lead_field)
    return [value or key or None for value, key in zip(checked, keys_, strict=True)]


def _merge_keys(
    mapping: SupplierMapping, email_keys: Sequence[str], campaigns: Sequence[str | None]
) -> list[str | None]:
    if mapping.source.uniqueness is Uniqueness.EVERY_RECEIPT:
        return [None] * len(email_keys)
    by_campaign = mapping.source.uniqueness is Uniqueness.EMAIL_AND_CAMPAIGN
    return [
        keys.merge_key(email, campaign, by_campaign=by_campaign) if email else None
        for email, campaign in zip(email_keys, campaigns, strict=True)
    ]


def _texts(table: pa.Table, name: str | None) -> list[Any]:
    if name is None or name not in table.column_names:
        return [None] * table.num_rows
    column = table[name]
    if not pa.types.is_string(column.type) and not pa.types.is_null(column.type):
        column = pc.cast(column, pa.string())
    return list(column.to_pylist())


def _flags(table: pa.Table, name: str) -> list[bool]:
    if name not in table.column_names:
        return [False] * table.num_rows
    return [bool(value) for value in table[name].to_pylist()]
