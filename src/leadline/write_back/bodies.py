"""What a source record is told about its lead, and under which field of the supplier's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row

from leadline.hub.keys import FIELD, REJECTION
from leadline.lifecycle import DistributionStatus
from leadline.mapping.model import WriteBack
from leadline.ports import text_of

_EPOCH = datetime(1970, 1, 1)  # without a zone: the text's own ending says UTC
_LATER = frozenset({"rejection_reason", "sales_rep_name", "sales_rep_email"})
"""Told once they have a value: what never had one is left as the supplier has it."""


_decode = msgspec.json.Decoder(dict[str, Any]).decode


def targets_of(chosen: WriteBack) -> dict[str, str]:
    """Return name in a body -> the supplier's field, for all that the mapping names."""
    return (
        chosen.mapped
        | {f"{REJECTION}{name}": field for name, field in chosen.rejection_fields.items()}
        | {f"{FIELD}{name}": field for name, field in chosen.fields.items()}
    )


def tells_supplier(chosen: WriteBack) -> bool:
    """Return whether a supplier wants to be told anything at all."""
    return bool(targets_of(chosen)) or chosen.events is not None or chosen.opportunities is not None


def body_of(
    row: Row[tuple[object, ...]],
    chosen: WriteBack,
    told: Mapping[str, str | None] | None = None,
    *,
    targets: Collection[str] | None = None,
) -> dict[str, str | None]:
    """Return what is told about a lead: name -> text, for the values that the mapping names.

    Times are UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`. Of the lead's own fields only those are told that its partner
    changed, as long as the supplier did not change them since.

    Args:
        told: What the record was told last: a value that is gone since is cleared there.
        targets: The names of `targets_of(chosen)`, where many rows are asked for.
    """
    told = told or {}
    unassigned = row.status == DistributionStatus.UNASSIGNED
    moments = (row.assigned_at, row.accepted_at, row.ended_at, row.decided_at)
    reasons = _loaded(row.reasons) if row.status == DistributionStatus.REJECTED else {}
    values: dict[str, str | None] = {
        "distribution_status": chosen.status_labels.get(row.status, row.status),
        "distribution_status_at": moment(max(at for at in moments if at is not None)),
        "not_routed": chosen.not_routed_value if unassigned else None,
        "partner_id": row.partner_id,
        "partner_name": row.partner_name,
        "rejection_reason": "; ".join(reasons.values()) or None,
        "sales_status": chosen.status_labels.get(row.sales_status, row.sales_status),
        "sales_rep_name": row.rep_name,
        "sales_rep_email": row.rep_email,
    }
    values |= {f"{REJECTION}{name}": reasons.get(name) for name in chosen.rejection_fields}
    later = {name for name in values if name in _LATER or name.startswith(REJECTION)}
    values |= {f"{FIELD}{name}": text_of(one[0]) for name, one in _loaded(row.partner_changes).items()}
    return {
        name: values[name]
        for name in (targets_of(chosen) if targets is None else targets)
        if name in values and (name not in later or values[name] is not None or name in told)
    }


def moment(at: int) -> str:
    """Return UTC microseconds as text."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="milliseconds") + "Z"


def _loaded(text: str | None) -> dict[str, Any]:
    return _decode(text) if text else {}
