"""What Marketo's answers mean to us: one table for whole calls, one for single rows.

Nearly every refusal comes inside HTTP 200, as a code in text. Codes and their wording:
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hooks.wording import without_addresses
from leadline.errors import (
    BudgetExhausted,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.ports import RowResult

CENTRAL = ZoneInfo("America/Chicago")  # quotas begin anew at midnight there
RATE_WINDOW_SECONDS = 20.0
CONCURRENT_WAIT_SECONDS = 5.0
QUEUE_WAIT_SECONDS = 300.0

UNKNOWN = "UNKNOWN"
"""Our word for a refusal without a code."""

TOKEN_CODES = frozenset({"600", "601", "602"})
"""The token is missing, unknown or over: the call was not carried out, and a fresh token may help."""

NATIVE_CRM = (
    "the subscription's native CRM sync keeps opportunities read-only (1018); map them to a custom object, "
    "by write_back.opportunities.object"
)


@dataclass(frozen=True)
class Meaning:
    """What a code of a whole call is: its error, what to do, and whether the same call may pass soon."""

    kind: type[LeadlineError]
    advice: str
    passes: bool = False
    wait_seconds: float | None = None


CALL_CODES: Mapping[str, Meaning] = {
    # who we are
    "600": Meaning(CredentialsRefused, "the call carried no token"),
    "601": Meaning(CredentialsRefused, "fresh tokens are refused too: look at the custom service"),
    "602": Meaning(CredentialsRefused, "fresh tokens are over at once: look at the custom service"),
    "603": Meaning(CredentialsRefused, "give the API user's role this permission, or allow our address"),
    "614": Meaning(CredentialsRefused, "the connection's host is no subscription of these credentials"),
    # how much we asked for
    "606": Meaning(BudgetExhausted, "calls per 20 seconds are used up", True, RATE_WINDOW_SECONDS),
    "607": Meaning(BudgetExhausted, "the day's calls are used up until midnight US Central"),
    "615": Meaning(RetryLater, "too many calls at once", True, CONCURRENT_WAIT_SECONDS),
    "1029": Meaning(RetryLater, "export jobs are queued up", False, QUEUE_WAIT_SECONDS),
    # what passes by itself
    UNKNOWN: Meaning(VendorUnavailable, "try again later", True),
    "502": Meaning(VendorUnavailable, "try again later", True),
    "604": Meaning(VendorUnavailable, "the call took too long there; try again later", True),
    "608": Meaning(VendorUnavailable, "try again later", True),
    "611": Meaning(VendorUnavailable, "try again later", True),
    "713": Meaning(VendorUnavailable, "try again later", True),
    "719": Meaning(VendorUnavailable, "records are locked there; try again later", True),
    "1014": Meaning(VendorUnavailable, "try again later", True),
    "1016": Meaning(RetryLater, "import jobs are queued up", False, QUEUE_WAIT_SECONDS),
    "1019": Meaning(VendorUnavailable, "an import runs there; try again later", True),
    "1022": Meaning(VendorUnavailable, "the object is in use there; try again later", True),
    # what the mapping names and the subscription does not have
    "610": Meaning(SchemaDrift, "what the mapping names is not there"),
    "1006": Meaning(SchemaDrift, "a mapped field is not there: compare mapping and field management"),
    "1013": Meaning(SchemaDrift, "what the mapping names is not there"),
    # what is off for good
    "703": Meaning(NotAllowed, "the feature is not switched on for this subscription"),
    "1018": Meaning(NotAllowed, NATIVE_CRM),
    "1035": Meaning(
        NotAllowed, "the subscription does not offer this export filter: set source.bulk to false"
    ),
}
"""A whole call that failed. A code that is not here is `NotAllowed`: it says that we sent something wrong."""

RETRYABLE_ROWS = frozenset({"502", "604", "606", "608", "611", "615", "713", "719", "1014", "1019", "1022"})
"""Rows worth another try, alone. Every other code is about the row's own data or the set-up."""

GONE = frozenset({"1004", "1013"})
"""The lead or record that a row names is not there."""

ADVICE: Mapping[str, str] = {
    "1004": "the lead is gone",
    "1007": "several leads match: write by id only",
    "1008": "the API user may not write to this lead partition",
    "1010": "the API user may not change this lead's partition",
    "1013": "the record is gone",
    "1018": NATIVE_CRM,
    "1021": "company fields cannot be written through the lead: map another field",
    "1025": "the program's channel has no such status: compare write_back.status_labels with the channel",
    "1037": "the member is past this status already, and statuses never go back",
}

