"""Mappings and files for the tests of reading."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadline.mapping.model import SupplierMapping
from leadline.reading import open_supplier_file, tables

Rows = list[dict[str, Any]]


def _make_mapping(*columns: str, batch_rows: int = 50_000, **source: Any) -> SupplierMapping:
    names = ["Email", *(column for column in columns if column != "Email")]
    return SupplierMapping.model_validate(
        {
            "supplier": "acme",
            "label": "Acme",
            "targets": {"production": {"connection": "acme_sftp"}},
            "source": {"system": "sftp", "campaigns": "campaigns_*.csv", **source},
            "batch_rows": batch_rows,
            "fields": [
                {"name": "email" if name == "Email" else f"f{place}", "source": name, "required": not place}
                for place, name in enumerate(names)
            ],
            "campaigns": {"key": "Code", "fields": [{"name": "name", "source": "Name", "required": True}]},
        }
    )


@pytest.fixture(scope="session")
def make_mapping() -> Callable[..., SupplierMapping]:
    """Return a function: columns and parts of the source -> mapping; `Email` is always the first column."""
    return _make_mapping


@pytest.fixture(scope="session")
def read() -> Callable[..., Rows]:
    """Return a function that gives every raw row of a file; columns are Email and Name unless mapped."""

    def read_content(
        content: bytes, mapping: SupplierMapping | None = None, name: str = "leads.csv", kind: Any = "leads"
    ) -> Rows:
        mapping = mapping or _make_mapping("Name")
        with tempfile.TemporaryDirectory() as folder:
            source: Any = mapping.source
            file = open_supplier_file(io.BytesIO(content), name, source, Path(folder))
            return [row for table in tables(file, mapping, kind) for row in table.to_pylist()]

    return read_content
