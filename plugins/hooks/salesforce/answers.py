"""What Salesforce's answers mean to us: one table for whole calls, one for single rows.

Codes and HTTP statuses: REST API Developer Guide, "Status Codes and Error Responses", and SOAP API Developer
Guide, "Core Data Types Used in API Calls", StatusCode.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hooks.wording import without_addresses
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.ports import RowResult

CALL_CODES: Mapping[str, type[LeadlineError]] = {
    # who we are
    "INVALID_SESSION_ID": CredentialsRefused,
    "INVALID_AUTH_HEADER": CredentialsRefused,
    "INVALID_LOGIN": CredentialsRefused,
    "INVALIDSESSIONID": CredentialsRefused,  # Bulk spells it InvalidSessionId
    "API_DISABLED_FOR_ORG": CredentialsRefused,
    "API_CURRENTLY_DISABLED": CredentialsRefused,
    "INSUFFICIENT_ACCESS": CredentialsRefused,
    "INSUFFICIENT_ACCESS_OR_READONLY": CredentialsRefused,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": CredentialsRefused,
    # how much we asked for
    "REQUEST_LIMIT_EXCEEDED": BudgetExhausted,
    "QUERY_TIMEOUT": RetryLater,
    "INVALID_QUERY_LOCATOR": RetryLater,
    "EXCEEDED_ID_LIMIT": RetryLater,
    "UNABLE_TO_LOCK_ROW": RetryLater,
    "API_TEMPORARILY_UNAVAILABLE": VendorUnavailable,
    "SERVER_UNAVAILABLE": VendorUnavailable,
    "UNKNOWN_EXCEPTION": VendorUnavailable,
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE": VendorUnavailable,
    # what the mapping names and the org does not have
    "INVALID_FIELD": SchemaDrift,
    "INVALID_FIELD_FOR_INSERT_UPDATE": SchemaDrift,
    "INVALID_TYPE": SchemaDrift,
    "NOT_FOUND": SchemaDrift,
    "MALFORMED_QUERY": SchemaDrift,
    "INVALID_QUERY_FILTER_OPERATOR": SchemaDrift,
    "UNSUPPORTED_API_VERSION": ConfigurationError,
}
"""A whole call that failed. A code that is not here is judged by its HTTP status."""

CALL_STATUSES: Mapping[int, type[LeadlineError]] = {
    401: CredentialsRefused,
    403: NotAllowed,
    404: SchemaDrift,
    408: VendorUnavailable,
    410: ConfigurationError,  # this version of the API is retired
    429: BudgetExhausted,
}

RETRYABLE_ROWS = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "API_TEMPORARILY_UNAVAILABLE",
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
        "QUERY_TIMEOUT",
        "REQUEST_LIMIT_EXCEEDED",
        "REQUEST_RUNNING_TOO_LONG",
        "TXN_SECURITY_METERING_ERROR",
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        # The org is full: somebody makes room, and no row is to blame.
        "STORAGE_LIMIT_EXCEEDED",
        # A sibling failed, not this row.
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "PROCESSING_HALTED",
    }
)
"""Rows worth another try, alone. Every other code is about the row's own data or the org's set-up."""

WRAPPERS = frozenset({"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER"})
"""A trigger or flow of the customer failed; the text names the code that it met itself."""

DUPLICATES = frozenset({"DUPLICATES_DETECTED", "DUPLICATE_VALUE"})

CONCURRENT_WAIT_SECONDS = 5.0

_QUERY_ERROR = re.compile(r"ERROR at Row:\d+:Column:\d+\s*", re.DOTALL)
_QUOTED_VALUE = re.compile(
    r"((?:data value too large|invalid email address): ).*?( \(max length=\d+\)|$)", re.DOTALL
)
_RECORD_ID = re.compile(r"\b(?:record with id|with id):?\s*([a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?)\b")


@dataclass(frozen=True)
class Fault:
    """One error as Salesforce words it; `matches` are the records a duplicate rule found."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    matches: tuple[tuple[str, str], ...] = ()  # (object, record id), best first


