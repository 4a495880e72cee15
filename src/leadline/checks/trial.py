"""Hand-written expectations, tried before a batch meets them: what cannot be computed holds up every pull."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from leadline.checks.batch import frame_of
from leadline.checks.expectation import run_expectations
from leadline.checks.suites import load_suite
from leadline.checks.verdicts import Verdicts
from leadline.errors import ConfigurationError, Finding
from leadline.mapping.fields import FieldMapping, FieldType, Judge
from leadline.mapping.inbound import inbound_fields
from leadline.mapping.model import SupplierMapping
from leadline.ports import Kind

_KINDS: tuple[Kind, ...] = ("leads", "campaigns")
_OF_A_JUDGE = {
    Judge.EMAIL: "ann@example.com",
    Judge.PHONE: "+41 44 668 18 00",
    Judge.COUNTRY: "DE",
    Judge.URL: "https://example.com",
}
_DAY = datetime(2026, 1, 31, 12, tzinfo=UTC)


def suite_findings(directory: Path | None, mapping: SupplierMapping) -> list[Finding]:
    """Return what is wrong in the hand-written expectations beside a mapping, each finding with its line.

    Each is also computed on a row of likely values, for what does not fit a field's type shows only there.
    """
    findings: dict[Finding, None] = {}
    for kind in _KINDS:
        try:
            findings |= dict.fromkeys(_tried(directory, mapping, kind))
        except ConfigurationError as error:
            findings |= dict.fromkeys(error.findings)
    return sorted(findings, key=lambda one: one.line)


def _tried(directory: Path | None, mapping: SupplierMapping, kind: Kind) -> Iterator[Finding]:
    fields = inbound_fields(mapping, kind)
    written = load_suite(directory, mapping.supplier, kind, fields)
    row = pa.table({f"f:{field.source}": [_likely(field)] for field in fields})
    verdicts = Verdicts(row, fields, mapping.timezone, mapping.default_region)
    for one in written:
        try:
            run_expectations(frame_of(verdicts, fields, set(one.columns)), (), (one,), verdicts)
        except ConfigurationError as error:
            yield from error.findings


def _likely(field: FieldMapping) -> str:
    """Return a text that the field would take, as the supplier would write it."""
    match field.type:
        case FieldType.INTEGER | FieldType.DECIMAL:
            return f"{field.minimum or field.maximum or 1:.0f}"
        case FieldType.BOOLEAN:
            return next(iter(field.true_values), "true")
        case FieldType.DATE | FieldType.DATETIME:
            whole = _DAY.isoformat()
            plain = whole[:10] if field.type is FieldType.DATE else whole
            return _DAY.strftime(field.formats[0]) if field.formats else plain
        case FieldType.SELECT | FieldType.MULTISELECT:
            return field.values[0]
    return _OF_A_JUDGE[field.judge] if field.judge else "text"
