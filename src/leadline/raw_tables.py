"""The columns of a raw batch, from a file's rows or from a system's records.

What each column holds: docs/architecture.md, "Staging layout".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
    """Return raw rows of a system's records, in their order; `row` counts from 0 within them.

    A record with text that no database could keep has a `fault` and no values.
    """
    rows = len(records)
    faults = _faults(records)
    sound = [
        record if fault is None else _emptied(record) for record, fault in zip(records, faults, strict=True)
    ]
    columns = {
        "row": pa.array(range(rows), pa.int32()),
        "line": pa.array([0] * rows, pa.int32()),
        "number": pa.array(range(1, rows + 1), pa.int64()),
        "identity": _texts([_identity(record, mapping, kind) for record in sound]),
        "record_id": _texts([record.record_id for record in records]),
        "campaign_key": _texts(
            [record.record_id if kind == "campaigns" else record.campaign_key for record in sound]
        ),
        "stamp": _texts([record.stamp for record in records]),
        "deleted": pa.array([record.deleted for record in records], pa.bool_()),
        "merged_into": _texts([record.merged_into for record in records]),
        "fault": _texts(faults),
    }
    for source in mapped_sources(mapping, kind):
        columns[f"f:{source}"] = _texts([record.values.get(source) for record in sound])
    return pa.table(columns)


def _faults(records: Sequence[SourceRecord]) -> list[str | None]:
    """Return what is wrong with each record's text: PostgreSQL takes no NUL, and nothing half a character."""
    if _fault_of("".join(map(_text_of, records))) is None:
        return [None] * len(records)
    return [_fault_of(_text_of(record)) for record in records]


def _text_of(record: SourceRecord) -> str:
    return "".join(text for text in (record.campaign_key, *record.values.values()) if text)


def _fault_of(text: str) -> str | None:
    if "\0" in text:
        return "nul_byte"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half_character"  # a lone surrogate, which JSON can spell
    return None


def _emptied(record: SourceRecord) -> SourceRecord:
    key = record.campaign_key
    return replace(record, values={}, campaign_key=key if key and _fault_of(key) is None else None)


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
