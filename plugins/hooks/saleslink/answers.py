"""What the lead service's refusals mean to us: one table, for whole calls and for single rows.

The codes are those of our contract (`saleslink.wsdl`, ServiceFault); no vendor's list is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
        text = f"Saleslink refused {operation}: {self.code}{where}: {self.message}; {meaning.say}"
        if issubclass(meaning.error, RetryLater):
            return meaning.error(text, self.retry_after_seconds)
        return meaning.error(text)

    def as_result(self, key: str) -> RowResult:
        """Return the outcome of the row that this refusal is about."""
        return RowResult(
            key,
            ok=False,
            code=self.code,
            field=self.field,
            message=f"{self.message}; {self.meaning.say}",
            record_id=self.lead_id if self.code == "DUPLICATE" else None,
            object="Lead" if self.code == "DUPLICATE" and self.lead_id else None,
            retryable=issubclass(self.meaning.error, RetryLater),
            stale=self.code == "NOT_FOUND",
        )


class FaultAnswer(NotAllowed):
    """A call was answered by a fault about its row; whoever sent the row makes a result of it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"Saleslink refused a row: {fault.code}")
        self.fault = fault


def read_fault(detail: Any, message: str | None) -> Fault:
    """Return the refusal in a SOAP fault; without ServiceFault the server itself failed.

    Args:
        detail: The fault's detail as an XML element, or None.
        message: Its faultstring, used where the detail says nothing.
    """
    found = detail.find(f"{{{NAMESPACE}}}ServiceFault") if hasattr(detail, "find") else None
    if found is None:
        return Fault("INTERNAL", "a fault without ServiceFault", retryable=True)

    def text(name: str) -> str | None:
        value = found.findtext(f"{{{NAMESPACE}}}{name}")
        return value.strip() or None if value else None

    wait = text("RetryAfterSeconds")
    return Fault(
        text("Code") or "INTERNAL",
        text("Message") or message or "no message",
        (text("Retryable") or "").lower() in ("true", "1"),
        text("Field"),
        text("LeadId"),
        float(wait) if wait and wait.isdigit() else None,
    )


def status_error(status: int, retry_after: str | None = None) -> LeadlineError:
    """Return the error of an answer that is no SOAP, by its HTTP status."""
    if 300 <= status < 400:
        return ConfigurationError(
            f"the lead service moved (HTTP {status}): put its new address into 'endpoint' in the connection"
        )
    kind, say = STATUSES.get(
        status, (VendorUnavailable if status >= 500 else NotAllowed, "the server in front of it answered")
    )
    text = f"the lead service answered HTTP {status} without SOAP: {say}"
    if issubclass(kind, RetryLater):
        given = float(retry_after) if retry_after and retry_after.isdigit() else None
        return kind(text, given or (_WAIT_SECONDS if kind is BudgetExhausted else None))
    return kind(text)
