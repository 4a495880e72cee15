"""Talking to one Marketo subscription over REST, and nothing about leads.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/rest-api
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import httpx

from hooks.marketo.answers import (
    CALL_CODES,
    TOKEN_CODES,
    call_error,
    faults_of,
    seconds_to_midnight,
)
from hooks.marketo.envelope import Page, parse, shown
from hooks.shapes import understood
from hooks.waiting import PATIENCE_SECONDS
from leadline.errors import (
    BudgetExhausted,
    CredentialsRefused,
    LeadlineError,
    RetryLater,
    VendorUnavailable,
)
from leadline.ports import ApiUsage

logger = logging.getLogger(__name__)

ATTEMPTS = 5
SHORT_LIFE_SECONDS = 90.0  # a token that ends within it is worth waiting for the next one
LONGEST_QUERY = 6_000  # bytes; 8 KB of URI are refused with 414
Pairs = Sequence[tuple[str, str]]
Repeat = Literal["always", "refused", "never"]


@dataclass(frozen=True)
class Token:
    """A granted access token: its life in seconds, and the API-only user it is for."""

    value: str = field(repr=False)
    expires_in: float
    user: str = field(default="", repr=False)


class MarketoClient:
    """One subscription, signed in at the first call and again when its token has ended.

    One call at a time: of the ten that a subscription allows at once, it never takes more than one. Not for
    several threads.

    Args:
        origin: Scheme, host and port, without a path; no other host is ever called.
        sign_in: Gives a token; asked again before it ends, Marketo gives the same one.
        http: The connection pool; redirects are not followed.
        daily_calls: Calls that this API user may make a day, all processes together; None: no limit of ours.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        origin: str,
        sign_in: Callable[[], Token],
        http: httpx.Client,
        daily_calls: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._origin = origin
        self._sign_in = sign_in
        self._http = http
        self._token: Token | None = None
        self._used: int | None = None
        self.daily_calls = daily_calls
        self.sleep = sleep

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    @property
    def usage(self) -> ApiUsage | None:
        """Return the calls that our API user made today, as far as known, of those that we may make."""
        if self._used is None or self.daily_calls is None:
            return None
        return ApiUsage(self._used, self.daily_calls)

    @property
    def user(self) -> str:
        """Return the API-only user that the token is for."""
        return (self._token or self._fresh_token()).user

    def get(self, path: str, params: Pairs = ()) -> Page:
        """Return the answer to a reading call; one too long for a URI goes as a form.

        Raises:
            LeadlineError: What the answer means, by `answers`.
        """
        query = urlencode(params)
        if len(query) > LONGEST_QUERY:
            # https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes (414)
            form = query.encode()
            sent = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._page("POST", path, [("_method", "GET")], form, sent, "always")
        return self._page("GET", path, params, None, {}, "always")

    def post(self, path: str, body: Any = None, params: Pairs = (), repeat: Repeat = "refused") -> Page:
        """Return the answer to a writing call.

        Args:
            body: Is sent as JSON.
            repeat: "always": sending it twice does no harm; "refused": it is repeated after an answer that
                says it was not carried out; "never": the caller looks first.

        Raises:
            LeadlineError: What the answer means, by `answers`.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        sent = {"Content-Type": "application/json"} if data is not None else {}
        return self._page("POST", path, params, data, sent, repeat)

    def pages(self, path: str, params: Pairs) -> Iterator[Page]:
        """Yield pages until no token for a next one is given."""
        token: str | None = None
        used: set[str] = set()
        while True:
            more = [("nextPageToken", token)] if token else []
            page = self.get(path, [*params, *more])
            yield page
            following = page.body.get("nextPageToken")
            # Members of a list come without `moreResult`; where it says that nothing follows, that counts.
            more_to_come = page.body.get("moreResult")
            if not following or more_to_come is False or (following == token and not more_to_come):
                return
            token = str(following)
            if token in used:
                raise VendorUnavailable(f"GET {shown(path)}: a paging token leads back; try again later")
            used.add(token)

    def file(self, path: str, start: int = 0) -> httpx.Response:
        """Return the answer of a file endpoint, from byte `start`, unread; the caller closes it.

        Its status may be 404: no file yet.

        Raises:
            LeadlineError: An error came instead of the file, as JSON under status 200.
        """
        headers = {"Range": f"bytes={start}-"} if start else {}
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._send("GET", path, (), None, headers, stream=True)
            if "json" not in answer.headers.get("content-type", ""):
                return answer
            try:
                answer.read()
                body = parse(answer, f"GET {shown(path)}")
            finally:
                answer.close()
            fault = faults_of(body)[0]
            meaning = CALL_CODES.get(fault.code)
            if fault.code in TOKEN_CODES and attempt < ATTEMPTS:
                refused, self._token = self._token, None
                self._renew(refused)
            elif meaning is not None and meaning.passes and attempt < ATTEMPTS:
                self._wait(attempt, meaning.wait_seconds)
            else:
                raise call_error(fault, f"GET {shown(path)}")
        raise VendorUnavailable(f"GET {shown(path)}: no file was sent")

    def _page(
        self,
        method: str,
        path: str,
        params: Pairs,
        data: bytes | None,
        headers: Mapping[str, str],
        repeat: Repeat,
    ) -> Page:
        self._check_budget()
        what = f"{method} {shown(path)}"
        refused_tokens = attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._send(method, path, params, data, headers)
                body = parse(answer, what)
            except VendorUnavailable as lost:
                wish = lost.retry_after_seconds
                if repeat != "always" or attempt >= ATTEMPTS or (wish or 0.0) > PATIENCE_SECONDS:
                    raise
                self._wait(attempt, wish)
                continue
            if body.get("success") is True:
                return Page(answer.content, body)
            fault = faults_of(body)[0]
            if fault.code in TOKEN_CODES:
                refused = self._token
                self._token = None
                refused_tokens += 1
                if repeat != "never" and refused_tokens <= 2:
                    self._renew(refused)
                    attempt -= 1
                    continue
                if repeat == "never":
                    raise RetryLater(f"{what}: {fault.code}: the token ended")
            meaning = CALL_CODES.get(fault.code)
            may = repeat == "always" or (repeat == "refused" and fault.code in ("606", "615"))
            if meaning is not None and meaning.passes and may and attempt < ATTEMPTS:
                logger.info("%s: code %s, try %s of %s", what, fault.code, attempt, ATTEMPTS)
                self._wait(attempt, meaning.wait_seconds)
                continue
            raise call_error(fault, what)

    def _send(
        self,
        method: str,
        path: str,
        params: Pairs,
        data: bytes | None,
        headers: Mapping[str, str],
        *,
        stream: bool = False,
    ) -> httpx.Response:
        token = self._token or self._fresh_token()
        request = self._http.build_request(
            method,
            self._origin + path,
            params=list(params) or None,
            content=data,
            headers={**headers, "Authorization": f"Bearer {token.value}", "Accept": "application/json"},
        )
        if self._used is not None:
            self._used += 1
        try:
            return self._http.send(request, stream=stream, follow_redirects=False)
        except (httpx.TransportError, httpx.DecodingError) as error:
            # Its text may quote the URL, and with it a query's values.
            raise VendorUnavailable(f"{method} {shown(path)}: {type(error).__name__}") from None

    def _fresh_token(self) -> Token:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._token = self._sign_in()
                return self._token
            except VendorUnavailable:
                if attempt == ATTEMPTS:
                    raise
                self._wait(attempt, None)
        raise CredentialsRefused("no token was granted")

    def _renew(self, refused: Token | None) -> None:
        """Get another token than the refused one; a dying one is given again until it is dead."""
        token = self._fresh_token()
        if refused is not None and token.value == refused.value and token.expires_in <= SHORT_LIFE_SECONDS:
            self.sleep(token.expires_in + 1)
            self._fresh_token()

    def _check_budget(self) -> None:
        if self.daily_calls is None:
            return
        if self._used is None:
            self._used = 0
            self._used = self._used_today()
        if self._used >= self.daily_calls:
            raise BudgetExhausted(
                f"{self._used} of {self.daily_calls} calls are used today (source.daily_call_budget); "
                "they begin anew at midnight US Central",
                seconds_to_midnight(),
            )

    def _used_today(self) -> int:
        """Return the vendor's own count of our user's calls; 0 where our role may not ask."""
        # https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/usage
        limit, self.daily_calls = self.daily_calls, None
        try:
            rows = self.get("/rest/v1/stats/usage.json").rows
        except RetryLater:
            raise
        except LeadlineError as error:
            logger.info("the count of calls is not to be had: %s", type(error).__name__)
            return 0
        finally:
            self.daily_calls = limit
        with understood("GET /rest/v1/stats/usage.json"):
            users = rows[-1].get("users") or [] if rows else []
            ours = [user.get("count") or 0 for user in users if user.get("userId") == self.user]
            return int(ours[0]) if ours else 0

    def _wait(self, attempt: int, wished: float | None) -> None:
        self.sleep(wished or 0.5 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))
