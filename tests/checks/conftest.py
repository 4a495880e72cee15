"""Mappings and raw batches for the tests of checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from leadline.checks import CheckedBatch, check_batch
from leadline.mapping.model import SupplierMapping

EMAIL = {"name": "email", "source": "Email", "required": True}


def _make_mapping(*fields: dict[str, Any], **parts: Any) -> SupplierMapping:
    return SupplierMapping.model_validate(
        {
            "supplier": "acme",
            "label": "Acme",
            "targets": {"production": {"connection": "acme_sftp"}},
            "source": {"system": "sftp"},
            "timezone": "Europe/Berlin",
            "default_region": "DE",
            "fields": [EMAIL, *({"source": field["name"].title(), **field} for field in fields)],
            **parts,
        }
    )


def _make_batch(mapping: SupplierMapping, *rows: dict[str, Any]) -> pa.Table:
    """Return a raw batch of rows by field name; each has a good e-mail unless it says otherwise."""
    filled = [{"email": "a@firm.com", **row} for row in rows]
    columns: dict[str, Any] = {
        "row": pa.array(range(len(rows)), pa.int32()),
        "line": pa.array(range(2, len(rows) + 2), pa.int32()),
        "number": pa.array(range(1, len(rows) + 1), pa.int64()),
        "identity": pa.array([f"file:0:{number}" for number in range(1, len(rows) + 1)], pa.string()),
        "fault": pa.array([row.get("fault") for row in rows], pa.string()),
        "deleted": pa.array([row.get("deleted", False) for row in rows], pa.bool_()),
        "merged_into": pa.array([row.get("merged_into") for row in rows], pa.string()),
    }
    for field in mapping.fields:
        columns[f"f:{field.source}"] = pa.array([row.get(field.name) for row in filled], pa.string())
    return pa.table(columns)


@pytest.fixture(scope="session")
def make_mapping() -> Callable[..., SupplierMapping]:
    """Return a function: fields besides the e-mail, and other parts -> mapping."""
    return _make_mapping


@pytest.fixture(scope="session")
def make_batch() -> Callable[..., pa.Table]:
    """Return a function: mapping and rows by field name -> raw batch."""
    return _make_batch


@pytest.fixture(scope="session")
def check() -> Callable[..., CheckedBatch]:
    """Return a function: mapping and rows by field name -> their verdict."""

    def check_rows(mapping: SupplierMapping, *rows: dict[str, Any], **options: Any) -> CheckedBatch:
        return check_batch(_make_batch(mapping, *rows), mapping, "leads", **options)

    return check_rows
