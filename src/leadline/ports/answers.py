"""What every adapter answers with, whichever way the data goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RowResult:
    """The outcome of one row of a call, found by `key` (never by position).

    `retryable` rows are tried again alone; the others are refused for good. A row refused as a duplicate
    names the record that is there already: `record_id`, and `object` where the answer tells. `stale` says
    that the record is no longer what the write assumed (converted, gone): look again and decide anew. `left`
    are fields that were not written, for they cannot hold their value.
    """

    key: str
    ok: bool
    record_id: str | None = None
    created: bool = False
    code: str | None = None
    field: str | None = None
    message: str | None = None
    retryable: bool = False
    object: str | None = None
    stale: bool = False
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldDescription:
    """One field as the vendor describes it now."""

    name: str
    type: str
    length: int | None = None
    values: tuple[str, ...] = ()  # active picklist values; empty: not a picklist
    numbers: tuple[str, ...] = ()  # of `values`, one each, where the CRM takes those too
    default: str | None = None  # what the CRM fills in where a new record says nothing
    restricted: bool = False
    createable: bool = True
    updateable: bool = True
    external_id: bool = False
    unique: bool = False
    required: bool = False


@dataclass(frozen=True)
class CheckFinding:
    """Something preflight found: `severity` error stops work, warning does not yet."""

    code: str  # connection, credentials, permission, object_missing, field_missing, value_missing, ...
    detail: str
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True)
class ApiUsage:
    """The vendor's own count of calls today; None where it tells nothing."""

    used: int
    limit: int