def read_faults(body: bytes | str) -> list[Fault]:
    """Return the errors in an answer, whatever its shape: a list, an object, or no JSON at all."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return []
    entries = parsed if isinstance(parsed, list) else [parsed]
    return [read_fault(entry) for entry in entries if isinstance(entry, Mapping)]


def read_fault(entry: Mapping[str, Any]) -> Fault:
    """Return one error entry: `errorCode` alone, `statusCode` in collections, `exceptionCode` in Bulk."""
    code = (
        entry.get("errorCode") or entry.get("statusCode") or entry.get("exceptionCode") or entry.get("error")
    )
    message = entry.get("message") or entry.get("exceptionMessage") or entry.get("error_description")
    # The live API spells it duplicateResut; the documentation does not.
    found = entry.get("duplicateResut") or entry.get("duplicateResult")
    return Fault(
        str(code or "UNKNOWN"),
        str(message or ""),
        tuple(str(name) for name in entry.get("fields") or ()),
        tuple(_matches(found)) if isinstance(found, Mapping) else (),
    )


def _matches(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    records = [
        (float(match.get("matchConfidence") or 0), str(result.get("entityType") or ""), match["record"])
        for result in found.get("matchResults") or ()
        for match in result.get("matchRecords") or ()
        if isinstance(match.get("record"), Mapping) and match["record"].get("Id")
    ]
    records.sort(key=lambda entry: -entry[0])
    return [(entity, str(record["Id"])) for _, entity, record in records]


def call_error(
    status: int, body: bytes | str, what: str, retry_after_seconds: float | None = None
) -> LeadlineError:
    """Return the error that a failed call means; its text holds no value of a record."""
    faults = read_faults(body)
    fault = faults[0] if faults else Fault(f"HTTP {status}", "")
    kind = CALL_CODES.get(fault.code.upper()) or CALL_STATUSES.get(status)
    if status == 404 and not faults:
        kind = VendorUnavailable  # the API gives a code: a page of something else is no word on the schema
    if kind is None:
        kind = VendorUnavailable if status >= 500 else NotAllowed
    message = f"{what}: {fault.code}: {safe_text(fault.message)}".rstrip(": ")
    error: LeadlineError
    if kind is BudgetExhausted and "concurrent" in fault.message.casefold():
        error = RetryLater(message, CONCURRENT_WAIT_SECONDS)
    elif issubclass(kind, RetryLater):
        error = kind(message, retry_after_seconds)
    else:
        error = kind(message)
    error.vendor_code = fault.code
    return error


def session_expired(status: int, body: bytes) -> bool:
    """Tell whether an answer says that the token is over; then the call was not carried out."""
    if status not in (400, 401):
        return False
    codes = {fault.code.upper() for fault in read_faults(body)}
    return bool(codes & {"INVALID_SESSION_ID", "INVALIDSESSIONID"}) or (status == 401 and not codes)


def may_pass(status: int, body: bytes) -> bool:
    """Tell whether the same call may pass a little later."""
    codes = [fault.code.upper() for fault in read_faults(body)]
    if codes and (kind := CALL_CODES.get(codes[0])):
        return kind is VendorUnavailable or codes[0] in {"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT"}
    return status >= 500 or status in (408, 429) or (status == 404 and not codes)


def safe_text(message: str) -> str:
    """Return a vendor's message without the query it quotes and without e-mail addresses."""
    text = _QUERY_ERROR.split(message)[-1]
    return without_addresses(text)


def row_text(message: str) -> str:
    """Return a vendor's message about a row without the value that it quotes."""
    return without_addresses(_QUOTED_VALUE.sub(r"\1…\2", message))


def row_result(
    key: str, *, record_id: str | None = None, created: bool = False, fault: Fault | None = None
) -> RowResult:
    """Return the outcome of one row; a duplicate names the record that is there already."""
    if fault is None:
        return RowResult(key, ok=True, record_id=record_id, created=created)
    found_object, found_id = None, record_id
    if fault.code in DUPLICATES:
        found_object, found_id = duplicate_of(fault)
    return RowResult(
        key,
        ok=False,
        record_id=found_id,
        code=fault.code,
        field=", ".join(fault.fields) or None,
        message=row_text(fault.message) or None,
        retryable=is_retryable(fault),
        object=found_object,
    )


def is_retryable(fault: Fault) -> bool:
    """Tell whether the same row may pass when it is sent again."""
    if fault.code in RETRYABLE_ROWS:
        return True
    return fault.code in WRAPPERS and any(code in fault.message for code in RETRYABLE_ROWS)


def duplicate_of(fault: Fault) -> tuple[str | None, str | None]:
    """Return (object, record id) of the record a row duplicates, as far as the answer tells."""
    if fault.matches:
        return fault.matches[0]
    named = _RECORD_ID.search(fault.message)
    return (None, named[1]) if named else (None, None)


def first_fault(errors: Sequence[Mapping[str, Any]] | None) -> Fault:
    """Return the first error of a row in a collection's answer."""
    return read_fault(errors[0]) if errors else Fault("UNKNOWN_EXCEPTION", "refused without a reason")