# An apostrophe inside of a value does not end it.
_QUOTED_VALUE = re.compile(r"""(?is)\b(value) (?:'.*?'(?!\w)|".*?"(?!\w))""")
_FIELD = re.compile(r"(?i)\bfield '([^']+)'")


@dataclass(frozen=True)
class Fault:
    """One error as Marketo words it."""

    code: str
    message: str


def faults_of(body: Mapping[str, Any]) -> list[Fault]:
    """Return the errors of a whole answer that says `success: false`."""
    errors = body.get("errors")
    entries = errors if isinstance(errors, list) else []
    found = [read_fault(entry) for entry in entries if isinstance(entry, Mapping)]
    return found or [Fault(UNKNOWN, "refused without a reason")]


def read_fault(entry: Mapping[str, Any]) -> Fault:
    """Return one entry of `errors` or `reasons`."""
    return Fault(str(entry.get("code") or UNKNOWN), str(entry.get("message") or ""))


def row_fault(row: Mapping[str, Any]) -> Fault | None:
    """Return why a row was refused; None if it was not. Custom activities say `errors`, others `reasons`."""
    reasons = row.get("reasons") or row.get("errors")
    if isinstance(reasons, list) and isinstance(reasons[0], Mapping):
        return read_fault(reasons[0])
    if reasons or row.get("status") in ("skipped", "failed"):
        return Fault(UNKNOWN, "refused without a reason")
    if not row.get("status"):
        return Fault("713", "the answer does not say whether the row was taken")
    return None


def place_of(result: Mapping[str, Any], rows: int) -> int | None:
    """Return the place that a result's `seq` names among so many rows; None: it names none of them."""
    told = result.get("seq")
    if isinstance(told, str) and told.isascii() and told.isdigit():
        told = int(told)
    if not isinstance(told, int) or isinstance(told, bool):
        return None
    return told if 0 <= told < rows else None


def call_error(fault: Fault, what: str, now: datetime | None = None) -> LeadlineError:
    """Return the error that a failed call means; its text holds no value of a record.

    Args:
        what: The call, as in "GET leads.json".
        now: For the time until a quota begins anew; None: the present.
    """
    error = _meant(fault, what, now)
    error.vendor_code = fault.code
    return error


def _meant(fault: Fault, what: str, now: datetime | None) -> LeadlineError:
    message = f"{what}: {fault.code}: {safe_text(fault.message)}".rstrip(": ")
    meaning = CALL_CODES.get(fault.code)
    if fault.code == "1003" and "token" in fault.message.casefold():
        return VendorUnavailable(f"{message}; the paging token has ended: the next try begins anew")
    if meaning is None:
        return NotAllowed(message)
    message = f"{message}; {meaning.advice}"
    if fault.code == "607":
        return BudgetExhausted(message, seconds_to_midnight(now))
    if fault.code == "1029" and "quota" in fault.message.casefold():
        quota = "the day's export volume is used up until midnight US Central"
        return BudgetExhausted(f"{what}: 1029: {quota}", seconds_to_midnight(now))
    if issubclass(meaning.kind, RetryLater):
        return meaning.kind(message, meaning.wait_seconds)
    return meaning.kind(message)


def seconds_to_midnight(now: datetime | None = None) -> float:
    """Return the seconds until quotas begin anew: midnight, US Central."""
    here = (now or datetime.now(UTC)).astimezone(CENTRAL)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), CENTRAL)
    return max(60.0, (midnight.astimezone(UTC) - here.astimezone(UTC)).total_seconds())


def safe_text(message: str) -> str:
    """Return a vendor's message without the values it quotes and without e-mail addresses."""
    return without_addresses(_QUOTED_VALUE.sub(r"\1 '…'", message))


def row_result(
    key: str, fault: Fault | None = None, *, record_id: str | None = None, created: bool = False
) -> RowResult:
    """Return the outcome of one row."""
    if fault is None:
        return RowResult(key, ok=True, record_id=record_id, created=created)
    field = _FIELD.search(fault.message)
    advice = ADVICE.get(fault.code)
    message = "; ".join(part for part in (safe_text(fault.message), advice) if part)
    return RowResult(
        key,
        ok=False,
        record_id=record_id,
        code=fault.code,
        field=field[1] if field else None,
        message=message or None,
        retryable=fault.code in RETRYABLE_ROWS,
        stale=fault.code in GONE,
    )


def not_supported(keys: Sequence[str], why: str) -> list[RowResult]:
    """Return a refusal of each row that this set-up cannot hold."""
    return [RowResult(key, ok=False, code="NOT_SUPPORTED", message=why) for key in keys]
