"""The troubles this room can make when the sandbox's core asks for one.

Before anything is done, or after the commit and before the answer:
  status    {status, code, message, retry_after}  answer that error; known statuses have their usual code
  throttle  {limit=requests, retry_after=2}       429: `requests`, `time` or `concurrent`
  hang_up   {}                       close the connection without an answer
  timeout   {seconds=30}             stay silent, then close the connection
  delay     {seconds=1}              stay silent, then go on
  html      {status=503}             the page of something in between
  aadsts    {code, error, status=400}  what Entra ID says instead of a token
After the commit only:
  truncate  {bytes=20}               send the beginning of the answer, then close the connection
Inside the handling (asked for before):
  row_error {rows | every | match, status, code, message}
            refuse rows of a batch or of a Multiple action: by
            number from 1, each n-th, or those whose text holds `match`; 0x80044150 (SQL error) unless given
  short_pages    {rows=1}    pages hold at most that many rows
  expired_delta  {}          the delta token is too old
  foreign_link   {url}       the next link leads to another host
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import Refused

WIRE = frozenset({"status", "throttle", "hang_up", "timeout", "delay", "truncate", "html", "aadsts"})
INSIDE = frozenset({"row_error", "short_pages", "expired_delta", "foreign_link"})

THROTTLES = {
    "requests": (
        "0x80072322",
        "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
    ),
    "time": (
        "0x80072321",
        "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds over time"
        " window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests"
        " and try again later.",
    ),
    "concurrent": ("0x80072326", "Number of concurrent requests exceeded the limit of 52."),
}
_USUAL = {
    401: ("", "The user is not authenticated."),
    403: ("0x80040220", "SecLib::CheckPrivilege failed. User is missing a privilege."),
    413: ("", "Request Entity Too Large"),
    500: ("0x80040216", "An unexpected error occurred."),
    502: ("", "Bad Gateway"),
    503: ("", "The service is unavailable."),
    504: ("", "Gateway Timeout"),
}
_BY_CODE = {
    "0x80040265": "An error occurred in a plug-in: this company is blocked.",
    "0x80044150": "Sql error: Generic SQL error.",
    "0x80044151": "SQL timeout expired.",
    "0x80040333": "A record was not created or updated because a duplicate of the current record already"
    " exists.",
}


def wire_error(kind: str, arguments: Mapping[str, Any]) -> Refused:
    """Return the refusal that a `status` or `throttle` fault asks for."""
    if kind == "throttle":
        code, message = THROTTLES[str(arguments.get("limit", "requests"))]
        return Refused(code, message, 429, {"Retry-After": str(arguments.get("retry_after", 2))})
    return planned(arguments, 400 if arguments.get("code") else 503)


def planned(arguments: Mapping[str, Any], usual_status: int) -> Refused:
    """Return the refusal with the status, code and text that were ordered, or their usual ones."""
    status = arguments.get("status")
    code = str(arguments.get("code", ""))
    if status is None and code:
        refused = Refused(code, "")
        status = refused.status
    status = int(status if status is not None else usual_status)
    usual_code, usual_text = _USUAL.get(status, ("0x80040216", "An unexpected error occurred."))
    message = str(arguments.get("message") or _BY_CODE.get(code) or usual_text)
    headers = {"Retry-After": str(arguments["retry_after"])} if "retry_after" in arguments else {}
    return Refused(code or usual_code, message, status, headers)


def row_error(arguments: Mapping[str, Any] | None, number: int, values: Any) -> Refused | None:
    """Return the refusal of a row, numbered from 1, when a `row_error` fault is aimed at it."""
    if arguments is None:
        return None
    rows, every, match = arguments.get("rows"), arguments.get("every"), arguments.get("match")
    rows = [rows] if isinstance(rows, int) else rows
    aimed = (
        (rows is not None and number in rows)
        or (every is not None and number % int(every) == 0)
        or (match is not None and str(match) in str(values))
        or (rows is None and every is None and match is None)
    )
    if not aimed:
        return None
    return planned({"code": "0x80044150"} | dict(arguments), 500)
