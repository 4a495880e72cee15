"""Columns that a supplier's files had no more."""

from __future__ import annotations

from leadline.manifests import Manifest
from leadline.mapping.inbound import inbound_fields
from leadline.mapping.model import SupplierMapping
from leadline.ports import CheckFinding


def file_drift(manifest: Manifest, mapping: SupplierMapping) -> list[CheckFinding]:
    """Return one warning for each column that a field reads and some file of this pull had not.

    Not for the one that names the partner of leads: files come with it and without, as they like.
    """
    chosen = mapping.preassignment.field if mapping.preassignment else None
    lacking: dict[str, list[str]] = {}
    for source in manifest.sources:
        for column in source.absent:
            lacking.setdefault(column, []).append(source.name)
    found = []
    for field in inbound_fields(mapping, manifest.kind):
        files = lacking.get(field.source)
        if files and field.name != chosen:
            more = f" and {len(files) - 1} more" if len(files) > 1 else ""
            text = (
                f"file {files[0]!r}{more} had no column '{field.source}': '{field.name}' is empty in its rows"
            )
            found.append(CheckFinding("column_missing", f"{manifest.kind}.{field.name}", text, "warning"))
    return found
