"""What the lead service's refusals mean to us: one table, for whole calls and for single rows.

The codes are those of our contract (`saleslink.wsdl`, ServiceFault); no vendor's list is public.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hooks.waiting import wished_seconds
from hooks.wording import without_addresses, without_values
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    RetryLater,
    VendorUnavailable,
)
from leadline.ports import RowResult

NAMESPACE = "urn:saleslink:zift:lead:1"
_WAIT_SECONDS = 60.0
_WS_SECURITY = frozenset({"FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken"})
"""Source: OASIS WS-Security 1.1, 12, "Error Handling": what a framework says before the service is asked."""


@dataclass(frozen=True)
class Meaning:
    """What a code comes to.

    Attributes:
        error: Of a whole call.
        row: It is about one row where the call carries one; the others go on.
        say: What to do, for people.
    """

    error: type[LeadlineError]
    row: bool
    say: str


MEANINGS: Mapping[str, Meaning] = {
    "AUTH": Meaning(CredentialsRefused, False, "correct login and password in the connection"),
    "VERSION": Meaning(NotAllowed, False, "Saleslink 3.5 or newer with its lead service is needed"),
    "THROTTLED": Meaning(BudgetExhausted, False, "lower 'calls_per_minute' in the connection"),
    "MAINTENANCE": Meaning(VendorUnavailable, False, "the service is under maintenance: try later"),
    "INTERNAL": Meaning(VendorUnavailable, True, "the service failed: try again"),
    "VALIDATION": Meaning(NotAllowed, True, "correct the value or the mapping of that field"),
    "NOT_FOUND": Meaning(NotAllowed, True, "the lead is no longer there"),
    "DUPLICATE": Meaning(NotAllowed, True, "the partner has this lead already"),
}
STATUSES: Mapping[int, tuple[type[LeadlineError], str]] = {
    401: (CredentialsRefused, "correct login and password in the connection"),
    403: (CredentialsRefused, "let this login use the lead service"),
    404: (ConfigurationError, "correct 'wsdl_url' or 'endpoint' in the connection"),
    405: (ConfigurationError, "correct 'wsdl_url' or 'endpoint' in the connection"),
    413: (NotAllowed, "the request is too large"),
    415: (NotAllowed, "the service does not speak SOAP 1.1"),
    429: (BudgetExhausted, "lower 'calls_per_minute' in the connection"),
}


@dataclass(frozen=True)
class Fault:
    """One refusal as the service worded it."""

    code: str
    message: str
    retryable: bool = False
    field: str | None = None
    lead_id: str | None = None
    retry_after_seconds: float | None = None

    @property
    def meaning(self) -> Meaning:
        """Return the table's line; an unknown code is judged by what it says of itself."""
        if self.code in MEANINGS:
            return MEANINGS[self.code]
        if self.retryable:
            return Meaning(VendorUnavailable, True, "try again")
        return Meaning(NotAllowed, True, "see the service's own documentation")

    def as_error(self, operation: str) -> LeadlineError:
        """Return the error of a whole call."""
        meaning = self.meaning
        where = f" ({self.field})" if self.field else ""
        told = without_addresses(self.message)
        text = f"Saleslink refused {operation}: {self.code}{where}: {told}; {meaning.say}"
        passes = issubclass(meaning.error, RetryLater)
        error = meaning.error(text, self.retry_after_seconds) if passes else meaning.error(text)
        error.vendor_code = self.code
        return error

    def as_result(self, key: str, values: Iterable[str | None]) -> RowResult:
        """Return the outcome of the row that this refusal is about.

        Args:
            values: What the row holds: none of it may be told.
        """
        told = without_values(without_addresses(self.message), values)
        return RowResult(
            key,
            ok=False,
            code=self.code,
            field=self.field,
            message=f"{told}; {self.meaning.say}",
            record_id=self.lead_id if self.code == "DUPLICATE" else None,
            object="Lead" if self.code == "DUPLICATE" and self.lead_id else None,
            retryable=issubclass(self.meaning.error, RetryLater),
            stale=self.code == "NOT_FOUND",
        )


class FaultAnswer(NotAllowed):
    """A call was answered by a SOAP fault; one about a row becomes a result of whoever sent the row."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"Saleslink refused a row: {fault.code}")
        self.fault = fault


def read_fault(fault: Any) -> Fault:
    """Return the refusal in a SOAP fault; without ServiceFault the server itself failed, or knows us not.

    Args:
        fault: The XML element. Its parts are unqualified by SOAP 1.1, but not every server keeps to that.
    """
    found = fault.find(f".//{{{NAMESPACE}}}ServiceFault")
    code = str(fault.findtext("{*}faultcode") or "").strip()
    if found is None and code.rpartition(":")[2] in _WS_SECURITY:
        return Fault("AUTH", "the login is refused")
    if found is None:
        return Fault("INTERNAL", "a fault without ServiceFault", retryable=True)

    def text(name: str) -> str | None:
        value = found.findtext(f"{{{NAMESPACE}}}{name}")
        return value.strip() or None if value else None

    return Fault(
        (text("Code") or "INTERNAL").upper(),
        text("Message") or str(fault.findtext("{*}faultstring") or "no message"),
        (text("Retryable") or "").lower() in ("true", "1"),
        text("Field"),
        text("LeadId"),
        wished_seconds(text("RetryAfterSeconds")),
    )


def status_error(status: int, retry_after: str | None = None) -> LeadlineError:
    """Return the error of an answer that is no SOAP, by its HTTP status."""
    passes = status >= 500 or status < 300
    kind, say = STATUSES.get(
        status, (VendorUnavailable if passes else NotAllowed, "the server in front of it answered")
    )
    text = f"the lead service answered HTTP {status} without SOAP: {say}"
    if 300 <= status < 400:
        kind = ConfigurationError
        text = (
            f"the lead service moved (HTTP {status}): put its new address into 'endpoint' in the connection"
        )
    wait = wished_seconds(retry_after)
    if wait is None and kind is BudgetExhausted:
        wait = _WAIT_SECONDS
    error = kind(text, wait) if issubclass(kind, RetryLater) else kind(text)
    error.vendor_code = f"HTTP {status}"
    return error
