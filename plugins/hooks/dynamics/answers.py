"""What Dataverse's answers mean to us: one table for whole calls, one for single rows.

Codes and HTTP statuses: Microsoft Learn, "Compose HTTP requests and handle errors", "Web service error
codes", "Service protection API limits".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hooks.wording import without_addresses, without_values
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
    # how much we asked for
    "0x80072321": BudgetExhausted,
    "0x80072322": BudgetExhausted,
    "0x80072326": BudgetExhausted,
    # who we are, and what our role lets us do
    "0x80072560": CredentialsRefused,
    "0x80040220": CredentialsRefused,
    "0x80048306": CredentialsRefused,
    # what the mapping names and the environment does not have
    "0x80060888": SchemaDrift,
    "0x80060890": SchemaDrift,
    "0x8006088a": SchemaDrift,
    # what passes
    "0x80040216": VendorUnavailable,
    "0x80040224": VendorUnavailable,
    "0x80044150": VendorUnavailable,
    "0x80044151": VendorUnavailable,
}
"""A whole call that failed. A code that is not here is judged by its HTTP status."""

CALL_STATUSES: Mapping[int, type[LeadlineError]] = {
    401: CredentialsRefused,
    403: CredentialsRefused,
    404: SchemaDrift,
    408: VendorUnavailable,
    429: BudgetExhausted,
    500: VendorUnavailable,
    502: VendorUnavailable,
    503: VendorUnavailable,
    504: VendorUnavailable,
}

RETRYABLE_ROWS = frozenset(
    {
        "0x80072321",
        "0x80072322",
        "0x80072326",
        "0x80040216",
        "0x80044150",
        "0x80044151",
        "0x80060882",  # somebody else changed the row at this moment
    }
)
"""Rows worth another try, alone. Every other code is about the row's own data or the partner's set-up."""

THROTTLED = frozenset({"0x80072321", "0x80072322", "0x80072326"})
PRIVILEGES = frozenset({"0x80040220", "0x80048306"})
GONE = frozenset({"0x80040217", "0x80060891"})
TAKEN = frozenset({"0x80060892", "0x80040237"})
"""A key is in use: by this row itself when we made it before, or by another one."""
DUPLICATE = "0x80040333"  # answered with 412 or 500: the code decides
DRIFT = "undeclared property"

_ADVICE: Mapping[type[LeadlineError], str] = {
    BudgetExhausted: "wait; it goes on by itself",
    ConfigurationError: "put the environment's own address into the connection's 'host'",
    CredentialsRefused: "check the connection's client id and secret, the application user and its role",
    SchemaDrift: "compare the mapping's CRM fields with the partner's tables",
    VendorUnavailable: "nothing to do; it is tried again",
    NotAllowed: "ask the partner's administrator",
}
_FIELD = re.compile(
    r"(?:length|value \S+) of (?:the )?'(\w+)'|for '(\w+)'|property '(\w+)'|of '(\w+)' to"
    r"|(?:attribute|field|column|parameter):? '(\w+)'|'(\w+)' (?:attribute|field|column)",
    re.IGNORECASE,
)
_PRINCIPAL = re.compile(r"principal user \(Id=([0-9a-f-]{36})", re.IGNORECASE)
_LONGEST_WAIT_SECONDS = 3600.0


@dataclass(frozen=True)
class Fault:
    """One refusal as Dataverse words it; `code` may be empty."""

    status: int
    code: str
    message: str
    retry_after: float | None = None

    @property
    def field(self) -> str | None:
        """Return the column that the message names, if it names one."""
        found = _FIELD.search(self.message)
        return next((name for name in found.groups() if name), None) if found else None

    @property
    def is_bare(self) -> bool:
        """Say whether nothing but an HTTP status was told, as by something in front of the API."""
        return not self.code and self.message in ("", f"HTTP {self.status}")

    @property
    def is_drift(self) -> bool:
        """Say whether it is about a table or a column, and so about every row."""
        return DRIFT in self.message or self.code in ("0x80060888", "0x80060890", "0x8006088a")

    @property
    def may_pass(self) -> bool:
        """Say whether the same call or row may pass when it is sent again."""
        if self.code in RETRYABLE_ROWS:
            return True
        return not self.code_tells and self.status in (401, 408, 429, 500, 502, 503, 504)

    @property
    def is_throttle(self) -> bool:
        """Say whether it came too soon, whatever it holds."""
        return self.code in THROTTLED or (self.status == 429 and not self.code)

    @property
    def is_sign_in(self) -> bool:
        """Say whether the token was refused, whatever the request holds."""
        return self.status == 401 and self.code not in CALL_CODES and not self.code_tells

    def lacks_privilege(self, me: str) -> bool:
        """Say whether our own role does not let us; a new owner's role may be the one that lacks it.

        Args:
            me: Our user id.
        """
        named = _PRINCIPAL.search(self.message)
        return self.code in PRIVILEGES and (named is None or named[1].lower() == me)

    @property
    def code_tells(self) -> bool:
        """Say whether the code is one that is no passing trouble, whatever the status."""
        return self.code in GONE | TAKEN | {DUPLICATE, "0x80040265", "0x80040224"}


def call_error(fault: Fault, what: str) -> LeadlineError:
    """Return the error that a failed call means; its text holds no value of a record."""
    code = fault.code.lower()
    kind = CALL_CODES.get(code) or CALL_STATUSES.get(fault.status)
    if DRIFT in fault.message:
        kind = SchemaDrift
    elif fault.status == 404 and fault.is_bare:
        kind = VendorUnavailable  # the API gives a code: a page of something else is no word on the schema
    if kind is None and 300 <= fault.status < 400:
        kind = ConfigurationError
    if kind is None:
        passes = fault.status >= 500 and fault.status != 501
        # An error under a good status is judged by its code; one that is unknown is no word for good.
        kind = VendorUnavailable if passes or fault.status < 300 else NotAllowed
    told = "" if fault.is_bare else without_addresses(fault.message)
    said = f"{fault.code or f'HTTP {fault.status}'}: {told}".rstrip(": ")
    advice = "lower the connection's 'batch_rows'" if fault.status == 413 else _ADVICE[kind]
    text = f"Dynamics, {what}: {said} ({advice})"
    wait = wait_seconds(fault.retry_after)
    error = kind(text, wait) if issubclass(kind, RetryLater) else kind(text)
    error.vendor_code = fault.code or f"HTTP {fault.status}"
    return error


def wait_seconds(retry_after: float | None) -> float | None:
    """Return the vendor's wish, within reason."""
    return None if retry_after is None else min(max(retry_after, 0.0), _LONGEST_WAIT_SECONDS)


def refused_row(
    key: str,
    fault: Fault,
    *,
    record_id: str | None = None,
    object_: str | None = None,
    stale: bool = False,
    message: str | None = None,
    values: Iterable[str | None] = (),
) -> RowResult:
    """Return the outcome of one row that was refused.

    Args:
        values: What the row holds: none of it may be told.
    """
    return RowResult(
        key,
        ok=False,
        record_id=record_id,
        code=fault.code or f"HTTP {fault.status}",
        field=fault.field,
        message=message or without_values(without_addresses(fault.message), values) or None,
        retryable=fault.may_pass and not stale and record_id is None,
        object=object_,
        stale=stale,
    )
