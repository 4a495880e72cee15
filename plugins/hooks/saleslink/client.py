"""Calls of the lead service: paced, repeated once where an answer got lost, their refusals translated.

Every operation may be repeated: CreateLead is idempotent on ExternalId, AddMarketingEvents knows its events
again, UpdateLead writes the same values.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import zeep
import zeep.exceptions

from hooks.saleslink.answers import NAMESPACE, Fault, FaultAnswer
from hooks.saleslink.transport import WSDL, Transport
from leadline.errors import BudgetExhausted, LeadlineError, NotAllowed, SchemaDrift, VendorUnavailable

logger = logging.getLogger(__name__)

CALLS_PER_MINUTE = 60  # our contract's limit
MAX_ITEMS = 200  # ids or events in one call; our contract's limit
OLDEST_VERSION = (3, 5)
PATIENCE = 2  # waits for a budget that is used up, before a call gives up
LONGEST_WAIT_SECONDS = 90.0
REPEAT_AFTER_SECONDS = 2.0
_MINUTE = 60.0

ALWAYS: Mapping[str, str] = {
    "GetServiceInfo": "ProductVersion",
    "CreateLead": "LeadId",
    "UpdateLead": "LeadId",
    "AddMarketingEvents": "Added",
    "GetLeads": "ServerTimeUtc",
    "GetOpportunities": "ServerTimeUtc",
    "GetUsers": "ServerTimeUtc",
}
"""What no answer lacks: one that does was made by something in between, and is no word on what was asked."""


@dataclass(frozen=True)
class ServiceInfo:
    """What the service says of itself."""

    product_version: str
    max_items: int


class SaleslinkClient:
    """One dealer's service. `sleep` and `clock` stand for time in tests.

    Args:
        calls_per_minute: What we allow ourselves; 0: do not pace.
    """

    def __init__(
        self,
        endpoint: str,
        username: str,
        password: str,
        transport: Transport,
        *,
        calls_per_minute: int = CALLS_PER_MINUTE,
    ) -> None:
        self._endpoint = endpoint
        self._username = username
        self._password = password
        self._transport = transport
        self._most = calls_per_minute
        self._made: deque[float] = deque()
        self.sleep: Callable[[float], None] = time.sleep
        self.clock: Callable[[], float] = time.monotonic

    def __repr__(self) -> str:
        return f"SaleslinkClient({self._endpoint!r})"

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def service_info(self) -> ServiceInfo:
        """Return version and limits.

        Raises:
            NotAllowed: The product is older than 3.5.
        """
        answer = self.call("GetServiceInfo")
        version = str(answer.ProductVersion)
        numbers = tuple(int(one) for one in re.findall(r"\d+", version)[:2])
        if numbers < OLDEST_VERSION:
            raise NotAllowed(
                f"this Saleslink is version {version or '(none)'}: lead distribution needs 3.5 or newer"
            )
        return ServiceInfo(version, max(1, min(int(answer.MaxItems or MAX_ITEMS), MAX_ITEMS)))

    def call(self, operation: str, **arguments: Any) -> Any:
        """Return the answer of a call that is not about one row.

        Raises:
            LeadlineError: The table in `answers` says which.
        """
        try:
            return self.send(operation, **arguments)
        except FaultAnswer as answer:
            raise answer.fault.as_error(operation) from None

    def pages(self, operation: str, items: str, **arguments: Any) -> Iterator[Any]:
        """Yield the items of all pages, following the cursor until there is none."""
        seen: set[str] = set()
        cursor: dict[str, str] = {}
        while True:
            answer = self.call(operation, **arguments, **cursor)
            yield from getattr(answer, items) or ()
            following = answer.NextCursor
            if not following:
                return
            if following in seen:
                raise VendorUnavailable(f"{operation} answers the same page again and again")
            seen.add(following)
            cursor = {"Cursor": following}

    def send(self, operation: str, **arguments: Any) -> Any:
        """Return the answer of a call about one row.

        Raises:
            FaultAnswer: The service refused the row.
            LeadlineError: The whole call failed, or no call can pass now.
        """
        patience, lost = PATIENCE, False
        while True:
            self._pace()
            try:
                return self._once(operation, arguments)
            except BudgetExhausted as error:
                wish = error.retry_after_seconds
                wait = _MINUTE if wish is None else wish
                if not patience or wait > LONGEST_WAIT_SECONDS:
                    raise
                patience -= 1
                logger.info("%s: the call budget is used up, waiting %.0f s", operation, wait)
                self.sleep(wait)
            except VendorUnavailable as error:
                # What was asked may have been done: ask once more, every operation bears that.
                if lost or error.retry_after_seconds is not None:
                    raise
                lost = True
                logger.info("%s: no answer, asking once more", operation)
                self.sleep(REPEAT_AFTER_SECONDS)

    def _once(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        try:
            answer = getattr(self._service, operation)(**arguments, _soapheaders=[self._header])
            if getattr(answer, ALWAYS[operation]) in (None, ""):
                raise VendorUnavailable(
                    f"{operation}: the lead service's answer leaves out {ALWAYS[operation]}"
                )
            return answer
        except FaultAnswer as answer:
            if answer.fault.meaning.row:
                raise
            raise answer.fault.as_error(operation) from None
        except LeadlineError:
            raise
        except zeep.exceptions.TransportError:
            # Its text holds the answer; ours does not.
            raise VendorUnavailable(f"{operation}: the lead service's answer is broken XML") from None
        except zeep.exceptions.ValidationError as error:
            field = str(error.path[-1]) if error.path else None
            raise FaultAnswer(Fault("VALIDATION", str(error), field=field)) from None
        except (zeep.exceptions.Error, AttributeError, LookupError, TypeError, ValueError) as error:
            raise SchemaDrift(
                f"{operation}: the lead service's answer does not fit the contract ({type(error).__name__})"
            ) from None

    def _pace(self) -> None:
        """Wait until this call is within the budget of the last minute."""
        if not self._most:
            return
        now = self.clock()
        while self._made and now - self._made[0] >= _MINUTE:
            self._made.popleft()
        if len(self._made) >= self._most:
            self.sleep(max(0.0, _MINUTE - (now - self._made.popleft())))
        self._made.append(self.clock())

    @cached_property
    def _client(self) -> Any:
        settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        make: Any = zeep.Client  # not typed
        return make(str(WSDL), transport=self._transport, settings=settings)

    @cached_property
    def _service(self) -> Any:
        return self._client.create_service(f"{{{NAMESPACE}}}ZiftLeadBinding", self._endpoint)

    @cached_property
    def _header(self) -> Any:
        header = self._client.get_element(f"{{{NAMESPACE}}}AuthHeader")
        return header(Username=self._username, Password=self._password)


_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return a text without the characters that XML cannot carry. Source: XML 1.0, production 2."""
    return _ILLEGAL.sub("", text)


def in_parts(ids: Sequence[str], most: int = MAX_ITEMS) -> Iterator[Sequence[str]]:
    """Yield ids, so many at a time."""
    for first in range(0, len(ids), most):
        yield ids[first : first + most]
