"""Talking to one Dataverse environment, and nothing about leads: Microsoft's client and what it lacks.

Microsoft's client knows neither Retry-After nor a row's own outcome in a batch of conditional writes, sends
a request again after a lost connection whatever it was, waits 10 seconds for an answer, and follows any link.
Here one attempt is one request; who repeats, and when, is decided in one place.

The seam to the client's insides (`_scoped_odata`, `_BatchClient`) is this module alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

import requests
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.config import DataverseConfig
from PowerPlatform.Dataverse.core.errors import DataverseError, HttpError
from PowerPlatform.Dataverse.data._batch import _BatchClient
from PowerPlatform.Dataverse.data._raw_request import _RawRequest

from hooks.dynamics.answers import Fault, call_error
from hooks.dynamics.credential import UNTRUSTED, Credential, is_untrusted
from hooks.dynamics.messages import Json, Part, PartAnswer, encode, fault_of, parse, query, shown
from hooks.dynamics.multipart import read_answers
from hooks.dynamics.session import PlainSession
from hooks.origins import stay
from leadline.errors import ConfigurationError, VendorUnavailable

ATTEMPTS = 4
LONGEST_WAIT_SECONDS = 60.0
BATCH_ROWS = 100
MOST_BATCH_ROWS = 1000  # Microsoft Learn, "Execute batch operations"

ALL_ANNOTATIONS = 'odata.include-annotations="*"'


class DynamicsClient:
    """One environment, signed in at the first call and again, once a call, when the token is refused.

    Every call may be repeated: who writes makes the write conditional. Not for several threads at once.

    Args:
        base_url: Scheme, host and port; https only.
        credential: Gives tokens.
        version: Of the Web API, such as "9.2".
        allowed_hosts: Hosts besides the environment's own that links in answers may name.
        ca_bundle: Path of the CA certificates to trust; None: those of the environment.
        proxies: As requests takes them.
        batch_rows: Rows a batch; Microsoft advises small ones.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        version: str = "9.2",
        *,
        allowed_hosts: frozenset[str] = frozenset(),
        ca_bundle: str | None = None,
        proxies: Mapping[str, str] | None = None,
        batch_rows: int = BATCH_ROWS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.api = f"{self.base_url}/api/data/v{version}"
        self.batch_rows = max(1, min(batch_rows, MOST_BATCH_ROWS))
        self.sleep = sleep
        self._credential = credential
        self._allowed_hosts = allowed_hosts
        # One attempt: the client's own repeats would send a POST again that was carried out.
        self._client = DataverseClient(self.base_url, credential, DataverseConfig(http_retries=1))
        session = PlainSession(ca_bundle)
        session.proxies.update(proxies or {})
        self._client._session = session

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()
        self._credential.forget()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> requests.Response:
        """Return the answer to one call.

        Args:
            path: Below the API's address, or a URL out of an answer.

        Raises:
            LeadlineError: What the answer means, by `answers`.
        """
        url = self.resolve(path)
        sent = {"If-None-Match": "null"} if method == "GET" else {}
        sent |= dict(headers or {})
        if body is not None:
            data = encode(body)
        what = f"{method} {shown(url)}"
        signed_in_again = False
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._send(method, url, sent, data)
            except HttpError as error:
                fault = fault_of(error)
                if fault.status == 401 and not signed_in_again:
                    signed_in_again = True
                    self._credential.forget()
                    attempt -= 1
                    continue
                if attempt < ATTEMPTS and self._waits(fault, attempt):
                    continue
                raise call_error(fault, what) from None
            except requests.RequestException as error:
                if is_untrusted(error):
                    raise ConfigurationError(f"Dynamics, {what}: {UNTRUSTED}") from None
                # Its text may quote the URL, and with it a query's values.
                if attempt < ATTEMPTS:
                    self._waits(Fault(503, "", ""), attempt)
                    continue
                raise VendorUnavailable(
                    f"Dynamics, {what}: {type(error).__name__} (nothing to do; it is tried again)"
                ) from None
            except DataverseError as error:
                raise VendorUnavailable(
                    f"Dynamics, {what}: {type(error).__name__} (it is tried again)"
                ) from None

    def _send(self, method: str, url: str, headers: Json, data: bytes | None) -> requests.Response:
        with self._client._scoped_odata() as odata:
            options: Json = {"headers": headers, "expected": (200, 201, 202, 204)}
            if data is not None:
                options["data"] = data
            answer: requests.Response = odata._request(method.lower(), url, **options)
            return answer

    def _waits(self, fault: Fault, attempt: int) -> bool:
        """Wait as the answer asks, if it may pass and asks for no more than we give it here."""
        if not fault.may_pass or fault.status == 401:
            return False
        seconds = fault.retry_after
        if seconds is None:
            seconds = 0.5 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
        if seconds > LONGEST_WAIT_SECONDS:
            return False
        self.sleep(seconds)
        return True

    def resolve(self, path: str) -> str:
        """Return the full URL of a path, or of a URL out of an answer.

        Raises:
            NotAllowed: The URL leaves the environment and is not on an allowed host.
        """
        if "://" not in path:
            return f"{self.api}/{path}"
        stay(path, self.base_url, self._allowed_hosts)
        return path

    def get(self, path: str, params: Mapping[str, str] | None = None, *, prefer: str | None = None) -> Json:
        """Return the JSON object of an answer."""
        headers = {"Prefer": prefer} if prefer else {}
        return parse(self.request("GET", f"{path}?{query(params)}" if params else path, headers=headers))

    def rows(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        page_rows: int = 5000,
        annotations: str = ALL_ANNOTATIONS,
    ) -> Iterator[Json]:
        """Yield the rows of a set, page after page, following the server's own links on our origin.

        Each row has the first column of `$select`, which is its id.
        """
        prefer = ",".join(one for one in (f"odata.maxpagesize={page_rows}", annotations) if one)
        link = f"{path}?{query(params)}"
        needed = params.get("$select", "").split(",")[0]
        followed: set[str] = set()
        while link:
            followed.add(link)
            body = parse(self.request("GET", link, headers={"Prefer": prefer}))
            value = body.get("value")
            if not isinstance(value, list) or not all(
                isinstance(row, dict) and (not needed or row.get(needed)) for row in value
            ):
                raise VendorUnavailable(
                    f"Dynamics, GET {shown(link)}: the answer is no page of rows (it is tried again)"
                )
            yield from value
            link = str(body.get("@odata.nextLink") or "")
            if link in followed:
                raise VendorUnavailable(
                    f"Dynamics, GET {shown(link)}: the same page comes again and again (it is tried again)"
                )

    def batch(self, parts: Sequence[Part]) -> Iterator[PartAnswer]:
        """Yield one answer per part, in order; one that is refused stops no other.

        Parts that came too soon, or whose token had ended by then, are sent again, they alone.

        Raises:
            LeadlineError: A whole batch failed, or its answer does not hold as many parts.
        """
        for first in range(0, len(parts), self.batch_rows):
            yield from self._batch(parts[first : first + self.batch_rows])

    def _batch(self, parts: Sequence[Part]) -> list[PartAnswer]:
        answers = self._batch_once(parts)
        for attempt in range(1, ATTEMPTS):
            again = {
                place: answer.fault
                for place, answer in enumerate(answers)
                if answer.fault is not None and (answer.fault.is_throttle or answer.fault.is_sign_in)
            }
            if not again or not self._rests(list(again.values()), attempt):
                break
            places = list(again)
            for place, answer in zip(places, self._batch_once([parts[one] for one in places]), strict=True):
                answers[place] = answer
        return answers

    def _rests(self, faults: Sequence[Fault], attempt: int) -> bool:
        """Wait until these parts may be sent again; return whether they may."""
        soon = [fault for fault in faults if fault.is_throttle]
        if len(soon) < len(faults):
            if attempt > 1:
                return False  # a token that is refused when it is new is a matter of credentials
            self._credential.forget()
        if not soon:
            return True
        wishes = [fault.retry_after for fault in soon if fault.retry_after is not None]
        return self._waits(replace(soon[0], retry_after=max(wishes, default=None)), attempt)

    def _batch_once(self, parts: Sequence[Part]) -> list[PartAnswer]:
        boundary = f"batch_{uuid4()}"
        raw = [
            _RawRequest(
                part.method,
                f"{self.api}/{part.path}",
                None if part.body is None else encode(part.body).decode(),
                {"Accept": "application/json", **part.headers},
            )
            for part in parts
        ]
        with self._client._scoped_odata() as odata:
            content = _BatchClient(odata)._build_batch_body(list(raw), boundary).encode()
        headers = {
            "Content-Type": f'multipart/mixed; boundary="{boundary}"',
            "Prefer": "odata.continue-on-error",
        }
        answers = read_answers(self.request("POST", "$batch", headers=headers, data=content))
        if len(answers) != len(parts):
            raise VendorUnavailable(
                f"Dynamics, POST $batch: {len(parts)} parts were sent and {len(answers)} answered"
                " (nothing to do; it is tried again)"
            )
        return answers
