"""The columns of a raw batch, from a file's rows or from a system's records.

What each column holds: docs/architecture.md, "Staging layout".
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import EloquaSource
from leadline.ports import Kind, SourceRecord


def file_table(
    table: pa.Table, mapping: SupplierMapping, kind: Kind, *, sha256: str, name: str, resent_by: str | None
) -> pa.Table:
    """Return raw rows of a file with their identity: its hash and their number.

    Args:
        table: `line`, `number`, `fault` and `f:<source>` as `reading.tables` yields them.
        resent_by: The run that takes a known file again; its rows are new receipts.
    """
    rows = table.num_rows
    again = f":{resent_by}" if resent_by else ""
    columns = {
        "row": pa.array(range(rows), pa.int32()),
        "line": table["line"],
        "number": table["number"],
        "identity": _texts([f"file:{sha256}:{number}{again}" for number in table["number"].to_pylist()]),
        "record_id": _texts([f"{name}:{line}" for line in table["line"].to_pylist()]),
        "campaign_key": _campaign_keys(table, mapping, kind),
        "stamp": pa.nulls(rows, pa.string()),
        "deleted": pa.repeat(pa.scalar(False), rows),
        "merged_into": pa.nulls(rows, pa.string()),
        "fault": table["fault"],
    }
    return pa.table(columns | {column: table[column] for column in table.column_names if column[:2] == "f:"})


def record_table(records: Sequence[SourceRecord], mapping: SupplierMapping, kind: Kind) -> pa.Table:
    """Return raw rows of a system's records, in their order; `row` counts from 0 within them."""
    rows = len(records)
    columns = {
        "row": pa.array(range(rows), pa.int32()),
        "line": pa.array([0] * rows, pa.int32()),
        "number": pa.array(range(1, rows + 1), pa.int64()),
        "identity": _texts([_identity(record, mapping, kind) for record in records]),
        "record_id": _texts([record.record_id for record in records]),
        "campaign_key": _texts(
            [record.record_id if kind == "campaigns" else record.campaign_key for record in records]
        ),
        "stamp": _texts([record.stamp for record in records]),
        "deleted": pa.array([record.deleted for record in records], pa.bool_()),
        "merged_into": _texts([record.merged_into for record in records]),
        "fault": pa.nulls(rows, pa.string()),
    }
    for source in mapped_sources(mapping, kind):
        columns[f"f:{source}"] = _texts([record.values.get(source) for record in records])
    return pa.table(columns)


def renumbered(table: pa.Table) -> pa.Table:
    """Return the table with `row` counting from 0 again: the receipt's row is the row in its batch."""
    row = pa.array(range(table.num_rows), pa.int32())
    return table.set_column(table.schema.get_field_index("row"), "row", row)


def mapped_sources(mapping: SupplierMapping, kind: Kind) -> list[str]:
    """Return each source field that a raw batch of this kind has a column for, once."""
    fields = mapping.fields if kind == "leads" else mapping.campaigns.fields
    names = [field.source for field in fields]
    if kind == "campaigns" and mapping.campaigns.key:
        names.insert(0, mapping.campaigns.key)
    return list(dict.fromkeys(names))


def _identity(record: SourceRecord, mapping: SupplierMapping, kind: Kind) -> str:
    system = mapping.source.system
    if kind == "campaigns":
        return f"{system}:campaign:{record.record_id}"
    if record.handover and isinstance(mapping.source, EloquaSource) and mapping.source.handover != "segment":
        # A merge, or a contact found later, gives a submission to another contact; it is still the same.
        return f"{system}::{record.handover}"
    return f"{system}:{record.record_id}:{record.handover or record.campaign_key or ''}"


def _campaign_keys(table: pa.Table, mapping: SupplierMapping, kind: Kind) -> pa.Array:
    source = mapping.campaigns.key
    if kind == "leads":
        field = mapping.campaigns.lead_field
        source = mapping.field(field).source if field else None
    if source is None or f"f:{source}" not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return pc.utf8_trim_whitespace(table[f"f:{source}"])


def _texts(values: Sequence[str | None]) -> pa.Array:
    return pa.array(values, pa.string())
