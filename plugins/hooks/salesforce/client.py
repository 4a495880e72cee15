"""Talking to one Salesforce org over REST, and nothing about leads.

A client of our own, not simple-salesforce's: that one drops a call's own headers when it signs in again,
has no time-outs, and signs in at hosts of its own choosing.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests

from hooks.origins import stay
from hooks.salesforce.answers import call_error, may_pass, session_expired
from hooks.salesforce.bodies import Json, parse, parse_object
from hooks.salesforce.session import Bearer, Session
from hooks.waiting import wished_seconds
from leadline.errors import NotAllowed, VendorUnavailable
from leadline.ports import ApiUsage

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = (10.0, 120.0)  # to connect, and between two bytes of an answer
ATTEMPTS = 4
LONGEST_WAIT_SECONDS = 30.0
COLLECTION_ROWS = 200  # Salesforce's own limit of sObject Collections

_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
_COUNTS = re.compile(r"\s*SELECT\s+COUNT\s*\(\s*\)", re.IGNORECASE)


@dataclass(frozen=True)
class QueryPage:
    """One page of a query as it came, and its records; `total` counts all pages (None: not told)."""

    raw: bytes
    records: Sequence[Json]
    total: int | None = None


class SalesforceClient:
    """One org, signed in at the first call and again, once a call, when the session has expired.

    Not for several threads at once.

    Args:
        sign_in: Gives a fresh session; called when one is needed.
        http: The connection pool; it carries proxies, never credentials.
        version: Of the API, such as "62.0".
        allowed_hosts: Hosts besides the instance's own that URLs in answers may name.
        ca_bundle: Path of the CA certificates to trust; None: those of the environment.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        sign_in: Callable[[], Session],
        http: requests.Session,
        version: str,
        allowed_hosts: frozenset[str] = frozenset(),
        ca_bundle: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sign_in = sign_in
        self._http = http
        self._allowed_hosts = allowed_hosts
        self._ca_bundle = ca_bundle
        self._session: Session | None = None
        self._descriptions: dict[str, Json] = {}
        self.version = version
        self.sleep = sleep
        self.usage: ApiUsage | None = None

    @property
    def data(self) -> str:
        """Return the path under which all resources of our version are."""
        return f"/services/data/v{self.version}"

    @property
    def session(self) -> Session:
        """Return the present session, signing in if there is none."""
        if self._session is None:
            self._session = self._sign_in()
        return self._session

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json_body: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        accept: Sequence[int] = (),
    ) -> requests.Response:
        """Return the answer to one call.

        Args:
            method: The HTTP method.
            path: Below `/services/data/vNN.0/`, or from the root if it begins with `/`, or a URL out of an
                answer, which must lie on the instance or an allowed host.
            repeatable: Sending twice does no harm, so a lost answer or a 5xx is tried again; None: GET only.
            accept: Statuses besides 2xx that the caller wants to read itself.

        Raises:
            LeadlineError: What the answer means, by `answers`.
        """
        sent = dict(headers or {})
        if json_body is not None:
            data = json.dumps(json_body, ensure_ascii=False, separators=(",", ":")).encode()
            sent.setdefault("Content-Type", "application/json; charset=UTF-8")
        sent.setdefault("Accept", "application/json")
        again = method == "GET" if repeatable is None else repeatable
        signed_in_again = False
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._send(method, path, params, data, sent)
            except VendorUnavailable:
                if not again or attempt >= ATTEMPTS:
                    raise
                self._waits(attempt, None)
                continue
            if answer.status_code // 100 == 2 or answer.status_code in accept:
                return answer
            if session_expired(answer.status_code, answer.content) and not signed_in_again:
                # The call was not carried out, so even one that must not repeat may go again.
                signed_in_again = True
                self._session = None
                attempt -= 1
                continue
            wish = wished_seconds(answer.headers.get("Retry-After"))
            passing = again and attempt < ATTEMPTS and may_pass(answer.status_code, answer.content)
            if passing and self._waits(attempt, wish):
                continue
            raise call_error(answer.status_code, answer.content, f"{method} {_shown(path)}", wish)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        data: bytes | None,
        headers: Mapping[str, str],
    ) -> requests.Response:
        session = self.session
        try:
            answer = self._http.request(
                method,
                self.resolve(path),
                params=params,
                data=data,
                headers=headers,
                auth=Bearer(session.token),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,  # a redirect would carry records to a host of its choosing
                verify=self._ca_bundle,
            )
        except requests.RequestException as error:
            # Its text may quote the URL, and with it a query's values.
            raise VendorUnavailable(f"{method} {_shown(path)}: {type(error).__name__}") from None
        self._note_usage(answer)
        return answer

    def resolve(self, path: str) -> str:
        """Return the full URL of a path or of a URL out of an answer.

        Raises:
            NotAllowed: The URL leaves the instance and is not on an allowed host.
        """
        base = self.session.instance_url.rstrip("/") + "/"
        if "://" not in path and not path.startswith("/"):
            path = f"{self.data}/{path}"
        try:
            url = urljoin(base, path)
        except ValueError:
            raise NotAllowed("an answer holds a link that is no URL") from None
        stay(url, base, self._allowed_hosts)
        return url

    def _waits(self, attempt: int, wish: float | None) -> bool:
        """Wait as long as the answer asks, unless that is longer than a task should sleep."""
        seconds = 0.5 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25) if wish is None else wish
        if seconds > LONGEST_WAIT_SECONDS:
            return False
        self.sleep(seconds)
        return True

    def _note_usage(self, answer: requests.Response) -> None:
        if found := _USAGE.search(answer.headers.get("Sforce-Limit-Info", "")):
            self.usage = ApiUsage(int(found[1]), int(found[2]))

    def read_json(self, method: str, path: str, **call: Any) -> Any:
        """Return the JSON of an answer; `call` as for `request`."""
        return parse(self.request(method, path, **call))

    def read_object(self, method: str, path: str, *names: str, **call: Any) -> Json:
        """Return the JSON object of an answer, in which these names stand."""
        return parse_object(self.request(method, path, **call), *names)

    def query(
        self, soql: str, *, all_rows: bool = False, batch_size: int | None = None
    ) -> Iterator[QueryPage]:
        """Yield the pages of a query, following the server's own links until it says `done`.

        Args:
            soql: Values quoted by `soql.quote_value`.
            all_rows: Deleted and archived rows too.
            batch_size: A hint, 200 to 2,000; the server may send fewer rows.

        Raises:
            VendorUnavailable: The answer is no page, or all pages hold fewer rows than they count.
        """
        headers = {"Sforce-Query-Options": f"batchSize={batch_size}"} if batch_size else {}
        path, params, came = ("queryAll" if all_rows else "query"), {"q": soql}, 0
        while True:
            answer = self.request("GET", path, params=params, headers=headers)
            body = parse_object(answer, "records")
            done, total = body.get("done", True), body.get("totalSize")
            came += len(body["records"])
            short = done and total is not None and came < total and not _COUNTS.match(soql)
            if short or not (done or body.get("nextRecordsUrl")):
                # A record that seems not to be there would be lost, or made a second time.
                raise VendorUnavailable(f"query: {total} records were told of, and {came} came")
            yield QueryPage(answer.content, body["records"], total)
            if done:
                return
            path, params = str(body["nextRecordsUrl"]), {}

    def records(self, soql: str, *, all_rows: bool = False) -> Iterator[Json]:
        """Yield the records of a query, page after page."""
        for page in self.query(soql, all_rows=all_rows):
            yield from page.records

    def describe(self, object_: str) -> Json:
        """Return the org's description of an object, asked for once in this client's life."""
        if object_ not in self._descriptions:
            path = f"sobjects/{quoted(object_)}/describe"
            self._descriptions[object_] = self.read_object("GET", path, "fields")
        return self._descriptions[object_]

    def collections(
        self,
        method: str,
        records: Sequence[Json],
        *,
        upsert_on: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> list[Json]:
        """Return one result per record, in order, of an sObject Collections call of at most 200 records.

        Args:
            method: "POST" creates, "PATCH" updates by `id`, or upserts with `upsert_on`.
            records: Each with its `attributes.type`.
            upsert_on: (object, external id field).
        """
        path = "composite/sobjects"
        if upsert_on:
            path += "".join(f"/{quoted(part)}" for part in upsert_on)
        body = {"allOrNone": False, "records": list(records)}
        results = self.read_json(method, path, json_body=body, headers=headers, repeatable=repeatable)
        if not isinstance(results, list) or len(results) != len(records) or not all(map(_is_result, results)):
            raise VendorUnavailable(f"{method} composite/sobjects: results and records differ in number")
        return results


def quoted(part: str) -> str:
    """Return one part of a path, whatever characters it holds."""
    return quote(part, safe="")


def _shown(path: str) -> str:
    """Return a path without its query, which may hold values."""
    return urlsplit(path).path


def _is_result(result: Any) -> bool:
    return isinstance(result, dict) and "success" in result
