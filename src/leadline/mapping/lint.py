"""Checks of a mapping that need the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from leadline.errors import Finding
from leadline.mapping.document import Document
from leadline.mapping.model import SupplierMapping


def lint_mapping(mapping: SupplierMapping, document: Document) -> Iterator[Finding]:
    """Yield what is wrong in one mapping, each with its line."""
    yield from ()


def lint_together(mappings: Mapping[Path, SupplierMapping]) -> Iterator[Finding]:
    """Yield what is wrong only because of another mapping."""
    yield from ()
