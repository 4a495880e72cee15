"""The check of one raw batch: every row is accepted, rejected with all its reasons, or filtered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadline.checks.expectation import run_expectations
from leadline.checks.filtering import kept_out
from leadline.checks.judging import Flags
from leadline.checks.rules import derive_rules, structural_reason
from leadline.checks.suites import Written, load_suite
from leadline.checks.values import CheckedBatch, Filtered, Reason, Rejected
from leadline.checks.verdicts import Verdicts
from leadline.mapping.fields import FieldMapping, FieldType
from leadline.mapping.inbound import CAMPAIGN_KEY, OWN_COLUMNS, inbound_fields
from leadline.mapping.model import SupplierMapping
from leadline.ports import Kind

_PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def check_batch(
    raw: pa.Table, mapping: SupplierMapping, kind: Kind, expectations_dir: Path | None = None
) -> CheckedBatch:
    """Return the verdict on a raw batch (docs/architecture.md, "Staging layout").

    A row that the source reports as deleted, or as merged into another, has nothing to check: it is accepted
    with the values it has.

    Args:
        raw: At most some 50,000 rows, so that memory stays flat. Without `row` its rows count from 0.
        expectations_dir: Where hand-written suites are; None: only what follows from the mapping is checked.

    Raises:
        ChecksFailed: The batch could not be judged.
        ConfigurationError: The hand-written suite or the filter does not hold.
    """
    fields = [
        field
        for field in inbound_fields(mapping, kind)
        # An API names a campaign's key beside the fields.
        if field.name != CAMPAIGN_KEY or f"f:{field.source}" in raw.column_names
    ]
    suite = load_suite(expectations_dir, mapping.supplier, kind, fields)
    raw = _with_places(raw)
    sound = (
        raw["fault"].is_null().to_numpy() if "fault" in raw.column_names else np.ones(len(raw), dtype=bool)
    )
    rows = raw.filter(pa.array(sound))
    verdicts = Verdicts(rows, fields, mapping.timezone, mapping.default_region)
    reasons = _reasons(verdicts, fields, suite)
    gone = _gone(rows)
    broken = np.zeros(len(rows), dtype=bool)
    broken[list(reasons)] = True
    broken &= ~gone
    filtered = np.zeros(len(rows), dtype=bool)
    if kind == "leads" and mapping.filter:
        named = {field.name: field for field in fields}
        filtered = kept_out(mapping.filter, named, verdicts, mapping.timezone)
        filtered &= ~broken & ~gone
    accepted = _typed(rows, fields, verdicts).filter(pa.array(~(broken | filtered)))
    return CheckedBatch(
        accepted=accepted,
        rejected=_rejected(raw, sound, broken, reasons),
        filtered=tuple(Filtered(*address) for address in _addresses(rows.filter(pa.array(filtered)))),
    )


def _reasons(
    verdicts: Verdicts, fields: Sequence[FieldMapping], suite: Sequence[Written]
) -> dict[int, list[Reason]]:
    """Return place of a sound row -> its reasons, in field order, hand-written ones last."""
    rules = derive_rules(fields)
    found: dict[int, list[Reason]] = {}
    named = {name for item in suite for name in item.columns}
    broken = run_expectations(frame_of(verdicts, fields, named), rules, suite, verdicts)
    reasons = [rule.reason for rule in rules] + [item.reason for item in suite]
    for reason, flags in zip(reasons, broken, strict=True):
        for place in np.flatnonzero(flags).tolist():
            found.setdefault(place, []).append(reason)
    return found


def frame_of(verdicts: Verdicts, fields: Sequence[FieldMapping], named: set[str]) -> pd.DataFrame:
    """Return what Great Expectations sees, by field name: the values of `named`, a stand-in for the others.

    The stand-ins are one small block, which Great Expectations hashes and slices once per expectation; and
    values that no hand-written expectation needs stay out of it. Shape (rows, fields).
    """
    names = [field.name for field in fields if field.name not in named]
    stand_ins = np.zeros((verdicts.rows, len(names)), dtype=bool)
    columns: dict[str, Any] = {}
    for field in fields:
        if field.name not in named:
            continue
        values = verdicts.values(field.name)
        if field.type is FieldType.MULTISELECT:
            values = pc.binary_join(values, field.separator)
        elif field.type is FieldType.DECIMAL:
            values = values.cast(pa.float64())
        columns[field.name] = values.to_pandas(types_mapper=_PANDAS_TYPES.get)
    frame = pd.DataFrame(stand_ins, columns=names)
    return frame if not columns else pd.concat([frame, pd.DataFrame(columns)], axis="columns")


def _typed(rows: pa.Table, fields: Sequence[FieldMapping], verdicts: Verdicts) -> pa.Table:
    columns = {name: rows[name] for name in OWN_COLUMNS if name in rows.column_names}
    for field in fields:
        values = verdicts.values(field.name)
        if field.name == CAMPAIGN_KEY and CAMPAIGN_KEY in columns:
            values = pc.coalesce(columns[CAMPAIGN_KEY].cast(pa.string()), values)
        columns[field.name] = values
    return pa.table(columns)


def _rejected(
    raw: pa.Table, sound: Flags, broken: Flags, reasons: dict[int, list[Reason]]
) -> tuple[Rejected, ...]:
    refused = ~sound
    refused[np.flatnonzero(sound)[broken]] = True
    of_sound = iter(np.flatnonzero(broken).tolist())
    table = raw.filter(pa.array(refused))
    faults = table["fault"].to_pylist() if "fault" in table.column_names else [None] * len(table)
    return tuple(
        Rejected(*address, (structural_reason(fault),) if fault else tuple(reasons[next(of_sound)]))
        for address, fault in zip(_addresses(table), faults, strict=True)
    )


def _addresses(table: pa.Table) -> list[tuple[int, int, str | None]]:
    count = len(table)
    identities = table["identity"].to_pylist() if "identity" in table.column_names else [None] * count
    return list(zip(table["row"].to_pylist(), table["line"].to_pylist(), identities, strict=True))


def _gone(rows: pa.Table) -> Flags:
    """Tell which rows say that a record is no more: what it was last is no matter."""
    gone: Flags = np.zeros(len(rows), dtype=bool)
    if "deleted" in rows.column_names:
        gone |= rows["deleted"].fill_null(False).to_numpy()
    if "merged_into" in rows.column_names:
        gone |= rows["merged_into"].is_valid().to_numpy()
    return gone


def _with_places(raw: pa.Table) -> pa.Table:
    if "row" not in raw.column_names:
        raw = raw.append_column("row", pa.array(np.arange(len(raw), dtype=np.int32)))
    if "line" not in raw.column_names:
        raw = raw.append_column("line", pa.array(np.zeros(len(raw), dtype=np.int32)))
    return raw
