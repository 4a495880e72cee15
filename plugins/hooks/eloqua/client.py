"""Talking to one Eloqua tenant over HTTP, and nothing about leads."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import httpx

from hooks.eloqua.answers import call_error
from hooks.eloqua.shapes import Json, listed
from hooks.eloqua.sign_in import Endpoints, SignIn
from hooks.waiting import PATIENCE_SECONDS, wished_seconds
from leadline.errors import CredentialsRefused, VendorUnavailable

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = httpx.Timeout(120.0, connect=10.0)
ATTEMPTS = 4
LIST_ROWS = 1000  # the most that both APIs give at once, bulk data aside

Api = Literal["rest", "bulk"]


class EloquaClient:
    """One tenant, found at the first call and again, once a call, when it refuses us; for one thread.

    Args:
        sign_in: Signs calls and says where the tenant is.
        http: The connection pool; it follows no redirects.
        sleep: Waits that many seconds.
    """

    def __init__(
        self, sign_in: SignIn, http: httpx.Client, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._sign_in = sign_in
        self._http = http
        self._endpoints: Endpoints | None = None
        self.sleep = sleep

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def get(
        self, api: Api, path: str, params: Mapping[str, str] | None = None, accept: tuple[int, ...] = ()
    ) -> tuple[bytes, Any]:
        """Return an answer as it came and its JSON; None instead where the status is one of `accept`."""
        return self._call("GET", api, path, params=params, accept=accept, repeatable=True)

    def post(self, api: Api, path: str, body: Any) -> Any:
        """Return the JSON of the answer to a POST, or None. A lost answer is not asked for again."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return self._call("POST", api, path, content=content)[1]

    def delete(self, api: Api, path: str) -> None:
        """Delete; what is gone already is fine."""
        self._call("DELETE", api, path, accept=(404, 410), repeatable=True)

    def elements(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> Iterator[tuple[bytes, list[Json]]]:
        """Yield the pages of an Application API collection until all that it counts have come.

        Raises:
            VendorUnavailable: Pages stay empty though more are to come.
        """
        page = got = empty = 0
        while True:
            asked = {**(params or {}), "count": str(LIST_ROWS), "page": str(page + 1)}
            raw, body = self.get("rest", path, asked)
            found, total = listed(body, "elements", "total", path)
            if not found and got < total:
                empty += 1
                if empty == ATTEMPTS:
                    raise VendorUnavailable(f"{path}: page {page + 1} stays empty, {got} of {total} came")
                self._wait(empty, None)
                continue
            yield raw, found
            page, got, empty = page + 1, got + len(found), 0
            if got >= total:
                return

    def items(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Json]:
        """Yield the items of a Bulk API list; `items` is missing where there are none.

        Raises:
            VendorUnavailable: Fewer come than the list counts.
        """
        offset = empty = 0
        while True:
            asked = {**(params or {}), "limit": str(LIST_ROWS), "offset": str(offset)}
            _, body = self.get("bulk", path, asked)
            found, total = listed(body, "items", "totalResults", path)
            yield from found
            offset += len(found)
            if offset >= total and not body.get("hasMore"):
                return
            empty = 0 if found else empty + 1
            if empty == ATTEMPTS:
                raise VendorUnavailable(f"{path}: there should be more than {offset}, and none comes")

    def _call(
        self,
        method: str,
        api: Api,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        accept: tuple[int, ...] = (),
        repeatable: bool = False,
    ) -> tuple[bytes, Any]:
        """Return body and JSON of an answer.

        A call that may repeat is tried again after a lost or unreadable answer; any call after a refusal
        that says it was not carried out (401 once, 429).
        """
        what = f"{method} {api} {path}"
        attempt, refused = 0, False
        while True:
            attempt += 1
            last = attempt >= ATTEMPTS
            try:
                answer = self._send(method, api, path, params, content)
                if answer.status_code // 100 == 2:
                    return answer.content, _parse(answer, what)
            except VendorUnavailable as lost:
                if not repeatable or last or lost.retry_after_seconds:
                    raise
                self._wait(attempt, None)
                continue
            if answer.status_code in accept:
                return answer.content, None
            if answer.status_code == 401 and not refused:
                # The token ended, or the tenant was moved: /id tells. The call was not carried out.
                refused, attempt = True, attempt - 1
                self._sign_in.renew()
                self._endpoints = None
                continue
            error = call_error(
                answer.status_code,
                answer.content,
                answer.headers.get("Content-Type", ""),
                answer.headers.get("Retry-After"),
                what,
            )
            wish = wished_seconds(answer.headers.get("Retry-After"))
            again = answer.status_code == 429 or (repeatable and isinstance(error, VendorUnavailable))
            too_long = (wish or 0.0) > PATIENCE_SECONDS
            if last or too_long or not again or answer.status_code in (409, 410):
                raise error
            self._wait(attempt, wish)

    def _send(
        self, method: str, api: Api, path: str, params: Mapping[str, str] | None, content: bytes | None
    ) -> httpx.Response:
        if self._endpoints is None:
            self._endpoints = self._sign_in.endpoints()
        headers = {"Authorization": self._sign_in.header(), "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        base = self._endpoints.rest if api == "rest" else self._endpoints.bulk
        try:
            return self._http.request(
                method, base + path.lstrip("/"), params=params, content=content, headers=headers
            )
        except httpx.HTTPError as error:
            # Its text may quote the URL, and with it a search for a person.
            raise VendorUnavailable(f"{method} {api} {path}: {type(error).__name__}") from None

    def _wait(self, attempt: int, wish: float | None) -> None:
        self.sleep(wish or 0.5 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))


def _parse(answer: httpx.Response, what: str) -> Any:
    if not answer.content:
        return None
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        kind = "a page for people" if "html" in answer.headers.get("Content-Type", "") else "not JSON"
        raise VendorUnavailable(f"{what}: the answer is {kind}") from None
    if body == "Not authenticated.":
        raise CredentialsRefused(f"{what}: Not authenticated. Check company, user and password.")
    return body
